"""Holds one long session of the stock MLflow client with a server and prints every answer.

Run by the Python of ``.venv-mlflow`` with MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN set.
The server must hold no model yet, or none whose name begins with SESSION_PREFIX.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any
from urllib.parse import urlencode, urlsplit

os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"  # a fault shows at once, not in minutes

import mlflow  # type: ignore[import-not-found]
import requests
from mlflow.entities.model_registry import (  # type: ignore[import-not-found]
    ModelVersion,
    RegisteredModel,
)
from mlflow.exceptions import MlflowException  # type: ignore[import-not-found]
from mlflow.protos.databricks_pb2 import ErrorCode  # type: ignore[import-not-found]
from mlflow.utils.rest_utils import get_error_code  # type: ignore[import-not-found]

MODELS, VERSIONS = "registered-models", "model-versions"
API = "/api/2.0/mlflow/"
TIMES = ("creation_timestamp", "last_updated_timestamp")
PERSONAL = ("user_id", "run_link")  # who and where differ between servers
JSON = "application/json"

Answer = tuple[int, Any]


class Wire:
    """One connection that stays open, for calls that the client would not make."""

    def __init__(self, uri: str, token: str) -> None:
        address = urlsplit(uri)
        self.base = address.path.rstrip("/") + API
        self.token = token
        assert address.hostname
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)

    def call(
        self,
        method: str,
        route: str,
        body: Any = None,
        *,
        query: Any = None,
        data: bytes | None = None,
        kind: str = JSON,
    ) -> Answer:
        """The status and the body, which is None if it is no JSON object."""
        sent = json.dumps(body).encode() if data is None and body is not None else data
        path = self.base + route + (f"?{urlencode(query, doseq=True)}" if query else "")
        headers = {"Authorization": f"Bearer {self.token}"}
        if sent is not None:
            headers["Content-Type"] = kind
        self.connection.request(method, path, sent, headers)
        answer = self.connection.getresponse()
        return answer.status, _object_of(answer.read())


class Session:
    """The client, the wire, and the answers so far."""

    def __init__(self, uri: str, token: str, prefix: str) -> None:
        self.prefix = prefix
        self.client = mlflow.MlflowClient()
        self.wire = Wire(uri, token)
        self.steps: list[dict[str, Any]] = []
        self.seen: list[str] = []

    def name(self, name: str) -> str:
        """A model's name that is only ours."""
        return self.prefix + name

    def fill(self, text: str) -> str:
        """A filter in which ``~`` stands for the beginning of our names."""
        return text.replace("~", self.prefix)

    def note(self, step: str, **result: Any) -> None:
        """Keep what a step answered; a step's name is said once."""
        assert step not in {done["step"] for done in self.steps}, step
        self.steps.append({"step": step, **result})

    @property
    def last_refusal(self) -> int | None:
        """The status of the last request if it was refused; None if the client itself refused."""
        status = int(self.seen[-1].rsplit(" ", 1)[1]) if self.seen else 0
        return status if status >= http.client.BAD_REQUEST else None

    def client_call(self, step: str, call: Callable[..., Any], *given: Any, **more: Any) -> None:
        """Let the stock client make a call; keep its result and its requests."""
        self.seen.clear()
        try:
            result = call(*given, **more)
        except MlflowException as error:
            message = error.message[:300]
            refusal = {"code": error.error_code, "status": self.last_refusal, "message": message}
            self.note(step, error=refusal, calls=list(self.seen))
            return
        self.note(step, ok=plain(result), calls=list(self.seen))

    def rest(self, step: str, method: str, route: str, body: Any = None, **more: Any) -> None:
        """Make one raw call and keep its answer."""
        status, answer = self.wire.call(method, route, body, **more)
        if status == http.client.OK:
            self.note(step, ok=tidy(answer))
        else:
            self.note(step, error=_refusal(status, answer))

    def prepare(self, step: str, calls: Iterable[tuple[str, str, Any]]) -> None:
        """Make raw calls of which only the statuses matter."""
        statuses: dict[str, int] = {}
        for method, route, body in calls:
            status, _ = self.wire.call(method, route, body)
            statuses[str(status)] = statuses.get(str(status), 0) + 1
            time.sleep(0.002)  # so that no two share a millisecond
        self.note(step, ok=statuses)


def _object_of(body: bytes) -> Any:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _refusal(status: int, answer: Any) -> dict[str, Any]:
    """As the stock client reads it: the code it is told, else the one for the status."""
    told = answer or {}
    code = told.get("error_code") or ErrorCode.Name(get_error_code(status))
    return {"code": code, "status": status, "message": str(told.get("message", ""))[:300]}


def tidy(value: Any) -> Any:
    """A raw answer without what differs between two servers that both are right."""
    if isinstance(value, list):
        return [tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: tidy(item) for key, item in value.items() if key not in PERSONAL}
    if TIMES[0] in kept:
        kept["times"] = _times(kept.pop(TIMES[0]), kept.pop(TIMES[1], None))
    if "latest_versions" in kept:
        kept["latest_versions"].sort(key=lambda version: int(version["version"]))
    if "tags" in kept:
        kept["tags"].sort(key=lambda tag: str(tag["key"]))
    if "next_page_token" in kept:
        kept["next_page_token"] = "a token"
    return kept


def plain(value: Any) -> Any:
    """A result of the client as JSON, without what differs between two right servers."""
    if isinstance(value, RegisteredModel):
        return {
            "name": value.name,
            "description": value.description,
            "tags": dict(sorted(value.tags.items())),
            "aliases": dict(sorted(value.aliases.items())),
            "latest_versions": _by_number(value.latest_versions),
            "times": _times(value.creation_timestamp, value.last_updated_timestamp),
        }
    if isinstance(value, ModelVersion):
        return {
            "name": value.name,
            "version": value.version,
            "stage": value.current_stage,
            "description": value.description,
            "source": value.source,
            "run_id": value.run_id,
            "status": value.status,
            "status_message": value.status_message,
            "tags": dict(sorted(value.tags.items())),
            "aliases": sorted(value.aliases),
            "times": _times(value.creation_timestamp, value.last_updated_timestamp),
        }
    if isinstance(value, list):
        items = [plain(item) for item in value]
        return {"items": items, "more": bool(value.token)} if hasattr(value, "token") else items
    return value


def _by_number(versions: Iterable[Any]) -> list[Any]:
    return [plain(version) for version in sorted(versions, key=lambda one: int(one.version))]


def _times(created: Any, updated: Any) -> str:
    for moment in (created, updated):
        if not isinstance(moment, int) or moment <= 0:
            return f"{created!r}, {updated!r}"
    return "in order" if created <= updated else "in disorder"


@contextmanager
def watching(seen: list[str]) -> Iterator[None]:
    """Note every request of the stock client and the status of its answer."""
    sessions: Any = requests.Session
    send = sessions.send

    def noting(self: Any, request: Any, **options: Any) -> Any:
        answer = send(self, request, **options)
        route = urlsplit(request.url).path.partition(API)[2]
        seen.append(f"{request.method} {route} {answer.status_code}")
        return answer

    sessions.send = noting
    try:
        yield
    finally:
        sessions.send = send


def models(s: Session) -> None:
    """Create, read and describe registered models."""
    call, client = s.client_call, s.client
    iris = s.name("iris")
    tags = {"team": "north", "empty": "", "number": 7}
    call("create model", client.create_registered_model, iris, tags=tags, description="Flowers")
    call("create model: plain", client.create_registered_model, s.name("plain"))
    call("create model: taken", client.create_registered_model, iris)
    bad = {"empty name": "", "blank name": "   ", "slash": "a/b", "colon": "a:b", "dots": ".."}
    for why, name in bad.items():
        call(f"create model: {why}", client.create_registered_model, name)
    call("create model: no name", client.create_registered_model, None)
    call("create model: blanks and dots", client.create_registered_model, s.name("a b.c_d"))
    call("create model: letters", client.create_registered_model, s.name("Größe-模型"))
    call(
        "create model: long description",
        client.create_registered_model,
        s.name("told"),
        None,
        "x" * 5000,
    )
    call("get model", client.get_registered_model, iris)
    call("get model: plain", client.get_registered_model, s.name("plain"))
    call("get model: unknown", client.get_registered_model, s.name("unknown"))
    call("get model: empty name", client.get_registered_model, "")
    call("get model: slash", client.get_registered_model, "a/b")
    call("update model", client.update_registered_model, iris, "Irises")
    call("update model: unknown", client.update_registered_model, s.name("unknown"), "x")
    call("update model: empty", client.update_registered_model, iris, "")
    call("update model: nothing", client.update_registered_model, iris)
    call("update model: back", client.update_registered_model, iris, "Irises")


def raw_models(s: Session) -> None:
    """The exact JSON of registered models, and what only raw calls can ask."""
    name = s.name("raw")
    create = f"{MODELS}/create"
    doubled = [{"key": "k", "value": "1"}, {"key": "k", "value": "2"}, {"key": "no value"}]
    s.rest("raw create", "POST", create, {"name": name})
    s.rest(
        "raw create: full",
        "POST",
        create,
        {"name": name + "-full", "description": "d", "tags": doubled},
    )
    s.rest(
        "raw create: empty description",
        "POST",
        create,
        {"name": name + "-empty", "description": "", "tags": []},
    )
    s.rest(
        "raw create: nulls",
        "POST",
        create,
        {"name": name + "-nulls", "description": None, "tags": None},
    )
    s.rest("raw create: taken", "POST", create, {"name": name})
    s.rest(
        "raw create: tag without key",
        "POST",
        create,
        {"name": name + "-x1", "tags": [{"value": "v"}]},
    )
    s.rest("raw create: tags no list", "POST", create, {"name": name + "-x2", "tags": "v"})
    s.rest(
        "raw create: tag key a number",
        "POST",
        create,
        {"name": name + "-x3", "tags": [{"key": 1, "value": "v"}]},
    )
    s.rest("raw get", "GET", f"{MODELS}/get", query={"name": name + "-full"})
    s.rest("raw get: by body", "GET", f"{MODELS}/get", {"name": name})
    s.rest("raw get: unknown", "GET", f"{MODELS}/get", query={"name": name + "-unknown"})
    s.rest("raw update", "PATCH", f"{MODELS}/update", {"name": name, "description": "new"})
    s.rest("raw update: nothing", "PATCH", f"{MODELS}/update", {"name": name})
    s.rest("raw update: number", "PATCH", f"{MODELS}/update", {"name": name, "description": 5})
    s.rest(
        "raw update: unknown",
        "PATCH",
        f"{MODELS}/update",
        {"name": name + "-unknown", "description": "x"},
    )


def renames(s: Session) -> None:
    """Rename registered models, with versions and aliases in them."""
    call, client = s.client_call, s.client
    old, new = s.name("old name"), s.name("new name")
    call("rename: create", client.create_registered_model, old, {"kept": "yes"})
    call("rename: version", client.create_model_version, old, "s3://bucket/renamed/1")
    call("rename: alias", client.set_registered_model_alias, old, "kept", "1")
    call("rename", client.rename_registered_model, old, new)
    call("rename: new name", client.get_registered_model, new)
    call("rename: its version", client.get_model_version, new, "1")
    call("rename: its alias", client.get_model_version_by_alias, new, "kept")
    call("rename: old name", client.get_registered_model, old)
    call("rename: old name's version", client.get_model_version, old, "1")
    call("rename: to itself", client.rename_registered_model, new, new)
    call("rename: to taken", client.rename_registered_model, new, s.name("iris"))
    call("rename: unknown", client.rename_registered_model, s.name("unknown"), s.name("u2"))
    call("rename: to slash", client.rename_registered_model, new, "a/b")
    call("rename: to empty", client.rename_registered_model, new, "")
    s.rest(
        "raw rename: unknown to taken",
        "POST",
        f"{MODELS}/rename",
        {"name": s.name("unknown"), "new_name": s.name("iris")},
    )
    s.rest("raw rename: no new name", "POST", f"{MODELS}/rename", {"name": new})
    s.rest("raw rename: empty", "POST", f"{MODELS}/rename", {"name": new, "new_name": ""})
    call("rename: free again", client.create_registered_model, old)
    call("rename: back is taken", client.rename_registered_model, new, old)


def model_tags(s: Session) -> None:
    """Tags of a registered model."""
    call, client = s.client_call, s.client
    iris, put, take = s.name("iris"), f"{MODELS}/set-tag", f"{MODELS}/delete-tag"
    call("set tag", client.set_registered_model_tag, iris, "stage", "first")
    call("set tag: again", client.set_registered_model_tag, iris, "stage", "second")
    call("set tag: number", client.set_registered_model_tag, iris, "count", 5)
    call("set tag: none", client.set_registered_model_tag, iris, "none", None)
    call("set tag: odd key", client.set_registered_model_tag, iris, "a/b.c-d e_f:g", "v")
    call("set tag: letters", client.set_registered_model_tag, iris, "größe", "模型")
    call("set tag: unknown model", client.set_registered_model_tag, s.name("unknown"), "k", "v")
    for why, key in _bad_keys().items():
        call(f"set tag: {why}", client.set_registered_model_tag, iris, key, "v")
    call("set tag: long value", client.set_registered_model_tag, iris, "long", "v" * 5000)
    call("set tag: overlong value", client.set_registered_model_tag, iris, "k", "v" * 100_001)
    s.rest("raw set tag", "POST", put, {"name": iris, "key": "raw", "value": "v"})
    s.rest("raw set tag: no value", "POST", put, {"name": iris, "key": "raw"})
    s.rest("raw set tag: no key", "POST", put, {"name": iris, "value": "v"})
    s.rest("raw set tag: no model", "POST", put, {"key": "k", "value": "v"})
    s.rest("raw set tag: number", "POST", put, {"name": iris, "key": "k", "value": 5})
    call("set tag: result", client.get_registered_model, iris)
    call("delete tag", client.delete_registered_model_tag, iris, "stage")
    call("delete tag: absent", client.delete_registered_model_tag, iris, "stage")
    call("delete tag: bad key", client.delete_registered_model_tag, iris, "bad!key")
    call("delete tag: unknown model", client.delete_registered_model_tag, s.name("unknown"), "k")
    s.rest("raw delete tag", "DELETE", take, {"name": iris, "key": "long"})
    s.rest("raw delete tag: no key", "DELETE", take, {"name": iris})
    s.rest("raw delete tag: in the query", "DELETE", take, query={"name": iris, "key": "raw"})
    call("delete tag: result", client.get_registered_model, iris)


def _bad_keys() -> dict[str, Any]:
    keys: dict[str, Any] = {"key of 250": "k" * 250, "key of 251": "k" * 251}
    return {
        **keys,
        "bad key": "bad!key",
        "empty key": "",
        "no key": None,
        "path": "../k",
        "root": "/k",
    }


def versions(s: Session) -> None:
    """Create, read and describe model versions."""
    call, client = s.client_call, s.client
    iris = s.name("iris")
    call(
        "create version",
        client.create_model_version,
        iris,
        "s3://bucket/iris/1",
        "run-1",
        tags={"quality": "good", "number": 1},
        description="First",
    )
    call("create version: no run", client.create_model_version, iris, "s3://bucket/iris/2")
    call(
        "create version: run link",
        client.create_model_version,
        iris,
        "s3://bucket/iris/3",
        "run-3",
        run_link="https://example.org/run",
        await_creation_for=0,
    )
    call(
        "create version: unknown model",
        client.create_model_version,
        s.name("unknown"),
        "s3://bucket/x",
    )
    call("create version: empty source", client.create_model_version, iris, "")
    call("get version", client.get_model_version, iris, "1")
    call("get version: by number", client.get_model_version, iris, 2)
    for number in ("99", "0", "-1", "abc", "1.0", "", " 1", "01", "9" * 9):
        call(f"get version: {number!r}", client.get_model_version, iris, number)
    call("get version: unknown model", client.get_model_version, s.name("unknown"), "1")
    call("update version", client.update_model_version, iris, "1", "Better")
    call("update version: unknown", client.update_model_version, iris, "99", "x")
    call("update version: word", client.update_model_version, iris, "abc", "x")
    call("update version: unknown model", client.update_model_version, s.name("unknown"), "1", "x")
    call("update version: empty", client.update_model_version, iris, "1", "")
    call("update version: nothing", client.update_model_version, iris, "1")
    call("get version: after", client.get_model_version, iris, "1")
    call("get model: with versions", client.get_registered_model, iris)
    call("download uri", client.get_model_version_download_uri, iris, "1")
    call("download uri: unknown", client.get_model_version_download_uri, iris, "99")
    call("download uri: word", client.get_model_version_download_uri, iris, "abc")
    call("stages of a version", client.get_model_version_stages, iris, "1")


def raw_versions(s: Session) -> None:
    """The exact JSON of versions, and what only raw calls can ask."""
    raw, make = s.name("raw"), f"{VERSIONS}/create"
    tags = [{"key": "k", "value": "1"}, {"key": "k", "value": "2"}]
    s.rest("raw create version", "POST", make, {"name": raw, "source": "s3://bucket/raw/1"})
    s.rest(
        "raw create version: full",
        "POST",
        make,
        {
            "name": raw,
            "source": "s3://bucket/raw/2",
            "run_id": "r",
            "run_link": "l",
            "description": "d",
            "tags": tags,
        },
    )
    s.rest(
        "raw create version: empty",
        "POST",
        make,
        {"name": raw, "source": "s3://bucket/raw/3", "run_id": "", "description": ""},
    )
    s.rest("raw create version: no source", "POST", make, {"name": raw})
    s.rest("raw create version: no name", "POST", make, {"source": "s3://bucket/x"})
    s.rest("raw create version: list", "POST", make, {"name": raw, "source": ["x"]})
    s.rest(
        "raw create version: bad tag",
        "POST",
        make,
        {"name": raw, "source": "s3://bucket/x", "tags": [{"key": "", "value": "v"}]},
    )
    s.rest("raw get version", "GET", f"{VERSIONS}/get", query={"name": raw, "version": "2"})
    s.rest("raw get version: no run", "GET", f"{VERSIONS}/get", query={"name": raw, "version": 1})
    s.rest("raw get version: no number", "GET", f"{VERSIONS}/get", query={"name": raw})
    s.rest("raw get version: no name", "GET", f"{VERSIONS}/get", query={"version": "1"})
    s.rest(
        "raw get version: number in body", "GET", f"{VERSIONS}/get", {"name": raw, "version": 1}
    )
    s.rest(
        "raw get version: 20 digits",
        "GET",
        f"{VERSIONS}/get",
        query={"name": raw, "version": "9" * 20},
    )
    s.rest(
        "raw update version",
        "PATCH",
        f"{VERSIONS}/update",
        {"name": raw, "version": "2", "description": "new"},
    )
    s.rest(
        "raw update version: nothing", "PATCH", f"{VERSIONS}/update", {"name": raw, "version": "2"}
    )
    s.rest(
        "raw update version: empty",
        "PATCH",
        f"{VERSIONS}/update",
        {"name": raw, "version": "2", "description": ""},
    )
    s.rest("raw get model: with versions", "GET", f"{MODELS}/get", query={"name": raw})
    uri = f"{VERSIONS}/get-download-uri"
    s.rest("raw download uri", "GET", uri, query={"name": raw, "version": "1"})
    s.rest("raw download uri: no version", "GET", uri, query={"name": raw})
    s.rest("raw download uri: no name", "GET", uri, query={"version": "1"})


def version_tags(s: Session) -> None:
    """Tags of a version."""
    call, client = s.client_call, s.client
    iris, unknown = s.name("iris"), s.name("unknown")
    put, take = f"{VERSIONS}/set-tag", f"{VERSIONS}/delete-tag"
    call("set version tag", client.set_model_version_tag, iris, "1", "state", "first")
    call("set version tag: again", client.set_model_version_tag, iris, "1", "state", "second")
    call("set version tag: number", client.set_model_version_tag, iris, "1", "count", 5)
    call(
        "set version tag: by stage",
        client.set_model_version_tag,
        iris,
        key="k",
        value="v",
        stage="None",
    )
    call("set version tag: unknown", client.set_model_version_tag, iris, "99", "k", "v")
    call("set version tag: word", client.set_model_version_tag, iris, "abc", "k", "v")
    call("set version tag: unknown model", client.set_model_version_tag, unknown, "1", "k", "v")
    for why, key in _bad_keys().items():
        call(f"set version tag: {why}", client.set_model_version_tag, iris, "2", key, "v")
    call("set version tag: overlong", client.set_model_version_tag, iris, "2", "k", "v" * 100_001)
    s.rest(
        "raw set version tag",
        "POST",
        put,
        {"name": iris, "version": "1", "key": "raw", "value": "v"},
    )
    s.rest(
        "raw set version tag: no version", "POST", put, {"name": iris, "key": "raw", "value": "v"}
    )
    s.rest(
        "raw set version tag: no value", "POST", put, {"name": iris, "version": "1", "key": "raw"}
    )
    call("set version tag: result", client.get_model_version, iris, "1")
    call("delete version tag", client.delete_model_version_tag, iris, "1", "state")
    call("delete version tag: absent", client.delete_model_version_tag, iris, "1", "state")
    call("delete version tag: unknown", client.delete_model_version_tag, iris, "99", "k")
    s.rest("raw delete version tag: no key", "DELETE", take, {"name": iris, "version": "1"})
    call("delete version tag: result", client.get_model_version, iris, "1")


def stages(s: Session) -> None:
    """Move versions between stages."""
    call, client = s.client_call, s.client
    name, route = s.name("staged"), f"{VERSIONS}/transition-stage"
    call("stages: create", client.create_registered_model, name)
    s.prepare(
        "stages: versions",
        (
            (
                "POST",
                f"{VERSIONS}/create",
                {"name": name, "source": f"s3://bucket/staged/{number}"},
            )
            for number in range(1, 7)
        ),
    )
    move = client.transition_model_version_stage
    call("stage: Staging", move, name, "1", "Staging")
    call("stage: second in Staging", move, name, "2", "Staging")
    call("stage: third archives both", move, name, "3", "Staging", archive_existing_versions=True)
    call("stage: first is archived", client.get_model_version, name, "1")
    call("stage: second is archived", client.get_model_version, name, "2")
    call("stage: lower case", move, name, "4", "production")
    call("stage: upper case", move, name, "5", "PRODUCTION")
    call("stage: again", move, name, "5", "Production", archive_existing_versions=True)
    call("stage: fourth is archived", client.get_model_version, name, "4")
    call("stage: Archived", move, name, "3", "Archived")
    call("stage: back to None", move, name, "3", "None")
    call("stage: unknown word", move, name, "6", "Testing")
    call("stage: empty", move, name, "6", "")
    call("stage: internal", move, name, "6", "Deleted_Internal")
    call("stage: unknown version", move, name, "99", "Staging")
    call("stage: word", move, name, "abc", "Staging")
    call("stage: unknown model", move, s.name("unknown"), "1", "Staging")
    body = {"name": name, "version": "6", "stage": "Staging"}
    s.rest("raw stage", "POST", route, {**body, "archive_existing_versions": False})
    s.rest("raw stage: no flag", "POST", route, body)
    s.rest("raw stage: no stage", "POST", route, {"name": name, "version": "6"})
    s.rest("raw stage: flag a word", "POST", route, {**body, "archive_existing_versions": "true"})
    s.rest("raw stage: flag a number", "POST", route, {**body, "archive_existing_versions": 1})
    for stage in ("Archived", "None", "Testing"):
        s.rest(
            f"raw stage: archive others for {stage}",
            "POST",
            route,
            {**body, "stage": stage, "archive_existing_versions": True},
        )
    call("stage: result", client.get_registered_model, name)


def aliases(s: Session) -> None:
    """Names for versions."""
    call, client = s.client_call, s.client
    name, route = s.name("staged"), f"{MODELS}/alias"
    put, get = client.set_registered_model_alias, client.get_model_version_by_alias
    call("alias: set", put, name, "champion", "1")
    call("alias: get", get, name, "champion")
    call("alias: move", put, name, "champion", "2")
    call("alias: get moved", get, name, "champion")
    call("alias: second", put, name, "Challenger", "2")
    call("alias: third", put, name, "alpha", "2")
    call("alias: version with three", client.get_model_version, name, "2")
    call("alias: version with none", client.get_model_version, name, "1")
    for alias in (
        "latest",
        "LATEST",
        "v1",
        "V12",
        "v1x",
        "7",
        "a b",
        "a.b",
        "bad!",
        "a-b_c",
        "ü",
        "",
        "Champion",
    ):
        call(f"alias: {alias!r}", put, name, alias, "1")
    call("alias: 255 characters", put, name, "x" * 255, "1")
    call("alias: 256 characters", put, name, "x" * 256, "1")
    call("alias: unknown version", put, name, "champion", "99")
    call("alias: word", put, name, "champion", "abc")
    call("alias: unknown model", put, s.name("unknown"), "champion", "1")
    for alias in ("unknown", "CHAMPION", "latest", "v1", "bad!", ""):
        call(f"alias: get {alias!r}", get, name, alias)
    call("alias: get of unknown model", get, s.name("unknown"), "champion")
    call("alias: latest of no version", get, s.name("a b.c_d"), "latest")
    s.rest("raw alias", "POST", route, {"name": name, "alias": "raw", "version": "3"})
    s.rest("raw alias: number", "POST", route, {"name": name, "alias": "raw", "version": 3})
    s.rest("raw alias: no version", "POST", route, {"name": name, "alias": "raw"})
    s.rest("raw alias: no alias", "POST", route, {"name": name, "version": "3"})
    s.rest(
        "raw alias: unknown model",
        "POST",
        route,
        {"name": s.name("unknown"), "alias": "raw", "version": "3"},
    )
    s.rest("raw alias: get", "GET", route, query={"name": name, "alias": "raw"})
    s.rest("raw alias: get without alias", "GET", route, query={"name": name})
    call("alias: model with all", client.get_registered_model, name)
    drop = client.delete_registered_model_alias
    call("alias: delete", drop, name, "champion")
    call("alias: delete absent", drop, name, "champion")
    call("alias: delete latest", drop, name, "latest")
    call("alias: delete bad", drop, name, "bad!")
    call("alias: delete of unknown model", drop, s.name("unknown"), "champion")
    call("alias: get deleted", get, name, "champion")
    s.rest("raw alias: delete", "DELETE", route, {"name": name, "alias": "raw"})
    s.rest("raw alias: delete without alias", "DELETE", route, {"name": name})
    s.rest("raw alias: model with the rest", "GET", f"{MODELS}/get", query={"name": name})


def latest(s: Session) -> None:
    """The latest version of each stage."""
    name, route = s.name("staged"), f"{MODELS}/get-latest-versions"
    get = s.client.get_latest_versions

    def latest_of(step: str, *given: Any) -> None:
        s.client_call(step, lambda: _by_number(get(*given)))

    latest_of("latest: all stages", name)
    latest_of("latest: two stages", name, ["Production", "None"])
    latest_of("latest: any case", name, ["PRODUCTION", "none"])
    latest_of("latest: no stages", name, [])
    latest_of("latest: empty stage", name, ["Staging", "Archived"])
    latest_of("latest: bad stage", name, ["Testing"])
    latest_of("latest: no versions", s.name("a b.c_d"))
    latest_of("latest: unknown model", s.name("unknown"))
    for method, how in (("POST", "body"), ("GET", "query")):
        for stage in ("Production", "Testing"):
            asked = {"name": name, "stages": [stage]}
            given = {"body": asked} if how == "body" else {"query": asked}
            s.rest(f"raw latest: {method} {stage}", method, route, **given)
    s.rest("raw latest: stage a word", "POST", route, {"name": name, "stages": "Production"})
    s.rest("raw latest: stage a number", "POST", route, {"name": name, "stages": [5]})
    s.rest("raw latest: no name", "POST", route, {"stages": ["Production"]})
    s.rest("raw latest: no versions", "POST", route, {"name": s.name("a b.c_d")})


SEARCHED = {
    "One": {"color": "Red", "my key": "x", "a.b": "d", "size": "10"},
    "two": {"color": "blue"},
    "three": {"color": "red", "size": "20"},
    "under_score": {},
    "per%cent": {"color": "o'k"},
    "it's": {},
}
MODEL_FILTERS = """
name = '~q-two'|name='~q-two'|name = "~q-two"|  name   =   '~q-two'  |attribute.name = '~q-two'
name LIKE '~q%'|name LIKE '~Q%'|name ILIKE '~Q%'|name like '~q-t%'|name ilike '~Q-T%'
name LIKE '~q-t_o'|name LIKE '%under_score'|name LIKE '~q-under\\_score'|name LIKE '%t%o'
name LIKE '~q%' AND name != '~q-two'|name LIKE '~q%' and name != '~q-two'
name LIKE '~q%' And name NOT IN ('~q-two')|name IN ('~q-two', '~q-One')|name in ("~q-two")
name IN ()|name IN ('~q-two', 5)|name IN '~q-two'|name NOT LIKE '~q%'|name RLIKE 'q'
name = '~q-it''s'|name = '~q-it\\'s'|name = "~q-it's"|name = ''|name LIKE ''
name LIKE '~q-per\\%%'|name = '~q-per%cent'|name LIKE '~q-per%cent'
tags.color = 'red'|tag.color = 'red'|tags.`color` = 'red'|tags."color" = 'red'|tags.'color' = 'red'
tags.color = "red"|tags.color != 'red'|tags.color LIKE 'r%'|tags.color ILIKE 'R%'
tags.color = "o'k"|tags.COLOR = 'red'|tags.unknown = 'x'|tags.unknown != 'x'|tags.color = ''
tag.`my key` = 'x'|tags."my key" = 'x'|tags.a.b = 'd'|tags.`a.b` = 'd'|tags.size = '10'
tags.color = 'red' AND tags.size = '20'|tags.color = 'red' AND tags.color = 'blue'
tags.color LIKE '%e%' AND tags.color != 'blue'|tags.color = 'red' AND name LIKE '~q%'
tags.color = 'red' AND name = '~q-two'|name LIKE '~q%' AND tags.size LIKE '%0'
tags.key = 'x'|tags.order = 'x'|tags.user = 'x'
name = '~q-two' AND|AND name = '~q-two'|name = '~q-two' name LIKE '~q%'
name = '~q-two'AND name LIKE '~q%'|name = '~q-two';|name = '~q-two' -- comment
name = '~q-two'; name = 'x'|name = '~q-two', name = 'x'
name = '~q-two' OR name = '~q-One'|NOT name = '~q-two'|(name = '~q-two')|name = ('~q-two')
name LIKE '~q%' AND NOT tags.color = 'red'|name LIKE '~q%' AND (tags.color = 'red')
name = q|name = 5|name = `~q-two`|name = null|name = true|name = tags.color|'~q-two' = name
name = '~q-two|name = ~q-two'|name =|= '~q-two'|name|'~q-two'|1 = 1|order by name
name == '~q-two'|name <> '~q-two'|name > 'a'|name >= 'a'|name < 'a'
NAME = '~q-two'|`name` = '~q-two'|"name" = '~q-two'|'name' = '~q-two'
attributes.name = '~q-two'|attr.name = '~q-two'|Tags.color = 'red'|`tags`.color = 'red'
description = 'x'|version = '1'|creation_timestamp > 0|last_updated_timestamp > 0|aliases = 'x'
params.x = 'y'|metrics.x = 1|tags = 'x'|tags.color = red|tags.size = 10|tags.size > '1'
tags.color IN ('red')|tags.my key = 'x'|tags.model-type = 'x'|tags.a/b = 'x'|tags.a:b = 'x'
name IS NULL|tags.size IS NOT NULL
""".strip("\n")
PROMPT = "tags.`mlflow.prompt.is_prompt`"
MODEL_ORDERS: list[Any] = [
    *(["name"], ["name ASC"], ["name DESC"], ["name desc"], ["name  asc"]),
    *(["last_updated_timestamp"], ["last_updated_timestamp ASC"], ["last_updated_timestamp DESC"]),
    *(["timestamp"], ["timestamp DESC"], ["name ASC", "last_updated_timestamp DESC"]),
    *(["last_updated_timestamp DESC", "name DESC"], ["creation_timestamp"], ["garbage"], ["NAME"]),
    *(["name GARBAGE"], ["name ASC DESC"], ["name, timestamp"], [""], ["`name`"], ["description"]),
    *(["attribute.name"], ["tags.color"], ["name", "name"], ["timestamp", "name", "timestamp"]),
]


def _filters(text: str) -> list[str]:
    return [one for line in text.split("\n") for one in line.split("|")]


def search_models(s: Session) -> None:
    """Every form of a filter and an order for registered models, taken and refused."""
    s.prepare(
        "search models: prepare",
        (
            ("POST", f"{MODELS}/create", {"name": s.name(f"q-{name}"), "tags": _tags(tags)})
            for name, tags in {**SEARCHED, "prompt": {"mlflow.prompt.is_prompt": "true"}}.items()
        ),
    )
    for text in _filters(MODEL_FILTERS):
        _search(s, MODELS, f"search models: {text}", {"filter": s.fill(text)})
    for text in (
        "~q-two\n=\t'x'",
        "   ",
        f"{PROMPT} = 'true'",
        f"{PROMPT} != 'false'",
        f"name LIKE '~q%' AND {PROMPT} = 'false'",
        "name = '~q-prompt'",
        f"name LIKE '~q%' AND {PROMPT} != 'true'",
        f"name = '~q-prompt' AND {PROMPT} = 'true'",
    ):
        _search(s, MODELS, f"search models: {text!r}", {"filter": s.fill(text)})
    ours = s.fill("name LIKE '~q%'")
    for order in MODEL_ORDERS:
        _search(s, MODELS, f"search models by {order}", {"filter": ours, "order_by": order})
    for limit in (0, -1, 1, 6, 7, 1000, 1001, "abc", "1.5", ""):
        _search(
            s, MODELS, f"search models: {limit!r} at most", {"filter": ours, "max_results": limit}
        )
    for token in ("garbage", "", "Z2FyYmFnZQ==", "MQ=="):
        _search(
            s,
            MODELS,
            f"search models: page {token!r}",
            {"filter": ours, "page_token": token, "max_results": 2},
        )
    _search(s, MODELS, "search models: no filter", {})
    s.rest("raw search models", "GET", f"{MODELS}/search", query={"filter": "name = 'none'"})
    s.rest(
        "raw search models: one",
        "GET",
        f"{MODELS}/search",
        query={"filter": s.fill("name LIKE '~q-t%'"), "max_results": 1},
    )
    s.rest(
        "raw search models: versions and aliases",
        "GET",
        f"{MODELS}/search",
        query={"filter": s.fill("name = '~staged'")},
    )
    s.rest("raw search models: POST", "POST", f"{MODELS}/search", {})
    s.rest("raw search models: order a word", "GET", f"{MODELS}/search", {"order_by": "name"})
    s.rest("raw search models: filter a number", "GET", f"{MODELS}/search", {"filter": 5})
    find = s.client.search_registered_models
    s.client_call("search models by client", find, ours)
    s.client_call("search models by client: two", find, ours, 2, ["name DESC"])
    s.client_call("search models by client: bad", find, "name = 'x' OR name = 'y'")
    s.client_call("search models by client: many", find, max_results=1001)


VERSION_FILTERS = """
name = '~v-one'|name='~v-one'|name = "~v-one"| name = '~v-one' |attribute.name = '~v-one'
name LIKE '~v%'|name LIKE '~V%'|name ILIKE '~V%'|name IN ('~v-one', '~v-two')
name LIKE '~v%' AND name != '~v-one'|name LIKE '~v%' AND name NOT IN ('~v-one')
version_number = 1 AND name LIKE '~v%'|version_number != 1 AND name LIKE '~v%'
version_number > 1 AND name LIKE '~v%'|version_number >= 2 AND name LIKE '~v%'
version_number < 2 AND name LIKE '~v%'|version_number <= 2 AND name LIKE '~v%'
version_number > 1 and version_number < 4 and name LIKE '~v%'
version_number = '1' AND name LIKE '~v%'|attribute.version_number = 1 AND name LIKE '~v%'
version_number = 1.5|version_number = 'a'|version_number LIKE '1'|version_number IN (1, 2)
version_number = -1|version_number == 1|version_number <> 1|VERSION_NUMBER = 1
run_id = '~run-1'|run_id != '~run-1' AND name LIKE '~v%'|run_id LIKE '~run%'|run_id ILIKE '~RUN%'
run_id IN ('~run-1', '~run-2')|run_id in ("~run-1")|run_id NOT IN ('~run-1') AND name LIKE '~v%'
run_id = '' AND name LIKE '~v%'|run_id IN ()|run_id IN ('a', 1)|run_id IN (a)|run_id > 'a'
run_id = 5|attribute.run_id = '~run-1'|source_path = 's3://bucket/~v-one/1'
source_path != 's3://bucket/~v-one/1' AND name LIKE '~v%'|source_path LIKE 's3://bucket/~v-one/%'
source_path ILIKE 'S3://bucket/~v-one/%'|source_path IN ('s3://bucket/~v-one/1')
tags.odd = '1' AND name LIKE '~v%'|tags.odd != '1' AND name LIKE '~v%'|tag.`odd` = '1'
tags.odd = '1' AND tags.n = '1'|tags.n LIKE '%3%'|tags.n ILIKE '%3%'|tags.unknown != 'x'
tags.n IN ('1')|tags.n > '1'|tags.n = 1|name = '~v-one' AND|name = '~v-one' OR name = '~v-two'
NOT name = '~v-one'|(name = '~v-one')|name = v|name > 'a'|name = '~v-one|name =|name
version = 1|source = 'x'|stage = 'None'|current_stage = 'None'|status = 'READY'
creation_timestamp > 0|last_updated_timestamp > 0|description = 'late'|user_id = 'x'
model_id = 'x'|aliases = 'x'|alias = 'x'|run_id IS NULL
""".strip("\n")
VERSION_ORDERS: list[Any] = [
    *(["name"], ["name DESC"], ["version_number"], ["version_number ASC"]),
    *(["version_number DESC"], ["creation_timestamp"], ["creation_timestamp DESC"]),
    *(["last_updated_timestamp"], ["last_updated_timestamp DESC"], ["last_updated_timestamp ASC"]),
    *(["name DESC", "version_number ASC"], ["version_number", "name DESC"], ["`name`"]),
    *(['"name"'], ["attribute.name"], ["run_id"], ["source_path"], ["version"], ["timestamp"]),
    *(["garbage"], ["NAME"], ["name foo"], [""], ["tags.n"], ["foo.name"], ["name", "name"]),
]


def search_versions(s: Session) -> None:
    """Every form of a filter and an order for versions, taken and refused."""
    one, two = s.name("v-one"), s.name("v-two")
    s.prepare(
        "search versions: models",
        (("POST", f"{MODELS}/create", {"name": name}) for name in (one, two)),
    )
    s.prepare(
        "search versions: prepare",
        (
            ("POST", f"{VERSIONS}/create", _searched_version(s, name, number))
            for name, numbers in ((one, range(1, 6)), (two, range(1, 3)))
            for number in numbers
        ),
    )
    s.prepare(
        "search versions: one is late",
        [
            ("PATCH", f"{VERSIONS}/update", {"name": one, "version": "1", "description": "late"}),
            ("DELETE", f"{VERSIONS}/delete", {"name": one, "version": "4"}),
        ],
    )
    for text in _filters(VERSION_FILTERS):
        _search(s, VERSIONS, f"search versions: {text}", {"filter": s.fill(text)})
    ours = s.fill("name LIKE '~v%'")
    for order in VERSION_ORDERS:
        _search(s, VERSIONS, f"search versions by {order}", {"filter": ours, "order_by": order})
    for limit in (0, -1, 1, 6, 7, 1000, 200_000, 200_001, "abc"):
        _search(
            s,
            VERSIONS,
            f"search versions: {limit!r} at most",
            {"filter": ours, "max_results": limit},
        )
    for token in ("garbage", "", "Z2FyYmFnZQ=="):
        _search(
            s,
            VERSIONS,
            f"search versions: page {token!r}",
            {"filter": ours, "page_token": token, "max_results": 2},
        )
    _search(s, VERSIONS, "search versions: no filter", {})
    s.rest(
        "raw search versions",
        "GET",
        f"{VERSIONS}/search",
        query={"filter": f"name = '{one}'", "max_results": 2},
    )
    s.rest(
        "raw search versions: none", "GET", f"{VERSIONS}/search", query={"filter": "name = 'none'"}
    )
    s.rest(
        "raw search versions: aliases",
        "GET",
        f"{VERSIONS}/search",
        query={"filter": s.fill("name = '~staged'"), "max_results": 2},
    )
    s.rest("raw search versions: POST", "POST", f"{VERSIONS}/search", {})
    find = s.client.search_model_versions
    s.client_call("search versions by client", find, f"name = '{one}'")
    s.client_call("search versions by client: two", find, ours, 2, ["version_number DESC"])
    s.client_call("search versions by client: bad", find, "stage = 'None'")


def _searched_version(s: Session, name: str, number: int) -> dict[str, Any]:
    run = {"run_id": s.name(f"run-{number}")} if number < 5 else {}
    source = f"s3://bucket/{name}/{number}"
    tags = _tags({"odd": str(number % 2), "n": str(number)})
    return {"name": name, "source": source, "tags": tags, **run}


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _search(s: Session, kind: str, step: str, query: dict[str, Any]) -> None:
    """Keep which were found and in what order, and whether there are more."""
    status, answer = s.wire.call("GET", f"{kind}/search", query=query)
    if status != http.client.OK:
        s.note(step, error=_refusal(status, answer))
        return
    found = (answer or {}).get(kind.replace("-", "_"), [])
    names = [" ".join(filter(None, (one["name"], one.get("version")))) for one in found]
    s.note(step, ok={"found": names, "more": "next_page_token" in (answer or {})})


def movements(s: Session) -> None:
    """Which changes move a model's and a version's time of the last change."""
    name = s.name("moved")
    s.prepare(
        "moves: prepare",
        [
            ("POST", f"{MODELS}/create", {"name": name}),
            ("POST", f"{VERSIONS}/create", {"name": name, "source": "s3://bucket/moved/1"}),
        ],
    )
    version, tag = {"name": name, "version": "1"}, {"key": "k", "value": "v"}
    changes: dict[str, tuple[str, str, Any]] = {
        "update model": ("PATCH", f"{MODELS}/update", {"name": name, "description": "d"}),
        "set model tag": ("POST", f"{MODELS}/set-tag", {"name": name, **tag}),
        "delete model tag": ("DELETE", f"{MODELS}/delete-tag", {"name": name, "key": "k"}),
        "set alias": ("POST", f"{MODELS}/alias", {**version, "alias": "a"}),
        "delete alias": ("DELETE", f"{MODELS}/alias", {"name": name, "alias": "a"}),
        "update version": ("PATCH", f"{VERSIONS}/update", {**version, "description": "d"}),
        "set version tag": ("POST", f"{VERSIONS}/set-tag", {**version, **tag}),
        "delete version tag": ("DELETE", f"{VERSIONS}/delete-tag", {**version, "key": "k"}),
        "stage": ("POST", f"{VERSIONS}/transition-stage", {**version, "stage": "Staging"}),
        "create version": (
            "POST",
            f"{VERSIONS}/create",
            {"name": name, "source": "s3://bucket/moved/2"},
        ),
        "delete version": ("DELETE", f"{VERSIONS}/delete", {"name": name, "version": "2"}),
        "rename": ("POST", f"{MODELS}/rename", {"name": name, "new_name": name}),
    }
    for what, change in changes.items():
        before = _changed(s, name)
        time.sleep(0.005)
        status, _ = s.wire.call(*change)
        moved = {key: value > before[key] for key, value in _changed(s, name).items()}
        s.note(f"moves: {what}", ok={"status": status, "later": moved})


def _changed(s: Session, name: str) -> dict[str, int]:
    """When the model and its first version were last changed; 0 if the server does not say."""
    asked = {
        "model": (f"{MODELS}/get", {"name": name}, "registered_model"),
        "version": (f"{VERSIONS}/get", {"name": name, "version": "1"}, "model_version"),
    }
    changed = {}
    for what, (route, query, key) in asked.items():
        _, answer = s.wire.call("GET", route, query=query)
        changed[what] = (answer or {}).get(key, {}).get("last_updated_timestamp", 0)
    return changed


def pages(s: Session) -> None:
    """A thousand models and sixty versions, page by page."""
    names = [s.name(f"page-{number * 619 % 1000:04}") for number in range(1000)]
    s.prepare(
        "pages: a thousand models",
        (("POST", f"{MODELS}/create", {"name": name}) for name in names),
    )
    in_order = sorted(names)
    ours = {"filter": s.fill("name LIKE '~page-%'")}
    _pages(s, MODELS, "pages: of 37", {**ours, "max_results": 37}, in_order)
    _pages(s, MODELS, "pages: of 200", {**ours, "max_results": 200}, in_order)
    _pages(s, MODELS, "pages: of no said size", ours, in_order)
    _pages(
        s,
        MODELS,
        "pages: backwards",
        {**ours, "max_results": 200, "order_by": ["name DESC"]},
        in_order[::-1],
    )
    _pages(
        s,
        MODELS,
        "pages: by time",
        {**ours, "max_results": 200, "order_by": ["last_updated_timestamp ASC"]},
        names,
    )
    many = s.name("many")
    s.prepare("pages: a model", [("POST", f"{MODELS}/create", {"name": many})])
    s.prepare(
        "pages: sixty versions",
        (
            ("POST", f"{VERSIONS}/create", {"name": many, "source": f"s3://bucket/many/{number}"})
            for number in range(1, 61)
        ),
    )
    numbers = [f"{many} {number}" for number in range(1, 61)]
    ours = {"filter": f"name = '{many}'"}
    _pages(s, VERSIONS, "pages: versions of 7", {**ours, "max_results": 7}, numbers[::-1])
    _pages(
        s,
        VERSIONS,
        "pages: versions upwards",
        {**ours, "max_results": 25, "order_by": ["version_number"]},
        numbers,
    )
    s.client_call("pages: by client", _client_pages, s, in_order)


def _pages(s: Session, kind: str, step: str, query: Any, expected: list[str]) -> None:
    """Follow the tokens to the end; keep the sizes, and what is twice, missing or displaced."""
    found: list[str] = []
    sizes: list[int] = []
    token = ""
    while not sizes or token:
        more = {"page_token": token} if token else {}
        _, answer = s.wire.call("GET", f"{kind}/search", query={**query, **more})
        page = (answer or {}).get(kind.replace("-", "_"), [])
        found += [" ".join(filter(None, (one["name"], one.get("version")))) for one in page]
        sizes.append(len(page))
        token = (answer or {}).get("next_page_token", "")
    s.note(step, ok=_compared(sizes, found, expected))


def _client_pages(s: Session, expected: list[str]) -> dict[str, Any]:
    found: list[str] = []
    sizes: list[int] = []
    token = None
    while not sizes or token:
        ours = s.fill("name LIKE '~page-%'")
        page = s.client.search_registered_models(ours, 200, page_token=token)
        found += [model.name for model in page]
        sizes.append(len(page))
        token = page.token
    return _compared(sizes, found, expected)


def _compared(sizes: list[int], found: list[str], expected: list[str]) -> dict[str, Any]:
    return {
        "sizes": sizes,
        "twice": len(found) - len(set(found)),
        "missing": len(set(expected) - set(found)),
        "in order": found == expected,
    }


def copies(s: Session) -> None:
    """Copy versions between models, and register models as training code does."""
    call, client = s.client_call, s.client
    iris, copy = s.name("iris"), client.copy_model_version
    call("copy: into a new model", copy, f"models:/{iris}/1", s.name("copy"))
    call("copy: into an old model", copy, f"models:/{iris}/2", s.name("copy"))
    call("copy: into its own model", copy, f"models:/{iris}/3", iris)
    call("copy: set alias", client.set_registered_model_alias, iris, "best", "1")
    call("copy: by alias", copy, f"models:/{iris}@best", s.name("copy-alias"))
    call("copy: by stage", copy, f"models:/{s.name('staged')}/Production", s.name("copy-stage"))
    call("copy: by latest", copy, f"models:/{iris}/latest", s.name("copy-latest"))
    call("copy: download uri", client.get_model_version_download_uri, s.name("copy"), "1")
    call("copy: the copy", client.get_registered_model, s.name("copy"))
    call("copy: unknown version", copy, f"models:/{iris}/99", s.name("copy"))
    call("copy: unknown alias", copy, f"models:/{iris}@unknown", s.name("copy"))
    call("copy: unknown model", copy, s.fill("models:/~unknown/1"), s.name("copy"))
    call("copy: bad name", copy, f"models:/{iris}/1", "a/b")
    call("copy: not of the registry", copy, "s3://bucket/x", s.name("copy"))
    name, register = s.name("registered"), mlflow.register_model
    call("register", register, "s3://bucket/registered/1", name, await_registration_for=0)
    call("register: again", register, "s3://bucket/registered/2", name, tags={"k": "v"})
    call("register: version", register, f"models:/{iris}/1", name)
    call("register: local path", register, "/srv/models/local", name)
    call("register: local address", register, "file:///srv/models/local", name)
    call("register: unknown run", register, "runs:/unknown/model", name)
    call("register: bad name", register, "s3://bucket/x", "a:b")
    call("register: result", client.get_registered_model, name)


def lengths(s: Session) -> None:
    """Names as long as a server takes them."""
    call, create = s.client_call, s.client.create_registered_model
    for length in (200, 256, 257, 1000):
        call(f"create model: {length} characters", create, s.name("long-").ljust(length, "x"))


SOURCES = [
    *("s3://bucket/other", "gs://bucket/path", "dbfs:/models/x", "hf://group/model"),
    *("s3://bucket", "s3://bucket/../x", "/srv/models/x", "file:///srv/models/x", "relative"),
    *("https://example.org/model", "mlflow-artifacts:/1/2/model", "runs:/unknown/model"),
    *("models:/~iris/1", "models:/~iris/99", "models:/~unknown/1", "models:/m-123"),
    *("s3://bucket/".ljust(500, "x"), "s3://bucket/".ljust(600, "x")),
]


def sources(s: Session) -> None:
    """Where a version may come from; each has a model of its own."""
    make, iris = s.client.create_model_version, s.name("iris")
    for number, source in enumerate(SOURCES):
        model = s.name(f"source-{number}")
        s.prepare(f"source {number}: model", [("POST", f"{MODELS}/create", {"name": model})])
        what = source if len(source) < 40 else f"{len(source)} characters"
        s.client_call(f"source {number}: {what}", make, model, s.fill(source), f"run-{number}")
    last = s.name("source-last")
    s.prepare("source: model", [("POST", f"{MODELS}/create", {"name": last})])
    s.client_call("source: a version without its run", make, last, f"models:/{iris}/1")
    s.client_call("source: a run", make, last, "runs:/unknown/model", "unknown")


def deletions(s: Session) -> None:
    """Delete versions and models, and use their names again."""
    call, client = s.client_call, s.client
    name = s.name("doomed")
    call("delete: create", client.create_registered_model, name, {"k": "v"}, "d")
    s.prepare(
        "delete: versions",
        (
            (
                "POST",
                f"{VERSIONS}/create",
                {"name": name, "source": f"s3://bucket/doomed/{number}"},
            )
            for number in range(1, 4)
        ),
    )
    call("delete: alias", client.set_registered_model_alias, name, "gone", "3")
    drop = client.delete_model_version
    call("delete version", drop, name, "3")
    call("delete version: again", drop, name, "3")
    call("delete version: unknown", drop, name, "99")
    call("delete version: word", drop, name, "abc")
    call("delete version: unknown model", drop, s.name("unknown"), "1")
    call("delete version: get", client.get_model_version, name, "3")
    call("delete version: update", client.update_model_version, name, "3", "x")
    call("delete version: tag", client.set_model_version_tag, name, "3", "k", "v")
    call("delete version: stage", client.transition_model_version_stage, name, "3", "Staging")
    call("delete version: set alias", client.set_registered_model_alias, name, "new", "3")
    call("delete version: alias", client.get_model_version_by_alias, name, "gone")
    call("delete version: uri", client.get_model_version_download_uri, name, "3")
    call("delete version: latest", client.get_model_version_by_alias, name, "latest")
    call("delete version: model", client.get_registered_model, name)
    call("delete version: search", client.search_model_versions, f"name = '{name}'")
    call("delete version: next number", client.create_model_version, name, "s3://bucket/doomed/4")
    s.rest("raw delete version", "DELETE", f"{VERSIONS}/delete", {"name": name, "version": "1"})
    s.rest("raw delete version: no number", "DELETE", f"{VERSIONS}/delete", {"name": name})
    s.rest(
        "raw delete version: number", "DELETE", f"{VERSIONS}/delete", {"name": name, "version": 2}
    )
    call("delete model", client.delete_registered_model, name)
    call("delete model: again", client.delete_registered_model, name)
    call("delete model: get", client.get_registered_model, name)
    call("delete model: its version", client.get_model_version, name, "2")
    call("delete model: create version", client.create_model_version, name, "s3://bucket/x")
    call("delete model: rename", client.rename_registered_model, name, s.name("risen"))
    call("delete model: search", client.search_registered_models, f"name = '{name}'")
    call("delete model: search versions", client.search_model_versions, f"name = '{name}'")
    call("delete model: create again", client.create_registered_model, name)
    call("delete model: first version", client.create_model_version, name, "s3://bucket/anew/1")
    s.rest("raw delete model", "DELETE", f"{MODELS}/delete", {"name": name})
    s.rest("raw delete model: no name", "DELETE", f"{MODELS}/delete", {})
    s.rest(
        "raw delete model: in the query",
        "DELETE",
        f"{MODELS}/delete",
        query={"name": s.name("plain")},
    )
    twice, source = s.name("twice"), "s3://bucket/twice"
    call("same version twice: create", client.create_registered_model, twice)
    call("same version twice: first", client.create_model_version, twice, source, "run")
    call("same version twice: second", client.create_model_version, twice, source, "run")


def protocol(s: Session) -> None:
    """Routes, methods and bodies that are not as they should be."""
    create, name = f"{MODELS}/create", s.name("protocol")
    for method, route in (
        ("GET", "unknown/route"),
        ("POST", f"{MODELS}/unknown"),
        ("GET", MODELS),
        ("POST", f"{create}/"),
        ("GET", create),
        ("PUT", create),
        ("POST", f"{MODELS}/get"),
        ("POST", f"{MODELS}/delete"),
        ("PUT", f"{MODELS}/update"),
        ("POST", f"{MODELS}/update"),
        ("DELETE", f"{VERSIONS}/get"),
        ("GET", f"{VERSIONS}/create"),
    ):
        s.rest(f"protocol: {method} {route}", method, route, {} if method != "GET" else None)
    bodies = {
        "malformed": b"{bad",
        "empty": b"",
        "null": b"null",
        "list": b"[1]",
        "number": b"5",
        "word": b'"word"',
        "not UTF-8": b"\xff\xfe",
        "twice encoded": json.dumps(json.dumps({"name": name + "-2"})).encode(),
    }
    for what, data in bodies.items():
        s.rest(f"protocol: {what} body", "POST", create, data=data)
    s.rest("protocol: no body", "POST", create)
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        s.rest(f"protocol: {kind}", "POST", create, {"name": name}, kind=kind)
    s.rest("protocol: charset", "POST", create, {"name": name}, kind=f"{JSON}; charset=utf-8")
    s.rest("protocol: unknown field", "POST", create, {"name": name + "-3", "unknown": 1})
    wrong: dict[str, Any] = {
        "number": 5,
        "list": ["a"],
        "object": {"a": 1},
        "true": True,
        "null": None,
        "fraction": 1.5,
    }
    for what, value in wrong.items():
        s.rest(f"protocol: name a {what}", "POST", create, {"name": value})
    s.rest("protocol: name missing", "POST", create, {"description": "d"})
    s.rest(
        "protocol: name twice in the query",
        "GET",
        f"{MODELS}/get",
        query=[("name", name), ("name", "other")],
    )
    s.rest(
        "protocol: unknown in the query",
        "GET",
        f"{MODELS}/get",
        query={"name": name, "unknown": "1"},
    )
    s.rest("protocol: nothing in the query", "GET", f"{MODELS}/get")
    s.rest(
        "protocol: camel case", "POST", f"{MODELS}/rename", {"name": name, "newName": name + "-4"}
    )


def main() -> None:
    """Hold the session; what libraries say goes to standard error."""
    uri = os.environ["MLFLOW_TRACKING_URI"]
    token = os.environ.get("MLFLOW_TRACKING_TOKEN", "")
    s = Session(uri, token, os.environ.get("SESSION_PREFIX", "s-"))
    with redirect_stdout(sys.stderr), watching(s.seen):
        for part in (
            *(models, raw_models, renames, model_tags, versions, raw_versions, version_tags),
            *(stages, aliases, latest, search_models, search_versions, movements, copies),
            *(lengths, sources, deletions, protocol, pages),
        ):
            began = time.monotonic()
            part(s)
            print(f"{part.__name__}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    json.dump(s.steps, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
