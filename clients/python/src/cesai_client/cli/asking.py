"""What is asked for: GPU-hours of a pool, and to take part in a project."""

from __future__ import annotations

from typing import Any

import click

from cesai_client.cli import files
from cesai_client.cli.output import as_json, hours
from cesai_client.cli.session import Session, is_id, json_option, pass_session
from cesai_client.errors import BadInput


def add_to(cli: click.Group) -> None:
    """Beside the lists of requests and projects."""
    for noun, commands in (("requests", (create, submit, withdraw)), ("projects", (join,))):
        group = cli.commands[noun]
        assert isinstance(group, click.Group)
        for command in commands:
            group.add_command(command)


@click.command()
@click.option("--from", "file", default="", help="YAML with the fields, such as several lines.")
@click.option("--project", default="", help="Short name or id of the project.")
@click.option("--purpose", default="", help="training, evaluation, data, inference or other.")
@click.option("--model", default="", help="Name or id of the model that it is for.")
@click.option("--pool", default="", help="Short name or id of the pool.")
@click.option("--gpu-hours", default="", help="How many.")
@click.option("--start", default="", help="First day, such as 2027-01-01.")
@click.option("--end", default="", help="The first day after it.")
@click.option("--justification", default="", help="What for.")
@click.option("--why-not", multiple=True, help="Why no model is reused: method, licence …")
@click.option("--why-not-text", default="", help="The same in words.")
@click.option("--submit", "is_handed_in", is_flag=True, help="Also hand it in.")
@json_option
@pass_session
def create(
    session: Session, /, *, file: str, is_handed_in: bool, is_json: bool, **given: Any
) -> None:
    """Ask for GPU-hours: a draft, unless --submit is given."""
    body = files.mapping(file, files.read_text(file)) if file else {}
    for field in ("project", "purpose", "model", "justification"):
        if given[field]:
            body[field] = given[field]
    if given["why_not"] or given["why_not_text"]:
        body["why_not_reuse"] = {
            "reasons": list(given["why_not"]), "text": given["why_not_text"],
        }  # fmt: skip
    line = {name: given[name] for name in ("pool", "gpu_hours", "start", "end") if given[name]}
    if line:
        body["lines"] = [line]
    made: Any = session.client.requests.create(_ids(session, body))
    if is_handed_in:
        made = session.client.requests.submit(made["id"])
    _tell(made, is_json=is_json)


@click.command()
@click.argument("request")
@json_option
@pass_session
def submit(session: Session, request: str, is_json: bool) -> None:
    """Hand a draft in."""
    _tell(session.client.requests.submit(request), is_json=is_json)


@click.command()
@click.argument("request")
@json_option
@pass_session
def withdraw(session: Session, request: str, is_json: bool) -> None:
    """Take a request back."""
    _tell(session.client.requests.withdraw(request), is_json=is_json)


@click.command()
@click.argument("project")
@click.option("--group", required=True, help="Your PARTNER/GROUP that wants to take part.")
@click.option("--text", required=True, help="Why, for the project's leads.")
@json_option
@pass_session
def join(session: Session, project: str, group: str, text: str, is_json: bool) -> None:
    """Ask a project's lead group to let yours take part."""
    asked = session.client.projects.join(project, {"group": session.group_id(group), "text": text})
    if is_json:
        as_json(asked)
    else:
        click.echo("Asked. The project's leads answer; you get a notice.")


def _ids(session: Session, body: dict[str, Any]) -> Any:
    """Names, which people write, as the ids that the portal takes."""
    if "project" not in body:
        raise BadInput("A request needs a project; give --project.")
    body["project"] = session.project_id(str(body["project"]))
    if isinstance(body.get("model"), str):
        body["model"] = session.model_id(body["model"])
    for line in body.get("lines") or ():
        pool = line.get("pool") if isinstance(line, dict) else None
        if isinstance(pool, str) and not is_id(pool):
            line["pool"] = session.client.pools.get(pool)["id"]
    return body


def _tell(row: Any, *, is_json: bool) -> None:
    if is_json:
        as_json(row)
        return
    total = sum(float(line["gpu_hours"]) for line in row["lines"])
    click.echo(f"Request {row['id']}: {row['state']}, {hours(total)} GPU-hours.")
    if row["state"] == "draft":
        click.echo(f"Hand it in: cesai requests submit {row['id']}")
