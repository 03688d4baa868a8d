"""The ledger of GPU-seconds: one row a transfer, append-only, and the one function that posts."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from compute.models.allocations import Allocation, Balance

if TYPE_CHECKING:
    from compute.models.jobs import Job
    from projects.models import User
    from projects.scoping import Person


# One statement instead of a savepoint around an insert that may collide.
_INSERT = """
INSERT INTO compute_ledgerentry
    (id, allocation_id, kind, debit, credit, gpu_seconds, source_key, job_id, actor_id, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (source_key) DO NOTHING
"""


class NotEnough(Exception):
    """The guarded update found less than the transfer takes."""


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    def visible_to(self, person: Person) -> Self:
        """The rows of visible allocations."""
        return self.filter(allocation__in=Allocation.objects.visible_to(person))


class LedgerEntry(models.Model):
    """GPU-seconds moved from one ledger account to another; zero-sum by construction."""

    class Kind(models.TextChoices):
        GRANT = "grant", _("granted")
        RESERVE = "reserve", _("reserved")
        RELEASE = "release", _("returned")
        USE = "use", _("used")
        EXPIRE = "expire", _("lapsed")
        CORRECT = "correct", _("corrected")
        RETURN = "return", _("given back")

    class Account(models.TextChoices):
        ISSUED = "issued", _("pool")
        AVAILABLE = "available", _("available")
        RESERVED = "reserved", _("reserved")
        USED = "used", _("used")

    DECIDED = (Kind.GRANT, Kind.EXPIRE, Kind.RETURN)  # a few of each; the others are of jobs

    sequence = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Millions of rows are written by thousands: an index is there only for what is asked.
    allocation = models.ForeignKey(
        Allocation, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind)
    debit = models.CharField(max_length=9, choices=Account)  # where it comes from
    credit = models.CharField(max_length=9, choices=Account)  # where it goes
    gpu_seconds = models.BigIntegerField()
    # The fact it books, once for ever
    source_key = models.CharField(max_length=160, db_collation="C")
    job = models.ForeignKey(
        "compute.Job", on_delete=models.PROTECT, null=True, related_name="entries", db_index=False
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    at = models.DateTimeField()

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-sequence"]
        constraints = [
            models.UniqueConstraint(fields=["source_key"], name="booked_once"),
            models.CheckConstraint(condition=Q(gpu_seconds__gt=0), name="entry_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="entry_moves"),
        ]
        indexes = [
            models.Index(fields=["allocation", "-sequence"], name="entry_by_allocation"),
            models.Index(fields=["job"], condition=~Q(job=None), name="entry_of_job"),
            models.Index(
                fields=["allocation", "at"],
                condition=Q(kind__in=["grant", "expire", "return"]),
                name="entry_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.gpu_seconds} GPU-s: {self.debit} → {self.credit}"


def post(
    *,
    allocation_id: uuid.UUID,
    kind: LedgerEntry.Kind,
    debit: LedgerEntry.Account,
    credit: LedgerEntry.Account,
    gpu_seconds: int,
    source_key: str,
    at: datetime,
    job: Job | None = None,
    actor: User | None = None,
    may_overdraw: bool = False,
) -> bool:
    """Book one transfer and change the balance with it, in the caller's transaction.

    False if this source was booked before: nothing is changed, so repeating is safe. Raises
    NotEnough if the debited account holds less, unless it may be overdrawn (use does not ask);
    the row is written by then, so the caller's transaction must not go on.
    """
    row: list[Any] = [uuid.uuid4(), allocation_id, kind, debit, credit, gpu_seconds, source_key]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*row, job.pk if job else None, actor.pk if actor else None, at])
        if not cursor.rowcount:
            return False
    changes = {}
    guard = Q(allocation=allocation_id)
    if debit != LedgerEntry.Account.ISSUED:
        changes[debit.value] = F(debit.value) - gpu_seconds
        if not may_overdraw:
            guard &= Q(**{f"{debit.value}__gte": gpu_seconds})
    if credit != LedgerEntry.Account.ISSUED:
        changes[credit.value] = F(credit.value) + gpu_seconds
    if not Balance.objects.filter(guard).update(**changes):
        raise NotEnough
    return True


def adjust_use(
    *, allocation_id: uuid.UUID, gpu_seconds: int, source_key: str, at: datetime, actor: User
) -> None:
    """Book more use out of what is available, or below zero take some back by a reversing row."""
    if not gpu_seconds:
        return
    kinds, accounts = LedgerEntry.Kind, LedgerEntry.Account
    more = gpu_seconds > 0
    post(
        allocation_id=allocation_id,
        kind=kinds.USE if more else kinds.CORRECT,
        debit=accounts.AVAILABLE if more else accounts.USED,
        credit=accounts.USED if more else accounts.AVAILABLE,
        gpu_seconds=abs(gpu_seconds),
        source_key=source_key,
        at=at,
        actor=actor,
        may_overdraw=more,  # it was used: asking is too late
    )
