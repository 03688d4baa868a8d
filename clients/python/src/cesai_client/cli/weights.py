"""`cesai fingerprint`: what the headers of weights say, read here and sent if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cesai_client import shapes
from cesai_client.cli.output import as_json, record, say
from cesai_client.cli.session import Session, json_option, pass_session
from cesai_client.weights import (
    architecture_of,
    digest_of,
    parameters_of,
    read_directory,
    shards_of,
)


def add_to(cli: click.Group) -> None:
    """This command."""
    cli.add_command(fingerprint)


@click.command()
@click.argument("directory", type=click.Path(exists=True, path_type=Path))
@click.option("--version", default="", help="Send it as the fingerprint of this version (id).")
@click.option("--contents", is_flag=True, help="Also digest each tensor; reads all weights.")
@click.option("--shards", is_flag=True, help="Also digest each file; reads all weights.")
@json_option
@pass_session
def fingerprint(
    session: Session,
    directory: Path,
    *,
    version: str,
    contents: bool,
    shards: bool,
    is_json: bool,
) -> None:
    """Fingerprint the safetensors files in DIRECTORY: names, formats and shapes of tensors.

    Only headers are read, and only with --version anything leaves this machine: what --json shows.
    """
    tensors = read_directory(directory, contents=contents)
    body: shapes.FingerprintInRequest = {"tensors": tensors}
    if shards:
        body["shards"] = [digest_of(file) for file in shards_of(directory)]
    local: dict[str, Any] = {
        "architecture": architecture_of(tensors),
        "tensors": len(tensors),
        "parameters": parameters_of(tensors),
    }
    if not version:
        if is_json:
            as_json({**local, "body": body})
        else:
            record(local)
        return
    kept = session.client.versions.put_fingerprint(version, body)
    if is_json:
        as_json(kept)
        return
    record(local)
    same = kept["architecture"] == local["architecture"]
    say("Sent." if same else "Sent; the portal counts another architecture out of the same.")
