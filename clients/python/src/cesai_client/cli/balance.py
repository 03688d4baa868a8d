"""`cesai balance`: what is left."""

from __future__ import annotations

from typing import Any

import click

from cesai_client.cli.output import as_json, bar, hours, say, table
from cesai_client.cli.session import Session, is_id, json_option, pass_session


def add_to(cli: click.Group) -> None:
    """This command."""
    cli.add_command(balance)


@click.command()
@click.argument("project", default="")
@click.option("--all", "is_all", is_flag=True, help="Also allocations that have ended.")
@json_option
@pass_session
def balance(session: Session, project: str, is_all: bool, is_json: bool) -> None:
    """What is left of each allocation, of PROJECT or of all your projects."""
    asked: dict[str, Any] = {} if is_all else {"state__in": ("awarded", "active")}
    if project:
        session.client.projects.get(project)  # one that is not there is not one without hours
        asked["project" if is_id(project) else "project__slug"] = project
    rows = list(session.client.allocations.rows(**asked))
    if is_json:
        as_json(rows)
        return
    if not rows:
        say("There is no current allocation; --all also shows those that have ended.")
        return
    table(
        ("PROJECT", "CLUSTER", "POOL", "LEFT", "OF", "KEPT", "USED", "", "UNTIL"),
        (_row(session, row) for row in rows),
        right="LEFT OF KEPT USED",
    )
    say("GPU-hours. In the bar: used, kept for jobs, left.")


def _row(session: Session, row: Any) -> tuple[object, ...]:
    left = row["balance"]
    return (
        session.name_of("projects", row["project"], "slug"),
        row["cluster"],
        session.name_of("pools", row["pool"], "slug"),
        hours(left["available_gpu_hours"]),
        hours(row["gpu_hours"]),
        hours(left["reserved_gpu_hours"]),
        hours(left["used_gpu_hours"]),
        bar(left["used"], left["reserved"], row["gpu_seconds"]),
        row["end"],
    )
