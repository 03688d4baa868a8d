"""People come into groups, and groups into projects."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from projects.models import Membership, Participation
from tests.browser.journeys.hands import Hands
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import walked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@walked(5)
def test_an_invited_person_joins_the_group(stage: Stage) -> None:
    lead, newcomer = stage.hands("lead"), stage.hands("newcomer")
    lead.open("/")
    lead.go("Groups")
    lead.follow("Ours")
    link = _invite(lead, "newcomer@example.org")
    newcomer.open(link)
    newcomer.press(newcomer.word("Join as %(name)s", name="newcomer"))
    newcomer.sees(newcomer.word("Welcome to %(group)s.", group="Ours"))
    assert Membership.objects.get(user=stage.people["newcomer"]).group == stage.group


@walked(0)
def test_a_group_opens_a_project_and_others_take_part(stage: Stage) -> None:
    stage.effort_of_ours()
    lead, stranger = stage.hands("lead"), stage.hands("stranger")
    _open_a_project(lead)
    lead.follow("add a group")
    lead.choose("group", "Theirs")
    lead.press("Let it take part")
    lead.sees("Theirs", within="Groups and people")
    stranger.open("/")
    stranger.go("Models")
    stranger.follow("Kogge-9B")
    part = stranger.unfold("Ask its leads to take part instead of doing it again")
    stranger.fill("What your group would bring", "Data and GPUs", within=part)
    stranger.press("Ask to join", within=part)
    lead.go("Projects")
    lead.follow("Kogge")
    lead.sees("Data and GPUs", within="Groups that want to join")
    lead.press("Let it take part", within="Groups that want to join")
    lead.sees("Theirs", within="Groups and people")
    parts = Participation.objects.filter(group=stage.other_group)
    assert {part.project.slug for part in parts} == {"prahm", "kogge"}


@walked(1)
def test_a_partner_admin_handles_the_people_of_a_group(stage: Stage) -> None:
    admin = stage.hands("partner_admin")
    admin.open("/")
    admin.follow("Ours", within="Groups of your partner")
    _invite(admin, "somebody@example.org")
    admin.sees("somebody@example.org", within="Open invitations")
    admin.press("Withdraw", within="Open invitations")
    admin.sees("None is open.", within="Open invitations")
    role = admin.word("Role of %(name)s", name="member")
    admin.choose(role, "guest")
    admin.press("Change", within=admin.page.get_by_label(role).locator("xpath=.."))
    admin.sees("The role was changed; it holds from the next click on.")
    admin.press(admin.word("Remove %(name)s", name="member"))
    admin.sees("The membership was ended.")
    assert not Membership.objects.filter(user=stage.people["member"]).exists()


def _invite(person: Hands, address: str) -> str:
    """The path of the invitation's link."""
    person.fill("e-mail", address, within="Invite somebody")
    person.choose("role", "member", within="Invite somebody")
    person.press("Make a link", within="Invite somebody")
    return urlsplit(person.page.locator("#link").inner_text()).path


def _open_a_project(lead: Hands) -> None:
    lead.open("/")
    lead.go("Projects")
    lead.follow("New project")
    lead.fill("title", "Prahm")
    lead.fill("short name", "prahm")
    lead.press("Open the project")
    lead.sees("Prahm")
