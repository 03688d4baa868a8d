"""Pages of cases: the list, one case for each who may read it, and what is done on it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Event, Group
from registry.models import Case
from tests import make
from tests.conftest import Caller
from tests.overlap.similar import decide, invite, led_by


@pytest.fixture
def invited(case: Case, group: Group, other: Caller, coordinator: Caller) -> Case:
    """The case once both groups were written to."""
    invite(case, group, led_by(other.user), by=coordinator.user)
    return case


def _page(caller: Caller, case: Case) -> str:
    answer = caller.as_browser.get(reverse("case", args=[case.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def _send(caller: Caller, case: Case, what: str, group: Group | None = None, **form: Any) -> Any:
    """The answer to a form of the page; with a group, to one about it."""
    party = [case.parties.get(group=group).pk] if group else []
    return caller.as_browser.post(reverse(f"case-{what}", args=[case.pk, *party]), form)


def _went_back(answer: Any, case: Case) -> bool:
    return (answer.status_code, answer.headers.get("Location")) == (302, f"/cases/{case.pk}/")


# Who reads what.


def test_a_coordinator_reads_both_sides_and_may_act(coordinator: Caller, case: Case) -> None:
    text = _page(coordinator, case)
    for name in (case.code, "Ours-9B", "Secret-9B", "What speaks for it, and what against"):
        assert name in text
    for what in ("decide", "assign", "recuse", "say"):
        assert reverse(f"case-{what}", args=[case.pk]) in text


def test_an_invited_lead_reads_its_own_side_and_may_answer(
    other: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    text = _page(lead, invited)
    own = invited.parties.get(group=group)
    for name in ("Ours-9B", "Dear Ours", "There is more in this case"):
        assert name in text
    assert reverse("case-reply", args=[invited.pk, own.pk]) in text
    for hidden in ("Secret-9B", "Others", reverse("case-decide", args=[invited.pk])):
        assert hidden not in text


def test_an_introduced_lead_reads_who_the_others_are(
    lead: Caller, other: Caller, group: Group, invited: Case
) -> None:
    _send(lead, invited, "consent", group, consents="yes")
    _send(other, invited, "consent", led_by(other.user), consents="yes")
    assert "Secret-9B" in _page(lead, invited)


@pytest.mark.parametrize("who", ["quota_admin", "portal_admin"])
def test_staff_who_read_nothing_confidential_see_no_such_party_and_no_talk(
    who: str, request: pytest.FixtureRequest, other: Caller, invited: Case
) -> None:
    text = _page(request.getfixturevalue(who), invited)
    assert "Ours-9B" in text
    for hidden in ("Secret-9B", "Others", "Dear Ours"):
        assert hidden not in text


def test_an_auditors_look_is_logged(auditor: Caller, case: Case) -> None:
    assert "Secret-9B" in _page(auditor, case)
    [event] = Event.objects.filter(kind="read_confidential")
    assert (event.actor, event.object_id) == (auditor.user, case.pk)


@pytest.mark.parametrize("who", ["stranger", "lead", "other"])
def test_strangers_and_leads_who_are_not_invited_find_no_case(
    who: str, request: pytest.FixtureRequest, case: Case
) -> None:
    browser = request.getfixturevalue(who).as_browser
    assert browser.get(reverse("case", args=[case.pk])).status_code == 404
    assert case.code not in browser.get("/cases/").content.decode()


@pytest.mark.parametrize("what", ["say", "email", "assign", "recuse", "decide", "close", "reopen"])
def test_a_stranger_sends_nothing_and_an_invited_lead_does_not_decide(
    stranger: Caller, lead: Caller, invited: Case, what: str
) -> None:
    assert _send(stranger, invited, what, text="x").status_code == 404
    assert _send(lead, invited, what, text="x").status_code == 403


@pytest.mark.parametrize("what", ["invite", "reply", "agree", "consent"])
def test_a_stranger_says_nothing_about_a_party(
    stranger: Caller, group: Group, invited: Case, what: str
) -> None:
    assert _send(stranger, invited, what, group, text="x").status_code == 404
    assert invited.messages.count() == 2


def test_a_party_of_another_case_is_not_there(coordinator: Caller, case: Case) -> None:
    now = make.now()
    empty = Case.objects.create(opened_at=now, due_at=now, holds_until=now)
    address = reverse("case-invite", args=[empty.pk, case.parties.all()[0].pk])
    assert coordinator.as_browser.post(address, {"text": "Hello"}).status_code == 404
    assert not case.messages.exists()


# What coordinators do.


def test_writing_to_a_group_invites_it(coordinator: Caller, group: Group, case: Case) -> None:
    answer = _send(coordinator, case, "invite", group, text="Please talk to us.")
    assert _went_back(answer, case)
    assert "Please talk to us." in _page(coordinator, case)
    assert case.parties.get(group=group).invited_at


@pytest.mark.parametrize(("to", "reads"), [("all", True), ("staff", False), ("x", False)])
def test_a_word_goes_to_all_groups_or_is_a_note(
    coordinator: Caller, lead: Caller, invited: Case, to: str, reads: bool
) -> None:
    assert _went_back(_send(coordinator, invited, "say", text="They sound keen.", to=to), invited)
    assert "They sound keen." in _page(coordinator, invited)
    assert ("They sound keen." in _page(lead, invited)) == reads


def test_an_email_is_filed(coordinator: Caller, group: Group, invited: Case) -> None:
    party = invited.parties.get(group=group).pk
    form: dict[str, Any] = {
        "party": party,
        "sender": "pi@example.org",
        "text": "We agree to meet.",
    }
    assert _went_back(_send(coordinator, invited, "email", **form), invited)
    assert "e-mail from pi@example.org" in _page(coordinator, invited)


def test_it_is_assigned_until_the_end_of_a_day(
    coordinator: Caller, second: Caller, case: Case
) -> None:
    form: dict[str, Any] = {
        "owner": second.user.pk,
        "due_on": "2031-01-02",
        "waiting_on": "groups",
    }
    assert _went_back(_send(coordinator, case, "assign", **form), case)
    case.refresh_from_db()
    assert (case.owner, f"{case.due_at:%Y-%m-%d}") == (second.user, "2031-01-02")


def test_who_stands_aside_sees_the_confidential_side_no_more(
    coordinator: Caller, case: Case
) -> None:
    assert _went_back(_send(coordinator, case, "recuse", reason="My sister."), case)
    text = _page(coordinator, case)
    assert "Secret-9B" not in text
    assert reverse("case-decide", args=[case.pk]) not in text


def test_an_outcome_stands_on_the_page_with_its_reason(
    coordinator: Caller, lead: Caller, invited: Case
) -> None:
    form: dict[str, Any] = {
        "outcome": "merge",
        "reason": "The same corpus.",
        "low": "100",
        "high": "250",
    }
    assert _went_back(_send(coordinator, invited, "decide", **form), invited)
    text = _page(lead, invited)
    assert "We recommend to merge the efforts." in text
    assert "The same corpus." in text
    assert "100–250 GPU-hours avoided." in text


def test_a_decided_case_is_put_away_and_taken_up_again(coordinator: Caller, case: Case) -> None:
    decide(case, by=coordinator.user)
    assert _went_back(_send(coordinator, case, "close"), case)
    assert Case.objects.get().state == "closed"
    assert _went_back(_send(coordinator, case, "reopen", text="New facts"), case)
    assert Case.objects.get().state == "open"
    assert "New facts" in _page(coordinator, case)


def test_an_open_case_is_not_put_away(coordinator: Caller, case: Case) -> None:
    assert _send(coordinator, case, "close").status_code == 409
    assert Case.objects.get().state == "open"


# What groups do.


def test_a_lead_answers_the_coordinators(
    coordinator: Caller, lead: Caller, other: Caller, group: Group, invited: Case
) -> None:
    assert _went_back(_send(lead, invited, "reply", group, text="We could share."), invited)
    assert "We could share." in _page(coordinator, invited)
    assert "We could share." not in _page(other, invited)


def test_a_lead_answers_the_recommendation(
    coordinator: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    decide(invited, by=coordinator.user, avoided=(3600, 7200))
    form = {"agrees": "yes", "text": "Gladly.", "confirms_avoided": "on"}
    assert _went_back(_send(lead, invited, "agree", group, **form), invited)
    text = _page(coordinator, invited)
    assert "agrees, confirms the GPU-hours: Gladly." in text


def test_a_lead_takes_consent_back(lead: Caller, group: Group, invited: Case) -> None:
    _send(lead, invited, "consent", group, consents="yes")
    assert "Take that back" in _page(lead, invited)
    assert _went_back(_send(lead, invited, "consent", group, consents="no"), invited)
    assert "We may be introduced" in _page(lead, invited)


# What is refused stays typed.


@pytest.mark.parametrize(
    ("what", "form", "kept"),
    [
        ("decide", {"outcome": "merge", "low": "123", "high": "45", "reason": "w"}, "123"),
        ("decide", {"outcome": "reuse", "reason": " ", "high": "4567"}, "4567"),
        ("assign", {"owner": "", "due_on": "the day after", "waiting_on": ""}, "the day after"),
        ("email", {"sender": "pi@example.org", "text": "We agree.", "party": "x"}, "We agree."),
        ("email", {"sender": "", "text": "We agree to meet."}, "We agree to meet."),
    ],
)
def test_a_refused_form_keeps_what_was_typed(
    coordinator: Caller, case: Case, what: str, form: dict[str, Any], kept: str
) -> None:
    answer = _send(coordinator, case, what, **form)
    assert answer.status_code == 400
    assert kept in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    case.refresh_from_db()
    assert (case.state, case.messages.count()) == ("open", 0)


@pytest.mark.parametrize("what", ["say", "reopen"])
def test_words_that_are_missing_are_asked_for(coordinator: Caller, case: Case, what: str) -> None:
    decide(case, by=coordinator.user)
    answer = _send(coordinator, case, what, text=" ")
    assert answer.status_code == 400
    assert "This field is required." in answer.content.decode()


def test_a_letter_to_a_group_of_a_decided_case_is_refused_and_told_why(
    coordinator: Caller, group: Group, case: Case
) -> None:
    decide(case, by=coordinator.user)
    answer = _send(coordinator, case, "invite", group, text="Please talk to us.")
    assert answer.status_code == 409
    assert "The case is decided. Reopen it first." in answer.content.decode()


def test_a_disagreement_without_a_reason_is_refused(
    coordinator: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    decide(invited, by=coordinator.user)
    answer = _send(lead, invited, "agree", group, agrees="no", text="")
    assert answer.status_code == 400
    assert "Say why you do not agree." in answer.content.decode()


def test_an_answer_that_is_too_long_stays_typed(lead: Caller, group: Group, invited: Case) -> None:
    answer = _send(lead, invited, "reply", group, text="x" * 20_001)
    assert answer.status_code == 400
    assert "x" * 20_001 in answer.content.decode()


# The list.


def test_the_list_says_what_waits_for_whom(coordinator: Caller, case: Case) -> None:
    text = coordinator.as_browser.get("/cases/").content.decode()
    assert case.code in text
    assert "(coordinator)" in text


def test_the_list_is_narrowed_by_state_and_outcome(coordinator: Caller, case: Case) -> None:
    browser = coordinator.as_browser
    for query, is_there in (
        ("state=open", True),
        ("state=closed", False),
        ("outcome=merge", False),
    ):
        assert (case.code in browser.get(f"/cases/?{query}").content.decode()) == is_there


def test_an_invited_lead_lists_the_case_without_who_handles_it(
    lead: Caller, invited: Case
) -> None:
    text = lead.as_browser.get("/cases/").content.decode()
    assert invited.code in text
    assert "(coordinator)" not in text


def test_the_list_sums_what_the_groups_confirmed(coordinator: Caller, invited: Case) -> None:
    decide(invited, by=coordinator.user, avoided=(100 * 3600, 250 * 3600))
    assert "confirmed by the groups" not in coordinator.as_browser.get("/cases/").content.decode()
    invited.parties.update(confirms_avoided=True)
    text = coordinator.as_browser.get("/cases/").content.decode()
    assert "100–250 GPU-hours avoided, confirmed by the groups." in text


@pytest.mark.parametrize("count", [2, 20])
def test_the_list_costs_the_same_however_long_it_is(
    coordinator: Caller, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = make.now()
    for _each in range(count):
        Case.objects.create(owner=coordinator.user, opened_at=now, due_at=now, holds_until=now)
    browser = coordinator.as_browser
    with django_assert_num_queries(8):
        assert "A-" in browser.get("/cases/").content.decode()


@pytest.mark.parametrize("count", [2, 20])
def test_a_case_costs_the_same_however_much_was_said(
    coordinator: Caller,
    lead: Caller,
    group: Group,
    invited: Case,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        _send(lead, invited, "reply", group, text=f"Word {number}")
    browser = coordinator.as_browser
    with django_assert_num_queries(22):
        browser.get(reverse("case", args=[invited.pk]))


# Ancestors in common.


def _lineage(caller: Caller, case: Case) -> str:
    page = " ".join(_page(caller, case).split())
    return page[page.index("Lineage between them") :][:800]


def test_what_both_derive_from_stands_between_them(coordinator: Caller, case: Case) -> None:
    pair = case.overlaps.get()
    base = make.make_model(name="Common-base", visibility="public")
    for model in (pair.a, pair.b):
        make.make_edge(model, base)
    assert "Common-base" in _lineage(coordinator, case)
    assert "1 and 1 steps above" in _lineage(coordinator, case)


def test_without_one_it_says_whether_all_ancestors_were_read(
    coordinator: Caller, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = case.overlaps.get()
    for _each in range(2):
        make.make_edge(pair.a, make.make_model(visibility="public"))
    assert "No common ancestor that you may see. A" in _lineage(coordinator, case)
    monkeypatch.setattr("registry.views.overlaps.ABOVE", 1)
    assert "you may see among the nearest. A" in _lineage(coordinator, case)
