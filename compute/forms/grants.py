"""The shapes of other boards' grants on pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compute.access import led_projects
from compute.actions.grants import GrantFacts
from compute.forms.requests import GpuHoursField
from compute.models import Pool
from projects.models import Project, User
from projects.pages import Day, PageForm
from registry.models import Model
from registry.models.models import BULKY

BOARDS = ("EuroHPC JU", "GCS", "NHR", "JARA")  # proposed while typing; any can be written


class GrantForm(PageForm):
    aliases = {"gpu_seconds": "gpu_hours"}

    project = forms.ModelChoiceField(label=_("project"), queryset=Project.objects.none())
    board = forms.CharField(
        label=_("board"), max_length=120, widget=forms.TextInput(attrs={"list": "boards"})
    )
    reference = forms.CharField(
        label=_("the board's id of it"), max_length=80, help_text=_("As its letter says it.")
    )
    decided_on = Day(label=_("decided on"))
    decision = forms.CharField(
        label=_("what it decided"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In its words, or where it stands."),
    )
    pool = forms.ModelChoiceField(label=_("pool"), queryset=Pool.objects.none())
    start = Day(label=_("from"))
    end = Day(label=_("until, not included"))
    amount = forms.CharField(
        label=_("amount, verbatim"), max_length=120, help_text=_("With its unit: 35 Mcore-h")
    )
    gpu_hours = GpuHoursField(label=_("in GPU-hours"))
    conversion = forms.CharField(
        label=_("how that was converted"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("So that somebody else can check it: 35,000,000 core-h ÷ 12 cores a GPU"),
    )
    slurm_account = forms.CharField(
        label=_("the site's Slurm account"),
        max_length=40,
        required=False,
        help_text=_("If the site has made one. The portal reads it and never changes it."),
    )
    model = forms.ModelChoiceField(label=_("model"), queryset=Model.objects.none(), required=False)

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        led = led_projects(person)
        self.offer("project", led)
        if len(led) == 1:
            self.fields["project"].initial = led[0].pk
        pool: Any = self.fields["pool"]
        pool.queryset = Pool.objects.visible_to(person).select_related("cluster")
        models = Model.objects.visible_to(person).defer(*BULKY)
        self.offer("model", models.filter(group__in=person.standing.group_roles))

    def facts(self) -> GrantFacts:
        """What was typed besides the project, as the action takes it."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "project"}
        return GrantFacts(gpu_seconds=values.pop("gpu_hours"), **values)


class RemarkForm(PageForm):
    remark = forms.CharField(
        label=_("remark"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The project reads it."),
    )


class StatementForm(PageForm):
    text = forms.CharField(
        label=_("statement"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("On similar efforts, or on the amount. It awards nothing and takes nothing."),
    )
