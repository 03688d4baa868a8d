"""The states of requests, allocations, limits and jobs, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RequestState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    AWARDED = "awarded"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"


class AllocationState(StrEnum):
    AWARDED = "awarded"
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class LimitState(StrEnum):
    PENDING = "pending"
    APPLYING = "applying"
    IN_FORCE = "in_force"
    SET_NOT_PROVEN = "set_not_proven"
    DRIFTED = "drifted"
    NEEDS_OPERATOR = "needs_operator"


class JobState(StrEnum):
    NEW = "new"  # accepted by the portal
    SENDING = "sending"  # being handed over; the answer may be lost
    KNOWN = "known"  # the cluster holds it under the id that we committed
    RELEASED = "released"  # told to start
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    NODE_FAIL = "node_fail"
    OUT_OF_MEMORY = "out_of_memory"
    PREEMPTED = "preempted"
    DEADLINE = "deadline"
    BOOT_FAIL = "boot_fail"
    REFUSED = "refused"  # the cluster said no
    BLOCKED = "blocked"  # waits for a credential
    UNKNOWN = "unknown"  # the operator decides


class Waiting(StrEnum):
    """What a job that was not handed over yet waits for."""

    NOTHING = ""
    LIMIT = "limit"  # the allocation is not in force on the cluster yet
    PAUSE = "pause"  # the allocation is paused
    CREDENTIAL = "credential"
    CLUSTER = "cluster"  # unreachable, or not taking jobs
    OPERATOR = "operator"  # the database was restored: the operator looks first


class Holds(StrEnum):
    """Whether a cluster keeps a job that was submitted held from starting."""

    NOT_PROVEN = ""
    KEPT = "kept"
    IGNORED = "ignored"


J, R = JobState, RequestState

ENDED_ON_CLUSTER = frozenset(
    {
        J.COMPLETED,
        J.FAILED,
        J.CANCELLED,
        J.TIMEOUT,
        J.NODE_FAIL,
        J.OUT_OF_MEMORY,
        J.PREEMPTED,
        J.DEADLINE,
        J.BOOT_FAIL,
    }
)
FINAL = ENDED_ON_CLUSTER | {J.REFUSED}
NOT_HANDED_OVER = frozenset({J.NEW, J.BLOCKED})
ON_CLUSTER = frozenset({J.KNOWN, J.RELEASED, J.PENDING, J.RUNNING})
DECIDABLE = frozenset({R.SUBMITTED, R.IN_REVIEW})
SET_LIMITS = frozenset({LimitState.IN_FORCE, LimitState.SET_NOT_PROVEN})
ENDED_ALLOCATIONS = frozenset({AllocationState.EXPIRED, AllocationState.REVOKED})

_SEEN = frozenset({J.PENDING, J.RUNNING}) | ENDED_ON_CLUSTER

JOB_MOVES: Mapping[JobState, frozenset[JobState]] = {
    # To KNOWN without having been sent: a restored database has forgotten that it was.
    J.NEW: frozenset({J.SENDING, J.KNOWN, J.BLOCKED, J.CANCELLED, J.REFUSED}),
    J.BLOCKED: frozenset({J.NEW, J.KNOWN, J.CANCELLED}),
    J.SENDING: frozenset({J.KNOWN, J.NEW, J.BLOCKED, J.REFUSED, J.UNKNOWN}),
    J.KNOWN: _SEEN | {J.RELEASED, J.REFUSED},
    J.RELEASED: _SEEN,
    J.PENDING: _SEEN - {J.PENDING},
    J.RUNNING: _SEEN - {J.RUNNING},
    J.UNKNOWN: frozenset({J.KNOWN, J.NEW, J.CANCELLED}),
}
REQUEST_MOVES: Mapping[RequestState, frozenset[RequestState]] = {
    R.DRAFT: frozenset({R.SUBMITTED, R.WITHDRAWN}),
    R.SUBMITTED: frozenset({R.IN_REVIEW, R.CHANGES_REQUESTED, R.AWARDED, R.DENIED, R.WITHDRAWN}),
    R.IN_REVIEW: frozenset({R.CHANGES_REQUESTED, R.AWARDED, R.DENIED, R.WITHDRAWN}),
    R.CHANGES_REQUESTED: frozenset({R.IN_REVIEW, R.WITHDRAWN}),
    R.DENIED: frozenset({R.IN_REVIEW}),  # an appeal, once
}
ALLOCATION_MOVES: Mapping[AllocationState, frozenset[AllocationState]] = {
    AllocationState.AWARDED: frozenset(AllocationState) - {AllocationState.AWARDED},
    AllocationState.ACTIVE: ENDED_ALLOCATIONS,
}
_LIMITS = frozenset(LimitState)
LIMIT_MOVES: Mapping[LimitState, frozenset[LimitState]] = {
    state: _LIMITS - {state} for state in LimitState
}

# Reasons for which Slurm will never start a job: it is cancelled and its owner told why.
WILL_NOT_START = frozenset(
    {"BadConstraints", "PartitionTimeLimit", "PartitionConfig", "DependencyNeverSatisfied"}
)

_SLURM = {
    "PENDING": J.PENDING,
    "CONFIGURING": J.RUNNING,
    "RUNNING": J.RUNNING,
    "COMPLETING": J.RUNNING,
    "STAGE_OUT": J.RUNNING,
    "SIGNALING": J.RUNNING,
    "SUSPENDED": J.RUNNING,
    "STOPPED": J.RUNNING,
    "RESIZING": J.RUNNING,
    "REQUEUED": J.PENDING,
    "REQUEUE_HOLD": J.PENDING,
    "COMPLETED": J.COMPLETED,
    "FAILED": J.FAILED,
    "CANCELLED": J.CANCELLED,
    "REVOKED": J.CANCELLED,
    "TIMEOUT": J.TIMEOUT,
    "NODE_FAIL": J.NODE_FAIL,
    "OUT_OF_MEMORY": J.OUT_OF_MEMORY,
    "PREEMPTED": J.PREEMPTED,
    "DEADLINE": J.DEADLINE,
    "BOOT_FAIL": J.BOOT_FAIL,
}


def from_slurm(word: str) -> JobState | None:
    """Our state for Slurm's base state; None for a word that no release has said so far."""
    return _SLURM.get(word)
