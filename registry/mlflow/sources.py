"""Which addresses of weights MLflow's clients may register, and what `models:/…` stands for."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from registry.access import version_named
from registry.mlflow.caller import Caller
from registry.mlflow.errors import absent, invalid
from registry.mlflow.names import name_of
from registry.models import Version
from registry.vocabulary import MlflowStage

WEB = frozenset({"http", "https", "ftp", "ftps"})
STORES = frozenset({"s3", "gs", "wasb", "wasbs", "abfss", "r2", "s3a"})
MODELS = re.compile(
    r"models:/(?P<name>[^/@]+)(?:/(?P<which>[^/@]+)|@(?P<alias>[\w-]+))\Z", re.ASCII
)
MOST = 2048


class Source(NamedTuple):
    """What to keep of a source, and the version it is a copy of, if it is one."""

    text: str
    run_id: str
    original: Version | None


def read_source(text: str, run_id: str, caller: Caller) -> Source:
    """Hold a source against MLflow's rules. Raises MlflowError."""
    if len(text) > MOST:
        raise invalid(f"'source' exceeds the maximum length of {MOST} characters")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise invalid(f"Invalid model version source: '{text}'. It is no address.") from error
    scheme = parts.scheme.lower() if re.match(r"[A-Za-z][\w+.-]*:", text) else ""
    if scheme == "models":
        return _copy(text, run_id, caller)
    if scheme in {"", "file"}:
        raise invalid(
            f"Invalid model version source: '{text}'. A file of your own machine means nothing to"
            " others: give the address of a store, such as s3://bucket/path."
        )
    if scheme in WEB:
        raise invalid(f"'source' cannot use the '{scheme}' scheme: give the address of a store.")
    if scheme in STORES and (not parts.path.strip("/") or ".." in text.split("/")):
        raise invalid(f"Invalid model version source: '{text}'. Name a path in the bucket.")
    if scheme == "runs" and text.removeprefix("runs:/").split("/")[0] != run_id:
        raise invalid(f"Invalid model version source: '{text}'. Its run must be the run_id.")
    if scheme == "mlflow-artifacts":
        raise invalid(f"Invalid model version source: '{text}'. The portal keeps no artifacts.")
    return Source(text, run_id, None)


def _copy(text: str, run_id: str, caller: Caller) -> Source:
    found = MODELS.fullmatch(text)
    if found is None:
        raise invalid(f"Invalid model version source: '{text}'. Write models:/NAME/VERSION.")
    original = _original(found, caller)
    if original is None:
        raise absent(f"Model Version of {text} not found")
    if run_id and run_id != original.run_id:
        raise invalid(
            "The run_id and model_id request parameters must match the referenced model version."
        )
    name = name_of(original.model, caller)
    return Source(f"models:/{name}/{original.number}", original.run_id, original)


def _original(found: re.Match[str], caller: Caller) -> Version | None:
    name, which, alias = found["name"], found["which"], found["alias"]
    if alias or which.isdecimal():
        version = version_named(caller.user, found[0], home=caller.home)
        return version if version and version.number else None
    model = version_named(caller.user, name, home=caller.home)
    if model is None:
        return None
    rows = model.model.versions.numbered().order_by("-number")
    stage = next((s for s in MlflowStage if s.lower() == which.lower()), None)
    if which.lower() != "latest":
        rows = rows.filter(stage=stage) if stage else rows.none()
    return rows.first()
