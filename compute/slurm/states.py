"""Slurm's job states without the flags that some releases put in their place."""

from __future__ import annotations

ENDED = frozenset(
    {
        "BOOT_FAIL",
        "CANCELLED",
        "COMPLETED",
        "DEADLINE",
        "FAILED",
        "NODE_FAIL",
        "OUT_OF_MEMORY",
        "PREEMPTED",
        "TIMEOUT",
    }
)
BASE = ENDED | {"PENDING", "RUNNING", "SUSPENDED"}

# 22.05 shows a flag instead of the base state. COMPLETING hides how the job ended: until that
# is known it still runs.
_MEANING = {
    "COMPLETING": "RUNNING",
    "CONFIGURING": "RUNNING",
    "RESIZING": "RUNNING",
    "SIGNALING": "RUNNING",
    "STAGE_OUT": "RUNNING",
    "STOPPED": "RUNNING",
    "REQUEUED": "PENDING",
    "REQUEUE_FED": "PENDING",
    "REQUEUE_HOLD": "PENDING",
    "RESV_DEL_HOLD": "PENDING",
    "SPECIAL_EXIT": "PENDING",
}


def base_state(shown: object) -> str:
    """The base state of a word or a list of words; an unknown word is passed through."""
    if isinstance(shown, str) and shown in BASE:
        return shown
    words = shown if isinstance(shown, list) else [shown]
    names = [word for word in words if isinstance(word, str)]
    known = [name for name in names if name in BASE]
    return next((_MEANING.get(name, name) for name in [*known, *names]), "")


def recorded_state(shown: object) -> str:
    """The state of an accounting row; the ended run of a requeued job says REQUEUED."""
    words = shown if isinstance(shown, list) else [shown]
    return "REQUEUED" if "REQUEUED" in words else base_state(shown)


def is_held(state: str, reason: str, priority: int | None) -> bool:
    """Whether nothing but a release can start the job; a running one can carry the reason too."""
    return state == "PENDING" and reason in ("JobHeldUser", "JobHeldAdmin") and priority == 0
