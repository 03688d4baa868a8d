"""Calls of MLflow's API as its clients make them: what is asked by query, what is said by JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.conftest import Caller

API = "/mlflow/api/2.0/mlflow/"
MODELS, VERSIONS = "registered-models", "model-versions"
METHODS = {"update": "patch", "delete": "delete", "delete-tag": "delete"}


def ask(caller: Caller, route: str, **query: Any) -> Any:
    """GET a route of MLflow's API."""
    return caller.get(f"{API}{route}?{urlencode(query, doseq=True)}")


def tell(caller: Caller, route: str, **body: Any) -> Any:
    """Change something by the method that the route is for."""
    return getattr(caller, METHODS.get(route.split("/")[1], "post"))(API + route, body)


def add_model(caller: Caller, name: str = "iris", **more: Any) -> Any:
    """Register a model."""
    return tell(caller, f"{MODELS}/create", name=name, **more)


def add_version(caller: Caller, name: str = "iris", source: str = "s3://b/1", **more: Any) -> Any:
    """Register weights."""
    return tell(caller, f"{VERSIONS}/create", name=name, source=source, **more)


def get_model(caller: Caller, name: str = "iris") -> Any:
    return ask(caller, f"{MODELS}/get", name=name)


def get_version(caller: Caller, name: str = "iris", version: int = 1) -> Any:
    return ask(caller, f"{VERSIONS}/get", name=name, version=version)


def names_found(caller: Caller, **query: Any) -> list[str]:
    """The names of all models that a search finds, over all its pages."""
    found: list[str] = []
    token = None
    while token != "":
        page: dict[str, str] = {"page_token": token} if token else {}
        answer = ask(caller, f"{MODELS}/search", **query, **page).json()
        found += [model["name"] for model in answer.get("registered_models", [])]
        token = answer.get("next_page_token", "")
    return found


def versions_found(caller: Caller, text: str) -> list[tuple[str, str]]:
    """Name and number of the versions that a filter finds."""
    answer = ask(caller, f"{VERSIONS}/search", filter=text).json()
    return [(row["name"], row["version"]) for row in answer.get("model_versions", [])]


def tags_of(shape: dict[str, Any]) -> dict[str, str]:
    """The tags of a model or version as an answer tells them."""
    return {tag["key"]: tag["value"] for tag in shape.get("tags", [])}


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as clients send them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def code_of(answer: Any) -> tuple[int, str]:
    """Status and error code of a refusal."""
    return answer.status_code, answer.json().get("error_code", "")
