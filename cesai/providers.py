"""Reads which log-in providers there are; docs/operations.md says what each has."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from cesai.env import BadSetting, text
from projects.entitlements import LogInProvider, Source, authority_of, namespace_of

NEEDED = ("id", "name", "issuer", "client_id")
KNOWN = {*NEEDED, "client_secret", "scope", "entitlements"}
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def log_in_providers(name: str) -> list[LogInProvider]:
    """The providers in a setting's JSON; raises BadSetting with one sentence."""
    try:
        given = json.loads(text(name, "[]"))
    except ValueError as error:
        raise BadSetting(name, "must be a JSON list; docs/operations.md shows one.") from error
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BadSetting(name, "must be a list of objects; docs/operations.md shows one.")
    for one in given:
        if wanted := _wanted(one):
            raise BadSetting(name, f"must be a list of providers {wanted}: {one.get('id')!r}.")
    found = [_provider(**one) for one in given]
    if len({one.id for one in found}) < len(found):
        raise BadSetting(name, "must be a list of providers with an id of its own each.")
    return found


def _provider(entitlements: Sequence[Any] = (), **values: Any) -> LogInProvider:
    sources = tuple(source for source in map(_source, entitlements) if source)
    if "scope" in values:
        values["scope"] = tuple(values["scope"])
    return LogInProvider(**values, sources=sources)


def _wanted(one: dict[str, Any]) -> str:
    """What every provider must be like and this one is not; nothing if all is well."""
    for key in NEEDED:
        if not isinstance(one.get(key), str) or not one[key]:
            return f"that each have {key!r}"
    issuer = urlsplit(one["issuer"])
    is_safe = issuer.scheme == "https" or (issuer.scheme == "http" and issuer.hostname in LOOPBACK)
    scope, sources = one.get("scope", ["openid"]), one.get("entitlements", [])
    wanted = {
        f"that know no {min(one.keys() - KNOWN, default='')!r}": one.keys() <= KNOWN,
        "whose ids are of a-z, 0-9 and -": ID.fullmatch(one["id"]),
        "whose issuers are https addresses": is_safe,
        "whose scopes are lists with openid": isinstance(scope, list) and "openid" in scope,
        "that speak for a namespace (urn:…) and an authority (login.example) each": (
            isinstance(sources, list) and all(map(_source, sources))
        ),
    }
    return next((words for words, holds in wanted.items() if not holds), "")


def _source(given: Any) -> Source | None:
    if not isinstance(given, dict) or given.keys() != {"namespace", "authority"}:
        return None
    namespace = namespace_of(str(given["namespace"]))
    authority = authority_of(str(given["authority"]))
    return Source(namespace, authority) if namespace and authority else None
