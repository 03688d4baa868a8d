"""The shape of a plan: seven facts, each of which may be left unknown."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from projects.access import group_verbs
from projects.models import Group, Project, User
from projects.models.projects import VISIBILITY_LABELS
from projects.pages import Day, PageForm
from projects.roles import Verb, Visibility
from registry.access import get_home
from registry.actions.lineage import Parent
from registry.actions.models import ModelFacts
from registry.models import Version
from registry.models.labels import (
    MODALITY_LABELS,
    PARENT_KIND_LABELS,
    STATE_LABELS,
    TRAINING_MODE_LABELS,
)
from registry.vocabulary import (
    LANGUAGE,
    MOST_COUNT,
    NAME,
    TERM,
    ModelState,
    ParentKind,
    TrainingMode,
)

FACTS = (
    "name", "visibility", "embargo_until", "shows_as_ancestor", "modality_in", "modality_out",
    "architecture", "languages", "tasks", "domains", "training_mode", "parameters",
    "active_parameters", "tokens", "datasets", "window_start", "window_end", "licence", "hub_id",
    "intended_users", "contact", "description",
)  # fmt: skip
SCALE = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}


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


class Lines(forms.CharField):
    """A list of names, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The names once each. Raises ValidationError for one that is too long."""
        lines = [line.strip() for line in super().clean(value).splitlines()]
        names = list(dict.fromkeys(line for line in lines if line))
        if any(len(name) > 200 for name in names) or len(names) > 200:
            raise ValidationError(_("At most 200 names of at most 200 characters, one a line."))
        return names


class Text(forms.CharField):
    """Many lines with the ends that they have in files; browsers send others."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n")


class BigCount(forms.CharField):
    """A count as people write it: 9B, 4T, 7.5T or 9000000000."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        for letter in "tbmk":
            if value >= SCALE[letter] and value % max(SCALE[letter] // 1000, 100) == 0:
                return f"{(Decimal(value) / SCALE[letter]).normalize():f}{letter.upper()}"
        return str(value)

    def clean(self, value: Any) -> Any:
        """A whole number, None for nothing. Raises ValidationError."""
        text = re.sub(r"[\s_]", "", super().clean(value).lower()).replace(",", ".")
        if not text:
            return None
        found = re.fullmatch(r"(\d{1,18}(?:\.\d{1,6})?)([kmbt]?)", text)
        whole = round(Decimal(found[1]) * SCALE[found[2]]) if found else 0
        if not 1 <= whole <= MOST_COUNT:
            raise ValidationError(_("Write a number such as 9B, 4T or 350M."))
        return whole


class GroupField(forms.ModelChoiceField[Group]):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.partner.name}"


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
    embargo_until = Day(
        label=_("for our group only until"),
        required=False,
        help_text=_("From this day on it is open to those named above."),
    )
    shows_as_ancestor = forms.BooleanField(
        label=_("Descendants may say “non-public ancestor” to those who may not see it"),
        required=False,
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
    active_parameters = BigCount(
        label=_("Active parameters"),
        required=False,
        help_text=_("Of a mixture of experts: those used for one token."),
    )
    datasets = Lines(
        label=_("Datasets"), required=False, help_text=_("One name a line."), max_length=40_000
    )
    window_start = Day(label=_("Training begins"), required=False)
    window_end = Day(
        label=_("Training ends before"), required=False, help_text=_("The first day after it.")
    )
    architecture = forms.CharField(label=_("architecture"), max_length=60, required=False)
    domains = Words(
        pattern=TERM, wrong=_("Small letters, digits and hyphens."), label=_("Domains")
    )
    licence = forms.CharField(
        label=_("licence"),
        max_length=60,
        required=False,
        help_text=_("SPDX id such as Apache-2.0, or a name."),
    )
    hub_id = forms.CharField(label=_("name on the Hub"), max_length=200, required=False)
    intended_users = forms.CharField(label=_("intended users"), max_length=300, required=False)
    contact = forms.EmailField(
        label=_("function mailbox"),
        max_length=254,
        required=False,
        help_text=_("Not a person's own; reminders go there."),
    )
    description = Text(
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


class OwnedForm(PageForm):
    """A form for something new of one of one's groups."""

    group = GroupField(label=_("group"), queryset=Group.objects.none())
    project = forms.ModelChoiceField(
        label=_("project"), queryset=Project.objects.none(), required=False
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
        project.empty_label = _("none yet")
        self.offer("project", Project.objects.of(person))

    def home(self, person: User) -> tuple[Group, Project | None]:
        """The group and project that were chosen. Raises NotThere, NotAllowed."""
        project = self.cleaned_data["project"]
        return get_home(person, self.cleaned_data["group"].pk, project.pk if project else None)


class ParentForm(PageForm):
    """A base model by its name, and how it is derived from."""

    parent = forms.CharField(
        label=_("Base model"),
        max_length=300,
        help_text=_("Its name here (partner.group.name for another group's), or on the Hub."),
        widget=forms.TextInput(attrs={"list": "bases", "autocomplete": "off"}),
    )
    parent_kind = forms.ChoiceField(
        label=_("How it derives"), choices=PARENT_KIND_LABELS, initial=ParentKind.UNKNOWN.value
    )


class NewPlanForm(OwnedForm, PlanForm, ParentForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["parent"].required = False

    def relaxed(self) -> Self:
        """The same form where nothing is needed yet, to look at what was typed so far."""
        for field in self.fields.values():
            field.required = False
        return self

    def typed(self) -> dict[str, Any]:
        """What is right among what was typed so far; what is wrong or missing is unknown."""
        self.is_valid()
        return dict(self.cleaned_data)

    def parents(self, resolve: Callable[[str], Version | None]) -> list[Parent]:
        """The base model, as an entry if the name is one that the person may see."""
        name = self.cleaned_data["parent"]
        return [Parent(resolve(name), name, self.cleaned_data["parent_kind"])] if name else []


class CardForm(PageForm):
    """A model card: README.md with front matter."""

    card = Text(
        label=_("card"),
        max_length=600_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "class": "mono", "spellcheck": "false"}),
        help_text=_("README.md as on the Hugging Face Hub: front matter between ---, Markdown."),
    )


class NewCardForm(OwnedForm, CardForm):
    name = forms.RegexField(
        regex=NAME,
        label=_("name"),
        error_messages={"invalid": _("1 to 120 characters without “/” and “:”.")},
    )
    visibility = forms.ChoiceField(
        label=_("who may see it"), choices=VISIBILITY_LABELS, initial=Visibility.GROUP.value
    )
    state = forms.ChoiceField(
        label=_("state"), choices=STATE_LABELS[:3], initial=ModelState.RELEASED.value
    )


class NamedModelForm(PageForm):
    """Another model by its name, and why."""

    name = forms.CharField(
        label=_("name"),
        max_length=300,
        required=False,
        help_text=_("Its name in the group, partner.group.name, or its name on the Hub."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, required=False)


class MoveForm(PageForm):
    """Another state and why."""

    state = forms.ChoiceField(choices=STATE_LABELS)
    reason = forms.CharField(max_length=2000, required=False)
