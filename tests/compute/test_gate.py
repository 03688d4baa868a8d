"""The gate before an award: similar efforts make a case, and a case holds the award back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from compute.actions.gate import compare_request, compare_waiting
from compute.models import Allocation, AwardLine, CapacityMonth, LedgerEntry, Pool, Request
from projects.models import Event, Membership, Notice, Project
from projects.roles import Role
from registry.actions.comparing import compare_model
from registry.models import Case, Model
from tests import make
from tests.compute.bodies import award_body
from tests.conftest import Caller
from tests.overlap.similar import decide, plan

UNLIKE: dict[str, Any] = {"modality_out": ["image"], "tasks": ["text-to-image"]}


@pytest.fixture
def ours(project: Project) -> Model:
    return plan(project, name="Ours-9B")


@pytest.fixture
def theirs(db: None) -> Model:
    """A confidential plan of another group, much like ours."""
    return plan(name="Secret-9B", visibility="group")


@pytest.fixture
def asked(project: Project, pool: Pool, ours: Model, theirs: Model) -> Request:
    """A large training request for ours; nobody compared it yet."""
    return _ask(project, pool, ours)


@pytest.fixture
def held(asked: Request) -> Case:
    """The case that the gate opened about it."""
    compare_request(asked, now=make.now())
    return Case.objects.get()


def _ask(project: Project, pool: Pool, model: Model, hours: int = 120, **values: Any) -> Request:
    why: dict[str, Any] = {"why_not_reasons": ["method"], "why_not_text": "because"}
    values = {"purpose": "training", "model": model, "gpu_hours": hours, **why, **values}
    return make.make_request(project, pool, **values)


def _award(caller: Caller, request: Request, *, key: str | None = None, **body: Any) -> Any:
    path = f"requests/{request.pk}/award/"
    return caller.post(path, {**award_body(request), **body}, key=key)


def _opens(request: Request) -> bool:
    """Whether a case is open once the request was compared."""
    compare_request(request, now=make.now())
    return Case.objects.exists()


def _nothing_is_awarded(request: Request) -> bool:
    request.refresh_from_db()
    touched = any(m._default_manager.exists() for m in (Allocation, AwardLine, LedgerEntry))
    taken = CapacityMonth.objects.filter(granted__gt=0).exists()
    marked = bool(request.awarded_beside or request.exception_reason)
    return request.state == "submitted" and not touched and not taken and not marked


# What an open case does to an award.


def test_an_open_case_holds_the_award_back_and_is_named(
    quota_admin: Caller, asked: Request, held: Case
) -> None:
    answer = _award(quota_admin, asked)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/case-open")
    assert f"case {held.code} is open" in answer.json()["detail"]
    assert _nothing_is_awarded(asked)


def test_the_case_that_the_gate_opens_survives_the_refused_call(
    quota_admin: Caller, asked: Request
) -> None:
    answer = _award(quota_admin, asked, key=make.key())
    case = Case.objects.get()
    assert (answer.status_code, case.opened_by) == (409, None)
    assert case.code in answer.json()["detail"]
    assert {party.model.name for party in case.parties.all()} == {"Ours-9B", "Secret-9B"}
    assert _nothing_is_awarded(asked)


def test_the_same_call_again_is_the_same_refusal_and_no_second_case(
    quota_admin: Caller, asked: Request
) -> None:
    key = make.key()
    answers = [_award(quota_admin, asked, key=key), _award(quota_admin, asked, key=key)]
    assert answers[0].content == answers[1].content
    _award(quota_admin, asked)
    assert Case.objects.count() == 1


def test_the_page_keeps_the_case_too_and_says_why_nothing_was_awarded(
    quota_admin: Caller, asked: Request
) -> None:
    form = {f"line-{asked.lines.get().pk}": "60", "reason": "for the pilot"}
    answer = quota_admin.as_browser.post(reverse("request-award", args=[asked.pk]), form)
    assert answer.status_code == 409
    assert Case.objects.get().code in answer.content.decode()
    assert "for the pilot" in answer.content.decode()
    assert _nothing_is_awarded(asked)


def test_an_exception_lets_it_proceed_and_the_award_is_marked(
    quota_admin: Caller, asked: Request, held: Case
) -> None:
    answer = _award(quota_admin, asked, exception="The call ends today.")
    assert (answer.status_code, answer.json()["awarded_beside"]) == (200, held.code)
    asked.refresh_from_db()
    assert (asked.state, asked.exception_reason) == ("awarded", "The call ends today.")
    assert Allocation.objects.count() == 1


@pytest.mark.parametrize("exception", ["", "  "])
def test_an_exception_without_words_is_none(
    quota_admin: Caller, asked: Request, held: Case, exception: str
) -> None:
    assert _award(quota_admin, asked, exception=exception).status_code == 409
    assert _nothing_is_awarded(asked)


def test_an_exception_is_an_event_with_its_reason_outside_the_projects_log(
    quota_admin: Caller, asked: Request, held: Case
) -> None:
    _award(quota_admin, asked, exception="The call ends today.")
    event = Event.objects.get(kind="award_beside_case")
    assert (event.reason, event.project) == ("The call ends today.", None)
    assert event.changes == {"case": [None, held.code]}


def test_after_ten_working_days_it_proceeds_and_is_marked(
    quota_admin: Caller, asked: Request, held: Case
) -> None:
    Case.objects.update(holds_until=make.now() - timedelta(seconds=1))
    answer = _award(quota_admin, asked)
    assert (answer.status_code, answer.json()["awarded_beside"]) == (200, held.code)
    assert Case.objects.get().is_open


def test_a_later_due_date_does_not_hold_it_any_longer(
    quota_admin: Caller, asked: Request, held: Case
) -> None:
    past, later = make.now() - timedelta(seconds=1), make.now() + timedelta(30)
    Case.objects.update(holds_until=past, due_at=later)
    assert _award(quota_admin, asked).status_code == 200


def test_beside_a_decided_case_it_proceeds_unmarked(
    quota_admin: Caller, coordinator: Caller, asked: Request, held: Case
) -> None:
    decide(held, by=coordinator.user)
    answer = _award(quota_admin, asked, exception="Just in case.")
    assert (answer.status_code, answer.json()["awarded_beside"]) == (200, "")
    asked.refresh_from_db()
    assert asked.exception_reason == ""


def test_where_nothing_is_alike_an_award_is_not_marked(
    quota_admin: Caller, project: Project, pool: Pool, ours: Model
) -> None:
    answer = _award(quota_admin, _ask(project, pool, ours))
    assert (answer.status_code, answer.json()["awarded_beside"]) == (200, "")
    assert not Case.objects.exists()


def test_a_request_for_no_model_passes(quota_admin: Caller, handed_in: Request) -> None:
    assert _award(quota_admin, handed_in).status_code == 200
    assert not Case.objects.exists()


def test_the_page_offers_an_exception_to_those_who_award(
    quota_admin: Caller, asked: Request, held: Case
) -> None:
    text = quota_admin.as_browser.get(reverse("request", args=[asked.pk])).content.decode()
    assert f"Case {held.code} about similar efforts is open" in text
    assert 'name="exception"' in text


def test_an_exception_typed_on_the_page_proceeds(
    quota_admin: Caller, asked: Request, held: Case
) -> None:
    form = {f"line-{asked.lines.get().pk}": "60", "exception": "The call ends today."}
    browser = quota_admin.as_browser
    browser.post(reverse("request-award", args=[asked.pk]), form)
    text = browser.get(reverse("request", args=[asked.pk])).content.decode()
    assert f"Awarded while case {held.code} was open." in text
    assert "The call ends today." in text


# What applicants see of it: nothing.


def _read_by(caller: Caller, request: Request) -> str:
    """All that the person reads about the request: page, API, log and notices."""
    browser = caller.as_browser
    answers = [browser.get(page) for page in (reverse("request", args=[request.pk]), "/notices/")]
    paths = (f"requests/{request.pk}/", "requests/", "events/?page_size=200", "cases/", "notices/")
    answers += [caller.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    return " ".join(answer.content.decode() for answer in answers)


def test_while_it_is_held_applicants_see_no_case(
    lead: Caller, quota_admin: Caller, asked: Request, held: Case
) -> None:
    _award(quota_admin, asked)
    assert held.code in _read_by(quota_admin, asked)
    for hidden in (held.code, str(held.pk), "Secret-9B"):
        assert hidden not in _read_by(lead, asked)


def test_once_it_is_awarded_applicants_see_neither_code_nor_mark(
    lead: Caller, quota_admin: Caller, asked: Request, held: Case
) -> None:
    _award(quota_admin, asked, exception="The call ends today.")
    assert held.code in _read_by(quota_admin, asked)
    for hidden in (held.code, str(held.pk), "The call ends today.", "award_beside_case"):
        assert hidden not in _read_by(lead, asked)
    assert lead.get(f"requests/{asked.pk}/").json()["awarded_beside"] == ""


def test_of_a_case_of_the_gate_the_coordinators_are_told(
    coordinator: Caller, lead: Caller, held: Case
) -> None:
    [notice] = Notice.objects.filter(kind="case_opened")
    assert (notice.user, notice.params["code"]) == (coordinator.user, held.code)


# What opens a case.


@pytest.mark.parametrize(("hours", "opens"), [(99, False), (100, True)])
def test_similar_efforts_make_a_case_from_a_hundred_gpu_hours_on(
    project: Project, pool: Pool, ours: Model, theirs: Model, hours: int, opens: bool
) -> None:
    assert _opens(_ask(project, pool, ours, hours)) == opens


def test_split_requests_of_one_project_are_summed(
    project: Project, pool: Pool, ours: Model, theirs: Model
) -> None:
    assert not _opens(_ask(project, pool, ours, 60))
    assert _opens(_ask(project, pool, ours, 60))


def test_requests_of_different_projects_are_not_summed(
    project: Project, pool: Pool, ours: Model, theirs: Model
) -> None:
    _ask(make.make_project(project.lead_group), pool, plan(**UNLIKE), 60)
    assert not _opens(_ask(project, pool, ours, 60))


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"state": "awarded", "decided_at": make.now() - timedelta(300)}, True),
        ({"state": "awarded", "decided_at": make.now() - timedelta(400)}, False),
        ({"state": "in_review"}, True),
        ({"state": "draft"}, False),
        ({"state": "changes_requested"}, False),
        ({"state": "denied", "decided_at": make.now()}, False),
        ({"state": "withdrawn"}, False),
        ({"purpose": "evaluation"}, False),
    ],
)
def test_what_waits_or_was_awarded_within_a_year_is_counted(
    project: Project, pool: Pool, ours: Model, theirs: Model, values: Any, counts: bool
) -> None:
    earlier = _ask(project, pool, ours, 60)
    Request.objects.filter(pk=earlier.pk).update(**values)
    assert _opens(_ask(project, pool, ours, 60)) == counts


def test_a_request_for_evaluation_opens_no_case(
    project: Project, pool: Pool, ours: Model, theirs: Model
) -> None:
    assert not _opens(_ask(project, pool, ours, purpose="evaluation"))


def test_an_effort_known_from_public_record_alone_opens_no_case_by_itself(
    quota_admin: Caller, asked: Request, theirs: Model
) -> None:
    Model.objects.filter(pk=theirs.pk).update(public_record={"source": "EuroHPC"})
    assert _award(quota_admin, asked).status_code == 200
    assert not Case.objects.exists()


@pytest.mark.parametrize("state", ["released", "withdrawn", "abandoned"])
def test_an_effort_that_goes_on_no_more_opens_no_case(
    asked: Request, theirs: Model, state: str
) -> None:
    Model.objects.filter(pk=theirs.pk).update(state=state)
    assert not _opens(asked)


def test_frozen_facts_count_although_the_model_was_changed_after_it_was_handed_in(
    quota_admin: Caller, asked: Request, ours: Model
) -> None:
    Model.objects.filter(pk=ours.pk).update(**UNLIKE)
    answer = _award(quota_admin, asked)
    assert answer.status_code == 409
    assert Case.objects.get().code in answer.json()["detail"]


def test_a_model_that_became_alike_after_it_was_handed_in_opens_no_case(
    project: Project, pool: Pool, theirs: Model
) -> None:
    model = plan(project, **UNLIKE)
    request = _ask(project, pool, model)
    Model.objects.filter(pk=model.pk).update(modality_out=["text"], tasks=["general"])
    assert not _opens(request)


def test_a_settled_pair_opens_no_second_case(
    coordinator: Caller, project: Project, pool: Pool, ours: Model, held: Case
) -> None:
    decide(held, by=coordinator.user)
    compare_request(_ask(project, pool, ours), now=make.now())
    assert list(Case.objects.all()) == [held]


def test_a_further_effort_comes_to_the_case_that_is_open(
    project: Project, pool: Pool, ours: Model, held: Case
) -> None:
    plan(name="Third-9B")
    compare_request(_ask(project, pool, ours), now=make.now())
    assert list(Case.objects.all()) == [held]
    names = {party.model.name for party in held.parties.all()}
    assert names == {"Ours-9B", "Secret-9B", "Third-9B"}


# Too few facts.


@pytest.mark.parametrize(("hours", "opens"), [(4_999, False), (5_000, True)])
def test_too_few_facts_make_a_case_from_five_thousand_gpu_hours_on(
    project: Project, pool: Pool, hours: int, opens: bool
) -> None:
    vague = make.make_model(project, modality_out=["text"], languages=["de"])
    assert _opens(_ask(project, pool, vague, hours)) == opens
    if opens:
        case = Case.objects.get()
        assert case.about == "missing_facts"
        assert [party.model for party in case.parties.all()] == [vague]


@pytest.mark.parametrize(
    ("facts", "opens"),
    [
        ({"modality_out": ["text"], "languages": ["de"], "tasks": ["general"]}, False),
        ({"modality_out": ["text"], "tasks": ["general"], "parameters": 10**9}, False),
        ({"languages": ["de"], "tasks": ["general"], "parameters": 10**9}, True),
        ({"modality_out": ["text"], "parameters": 10**9}, True),
    ],
)
def test_two_of_three_facts_are_enough_if_it_says_what_it_produces(
    project: Project, pool: Pool, facts: dict[str, Any], opens: bool
) -> None:
    assert _opens(_ask(project, pool, make.make_model(project, **facts), 5_000)) == opens


def test_missing_facts_hold_the_award_back_too(
    quota_admin: Caller, project: Project, pool: Pool
) -> None:
    request = _ask(project, pool, make.make_model(project), 5_000)
    answer = _award(quota_admin, request)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/case-open")
    assert Case.objects.get().about == "missing_facts"
    assert _nothing_is_awarded(request)


# When it is compared, and for whom.


def test_what_waits_is_compared_once(asked: Request) -> None:
    assert compare_waiting(now=make.now()) == 1
    assert compare_waiting(now=make.now()) == 0
    assert Case.objects.count() == 1


def test_what_was_sent_back_and_comes_again_is_compared_again(
    lead: Caller, quota_admin: Caller, asked: Request, theirs: Model
) -> None:
    Model.objects.filter(pk=theirs.pk).update(state="withdrawn")
    compare_waiting(now=make.now())
    Model.objects.filter(pk=theirs.pk).update(state="planned")
    quota_admin.post(f"requests/{asked.pk}/return/", {"comment": "More words."})
    lead.post(f"requests/{asked.pk}/submit/")
    assert compare_waiting(now=make.now()) == 1
    assert Case.objects.count() == 1


def test_the_stake_of_a_pair_is_what_is_asked_for(
    project: Project, pool: Pool, ours: Model, theirs: Model
) -> None:
    facts = {"parameters": None, "tokens": None}
    Model.objects.filter(pk__in=[ours.pk, theirs.pk]).update(**facts)
    _ask(project, pool, ours, 120)
    [pair] = compare_model(model=Model.objects.get(pk=ours.pk), now=make.now())
    assert (pair.stake_low, pair.stake_high) == (120 * 3600, 120 * 3600)


def test_a_stranger_finds_no_request_and_opens_no_case(stranger: Caller, asked: Request) -> None:
    assert _award(stranger, asked).status_code == 404
    assert not Case.objects.exists()


def test_who_may_not_award_opens_no_case(
    lead: Caller, coordinator: Caller, asked: Request
) -> None:
    for who in (lead, coordinator):
        assert _award(who, asked, exception="Let me.").status_code == 403
    assert not Case.objects.exists()


def test_nobody_passes_their_own_projects_request(
    quota_admin: Caller, asked: Request, project: Project
) -> None:
    group = project.lead_group
    Membership.objects.create(user=quota_admin.user, group=group, role=Role.GUEST)
    assert _award(quota_admin, asked, exception="Let me.").status_code == 403
    assert not Case.objects.exists()
