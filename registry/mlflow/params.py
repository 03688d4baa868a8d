"""What a call says: JSON bodies and queries, with MLflow's names and its rules about them."""

from __future__ import annotations

import posixpath
import re
from typing import Any

import orjson
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from registry.mlflow.errors import invalid

KEY = re.compile(r"[/\w.\- :]*")
MOST_KEY, MOST_VALUE, MOST_NAME = 250, 100_000, 120
MOST_QUALIFIED = 202  # partner.group.name
HELP = "See the API docs for more information about request parameters."


class Params:
    """The parameters of one call."""

    def __init__(self, request: HttpRequest) -> None:
        self.values: dict[str, Any] = {}
        if request.method == "GET" and request.GET:
            self.values = dict(request.GET.lists())
            self.is_query = True
        else:
            self.values = _body(request)
            self.is_query = False

    def text(self, name: str) -> str:
        """A text that must be there. Raises MlflowError."""
        value = self.optional(name)
        if value is None or not value.strip():
            raise invalid(f"Missing value for required parameter '{name}'. {HELP}")
        return value

    def optional(self, name: str) -> str | None:
        """A text, None if it is not there. Raises MlflowError for another type."""
        value = self.values.get(name)
        if self.is_query:
            value = value[0] if value else None
        if value is not None and not isinstance(value, str):
            raise _type(name, value)
        return _plain(name, value)

    def texts(self, name: str) -> list[str]:
        """A list of texts, empty if it is not there."""
        value = self.values.get(name) or []
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise _type(name, value)
        return [_plain(name, part) or "" for part in value]

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise _type(name, value)

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`."""
        value = self.values.get(name, default)
        if self.is_query and isinstance(value, list):
            value = value[0]
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise invalid(
                f"Invalid value {_shown(value)} for parameter '{name}' supplied:"
                f" It must be a whole number from 1 to {most}. {HELP}"
            )
        return value

    def tags(self) -> dict[str, str]:
        """Tags as a list of key and value; of one key the last counts."""
        rows = self.values.get("tags") or []
        if not isinstance(rows, list):
            raise _type("tags", rows)
        found = {}
        for row in rows:
            if not isinstance(row, dict):
                raise _type("tags", row)
            key, value = row.get("key"), row.get("value", "")
            if not isinstance(key, str) or not isinstance(value, (str, type(None))):
                raise _type("tags", row)
            found[tag_key(key)] = tag_value(value or "")
        return found


def model_name(name: str, parameter: str = "name", most: int = MOST_NAME) -> str:
    """A name that a model may have. Raises MlflowError."""
    if "/" in name or ":" in name:
        raise invalid(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    _no_path(name, parameter)
    if len(name) > most or any(ord(sign) < 32 for sign in name):
        raise invalid(
            f"Invalid value {_shown(name)} for parameter '{parameter}' supplied: A model's name"
            f" has 1 to {most} characters and no control characters."
        )
    return name


def tag_key(key: str) -> str:
    """A key that a tag may have. Raises MlflowError."""
    if not key:
        raise invalid(f"Missing value for required parameter 'key'. {HELP}")
    if not KEY.fullmatch(key):
        raise invalid(
            f"Invalid value {_shown(key)} for parameter 'key' supplied: Names may only contain"
            " alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and"
            " slashes (/)."
        )
    _no_path(key, "key")
    if len(key) > MOST_KEY:
        raise invalid(f"'key' exceeds the maximum length of {MOST_KEY} characters")
    return key


def tag_value(value: str) -> str:
    """A value that a tag may have. Raises MlflowError."""
    if len(value) > MOST_VALUE:
        raise invalid(f"'value' exceeds the maximum length of {MOST_VALUE} characters")
    return _plain("value", value) or ""


def _no_path(name: str, parameter: str) -> None:
    resolved = posixpath.normpath(name)
    if resolved != name or resolved in {".", ".."} or name.startswith(("../", "/")):
        raise invalid(
            f"Invalid value {_shown(name)} for parameter '{parameter}' supplied: Names may be"
            " treated as files in certain cases, and must not resolve to other names when treated"
            f" as such. This name would resolve to {_shown(resolved)}"
        )


def _body(request: HttpRequest) -> dict[str, Any]:
    kind = (request.content_type or "").lower()
    if request.method != "GET" and kind != "application/json":
        raise invalid("Bad Request. Content-Type must be one of ['application/json'].")
    try:
        data = orjson.loads(request.body or b"{}")
    except (orjson.JSONDecodeError, UnreadablePostError, RawPostDataException) as error:
        raise invalid(f"The body is no JSON: {error}.") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise invalid("The body must be a JSON object.")
    return data


def _plain(name: str, value: str | None) -> str | None:
    if value is not None and "\0" in value:
        raise invalid(f"Invalid value for parameter '{name}' supplied: it holds a NUL character.")
    return value


def _shown(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()[:300]
    except (TypeError, orjson.JSONEncodeError):
        return repr(value)[:300]


def _type(name: str, value: Any) -> Exception:
    kind = type(value).__name__
    return invalid(
        f"Invalid value {_shown(value)} for parameter '{name}' supplied:  Hint: Value was of type"
        f" '{kind}'. {HELP}"
    )
