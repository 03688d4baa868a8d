"""Reading a cluster's accounting of some time, with room for clocks that differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from compute.slurm.types import JobRecord
from compute.sync.connections import Connections

OVERLAP = timedelta(hours=48)  # rows come late
AHEAD = timedelta(days=1)  # what a clock before ours calls now has not come for us


def read_history(clients: Connections, *, since: datetime, now: datetime) -> Sequence[JobRecord]:
    """All visible rows since that time and somewhat longer. Raises SlurmError."""
    return clients.any().history(
        start=int((since - OVERLAP).timestamp()), end=int((now + AHEAD).timestamp())
    )
