"""One pass at a time over each cluster, by a lease on PostgreSQL's clock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from compute.models import Cluster, ClusterHealth

LEASE = timedelta(seconds=120)


@contextmanager
def lease(cluster: Cluster) -> Iterator[bool]:
    """True if this pass holds the cluster; False if another one does.

    A pass that outlives its lease does no harm: each of its writes is a compare-and-set.
    """
    holder = uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    rows = ClusterHealth.objects.filter(free, cluster=cluster)
    taken = bool(rows.update(lease_holder=holder, lease_until=Now() + LEASE))
    try:
        yield taken
    finally:
        if taken:
            mine = ClusterHealth.objects.filter(cluster=cluster, lease_holder=holder)
            mine.update(lease_holder=None, lease_until=None)
