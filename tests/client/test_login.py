"""Logging in, out, and who one is then."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import stat
import subprocess
import termios
import tomllib

import pytest

from projects.models import AccessToken
from projects.roles import Role
from tests import make
from tests.client.conftest import PROGRAM, As, Shell
from tests.conftest import Caller


def _log_in(shell: Shell, caller: Caller, *more: str) -> None:
    done = shell("login", "--url", shell.url, "--token-stdin", *more, given=f"{caller.token}\n")
    assert done.code == 0, done.err


def test_a_token_from_standard_input_is_kept(shell: Shell, member: Caller) -> None:
    done = shell("login", "--url", shell.url, "--token-stdin", given=member.token)

    assert (done.code, done.out) == (0, "")
    assert f"Logged in to {shell.url} as member" in done.err
    assert shell("whoami", "--json").json["username"] == "member"


def test_only_its_owner_reads_the_file(shell: Shell, member: Caller) -> None:
    _log_in(shell, member)

    assert stat.S_IMODE(shell.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(shell.config.parent.stat().st_mode) == 0o700
    assert tomllib.loads(shell.config.read_text())["profiles"]["default"]["token"] == member.token
    assert list(shell.config.parent.iterdir()) == [shell.config]


def test_the_file_lies_where_xdg_says(shell: Shell, member: Caller) -> None:
    shell.environment["XDG_CONFIG_HOME"] = str(shell.home / "elsewhere")
    _log_in(shell, member)

    assert (shell.home / "elsewhere" / "cesai" / "config.toml").exists()
    assert not shell.config.exists()


def test_a_token_that_the_portal_does_not_take_is_not_kept(shell: Shell, db: None) -> None:
    done = shell("login", "--url", shell.url, "--token-stdin", given="cesai_wrong")

    assert done.code == 5
    assert "does not take the token" in done.err
    assert not shell.config.exists()


def test_without_a_token_nothing_is_kept(shell: Shell) -> None:
    assert shell("login", "--url", shell.url, "--token-stdin").code == 2


@pytest.mark.parametrize(
    "url", ["portal.example", "ftp://portal.example", "https://a:b@c.example"]
)
def test_what_is_no_address_is_refused(shell: Shell, url: str) -> None:
    assert shell("login", "--url", url, "--token-stdin", given="x").code == 2


def test_a_token_does_not_go_over_the_network_in_the_clear(shell: Shell) -> None:
    done = shell("login", "--url", "http://portal.example", "--token-stdin", given="x")

    assert done.code == 2
    assert "could read the token" in done.err


def test_profiles_keep_several_people_apart(
    shell: Shell, member: Caller, stranger: Caller
) -> None:
    _log_in(shell, member)
    _log_in(shell, stranger, "--name", "other")

    assert shell("whoami", "--json").json["username"] == "member"
    assert shell("--profile", "other", "whoami", "--json").json["username"] == "stranger"
    shell.environment["CESAI_PROFILE"] = "other"
    assert shell("whoami", "--json").json["username"] == "stranger"


def test_an_unknown_profile_names_those_that_are_known(shell: Shell, member: Caller) -> None:
    _log_in(shell, member)
    done = shell("--profile", "work", "whoami")

    assert done.code == 5
    assert "known: default" in done.err


def test_who_is_not_logged_in_is_told_how(shell: Shell) -> None:
    done = shell("jobs", "list")

    assert (done.code, done.out) == (5, "")
    assert "cesai login" in done.err


def test_the_environment_counts_more_than_the_file(
    shell: Shell, shell_of: As, member: Caller, stranger: Caller
) -> None:
    _log_in(shell, member)

    assert shell_of(stranger)("whoami", "--json").json["username"] == "stranger"


def test_a_token_may_stand_in_a_file(shell: Shell, member: Caller) -> None:
    path = shell.write("secrets/token", f"{member.token}\n")
    shell.environment |= {"CESAI_URL": shell.url, "CESAI_TOKEN_FILE": str(path)}

    assert shell("whoami", "--json").json["username"] == "member"


def test_a_token_file_that_is_missing_is_named(shell: Shell) -> None:
    shell.environment |= {"CESAI_URL": shell.url, "CESAI_TOKEN_FILE": "/nowhere/token"}
    done = shell("whoami")

    assert done.code == 2
    assert "CESAI_TOKEN_FILE: /nowhere/token" in done.err


def test_a_token_of_the_file_is_not_sent_to_another_portal(shell: Shell, member: Caller) -> None:
    _log_in(shell, member)
    shell.environment["CESAI_URL"] = "https://elsewhere.example"
    done = shell("whoami")

    assert done.code == 5
    assert "no token for https://elsewhere.example" in done.err


def test_whoami_names_groups_roles_and_the_tokens_end(
    cesai: Shell, member: Caller, lead: Caller
) -> None:
    shown = cesai("whoami").out

    assert f"member at {cesai.url}" in shown
    assert "read and write" in shown
    assert "Ours" in shown
    assert " lead" not in shown  # the colleague's role in the same group


def test_whoami_says_that_a_token_may_only_read(shell: Shell, member: Caller) -> None:
    token = make.make_token(member.user, "read")
    shell.environment |= {"CESAI_URL": shell.url, "CESAI_TOKEN": token}

    assert "read only" in shell("whoami").out


def test_whoami_knows_which_of_several_tokens_it_has(cesai: Shell, member: Caller) -> None:
    make.make_token(member.user, "read")

    assert cesai("whoami", "--json").json["token"]["scope"] == "write"


def test_logging_out_forgets_the_token_and_leaves_it_valid(shell: Shell, member: Caller) -> None:
    _log_in(shell, member)
    done = shell("logout")

    assert done.code == 0
    assert "still valid" in done.err
    assert member.token not in shell.config.read_text()
    assert shell("whoami").code == 5
    assert AccessToken.objects.filter(user=member.user).exists()


def test_logging_out_ends_the_token_if_wanted(shell: Shell, member: Caller) -> None:
    _log_in(shell, member)

    assert shell("logout", "--revoke").code == 0
    assert not AccessToken.objects.filter(user=member.user).exists()


def test_who_was_not_logged_in_cannot_log_out(shell: Shell) -> None:
    assert shell("logout").code == 2


def test_who_lets_others_read_the_file_is_told(shell: Shell, member: Caller) -> None:
    _log_in(shell, member)
    shell.config.chmod(0o644)

    assert "chmod 600" in shell("whoami").err


def test_a_broken_file_is_named_without_what_it_holds(shell: Shell) -> None:
    shell.write(".config/cesai/config.toml", '[profiles.default]\ntoken = "cesai_secret\n')
    done = shell("whoami")

    assert done.code == 2
    assert "config.toml" in done.err
    assert "cesai_secret" not in done.err


def test_a_lead_is_shown_as_lead(shell_of: As, lead: Caller) -> None:
    [place] = shell_of(lead)("whoami", "--json").json["groups"]

    assert place["role"] == Role.LEAD


def _at_a_terminal(shell: Shell, *arguments: str, given: str) -> str:
    """All that somebody sees who types that at a terminal of their own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=shell.home,
        env=shell.variables(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 (no threads there)
    )
    os.close(theirs)
    seen = b""
    for line in given.splitlines(keepends=True):
        while not seen.endswith(b": "):
            seen += os.read(ours, 1000)
        os.write(ours, line.encode())
        seen += b"\n"
    with contextlib.suppress(OSError):  # the terminal ends with its program
        while more := os.read(ours, 1000):
            seen += more
    os.close(ours)
    assert process.wait(20) == 0, seen.decode()
    return seen.decode()


def test_at_a_terminal_the_token_is_asked_for_and_not_shown(shell: Shell, member: Caller) -> None:
    seen = _at_a_terminal(shell, "login", given=f"{shell.url}\n{member.token}\n")

    assert "Address of the portal: " in seen
    assert "Token (it is not shown): " in seen
    assert "as member" in seen
    assert member.token not in seen
    assert shell("whoami", "--json").json["username"] == "member"
