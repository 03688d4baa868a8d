"""The shapes of what pools offer per month, and of the question what one more request would do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from compute.forms.requests import GpuHoursField
from compute.models import Pool
from compute.quota import months_in, next_month
from projects.models import Partner
from projects.pages import Day, Filters, PageForm

MOST_MONTHS = 120
LAST_YEAR = 2200


class CapacityFilters(Filters):
    lookups = {"cluster": "cluster__slug", "gpu_type": "gpu_type"}

    cluster = forms.CharField(label=_("cluster"), max_length=40, required=False)
    gpu_type = forms.CharField(label=_("GPU type"), max_length=60, required=False)

    def __init__(self, *args: Any, clusters: Any, types: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        every = ("", _("all"))
        slugs: Any = clusters.values_list("slug", "name")
        self.fields["cluster"].widget = forms.Select(choices=[every, *slugs])
        self.fields["gpu_type"].widget = forms.Select(
            choices=[every, *((name, name) for name in types)]
        )


class WhatIfForm(forms.Form):
    """A request that nobody has made."""

    pool = forms.ModelChoiceField(
        label=_("pool"), queryset=Pool.objects.none(), to_field_name="slug"
    )
    gpu_hours = GpuHoursField(label=_("GPU-hours"))
    start = Day(label=_("from"))
    end = Day(label=_("until, not included"))

    def __init__(self, *args: Any, pools: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        pool: Any = self.fields["pool"]
        pool.queryset = pools

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a window that runs backwards or for ever."""
        values: dict[str, Any] = super().clean() or {}
        start, end = values.get("start"), values.get("end")
        if start and end:
            if end <= start:
                raise ValidationError(_("The window must end after it begins."))
            if (end - start).days > MOST_MONTHS * 31 or end.year > LAST_YEAR:
                raise ValidationError(_("Ten years at most."))
        return values


class Month(forms.DateField):
    """A month, as its first day."""

    widget = forms.DateInput(attrs={"type": "month"}, format="%Y-%m")
    input_formats = ["%Y-%m", "%Y-%m-%d"]

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        return day.replace(day=1) if day else None


class _MonthsForm(PageForm):
    """An amount for each month from one to another, both included."""

    first = Month(label=_("from"))
    last = Month(label=_("until, included"))
    gpu_hours = GpuHoursField(label=_("GPU-hours a month"), least=0)

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for months that run backwards or for ever."""
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("first"), values.get("last")
        if first and last:
            if last < first:
                raise ValidationError(_("The last month lies before the first."))
            if (last - first).days > MOST_MONTHS * 31 or last.year > LAST_YEAR:
                raise ValidationError(_("Ten years at most."))
        return values

    def months(self) -> dict[date, int]:
        """GPU-seconds by month."""
        values = self.cleaned_data
        months: Iterator[date] = months_in(values["first"], next_month(values["last"]))
        return dict.fromkeys(months, values["gpu_hours"])


class OfferForm(_MonthsForm):
    decision = forms.CharField(
        label=_("whose decision it is"),
        max_length=2000,
        required=False,
        help_text=_("Only to offer less than is granted; the months are marked over-committed."),
    )


class ReserveForm(_MonthsForm):
    partner = forms.ModelChoiceField(label=_("partner"), queryset=Partner.objects.all())
    field_order = ("partner", "first", "last", "gpu_hours")
