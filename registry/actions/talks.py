"""What is said in a case: invitations, the talk, agreements and introductions."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict, Invalid, NotAllowed
from projects.models import User
from projects.models.events import record_event
from projects.notices import NoticeKind
from registry.actions.case_notices import tell_parties, tell_party, tell_staff
from registry.models import Case, CaseMessage, CaseParty
from registry.vocabulary import CaseState

LONGEST = 20_000


@transaction.atomic
def invite_group(*, by: User, party: CaseParty, text: str, now: datetime) -> CaseMessage:
    """Write to one group; from now on it sees the case, its own effort, and what it is sent.

    Raises Invalid without words, Conflict if the case is decided.
    """
    case = party.case
    _check_open(case)
    message = _message(case, text, by=by, now=now, party=party)
    if party.invited_at is None:
        party.invited_at = now
        party.save(update_fields=["invited_at"])
    if case.state == CaseState.OPEN:
        case.move_to(CaseState.CONTACTED, now=now, by=by)
    case.waiting_on = Case.WaitingOn.GROUPS
    case.save(update_fields=["waiting_on"])
    record_event(
        by=by, kind="invite_group", about=case, now=now,
        changes={"group": [None, str(party.group_id)]},
    )  # fmt: skip
    tell_party(party, NoticeKind.CASE_INVITED, by=by, now=now)
    return message


@transaction.atomic
def say_to_all(*, by: User, case: Case, text: str, now: datetime) -> CaseMessage:
    """A coordinator's word to every invited group. Raises Invalid without words."""
    message = _message(case, text, by=by, now=now, is_for_all=True)
    tell_parties(case, NoticeKind.CASE_MESSAGE, by=by, now=now)
    return message


@transaction.atomic
def note_for_staff(*, by: User, case: Case, text: str, now: datetime) -> CaseMessage:
    """A note that only those who handle the case read. Raises Invalid without words."""
    return _message(case, text, by=by, now=now)


@transaction.atomic
def answer_in_case(*, by: User, party: CaseParty, text: str, now: datetime) -> CaseMessage:
    """A group's word to the coordinators; the other groups do not read it.

    Raises Invalid without words, NotAllowed if the group was not invited.
    """
    _check_invited(party)
    sender = by.shown_name[:254]
    message = _message(party.case, text, by=by, now=now, party=party, sender=sender)
    _in_talks(party.case, by=by, now=now)
    tell_staff(party.case, NoticeKind.CASE_ANSWERED, by=by, now=now)
    return message


@transaction.atomic
def file_email(
    *, by: User, party: CaseParty, sender: str, text: str, now: datetime
) -> CaseMessage:
    """Keep what a group answered by e-mail. Raises Invalid without sender or words."""
    if not sender.strip():
        sentence = _("Say who wrote the e-mail.")
        raise Invalid(sentence, fields={"sender": [sentence]})
    message = _message(
        party.case, text, by=by, now=now, party=party,
        source=CaseMessage.Source.EMAIL, sender=sender.strip(),
    )  # fmt: skip
    _in_talks(party.case, by=by, now=now)
    return message


@transaction.atomic
def consent_to_introduction(*, by: User, party: CaseParty, consents: bool, now: datetime) -> None:
    """Whether the other side may know who this group is; both must say yes, each may take it back.

    Raises NotAllowed if the group was not invited.
    """
    _check_invited(party)
    party.is_introducible, party.introduction_by = consents, by
    party.save(update_fields=["is_introducible", "introduction_by"])
    record_event(
        by=by, kind="consent_to_introduction", about=party.case, now=now,
        changes={"group": [None, str(party.group_id)], "consents": [None, consents]},
    )  # fmt: skip
    tell_staff(party.case, NoticeKind.CASE_ANSWERED, by=by, now=now)


@transaction.atomic
def answer_outcome(
    *,
    by: User,
    party: CaseParty,
    agrees: bool,
    text: str,
    confirms_avoided: bool,
    now: datetime,
) -> None:
    """A group's agreement or disagreement with the outcome, and with the GPU-hours avoided.

    Raises Conflict before there is an outcome, Invalid for a disagreement without a reason,
    NotAllowed if the group was not invited.
    """
    _check_invited(party)
    if party.case.state != CaseState.DECIDED:
        raise Conflict(_("There is no outcome to answer yet, or the case is closed."))
    if not agrees and not text.strip():
        sentence = _("Say why you do not agree.")
        raise Invalid(sentence, fields={"text": [sentence]})
    party.answer = CaseParty.Answer.AGREES if agrees else CaseParty.Answer.DISAGREES
    party.answer_text, party.answered_at, party.answered_by = text, now, by
    party.confirms_avoided = confirms_avoided
    party.save(
        update_fields=["answer", "answer_text", "answered_at", "answered_by", "confirms_avoided"]
    )
    if not party.case.parties.exclude(invited_at=None).filter(answer="").exists():
        Case.objects.filter(pk=party.case_id).update(waiting_on=Case.WaitingOn.COORDINATOR)
    record_event(
        by=by, kind="answer_outcome", about=party.case, now=now,
        changes={"group": [None, str(party.group_id)], "answer": [None, party.answer]},
    )  # fmt: skip
    tell_staff(party.case, NoticeKind.CASE_ANSWERED, by=by, now=now)


def _in_talks(case: Case, *, by: User, now: datetime) -> None:
    if case.state == CaseState.CONTACTED:
        case.move_to(CaseState.IN_TALKS, now=now, by=by)
    if case.is_open:
        case.waiting_on = Case.WaitingOn.COORDINATOR
        case.save(update_fields=["waiting_on"])


def _check_open(case: Case) -> None:
    if not case.is_open:
        raise Conflict(_("The case is decided. Reopen it first."))


def _check_invited(party: CaseParty) -> None:
    if party.invited_at is None:
        raise NotAllowed(_("Your group was not asked yet."))


def _message(
    case: Case,
    text: str,
    *,
    by: User,
    now: datetime,
    party: CaseParty | None = None,
    is_for_all: bool = False,
    source: str = CaseMessage.Source.PORTAL,
    sender: str = "",
) -> CaseMessage:
    if not text.strip():
        sentence = _("Write at least a sentence.")
        raise Invalid(sentence, fields={"text": [sentence]})
    if len(text) > LONGEST:
        sentence = _("At most 20,000 characters.")
        raise Invalid(sentence, fields={"text": [sentence]})
    return CaseMessage.objects.create(
        case=case, party=party, is_for_all=is_for_all, text=text, source=source, sender=sender,
        by=by, at=now,
    )  # fmt: skip
