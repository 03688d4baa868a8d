"""What is said in a case: each group talks with the coordinators and reads nobody else's words."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Event, Group, Membership, Notice
from projects.roles import Role
from registry.models import Case, CaseParty, Model
from tests import make
from tests.conftest import Caller, calls_as
from tests.overlap.similar import decide, invite, led_by


@pytest.fixture
def invited(case: Case, group: Group, other: Caller, coordinator: Caller) -> Case:
    """The case once both groups were written to."""
    invite(case, group, led_by(other.user), by=coordinator.user)
    return case


def _party(case: Case, group: Group) -> str:
    return str(case.parties.get(group=group).pk)


def _do(caller: Caller, case: Case, what: str, **body: Any) -> Any:
    return caller.post(f"cases/{case.pk}/{what}/", body)


def _names(answer: Any) -> set[str]:
    return {party["model"]["name"] for party in answer.json()["parties"]}


def _texts(caller: Caller, case: Case) -> list[str]:
    return [row["text"] for row in caller.get(f"cases/{case.pk}/").json()["messages"]]


# Inviting.


def test_an_invited_lead_sees_the_case_and_its_own_effort_alone(
    coordinator: Caller, other: Caller, group: Group, case: Case
) -> None:
    theirs = led_by(other.user)
    Model.objects.filter(name="Ours-9B").update(visibility="group")
    _do(coordinator, case, "invite", party=_party(case, theirs), text="Please talk to us.")
    answer = other.get(f"cases/{case.pk}/")
    assert _names(answer) == {"Secret-9B"}
    assert answer.json()["hidden"]
    assert "Ours-9B" not in answer.content.decode()


def test_an_invited_group_sees_what_any_partner_may_see_of_the_other_side(
    other: Caller, invited: Case
) -> None:
    assert _names(other.get(f"cases/{invited.pk}/")) == {"Ours-9B", "Secret-9B"}


def test_an_invitation_moves_the_case_on_and_tells_the_leads(
    coordinator: Caller, lead: Caller, member: Caller, group: Group, case: Case
) -> None:
    row = _do(coordinator, case, "invite", party=_party(case, group), text="Please talk.").json()
    assert (row["state"], row["waiting_on"]) == ("contacted", "groups")
    [notice] = Notice.objects.filter(kind="case_invited")
    assert notice.user == lead.user
    assert notice.params == {"code": case.code, "model": "Ours-9B"}


def test_a_second_letter_keeps_the_time_of_the_first(
    coordinator: Caller, group: Group, case: Case
) -> None:
    invite(case, group, by=coordinator.user)
    first = case.parties.get(group=group).invited_at
    invite(case, group, by=coordinator.user)
    assert case.parties.get(group=group).invited_at == first
    assert case.messages.count() == 2


@pytest.mark.parametrize("text", ["", " ", "x" * 20_001])
def test_an_invitation_without_words_or_with_far_too_many_is_refused(
    coordinator: Caller, group: Group, case: Case, text: str
) -> None:
    answer = _do(coordinator, case, "invite", party=_party(case, group), text=text)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["text"])
    assert not CaseParty.objects.exclude(invited_at=None).exists()


def test_nobody_is_invited_once_it_is_decided(
    coordinator: Caller, group: Group, case: Case
) -> None:
    decide(case, by=coordinator.user)
    answer = _do(coordinator, case, "invite", party=_party(case, group), text="Hello")
    assert answer.status_code == 409
    assert not case.messages.exists()


def test_a_group_that_is_no_party_is_not_invited(coordinator: Caller, case: Case) -> None:
    answer = _do(coordinator, case, "invite", party=make.key(), text="Hello")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["party"])


# Talking.


def test_an_answer_reaches_the_coordinator_and_the_case_is_in_talks(
    coordinator: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    row = _do(lead, invited, "reply", party=_party(invited, group), text="We could share.").json()
    assert (row["state"], row["waiting_on"]) == ("in_talks", "coordinator")
    assert "We could share." in _texts(coordinator, invited)
    assert Notice.objects.get(kind="case_answered").user == coordinator.user


def test_a_group_reads_its_own_talk_and_nothing_of_the_other_groups(
    lead: Caller, other: Caller, group: Group, invited: Case
) -> None:
    _do(lead, invited, "reply", party=_party(invited, group), text="We could share.")
    assert _texts(lead, invited) == ["Dear Ours", "We could share."]
    assert _texts(other, invited) == ["Dear Others"]


def test_a_word_to_all_is_read_by_every_invited_group(
    coordinator: Caller, lead: Caller, other: Caller, invited: Case
) -> None:
    _do(coordinator, invited, "say", to="all", text="Let us meet.")
    for who in (lead, other):
        assert "Let us meet." in _texts(who, invited)
    told = Notice.objects.filter(kind="case_message")
    assert {notice.user for notice in told} == {lead.user, other.user}


def test_a_group_that_is_not_invited_hears_no_word_to_all(
    coordinator: Caller, lead: Caller, other: Caller, group: Group, case: Case
) -> None:
    invite(case, group, by=coordinator.user)
    _do(coordinator, case, "say", to="all", text="Let us meet.")
    assert not Notice.objects.filter(user=other.user).exists()
    assert other.get(f"cases/{case.pk}/").status_code == 404


def test_a_note_is_for_the_staff_alone(
    coordinator: Caller, second: Caller, lead: Caller, other: Caller, invited: Case
) -> None:
    _do(coordinator, invited, "say", to="staff", text="They sound keen.")
    assert "They sound keen." in _texts(second, invited)
    for who in (lead, other):
        assert "They sound keen." not in _texts(who, invited)
    assert not Notice.objects.filter(kind="case_message").exists()


def test_what_is_said_to_nobody_in_particular_is_a_note(
    coordinator: Caller, lead: Caller, invited: Case
) -> None:
    _do(coordinator, invited, "say", text="They sound keen.")
    assert "They sound keen." not in _texts(lead, invited)


def test_an_email_is_filed_with_its_sender(
    coordinator: Caller, lead: Caller, other: Caller, group: Group, invited: Case
) -> None:
    party = _party(invited, group)
    body = {"party": party, "sender": " pi@example.org ", "text": "We agree to meet."}
    answer = _do(coordinator, invited, "file-email", **body)
    row = answer.json()["messages"][-1]
    assert (row["source"], row["sender"], row["by"]) == ("email", "pi@example.org", "Ours")
    assert "We agree to meet." in _texts(lead, invited)
    assert "We agree to meet." not in _texts(other, invited)
    assert answer.json()["state"] == "in_talks"


@pytest.mark.parametrize("field", ["sender", "text"])
def test_an_email_without_sender_or_words_is_refused(
    coordinator: Caller, group: Group, invited: Case, field: str
) -> None:
    body = {"party": _party(invited, group), "sender": "pi@example.org", "text": "Yes", field: " "}
    answer = _do(coordinator, invited, "file-email", **body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not invited.messages.filter(source="email").exists()


def test_each_message_says_which_side_spoke(
    coordinator: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    _do(lead, invited, "reply", party=_party(invited, group), text="We could share.")
    rows = coordinator.get(f"cases/{invited.pk}/").json()["messages"]
    spoken = {row["text"]: row["by"] for row in rows}
    assert (spoken["Dear Ours"], spoken["We could share."]) == ("coordinator", "Ours")


def test_what_a_lead_said_stays_the_groups_word_when_the_lead_has_gone(
    coordinator: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    _do(lead, invited, "reply", party=_party(invited, group), text="We could share.")
    Membership.objects.filter(user=lead.user).delete()
    row = coordinator.get(f"cases/{invited.pk}/").json()["messages"][-1]
    assert (row["text"], row["by"]) == ("We could share.", "Ours")


@pytest.mark.parametrize("what", ["reply", "agree", "consent"])
def test_no_group_speaks_for_another(
    lead: Caller, other: Caller, invited: Case, what: str
) -> None:
    theirs = _party(invited, led_by(other.user))
    bodies: dict[str, Any] = {
        "reply": {"text": "Yes"},
        "agree": {"agrees": True},
        "consent": {"consents": True},
    }
    assert _do(lead, invited, what, party=theirs, **bodies[what]).status_code == 404
    assert invited.messages.count() == 2


def test_a_member_reads_the_case_but_does_not_speak_for_the_group(
    member: Caller, group: Group, invited: Case
) -> None:
    assert _texts(member, invited) == ["Dear Ours"]
    answer = _do(member, invited, "reply", party=_party(invited, group), text="Yes")
    assert answer.status_code == 403


def test_a_group_of_the_same_lead_that_was_not_asked_says_nothing(
    lead: Caller, other: Caller, group: Group, coordinator: Caller, case: Case
) -> None:
    theirs = led_by(other.user)
    Membership.objects.create(user=lead.user, group=theirs, role=Role.LEAD)
    invite(case, group, by=coordinator.user)
    answer = _do(calls_as(lead.user), case, "reply", party=_party(case, theirs), text="Yes")
    assert answer.status_code == 403
    assert "was not asked yet" in answer.json()["detail"]


# Introductions.


def _consent(caller: Caller, case: Case, group: Group, consents: bool = True) -> Any:
    return _do(caller, case, "consent", party=_party(case, group), consents=consents)


def test_a_side_is_introduced_once_both_want_it(
    lead: Caller, other: Caller, group: Group, invited: Case
) -> None:
    assert _names(_consent(lead, invited, group)) == {"Ours-9B"}
    _consent(other, invited, led_by(other.user))
    answer = lead.get(f"cases/{invited.pk}/")
    assert _names(answer) == {"Ours-9B", "Secret-9B"}
    assert not answer.json()["hidden"]


def test_the_consent_of_the_other_side_alone_introduces_nobody(
    lead: Caller, other: Caller, invited: Case
) -> None:
    _consent(other, invited, led_by(other.user))
    assert _names(lead.get(f"cases/{invited.pk}/")) == {"Ours-9B"}


def test_consent_can_be_taken_back(
    lead: Caller, other: Caller, group: Group, invited: Case
) -> None:
    _consent(lead, invited, group)
    _consent(other, invited, led_by(other.user))
    _consent(other, invited, led_by(other.user), consents=False)
    assert _names(lead.get(f"cases/{invited.pk}/")) == {"Ours-9B"}


def test_who_was_introduced_still_reads_nothing_of_the_others_talk(
    lead: Caller, other: Caller, group: Group, invited: Case
) -> None:
    _consent(lead, invited, group)
    _consent(other, invited, led_by(other.user))
    assert _texts(lead, invited) == ["Dear Ours"]


def test_consent_is_an_event_that_names_who_gave_it(
    lead: Caller, group: Group, invited: Case
) -> None:
    _consent(lead, invited, group)
    event = Event.objects.get(kind="consent_to_introduction")
    assert (event.actor, event.changes["consents"]) == (lead.user, [None, True])


# Answering the outcome.


def test_a_group_agrees_and_confirms_what_was_avoided(
    coordinator: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    decide(invited, by=coordinator.user, avoided=(3600, 7200))
    body = {"party": _party(invited, group), "agrees": True, "confirms_avoided": True}
    assert _do(lead, invited, "agree", **body).status_code == 200
    party = invited.parties.get(group=group)
    assert (party.answer, party.confirms_avoided) == ("agrees", True)
    assert party.answered_by == lead.user


@pytest.mark.parametrize("text", ["", "  "])
def test_a_disagreement_needs_a_reason(
    coordinator: Caller, lead: Caller, group: Group, invited: Case, text: str
) -> None:
    decide(invited, by=coordinator.user)
    body = {"party": _party(invited, group), "agrees": False, "text": text}
    answer = _do(lead, invited, "agree", **body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["text"])
    assert invited.parties.get(group=group).answer == ""


def test_a_disagreement_is_kept_with_its_reason(
    coordinator: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    decide(invited, by=coordinator.user)
    body = {"party": _party(invited, group), "agrees": False, "text": "Ours is legal text."}
    _do(lead, invited, "agree", **body)
    [row] = [p for p in coordinator.get(f"cases/{invited.pk}/").json()["parties"] if p["answer"]]
    assert (row["answer"], row["answer_text"]) == ("disagrees", "Ours is legal text.")


def test_there_is_no_answer_before_there_is_an_outcome(
    lead: Caller, group: Group, invited: Case
) -> None:
    answer = _do(lead, invited, "agree", party=_party(invited, group), agrees=True)
    assert answer.status_code == 409
    assert "no outcome to answer yet" in answer.json()["detail"]


def test_the_coordinator_has_the_next_move_once_every_group_answered(
    coordinator: Caller, lead: Caller, other: Caller, group: Group, invited: Case
) -> None:
    decide(invited, by=coordinator.user)
    for who, waits in ((lead, "groups"), (other, "coordinator")):
        party = _party(invited, led_by(who.user))
        row = _do(who, invited, "agree", party=party, agrees=True).json()
        assert row["waiting_on"] == waits


def test_a_second_outcome_asks_the_groups_anew(
    coordinator: Caller, lead: Caller, group: Group, invited: Case
) -> None:
    decide(invited, by=coordinator.user, avoided=(3600, 7200))
    body = {"party": _party(invited, group), "agrees": True, "confirms_avoided": True}
    _do(lead, invited, "agree", **body)
    _do(coordinator, invited, "reopen", reason="New facts")
    decide(Case.objects.get(), by=coordinator.user, avoided=(3600, 7200))
    party = invited.parties.get(group=group)
    assert (party.answer, party.answered_at, party.confirms_avoided) == ("", None, False)


def test_a_stranger_says_nothing(stranger: Caller, group: Group, invited: Case) -> None:
    party = _party(invited, group)
    for what, body in (("reply", {"text": "Hi"}), ("agree", {"agrees": True})):
        assert _do(stranger, invited, what, party=party, **body).status_code == 404
    assert invited.messages.count() == 2
