"""Keeping job templates, and making a job's fields of one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from compute.actions.job_specs import check_environment, refuse_sbatch_lines
from compute.models import Allocation, Cluster, JobTemplate, TemplateVersion
from compute.models.templates import FIELDS
from projects.errors import Conflict, Invalid
from projects.models import Group, User
from projects.models.events import record_event


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What one version says; `locked` names the fields that a job may not change."""

    script: str
    gpus: int = 1
    nodes: int = 1
    minutes: int = 60
    environment: Mapping[str, str] = field(default_factory=dict)
    locked: Sequence[str] = ()
    note: str = ""


@transaction.atomic
def create_template(
    *,
    by: User,
    owner: Group | Cluster,
    name: str,
    purpose: str,
    description: str = "",
    facts: TemplateFacts,
    now: datetime,
) -> JobTemplate:
    """A template with its first version. Raises Invalid, ScriptNotAccepted."""
    whose: dict[str, Any] = {"group" if isinstance(owner, Group) else "cluster": owner}
    template = JobTemplate.objects.create(
        name=name, purpose=purpose, description=description, created_at=now, **whose
    )
    _add(by, template, facts, now)
    record_event(by=by, kind="create_template", about=template, now=now)
    return template


@transaction.atomic
def change_template(
    *, by: User, template: JobTemplate, facts: TemplateFacts, now: datetime
) -> TemplateVersion:
    """Its next version; jobs of earlier ones stay as they are. Raises as create_template,
    Conflict if it was retired.
    """
    row = JobTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    if row.retired_at:
        raise Conflict(_("This template was retired."))
    version = _add(by, template, facts, now)
    record_event(by=by, kind="change_template", about=template, now=now, reason=facts.note,
                 changes={"version": [version.number - 1, version.number]})  # fmt: skip
    return version


@transaction.atomic
def retire_template(*, by: User, template: JobTemplate, now: datetime) -> None:
    """No more jobs are made of it. Raises Conflict if it was retired already."""
    rows = JobTemplate.objects.filter(pk=template.pk, retired_at=None)
    if not rows.update(retired_at=now):
        raise Conflict(_("This template was retired already."))
    record_event(by=by, kind="retire_template", about=template, now=now)


def fields_of(version: TemplateVersion, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a job of this template has: given where it is free, else as the template says.

    Raises Invalid for another value of a field that is locked.
    """
    fixed = {
        name: [_("The template fixes this; leave it out.")]
        for name in version.locked
        if name in given and given[name] != version.values[name]
    }
    if fixed:
        raise Invalid(
            _("“%(name)s” fixes %(fields)s.")
            % {"name": version.template.name, "fields": ", ".join(fixed)},
            fields=fixed,
        )
    return {**version.values, **given}


def snippet(version: TemplateVersion, allocation: Allocation) -> str:
    """The same job as an sbatch script for the allocation's cluster, ready to be pasted there."""
    first, _newline, rest = version.script.partition("\n")
    has_shebang = first.startswith("#!")
    lines = [
        first if has_shebang else "#!/bin/bash",
        f"#SBATCH --job-name={_job_name(version.template.name)}",
        f"#SBATCH --account={allocation.slurm_account}",
        f"#SBATCH --partition={allocation.pool.partition}",
        f"#SBATCH --nodes={version.nodes}",
        f"#SBATCH --gpus={version.gpus}",
        f"#SBATCH --time={_clock(version.minutes)}",
        *(f"export {name}={shlex.quote(text)}" for name, text in version.environment.items()),
    ]
    return "\n".join([*lines, rest if has_shebang else version.script])


def _job_name(name: str) -> str:
    """What of a name needs no quoting in a shell."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:60].strip("-") or "job"


def _clock(minutes: int) -> str:
    """Slurm's spelling: days-hours:minutes:seconds."""
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{days}-{hour:02}:{minute:02}:00" if days else f"{hour:02}:{minute:02}:00"


def _add(by: User, template: JobTemplate, facts: TemplateFacts, now: datetime) -> TemplateVersion:
    unknown = sorted(set(facts.locked) - set(FIELDS))
    if unknown:
        sentence = _("There is no field %(names)s.") % {"names": ", ".join(unknown)}
        raise Invalid(sentence, fields={"locked": [sentence]})
    if not facts.script.strip():
        raise Invalid(_("A template has a script."), fields={"script": [_("Needed.")]})
    refuse_sbatch_lines(facts.script)
    check_environment(facts.environment)
    if facts.gpus % facts.nodes:
        uneven = _("The GPUs must be the same number on each node.")
        raise Invalid(uneven, fields={"nodes": [uneven]})
    last = template.versions.aggregate(last=Max("number"))["last"] or 0
    return TemplateVersion.objects.create(
        template=template, number=last + 1, script=facts.script, gpus=facts.gpus,
        nodes=facts.nodes, minutes=facts.minutes, environment=dict(facts.environment),
        locked=sorted(facts.locked), note=facts.note, created_by=by, created_at=now,
    )  # fmt: skip
