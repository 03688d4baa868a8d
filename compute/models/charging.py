"""What sites charge for use, in their own units, by rules with versions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from compute.models.pools import Pool

if TYPE_CHECKING:
    from compute.models.usage import UsageRecord


class ChargeRule(models.Model):
    """How a site charges the use of a pool from one day on; never changed, only followed."""

    class Per(models.TextChoices):
        GPU = "gpu", _("GPU-hour")
        NODE = "node", _("node-hour, of whole nodes")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="charge_rules")
    version = models.PositiveIntegerField()
    unit = models.CharField(max_length=16)  # as the site writes it: core-h, node-h, EFLOP
    per = models.CharField(max_length=4, choices=Per)
    factor = models.DecimalField(max_digits=14, decimal_places=4)  # units for one of `per`
    valid_from = models.DateField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "version"], name="charge_rule_once"),
            models.UniqueConstraint(fields=["pool", "valid_from"], name="charge_rule_a_day"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="charge_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.pool}: {self.factor} {self.unit} / {self.per}"

    def charge(self, *, gpus: int, gpu_seconds: int) -> Decimal:
        """What so much use costs, in the site's unit; of whole nodes if it charges those."""
        hours = Decimal(gpu_seconds) / 3600
        if self.per == self.Per.NODE and gpus:
            nodes = -(-gpus // self.pool.gpus_per_node)
            hours = hours / gpus * nodes
        return round(hours * self.factor, 4)


class Charge(NamedTuple):
    """An amount in a site's unit, and by which rule; None: as the site itself reported it."""

    amount: Decimal
    unit: str
    rule: int | None


class Charges:
    """The rules of some pools, to say what records under their allocations cost."""

    def __init__(self, pools: Iterable[Pool]) -> None:
        self._rules: dict[uuid.UUID, list[ChargeRule]] = {pool.pk: [] for pool in pools}
        rows = ChargeRule.objects.filter(pool__in=self._rules).select_related("pool")
        for rule in rows.order_by("-valid_from"):
            self._rules[rule.pool_id].append(rule)

    def of(self, record: UsageRecord, pool_id: uuid.UUID) -> Charge | None:
        """What the site charges for it; None where no rule is known."""
        if record.charged is not None:
            return Charge(record.charged, record.charge_unit, None)
        began = record.start_time if record.start_time is not None else record.submit_time
        rule = self._at(pool_id, began)
        if rule is None:
            return None
        amount = rule.charge(gpus=record.gpus, gpu_seconds=record.gpu_seconds)
        return Charge(amount, rule.unit, rule.version)

    def latest(self, pool_id: uuid.UUID) -> ChargeRule | None:
        """The rule that holds now or next."""
        return next(iter(self._rules.get(pool_id, [])), None)

    def _at(self, pool_id: uuid.UUID, epoch: int) -> ChargeRule | None:
        day = datetime.fromtimestamp(epoch, UTC).date()
        rules: Sequence[ChargeRule] = self._rules.get(pool_id, [])
        return next((rule for rule in rules if rule.valid_from <= day), None)
