"""`create_token`: a token for a person, printed alone."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from projects.models import AccessToken, Event, Group, Project
from tests import make
from tests.conftest import Caller


def _printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_a_token_that_works_and_nothing_else(member: Caller, project: Project) -> None:
    printed = _printed("--user", "member")

    caller = Caller(member.user, printed.removesuffix("\n"))
    assert caller.get(f"projects/{project.pk}/").status_code == 200
    assert printed.count("\n") == 1


def test_it_lasts_as_long_as_asked(member: Caller) -> None:
    _printed("--user", "member", "--days", "7")

    token = AccessToken.objects.get(name="command line")
    assert token.expiry is not None
    assert (token.expiry - make.now()).days == 6


@pytest.mark.parametrize(
    ("scopes", "status"), [(["read"], 403), (["write"], 201), (["read", "write"], 201)]
)
def test_it_may_do_what_its_scope_says(member: Caller, scopes: list[str], status: int) -> None:
    printed = _printed("--user", "member", "--scope", *scopes).strip()

    assert Caller(member.user, printed).post("tokens/", {"name": "x"}).status_code == status


def test_it_is_told_in_the_log(member: Caller) -> None:
    before = Event.objects.filter(kind="create_token").count()

    _printed("--user", "member")

    assert Event.objects.filter(kind="create_token").count() == before + 1


@pytest.mark.parametrize("days", ["0", "-1", "366"])
def test_it_lasts_at_most_a_year(member: Caller, days: str) -> None:
    with pytest.raises(CommandError, match="between 1 and 365"):
        _printed("--user", "member", "--days", days)


def test_a_stranger_to_the_portal_gets_none(db: None) -> None:
    with pytest.raises(CommandError, match="no active user “nobody”"):
        _printed("--user", "nobody")


def test_a_deactivated_person_gets_none(db: None) -> None:
    make.make_user("gone", is_active=False)

    with pytest.raises(CommandError, match="no active user"):
        _printed("--user", "gone")


@pytest.mark.parametrize("arguments", [[], ["--user", "x", "--scope", "admin"], ["--days", "x"]])
def test_arguments_that_cannot_be_read_are_refused(db: None, arguments: list[Any]) -> None:
    with pytest.raises(CommandError):
        _printed(*arguments)


def test_its_home_is_the_group_that_is_named(member: Caller, group: Group) -> None:
    _printed("--user", "member", "--group", f"{group.partner.slug}.{group.slug}")

    assert AccessToken.objects.get(name="command line").group == group


def test_without_a_name_it_has_no_home(member: Caller) -> None:
    _printed("--user", "member")

    assert AccessToken.objects.get(name="command line").group is None


@pytest.mark.parametrize("name", ["", "nobody.nothing", "{partner}", "{group}", "{partner}."])
def test_what_is_no_group_of_theirs_is_no_home(member: Caller, group: Group, name: str) -> None:
    written = name.format(partner=group.partner.slug, group=group.slug)

    with pytest.raises(CommandError, match="is no group of “member”; write partner"):
        _printed("--user", "member", "--group", written)


def test_a_group_of_others_is_no_home(member: Caller, stranger: Caller) -> None:
    theirs = Group.objects.get(memberships__user=stranger.user)

    with pytest.raises(CommandError, match="is no group of “member”"):
        _printed("--user", "member", "--group", f"{theirs.partner.slug}.{theirs.slug}")

    assert not AccessToken.objects.filter(name="command line").exists()
