"""The shapes of jobs: an sbatch script as people have it, or separate fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from compute.actions.job_specs import JobSpec, spec_from_fields, spec_from_sbatch
from compute.actions.templates import TemplateFacts, fields_of
from compute.models import Allocation, JobTemplate, TemplateVersion
from compute.models.jobs import STATE_LABELS
from projects.models import User
from projects.pages import Filters, PageForm
from registry.models import Version
from registry.models.models import BULKY


class JobForm(PageForm):
    """What both ways of submitting a job ask for."""

    version = forms.ModelChoiceField(
        label=_("trains the model"), queryset=Version.objects.none(), required=False
    )

    def __init__(self, *args: Any, person: User, allocation: Allocation, **options: Any) -> None:
        super().__init__(*args, **options)
        self.allocation = allocation
        version: Any = self.fields["version"]
        version.empty_label = _("none")
        rows = Version.objects.visible_to(person).filter(model__project=allocation.project_id)
        rows = rows.select_related("model").defer(*(f"model__{name}" for name in BULKY))
        self.offer("version", rows.order_by("-created_at", "-id"))
        self.order_fields([*[name for name in self.fields if name != "version"], "version"])


class ScriptField(forms.CharField):
    """A script as it is; browsers send a text's line ends as CR LF, whatever they were."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(
            attrs={"rows": 16, "class": "mono", "spellcheck": "false", "autocapitalize": "off"}
        )
        super().__init__(strip=False, widget=widget, **options)

    def to_python(self, value: Any) -> str:
        """The text with UNIX line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class SbatchForm(JobForm):
    aliases = {"script": "sbatch"}

    sbatch = ScriptField(label=_("sbatch script"))

    def spec(self) -> JobSpec:
        """From the script's own #SBATCH lines. Raises ScriptNotAccepted."""
        return spec_from_sbatch(allocation=self.allocation, text=self.cleaned_data["sbatch"])


class FieldsForm(JobForm):
    name = forms.CharField(label=_("name"), max_length=100, required=False)
    gpus = forms.IntegerField(label=_("GPUs over all nodes"), min_value=1, initial=1)
    nodes = forms.IntegerField(label=_("nodes"), min_value=1, initial=1)
    minutes = forms.IntegerField(label=_("time limit in minutes"), min_value=1, initial=10)
    working_directory = forms.CharField(
        label=_("working directory"),
        max_length=500,
        required=False,
        help_text=_("Empty: the project's own directory."),
    )
    environment = forms.CharField(
        label=_("environment"),
        max_length=50_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text=_("One NAME=value a line."),
    )
    script = ScriptField(label=_("script"), initial="#!/bin/bash\n")

    def clean_environment(self) -> dict[str, str]:
        """Names and values. Raises ValidationError for a line without “=”."""
        lines = self.cleaned_data["environment"].splitlines()
        pairs = [line.partition("=") for line in lines if line.strip()]
        if any(not equals for _name, equals, _value in pairs):
            raise ValidationError(_("One NAME=value a line."))
        return {name.strip(): value for name, _equals, value in pairs}

    def spec(self) -> JobSpec:
        """From the fields. Raises ScriptNotAccepted."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return spec_from_fields(allocation=self.allocation, **values)


class FromTemplateForm(FieldsForm):
    """Fields as a template proposes them; what it locks is shown and cannot be changed."""

    def __init__(self, *args: Any, made_of: TemplateVersion, **options: Any) -> None:
        values = {**made_of.values, "environment": as_lines(made_of.environment)}
        super().__init__(*args, **{**options, "initial": values | (options.get("initial") or {})})
        self.made_of = made_of
        for name in made_of.locked:
            self.fields[name].disabled = True
            self.initial[name] = values[name]
            self.fields[name].help_text = _("The template fixes this.")

    def spec(self) -> JobSpec:
        """From the fields. Raises ScriptNotAccepted, Invalid."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return spec_from_fields(allocation=self.allocation, **fields_of(self.made_of, values))


def as_lines(environment: Mapping[str, str]) -> str:
    """Variables as they are typed."""
    return "\n".join(f"{name}={value}" for name, value in environment.items())


class TemplateForm(PageForm):
    """One version of a template."""

    LOCKABLE = [
        ("script", _("script")),
        ("gpus", _("GPUs over all nodes")),
        ("nodes", _("nodes")),
        ("minutes", _("time limit in minutes")),
        ("environment", _("environment")),
    ]

    gpus = forms.IntegerField(
        label=_("GPUs over all nodes"), min_value=1, max_value=10**6, initial=1
    )
    nodes = forms.IntegerField(label=_("nodes"), min_value=1, max_value=10**6, initial=1)
    minutes = forms.IntegerField(
        label=_("time limit in minutes"), min_value=1, max_value=10**6, initial=60
    )
    script = ScriptField(label=_("script"), initial="#!/bin/bash\n")
    environment = FieldsForm.base_fields["environment"]
    locked = forms.MultipleChoiceField(
        label=_("fixed"),
        choices=LOCKABLE,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What a job made of it cannot change."),
    )
    clean_environment = FieldsForm.clean_environment

    def facts(self) -> TemplateFacts:
        """What the version says, as the action takes it."""
        names = ("script", "gpus", "nodes", "minutes", "environment", "locked")
        said = {name: self.cleaned_data[name] for name in names}
        return TemplateFacts(**said, note=self.cleaned_data.get("note", ""))


class NextVersionForm(TemplateForm):
    """The next version of a template that is there."""

    note = forms.CharField(label=_("what is new"), max_length=300, required=False)


class NewTemplateForm(TemplateForm):
    """A template with its first version."""

    name = forms.CharField(label=_("name"), max_length=80)
    purpose = forms.ChoiceField(label=_("purpose"), choices=JobTemplate.Purpose.choices)
    owner = forms.ChoiceField(label=_("kept by"))
    description = forms.CharField(
        label=_("description"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    field_order = ("name", "purpose", "owner", "description")

    def __init__(self, *args: Any, owners: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        owner: Any = self.fields["owner"]
        owner.choices = owners


class TemplateFilters(Filters):
    lookups = {"purpose": "purpose"}

    purpose = forms.ChoiceField(
        label=_("purpose"),
        choices=[("", _("all")), *JobTemplate.Purpose.choices],
        required=False,
    )


class JobFilters(Filters):
    lookups = {
        "state": "state",
        "project": "project__slug",
        "cluster": "cluster__slug",
        "allocation": "allocation",
    }

    state = forms.ChoiceField(
        label=_("state"), choices=[("", _("all")), *STATE_LABELS], required=False
    )
    project = forms.CharField(label=_("project"), max_length=24, required=False)
    cluster = forms.CharField(label=_("cluster"), max_length=40, required=False)
    allocation = forms.UUIDField(required=False, widget=forms.HiddenInput)
