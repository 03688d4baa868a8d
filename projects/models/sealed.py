"""Secrets at rest: encrypted with a named key and bound to their row and column."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unreadable(Exception):
    """A stored secret cannot be opened: its key is gone, or it was moved from another row."""


def seal(secret: str, *, row: UUID, column: str) -> str:
    """`keyid:ciphertext`. Fernet has no associated data: place and secret are sealed together."""
    key_id = first_key()
    cipher = _ciphers()[key_id]
    return f"{key_id}:{cipher.encrypt(f'{row}/{column}/{secret}'.encode()).decode()}"


def unseal(sealed: str, *, row: UUID, column: str) -> str:
    """The secret. Raises Unreadable."""
    key_id, _, text = sealed.partition(":")
    cipher = _ciphers().get(key_id)
    if cipher is None:
        raise Unreadable(f"no key “{key_id}” in CESAI_CREDENTIAL_KEYS")
    try:
        opened = cipher.decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise Unreadable(f"key “{key_id}” does not open it") from error
    place = f"{row}/{column}/"
    if not opened.startswith(place):
        raise Unreadable("it belongs to another row")
    return opened.removeprefix(place)


def key_of(sealed: str) -> str:
    """The name of the key that a secret is sealed with."""
    return sealed.partition(":")[0]


def first_key() -> str:
    """The name of the key that seals now."""
    return next(iter(_ciphers()))


@lru_cache(maxsize=1)
def _ciphers() -> dict[str, Fernet]:
    return {key_id: Fernet(key) for key_id, key in settings.CREDENTIAL_KEYS}
