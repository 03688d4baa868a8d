"""The command line: its commands, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from cesai_client.cli import (
    asking,
    balance,
    completion,
    jobs,
    logging_in,
    nouns,
    planning,
    streams,
    submitting,
    weights,
)
from cesai_client.cli.output import clean, say
from cesai_client.cli.session import Session, tell_calls
from cesai_client.errors import CesaiError, Refused
from cesai_client.version import __version__

INTERRUPTED = 130
FAULT = 70

EXIT_CODES = """
\b
Exit codes:
  0    done
  1    with --wait: the job ended without completing and without an exit code
  2    the command was not understood, or a file cannot be used
  3    the portal refused, or the cluster refused the job
  4    the portal cannot be reached
  5    not logged in
  70   a fault of this program
  130  interrupted; a job that was submitted goes on
With --wait it is the job's own exit code, or 128 + the signal that ended it.
"""


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--profile", default="", help="Which log-in; else CESAI_PROFILE, or the default one."
)
@click.option("--url", default="", help="Which portal; else CESAI_URL, or the profile's.")
@click.option("--verbose", is_flag=True, help="Say what is called; never the token.")
@click.version_option(__version__, "--version", prog_name="cesai")
@click.pass_context
def cli(context: click.Context, profile: str, url: str, verbose: bool) -> None:
    """The CESAI portal: GPU-hours, jobs on HPC clusters, and models, planned and built.

    A token comes from CESAI_TOKEN, from the file CESAI_TOKEN_FILE, or from `cesai login`.
    """
    context.obj = Session(url=url, profile=profile, verbose=verbose)
    if verbose:
        tell_calls()


for part in (
    logging_in, nouns, jobs, submitting, balance, asking, planning, weights, streams, completion,
):  # fmt: skip
    part.add_to(cli)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end with its exit code; nobody sees a stack trace."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one command."""
    try:
        given: Any = None if arguments is None else list(arguments)
        code = cli.main(given, prog_name="cesai", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        say("Interrupted.")
        return INTERRUPTED
    except CesaiError as error:
        complain(error)
        return error.exit_code
    except BrokenPipeError:  # `cesai jobs list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 (a fault of ours is said in one line)
        say(f"A fault of this program: {type(error).__name__}: {clean(error)}")
        return FAULT
    return code if isinstance(code, int) else 0


def complain(error: CesaiError) -> None:
    """A sentence; for a refusal every message with the field that it is about."""
    if not isinstance(error, Refused):
        first, *others = str(error).split("\n")
        say(clean(first))
        for line in others:
            say(f"  {clean(line)}")
        return
    rows = [(name, message) for name, messages in error.errors.items() for message in messages]
    if str(error) not in {message for _, message in rows}:
        rows.insert(0, ("", str(error)))
    for n, (name, message) in enumerate(rows):
        told = f"{clean(name)}: {clean(message)}" if name else clean(message)
        say(f"{'Refused: ' if n == 0 else '  '}{told}")
