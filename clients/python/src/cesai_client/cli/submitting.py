"""`cesai submit job.sh`: an sbatch script as people have it becomes a job."""

from __future__ import annotations

import re
import sys
import uuid
from pathlib import Path
from typing import Any

import click

from cesai_client import sbatch, shapes
from cesai_client.cli.choosing import choose_allocation
from cesai_client.cli.jobs import until_end
from cesai_client.cli.output import as_json, clean, say
from cesai_client.cli.session import Session, json_option, pass_session
from cesai_client.errors import BadInput, NotReachable, Refused

# What may stand on the command line as on sbatch's: long name, letter, help.
VALUES = (
    ("job-name", "J", "Its name."),
    ("time", "t", "Time limit, such as 12:00:00."),
    ("nodes", "N", "How many nodes."),
    ("ntasks", "n", "How many tasks."),
    ("ntasks-per-node", "", "How many tasks on each node."),
    ("cpus-per-task", "c", "CPUs for each task."),
    ("mem", "", "Memory of each node, such as 64G."),
    ("gpus", "G", "GPUs in all."),
    ("gpus-per-node", "", "GPUs on each node."),
    ("gpus-per-task", "", "GPUs for each task."),
    ("gres", "", "GPUs on each node, such as gpu:4."),
    ("account", "A", "The allocation's Slurm account."),
    ("partition", "p", "The allocation's partition."),
    ("output", "o", "File for what it writes, below the project's directory."),
    ("error", "e", "File for its errors."),
    ("chdir", "D", "Directory that it starts in."),
    ("array", "a", "Tasks of an array, such as 0-9%2."),
)
FLAGS = (
    ("requeue", "May start again after a node failed."),
    ("no-requeue", "Never starts again."),
)
# A field of the job that the portal may refuse → the options that say it.
SAID_BY = {
    "minutes": ("time",),
    "nodes": ("nodes", "ntasks", "ntasks-per-node", "gpus", "gres", "gpus-per-node"),
    "gpus": ("gpus", "gres", "gpus-per-node", "gpus-per-task"),
    "name": ("job-name",),
    "output": ("output",),
    "error": ("error",),
    "working_directory": ("chdir",),
    "array": ("array",),
}
LINE = re.compile(r"\b([Ll]ine) (\d+)(, `([^`]*)`)?")


def add_to(cli: click.Group) -> None:
    """This command with sbatch's options."""
    for name, letter, text in VALUES:
        names = [f"--{name}", *([f"-{letter}"] if letter else []), _parameter(name)]
        submit.params.append(click.Option(names, default=None, help=text))
    for name, text in FLAGS:
        submit.params.append(
            click.Option([f"--{name}", _parameter(name)], is_flag=True, help=text)
        )
    cli.add_command(submit)


@click.command()
@click.argument("script", default="-")
@click.option("--project", default="", help="Short name or id of the project.")
@click.option("--allocation", default="", help="Its id or Slurm account; else the only one.")
@click.option("--cluster", default="", help="Short name of the cluster.")
@click.option("--version", default="", help="Id of the version of a model that it trains.")
@click.option("--wait", is_flag=True, help="Until it ends; the exit code is the job's.")
@click.option("--follow", "follows", is_flag=True, help="Show its states until it ends.")
@click.option("--parsable", is_flag=True, help="Print the job's id alone.")
@click.option("--key", default="", help="Of an intent: the same key again is the same job.")
@json_option
@pass_session
def submit(
    session: Session,
    /,
    script: str,
    *,
    project: str,
    allocation: str,
    cluster: str,
    version: str,
    wait: bool,
    follows: bool,
    parsable: bool,
    key: str,
    is_json: bool,
    **given: Any,
) -> int:
    """Run an sbatch script once on a cluster; without SCRIPT it is read from standard input.

    Options count more than the #SBATCH lines of the script, as with sbatch. What cannot be
    passed on is refused with its line, and nothing is left out silently.
    """
    text = read(script)
    options = _options(given)
    account = options.get("account") or sbatch.asked(text, "account")
    partition = options.get("partition") or sbatch.asked(text, "partition")
    chosen = choose_allocation(
        session,
        allocation=allocation,
        project=project,
        cluster=cluster,
        account=account or "",
        partition=partition or "",
    )
    for line in sbatch.unread(text):
        say(f"{named(script)}, line {line}: looks like an option and is none, for sbatch neither.")
    made = sbatch.override(text, options)
    body: shapes.JobInRequest = {"allocation": chosen, "sbatch": made.text}
    if version:
        body["version"] = version
    intent = key or str(uuid.uuid4())
    try:
        job = session.client.jobs.submit(body, intent=intent)
    except Refused as refusal:
        raise _in_the_file(refusal, script, text, made, options) from None
    except NotReachable as error:
        raise NotReachable(
            f"{error} Whether the job was taken is not known; the same command with "
            f"--key {intent} asks again and submits it once."
        ) from None
    _tell(session, job, parsable=parsable, is_json=is_json and not wait and not follows)
    if wait or follows:
        return until_end(session, job["id"], wait=wait, is_json=is_json)
    return 0


def named(script: str) -> str:
    """The file as people know it."""
    return "standard input" if script == "-" else script


def read(script: str) -> str:
    """The script as it lies there, with its own line ends. Raises BadInput."""
    try:
        if script == "-":
            if sys.stdin.isatty():
                raise BadInput("Name a script, such as: cesai submit job.sh")
            data = sys.stdin.buffer.read()
        else:
            data = Path(script).read_bytes()
    except OSError as error:
        raise BadInput(f"{script} cannot be read: {error.strerror}.") from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{script}, line {line}: this is no text in UTF-8.") from None


def _parameter(name: str) -> str:
    return f"sbatch_{name.replace('-', '_')}"


def _options(given: dict[str, Any]) -> dict[str, str | None]:
    """What was given, as sbatch calls it."""
    found: dict[str, str | None] = {
        name: given[_parameter(name)] for name, _, _ in VALUES
        if given[_parameter(name)] is not None
    }  # fmt: skip
    flags = [name for name, _ in FLAGS if given[_parameter(name)]]
    if len(flags) > 1:
        raise BadInput("--requeue and --no-requeue do not go together.")
    return {**found, **dict.fromkeys(flags)}


def _tell(session: Session, job: shapes.JobDetail, *, parsable: bool, is_json: bool) -> None:
    if is_json:
        as_json(job)
    elif parsable:
        click.echo(job["id"])
    else:
        click.echo(f"Submitted job {job['id']}")
        say(f"{job['gpus']} GPUs on {job['cluster']}; {session.client.url}/jobs/{job['id']}/")
    for warning in job["warnings"]:
        say(clean(warning))


def _in_the_file(
    refusal: Refused,
    script: str,
    text: str,
    made: sbatch.Overridden,
    options: dict[str, str | None],
) -> Refused:
    """The refusal with the lines of the file that was given, and options as the command's."""
    own = {f"--{option}" for option in options}

    def place(found: re.Match[str]) -> str:
        word, number, written = found[1], int(found[2]), found[4] or ""
        if written.split("=")[0] in own or (made.added and number == 2):
            return f"the command line, `{written}`" if written else "the command line"
        return f"{word} {number - made.added if number > 1 else 1}{found[3] or ''}"

    errors: dict[str, list[str]] = {}
    for field, rows in refusal.errors.items():
        where = named(script) if field in {"script", "sbatch"} else field
        if places := _said_where(field, text, options):
            where = f"{named(script)}, {places}"
        errors[where] = [LINE.sub(place, row) for row in rows]
    detail = LINE.sub(place, refusal.detail)
    return type(refusal)(refusal.status, refusal.title, detail, kind=refusal.type, errors=errors)


def _said_where(field: str, text: str, options: dict[str, str | None]) -> str:
    """The places that say a field of the job: the command's, else the script's lines."""
    names = SAID_BY.get(field, ())
    if any(name in options for name in names):
        return "the command line"
    return ", ".join(f"line {n}, `{written}`" for n, written in sbatch.lines_of(text, names))
