"""What each kind of request must say: new GPU-hours, more, longer, elsewhere, fewer, none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from compute.models import Allocation, Balance, Pool, Request
from compute.models.requests import GIVING
from compute.quota import gpu_hours
from projects.errors import Invalid

if TYPE_CHECKING:
    from projects.models import Project
    from registry.models import Model

Kind = Request.Kind
RETURNING = (Kind.TRANSFER, Kind.REDUCTION)


class Ask(NamedTuple):
    """GPU-seconds of one pool in [start, end)."""

    pool: Pool
    start: date
    end: date
    gpu_seconds: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything a request says; all kinds but "new" are about one allocation."""

    purpose: str
    lines: Sequence[Ask] = ()
    kind: str = Request.Kind.NEW
    model: Model | None = None
    allocation: Allocation | None = None
    returned_gpu_seconds: int | None = None
    justification: str = ""
    why_not_reasons: Sequence[str] = ()
    why_not_text: str = ""

    def fields(self) -> dict[str, Any]:
        """The columns that it fills."""
        names = (
            *("purpose", "kind", "model", "allocation", "returned_gpu_seconds"),
            *("justification", "why_not_text"),
        )
        values = {name: getattr(self, name) for name in names}
        return {**values, "why_not_reasons": list(self.why_not_reasons)}


def check_kind(project: Project, asked: Asked) -> None:
    """Raise Invalid unless it says what its kind needs, and nothing else."""
    if asked.kind == Kind.NEW:
        if asked.allocation or asked.returned_gpu_seconds:
            raise _wrong(
                "allocation",
                _(
                    "New GPU-hours are not about an allocation. Ask for a supplement to add to "
                    "one."
                ),
            )
        return
    allocation = _allocation(project, asked)
    if asked.kind in GIVING and asked.lines:
        raise _wrong("lines", _("What is given up is an amount of the allocation, no line."))
    if (asked.kind in RETURNING) != (asked.returned_gpu_seconds is not None):
        raise _wrong(
            "return_gpu_hours",
            _(
                "A transfer and a reduction, and no other kind, say how many GPU-hours are "
                "returned."
            ),
        )
    if asked.returned_gpu_seconds is not None:
        _check_returned(allocation, asked.returned_gpu_seconds)
    if asked.kind == Kind.EXTENSION:
        _check_extension(allocation, asked.lines)
    same = [ask for ask in asked.lines if ask.pool.pk == allocation.pool_id]
    if asked.kind == Kind.TRANSFER and same:
        raise _wrong("lines", _("A transfer goes to another pool."))


def _allocation(project: Project, asked: Asked) -> Allocation:
    allocation = asked.allocation
    if allocation is None or allocation.project_id != project.pk:
        raise _wrong("allocation", _("Name the allocation of this project that it is about."))
    if allocation.has_ended:
        raise _wrong("allocation", _("This allocation has ended. Ask for new GPU-hours."))
    if not allocation.is_of_own_pool and asked.kind != Kind.SUPPLEMENT:
        raise _wrong("allocation", _("Another board awarded this allocation; only that board "
                                     "changes it."))  # fmt: skip
    return allocation


def _check_returned(allocation: Allocation, gpu_seconds: int) -> None:
    free = Balance.objects.values_list("available", flat=True).get(allocation=allocation)
    if gpu_seconds > free:
        raise _wrong(
            "return_gpu_hours",
            _("Only %(free)s GPU-h are unspent and not reserved; return at most that.")
            % {"free": gpu_hours(max(free, 0))},
        )


def _check_extension(allocation: Allocation, lines: Sequence[Ask]) -> None:
    if len(lines) != 1 or lines[0].pool.pk != allocation.pool_id:
        raise _wrong(
            "lines",
            _(
                "An extension is one line of the allocation's own pool: until when, and how many "
                "of the GPU-hours are to be moved there."
            ),
        )
    if lines[0].start != allocation.end:
        raise _wrong(
            "lines",
            _("An extension begins on %(day)s, where the allocation ends.")
            % {"day": allocation.end},
        )


def _wrong(field: str, sentence: object) -> Invalid:
    return Invalid(str(sentence), fields={field: [str(sentence)]})
