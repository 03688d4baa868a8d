"""A private plan leaves no trace in anything that the other side reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.db import connection, reset_queries, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.actions.mailing import mail_notices
from projects.models import Notice, Project
from registry.actions.comparing import compare_due, count_words, rescore_open_plans, tell_watchers
from registry.actions.watches import create_watch
from registry.languages import EU
from registry.models import Model, Overlap
from tests import make
from tests.conftest import Caller
from tests.overlap.test_detect import BASE

CANARY = "canaryplan"
PAIRS = 500
# What differs between any two answers: of the form, of the call, of the second it was made in.
OF_THE_CALL = re.compile(
    rb'name="csrfmiddlewaretoken" value="[^"]*"|id="request-id"[^<]*|\d+ (seconds?|minutes?) ago'
)


@pytest.fixture
def theirs(stranger: Caller) -> Model:
    """The stranger's own plan, which partners may see, with neighbours that everybody may see."""
    group = stranger.user.memberships.get().group
    project = make.make_project(group, slug="theirs")
    model = make.make_model(project, name="Theirs-9B", **BASE)
    for number in range(3):
        make.make_model(name=f"Open-{number}", **{**BASE, "parameters": 10**9 * (7 + number)})
    compare_due(now=make.now())
    return model


@contextmanager
def private_plan(project: Project) -> Iterator[Model]:
    """A plan of another group that nobody else may see, compared with everything; then gone."""
    with transaction.atomic():
        facts = {**BASE, "visibility": "group", "description": f"{CANARY} {' '.join(EU)}"}
        plan = make.make_model(project, name=CANARY, **facts)
        compare_due(now=make.now())
        yield plan
        transaction.set_rollback(True)


def _typed(stranger: Caller) -> dict[str, Any]:
    return {
        "name": "Typed",
        "group": str(stranger.user.memberships.get().group_id),
        "visibility": "group",
        "training_mode": "from_scratch",
        "parent_kind": "unknown",
        "modality_out": "text",
        "modality_in": "text",
        "languages": ", ".join(EU),
        "tasks": "general",
        "parameters": "9B",
        "tokens": "4T",
        "window_start": "2027-09-01",
        "description": CANARY[:6],
    }


def _answers(stranger: Caller, theirs: Model) -> dict[str, Callable[[], Any]]:
    browser = stranger.as_browser
    typed = _typed(stranger)
    return {
        "overlaps of a model": lambda: stranger.get(f"models/{theirs.pk}/overlaps/"),
        "the list of overlaps": lambda: stranger.get("overlaps/"),
        "the list of cases": lambda: stranger.get("cases/"),
        "notices": lambda: stranger.get("notices/"),
        "events": lambda: stranger.get("events/"),
        "while typing": lambda: browser.post(reverse("plan-similar"), typed),
        "the page of the model": lambda: browser.get(reverse("model", args=[theirs.pk])),
        "the queue": lambda: browser.get(reverse("overlaps")),
        "the overview": lambda: browser.get(reverse("overview")),
    }


def _read(ask: Callable[[], Any]) -> tuple[bytes, int]:
    reset_queries()  # the log holds 9,000 and would then seem not to grow
    with CaptureQueriesContext(connection) as seen:
        answer = ask()
    assert answer.status_code == 200
    return OF_THE_CALL.sub(b"", answer.content), len(seen)


def test_the_coordinator_sees_the_confidential_pair(
    coordinator: Caller, project: Project, theirs: Model
) -> None:
    with private_plan(project) as plan:
        rows = coordinator.get("overlaps/").json()["results"]
        both = {str(plan.pk), str(theirs.pk)}
        [pair] = [row for row in rows if {row["a"]["id"], row["b"]["id"]} == both]
        assert pair["class"] == "duplicate"


@pytest.mark.parametrize("admin", ["quota_admin", "portal_admin"])
def test_who_only_awards_sees_no_confidential_pair(
    admin: str, project: Project, theirs: Model, request: pytest.FixtureRequest
) -> None:
    caller: Caller = request.getfixturevalue(admin)
    with private_plan(project):
        pair = Overlap.objects.get(is_confidential=True, a__name__in=(CANARY, theirs.name),
                                   b__name__in=(CANARY, theirs.name))  # fmt: skip
        assert CANARY not in caller.get("overlaps/").content.decode()
        assert caller.get(f"overlaps/{pair.pk}/").status_code == 404
        assert CANARY not in caller.get(f"models/{theirs.pk}/overlaps/").content.decode()


def test_every_answer_is_the_same_with_and_without_a_private_plan(
    stranger: Caller, project: Project, theirs: Model
) -> None:
    answers = _answers(stranger, theirs)
    without = {name: _read(ask) for name, ask in answers.items()}
    with private_plan(project):
        found = {name: _read(ask) for name, ask in answers.items()}
    assert {name for name in answers if found[name] != without[name]} == set()
    assert all(CANARY.encode() not in content for content, _queries in found.values())


def test_500_interleaved_pairs_of_answers_are_byte_equal_with_as_many_queries(
    stranger: Caller, project: Project, theirs: Model
) -> None:
    answers = _answers(stranger, theirs)
    asked = [answers["overlaps of a model"], answers["while typing"]]
    for number in range(PAIRS // len(asked)):
        with private_plan(project):
            found = [_read(ask) for ask in asked]
        assert [_read(ask) for ask in asked] == found, number


def test_no_mail_and_no_notice_tells_the_other_side(
    stranger: Caller, coordinator: Caller, project: Project, theirs: Model
) -> None:
    values = {"name": "mine", "languages": ["de"]}
    create_watch(by=stranger.user, values=values, now=make.now())
    before = Notice.objects.filter(user=stranger.user).count()
    with private_plan(project):
        rescore_open_plans(now=make.now())
        tell_watchers(now=make.now())
        mail_notices(now=make.now())
        assert Notice.objects.filter(user=stranger.user).count() == before
        assert Notice.objects.filter(user=coordinator.user, params__mine=CANARY).exists()
        sent = [text for text in mail.outbox if stranger.user.email in text.to]
        assert all(CANARY not in f"{text.subject} {text.body}" for text in sent)


def test_words_of_private_plans_are_not_counted(project: Project, theirs: Model) -> None:
    with private_plan(project):
        count_words()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM registry_wordcount WHERE word = %s", [CANARY])
            assert cursor.fetchone()[0] == 0


def test_many_private_plans_push_no_open_one_out(
    stranger: Caller, project: Project, theirs: Model
) -> None:
    path = f"models/{theirs.pk}/overlaps/"
    before = stranger.get(path).content
    for number in range(60):
        make.make_model(project, name=f"p{number}", **{**BASE, "visibility": "group"})
    compare_due(now=make.now())
    assert stranger.get(path).content == before
