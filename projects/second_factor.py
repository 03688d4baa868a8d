"""The second factor: how its secrets are kept, and who must keep one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from projects.models.sealed import seal, unseal

NO_ROW = UUID(int=0)  # allauth does not say whose secret it is
COLUMN = "authenticator"


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are sealed like clusters' credentials, and rotated with them."""

    def encrypt(self, text: str) -> str:
        """What is stored."""
        return seal(text, row=NO_ROW, column=COLUMN)

    def decrypt(self, encrypted_text: str) -> str:
        """What was stored. Raises Unreadable if its key is gone."""
        return unseal(encrypted_text, row=NO_ROW, column=COLUMN)

    def get_totp_issuer(self) -> str:
        """How an app names the portal."""
        return f"CESAI {settings.BASE_URL.partition('://')[2]}"

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Who must have a second factor keeps it."""
        return not (settings.SECOND_FACTOR and authenticator.user.standing.needs_second_factor)
