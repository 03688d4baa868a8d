"""plan, card, and what may be asked about models: lineage and similar efforts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from cesai_client import shapes
from cesai_client.cli import files
from cesai_client.cli.output import as_json, clean, say, table
from cesai_client.cli.session import Session, is_id, json_option, pass_session
from cesai_client.errors import BadInput

NUMBERS = ("parameters", "active_parameters", "tokens")
STATES = click.Choice(["planned", "training", "released"])


def add_to(cli: click.Group) -> None:
    """These commands, those about one model beside `models list`."""
    cli.add_command(plan)
    cli.add_command(card)
    models = cli.commands["models"]
    assert isinstance(models, click.Group)
    models.add_command(lineage)
    models.add_command(overlaps)


@click.command()
@click.argument("file")
@click.option("--group", default="", help="PARTNER/GROUP that plans it.")
@click.option("--project", default="", help="Short name or id of its project.")
@click.option("--name", default="", help="Its name.")
@click.option("--visibility", default="", help="public, partners, project or group.")
@json_option
@pass_session
def plan(
    session: Session,
    file: str,
    *,
    group: str,
    project: str,
    name: str,
    visibility: str,
    is_json: bool,
) -> None:
    """Register a planned model, and see who does or plans something alike.

    FILE has its facts in YAML (name, group, languages, tasks, parameters, tokens, window …), or is
    a model card of the Hugging Face Hub with front matter.
    """
    text = files.read_text(file)
    given = {"group": group, "project": project, "name": name, "visibility": visibility}
    given = {field: value for field, value in given.items() if value}
    if files.is_card(text):
        model = _from_card(session, file, text, {**given, "state": "planned"})
    else:
        body = _facts(session, {**files.mapping(file, text), **given})
        model = session.client.models.plan(body)
    found = session.client.models.overlaps(model["id"])
    if is_json:
        as_json({"model": model, "similar": found})
        return
    _tell(session, model)
    _similar(found)


@click.group()
def card() -> None:
    """Model cards: README.md with front matter, in and out."""


@card.command("import")
@click.argument("file")
@click.option("--model", default="", help="Into this model; else a new one is registered.")
@click.option("--group", default="", help="PARTNER/GROUP of a new one.")
@click.option("--project", default="", help="Project of a new one.")
@click.option("--name", default="", help="Name of a new one; else the card's model_name.")
@click.option("--visibility", default="", help="Of a new one: public, partners, project, group.")
@click.option("--state", type=STATES, default="released", show_default=True, help="Of a new one.")
@json_option
@pass_session
def card_import(
    session: Session, /, file: str, *, model: str, is_json: bool, **given: str
) -> None:
    """Read a card into a model, or register a model out of it."""
    text = files.read_text(file)
    if model:
        made = session.client.models.put_card(session.model_id(model), text)
    else:
        made = _from_card(session, file, text, {key: v for key, v in given.items() if v})
    if is_json:
        as_json(made)
    else:
        _tell(session, made)


@card.command("export")
@click.argument("model")
@click.option("--output", "-o", default="-", help="File to write; else standard output.")
@pass_session
def card_export(session: Session, model: str, output: str) -> None:
    """Write the card of a model."""
    text = session.client.models.card(session.model_id(model))
    if output == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {error.strerror}.") from None


@click.command()
@click.argument("model")
@click.option(
    "--direction",
    type=click.Choice(["ancestors", "descendants"]),
    default="ancestors",
    show_default=True,
    help="What it derives from, or what derives from it.",
)
@click.option("--depth", default=8, show_default=True, help="At most so many edges away.")
@json_option
@pass_session
def lineage(session: Session, model: str, direction: str, depth: int, is_json: bool) -> None:
    """What a model derives from, or what derives from it."""
    key = session.model_id(model)
    found = session.client.models.lineage(key, direction=direction, depth=depth)
    if is_json:
        as_json(found)
        return
    nodes = {node["id"]: node for node in found["nodes"]}
    rows = []
    for edge in found["edges"]:
        ends = [nodes[edge[end]]["name"] if edge[end] in nodes else "?" for end in _ENDS]
        how = f"{edge['kind']}{' (inferred)' if edge['is_inferred'] else ''}"
        rows.append((ends[0], how, ends[1], edge["evidence"]))
    table(("MODEL", "IS OF KIND", "OF", "EVIDENCE"), rows)
    if found["truncated"]:
        say("There is more; raise --depth.")


_ENDS = ("child", "parent")


@click.command()
@click.argument("model")
@json_option
@pass_session
def overlaps(session: Session, model: str, is_json: bool) -> None:
    """The efforts most like a model that you may see, compared now."""
    found = session.client.models.overlaps(session.model_id(model))
    if is_json:
        as_json(found)
    else:
        _similar(found)


def _from_card(session: Session, file: str, text: str, given: dict[str, str]) -> shapes.ModelWhole:
    head = files.front_matter(file, text)
    name = given.get("name") or head.get("model_name") or head.get("name") or ""
    if not given.get("group"):
        raise BadInput("A card does not say whose model it is; name it by --group.")
    if not isinstance(name, str) or not name:
        raise BadInput("The card has no model_name; name the model by --name.")
    body: Any = {**given, "name": name, "card": text}
    body["group"] = session.group_id(given["group"])
    if given.get("project"):
        body["project"] = session.project_id(given["project"])
    return session.client.models.import_card(body)


def _facts(session: Session, facts: dict[str, Any]) -> shapes.ModelInRequest:
    """A body out of what people write: names instead of ids, 7B instead of zeros."""
    for field in ("name", "group"):
        if not isinstance(facts.get(field), str):
            raise BadInput(f"A plan needs “{field}”; write it into the file, or give --{field}.")
    body = {**facts, "group": session.group_id(facts["group"])}
    if isinstance(facts.get("project"), str):
        body["project"] = session.project_id(facts["project"])
    for field in NUMBERS:
        if field in body:
            body[field] = files.whole_number(field, body[field])
    if isinstance(body.get("parents"), list):
        body["parents"] = [_parent(session, parent) for parent in body["parents"]]
    return cast(shapes.ModelInRequest, body)


def _parent(session: Session, parent: Any) -> Any:
    """A parent by the name of its model, which the portal knows by an id."""
    name = parent.get("model") if isinstance(parent, dict) else None
    if isinstance(name, str) and not is_id(name):
        return {**parent, "model": session.model_id(name)}
    return parent


def _tell(session: Session, model: shapes.ModelWhole) -> None:
    click.echo(f"{model['qualified']} is registered as {model['state']}.")
    say(f"{session.client.url}/models/{model['id']}/")
    if model["missing_facts"]:
        missing = ", ".join(model["missing_facts"]).replace("_", " ")
        say(f"Not known yet, so that the comparison says less: {missing}.")


def _similar(found: shapes.NeighboursOut) -> None:
    if not found["results"]:
        click.echo("Nothing alike among the efforts that you may see.")
    for row in found["results"]:
        effort: Any = row["model"]
        words = str(row["class"]).replace("_", " ")
        click.echo(
            f"\n{row['probability']:.0%}  {clean(effort['qualified'])} ({effort['state']}): "
            f"{words}; {clean(effort['group_name'])}, {clean(effort['partner'])}"
        )
        for reason in row["reasons"]:
            click.echo(f"  {'+' if reason['points'] > 0 else '-'} {clean(reason['text'])}")
        if row["counterfactual"]:
            click.echo(f"  {clean(row['counterfactual'])}")
    say(clean(found["note"]))
