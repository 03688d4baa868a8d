"""Cases: what coordinators decide about similar efforts, and who may read how much of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from projects.errors import Conflict
from projects.models import Event, Group, Membership, Notice
from projects.roles import Role
from registry.actions.cases import add_overlaps, assign_case, working_days_after
from registry.actions.comparing import compare_model, rescore_open_plans
from registry.models import Case, Model, Overlap
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller
from tests.overlap.similar import case_about, decide, flagged_pair, invite, led_by, plan

DECISION = {"outcome": "coordinate", "reason": "Both want it."}
LATER = "2031-01-01T12:00:00Z"


def _opened(caller: Caller, *pairs: Overlap) -> Any:
    keys = [str(pair.pk) for pair in pairs]
    return caller.post("cases/", {"overlaps": keys, "reason": "Look at this"})


def _do(caller: Caller, case: Case, what: str, **body: Any) -> Any:
    return caller.post(f"cases/{case.pk}/{what}/", body)


def _names(answer: Any) -> set[str]:
    return {party["model"]["name"] for party in answer.json()["parties"]}


def _calls(case: Case) -> dict[str, dict[str, Any]]:
    """Everything that only those do who handle the case."""
    party = str(case.parties.all()[0].pk)
    return {
        "assign": {"owner": None, "due_at": LATER, "waiting_on": ""},
        "invite": {"party": party, "text": "Hello"},
        "say": {"to": "all", "text": "Hello"},
        "file-email": {"party": party, "sender": "x@example.org", "text": "Hello"},
        "recuse": {},
        "decide": DECISION,
        "close": {},
        "reopen": {"reason": "New facts"},
    }


# Opening.


def test_a_coordinator_opens_a_case_about_a_pair(coordinator: Caller, pair: Overlap) -> None:
    answer = _opened(coordinator, pair)
    assert (answer.status_code, answer.json()["state"]) == (201, "open")
    assert _names(answer) == {"Ours-9B", "Secret-9B"}
    assert answer.json()["holds_award"]
    assert Case.objects.get().owner == coordinator.user


def test_a_new_case_is_one_event_with_its_reason(coordinator: Caller, pair: Overlap) -> None:
    _opened(coordinator, pair)
    event = Event.objects.get(kind="open_case")
    assert (event.actor, event.object_id) == (coordinator.user, Case.objects.get().pk)
    assert event.reason == "Look at this"


def test_of_a_case_that_the_gate_opens_every_coordinator_is_told(
    coordinator: Caller, second: Caller, pair: Overlap
) -> None:
    case = case_about(pair)
    told = Notice.objects.filter(kind="case_opened")
    assert {notice.user for notice in told} == {coordinator.user, second.user}
    assert {notice.path for notice in told} == {f"/cases/{case.pk}/"}


def test_a_coordinator_of_a_group_of_the_pair_opens_no_case_about_it(
    coordinator: Caller, pair: Overlap, group: Group
) -> None:
    Membership.objects.create(user=coordinator.user, group=group, role=Role.GUEST)
    assert _opened(coordinator, pair).status_code == 403
    assert not Case.objects.exists()


def test_a_pair_in_an_open_case_cannot_be_in_a_second(
    coordinator: Caller, case: Case, pair: Overlap
) -> None:
    answer = _opened(coordinator, pair)
    assert answer.status_code == 409
    assert case.code in answer.json()["detail"]
    assert list(Case.objects.all()) == [case]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_case_at_once_one_is_first() -> None:
    pair = flagged_pair()
    people = [make.make_staff(Role.COORDINATOR) for _each in range(2)]

    def opens(number: int) -> str:
        try:
            return case_about(pair, by=people[number]).code
        except Conflict:
            return ""

    codes = at_once(lambda: opens(0), lambda: opens(1))
    assert sorted(map(bool, codes)) == [False, True]
    assert Case.objects.count() == 1


@pytest.mark.parametrize("overlaps", [[], ["x"], None])
def test_a_case_is_about_at_least_one_pair(coordinator: Caller, overlaps: Any) -> None:
    answer = coordinator.post("cases/", {"overlaps": overlaps})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["overlaps"])


def test_a_pair_that_is_not_there_opens_nothing(coordinator: Caller) -> None:
    assert coordinator.post("cases/", {"overlaps": [make.key()]}).status_code == 404
    assert not Case.objects.exists()


def test_nobody_but_coordinators_opens_cases(
    quota_admin: Caller, auditor: Caller, lead: Caller, stranger: Caller, pair: Overlap
) -> None:
    for who in (quota_admin, auditor, lead, stranger):
        assert _opened(who, pair).status_code == 403
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("opened", "until"),
    [("2027-03-01", "2027-03-15"), ("2027-03-05", "2027-03-19"), ("2027-03-06", "2027-03-19")],
)
def test_a_case_holds_an_award_for_ten_working_days(opened: str, until: str) -> None:
    moment = datetime.fromisoformat(f"{opened}T09:30:00+00:00")
    assert f"{working_days_after(moment, 10):%Y-%m-%d %H:%M}" == f"{until} 09:30"


# Further pairs.


def _third(pair: Overlap) -> Overlap:
    """A pair of the same effort with a third one."""
    plan(name="Third-9B")
    compare_model(model=Model.objects.get(name="Ours-9B"), now=make.now())
    return Overlap.objects.exclude(pk=pair.pk).of(Model.objects.get(name="Third-9B"))[0]


def test_a_further_pair_brings_its_efforts_into_the_case(case: Case, pair: Overlap) -> None:
    add_overlaps(by=None, case=case, overlaps=[_third(pair)], now=make.now())
    assert case.overlaps.count() == 2
    assert {party.model.name for party in case.parties.all()} >= {"Third-9B"}


def test_an_effort_that_is_a_party_already_is_so_once(case: Case, pair: Overlap) -> None:
    add_overlaps(by=None, case=case, overlaps=[pair], now=make.now())
    assert (case.overlaps.count(), case.parties.count()) == (1, 2)


def test_no_pair_comes_to_a_decided_case(case: Case, pair: Overlap, coordinator: Caller) -> None:
    third = _third(pair)
    decide(case, by=coordinator.user)
    with pytest.raises(Conflict, match="Reopen it first"):
        add_overlaps(by=None, case=case, overlaps=[third], now=make.now())


def test_no_pair_comes_over_from_another_open_case(case: Case, pair: Overlap) -> None:
    third = _third(pair)
    taken = case_about(third)
    with pytest.raises(Conflict, match=taken.code):
        add_overlaps(by=None, case=case, overlaps=[third], now=make.now())
    assert case.overlaps.count() == 1


# Who handles it.


def test_a_case_gets_an_owner_a_deputy_and_a_due_date(
    coordinator: Caller, second: Caller, case: Case
) -> None:
    body = {"owner": "second", "deputy": "coordinator", "due_at": LATER, "waiting_on": "groups"}
    answer = _do(coordinator, case, "assign", **body)
    case.refresh_from_db()
    assert (answer.status_code, answer.json()["due_at"]) == (200, LATER)
    assert (case.owner, case.deputy) == (second.user, coordinator.user)
    assert case.waiting_on == "groups"
    event = Event.objects.get(kind="assign_case")
    assert event.changes["owner"] == [str(coordinator.user.pk), str(second.user.pk)]


def test_a_later_due_date_holds_no_award_back_any_longer(coordinator: Caller, case: Case) -> None:
    until = case.holds_until
    _do(coordinator, case, "assign", owner="coordinator", due_at=LATER, waiting_on="")
    case.refresh_from_db()
    assert case.holds_until == until


@pytest.mark.parametrize("role", ["owner", "deputy"])
@pytest.mark.parametrize("name", ["lead", "quota_admin", "nobody"])
def test_only_coordinators_are_put_in_charge(
    coordinator: Caller, lead: Caller, quota_admin: Caller, case: Case, role: str, name: str
) -> None:
    body = {"owner": None, "due_at": LATER, "waiting_on": "", role: name}
    answer = _do(coordinator, case, "assign", **body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [role])
    case.refresh_from_db()
    assert case.owner == coordinator.user


def test_the_owner_alone_hears_of_answers(
    coordinator: Caller, second: Caller, lead: Caller, group: Group, case: Case
) -> None:
    invite(case, group, by=coordinator.user)
    Notice.objects.all().delete()
    party = str(case.parties.get(group=group).pk)
    _do(lead, case, "reply", party=party, text="We could share.")
    [notice] = Notice.objects.filter(kind="case_answered")
    assert notice.user == coordinator.user


# Standing aside.


def test_who_stands_aside_reads_the_open_side_only_and_handles_nothing(
    coordinator: Caller, case: Case
) -> None:
    answer = _do(coordinator, case, "recuse", reason="My sister works there.")
    assert _names(answer) == {"Ours-9B"}
    assert (answer.json()["hidden"], answer.json()["messages"]) == (True, [])
    for what, body in _calls(case).items():
        assert _do(coordinator, case, what, **body).status_code == 403, what


def test_the_deputy_takes_over_from_who_stands_aside(
    coordinator: Caller, second: Caller, case: Case
) -> None:
    assign_case(
        by=coordinator.user, case=case, owner=coordinator.user, deputy=second.user,
        due_at=case.due_at, waiting_on="", now=make.now(),
    )  # fmt: skip
    _do(coordinator, case, "recuse")
    case.refresh_from_db()
    assert (case.owner, case.deputy) == (second.user, None)


def test_who_stands_aside_is_not_put_in_charge_again(
    coordinator: Caller, second: Caller, case: Case
) -> None:
    _do(second, case, "recuse")
    answer = _do(coordinator, case, "assign", owner="second", due_at=LATER, waiting_on="")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["owner"])


def test_standing_aside_is_an_event_with_its_reason(coordinator: Caller, case: Case) -> None:
    _do(coordinator, case, "recuse", reason="My sister works there.")
    assert Event.objects.get(kind="recuse").reason == "My sister works there."


def test_who_stands_aside_is_not_told_what_the_groups_answer(
    coordinator: Caller, second: Caller, lead: Caller, group: Group, case: Case
) -> None:
    invite(case, group, by=coordinator.user)
    _do(coordinator, case, "recuse")
    party = str(case.parties.get(group=group).pk)
    _do(lead, case, "reply", party=party, text="We could share.")
    told = Notice.objects.filter(kind="case_answered")
    assert [notice.user for notice in told] == [second.user]


# The outcome.


def test_an_outcome_is_told_with_its_reason_and_range(coordinator: Caller, case: Case) -> None:
    hours = {"low": "100", "high": "250.5"}
    row = _do(coordinator, case, "decide", **DECISION, avoided_gpu_hours=hours).json()
    assert (row["state"], row["outcome"]) == ("decided", "coordinate")
    assert (row["outcome_reason"], row["waiting_on"]) == ("Both want it.", "groups")
    assert row["avoided_gpu_hours"] == {"low": 100.0, "high": 250.5}
    assert not row["holds_award"]


def test_a_decision_is_one_event_with_the_amount_in_gpu_seconds(
    coordinator: Caller, case: Case
) -> None:
    decide(case, by=coordinator.user, avoided=(3600, 7200))
    event = Event.objects.get(kind="decide_case")
    assert event.changes["outcome"] == [None, "coordinate"]
    assert event.changes["avoided_gpu_seconds"] == [None, [3600, 7200]]


def test_settled_pairs_leave_the_queue(coordinator: Caller, case: Case, pair: Overlap) -> None:
    assert list(Overlap.objects.in_queue()) == [pair]
    decide(case, by=coordinator.user)
    assert not Overlap.objects.in_queue().exists()
    assert Overlap.objects.flagged().exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": " "}, "reason"),
        ({"outcome": "obey"}, "outcome"),
        ({"avoided_gpu_hours": {"low": "5", "high": "4"}}, "avoided"),
        ({"avoided_gpu_hours": {"low": "-1", "high": "4"}}, "avoided_gpu_hours"),
    ],
)
def test_what_is_no_outcome_is_refused(
    coordinator: Caller, case: Case, change: dict[str, Any], field: str
) -> None:
    answer = _do(coordinator, case, "decide", **{**DECISION, **change})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("open", "")


def test_who_decides_second_is_told_that_it_is_decided(
    coordinator: Caller, second: Caller, case: Case
) -> None:
    _do(coordinator, case, "decide", **DECISION)
    answer = _do(second, case, "decide", **{**DECISION, "outcome": "merge"})
    assert answer.status_code == 409
    assert "The case is decided" in answer.json()["detail"]
    case.refresh_from_db()
    assert case.outcome == "coordinate"


def test_of_a_decision_the_invited_groups_are_told_and_no_others(
    coordinator: Caller, lead: Caller, other: Caller, group: Group, case: Case
) -> None:
    invite(case, group, by=coordinator.user)
    decide(case, by=coordinator.user)
    [notice] = Notice.objects.filter(kind="case_decided")
    assert notice.user == lead.user
    assert notice.params == {"code": case.code, "model": "Ours-9B"}


def test_a_decided_case_is_put_away(coordinator: Caller, case: Case) -> None:
    decide(case, by=coordinator.user)
    row = _do(coordinator, case, "close").json()
    assert (row["state"], row["outcome"], row["waiting_on"]) == ("closed", "coordinate", "")


def test_an_open_case_is_not_put_away(coordinator: Caller, case: Case) -> None:
    answer = _do(coordinator, case, "close")
    assert answer.status_code == 409
    assert "The case is open" in answer.json()["detail"]


# Taking it up again.


@pytest.mark.parametrize("closed", [False, True])
def test_a_case_is_taken_up_again_and_holds_awards_once_more(
    coordinator: Caller, case: Case, pair: Overlap, closed: bool
) -> None:
    decide(case, by=coordinator.user, avoided=(3600, 7200))
    if closed:
        _do(coordinator, case, "close")
    Case.objects.update(holds_until=make.now() - timedelta(1))
    row = _do(coordinator, case, "reopen", reason="New facts").json()
    assert (row["state"], row["outcome"], row["holds_award"]) == ("open", "", True)
    assert (row["avoided_gpu_hours"], row["outcome_reason"]) == (None, "")
    assert list(Overlap.objects.in_queue()) == [pair]


def test_the_outcome_of_a_reopened_case_stays_in_its_history(
    coordinator: Caller, case: Case
) -> None:
    decide(case, by=coordinator.user)
    _do(coordinator, case, "reopen", reason="New facts")
    moves = [(move.to_state, move.reason) for move in case.moves.all()]
    assert moves == [("open", ""), ("decided", "Both want it."), ("open", "New facts")]
    assert Event.objects.get(kind="reopen_case").changes == {"outcome": ["coordinate", None]}


@pytest.mark.parametrize("reason", ["", " "])
def test_a_reason_is_needed_to_reopen(coordinator: Caller, case: Case, reason: str) -> None:
    decide(case, by=coordinator.user)
    answer = _do(coordinator, case, "reopen", reason=reason)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])
    case.refresh_from_db()
    assert case.state == "decided"


def test_an_open_case_is_not_reopened(coordinator: Caller, case: Case) -> None:
    assert _do(coordinator, case, "reopen", reason="New facts").status_code == 409


def test_a_case_is_not_reopened_while_another_is_about_its_pair(
    coordinator: Caller, case: Case, pair: Overlap
) -> None:
    decide(case, by=coordinator.user)
    later = case_about(pair, by=coordinator.user)
    answer = _do(coordinator, case, "reopen", reason="New facts")
    assert answer.status_code == 409
    assert later.code in answer.json()["detail"]
    assert list(Case.objects.undecided()) == [later]


# What was decided stands, whatever is scored later.


def test_an_outcome_survives_a_new_score(coordinator: Caller, case: Case, pair: Overlap) -> None:
    decide(case, by=coordinator.user)
    assert rescore_open_plans(now=make.now()) == 2
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("decided", "coordinate")
    assert not Overlap.objects.in_queue().exists()
    assert list(case.overlaps.all()) == [pair]


def test_an_outcome_survives_other_weights(coordinator: Caller, case: Case, pair: Overlap) -> None:
    decide(case, by=coordinator.user)
    Overlap.objects.update(weights_version="1999-1", probability=0.1)
    rescore_open_plans(now=make.now())
    case.refresh_from_db()
    pair.refresh_from_db()
    assert pair.weights_version != "1999-1"
    assert (pair.probability > 0.9, pair.is_settled, case.outcome) == (True, True, "coordinate")


def test_a_pair_that_a_case_knows_stays_when_it_is_no_longer_alike(
    case: Case, pair: Overlap
) -> None:
    Model.objects.filter(name="Ours-9B").update(modality_out=["image"], tasks=["text-to-image"])
    rescore_open_plans(now=make.now())
    pair.refresh_from_db()
    assert pair.probability < 0.15
    assert list(case.overlaps.all()) == [pair]


# Who reads how much.


def test_a_coordinator_whose_own_group_is_a_party_handles_nothing(
    second: Caller, case: Case, group: Group
) -> None:
    Membership.objects.create(user=second.user, group=group, role=Role.GUEST)
    for what, body in _calls(case).items():
        answer = _do(second, case, what, **body)
        assert answer.status_code == 403, what
        assert "Your own group is a party" in answer.json()["detail"]
    case.refresh_from_db()
    assert (case.state, case.messages.count()) == ("open", 0)


def test_a_coordinator_whose_own_group_is_a_party_reads_its_side_only(
    second: Caller, case: Case, group: Group
) -> None:
    Membership.objects.create(user=second.user, group=group, role=Role.GUEST)
    answer = second.get(f"cases/{case.pk}/")
    assert _names(answer) == {"Ours-9B"}
    assert answer.json()["hidden"]


def test_a_coordinator_whose_own_group_is_a_party_is_not_put_in_charge(
    coordinator: Caller, second: Caller, case: Case, group: Group
) -> None:
    Membership.objects.create(user=second.user, group=group, role=Role.GUEST)
    body = {"owner": "second", "due_at": LATER, "waiting_on": ""}
    assert _do(coordinator, case, "assign", **body).status_code == 400
    case.refresh_from_db()
    assert case.owner == coordinator.user


@pytest.mark.parametrize("who", ["quota_admin", "portal_admin"])
def test_staff_who_read_nothing_confidential_get_no_such_party_and_no_messages(
    who: str, request: pytest.FixtureRequest, coordinator: Caller, case: Case, group: Group
) -> None:
    invite(case, group, by=coordinator.user)
    answer = request.getfixturevalue(who).get(f"cases/{case.pk}/")
    assert _names(answer) == {"Ours-9B"}
    assert (answer.json()["overlaps"], answer.json()["messages"]) == ([], [])
    assert answer.json()["hidden"]
    assert "Secret-9B" not in answer.content.decode()
    assert "Dear" not in answer.content.decode()


def test_a_quota_admin_reads_a_rounded_stake(
    quota_admin: Caller, coordinator: Caller, case: Case
) -> None:
    whole = coordinator.get(f"cases/{case.pk}/").json()["stake_gpu_hours"]
    rounded = quota_admin.get(f"cases/{case.pk}/").json()["stake_gpu_hours"]
    assert rounded != whole
    for end in ("low", "high"):
        assert rounded[end] == float(f"{whole[end]:.0e}")


def test_an_auditor_reads_all_of_a_case_and_that_is_logged(auditor: Caller, case: Case) -> None:
    answer = auditor.get(f"cases/{case.pk}/")
    assert _names(answer) == {"Ours-9B", "Secret-9B"}
    [event] = Event.objects.filter(kind="read_confidential")
    assert (event.actor, event.object_id) == (auditor.user, case.pk)


def test_a_coordinators_reading_is_not_logged(coordinator: Caller, case: Case) -> None:
    coordinator.get(f"cases/{case.pk}/")
    assert not Event.objects.filter(kind="read_confidential").exists()


@pytest.mark.parametrize("who", ["auditor", "quota_admin", "portal_admin"])
def test_other_staff_handle_nothing(who: str, request: pytest.FixtureRequest, case: Case) -> None:
    person: Caller = request.getfixturevalue(who)
    for what, body in _calls(case).items():
        assert _do(person, case, what, **body).status_code == 403, what


def test_an_invited_lead_handles_nothing(
    coordinator: Caller, lead: Caller, group: Group, case: Case
) -> None:
    invite(case, group, by=coordinator.user)
    for what, body in _calls(case).items():
        assert _do(lead, case, what, **body).status_code == 403, what


@pytest.mark.parametrize("who", ["stranger", "lead", "other"])
def test_strangers_and_leads_who_are_not_invited_find_no_case(
    who: str, request: pytest.FixtureRequest, case: Case
) -> None:
    person: Caller = request.getfixturevalue(who)
    assert person.get("cases/").json()["results"] == []
    hidden = person.get(f"cases/{case.pk}/")
    assert hidden.status_code == 404
    assert hidden.content == person.get(f"cases/{make.key()}/").content
    for what, body in _calls(case).items():
        assert _do(person, case, what, **body).status_code == 404, what


def test_hours_avoided_count_once_every_invited_group_confirmed_them(
    coordinator: Caller, group: Group, other: Caller, case: Case
) -> None:
    invite(case, group, led_by(other.user), by=coordinator.user)
    decide(case, by=coordinator.user, avoided=(3600, 7200))
    assert not Case.objects.confirmed().exists()
    case.parties.filter(group=group).update(confirms_avoided=True)
    assert not Case.objects.confirmed().exists()
    case.parties.update(confirms_avoided=True)
    assert list(Case.objects.confirmed()) == [case]
