"""Watches: tell me when anybody plans something like this."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid
from projects.models import User
from registry.models import Watch

MOST = 50


@transaction.atomic
def create_watch(*, by: User, values: dict[str, Any], now: datetime) -> Watch:
    """Watch for plans from now on. Raises Invalid for one that asks for nothing, or the 51st."""
    asked = {name: value for name, value in values.items() if name != "name" and value}
    if not asked:
        raise Invalid(_("Say at least one thing to watch for: a language, a task, a size."))
    least, most = values.get("parameters_min"), values.get("parameters_max")
    if least and most and least > most:
        sentence = _("The least size is above the most.")
        raise Invalid(sentence, fields={"parameters_max": [sentence]})
    if Watch.objects.filter(owner=by).count() >= MOST:
        raise Invalid(_("Fifty watches are the most. Delete one first."))
    return Watch.objects.create(owner=by, created_at=now, **values)


@transaction.atomic
def delete_watch(*, watch: Watch) -> None:
    """Watch no longer."""
    watch.delete()
