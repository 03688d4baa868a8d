"""The command itself: help, exit codes, secrets, interruption, completion."""

from __future__ import annotations

import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from cesai_client import __version__
from cesai_client.cli import main
from cesai_client.cli.output import bar, clean, duration, hours
from projects.models import Group, Project
from tests import make
from tests.client.conftest import Shell
from tests.conftest import Caller


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[Any]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


EVERY = dict(_commands(main.cli))
# They print what is no answer of the portal, or ask for input.
WITHOUT_JSON = {("login",), ("logout",), ("completion",), ("export",), ("card", "export")}


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_says_what_it_does_and_prints_json(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    options = {option for param in command.params for option in param.opts}

    assert command.help
    assert ("--json" in options) is (path not in WITHOUT_JSON)
    assert all(param.help for param in command.params if isinstance(param, click.Option))


def test_the_version_is_said(shell: Shell) -> None:
    assert shell("--version").out == f"cesai, version {__version__}\n"


def test_help_names_the_exit_codes(shell: Shell) -> None:
    shown = shell("--help").out

    for code in ("0", "1", "2", "3", "4", "5", "70", "130"):
        assert re.search(rf"^ +{code} +\w", shown, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments", [["fly"], ["jobs"], ["jobs", "fly"], ["jobs", "list", "--fly"], ["status"]]
)
def test_what_is_not_understood_is_a_2(shell: Shell, arguments: list[str]) -> None:
    done = shell(*arguments)

    assert (done.code, done.out) == (2, "")
    assert done.err


def test_a_portal_that_is_not_there_is_a_4(shell: Shell) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        shell.environment |= {"CESAI_URL": url, "CESAI_TOKEN": "cesai_secret"}
        done = shell("jobs", "list")

    assert done.code == 4
    assert done.err.startswith(f"The portal at {url} cannot be reached")
    assert "Traceback" not in done.err


def test_a_portal_that_takes_the_token_no_more_is_a_5(cesai: Shell, member: Caller) -> None:
    cesai.environment["CESAI_TOKEN"] = f"{member.token}x"
    done = cesai("jobs", "list")

    assert done.code == 5
    assert "does not take the token" in done.err


def test_nothing_shows_the_token(cesai: Shell, member: Caller, project: Project) -> None:
    said = []
    for arguments in (["whoami"], ["jobs", "list"], ["jobs", "show", "x"], ["plan", "no"]):
        done = cesai("--verbose", *arguments)
        said += [done.out, done.err]
    cesai.environment["CESAI_TOKEN"] = f"{member.token}\n{member.token}"
    said.append(cesai("--verbose", "whoami").err)

    assert any("GET memberships/: 200 in" in text for text in said)
    assert not [text for text in said if member.token in text]


def test_a_fault_of_the_program_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_any: object, **_more: object) -> None:
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr(EVERY["whoami",], "callback", fails)

    assert main.run(["whoami"]) == 70
    assert capsys.readouterr().err == "A fault of this program: ZeroDivisionError: by hand\n"


def test_an_interruption_is_a_130(shell: Shell) -> None:
    process = shell.start("login", "--url", shell.url, "--token-stdin")
    while "pipe_read" not in Path(f"/proc/{process.pid}/wchan").read_text():
        assert process.poll() is None
        time.sleep(0.05)  # until it waits for its input
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert b"Traceback" not in err


def test_a_reader_that_goes_away_is_no_fault(cesai: Shell, group: Group) -> None:
    for _ in range(3):
        make.make_project(group)
    process = cesai.start("projects", "list", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(20) in {0, 1}


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_shells_get_a_completion(shell: Shell, shell_name: str) -> None:
    done = shell("completion", shell_name)

    assert done.code == 0
    assert "_CESAI_COMPLETE" in done.out


def test_a_shell_completes_commands_and_options(shell: Shell) -> None:
    shell.environment |= {"_CESAI_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    shell.environment["COMP_WORDS"] = "cesai jobs "
    shown = shell().out
    assert {"plain,list", "plain,show", "plain,cancel"} <= set(shown.split())

    shell.environment["COMP_WORDS"] = "cesai submit --gpu"
    assert "plain,--gpus-per-node" in shell().out.split()


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", "a b"), ("\x1b[31mred", "�[31mred"), ("a\u202eb", "a�b"), ("größe", "größe")],
)
def test_texts_of_others_are_cleaned(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("minutes", "shown"), [(0, "00:00"), (90, "01:30"), (1440, "1-00:00"), (4000, "2-18:40")]
)
def test_times_are_written_as_sbatch_does(minutes: int, shown: str) -> None:
    assert duration(minutes) == shown


@pytest.mark.parametrize(
    ("given", "shown"), [("60.0000", "60"), ("0.5000", "0.5"), ("100", "100"), (0, "0")]
)
def test_hours_have_no_idle_zeros(given: object, shown: str) -> None:
    assert hours(given) == shown


@pytest.mark.parametrize(
    ("used", "kept", "whole"), [(0, 0, 0), (5, 0, 0), (0, 0, 10), (10, 10, 10), (3, 4, 10)]
)
def test_a_bar_is_always_as_long(used: float, kept: float, whole: float) -> None:
    assert len(bar(used, kept, whole)) == 24


def test_the_file_of_profiles_may_be_missing(shell: Shell) -> None:
    assert not Path(shell.config).exists()
    assert shell("whoami").code == 5
