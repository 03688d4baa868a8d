"""Booking thousands of rows of a cluster's accounting with a few statements, each row once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction


class Incoming(NamedTuple):
    """One row of a cluster's accounting under one of our allocations, ready to be kept."""

    slurm_job_id: int
    submit_time: int  # epoch seconds, as the cluster's clock says
    restarts: int
    allocation_id: uuid.UUID
    job_id: uuid.UUID | None  # the intent that its name says; it counts if it is of this id
    intent_slurm_id: int  # the id under which that intent would be known, of an array the master
    unix_user: str
    state: str
    start_time: int | None
    end_time: int | None  # None: provisional, kept and not booked
    elapsed: int
    gpus: int
    gpu_seconds: int
    source: str  # what its entries in the ledger are called, without the account


class Booked(NamedTuple):
    """What came of it."""

    changed: int  # rows that are new, or say something else than before
    entries: int


def book_all(cluster_id: uuid.UUID, rows: Iterable[Incoming], *, at: datetime) -> Booked:
    """Keep rows and book their use out of what is available, in one transaction.

    Rows of a job that is not settled yet are kept: settling books them out of its reservation.
    What was booked before, in part or whole, is not booked again, so repeating is safe.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TABLE)
        _copy(cursor, rows)
        cursor.execute("ANALYZE incoming")  # else a plan for a handful of rows is made
        cursor.execute(_KEEP, {"cluster": cluster_id, "at": at})
        new, changed, entries, all_rows = cursor.fetchone()
        if new < all_rows:
            cursor.execute(_POST, {"cluster": cluster_id, "at": at})
            entries += cursor.fetchone()[0]
        cursor.execute("DROP TABLE incoming")
    return Booked(changed, entries)


def _copy(cursor: Any, rows: Iterable[Incoming]) -> None:
    with cursor.copy("COPY incoming FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


_TABLE = """
CREATE TEMPORARY TABLE incoming (
    slurm_job_id bigint, submit_time bigint, restarts integer, allocation_id uuid, job_id uuid,
    intent_slurm_id bigint, unix_user text, state text, start_time bigint, end_time bigint,
    elapsed bigint, gpus integer, gpu_seconds bigint, source text
) ON COMMIT DROP
"""
_FACTS: Sequence[str] = (
    "unix_user", "state", "start_time", "end_time", "elapsed", "gpus", "gpu_seconds"
)  # fmt: skip
# Balances are changed in the order of their allocations, as everything that changes several.
_BALANCES = """
sums AS (
    SELECT allocation_id, sum(gpu_seconds) AS amount FROM posted GROUP BY allocation_id
), held AS (
    SELECT b.allocation_id FROM compute_balance b JOIN sums s USING (allocation_id)
    ORDER BY b.allocation_id FOR NO KEY UPDATE OF b
), balances AS (
    UPDATE compute_balance b SET available = b.available - s.amount, used = b.used + s.amount
    FROM sums s JOIN held h USING (allocation_id) WHERE b.allocation_id = s.allocation_id
), of_jobs AS (
    SELECT job_id, sum(gpu_seconds) AS amount FROM posted WHERE job_id IS NOT NULL GROUP BY job_id
), jobs AS (
    UPDATE compute_job j SET used_gpu_seconds = j.used_gpu_seconds + o.amount
    FROM of_jobs o WHERE j.id = o.job_id
)
"""
_ENTRY = """
    INSERT INTO compute_ledgerentry
        (id, allocation_id, kind, debit, credit, gpu_seconds, source_key, job_id, actor_id, at)
    SELECT gen_random_uuid(), u.allocation_id, 'use', 'available', 'used', u.gpu_seconds,
        i.source || ':available', u.job_id, NULL, %(at)s
"""
_BOOKABLE = """
    u.end_time IS NOT NULL AND u.gpu_seconds > 0 AND (j.id IS NULL OR j.settled_at IS NOT NULL)
"""
# A row that was not there before has never been booked: nothing is looked up in the ledger.
_KEEP = f"""
WITH kept AS (
    INSERT INTO compute_usagerecord AS kept
        (id, cluster_id, slurm_job_id, submit_time, restarts, allocation_id, job_id, observed_at,
         {", ".join(_FACTS)})
    SELECT DISTINCT ON (i.slurm_job_id, i.submit_time, i.restarts)
        gen_random_uuid(), %(cluster)s, i.slurm_job_id, i.submit_time, i.restarts,
        i.allocation_id, j.id, %(at)s, {", ".join(f"i.{name}" for name in _FACTS)}
    FROM incoming i
    LEFT JOIN compute_job j ON j.id = i.job_id AND j.allocation_id = i.allocation_id
        AND j.slurm_job_id = i.intent_slurm_id
    ORDER BY i.slurm_job_id, i.submit_time, i.restarts, i.end_time NULLS LAST
    ON CONFLICT (cluster_id, slurm_job_id, submit_time, restarts) DO UPDATE SET
        allocation_id = EXCLUDED.allocation_id, job_id = EXCLUDED.job_id,
        observed_at = EXCLUDED.observed_at,
        {", ".join(f"{name} = EXCLUDED.{name}" for name in _FACTS)}
    WHERE EXCLUDED.end_time IS NULL OR (kept.allocation_id, kept.job_id,
        {", ".join(f"kept.{name}" for name in _FACTS)}) IS DISTINCT FROM (EXCLUDED.allocation_id,
        EXCLUDED.job_id, {", ".join(f"EXCLUDED.{name}" for name in _FACTS)})
    RETURNING slurm_job_id, submit_time, restarts, allocation_id, job_id, gpu_seconds, end_time,
        xmax = 0 AS is_new
), named AS (
    SELECT DISTINCT slurm_job_id, submit_time, restarts, source FROM incoming
), posted AS (
    {_ENTRY}
    FROM kept u
    JOIN named i USING (slurm_job_id, submit_time, restarts)
    LEFT JOIN compute_job j ON j.id = u.job_id
    WHERE u.is_new AND {_BOOKABLE}
    ON CONFLICT (source_key) DO NOTHING
    RETURNING allocation_id, job_id, gpu_seconds
), {_BALANCES}
SELECT (SELECT count(*) FILTER (WHERE is_new) FROM kept), (SELECT count(*) FROM kept),
    (SELECT count(*) FROM posted), (SELECT count(*) FROM named)
"""  # noqa: S608 (names of columns)
_POST = f"""
WITH posted AS (
    {_ENTRY}
    FROM incoming i
    JOIN compute_usagerecord u ON u.cluster_id = %(cluster)s
        AND u.slurm_job_id = i.slurm_job_id AND u.submit_time = i.submit_time
        AND u.restarts = i.restarts
    LEFT JOIN compute_job j ON j.id = u.job_id
    WHERE {_BOOKABLE}
        AND NOT EXISTS (
            SELECT FROM compute_ledgerentry e
            WHERE e.source_key IN (i.source || ':reserved', i.source || ':available'))
    ORDER BY u.sequence
    ON CONFLICT (source_key) DO NOTHING
    RETURNING allocation_id, job_id, gpu_seconds
), {_BALANCES}
SELECT count(*) FROM posted
"""  # noqa: S608 (names of columns)
