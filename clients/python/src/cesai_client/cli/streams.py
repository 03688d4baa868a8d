"""export and events: whole lists as they come, and what happened."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from cesai_client.cli.output import clean, say, when
from cesai_client.cli.session import Session, json_option, pass_session
from cesai_client.errors import BadInput, NotReachable

TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv"}
PAUSE = 5.0
# How a list ends that the portal could not tell to its end.
BROKEN_OFF = re.compile(rb'^(?:\{"type":"/problems/|"?# )[^\n]*\s*\Z', re.MULTILINE)
LONGEST_LAST = 2000


def add_to(cli: click.Group) -> None:
    """These commands."""
    cli.add_command(export)
    cli.add_command(events)


@click.command()
@click.argument("resource")
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(TYPES)),
    default="jsonl",
    show_default=True,
    help="How rows are written.",
)
@click.option("--filter", "filters", multiple=True, help="NAME=VALUE as in the API, repeatable.")
@click.option("--output", "-o", default="-", help="File to write; else standard output.")
@pass_session
def export(
    session: Session, resource: str, *, kind: str, filters: tuple[str, ...], output: str
) -> None:
    """Write a whole list, such as `allocations` or `jobs`, row by row."""
    if not resource.replace("-", "").isalpha():
        raise BadInput(f"“{resource}” is no resource; write for example: cesai export jobs")
    asked = {"format": kind}
    for text in filters:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadInput(f"“{text}” is no filter; write NAME=VALUE.")
        asked[name] = value
    with (
        session.client.transport.stream(f"{resource}/", asked, TYPES[kind]) as parts,
        _sink(output) as sink,
    ):
        last = b""
        for part in parts:
            sink.write(part)
            last = (last + part)[-LONGEST_LAST:]
        if BROKEN_OFF.search(last):
            raise NotReachable("The portal broke the list off: a fault of its own. Ask again.")


@click.command()
@click.option("--after", default="", help="Only what came after this event.")
@click.option("--follow", "follows", is_flag=True, help="Go on, and show what happens.")
@json_option
@pass_session
def events(session: Session, after: str, follows: bool, is_json: bool) -> None:
    """What happened in your projects, oldest first; with --json one event a line.

    The last line on standard error names the place to go on from with --after.
    """
    place = after
    while True:
        try:
            page = session.client.get("events/", after=place)
        except NotReachable:
            if not follows:
                raise
            page = {"results": []}
        rows = page.get("results") or []
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False) if is_json else _line(row))
        place = str(page.get("next_after") or (rows[-1]["id"] if rows else place))
        if rows and (page.get("next") or page.get("next_after")):
            continue  # there is more already
        if not follows:
            break
        sys.stdout.flush()
        time.sleep(PAUSE)
    say(f"Go on with: cesai events --after {place}" if place else "Nothing yet.")


def _line(row: dict[str, Any]) -> str:
    who = row.get("actor") or "the portal"
    why = f": {row['reason']}" if row.get("reason") else ""
    about = f"{row.get('object_type', '')} {row.get('object_id', '')}"
    return clean(f"{when(row.get('at'))}  {who}  {row.get('kind', '')}  {about}{why}")


@contextmanager
def _sink(output: str) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears once it is whole."""
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
