"""Jobs, accounting rows and associations as v0.0.38 shows them: plain words and numbers."""

from __future__ import annotations

from dev.simulator.accounting import Association
from dev.simulator.arrays import listed, mask
from dev.simulator.cluster import Cluster
from dev.simulator.jobs import ENDED, Job, Run
from dev.simulator.shapes import Body, elapsed, gpu_limit, seconds, tres_list, tres_text


def job(cluster: Cluster, job: Job) -> Body:
    described, run = job.description, job.run
    has_started = run.started_at is not None
    return {
        "account": described.account,
        "array_job_id": job.array_job_id,
        "array_task_id": job.array_task_id,
        "array_task_string": listed(job.tasks, described.tasks_at_once),
        "cluster": cluster.settings.name,
        "comment": described.comment,
        "end_time": seconds(job.shown_end),
        "exit_code": run.exit_code << 8 | run.signal,
        "job_id": job.job_id,
        "job_state": run.state,
        "name": described.name,
        "partition": described.partition,
        "priority": job.priority,
        "requeue": described.may_requeue,
        "restart_cnt": len(job.earlier),
        # A job that ended without starting shows its end as its start.
        "start_time": seconds(run.started_at or run.ended_at),
        "state_reason": job.reason or "None",
        "submit_time": seconds(run.submitted_at),
        "time_limit": described.minutes,
        "tres_alloc_str": tres_text(described.gpus) if has_started else "",
        "tres_req_str": tres_text(described.gpus),
        "user_name": job.user,
    }


def record(cluster: Cluster, job: Job, run: Run, now: float) -> Body:
    described = job.description
    times = {
        "elapsed": elapsed(run, now),
        "start": seconds(run.started_at) or None,
        "end": seconds(run.ended_at),
        "submission": seconds(run.submitted_at),
    }
    allocated = tres_list(described.gpus) if run.started_at is not None else []
    return {
        "account": described.account,
        "array": {
            "job_id": job.array_job_id,
            "task": mask(job.tasks) or None,
            "task_id": job.array_task_id,
        },
        "cluster": cluster.settings.name,
        # The comment arrives when the job has ended.
        "comment": {"job": described.comment if run.state in ENDED else None},
        "exit_code": {"status": "SUCCESS", "return_code": 0},
        "job_id": job.job_id,
        "name": described.name,
        "partition": described.partition,
        "state": {"current": run.state, "reason": "None"},
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
        "max": {"jobs": {"per": {"submitted": association.max_submit_jobs}}, "tres": tres},
        "parent_account": association.parent or None,
        "partition": None,
        "user": association.user or None,
    }
