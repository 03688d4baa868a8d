"""Steps that people follow with their eyes: a job's way and a limit's way onto the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from compute.models import Allocation, Job
from compute.models.words import reason_in_words
from compute.states import SET_LIMITS, JobState, LimitState

JOB_STEPS = {
    "accepted": _("accepted"),
    "handed_over": _("handed over"),
    "waiting": _("waiting"),
    "running": _("running"),
    "finished": _("finished"),
}
_ADVICE = {
    JobState.FAILED: _("Read the end of its output, correct the script and run it again."),
    JobState.TIMEOUT: _("Give it more time, or let it save its state, and run it again."),
    JobState.OUT_OF_MEMORY: _("Ask for more memory and run it again."),
    JobState.NODE_FAIL: _("A node broke. Run it again; nothing was wrong with the job."),
    JobState.BOOT_FAIL: _("A node did not start. Run it again; nothing was wrong with the job."),
    JobState.PREEMPTED: _("The site needed the GPUs. Run it again."),
    JobState.REFUSED: _("Correct what the cluster names, and submit it again."),
    JobState.UNKNOWN: _("The cluster's operator looks at it; nothing is sent twice."),
    JobState.BLOCKED: _("The cluster's operator delivers the credential; the job goes on then."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `look` is done, now, warn or later."""

    words: object
    at: datetime | None
    look: str
    detail: str = ""


def job_steps(job: Job) -> list[Step]:
    """The five steps of a job; those it never took, because it ended before, stay later."""
    steps = job.steps()
    reached = max(i for i, (_key, at) in enumerate(steps) if at is not None)
    result = []
    for i, (key, at) in enumerate(steps):
        look = "done" if i < reached or (i == reached and job.is_final) else "later"
        if i == reached and not job.is_final:
            look = "now"
        result.append(Step(JOB_STEPS[key], at, look if at or look != "done" else "later"))
    return result


def what_to_do(job: Job, *, decides: bool = False) -> object:
    """What its owner can do now, or the operator who decides; empty if nothing is needed."""
    if decides:
        return _("Look for its name on the cluster. If it is not there, hand it over again, or "
                 "cancel it. A copy that turns up late is held, and cancelled.")  # fmt: skip
    return _ADVICE.get(JobState(job.state), "")


def limit_steps(allocation: Allocation) -> list[Step]:
    """Award → UNIX user → account set → read back, each with the time that proves it."""
    limit = allocation.limit
    has_user = limit.detail != "NoUnixUser" and limit.observed_at is not None
    is_said = limit.is_said
    has_limit = limit.observed_gpu_minutes is not None or allocation.is_on_sites_account
    is_set = is_said or (has_limit and bool(limit.observed_user))
    in_force = limit.state in SET_LIMITS
    proof = [
        (_("awarded"), allocation.created_at, True),
        (_("UNIX user there"), limit.observed_at if has_user else None, has_user),
        (_("account set on the cluster"), limit.observed_at if is_set else None, is_set),
        (
            _("confirmed by its operator") if is_said else _("read back and equal"),
            limit.verified_at,
            in_force,
        ),
    ]
    open_at = next((i for i, (_words, _at, done) in enumerate(proof) if not done), len(proof))
    waits = limit.state in {LimitState.NEEDS_OPERATOR, LimitState.DRIFTED}
    steps = []
    for i, (words, at, done) in enumerate(proof):
        look = "done" if done else "later"
        if i == open_at:
            look = "warn" if waits else "now"
        detail = reason_in_words(limit.detail) if i == open_at else ""
        steps.append(Step(words, at, look, detail))
    return steps
