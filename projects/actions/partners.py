"""Partners' own records."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict
from projects.models import Partner, User
from projects.models.events import record_event


@transaction.atomic
def update_partner(
    *,
    by: User,
    partner: Partner,
    name: str,
    sector: str,
    country: str = "",
    city: str = "",
    ror: str = "",
    names_agreement: str = "",
    now: datetime,
) -> Partner:
    """Its record as it is from now on. Raises Conflict if the name is another partner's."""
    if Partner.objects.exclude(pk=partner.pk).filter(name=name).exists():
        sentence = _("Another partner has this name.")
        raise Conflict(sentence, fields={"name": [sentence]})
    values = {
        **{"name": name, "sector": sector, "country": country, "city": city, "ror": ror},
        "names_agreement": names_agreement,
    }
    changes = {
        field: [getattr(partner, field), value]
        for field, value in values.items()
        if getattr(partner, field) != value
    }
    if changes:
        for field, (_before, value) in changes.items():
            setattr(partner, field, value)
        partner.save(update_fields=list(changes))
        record_event(by=by, kind="update_partner", about=partner, now=now, changes=changes)
    return partner
