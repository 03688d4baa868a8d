"""Which allocation a job is for."""

from __future__ import annotations

from typing import Any

from cesai_client.cli.output import hours
from cesai_client.cli.session import Session, is_id
from cesai_client.errors import BadInput


def choose_allocation(
    session: Session,
    *,
    allocation: str = "",
    project: str = "",
    cluster: str = "",
    account: str = "",
    partition: str = "",
) -> str:
    """The id of the one allocation that is meant. Raises BadInput naming those that could be.

    Account and partition, which scripts name, only choose among several: what contradicts the
    allocation is the portal's to refuse, with its line.
    """
    if is_id(allocation):
        return allocation
    asked: dict[str, Any] = {"state__in": ("awarded", "active")}
    if project:
        asked["project" if is_id(project) else "project__slug"] = project
    if cluster:
        asked["pool__cluster__slug"] = cluster
    rows = list(session.client.allocations.rows(**asked))
    if allocation:
        rows = [row for row in rows if row["slurm_account"] == allocation]
        if not rows:
            raise BadInput(f"None of your current allocations has the account “{allocation}”.")
    rows = [row for row in rows if row["slurm_account"] == account] or rows
    if partition and len(rows) > 1:
        pools = {key: session.client.pools.get(key) for key in {row["pool"] for row in rows}}
        rows = [row for row in rows if pools[row["pool"]]["partition"] == partition] or rows
    if len(rows) == 1:
        return str(rows[0]["id"])
    if not rows:
        where = "".join(
            f" {word} “{value}”"
            for word, value in (("of project", project), ("on cluster", cluster))
            if value
        )
        raise BadInput(f"There is no current allocation{where}; ask for GPU-hours first.")
    raise BadInput(
        f"{len(rows)} allocations could be meant; name one by --allocation, --project or "
        "--cluster:\n" + "\n".join(_line(session, row) for row in rows[:10])
    )


def _line(session: Session, row: Any) -> str:
    project = session.name_of("projects", row["project"], "slug")
    left = hours(row["balance"]["available_gpu_hours"])
    return f"  {row['id']}  {project} on {row['cluster']}, {left} GPU-hours left"
