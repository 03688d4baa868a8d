"""What a site's staff run to bring a limit into force: shown to them, never run by us."""

from __future__ import annotations

from compute.models import Limit


def creating(limit: Limit) -> str:
    """For an account that is not there, or whose UNIX user may not use it yet."""
    allocation, cluster = limit.allocation, limit.allocation.pool.cluster
    where = f"cluster={cluster.slurm_cluster}" if cluster.slurm_cluster else ""
    account = (
        f"{cluster.sacctmgr} -i add account name={allocation.slurm_account} "
        f"parent={cluster.parent_account} {where} "
        f"GrpTRESMins=gres/gpu={limit.desired_gpu_minutes}"
    )
    user = (
        f"{cluster.sacctmgr} -i add user name={allocation.unix_user} "
        f"account={allocation.slurm_account} {where}"
    )
    return f"{' '.join(account.split())} && {' '.join(user.split())}"


def changing(limit: Limit, *, parent: str) -> str:
    """For an account that has another limit than it shall have, or another parent than `parent`.

    sacctmgr refuses a change whose parent is the one that it has already.
    """
    ours = limit.allocation.pool.cluster.parent_account
    wanted = [] if parent == ours else [f"parent={ours}"]
    if limit.observed_submit_jobs == 0:
        wanted.append("GrpSubmitJobs=-1")
    return _modify(limit, *wanted, f"GrpTRESMins=gres/gpu={limit.desired_gpu_minutes}")


def closing(limit: Limit) -> str:
    """For an account under which nobody may submit any more; running jobs go on."""
    return _modify(limit, "GrpSubmitJobs=0")


def _modify(limit: Limit, *wanted: str) -> str:
    allocation, cluster = limit.allocation, limit.allocation.pool.cluster
    where = f"cluster={cluster.slurm_cluster} " if cluster.slurm_cluster else ""
    return (
        f"{cluster.sacctmgr} -i modify account where name={allocation.slurm_account} {where}"
        f"set {' '.join(wanted)}"
    )
