"""One pass at a time over each cluster, by a lease on PostgreSQL's clock that a pass renews."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Q
from django.db.models.functions import Now

from compute.models import Cluster, ClusterHealth

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another pass has the cluster by now: this one was stopped for longer than its lease."""


class Lease:
    """The hold of one pass on one cluster; false if another pass has it.

    A worker that is killed frees the cluster after `LEASE_SECONDS`; one whose call to a hanging
    cluster takes longer keeps it, because a thread renews the lease as long as the process lives.
    A pass that was stopped meanwhile does no harm: each of its writes is a compare-and-set.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._holder = uuid.uuid4()
        self._rows = ClusterHealth.objects.filter(cluster=cluster)
        self._mine = self._rows.filter(lease_holder=self._holder)
        self._is_over = threading.Event()
        self._is_lost = False
        self.is_ours = False

    def __bool__(self) -> bool:
        return self.is_ours

    def take(self) -> None:
        """Hold the cluster, if nobody does."""
        free = Q(lease_until=None) | Q(lease_until__lt=Now())
        taken = self._rows.filter(free).update(lease_holder=self._holder, lease_until=_end())
        self.is_ours = bool(taken)
        # Inside a transaction nobody else can see the lease, nor renew it.
        if taken and not connection.in_atomic_block:
            threading.Thread(target=self._renew, daemon=True).start()

    def check(self) -> None:
        """Raise LeaseLost if another pass took the cluster meanwhile."""
        if self._is_lost or not self._mine.exists():
            raise LeaseLost

    def give_back(self) -> None:
        self._is_over.set()
        if self.is_ours:
            self._mine.update(lease_holder=None, lease_until=None)

    def _renew(self) -> None:
        try:
            while not self._is_over.wait(settings.LEASE_SECONDS / 3):
                if not self._mine.update(lease_until=_end()):
                    self._is_lost = True
                    return
        except DatabaseError as error:  # the lease runs out by itself
            log.warning("lease_not_renewed", error=str(error))
        finally:
            connection.close()  # this thread's own


@contextmanager
def lease(cluster: Cluster) -> Iterator[Lease]:
    """A lease that is given back at the end; false if another pass has the cluster."""
    held = Lease(cluster)
    held.take()
    try:
        yield held
    finally:
        held.give_back()


def _end() -> object:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
