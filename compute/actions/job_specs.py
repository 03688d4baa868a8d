"""What a job may ask for: checked against its allocation before anything is written."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from compute.errors import ScriptNotAccepted
from compute.models import Allocation
from compute.models.script_sentences import reason, sentence
from compute.sbatch import Asked, BadValue, ScriptRefused, read_array, read_script
from projects.errors import Invalid

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}\Z")
FORBIDDEN_VARIABLES = re.compile(r"(LD_|SLURM_|SPANK_|SBATCH_)|(BASH_ENV|ENV|PATH)\Z")
MAX_MINUTES = 366 * 24 * 60


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job as the portal keeps it; sizes are whole numbers, `gpus` counts over all nodes.

    Of an array (`options["array"]`, see `read_array`) every size is that of one task.
    """

    script: str
    gpus: int
    minutes: int
    working_directory: str
    nodes: int = 1
    name: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def array_tasks(self) -> int:
        """How many jobs of that size it is; raises BadValue."""
        return read_array(str(self.options["array"])).tasks if self.options.get("array") else 1


def spec_from_fields(
    *,
    allocation: Allocation,
    script: str,
    gpus: int,
    minutes: int,
    nodes: int = 1,
    name: str = "",
    environment: Mapping[str, str] | None = None,
    working_directory: str = "",
    array: str = "",
) -> JobSpec:
    """A spec from separate fields, `array` as sbatch has it: `0-3,7%2`.

    Raises ScriptNotAccepted if the script has #SBATCH lines, Invalid for what is no array.
    """
    refuse_sbatch_lines(script)
    return JobSpec(
        script=script,
        gpus=gpus,
        minutes=minutes,
        nodes=nodes,
        name=name,
        environment=environment or {},
        working_directory=working_directory or _directory(allocation),
        options={"array": _array(array)} if array else {},
    )


def refuse_sbatch_lines(script: str) -> None:
    """Raise ScriptNotAccepted if it has #SBATCH lines, which fields beside it would contradict."""
    asked = _read(script)
    if asked.lines:
        line = min(asked.lines.values())
        raise ScriptNotAccepted(
            _(
                "Not accepted: line %(line)s is an #SBATCH line, which would be ignored here. "
                "Send the text as `sbatch`, or delete these lines."
            )
            % {"line": line},
            fields={"script": [_("Has #SBATCH lines.")]},
        )


def spec_from_sbatch(*, allocation: Allocation, text: str) -> JobSpec:
    """A spec from an sbatch script as people have it; refused by line, nothing is dropped.

    Raises ScriptNotAccepted.
    """
    asked = _read(text)
    _check_owner(asked, allocation)
    per_node = allocation.pool.gpus_per_node
    nodes = asked.nodes or max(1, -(-(asked.gpus or 1) // per_node))
    options = {
        "tasks": asked.tasks or (asked.tasks_per_node or 1) * nodes,
        "cpus_per_task": asked.cpus_per_task or 1,
        "memory_mb_per_node": asked.memory_mb_per_node or 0,
        "gpu_type": asked.gpu_type or "",
        "output": asked.output or "",
        "error": asked.error or "",
        "requeue": bool(asked.requeue),
        "array": asked.array.spec if asked.array else "",
    }
    if not asked.gpus:
        raise _refuse("gpus", _("the script asks for no GPU. Add `#SBATCH --gpus=1`."), asked)
    if not asked.minutes:
        raise _refuse("minutes", _("no time limit. Add `#SBATCH --time=01:00:00`."), asked)
    return JobSpec(
        script=text,
        gpus=asked.gpus,
        minutes=asked.minutes,
        nodes=nodes,
        name=asked.job_name or "",
        working_directory=asked.working_directory or _directory(allocation),
        options={name: value for name, value in options.items() if value},
    )


def check_spec(spec: JobSpec, allocation: Allocation) -> None:
    """Raise Invalid, naming the field, for anything that could not run under this allocation."""
    pool = allocation.pool
    if len(spec.script.encode()) > settings.MAX_SCRIPT_BYTES:
        raise _invalid("script", _("The script is larger than 1 MiB. Keep data in files."))
    _check_sizes(spec, allocation)
    if CONTROL.search(spec.name) or len(spec.name) > 100:
        raise _invalid("name", _("A name has at most 100 characters and no control characters."))
    check_environment(spec.environment)
    if spec.options.get("array"):
        _array(str(spec.options["array"]))
    below = _directory(allocation)
    paths = {
        "working_directory": spec.working_directory,
        "output": spec.options.get("output") or below,
        "error": spec.options.get("error") or below,
    }
    for name, path in paths.items():
        if not _is_below(str(path), below, spec.working_directory):
            raise _invalid(
                name,
                _("“%(path)s” does not lie below %(below)s.") % {"path": path, "below": below},
            )
    gpu_type = str(spec.options.get("gpu_type", "")).lower()
    if gpu_type and gpu_type not in pool.gpu_type.lower():
        raise _invalid(
            "gpus",
            _("%(pool)s has GPUs of type %(type)s only; leave the type out.")
            % {"pool": pool, "type": pool.gpu_type},
        )


def _read(text: str) -> Asked:
    try:
        return read_script(text)
    except ScriptRefused as error:
        sentences = [sentence(problem) for problem in error.problems]
        raise ScriptNotAccepted(sentences[0], fields={"script": sentences}) from error


def _check_owner(asked: Asked, allocation: Allocation) -> None:
    own = {"account": allocation.slurm_account, "partition": allocation.pool.partition}
    for name, value in own.items():
        found = getattr(asked, name)
        if found and found != value:
            line = asked.lines[name]
            raise ScriptNotAccepted(
                _(
                    "Not accepted: line %(line)s, `--%(option)s=%(found)s`. The allocation sets "
                    "it to “%(value)s”; delete the line."
                )
                % {"line": line, "option": name, "found": found, "value": value},
                fields={"script": [_("line %(line)s") % {"line": line}]},
            )


def _check_sizes(spec: JobSpec, allocation: Allocation) -> None:
    pool = allocation.pool
    if not 1 <= spec.gpus <= pool.gpu_count:
        raise _invalid(
            "gpus",
            _("%(pool)s has %(count)s GPUs; ask for 1 to %(count)s.")
            % {"pool": pool, "count": pool.gpu_count},
        )
    if not 1 <= spec.nodes <= spec.gpus or spec.gpus % spec.nodes:
        raise _invalid("nodes", _("The GPUs must be the same number on each node."))
    if spec.gpus // spec.nodes > pool.gpus_per_node:
        raise _invalid(
            "nodes",
            _("A node of %(pool)s has %(count)s GPUs; ask for more nodes or fewer GPUs.")
            % {"pool": pool, "count": pool.gpus_per_node},
        )
    if not 1 <= spec.minutes <= min(pool.max_minutes, MAX_MINUTES):
        raise _invalid(
            "minutes",
            _("A job may run 1 to %(max)s minutes here.") % {"max": pool.max_minutes},
        )


def _array(spec: str) -> str:
    """The shortest text for the same tasks. Raises Invalid."""
    try:
        return read_array(spec).spec
    except BadValue as bad:
        raise _invalid("array", reason(bad.code, bad.values)) from bad


def check_environment(environment: Mapping[str, str]) -> None:
    """Raise Invalid for variables that cannot be set from outside of the script."""
    for name, value in environment.items():
        if not VARIABLE.match(name) or FORBIDDEN_VARIABLES.match(name):
            raise _invalid(
                "environment",
                _("“%(name)s” cannot be set here; set it inside the script.")
                % {"name": name[:80]},
            )
        if CONTROL.search(value) or len(value) > 4096:
            raise _invalid(
                "environment",
                _("The value of %(name)s has control characters or more than 4,096 characters.")
                % {"name": name},
            )


def _directory(allocation: Allocation) -> str:
    return allocation.pool.cluster.directory_of(allocation.unix_user)


def _is_below(path: str, top: str, working_directory: str) -> bool:
    if CONTROL.search(path) or len(path) > 500 or ".." in path.split("/"):
        return False
    if path == "/dev/null":
        return True
    full = posixpath.normpath(posixpath.join(working_directory, path))
    return full == top or full.startswith(f"{top.rstrip('/')}/")


def _invalid(name: str, sentence: Any) -> Invalid:
    return Invalid(sentence, fields={name: [sentence]})


def _refuse(name: str, what: Any, asked: Asked) -> ScriptNotAccepted:
    message = _("Not accepted: %(what)s") % {"what": what}
    return ScriptNotAccepted(message, fields={"script": [message], name: [what]})
