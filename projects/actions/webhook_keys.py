"""Webhooks' secrets, sealed anew with the first key."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import transaction

from projects.models import Webhook
from projects.models.sealed import Unreadable, first_key, key_of


def keys_in_use() -> Counter[str]:
    """How many secrets each key holds."""
    rows = Webhook.objects.values_list("sealed_secret", "sealed_former_secret")
    return Counter(key_of(text) for pair in rows.iterator() for text in pair if text)


def rotate_webhook_keys() -> tuple[int, list[tuple[Webhook, str]]]:
    """Seal each secret of another key anew: how many, and what no key opens, with why."""
    done, unreadable = 0, []
    for key in list(Webhook.objects.values_list("pk", flat=True)):
        try:
            done += _rotate(key)
        except Unreadable as error:
            unreadable.append((Webhook.objects.select_related("owner").get(pk=key), str(error)))
    return done, unreadable


@transaction.atomic
def _rotate(key: Any) -> int:
    hook = Webhook.objects.select_for_update().filter(pk=key).first()
    texts = [hook.sealed_secret, hook.sealed_former_secret] if hook else []
    count = sum(bool(text) and key_of(text) != first_key() for text in texts)
    if hook and count:
        hook.seal_anew()
        hook.save(update_fields=["sealed_secret", "sealed_former_secret"])
    return count
