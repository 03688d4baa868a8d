"""Numbers in the API: GPU-hours outside, whole GPU-seconds inside; moments in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from compute.quota import SECONDS_PER_HOUR, BadAmount, gpu_hours, gpu_seconds

DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?\Z")


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction; text that looks like one is refused, not guessed at."""

    def to_internal_value(self, data: Any) -> int:
        """The number. Raises ValidationError."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(
    {"type": "string", "format": "decimal", "description": "GPU-hours, ≤ 4 decimals"}
)
class GpuHours(serializers.Field[Any, Any, Any, Any]):
    """GPU-hours outside, whole GPU-seconds inside."""

    def __init__(self, *, may_be_zero: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.may_be_zero = may_be_zero

    def to_internal_value(self, data: Any) -> int:
        """Seconds, rounded half-even. Raises ValidationError for anything that is no amount."""
        is_number = isinstance(data, (int, float)) and not isinstance(data, bool)
        # Decimal itself would take "1_0", "１０" and "Infinity" too.
        if not is_number and not (isinstance(data, str) and DECIMAL.match(data)):
            raise serializers.ValidationError(_("A number of GPU-hours with at most 4 decimals."))
        try:
            if self.may_be_zero and Decimal(str(data)) == 0:
                return 0
            return gpu_seconds(data)
        except (BadAmount, ArithmeticError) as error:
            raise serializers.ValidationError(
                _("“%(value)s” is no amount: above 0, at most 4 decimals, one second at least.")
                % {"value": str(data)[:40]}
            ) from error

    def to_representation(self, value: int) -> str:
        hours, rest = divmod(value, SECONDS_PER_HOUR)
        return str(gpu_hours(value) if rest else hours)  # decimals take five times as long


@extend_schema_field({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"})
class Month(serializers.DateField):
    """A month, by its first day inside: `2027-01`."""

    def __init__(self) -> None:
        super().__init__(format="%Y-%m", read_only=True)


def hours(source: str) -> GpuHours:
    """A read-only amount, from a column in GPU-seconds."""
    return GpuHours(source=source, read_only=True)


def moment(epoch: int | None) -> datetime | None:
    return datetime.fromtimestamp(epoch, UTC) if epoch else None
