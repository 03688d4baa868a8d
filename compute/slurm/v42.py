"""Wire version v0.0.42, which Slurm 24.11 to 26.05 speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compute.slurm import classify
from compute.slurm.answers import (
    Answer,
    Row,
    elapsed,
    gpus_among,
    gpus_in,
    integer,
    mapping,
    moment,
    text,
)
from compute.slurm.arrays import place_of_job, place_of_record
from compute.slurm.dialect import Dialect
from compute.slurm.errors import CredentialRejected, RefusedByCluster, Unsupported
from compute.slurm.states import ENDED, base_state, is_held, recorded_state
from compute.slurm.types import (
    AssociationView,
    JobDescription,
    JobRecord,
    JobView,
    PartitionView,
)
from compute.slurm.v38 import gpu_tres, host_list


class V42(Dialect):
    """Numbers come as {set, infinite, number}; what is not understood is only warned about."""

    wire = "v0.0.42"
    can_change_accounts = True
    # 26.05 says this of a bad token and of a slurmdbd that is away, in the same words.
    suspicious = frozenset({classify.DATABASE_NOT_REACHED})
    # Naming one flag drops the defaults: alone, `skip_steps` cuts the times of a job to the
    # window that was asked for, so that usage is lost, and hides a requeued job's earlier runs.
    record_flags = {
        "skip_steps": "true",
        "disable_truncate_usage_time": "true",
        "show_duplicates": "true",
    }

    def _slurm(self, path: str) -> str:
        return f"/slurm/{self.wire}/{path}{_slash(path)}"

    def _slurmdb(self, path: str) -> str:
        return f"/slurmdb/{self.wire}/{path}{_slash(path)}"

    def _identity(self, answer: Answer) -> tuple[str, str]:
        slurm = mapping(mapping(answer.body.get("meta")).get("slurm"))
        return text(slurm.get("release")), text(slurm.get("cluster"))

    def _is_up(self, row: Row) -> bool:
        return row.get("responding") is True or row.get("pinged") == "UP"

    def _ask_cluster(self) -> str:
        _, cluster = self._identity(self._ask("GET", self._slurm("ping")))
        if not cluster:
            raise Unsupported("The cluster does not tell its name.")
        return cluster

    def _probe_credential(self) -> Answer:
        answer = self._ask("GET", self._slurmdb("ping"))
        said = classify.failure(answer)
        if classify.DATABASE_NOT_REACHED in answer.codes and not isinstance(
            said, CredentialRejected
        ):
            answer = self._ask("GET", self._slurm("partitions"))
        return answer

    def _description(self, job: JobDescription) -> Row:
        described: dict[str, Any] = {
            "name": job.name,
            "comment": job.name,
            "account": job.account,
            "partition": job.partition,
            "current_working_directory": job.working_directory,
            "environment": [f"{name}={value}" for name, value in job.environment.items()],
            "time_limit": {"set": True, "number": job.minutes},
            "nodes": str(job.nodes),
            "tasks": job.tasks,
            "cpus_per_task": job.cpus_per_task,
            "hold": True,
            "requeue": job.requeue,
        }
        if job.gpus_per_node:
            kind = f":{job.gpu_type}" if job.gpu_type else ""
            described["tres_per_node"] = f"gres/gpu{kind}:{job.gpus_per_node}"
        if job.memory_mb_per_node:
            described["memory_per_node"] = {"set": True, "number": job.memory_mb_per_node}
        if job.output:
            described["standard_output"] = job.output
        if job.error:
            described["standard_error"] = job.error
        if job.array:
            described["array"] = job.array
        return described

    def _submitted_since(self, since: int) -> Mapping[str, str]:
        return {"start_time": f"uts{since}", "usage_time_as_submit_time": "true"}

    def _job_view(self, row: Row) -> JobView:
        array = place_of_job(row)
        state = base_state(row.get("job_state"))
        reason = text(row.get("state_reason")).removeprefix("None")
        has_started = state != "PENDING" and bool(row.get("tres_alloc_str"))
        ended = mapping(row.get("exit_code")) if state in ENDED else {}
        return JobView(
            job_id=integer(row["job_id"]) or 0,
            name=text(row.get("name")),
            account=text(row.get("account")),
            user=text(row.get("user_name")),
            partition=text(row.get("partition")),
            state=state,
            reason=reason,
            is_held=is_held(state, reason, integer(row.get("priority"))),
            gpus=gpus_in(text(row.get("tres_req_str"))),
            submit_time=moment(row.get("submit_time")) or 0,
            start_time=moment(row.get("start_time")) if has_started else None,
            end_time=moment(row.get("end_time")) if state in ENDED else None,
            exit_code=integer(ended.get("return_code")),
            signal=integer(mapping(ended.get("signal")).get("id")) or None,
            restarts=integer(row.get("restart_cnt")) or 0,
            array_job_id=array.job_id,
            array_task_id=array.task_id,
            array_tasks_waiting=array.tasks,
        )

    def _job_record(self, row: Row) -> JobRecord:
        time = mapping(row.get("time"))
        array = place_of_record(row)
        return JobRecord(
            cluster=text(row.get("cluster")),
            job_id=integer(row["job_id"]) or 0,
            name=text(row.get("name")),
            account=text(row.get("account")),
            user=text(row.get("user")),
            partition=text(row.get("partition")),
            state=recorded_state(mapping(row.get("state")).get("current")),
            submit_time=moment(time.get("submission")) or 0,
            start_time=moment(time.get("start")),
            end_time=moment(time.get("end")),
            elapsed=elapsed(time),
            gpus=gpus_among(mapping(row.get("tres")).get("allocated")) or 0,
            restarts=integer(row.get("restart_cnt")) or 0,
            array_job_id=array.job_id,
            array_task_id=array.task_id,
            array_tasks_waiting=array.tasks,
        )

    def _partition_view(self, row: Row) -> PartitionView:
        states = mapping(row.get("partition")).get("state")
        return PartitionView(
            name=text(row.get("name")),
            state=text(states[0]) if isinstance(states, list) and states else "",
            max_minutes=integer(mapping(row.get("maximums")).get("time")),
            nodes=tuple(host_list(text(mapping(row.get("nodes")).get("configured")))),
        )

    def _association_view(self, row: Row) -> AssociationView:
        limits = mapping(row.get("max"))
        tres = mapping(limits.get("tres"))
        submitted = mapping(mapping(limits.get("jobs")).get("per")).get("submitted")
        return AssociationView(
            account=text(row.get("account")),
            parent=text(row.get("parent_account")),
            user=text(row.get("user")),
            gpu_minutes=gpus_among(mapping(tres.get("group")).get("minutes")),
            gpus=gpus_among(tres.get("total")),
            max_submit_jobs=integer(submitted),
        )

    def _create_account(self, name: str, parent: str, description: str, gpu_minutes: int) -> None:
        minutes = [gpu_tres(gpu_minutes)]
        condition = {
            "accounts": [name],
            "clusters": [self._own_cluster()],
            "association": {"parent": parent, "grptresmins": minutes},
        }
        account = {"description": description, "organization": parent}
        body = {"association_condition": condition, "account": account}
        self._write(self._slurmdb("accounts_association"), body)

    def change_account(
        self, *, name: str, gpu_minutes: int | None = None, max_submit_jobs: int | None = None
    ) -> None:
        row = next((row for row in self._association_rows([name]) if not row.get("user")), None)
        if row is None:
            raise RefusedByCluster(f"There is no account {name}.")
        before, own = self._association_view(row).gpu_minutes, _jobs_at_once(row)
        if before is None or gpu_minutes is None or gpu_minutes <= before:
            self._write_limits(row, gpu_minutes, max_submit_jobs, max_jobs=own)
            return
        # A coordinator may remove a limit, or set one where none is, but not raise it (7012).
        # While it is away no job may start, or one could use what nobody granted.
        self._write_limits(row, None, max_submit_jobs, max_jobs=0)
        self._write_limits(row, gpu_minutes, max_submit_jobs, max_jobs=None)
        if own is not None:
            self._write_limits(row, gpu_minutes, max_submit_jobs, max_jobs=own)

    def _write_limits(
        self,
        row: Row,
        gpu_minutes: int | None,
        max_submit_jobs: int | None,
        *,
        max_jobs: int | None,
    ) -> None:
        """All limits as they were read but these: what is not sent is cleared."""
        limits = mapping(row.get("max"))
        tres, jobs = mapping(limits.get("tres")), mapping(limits.get("jobs"))
        group = mapping(tres.get("group"))
        minutes = _with_gpus(group.get("minutes"), gpu_minutes)
        per = {
            **mapping(jobs.get("per")),
            "submitted": _wrapped(max_submit_jobs),
            "count": _wrapped(max_jobs),
        }
        changed = {
            **limits,
            "tres": {**tres, "group": {**group, "minutes": minutes}},
            "jobs": {**jobs, "per": per},
        }
        names = ("account", "cluster", "partition", "user")
        association = {**{name: row.get(name, "") for name in names}, "max": changed}
        self._write(self._slurmdb("associations"), {"associations": [association]})

    def _create_user_association(self, account: str, user: str) -> None:
        condition = {
            "accounts": [account],
            "clusters": [self._own_cluster()],
            "users": [user],
        }
        body = {"association_condition": condition, "user": {}}
        self._write(self._slurmdb("users_association"), body)


def _jobs_at_once(row: Row) -> int | None:
    """The site's own GrpJobs; a 0 is ours, of a change that was cut short."""
    per = mapping(mapping(mapping(row.get("max")).get("jobs")).get("per"))
    return integer(per.get("count")) or None


def _with_gpus(minutes: object, count: int | None) -> list[Row]:
    """A list of TRES objects with another count of GPUs."""
    others = [
        entry
        for entry in (minutes if isinstance(minutes, list) else [])
        if gpus_among([entry]) is None
    ]
    return [*others, *([gpu_tres(count)] if count is not None else [])]


def _wrapped(number: int | None) -> Row:
    return {"set": number is not None, "infinite": number is None, "number": number or 0}


def _slash(path: str) -> str:
    """Lists end in a slash in this version, calls about one job do not."""
    return "" if path.startswith("job/") else "/"
