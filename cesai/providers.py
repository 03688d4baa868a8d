"""Reads which log-in providers there are; docs/operations.md says what each has."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from cesai.env import BadSetting, text
from projects.entitlements import authority_of, namespace_of

NEEDED = ("id", "name", "issuer", "client_id")
KNOWN = {*NEEDED, "client_secret", "scope", "entitlements"}
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SCOPE = ["openid", "profile", "email"]
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def log_in_providers(name: str) -> list[dict[str, Any]]:
    """The providers in a setting's JSON; raises BadSetting with one sentence."""
    try:
        given = json.loads(text(name, "[]"))
    except ValueError as error:
        raise BadSetting(name, "must be a JSON list; docs/operations.md shows one.") from error
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BadSetting(name, "must be a list of objects; docs/operations.md shows one.")
    found = []
    for one in given:
        wanted = _wanted(one)
        if wanted:
            raise BadSetting(name, f"must be a list of providers {wanted}: {one.get('id')!r}.")
        sources = [_source(source) for source in one.get("entitlements", [])]
        found.append({"client_secret": "", "scope": SCOPE, **one, "sources": sources})
    if len({one["id"] for one in found}) < len(found):
        raise BadSetting(name, "must be a list of providers with an id of its own each.")
    return found


def _wanted(one: dict[str, Any]) -> str:
    """What every provider must be like and this one is not; nothing if all is well."""
    for key in NEEDED:
        if not isinstance(one.get(key), str) or not one[key]:
            return f"that each have {key!r}"
    issuer = urlsplit(one["issuer"])
    is_safe = issuer.scheme == "https" or (issuer.scheme == "http" and issuer.hostname in LOOPBACK)
    scope, sources = one.get("scope", SCOPE), one.get("entitlements", [])
    wanted = {
        f"that know no {min(one.keys() - KNOWN, default='')!r}": one.keys() <= KNOWN,
        "whose ids are of a-z, 0-9 and -": ID.fullmatch(one["id"]),
        "whose issuers are https addresses": is_safe,
        "whose scopes are lists with openid": isinstance(scope, list) and "openid" in scope,
        "that speak for a namespace (urn:…) and an authority (login.example) each": (
            isinstance(sources, list) and all(all(_source(source)) for source in sources)
        ),
    }
    return next((words for words, holds in wanted.items() if not holds), "")


def _source(given: Any) -> tuple[str | None, str | None]:
    if not isinstance(given, dict) or given.keys() != {"namespace", "authority"}:
        return None, None
    return namespace_of(str(given["namespace"])), authority_of(str(given["authority"]))
