"""status, cancel, and following jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from cesai_client.cli.output import as_json, clean, duration, hours, record, say, when
from cesai_client.cli.session import Session, json_option, pass_session
from cesai_client.errors import NotReachable
from cesai_client.waiting import exit_code, follow

SECONDS_OF_AN_HOUR = 3600


def add_to(cli: click.Group) -> None:
    """These commands; `cancel` also stands beside `jobs list`."""
    cli.add_command(status)
    cli.add_command(cancel)
    group = cli.commands["jobs"]
    assert isinstance(group, click.Group)
    group.add_command(cancel)


@click.command()
@click.argument("job")
@click.option("--wait", is_flag=True, help="Until it ends; the exit code is the job's.")
@click.option("--follow", "follows", is_flag=True, help="Show its states until it ends.")
@json_option
@pass_session
def status(session: Session, job: str, *, wait: bool, follows: bool, is_json: bool) -> int:
    """How a job is: JOB is its id, or its number on the cluster."""
    key = session.job_id(job)
    if wait or follows:
        return until_end(session, key, wait=wait, is_json=is_json)
    found = session.client.jobs.get(key)
    if is_json:
        as_json(found)
    else:
        show(session, found)
    return 0


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@json_option
@pass_session
def cancel(session: Session, jobs: tuple[str, ...], is_json: bool) -> None:
    """End jobs; what ran until then is booked."""
    ended = []
    for job in jobs:
        found = session.client.jobs.cancel(session.job_id(job))
        ended.append(found)
        if not is_json:
            is_over = found["state"] == "cancelled"
            click.echo(f"{found['id']} {'is cancelled' if is_over else 'is being cancelled'}.")
    if is_json:
        as_json(ended)


def show(session: Session, job: Any) -> None:
    """A job for people."""
    of = {"GPUs": job["gpus"], "nodes": job["nodes"], "time": duration(job["minutes"])}
    record(
        {
            "id": job["id"],
            "name": job["name"],
            "state": in_words(job),
            "project": session.name_of("projects", job["project"], "slug"),
            "cluster": job["cluster"],
            "number": job["slurm_job_id"],
            "size": ", ".join(f"{name} {value}" for name, value in of.items()),
            "array": f"{job['array']} ({_tasks(job)})" if job["array"] else "",
            "submitted": when(job["submitted_at"]),
            "started": when(job["started_at"]),
            "ended": when(job["ended_at"]),
            "exit code": job["exit_code"],
            "signal": job["signal"],
            "reserved": f"{hours(job['reserved_gpu_hours'])} GPU-hours",
            "used": used(job),
            "output": job["log_path"],
            "warnings": job["warnings"],
            "as of": when(job["as_of"]),
            "page": f"{session.client.url}/jobs/{job['id']}/",
        }
    )


def in_words(job: Any) -> str:
    """Its state with what it waits for."""
    why = job["reason_text"] or job["reason"]
    if job["waiting_for"]:
        why = f"waits for {job['waiting_for']}" + (f", {why}" if why else "")
    if job["cancel_requested_at"] and job["state"] != "cancelled":
        why = f"to be cancelled{', ' + why if why else ''}"
    return f"{job['state']} ({why})" if why else str(job["state"])


def used(job: Any) -> str:
    """GPU-hours, once they are booked."""
    seconds = job["used_gpu_seconds"]
    if seconds is None:
        return ""
    return f"{hours(f'{seconds / SECONDS_OF_AN_HOUR:.4f}')} GPU-hours"


def until_end(session: Session, key: str, *, wait: bool, is_json: bool = False) -> int:
    """Shows the states of a job on standard error until it has ended.

    The exit code is the job's with `wait`, else 0. An interruption leaves the job.
    """
    job: Any = None
    is_told = False
    try:
        for job_or_silence in follow(session.client, key):
            if isinstance(job_or_silence, NotReachable):
                say(f"{_clock()}  {clean(job_or_silence)} Waiting for it.")
                continue
            job = job_or_silence
            say(f"{_clock()}  {clean(in_words(job))}")
            if job["state"] == "running" and not is_told:
                is_told = True
                say(f"{_clock()}  its output: {clean(job['log_path'])} on {job['cluster']}")
    except KeyboardInterrupt:
        say(f"\nThe job goes on. Cancel it: cesai cancel {key}")
        say(f"Look again: cesai status {key} --wait")
        return 130
    if is_json:
        as_json(job)
    code = exit_code(job)
    booked = f", {used(job)}" if used(job) else ""
    say(f"Ended: {job['state']}, exit code {code}{booked}.")
    if job["slurm_job_id"]:
        say(f"Output: {clean(job['log_path'])} on {job['cluster']}")
    return code if wait else 0


def _tasks(job: Any) -> str:
    states = ", ".join(f"{count} {state}" for state, count in job["task_states"].items())
    return f"{job['array_tasks']} tasks{': ' + states if states else ''}"


def _clock() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")
