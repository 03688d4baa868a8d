"""Partners, their pages, and the map."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from projects.models import Event, Group, Partner
from registry.models import Competences
from tests import make
from tests.conftest import Caller

RECORD = {"name": "Institut Nord", "sector": "industry", "city": "Kiel", "country": "DE",
          "ror": ""}  # fmt: skip


def see(caller: Caller, route: str, *args: str, **query: str) -> Any:
    return caller.as_browser.get(reverse(route, args=args), query)


@pytest.fixture
def partner(group: Group) -> Partner:
    Partner.objects.filter(pk=group.partner_id).update(city="Jülich", country="DE")
    return Partner.objects.get(pk=group.partner_id)


def test_partners_are_listed_with_what_one_may_see(
    lead: Caller, stranger: Caller, partner: Partner, group: Group
) -> None:
    make.make_model(make.make_project(group))
    for caller, models in ((lead, 1), (stranger, 0)):
        rows = {row["partner"]: row for row in see(caller, "partners").context["rows"]}
        assert (rows[partner]["groups"], rows[partner]["models"]) == (1, models)


def test_they_are_narrowed_by_sector_country_and_name(lead: Caller, partner: Partner) -> None:
    Partner.objects.create(name="Werft", slug="werft", sector="industry", country="FR")
    queries: list[dict[str, str]] = [
        {"sector": "industry"}, {"country": "FR"}, {"name": "WERF"},
    ]  # fmt: skip
    for query in queries:
        rows = see(lead, "partners", **query).context["rows"]
        assert [row["partner"].slug for row in rows] == ["werft"]
    assert see(lead, "partners", sector="none").status_code == 404


def test_its_page_shows_a_stranger_no_projects_and_no_hours(
    lead: Caller, stranger: Caller, partner: Partner, group: Group
) -> None:
    make.make_allocation(make.make_project(group, title="Secret effort"))
    own, other = (see(caller, "partner", partner.slug) for caller in (lead, stranger))
    assert own.context["sums"]["granted"] == 216_000
    assert other.context["sums"]["granted"] is None
    assert "Secret effort" in own.content.decode()
    assert "Secret effort" not in other.content.decode()


def test_its_admin_keeps_its_record(caller: Any, partner: Partner) -> None:
    admin = caller(make.make_partner_admin(partner, "partner_admin"))
    answer = admin.as_browser.post(reverse("partner-edit", args=[partner.slug]), RECORD)
    assert answer.status_code == 302
    partner.refresh_from_db()
    assert (partner.name, partner.city, partner.sector) == ("Institut Nord", "Kiel", "industry")
    event = Event.objects.get(kind="update_partner")
    assert event.changes["city"] == ["Jülich", "Kiel"]


@pytest.mark.parametrize(
    ("field", "value"), [("name", "Werft"), ("country", "Germany"), ("ror", "javascript:1")]
)
def test_what_cannot_be_is_refused_and_stays_typed(
    caller: Any, partner: Partner, field: str, value: str
) -> None:
    Partner.objects.create(name="Werft", slug="werft")
    admin = caller(make.make_partner_admin(partner, "partner_admin"))
    answer = admin.as_browser.post(
        reverse("partner-edit", args=[partner.slug]), {**RECORD, field: value}
    )
    assert answer.status_code in (400, 409)
    assert f'value="{value}"' in answer.content.decode()


def test_strangers_and_leads_keep_no_record(
    lead: Caller, stranger: Caller, partner: Partner
) -> None:
    for caller in (lead, stranger):
        answer = caller.as_browser.post(reverse("partner-edit", args=[partner.slug]), RECORD)
        assert answer.status_code == 403


def test_the_map_puts_partners_and_clusters_of_a_place_together(
    lead: Caller, partner: Partner
) -> None:
    make.make_pool(make.make_cluster(partner=partner, name="Booster"))
    towns = {town.name: town for town in see(lead, "map").context["towns"]}
    town = towns["Jülich"]
    assert town.is_drawn
    assert ([p.pk for p in town.partners], [c.name for c in town.clusters]) == (
        [partner.pk], ["Booster"],
    )  # fmt: skip


def test_spellings_of_a_place_are_one_dot(lead: Caller, partner: Partner) -> None:
    Partner.objects.create(name="A", slug="a", city="Köln", country="DE")
    Partner.objects.create(name="B", slug="b", city="Cologne", country="DE")
    towns = [t for t in see(lead, "map").context["towns"] if {p.slug for p in t.partners} & {"a"}]
    assert [{p.slug for p in town.partners} for town in towns] == [{"a", "b"}]


def test_a_place_that_nobody_knows_is_in_the_table(lead: Caller, partner: Partner) -> None:
    Partner.objects.create(name="A", slug="a", city="Nirgendheim", country="DE")
    page = see(lead, "map")
    [town] = [town for town in page.context["towns"] if town.name == "Nirgendheim"]
    assert not town.is_drawn
    assert "Nirgendheim" in page.content.decode()


def test_a_silent_cluster_is_drawn_as_one(lead: Caller, partner: Partner) -> None:
    cluster = make.make_cluster(partner=partner)
    cluster.health.__class__.objects.update(answered_at=make.now())
    assert not see(lead, "map").context["drawn"][0].is_silent
    cluster.health.__class__.objects.update(answered_at=None)
    page = see(lead, "map")
    assert page.context["drawn"][0].is_silent
    assert "town silent" in page.content.decode()


def test_a_question_leaves_who_can_do_it(lead: Caller, partner: Partner, group: Group) -> None:
    Partner.objects.create(name="A", slug="a", city="Köln", country="DE")
    Competences.objects.create(group=group, languages=["de"], updated_at=make.now())
    towns = see(lead, "map", q="German").context["towns"]
    assert [town.name for town in towns] == ["Jülich"]
