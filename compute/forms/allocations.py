"""The shapes of what is decided about an allocation, and of the filters of their list."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from compute.forms.requests import GpuHoursField
from projects.pages import Filters, PageForm


class DecisionForm(PageForm):
    reason = forms.CharField(
        label=_("reason"),
        max_length=10_000,
        required=False,  # the action says what is missing
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The project reads it."),
    )


class ReturnForm(DecisionForm):
    gpu_hours = GpuHoursField(label=_("GPU-hours"))

    field_order = ("gpu_hours", "reason")


class AllocationFilters(Filters):
    lookups = {"project": "project__slug", "cluster": "pool__cluster__slug"}

    project = forms.CharField(label=_("project"), max_length=24, required=False)
    cluster = forms.CharField(label=_("cluster"), max_length=40, required=False)
