"""Entitlements of a log-in provider, as AARC-G069 writes groups and roles (pure).

`urn:NID:NAMESPACE:group:GROUP[:SUBGROUP]…[:role=ROLE]#AUTHORITY`, each part percent-encoded as in
RFC 8141. What is not exactly of this form is none: it gives nothing, and is no error either.
https://aarc-community.org/guidelines/aarc-g069/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

LONGEST = 1024  # characters
MOST = 1000  # entitlements of one log-in that are looked at
GROUP, ROLE = "group", "role="
# RFC 8141's pchar without the colon, which separates parts here
_PART = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@/]|%[0-9A-Fa-f]{2})+")
_NID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]")
_AUTHORITY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_NAMESPACE_PARTS = 3  # urn, NID and one more at least


@dataclass(frozen=True, slots=True)
class Source:
    """Who may say what: a namespace, and the authority that says it."""

    namespace: str
    authority: str


@dataclass(frozen=True, slots=True)
class LogInProvider:
    """An OpenID provider that people may come by, and whose groups it may speak of."""

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scope: tuple[str, ...] = ("openid", "profile", "email")
    sources: tuple[Source, ...] = ()

    @property
    def origin(self) -> str:
        """Scheme and host, as a browser's policy names them."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One group, or one role in it; `path` is the group and its subgroups, decoded."""

    source: Source
    path: tuple[str, ...]
    role: str = ""


def namespace_of(text: str) -> str | None:
    """A namespace in the spelling in which ours are compared; None if it is none."""
    parts = text.split(":")
    is_urn = len(parts) >= _NAMESPACE_PARTS and parts[0].lower() == "urn"
    if not is_urn or not _NID.fullmatch(parts[1]) or GROUP in parts[2:]:
        return None
    if not all(_PART.fullmatch(part) for part in parts[2:]):
        return None
    return ":".join(["urn", parts[1].lower(), *parts[2:]])


def authority_of(text: str) -> str | None:
    """The name of an authority in the spelling in which ours are compared; None if it is none."""
    return text.lower() if _AUTHORITY.fullmatch(text) else None


def group_of(text: str) -> tuple[str, ...] | None:
    """A group and its subgroups, between colons and percent-encoded; None if it is none."""
    names = [_name(part) for part in text.split(":")]
    if any(part.startswith(ROLE) for part in text.split(":")):
        return None
    return tuple(name for name in names if name) if all(names) else None


def parse(text: object) -> Entitlement | None:
    """What the text entitles to; None unless it is of the one form, to the letter."""
    if not isinstance(text, str) or len(text) > LONGEST or text.count("#") != 1:
        return None
    urn, fragment = text.split("#")
    head, found, rest = urn.partition(f":{GROUP}:")
    namespace, authority = namespace_of(head), authority_of(fragment)
    if not found or namespace is None or authority is None:
        return None
    role: str | None = ""
    parts = rest.split(":")
    if len(parts) > 1 and parts[-1].startswith(ROLE):
        role = _name(parts.pop().removeprefix(ROLE))
    path = group_of(":".join(parts))
    if path is None or role is None:
        return None
    return Entitlement(Source(namespace, authority), path, role)


def trusted(texts: object, sources: Iterable[Source]) -> set[Entitlement]:
    """Those of a log-in's claims that come from whom we let say them; all else gives nothing.

    A claim is a list, or one text alone.
    """
    listed = [texts] if isinstance(texts, str) else texts
    if not isinstance(listed, list):
        return set()
    allowed = set(sources)
    found = {parse(text) for text in listed[:MOST]}
    return {one for one in found if one is not None and one.source in allowed}


def _name(part: str) -> str | None:
    """A part decoded; None for an empty one, and for what no name of a group can hold."""
    if not _PART.fullmatch(part):
        return None
    try:
        name = unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return None
    return name if name.isprintable() and name.strip() == name and ":" not in name else None
