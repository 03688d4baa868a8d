"""The shape of a plan: seven facts, each of which may be left unknown."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from projects.access import group_verbs
from projects.models import Group, Project, User
from projects.models.projects import VISIBILITY_LABELS
from projects.pages import Filters, PageForm
from projects.roles import Verb, Visibility
from registry.actions.models import ModelFacts, Parent
from registry.models.derivations import PARENT_KIND_LABELS
from registry.models.models import MODALITY_LABELS, STATE_LABELS, TRAINING_MODE_LABELS
from registry.vocabulary import LANGUAGE, NAME, TERM, ParentKind, TrainingMode

FACTS = (
    "name", "visibility", "modality_in", "modality_out", "architecture", "languages", "tasks",
    "domains", "training_mode", "parameters", "tokens", "window_start", "window_end", "licence",
    "description",
)  # fmt: skip
SCALE = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
MAX_COUNT = 10**18


class Words(forms.CharField):
    """A list of words separated by commas or blanks."""

    def __init__(self, *, pattern: re.Pattern[str], wrong: Any, **options: Any) -> None:
        super().__init__(required=False, max_length=2000, **options)
        self.pattern, self.wrong = pattern, wrong

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The words once each, in their order. Raises ValidationError naming the first bad one."""
        words = list(dict.fromkeys(re.split(r"[\s,;]+", super().clean(value).strip().lower())))
        words = [word for word in words if word]
        bad = next((word for word in words if not self.pattern.match(word)), None)
        if bad is not None:
            raise ValidationError(
                _("“%(word)s”: %(wrong)s"), params={"word": bad, "wrong": self.wrong}
            )
        return words[:100]


class BigCount(forms.CharField):
    """A count as people write it: 9B, 4T, 7.5T or 9000000000."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        for letter in "tbmk":
            if value >= SCALE[letter] and value % (SCALE[letter] // 1000) == 0:
                return f"{value / SCALE[letter]:g}{letter.upper()}"
        return str(value)

    def clean(self, value: Any) -> Any:
        """A whole number, None for nothing. Raises ValidationError."""
        text = re.sub(r"[\s_]", "", super().clean(value).lower()).replace(",", ".")
        if not text:
            return None
        found = re.fullmatch(r"(\d{1,18}(?:\.\d{1,6})?)([kmbt]?)", text)
        whole = round(Decimal(found[1]) * SCALE[found[2]]) if found else 0
        if not 1 <= whole <= MAX_COUNT:
            raise ValidationError(_("Write a number such as 9B, 4T or 350M."))
        return whole


class GroupField(forms.ModelChoiceField[Group]):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.partner.name}"


class Day(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PlanForm(PageForm):
    """The facts of a plan; the group and project are chosen once, when it is made."""

    aliases = {"window": "window_start"}

    name = forms.RegexField(
        regex=NAME,
        label=_("name"),
        error_messages={"invalid": _("1 to 120 characters without “/” and “:”.")},
    )
    visibility = forms.ChoiceField(
        label=_("who may see it"), choices=VISIBILITY_LABELS, initial=Visibility.GROUP.value
    )
    modality_out = forms.MultipleChoiceField(
        label=_("It produces"),
        choices=MODALITY_LABELS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    modality_in = forms.MultipleChoiceField(
        label=_("It takes in"),
        choices=MODALITY_LABELS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    languages = Words(
        pattern=LANGUAGE,
        wrong=_("ISO 639 codes such as de or en."),
        label=_("Languages"),
        help_text=_("Two or three letters each; “mul” for many."),
    )
    tasks = Words(pattern=TERM, wrong=_("Small letters, digits and hyphens."), label=_("Tasks"))
    training_mode = forms.ChoiceField(
        label=_("How it is trained"),
        choices=TRAINING_MODE_LABELS,
        initial=TrainingMode.UNKNOWN.value,
    )
    parameters = BigCount(
        label=_("Parameters"), required=False, help_text=_("For example 350M, 9B.")
    )
    tokens = BigCount(
        label=_("Training tokens"), required=False, help_text=_("For example 200B, 4T.")
    )
    window_start = Day(label=_("Training begins"), required=False)
    window_end = Day(
        label=_("Training ends before"), required=False, help_text=_("The first day after it.")
    )
    architecture = forms.CharField(label=_("architecture"), max_length=60, required=False)
    domains = Words(
        pattern=TERM, wrong=_("Small letters, digits and hyphens."), label=_("Domains")
    )
    licence = forms.CharField(label=_("licence"), max_length=60, required=False)
    description = forms.CharField(
        label=_("description"),
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def facts(self) -> ModelFacts:
        """What was typed, as the action takes it."""
        values: Any = {name: self.cleaned_data[name] for name in FACTS}
        values["modality_in"] = sorted(values["modality_in"])
        values["modality_out"] = sorted(values["modality_out"])
        facts: ModelFacts = values
        return facts


class NewPlanForm(PlanForm):
    group = GroupField(label=_("group"), queryset=Group.objects.none())
    project = forms.ModelChoiceField(
        label=_("project"), queryset=Project.objects.none(), required=False
    )
    parent = forms.CharField(
        label=_("Base model"),
        max_length=300,
        required=False,
        help_text=_("What it continues from or is made of, if anything."),
    )
    parent_kind = forms.ChoiceField(
        label=_("How it derives"), choices=PARENT_KIND_LABELS, initial=ParentKind.UNKNOWN.value
    )

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        own = Group.objects.filter(pk__in=person.standing.group_roles).select_related("partner")
        may = [group.pk for group in own if Verb.PLAN_MODEL in group_verbs(person, group)]
        group: Any = self.fields["group"]
        group.queryset = own.filter(pk__in=may)
        if len(may) == 1:
            group.initial = may[0]
        project: Any = self.fields["project"]
        project.queryset = Project.objects.of(person)
        project.empty_label = _("none yet")

    def parents(self) -> list[Parent]:
        """The base model by its name, if one was given."""
        name = self.cleaned_data["parent"]
        return [Parent(None, name, self.cleaned_data["parent_kind"])] if name else []


class ModelFilters(Filters):
    lookups = {"state": "state", "name": "name__icontains"}

    name = forms.CharField(label=_("name"), max_length=120, required=False)
    state = forms.ChoiceField(
        label=_("state"), choices=[("", _("all")), *STATE_LABELS], required=False
    )
