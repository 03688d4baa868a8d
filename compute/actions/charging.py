"""Saying what a site charges for the use of a pool."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from compute.models import ChargeRule, Pool
from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event


@transaction.atomic
def set_charge_rule(
    *,
    by: User,
    pool: Pool,
    unit: str,
    per: str,
    factor: Decimal,
    valid_from: date,
    now: datetime,
) -> ChargeRule:
    """The next version of a pool's rule; what was used before keeps the rule of its time.

    Raises Invalid for a factor that is none, Conflict for a day from which a rule holds already.
    """
    if not factor.is_finite() or factor <= 0:
        sentence = _("A factor is above 0.")
        raise Invalid(sentence, fields={"factor": [sentence]})
    Pool.objects.select_for_update(no_key=True).get(pk=pool.pk)
    if pool.charge_rules.filter(valid_from=valid_from).exists():
        raise Conflict(
            _("From %(day)s on a rule holds already; a rule is not changed, only followed by "
              "another.") % {"day": valid_from}
        )  # fmt: skip
    last = pool.charge_rules.aggregate(last=Max("version"))["last"] or 0
    rule = ChargeRule.objects.create(
        pool=pool, version=last + 1, unit=unit, per=per, factor=factor, valid_from=valid_from,
        created_by=by, created_at=now,
    )  # fmt: skip
    record_event(by=by, kind="set_charge_rule", about=pool, now=now,
                 changes={"rule": [None, str(rule)]})  # fmt: skip
    return rule
