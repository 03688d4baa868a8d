"""Wire version v0.0.38, which Slurm 22.05 speaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from compute.slurm.errors import Unsupported
from compute.slurm.states import ENDED, base_state, is_held, recorded_state
from compute.slurm.types import (
    AssociationView,
    JobDescription,
    JobRecord,
    JobView,
    PartitionView,
)


class V38(Dialect):
    """Plain numbers and words; nearly every error is HTTP 500."""

    wire = "v0.0.38"
    suspicious = frozenset({-1, 1000, 5005})

    def _slurm(self, path: str) -> str:
        return f"/slurm/{self.wire}/{path}"

    def _slurmdb(self, path: str) -> str:
        return f"/slurmdb/{self.wire}/{path}"

    def _identity(self, answer: Answer) -> tuple[str, str]:
        slurm = mapping(mapping(answer.body.get("meta")).get("Slurm"))
        return text(slurm.get("release")), ""

    def _is_up(self, row: Row) -> bool:
        return row.get("ping") == "UP"

    def _ask_cluster(self) -> str:
        rows = self._read(self._slurmdb("clusters"), "clusters")
        names = [text(row.get("name")) for row in rows]
        if len(names) != 1:
            raise Unsupported(
                f"The accounting serves {len(names)} clusters ({', '.join(names)}) and this "
                "release does not tell its own name: name it where the cluster is registered."
            )
        return names[0]

    def _probe_credential(self) -> Answer:
        return self._ask("GET", self._slurmdb("clusters"))

    def _description(self, job: JobDescription) -> Row:
        described: dict[str, Any] = {
            "name": job.name,
            "comment": job.name,
            "account": job.account,
            "partition": job.partition,
            "current_working_directory": job.working_directory,
            "environment": dict(job.environment),
            "time_limit": job.minutes,
            "nodes": job.nodes,
            "tasks": job.tasks,
            "cpus_per_task": job.cpus_per_task,
            "hold": True,
        }
        # `requeue: false` is accepted and ignored.
        described["requeue" if job.requeue else "no_requeue"] = True
        if job.gpus_per_node:
            kind = f"{job.gpu_type}:" if job.gpu_type else ""
            described["gres"] = f"gpu:{kind}{job.gpus_per_node}"
        if job.memory_mb_per_node:
            described["memory_per_node"] = job.memory_mb_per_node
        if job.output:
            described["standard_output"] = job.output
        if job.error:
            described["standard_error"] = job.error
        if job.array:
            described["array"] = job.array
        return described

    def _submitted_since(self, since: int) -> Mapping[str, str]:
        return {"submit_time": f"uts{since}"}

    def _job_view(self, row: Row) -> JobView:
        array = place_of_job(row)
        state = base_state(row.get("job_state"))
        reason = text(row.get("state_reason")).removeprefix("None")
        has_started = state != "PENDING" and bool(row.get("tres_alloc_str"))
        status = (integer(row.get("exit_code")) or 0) if state in ENDED else None
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
            exit_code=_exit_code(status),
            signal=_signal(status),
            restarts=integer(row.get("restart_cnt")) or 0,
            array_job_id=array.job_id,
            array_task_id=array.task_id,
            array_tasks_waiting=array.tasks,
        )

    def _job_record(self, row: Row) -> JobRecord:
        time = mapping(row.get("time"))
        partition = text(row.get("partition"))
        array = place_of_record(row)
        return JobRecord(
            cluster=text(row.get("cluster")),
            job_id=integer(row["job_id"]) or 0,
            name=text(row.get("name")),
            account=text(row.get("account")),
            user=text(row.get("user")),
            partition=partition,
            state=recorded_state(mapping(row.get("state")).get("current")),
            submit_time=moment(time.get("submission")) or 0,
            start_time=moment(time.get("start")),
            # The end of a short job can be booked before its start: the row then lacks name and
            # partition for seconds and must not count as final.
            end_time=moment(time.get("end")) if partition else None,
            elapsed=elapsed(time),
            gpus=gpus_among(mapping(row.get("tres")).get("allocated")) or 0,
            array_job_id=array.job_id,
            array_task_id=array.task_id,
            array_tasks_waiting=array.tasks,
        )

    def _partition_view(self, row: Row) -> PartitionView:
        return PartitionView(
            name=text(row.get("name")),
            state=text(row.get("state")),
            max_minutes=integer(row.get("max_time_limit")),
            nodes=tuple(host_list(text(row.get("nodes")))),
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
        account = {"name": name, "description": description, "organization": parent}
        self._write(self._slurmdb("accounts"), {"accounts": [account]})
        association = {
            "account": name,
            "cluster": self._own_cluster(),
            "parent_account": parent,
            "user": None,  # "" would break the tree of associations
            "max": {"tres": {"group": {"minutes": [gpu_tres(gpu_minutes)]}}},
        }
        self._write(self._slurmdb("associations"), {"associations": [association]})

    def _create_user_association(self, account: str, user: str) -> None:
        # A user who is known already keeps the default account: the call changes nothing then.
        known = {"name": user, "default": {"account": account}}
        self._write(self._slurmdb("users"), {"users": [known]})
        association = {"account": account, "cluster": self._own_cluster(), "user": user}
        self._write(self._slurmdb("associations"), {"associations": [association]})


def host_list(text: str) -> list[str]:
    """The host expressions of a list: `a[1-3],b` has two."""
    parts: list[str] = []
    depth = 0
    for piece in text.split(","):
        if depth:
            parts[-1] += f",{piece}"
        elif piece:
            parts.append(piece)
        depth += piece.count("[") - piece.count("]")
    return parts


def gpu_tres(count: int) -> Row:
    """One entry of a list of TRES objects."""
    return {"type": "gres", "name": "gpu", "count": count}


def _exit_code(status: int | None) -> int | None:
    """From a raw wait status, as wait(2) gives it: 1792 is exit code 7."""
    return None if status is None or status & 0x7F else status >> 8 & 0xFF


def _signal(status: int | None) -> int | None:
    return status & 0x7F or None if status is not None else None
