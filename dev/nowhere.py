"""Settings that import although nothing runs: for checks that read code and call no server."""

from __future__ import annotations

from cryptography.fernet import Fernet

SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "cesai.settings",
    "CESAI_SECRET_KEY": "checks need a key of fifty characters that guards nothing at all",
    "CESAI_CREDENTIAL_KEYS": f"k1:{Fernet.generate_key().decode()}",
    "CESAI_BASE_URL": "https://portal.example",
    "CESAI_ALLOWED_HOSTS": "portal.example",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
    "BROKER_URL": "redis://127.0.0.1:1/0",
}
