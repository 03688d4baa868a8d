"""How a delivery proves that it comes from here: Standard Webhooks 1.0, symmetric (HMAC-SHA256).

Receivers in most languages have a library for it (standardwebhooks.com).
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret as its holder keeps it: the prefix, then 32 random bytes in base64."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed(*, secrets: Iterable[str], key: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a delivery; one signature by each secret that holds now.

    What is signed is `id.timestamp.body`, the timestamp in whole seconds since 1970.
    """
    seconds = int(at.timestamp())
    content = f"{key}.{seconds}.".encode() + body
    return {
        "webhook-id": key,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{_signature(one, content)}" for one in secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return b64encode(hmac.digest(key, content, "sha256")).decode()
