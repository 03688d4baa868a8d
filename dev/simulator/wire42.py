"""Wire version v0.0.42 as Slurm 24.11 and 26.05 speak it, with the habits that matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dev.simulator import rows42 as rows
from dev.simulator.accounting import Association, RefusedError
from dev.simulator.arrays import parse
from dev.simulator.jobs import Description, Run
from dev.simulator.wire import (
    TEXTS,
    Body,
    Handler,
    Reply,
    Request,
    Wire,
    asked_gpus,
    dig,
    moment,
    number,
    overlaps,
)

_WORDS = """
account array begin_time comment constraints cpus_per_task current_working_directory dependency
environment exclusive hold licenses maximum_nodes memory_per_cpu memory_per_node minimum_nodes
name nice nodes partition priority qos requeue reservation script standard_error standard_input
standard_output tasks tasks_per_node time_limit time_minimum tres_per_job tres_per_node
tres_per_task wckey
"""
KNOWN_KEYS = frozenset(_WORDS.split())
UNCHANGED = Reply(304, "")
# Naming one of these drops the defaults, among them the two that matter.
RECORD_FLAGS = ("skip_steps", "show_duplicates", "disable_truncate_usage_time")


class Wire42(Wire):
    """What it does not understand it ignores with a warning and HTTP 200."""

    version = "v0.0.42"

    def routes(self) -> Mapping[tuple[str, str, str, bool], Handler]:
        return {
            ("GET", "slurm", "ping", False): self.ping,
            ("GET", "slurm", "jobs", False): self.jobs,
            ("GET", "slurm", "job", True): self.jobs,
            ("POST", "slurm", "job", True): self.post_job,
            ("DELETE", "slurm", "job", True): self.cancel,
            ("GET", "slurm", "partitions", False): self.partitions,
            ("GET", "slurmdb", "ping", False): self.database_ping,
            ("GET", "slurmdb", "jobs", False): self.records,
            ("GET", "slurmdb", "job", True): self.records,
            ("GET", "slurmdb", "associations", False): self.associations,
            ("POST", "slurmdb", "associations", False): self.change_associations,
            ("POST", "slurmdb", "accounts_association", False): self.add_account,
            ("POST", "slurmdb", "users_association", False): self.add_users,
        }

    def is_well_formed(self, request: Request) -> bool:
        """Lists end in a slash."""
        return request.noun == "job" or request.path.endswith("/")

    def without_controller(self, request: Request) -> Reply:
        if request.call == "GET ping":
            return self._ping(is_up=False)
        if not request.has_good_token:
            return self._reply({} if request.call == "GET partitions" else _errors(1007), 511)
        if request.call == "DELETE job":
            return self._reply({"status": [], **_errors(1)}, 403 if self._is_26_05 else 500)
        if request.call == "GET job":
            return self.refusal(request, -1)
        is_update = request.call == "POST job" and request.argument != "submit"
        return self._reply(_errors(1000 if is_update else 1800), 500 if is_update else 502)

    def without_database(self, request: Request) -> Reply:
        told = "Failed to open slurmdbd connection"
        if not request.has_good_token and not self._is_26_05:
            told += ", authentication error"
        return self._reply(_errors(7000, told), 502)

    def refusal(self, request: Request, code: int) -> Reply:
        if request.call == "DELETE job":
            return self._reply({"status": [_status(request, code)]})
        empty: Body = {"jobs": []} if request.call == "GET job" else {}
        status = 404 if code == 2017 else 422 if self._is_26_05 else 500
        return self._reply({**empty, **_errors(code)}, status)

    def ping(self, _: Request) -> Reply:
        return self._ping(is_up=True)

    def database_ping(self, _: Request) -> Reply:
        return self._reply({"pings": [{"hostname": "localhost", "responding": True}]})

    def jobs(self, request: Request) -> Reply:
        jobs = self.live_jobs(request)
        return self._reply({"jobs": [rows.job(self.cluster, job) for job in jobs]})

    def post_job(self, request: Request) -> Reply:
        return self.submit(request) if request.argument == "submit" else self.update(request)

    def submit(self, request: Request) -> Reply:
        asked = dig(request.body, "job") or {}
        script = request.body.get("script") or asked.get("script")
        if not asked.get("environment") or not isinstance(asked["environment"], list):
            raise RefusedError(2127 if self._is_26_05 else 2019)
        if not script:
            raise RefusedError(2009)
        described = self._description(script, asked)
        if self._is_26_05 and int(asked.get("tasks", described.nodes)) < described.nodes:
            raise RefusedError(2025)
        warnings = [
            *(_ignored(key, "#/") for key in request.body if key not in ("script", "job")),
            *(_ignored(key, "#/job/") for key in asked if key not in KNOWN_KEYS),
        ]
        job = self.scheduler.submit(request.user, described, request.now)
        if described.is_held:
            told = "Job submission resulted in non-zero return code: "
            warnings += [{"description": f"{text}{TEXTS[2042]}"} for text in (told, "")]
        body = {"job_id": job.job_id, "step_id": "batch", "job_submit_user_msg": ""}
        return self._reply({**body, "warnings": warnings})

    def update(self, request: Request) -> Reply:
        hold = dig(request.body, "hold")
        if isinstance(hold, bool):
            self.scheduler.set_hold(request.user, number(request.argument), hold, request.now)
        ignored = [_ignored(key, "#/") for key in request.body if key not in KNOWN_KEYS | {"hold"}]
        return self._reply({"results": None, "warnings": ignored})

    def cancel(self, request: Request) -> Reply:
        job_id = number(request.argument)
        over = sum(not job.is_active for job in self.scheduler.members(job_id))
        self.scheduler.cancel(request.user, job_id, request.now, by_coordinator=True)
        # Of an array each task that had ended is told.
        statuses = [_status(request, code) for code in [0, *[2021] * over]]
        return self._reply({"status": statuses})

    def partitions(self, _: Request) -> Reply:
        pool = self.scheduler.pool
        row = {
            "name": pool.partition,
            "partition": {"state": ["UP"]},
            "nodes": {"configured": self._node, "total": 1},
            "maximums": {"time": rows.wrapped(pool.max_minutes)},
        }
        return self._reply({"partitions": [row]})

    def records(self, request: Request) -> Reply:
        start, end = moment(request.query, "start_time"), moment(request.query, "end_time")
        is_by_submission = request.query.get("usage_time_as_submit_time") == "true"
        has_flags = any(flag in request.query for flag in RECORD_FLAGS)
        keeps_times = not has_flags or "disable_truncate_usage_time" in request.query
        keeps_earlier = not has_flags or "show_duplicates" in request.query
        found = []
        for job, run, restarts in self.asked_records(request):
            if run.ended_at and restarts < len(job.earlier) and not keeps_earlier:
                continue
            if is_by_submission and run.submitted_at < (start or 0):
                continue
            if overlaps(run, start, end):
                shown = run if keeps_times else _truncated(run, start, end)
                found.append(rows.record(self.cluster, job, shown, restarts, request.now))
        warnings = [] if found else [{"description": "slurmdb_jobs_get() found nothing"}]
        return self._reply({"jobs": found, "warnings": warnings})

    def associations(self, request: Request) -> Reply:
        query = request.query
        found = self.accounting.of(query.get("account"), query.get("user"))
        if query.get("cluster", self.cluster.settings.name) != self.cluster.settings.name:
            found = []
        shown = [rows.association(self.cluster, association) for association in found]
        warnings = [] if found else [{"description": "slurmdb_associations_get() found nothing"}]
        return self._reply({"associations": shown, "warnings": warnings})

    def change_associations(self, request: Request) -> Reply:
        """What is not sent is cleared; what is not there, or of another cluster, is left out."""
        for asked in dig(request.body, "associations") or []:
            if asked.get("cluster") != self.cluster.settings.name:
                continue
            limits = asked.get("max") or {}
            per = dig(limits, "jobs", "per") or {}
            changed = Association(
                account=asked["account"],
                user=asked.get("user") or "",
                gpu_minutes=asked_gpus(dig(limits, "tres", "group", "minutes")),
                gpus=asked_gpus(dig(limits, "tres", "total")),
                max_submit_jobs=rows.unwrapped(per.get("submitted")),
                max_jobs=rows.unwrapped(per.get("count")),
            )
            self.accounting.change_association(request.user, changed)
        self.scheduler.unsettle()
        return self._reply({})

    def add_account(self, request: Request) -> Reply:
        asked = dig(request.body, "association_condition", "association")
        if not self._is_about_us(request):
            raise RefusedError(2046)  # there is no such parent
        parent = dig(asked, "parent") or "root"
        gpu_minutes = asked_gpus(dig(asked, "grptresmins"))
        wanted = [
            Association(account, parent=parent, gpu_minutes=gpu_minutes)
            for account in self._named(request)
        ]
        return self._add(request, wanted)

    def add_users(self, request: Request) -> Reply:
        if not self._is_about_us(request):
            return UNCHANGED
        users = dig(request.body, "association_condition", "users") or []
        accounts = self._named(request)
        wanted = [Association(account, user=user) for account in accounts for user in users]
        return self._add(request, wanted)

    @property
    def _node(self) -> str:
        return f"{self.cluster.settings.name}1"

    @property
    def _is_26_05(self) -> bool:
        return self.cluster.settings.release >= "26"

    def _is_about_us(self, request: Request) -> bool:
        own = self.cluster.settings.name
        return own in dig(request.body, "association_condition").get("clusters", [own])

    def _named(self, request: Request) -> list[str]:
        return list(dig(request.body, "association_condition", "accounts"))

    def _add(self, request: Request, wanted: list[Association]) -> Reply:
        is_new = [self.accounting.add_association(request.user, one) for one in wanted]
        self.scheduler.unsettle()
        return self._reply({}) if any(is_new) else UNCHANGED

    def _ping(self, *, is_up: bool) -> Reply:
        word = "UP" if is_up else "DOWN"
        return self._reply(
            {"pings": [{"hostname": self._node, "pinged": word, "responding": is_up}]}
        )

    def _reply(self, body: Body, status: int = 200) -> Reply:
        settings = self.cluster.settings
        meta = {"slurm": {"release": settings.release, "cluster": settings.name}}
        return Reply(status, {"meta": meta, "errors": [], "warnings": [], **body})

    def _description(self, script: str, asked: Body) -> Description:
        tres = str(asked.get("tres_per_node") or asked.get("tres_per_job") or "")
        tasks, tasks_at_once = parse(str(asked.get("array") or ""))
        return Description(
            name=asked.get("name", ""),
            comment=asked.get("comment", ""),
            account=asked.get("account", ""),
            partition=asked.get("partition", self.scheduler.pool.partition),
            script=script,
            minutes=_number(asked.get("time_limit", 60)),
            nodes=int(asked.get("nodes", 1)),
            gpus_per_node=int(tres.rpartition(":")[2]) if "gres/gpu" in tres else 0,
            is_held=asked.get("hold") is True,
            may_requeue=asked.get("requeue", True),
            tasks=tasks,
            tasks_at_once=tasks_at_once,
        )


def _errors(code: int, description: str = "") -> Body:
    text = TEXTS[code]
    return {"errors": [{"description": description or text, "error_number": code, "error": text}]}


def _status(request: Request, code: int) -> Body:
    error = {"string": TEXTS[code], "code": code, "message": TEXTS[code]}
    return {"error": error, "step_id": request.argument}


def _ignored(key: str, source: str) -> Body:
    return {"description": f'Ignoring unknown field "{key}"', "source": f"{source}{key}/"}


def _truncated(run: Run, start: float | None, end: float | None) -> Run:
    """The part of a run inside the window, which slurmdbd gives out as the run."""
    if run.started_at is None:
        return run
    started_at = max(run.started_at, start or 0)
    ended_at = min(run.ended_at, end) if run.ended_at and end else run.ended_at
    return replace(run, started_at=started_at, ended_at=ended_at)


def _number(value: Any) -> int:
    inner = value.get("number") if isinstance(value, dict) else value
    if not isinstance(inner, int):
        raise RefusedError(9202)
    return inner
