"""Names of people across organisations: only where their own has agreed to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from compute.actions.reviewing import say
from projects.models import Membership, Participation, Partner, PartnerAdmin, User
from projects.roles import Role
from tests import make
from tests.conftest import Caller
from tests.world import World

pytestmark = pytest.mark.django_db
NAME = "Adamantia Lovelacescu"


@pytest.fixture
def world() -> World:
    """A project in which a group of another partner takes part; the lead has a telling name."""
    world = World()
    Participation.objects.create(project=world.project, group=world.other_group)
    lead = world.people["lead"]
    lead.first_name, lead.last_name = NAME.split()
    lead.save()
    return world


def _agree(world: World, text: str) -> None:
    Partner.objects.filter(pk=world.group.partner_id).update(names_agreement=text)


def _page(world: World, who: str, path: str) -> str:
    answer = Caller(world.people[who], "").as_browser.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


PAGES = ["job", "request", "audit"]


def _path(world: World, page: str) -> str:
    if page == "request":
        say(by=world.people["lead"], request=world.request, text="hello", now=make.now())
    return {
        "job": f"/jobs/{world.job.pk}/",
        "request": f"/requests/{world.request.pk}/",
        "audit": "/audit/",
    }[page]


@pytest.mark.parametrize("page", PAGES)
def test_another_organisation_reads_a_code_without_an_agreement(world: World, page: str) -> None:
    path = _path(world, page)
    _agree(world, "")
    text = _page(world, "stranger", path)
    assert NAME not in text
    assert world.people["lead"].pseudonym in text


@pytest.mark.parametrize("page", PAGES)
def test_with_an_agreement_it_reads_the_name(world: World, page: str) -> None:
    path = _path(world, page)
    assert NAME in _page(world, "stranger", path)


@pytest.mark.parametrize("page", PAGES)
def test_ones_own_organisation_reads_the_name_anyway(world: World, page: str) -> None:
    path = _path(world, page)
    _agree(world, "")
    assert NAME in _page(world, "member", path)


def _actors(world: World, who: str) -> set[Any]:
    answer = Caller(world.people[who], world.tokens[who]).get("/api/v1/events/?page_size=200")
    assert answer.status_code == 200, answer.content
    return {event["actor"] for event in answer.json()["results"]}


def test_programs_get_a_key_instead(world: World) -> None:
    lead = world.people["lead"]
    assert lead.username in _actors(world, "stranger")
    _agree(world, "")
    found = _actors(world, "stranger")
    assert lead.username not in found
    assert str(lead.pk) in found
    assert lead.username in _actors(world, "member")


def test_a_list_does_not_confirm_a_guessed_name(world: World) -> None:
    _agree(world, "")
    lead = world.people["lead"]
    guessed = _page(world, "stranger", f"/audit/?actor={lead.username}")
    absent = _page(world, "stranger", "/audit/?actor=somebody-else")
    assert guessed.count("<tr>") == absent.count("<tr>")
    assert lead.pseudonym in _page(world, "stranger", f"/audit/?actor={lead.pk}")


def test_a_sheet_holds_a_key_instead(world: World) -> None:
    _agree(world, "")
    lead = world.people["lead"]
    client = Caller(world.people["stranger"], "").as_browser
    text = client.get("/audit/?format=csv").getvalue().decode()
    assert lead.username not in {line.split(",")[2] for line in text.splitlines()}
    assert str(lead.pk) in text


def test_who_belongs_to_several_organisations_needs_all_of_them(world: World) -> None:
    silent = make.make_group()
    Partner.objects.filter(pk=silent.partner_id).update(names_agreement="")
    both = make.make_member(world.group, Role.MEMBER, "both")
    stranger = world.people["stranger"]
    assert stranger.name_of(both) == "both"
    Membership.objects.create(user=both, group=silent, role=Role.MEMBER)
    assert User.objects.get(pk=stranger.pk).name_of(both) == both.pseudonym


def test_a_place_that_has_lapsed_gives_nobodys_name(world: World) -> None:
    _agree(world, "")
    colleague = make.make_member(world.group, Role.MEMBER, "colleague")
    lead = world.people["lead"]
    assert colleague.name_of(lead) == NAME
    past = make.now() - timedelta(seconds=1)
    Membership.objects.filter(user=colleague).update(lapses_at=past)
    assert User.objects.get(pk=colleague.pk).name_of(lead) == lead.pseudonym


def test_who_looks_after_an_organisation_has_a_place_there(world: World) -> None:
    Partner.objects.update(names_agreement="")
    partner = make.make_partner()
    admin = make.make_partner_admin(partner, "looks_after")
    stranger = User.objects.get(pk=world.people["stranger"].pk)
    assert stranger.name_of(admin) == "looks_after"
    Partner.objects.filter(pk=partner.pk).update(names_agreement="")
    colleague = make.make_member(make.make_group(partner=partner), Role.MEMBER, "colleague")
    assert User.objects.get(pk=admin.pk).name_of(colleague) == "colleague"
    past = make.now() - timedelta(seconds=1)
    PartnerAdmin.objects.filter(user=admin).update(lapses_at=past)
    assert User.objects.get(pk=admin.pk).name_of(colleague) == colleague.pseudonym


def test_who_acts_for_the_portal_or_a_site_does_so_by_name(world: World) -> None:
    Partner.objects.update(names_agreement="")
    stranger = User.objects.get(pk=world.people["stranger"].pk)
    for who in ("quota_admin", "coordinator", "operator"):
        assert stranger.name_of(world.people[who]) == who


def test_the_code_stays_the_same_and_says_nothing(world: World) -> None:
    lead = world.people["lead"]
    assert lead.pseudonym == User.objects.get(pk=lead.pk).pseudonym
    assert lead.pk.hex[:8] not in lead.pseudonym
    assert lead.pseudonym != world.people["member"].pseudonym


def test_a_partners_admin_records_the_agreement(world: World) -> None:
    _agree(world, "")
    partner = world.group.partner
    client = Caller(world.people["partner_admin"], "").as_browser
    form = {"name": partner.name, "sector": "research", "names_agreement": "BV 2026/7"}
    assert client.post(f"/partners/{partner.slug}/edit/", form).status_code == 302
    partner.refresh_from_db()
    assert partner.names_agreement == "BV 2026/7"
    assert NAME in _page(world, "stranger", f"/jobs/{world.job.pk}/")
