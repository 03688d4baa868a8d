"""Watches: people hear of new plans that fit and that they may see; nobody else learns of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.actions.notices import set_preferences
from projects.models import Notice, Project, User
from projects.notices import Delivery, NoticeKind
from registry.actions.comparing import tell_watchers
from registry.actions.watches import create_watch
from registry.models import Model, Watch
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller
from tests.overlap.similar import plan

GERMAN = {"name": "German text", "languages": ["de"]}


def _watch(caller: Caller, **values: Any) -> Watch:
    asked = values or {"languages": ["de"]}
    return create_watch(
        by=caller.user, values={"name": "German text", **asked}, now=make.now() - timedelta(1)
    )


def _heard(caller: Caller) -> list[str]:
    """The plans that the person is told of."""
    tell_watchers(now=make.now())
    told = Notice.objects.filter(user=caller.user, kind="watch_matched")
    return [notice.params["model"] for notice in told]


# Making and ending one.


def test_a_watch_is_made_and_listed(member: Caller) -> None:
    made = member.post("watches/", {**GERMAN, "parameters_min": 10**9})
    assert made.status_code == 201
    [row] = member.get("watches/").json()["results"]
    assert (row["id"], row["name"]) == (made.json()["id"], "German text")
    assert (row["languages"], row["parameters_min"]) == (["de"], 10**9)


def test_a_watch_that_asks_for_nothing_is_refused(member: Caller) -> None:
    answer = member.post("watches/", {"name": "Everything"})
    assert answer.status_code == 400
    assert "Say at least one thing to watch for" in answer.json()["detail"]
    assert not Watch.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("languages", ["German"]),
        ("tasks", ["Über"]),
        ("modality_out", ["smell"]),
        ("parameters_min", 0),
        ("owner", "x"),
    ],
)
def test_what_cannot_be_watched_for_is_refused(member: Caller, field: str, value: Any) -> None:
    answer = member.post("watches/", {**GERMAN, field: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Watch.objects.exists()


def test_fifty_watches_are_the_most(member: Caller, lead: Caller) -> None:
    for _each in range(50):
        _watch(member)
    answer = member.post("watches/", GERMAN)
    assert answer.status_code == 400
    assert "Fifty watches are the most." in answer.json()["detail"]
    assert lead.post("watches/", GERMAN).status_code == 201


def test_a_watch_is_deleted(member: Caller) -> None:
    watch = _watch(member)
    assert member.delete(f"watches/{watch.pk}/").status_code == 204
    assert not Watch.objects.exists()


@pytest.mark.parametrize("who", ["stranger", "lead", "coordinator", "auditor", "portal_admin"])
def test_nobody_else_sees_or_deletes_a_watch_whatever_their_role(
    member: Caller, who: str, request: pytest.FixtureRequest
) -> None:
    watch = _watch(member)
    person: Caller = request.getfixturevalue(who)
    hidden = person.get(f"watches/{watch.pk}/")
    assert hidden.status_code == 404
    assert hidden.content == person.get(f"watches/{make.key()}/").content
    assert person.get("watches/").json()["results"] == []
    assert person.delete(f"watches/{watch.pk}/").status_code == 404
    assert Watch.objects.exists()


# What is found.


def test_a_new_plan_that_fits_is_told_with_its_page(stranger: Caller, project: Project) -> None:
    _watch(stranger)
    model = plan(project, name="Ours-9B")
    assert tell_watchers(now=make.now()) == 1
    notice = Notice.objects.get(kind="watch_matched")
    assert (notice.user, notice.path) == (stranger.user, f"/models/{model.pk}/")
    assert notice.params == {"watch": "German text", "model": "Ours-9B"}


def test_a_plan_is_told_once(stranger: Caller, project: Project) -> None:
    _watch(stranger)
    plan(project, name="Ours-9B")
    assert _heard(stranger) == ["Ours-9B"]
    assert _heard(stranger) == ["Ours-9B"]


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_tell_a_plan_once(
    transactional_db: None, stranger: Caller, project: Project
) -> None:
    _watch(stranger)
    plan(project, name="Ours-9B")
    told = at_once(*[lambda: tell_watchers(now=make.now())] * 4)
    assert sorted(told) == [0, 0, 0, 1]
    assert _heard(stranger) == ["Ours-9B"]


def test_two_watches_of_one_person_tell_each_for_itself(
    stranger: Caller, project: Project
) -> None:
    _watch(stranger)
    _watch(stranger, tasks=["general"])
    plan(project, name="Ours-9B")
    assert _heard(stranger) == ["Ours-9B", "Ours-9B"]


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ({"languages": ["de", "tlh"]}, True),
        ({"languages": ["tlh"]}, False),
        ({"tasks": ["general"]}, True),
        ({"tasks": ["translation"]}, False),
        ({"modality_out": ["text"]}, True),
        ({"modality_out": ["image"]}, False),
        ({"domains": ["law"]}, False),
        ({"parameters_min": 9_000_000_000}, True),
        ({"parameters_min": 9_000_000_001}, False),
        ({"parameters_max": 9_000_000_000}, True),
        ({"parameters_max": 8_999_999_999}, False),
        ({"languages": ["de"], "modality_out": ["image"]}, False),
    ],
)
def test_all_that_a_watch_names_must_fit(
    stranger: Caller, project: Project, values: dict[str, Any], fits: bool
) -> None:
    _watch(stranger, **values)
    plan(project)
    assert bool(_heard(stranger)) == fits


def test_a_plan_that_may_not_be_seen_is_not_told(stranger: Caller, project: Project) -> None:
    _watch(stranger)
    plan(project, visibility="group")
    plan(project, embargo_until=make.today() + timedelta(1))
    assert _heard(stranger) == []


def test_a_plan_is_told_once_it_may_be_seen(stranger: Caller, project: Project) -> None:
    _watch(stranger)
    model = plan(project, name="Ours-9B", visibility="group")
    assert _heard(stranger) == []
    Model.objects.filter(pk=model.pk).update(visibility="partners")
    assert _heard(stranger) == ["Ours-9B"]


def test_what_the_own_group_plans_is_no_news(member: Caller, project: Project) -> None:
    _watch(member)
    plan(project)
    assert _heard(member) == []


def test_what_was_planned_before_is_no_news(stranger: Caller, project: Project) -> None:
    model = plan(project)
    Model.objects.filter(pk=model.pk).update(created_at=make.now() - timedelta(2))
    _watch(stranger)
    assert _heard(stranger) == []


@pytest.mark.parametrize(
    ("state", "is_told"), [("training", True), ("released", False), ("withdrawn", False)]
)
def test_only_what_still_goes_on_is_told(
    stranger: Caller, project: Project, state: str, is_told: bool
) -> None:
    _watch(stranger)
    model = plan(project)
    Model.objects.filter(pk=model.pk).update(state=state)
    assert bool(_heard(stranger)) == is_told


def test_who_may_not_log_in_hears_nothing(stranger: Caller, project: Project) -> None:
    _watch(stranger)
    plan(project)
    User.objects.filter(pk=stranger.user.pk).update(is_active=False)
    assert _heard(stranger) == []


def test_who_wants_no_such_notices_gets_none(stranger: Caller, project: Project) -> None:
    _watch(stranger)
    plan(project)
    set_preferences(user=stranger.user, choices={NoticeKind.WATCH_MATCHED: Delivery.OFF})
    assert _heard(stranger) == []


# The page.


def test_a_watch_is_made_on_the_page(member: Caller) -> None:
    form = {"name": "German text", "languages": "de, en", "parameters_min": "1B"}
    answer = member.as_browser.post("/watches/", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/watches/")
    watch = Watch.objects.get(owner=member.user)
    assert (watch.languages, watch.parameters_min) == (["de", "en"], 10**9)
    assert "German text" in member.as_browser.get("/watches/").content.decode()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "Everything there is"}, "Say at least one thing to watch for"),
        ({"name": "Everything there is", "languages": "German"}, "ISO 639 codes"),
        ({"name": "Everything there is", "parameters_min": "big"}, "Write a number such as 9B"),
    ],
)
def test_a_refused_watch_stays_typed(member: Caller, form: dict[str, str], said: str) -> None:
    answer = member.as_browser.post("/watches/", form)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert said in text
    for value in form.values():
        assert f'value="{value}"' in text
    assert not Watch.objects.exists()


def test_the_link_from_a_model_fills_the_form(member: Caller) -> None:
    query = "?name=Ours-9B&languages=de,en&tasks=general"
    text = member.as_browser.get(f"/watches/{query}").content.decode()
    for value in ("Ours-9B", "de,en", "general"):
        assert f'value="{value}"' in text


def test_a_watch_is_deleted_on_the_page(member: Caller) -> None:
    watch = _watch(member)
    member.as_browser.post(reverse("watch-delete", args=[watch.pk]))
    assert not Watch.objects.exists()


def test_a_stranger_neither_finds_nor_deletes_it_on_the_page(
    stranger: Caller, member: Caller
) -> None:
    watch = _watch(member)
    assert watch.name not in stranger.as_browser.get("/watches/").content.decode()
    address = reverse("watch-delete", args=[watch.pk])
    assert stranger.as_browser.post(address).status_code == 404
    assert Watch.objects.exists()


@pytest.mark.parametrize("count", [2, 20])
def test_the_page_costs_the_same_however_many_there_are(
    member: Caller, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        _watch(member)
    browser = member.as_browser
    with django_assert_num_queries(5):
        browser.get("/watches/")
