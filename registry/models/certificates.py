"""A signed statement of when a plan was registered and with which facts: its priority date."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from registry.models.models import Model

STATEMENT = "This group registered this effort with the CESAI portal then, with these facts."


def certificate_of(model: Model) -> dict[str, Any]:
    """What is certified, with an Ed25519 signature (RFC 8032) over its canonical JSON.

    Canonical: keys sorted, UTF-8, no white space, the three fields of the signature left out.
    """
    said: dict[str, Any] = {
        "statement": STATEMENT,
        "model": str(model.pk),
        "name": model.registered_facts.get("name", model.name),
        "group": model.group.name,
        "partner": model.group.partner.name,
        "registered_at": model.created_at.isoformat(),
        "facts": model.registered_facts,
        "facts_sha256": hashlib.sha256(_canonical(model.registered_facts)).hexdigest(),
    }
    signature = _key().sign(_canonical(said))
    return {
        **said,
        "algorithm": "Ed25519",
        "public_key": public_key(),
        "signature": base64.b64encode(signature).decode(),
    }


def is_genuine(certificate: dict[str, Any]) -> bool:
    """Whether this portal signed exactly these words."""
    said = {
        name: value
        for name, value in certificate.items()
        if name not in {"algorithm", "public_key", "signature"}
    }
    try:
        signature = base64.b64decode(certificate.get("signature", ""), validate=True)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key()))
        key.verify(signature, _canonical(said))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def public_key() -> str:
    """The 32 bytes that anybody can check a certificate with, in base64."""
    raw = _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


@lru_cache(maxsize=1)
def _key() -> Ed25519PrivateKey:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"cesai priority certificates")
    return Ed25519PrivateKey.from_private_bytes(derived.derive(settings.CERTIFICATE_KEY.encode()))


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
