"""`cesai NOUN list` and `cesai NOUN show ID` for every noun, out of one table of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import click

from cesai_client.cli.output import as_json, clean, duration, hours, record, say, table, when
from cesai_client.cli.session import Session, is_id, json_option, pass_session

USUAL_ROWS = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """An option of a list: the API's name for it, and the one for an id if it takes both."""

    option: str
    param: str
    help: str
    by_id: str = ""
    resolve: str = ""  # the method of Session that makes an id of what people write


@dataclass(frozen=True, slots=True)
class Noun:
    """A resource as people list it."""

    name: str
    about: str
    filters: tuple[Filter, ...]
    columns: tuple[str, ...]
    row: Callable[[Session, Any], tuple[object, ...]]
    right: str = ""
    key: str = ""  # the method of Session that makes an id of what people write
    key_help: str = "ID"


PROJECT = Filter("project", "project__slug", "Short name or id of a project.", by_id="project")
STATE = Filter("state", "state", "One state.")
CLUSTER = Filter("cluster", "cluster__slug", "Short name of a cluster.")

NOUNS = (
    Noun(
        "partners",
        "Organisations.",
        (
            Filter("country", "country", "Two letters, such as DE."),
            Filter("sector", "sector", "research, industry, public …"),
        ),
        ("SLUG", "NAME", "SECTOR", "CITY", "COUNTRY"),
        lambda _, row: (row["slug"], row["name"], row["sector"], row["city"], row["country"]),
        key_help="SLUG or ID",
    ),
    Noun(
        "groups",
        "Teams of partners.",
        (Filter("partner", "partner__slug", "Short name or id of a partner.", by_id="partner"),),
        ("GROUP", "NAME", "ID"),
        lambda _, row: (f"{row['partner_slug']}/{row['slug']}", row["name"], row["id"]),
        key="group_id",
        key_help="PARTNER/GROUP or ID",
    ),
    Noun(
        "projects",
        "Efforts of one lead group and any participating groups.",
        (
            Filter("visibility", "visibility", "public, partners, project or group."),
            Filter("group", "lead_group", "PARTNER/GROUP that leads.", resolve="group_id"),
            Filter("initiative", "initiative__slug", "Short name of an initiative."),
        ),
        ("SLUG", "TITLE", "VISIBLE TO", "SINCE", "ID"),
        lambda _, row: (
            row["slug"],
            row["title"],
            row["visibility"],
            when(row["created_at"])[:10],
            row["id"],
        ),
        key_help="SLUG or ID",
    ),
    Noun(
        "models",
        "What exists and what is planned.",
        (
            Filter("search", "q", "Words in German or English."),
            STATE,
            PROJECT,
            Filter("group", "group", "PARTNER/GROUP that it belongs to.", resolve="group_id"),
            Filter("partner", "partner", "Short name of a partner."),
            Filter("language", "languages", "One language's code, such as de."),
            Filter("task", "tasks", "One task."),
            Filter("domain", "domains", "One domain."),
            Filter("licence", "licence", "SPDX id."),
            Filter("base", "base", "A model that it derives from.", resolve="model_id"),
        ),
        ("MODEL", "STATE", "PARAMETERS", "LANGUAGES", "LICENCE", "ID"),
        lambda _, row: (
            row["qualified"],
            row["state"],
            count(row["parameters"]),
            " ".join(row["languages"][:6]),
            row["licence"],
            row["id"],
        ),
        right="PARAMETERS",
        key="model_id",
        key_help="NAME or ID",
    ),
    Noun(
        "requests",
        "What projects ask for.",
        (
            PROJECT,
            STATE,
            Filter("purpose", "purpose", "training, evaluation, data, inference or other."),
            Filter("kind", "kind", "new, extension, supplement …"),
        ),
        ("PROJECT", "KIND", "PURPOSE", "STATE", "GPU-HOURS", "SUBMITTED", "ID"),
        lambda session, row: (
            session.name_of("projects", row["project"], "slug"),
            row["kind"],
            row["purpose"],
            row["state"],
            hours(sum(float(line["gpu_hours"]) for line in row["lines"])),
            when(row["submitted_at"]),
            row["id"],
        ),
        right="GPU-HOURS",
    ),
    Noun(
        "allocations",
        "Awards in force: GPU-hours of a pool for a project.",
        (
            PROJECT,
            STATE,
            Filter("cluster", "pool__cluster__slug", "Short name of a cluster."),
        ),
        ("PROJECT", "CLUSTER", "ACCOUNT", "STATE", "LEFT", "OF", "UNTIL", "ID"),
        lambda session, row: (
            session.name_of("projects", row["project"], "slug"),
            row["cluster"],
            row["slurm_account"],
            row["state"],
            hours(row["balance"]["available_gpu_hours"]),
            hours(row["gpu_hours"]),
            row["end"],
            row["id"],
        ),
        right="LEFT OF",
    ),
    Noun(
        "clusters",
        "HPC systems.",
        (Filter("connection", "connection", "none, observe or run."),),
        ("SLUG", "NAME", "CONNECTION", "STATE", "SLURM"),
        lambda _, row: (
            row["slug"],
            row["name"],
            row["connection"],
            row["state"],
            row["slurm_version"],
        ),
        key_help="SLUG or ID",
    ),
    Noun(
        "jobs",
        "Scripts that run once on a cluster, newest first.",
        (
            PROJECT,
            STATE,
            CLUSTER,
            Filter("allocation", "allocation", "Id of an allocation."),
        ),
        ("NAME", "STATE", "PROJECT", "CLUSTER", "NUMBER", "GPUS", "TIME", "SUBMITTED", "ID"),
        lambda session, row: (
            row["name"],
            row["state"],
            session.name_of("projects", row["project"], "slug"),
            row["cluster"],
            row["slurm_job_id"],
            row["gpus"],
            duration(row["minutes"]),
            when(row["submitted_at"]),
            row["id"],
        ),
        right="NUMBER GPUS TIME",
        key="job_id",
        key_help="ID or its NUMBER on the cluster",
    ),
)


def add_to(cli: click.Group) -> None:
    """A group of commands for each noun; others add what may be done."""
    for noun in NOUNS:
        cli.add_command(_group(noun))


def count(number: int | None) -> str:
    """A large number as models are named: 7B, 1.5B, 350M."""
    if number is None:
        return ""
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= size:
            return f"{round(number / size, 2):g}{unit}"
    return str(number)


def asked_for(session: Session, noun: Noun, given: dict[str, Any]) -> dict[str, Any]:
    """The API's filters out of the options that were given."""
    found = {}
    for part in noun.filters:
        value = given[part.option]
        if not value:
            continue
        if part.resolve:
            value = getattr(session, part.resolve)(value)
        several = part.option == "state" and "," in value
        name = part.by_id if part.by_id and is_id(value) else part.param
        found["state__in" if several else name] = value
    return found


def _group(noun: Noun) -> click.Group:
    group = click.Group(noun.name, help=noun.about, short_help=noun.about)
    group.add_command(_list(noun))
    group.add_command(_show(noun))
    return group


def _list(noun: Noun) -> click.Command:
    @json_option
    @click.option("--limit", default=USUAL_ROWS, show_default=True, help="At most so many rows.")
    @click.option("--all", "is_all", is_flag=True, help="All rows, however many.")
    @pass_session
    def rows(
        session: Session, /, *, is_json: bool, limit: int, is_all: bool, **given: Any
    ) -> None:
        resource = getattr(session.client, noun.name)
        size = 200 if is_all else max(1, min(limit + 1, 200))
        found: Iterator[Any] = resource.rows(page_size=size, **asked_for(session, noun, given))
        kept = list(found if is_all else islice(found, limit))
        if is_json:
            as_json(kept)
        else:
            table(noun.columns, (noun.row(session, row) for row in kept), right=noun.right)
        if not is_all and next(found, None) is not None:
            say(f"These are the first {limit}; --all shows all.")

    command = click.command("list", help=noun.about)(rows)
    for part in noun.filters:
        command.params.append(click.Option([f"--{part.option}"], default="", help=part.help))
    return command


def _show(noun: Noun) -> click.Command:
    @click.command("show", help=f"One of them: {noun.key_help}.")
    @click.argument("key", metavar="ID")
    @json_option
    @pass_session
    def show(session: Session, key: str, is_json: bool) -> None:
        found = getattr(session, noun.key)(key) if noun.key else key
        one = getattr(session.client, noun.name).get(found)
        if is_json:
            as_json(one)
            return
        record({name: value for name, value in one.items() if name != "script"})
        if one.get("script"):
            click.echo()
            click.echo("\n".join(clean_line(line) for line in one["script"].split("\n")))

    return show


def clean_line(line: str) -> str:
    """A line of somebody else's text with its indentation."""
    body = line.lstrip(" ")
    return " " * (len(line) - len(body)) + clean(body.replace("\t", "    "))
