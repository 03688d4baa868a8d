"""The shapes of jobs: an sbatch script as people have it, or separate fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from compute.actions.job_specs import JobSpec, spec_from_fields, spec_from_sbatch
from compute.models import Allocation
from compute.models.jobs import STATE_LABELS
from projects.models import User
from projects.pages import Filters, PageForm
from registry.models import Version


class JobForm(PageForm):
    """What both ways of submitting a job ask for."""

    version = forms.ModelChoiceField(
        label=_("trains the model"), queryset=Version.objects.none(), required=False
    )

    def __init__(self, *args: Any, person: User, allocation: Allocation, **options: Any) -> None:
        super().__init__(*args, **options)
        self.allocation = allocation
        version: Any = self.fields["version"]
        rows = Version.objects.visible_to(person).filter(model__project=allocation.project_id)
        version.queryset = rows.select_related("model")
        version.empty_label = _("none")
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
