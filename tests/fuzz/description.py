"""The API's description as the fuzzer reads it: its operations, and links from what is made."""

from __future__ import annotations

import json
import re
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig

from cesai.urls import router
from tests.conftest import new_client

METHODS = ("get", "post", "put", "patch", "delete")
LINES = "application/x-ndjson"
LISTED, MADE = "$response.body#/results/0/id", "$response.body#/id"
CONFIG: dict[str, Any] = {
    "generation": {"with-security-parameters": False},  # tokens are the session's
    # It would read the words of our own code, and among them what each side keeps to itself.
    "analysis": {"constants": {"enabled": False}},
    "checks": {
        "negative_data_rejection": {
            "expected-statuses": [400, 401, 403, 404, 405, 406, 409, 413, 415, 422]
        }
    },
}


@schemathesis.serializer(LINES)
def as_lines(_context: Any, value: Any) -> bytes:
    """A catalogue is text; anything else is one line of it."""
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value, default=str).encode()


def described(app: Any) -> Any:
    """The description that the application itself serves, with links, ready for its calls."""
    answer = new_client().get("/api/v1/schema/", headers={"Accept": "application/json"})
    text = linked(json.loads(answer.content))
    schema: Any = schemathesis.openapi.from_dict(text, config=SchemathesisConfig.from_dict(CONFIG))
    schema.app = app
    return schema


def linked(description: dict[str, Any]) -> dict[str, Any]:
    """With a link from what makes or lists a thing to all that can be done with that thing."""
    paths = description["paths"]
    for path, operations in paths.items():
        for method, answer, where in (("get", "200", LISTED), ("post", "201", MADE)):
            made = operations.get(method, {}).get("responses", {}).get(answer)
            if made is not None and "{" not in path:
                made["links"] = dict(_links(paths, path, where))
    return description


def _links(paths: dict[str, Any], collection: str, where: str) -> Any:
    member = f"{collection}{{id}}/"
    for path, operations in paths.items():
        for method in METHODS:
            if path.startswith(member) and method in operations:
                name = operations[method]["operationId"]
                yield name, {"operationId": name, "parameters": {"path.id": where}}


def routes_of(paths: Any) -> dict[tuple[str, str], str]:
    """Which route of the table serves each (path, method) of the description."""
    urls: list[Any] = router.urls
    served = {_shape(str(url.pattern)): str(url.name) for url in urls}
    return {
        (path, method): served[_shape(path.removeprefix("/api/v1/"))]
        for path, operations in paths.items()
        for method in METHODS
        if method in operations
    }


def _shape(path: str) -> str:
    """A path with its variables made alike: `{id}` and `(?P<pk>[^/.]+)`."""
    plain = path.removeprefix("^").removesuffix("$").removesuffix("\\Z")
    return re.sub(r"\(\?P<\w+>[^)]*\)|\{\w+\}", "*", plain)
