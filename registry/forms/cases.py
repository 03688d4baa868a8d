"""The shapes of what is said and decided in a case, and of a watch."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import User
from projects.pages import Day, Filters, PageForm
from registry.forms.plans import BigCount, Words
from registry.models import Case, CaseParty
from registry.models.cases import CASE_LABELS, OUTCOME_LABELS
from registry.models.labels import MODALITY_LABELS
from registry.models.overlaps import KIND_LABELS
from registry.overlap.scorer import FLAGGED, Kind
from registry.vocabulary import LANGUAGE, TERM

HOUR = 3600
_WORDS = forms.Textarea(attrs={"rows": 3})


class TalkForm(PageForm):
    aliases = {"reason": "text"}

    text = forms.CharField(label=_("in a few sentences"), max_length=20_000, widget=_WORDS)


class EmailForm(PageForm):
    party = forms.ModelChoiceField(label=_("group"), queryset=CaseParty.objects.none())
    sender = forms.CharField(label=_("from"), max_length=254)
    text = forms.CharField(label=_("the e-mail"), max_length=20_000, widget=_WORDS)

    def __init__(self, *args: Any, case: Case, **options: Any) -> None:
        super().__init__(*args, **options)
        party: Any = self.fields["party"]
        party.queryset = case.parties.select_related("group", "model", "case")
        party.label_from_instance = lambda row: f"{row.group.name} · {row.model.name}"


class AssignForm(PageForm):
    owner = forms.ModelChoiceField(label=_("owner"), queryset=User.objects.none(), required=False)
    deputy = forms.ModelChoiceField(
        label=_("deputy"), queryset=User.objects.none(), required=False
    )
    due_on = Day(label=_("due on"))
    waiting_on = forms.ChoiceField(
        label=_("waiting on"), choices=Case.WaitingOn.choices, required=False
    )

    def __init__(self, *args: Any, people: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = User.objects.filter(pk__in=[person.pk for person in people])
        for name in ("owner", "deputy"):
            field: Any = self.fields[name]
            field.queryset = rows
            field.label_from_instance = lambda row: row.shown_name

    def assignment(self) -> dict[str, Any]:
        """What was chosen, as the action takes it; due at the end of the day, UTC."""
        values = dict(self.cleaned_data)
        values["due_at"] = datetime.combine(values.pop("due_on"), time(23, 59), tzinfo=UTC)
        return values


class DecideForm(PageForm):
    aliases = {"avoided": "high"}

    outcome = forms.ChoiceField(label=_("we recommend to"), choices=OUTCOME_LABELS)
    reason = forms.CharField(
        label=_("reason"),
        max_length=10_000,
        required=False,
        widget=_WORDS,
        help_text=_("The groups read it."),
    )
    low = forms.DecimalField(
        label=_("GPU-hours avoided, at least"), min_value=0, max_digits=14, required=False
    )
    high = forms.DecimalField(
        label=_("at most"),
        min_value=0,
        max_digits=14,
        required=False,
        help_text=_("Requested minus finally awarded; the groups confirm it."),
    )

    def decision(self) -> dict[str, Any]:
        """What was chosen, as the action takes it; hours as whole GPU-seconds."""
        values = self.cleaned_data
        low, high = values["low"], values["high"]
        known = low is not None or high is not None
        avoided = (int((low or 0) * HOUR), int((high or 0) * HOUR)) if known else None
        return {"outcome": values["outcome"], "reason": values["reason"], "avoided": avoided}


class AnswerForm(PageForm):
    agrees = forms.ChoiceField(
        label=_("Does your group agree?"),
        choices=[("yes", _("yes")), ("no", _("no"))],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("in a sentence"), max_length=10_000, required=False, widget=_WORDS
    )
    confirms_avoided = forms.BooleanField(
        label=_("We confirm the GPU-hours avoided"), required=False
    )

    def answer(self) -> dict[str, Any]:
        """What was chosen, as the action takes it."""
        return {**self.cleaned_data, "agrees": self.cleaned_data["agrees"] == "yes"}


class CaseFilters(Filters):
    lookups = {"state": "state", "outcome": "outcome"}

    state = forms.ChoiceField(
        label=_("state"), choices=[("", _("all")), *CASE_LABELS], required=False
    )
    outcome = forms.ChoiceField(
        label=_("outcome"), choices=[("", _("all")), *OUTCOME_LABELS], required=False
    )


class OverlapFilters(Filters):
    lookups = {"kind": "kind"}

    kind = forms.ChoiceField(
        label=_("class"),
        choices=[
            ("", _("all")),
            *(row for row in KIND_LABELS if row[0] in {*FLAGGED, Kind.REUSE_CANDIDATE}),
        ],
        required=False,
    )
    show = forms.ChoiceField(
        label=_("show"),
        choices=[("", _("what waits")), ("all", _("also settled and finished ones"))],
        required=False,
    )

    def narrowed(self, rows: Any) -> Any:
        """The queue, or every flagged pair. Raises NotThere for what no link of ours has."""
        chosen = self.chosen()
        is_all = self.cleaned_data.get("show") == "all"
        found = rows.flagged() if is_all else rows.in_queue()
        return found.filter(**chosen)


class WatchForm(PageForm):
    name = forms.CharField(label=_("name"), max_length=120)
    modality_out = forms.MultipleChoiceField(
        label=_("It produces"),
        choices=MODALITY_LABELS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    languages = Words(
        pattern=LANGUAGE, wrong=_("ISO 639 codes such as de or en."), label=_("Languages")
    )
    tasks = Words(pattern=TERM, wrong=_("Small letters, digits and hyphens."), label=_("Tasks"))
    domains = Words(
        pattern=TERM, wrong=_("Small letters, digits and hyphens."), label=_("Domains")
    )
    parameters_min = BigCount(label=_("Parameters, at least"), required=False)
    parameters_max = BigCount(label=_("at most"), required=False)
