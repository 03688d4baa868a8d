"""The shapes of what operators say of their cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compute.models import ChargeRule, Cluster, Pool
from projects.pages import Day, PageForm


class ClusterForm(PageForm):
    """A cluster's record, as its operators keep it."""

    name = forms.CharField(label=_("name"), max_length=120)
    description = forms.CharField(
        label=_("description"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    connection = forms.ChoiceField(label=_("connection"), choices=Cluster.Connection.choices)
    limit_mode = forms.ChoiceField(label=_("limits"), choices=Cluster.LimitMode.choices)
    usage_decay = forms.ChoiceField(
        label=_("used GPU-hours"),
        choices=Cluster.UsageDecay.choices,
        required=False,
        help_text=Cluster._meta.get_field("usage_decay").help_text,
    )
    rest_url = forms.URLField(
        label=_("address of slurmrestd"), required=False, assume_scheme="https"
    )
    slurm_cluster = forms.CharField(label=_("Slurm's name for it"), max_length=40, required=False)
    parent_account = forms.CharField(label=_("CESAI parent account"), max_length=40)
    project_directory = forms.CharField(
        label=_("project directory"),
        max_length=200,
        help_text=_("{unix_user} stands for the project's UNIX user."),
    )
    quarantine_minutes = forms.IntegerField(
        label=_("quarantine in minutes"),
        min_value=1,
        max_value=1440,
        help_text=_(
            "Where the site does not keep holds: so long an unanswered submission rests before it "
            "is sent again. Longer than any call may be under way there."
        ),
    )
    sacctmgr = forms.CharField(label=_("how sacctmgr is called there"), max_length=300)


class Moment(forms.DateTimeField):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class MaintenanceForm(PageForm):
    start_at = Moment(label=_("from"))
    end_at = Moment(label=_("until"), help_text=_("In your local time."))
    text = forms.CharField(label=_("what for"), max_length=300, required=False)


class ChargeForm(PageForm):
    """What the site charges for one of its pools."""

    pool = forms.ModelChoiceField(label=_("pool"), queryset=Pool.objects.none())
    factor = forms.DecimalField(
        label=_("it charges"), min_value=0, max_digits=14, decimal_places=4
    )
    unit = forms.CharField(
        label=_("in the unit"), max_length=16, help_text=_("As the site writes it: core-h")
    )
    per = forms.ChoiceField(label=_("for one"), choices=ChargeRule.Per.choices)
    valid_from = Day(label=_("from"))

    def __init__(self, *args: Any, pools: Sequence[Pool], **options: Any) -> None:
        super().__init__(*args, **options)
        pool: Any = self.fields["pool"]
        pool.queryset = Pool.objects.filter(pk__in=[one.pk for one in pools])
        if len(pools) == 1:
            pool.initial = pools[0].pk


class ConsentForm(PageForm):
    given_by = forms.CharField(
        label=_("who agreed"), max_length=200, help_text=_("A role or board of the site.")
    )
    given_on = Day(label=_("on"))
    reference = forms.CharField(
        label=_("where that stands"),
        max_length=300,
        help_text=_("The contract, ticket or decision."),
    )
    text = forms.CharField(
        label=_("what it covers"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SiteRulesForm(PageForm):
    over_use = forms.ChoiceField(label=_("on over-use"), choices=Pool.OverUse.choices)
    period = forms.ChoiceField(label=_("quota period"), choices=Pool.Period.choices)
    carries_over = forms.BooleanField(
        label=_("unspent GPU-hours of a period go on into the next"), required=False
    )
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ReasonForm(PageForm):
    reason = forms.CharField(
        label=_("reason"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class StopForm(forms.Form):
    """Which stop of dispatch the operator looked at before lifting it."""

    stop = forms.UUIDField()
