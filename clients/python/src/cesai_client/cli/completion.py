"""`cesai completion bash|zsh|fish`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cesai_client.errors import BadInput

VARIABLE = "_CESAI_COMPLETE"


def add_to(cli: click.Group) -> None:
    """This command."""
    cli.add_command(completion)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what a shell reads to complete commands, such as in ~/.bashrc:

    eval "$(cesai completion bash)"
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise BadInput(f"{shell} is not known to this installation.")
    click.echo(kind(context.find_root().command, {}, "cesai", VARIABLE).source())
