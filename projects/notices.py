"""What people are told of, and in which ways."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class NoticeKind(StrEnum):
    """Each with the params that its sentence may use; none repeats text of a confidential plan."""

    OVERLAP_FOUND = "overlap_found"  # mine, theirs
    CASE_OPENED = "case_opened"  # all of a case: code, model
    CASE_INVITED = "case_invited"
    CASE_MESSAGE = "case_message"
    CASE_DECIDED = "case_decided"
    CASE_ANSWERED = "case_answered"
    CASE_REOPENED = "case_reopened"
    REQUEST_SUBMITTED = "request_submitted"  # all of a request but held: project, hours if known
    REQUEST_RETURNED = "request_returned"
    REQUEST_AWARDED = "request_awarded"
    REQUEST_DENIED = "request_denied"
    REQUEST_MESSAGE = "request_message"
    REQUEST_APPEALED = "request_appealed"
    AWARD_SIGNED = "award_signed"
    REQUEST_HELD = "request_held"  # project, code: an award waits for a case
    WATCH_MATCHED = "watch_matched"  # watch, model
    JOIN_ASKED = "join_asked"  # group, project
    JOIN_ANSWERED = "join_answered"  # project, answer: accepted or declined
    ALLOCATION_PAUSED = "allocation_paused"  # all of an allocation: project, pool
    ALLOCATION_RESUMED = "allocation_resumed"
    ALLOCATION_ENDED = "allocation_ended"
    GRANT_REGISTERED = "grant_registered"  # all of a grant of another board: project, board
    GRANT_ANSWERED = "grant_answered"  # and answer: confirmed or declined
    GRANT_STATEMENT = "grant_statement"
    HOURS_RETURNED = "hours_returned"  # and hours
    ALLOCATION_LAPSES = "allocation_lapses"  # project, pool, hours, day as 2027-01-31
    BUDGET_REACHED = "budget_reached"  # project, pool, percent
    DISPATCH_STOPPED = "dispatch_stopped"  # all of a cluster: cluster
    CREDENTIAL_ENDS = "credential_ends"  # and unix_user, hours left unless it has ended
    ACCOUNTING_LATE = "accounting_late"  # and hours since it was booked, or it differs
    WEBHOOK_STOPPED = "webhook_stopped"  # webhook


class Delivery(StrEnum):
    AT_ONCE = "at_once"  # in the portal, and by e-mail within a minute
    DIGEST = "digest"  # in the portal, and by e-mail with all else of a day
    OFF = "off"  # neither


_AT_ONCE = {
    NoticeKind.CASE_INVITED,
    NoticeKind.CASE_DECIDED,
    NoticeKind.REQUEST_RETURNED,
    NoticeKind.REQUEST_AWARDED,
    NoticeKind.REQUEST_DENIED,
    NoticeKind.ALLOCATION_PAUSED,
    NoticeKind.ALLOCATION_ENDED,
    NoticeKind.JOIN_ASKED,
    NoticeKind.DISPATCH_STOPPED,
    NoticeKind.CREDENTIAL_ENDS,
    NoticeKind.ACCOUNTING_LATE,
    NoticeKind.WEBHOOK_STOPPED,
}

DEFAULTS: Mapping[NoticeKind, Delivery] = {
    kind: Delivery.AT_ONCE if kind in _AT_ONCE else Delivery.DIGEST for kind in NoticeKind
}
