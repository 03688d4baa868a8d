"""Jobs, accounting rows and associations as v0.0.42 shows them: numbers in wrappings."""

from __future__ import annotations

from dev.simulator.accounting import Association
from dev.simulator.arrays import listed, mask
from dev.simulator.cluster import Cluster
from dev.simulator.jobs import ENDED, Job, Run
from dev.simulator.shapes import Body, elapsed, gpu_limit, seconds, tres_list, tres_text

# Slurm's NO_VAL stands for a start that never came.
NEVER = 0xFFFFFFFE
SIGNAL_NAMES = {9: "KILL", 15: "TERM"}


def job(cluster: Cluster, job: Job) -> Body:
    described, run = job.description, job.run
    has_started = run.started_at is not None
    return {
        "account": described.account,
        "array_job_id": wrapped(job.array_job_id),
        "array_task_id": unset(job.array_task_id),
        "array_task_string": listed(job.tasks, described.tasks_at_once),
        "cluster": cluster.settings.name,
        "comment": described.comment,
        "end_time": wrapped(seconds(job.shown_end)),
        "exit_code": exit_code(run),
        "hold": job.priority == 0,
        "job_id": job.job_id,
        "job_state": [run.state],
        "name": described.name,
        "partition": described.partition,
        "priority": wrapped(job.priority),
        "requeue": described.may_requeue,
        "restart_cnt": len(job.earlier),
        "start_time": wrapped(seconds(run.started_at or run.ended_at)),
        "state_reason": job.reason or "None",
        "submit_time": wrapped(seconds(run.submitted_at)),
        "time_limit": wrapped(described.minutes),
        "tres_alloc_str": tres_text(described.gpus) if has_started else "",
        "tres_req_str": tres_text(described.gpus),
        "user_name": job.user,
    }


def record(cluster: Cluster, job: Job, run: Run, restarts: int, now: float) -> Body:
    described = job.description
    never_started = NEVER if run.state in ENDED else 0
    times = {
        "elapsed": elapsed(run, now),
        "start": seconds(run.started_at) or never_started,
        "end": seconds(run.ended_at),
        "submission": seconds(run.submitted_at),
    }
    allocated = tres_list(described.gpus) if run.started_at is not None else []
    # The ended run of a requeued job is shown as waiting, with a flag beside it.
    states = ["PENDING", "REQUEUED"] if run.state == "REQUEUED" else [run.state]
    return {
        "account": described.account,
        "array": {
            "job_id": job.array_job_id,
            "task": mask(job.tasks),
            "task_id": unset(job.array_task_id),
        },
        "cluster": cluster.settings.name,
        "comment": {"job": described.comment if run.state in ENDED else ""},
        "exit_code": exit_code(run),
        "job_id": job.job_id,
        "name": described.name,
        "partition": described.partition,
        "restart_cnt": restarts,
        "state": {"current": states, "reason": "None"},
        "time": times,
        "tres": {"allocated": allocated, "requested": tres_list(described.gpus)},
        "user": job.user,
    }


def association(cluster: Cluster, association: Association) -> Body:
    tres: Body = {
        "total": gpu_limit(association.gpus),
        "group": {"minutes": gpu_limit(association.gpu_minutes), "active": []},
    }
    return {
        "account": association.account,
        "cluster": cluster.settings.name,
        "max": {
            "jobs": {
                "per": {
                    "submitted": wrapped(association.max_submit_jobs),
                    "count": wrapped(association.max_jobs),
                }
            },
            "tres": tres,
        },
        "parent_account": association.parent,
        "partition": "",
        "user": association.user,
    }


def wrapped(number: int | None) -> Body:
    """A number as this version wraps it; None is no limit."""
    return {"set": number is not None, "infinite": number is None, "number": number or 0}


def unwrapped(value: object) -> int | None:
    """The number of a limit as it is sent; None is no limit."""
    if isinstance(value, dict):
        return int(value["number"]) if value.get("set") and not value.get("infinite") else None
    return int(value) if isinstance(value, int) and value >= 0 else None


def unset(number: int | None) -> Body:
    """A number that may be missing, which is no limit."""
    return {"set": number is not None, "infinite": False, "number": number or 0}


def exit_code(run: Run) -> Body:
    status = "SIGNALED" if run.signal else "ERROR" if run.exit_code else "SUCCESS"
    return {
        "status": [status],
        "return_code": unset(None) if run.signal else wrapped(run.exit_code),
        "signal": {
            "id": wrapped(run.signal) if run.signal else unset(None),
            "name": SIGNAL_NAMES.get(run.signal, ""),
        },
    }
