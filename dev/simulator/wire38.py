"""Wire version v0.0.38 as Slurm 22.05 speaks it, with the habits that matter."""

from __future__ import annotations

from collections.abc import Mapping

from dev.simulator import rows38 as rows
from dev.simulator.accounting import Association, RefusedError
from dev.simulator.arrays import parse
from dev.simulator.jobs import Description
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
environment exclusive gpus gpus_per_node gpus_per_task gres hold job_name licenses
memory_per_cpu memory_per_gpu memory_per_node name nice no_requeue nodes ntasks partition
priority qos requeue reservation standard_error standard_input standard_output tasks
tasks_per_node time_limit time_minimum wckey
"""
KNOWN_KEYS = frozenset(_WORDS.split())


class Wire38(Wire):
    """Nearly every failure is HTTP 500; some come with 200."""

    version = "v0.0.38"

    def routes(self) -> Mapping[tuple[str, str, str, bool], Handler]:
        return {
            ("GET", "slurm", "ping", False): self.ping,
            ("GET", "slurm", "jobs", False): self.jobs,
            ("GET", "slurm", "job", True): self.jobs,
            ("POST", "slurm", "job", True): self.post_job,
            ("DELETE", "slurm", "job", True): self.cancel,
            ("GET", "slurm", "partitions", False): self.partitions,
            ("GET", "slurmdb", "jobs", False): self.records,
            ("GET", "slurmdb", "job", True): self.records,
            ("GET", "slurmdb", "clusters", False): self.clusters,
            ("GET", "slurmdb", "associations", False): self.associations,
            ("POST", "slurmdb", "accounts", False): self.add_accounts,
            ("POST", "slurmdb", "users", False): self.add_users,
            ("POST", "slurmdb", "associations", False): self.add_associations,
        }

    def without_controller(self, request: Request) -> Reply:
        """A bad token and a dead slurmctld differ only for what is sent, not for reads."""
        if request.call == "POST job":
            sent = 1800 if request.has_good_token else 5005
            return self.refusal(request, sent if request.argument == "submit" else 1000)
        if request.call == "DELETE job":
            return self.refusal(request, 1800 if request.has_good_token else 5005)
        return self.refusal(request, -1)

    def without_database(self, request: Request) -> Reply:
        return self.refusal(request, 7000 if request.has_good_token else 1007)

    def refusal(self, request: Request, code: int) -> Reply:
        if request.call == "POST job" and request.argument == "submit":
            return self._reply({"errors": [{"error_code": code, "error": TEXTS[code]}]}, 500)
        if request.call == "GET partitions":
            return self._reply({"errors": [{"error": TEXTS[code], "errno": code}]}, 500)
        error = {"description": TEXTS[code], "error_number": code, "error": TEXTS[code]}
        # Asked for rows, slurmdbd's absence is a success to slurmrestd.
        is_soft = code in (7000, 9003) and request.call in ("GET jobs", "GET job")
        is_refused_write = request.call == "POST associations" and code != 7000
        status = 200 if is_soft else 400 if is_refused_write else 500
        empty: Body = {"jobs": []} if request.call in ("GET jobs", "GET job") else {}
        return self._reply({**empty, "errors": [error]}, status)

    def ping(self, _: Request) -> Reply:
        ping = {"hostname": self._node, "ping": "UP", "status": 0, "mode": "primary"}
        return self._reply({"pings": [ping]})

    def jobs(self, request: Request) -> Reply:
        jobs = self.live_jobs(request)
        return self._reply({"jobs": [rows.job(self.cluster, job) for job in jobs]})

    def post_job(self, request: Request) -> Reply:
        return self.submit(request) if request.argument == "submit" else self.update(request)

    def submit(self, request: Request) -> Reply:
        asked = dig(request.body, "job") or {}
        if unknown := [key for key in asked if key.lower() not in KNOWN_KEYS]:
            told = {"description": f'Unknown key "{unknown[0]}"', "source": "hsearch_r"}
            return self._parse_failure(told)
        if not asked.get("environment"):
            return self._parse_failure({"error": TEXTS[2127], "error_code": 2127})
        if not request.body.get("script"):
            raise RefusedError(2009)
        described = self._description(request.body["script"], asked)
        job = self.scheduler.submit(request.user, described, request.now)
        pool = self.scheduler.pool
        is_too_large = described.nodes > 1 or described.minutes > pool.max_minutes
        code = 2015 if is_too_large else 2042 if described.is_held else 0
        errors = [{"error_code": code, "error": TEXTS[code]}] if code else []
        answer = {"errors": errors, "job_id": job.job_id, "step_id": "BATCH"}
        return self._reply({**answer, "job_submit_user_msg": ""})

    def update(self, request: Request) -> Reply:
        """The body is flat; wrapped in `job` it is answered with 200 and ignored."""
        hold = dig(request.body, "hold")
        if isinstance(hold, bool):
            job_id = number(request.argument)
            if self.scheduler.members(job_id)[0].is_in_array:
                return self._update_array(request, job_id, hold)
            self.scheduler.set_hold(request.user, job_id, hold, request.now)
        return self._reply({})

    def cancel(self, request: Request) -> Reply:
        job_id = number(request.argument)
        try:
            self.scheduler.cancel(request.user, job_id, request.now, by_coordinator=False)
        except RefusedError as refused:
            if refused.code != 2021:  # to cancel a finished job is a success here
                raise
        return self._reply({})

    def partitions(self, _: Request) -> Reply:
        pool = self.scheduler.pool
        row = {"name": pool.partition, "state": "UP", "nodes": self._node}
        return self._reply({"partitions": [{**row, "max_time_limit": pool.max_minutes}]})

    def records(self, request: Request) -> Reply:
        start, end = moment(request.query, "start_time"), moment(request.query, "end_time")
        submitted = moment(request.query, "submit_time")
        found = []
        for job, run, _ in self.asked_records(request):
            # Held jobs are not eligible yet and only found by their submission.
            is_hidden = job.is_held and start is not None
            is_too_old = submitted is not None and run.submitted_at < submitted
            if overlaps(run, start, end) and not is_hidden and not is_too_old:
                found.append(rows.record(self.cluster, job, run, request.now))
        if not found:
            raise RefusedError(9003)
        return self._reply({"jobs": found})

    def clusters(self, _: Request) -> Reply:
        return self._reply({"clusters": [{"name": self.cluster.settings.name}]})

    def associations(self, request: Request) -> Reply:
        query = request.query
        found = self.accounting.of(query.get("account"), query.get("user"))
        if query.get("cluster", self.cluster.settings.name) != self.cluster.settings.name:
            found = []
        if not found:
            raise RefusedError(9003)
        shown = [rows.association(self.cluster, association) for association in found]
        return self._reply({"associations": shown})

    def add_accounts(self, request: Request) -> Reply:
        for account in dig(request.body, "accounts") or []:
            if not account.get("description") or not account.get("organization"):
                raise RefusedError(-1)
            self.accounting.add_account(request.user, account["name"])
        return self._reply({})

    def add_users(self, request: Request) -> Reply:
        for user in dig(request.body, "users") or []:
            account = dig(user, "default", "account") or ""
            if not self.accounting.coordinates(request.user, account):
                raise RefusedError(2002)
        return self._reply({})

    def add_associations(self, request: Request) -> Reply:
        """Creates; what is there already is silently left as it is, mostly (see its limits)."""
        for asked in dig(request.body, "associations") or []:
            if not asked.get("cluster"):
                raise RefusedError(-1)
            if asked["account"] not in self.accounting.accounts:
                raise RefusedError(-1)
            limits = dig(asked, "max", "tres")
            association = Association(
                account=asked["account"],
                user=asked.get("user") or "",
                parent=asked.get("parent_account") or "",
                gpu_minutes=asked_gpus(dig(limits, "group", "minutes")),
                gpus=asked_gpus(dig(limits, "total")),
                max_submit_jobs=dig(asked, "max", "jobs", "per", "submitted"),
            )
            self.accounting.add_association(request.user, association)
        self.scheduler.unsettle()
        return self._reply({})

    @property
    def _node(self) -> str:
        return f"{self.cluster.settings.name}1"

    def _reply(self, body: Body, status: int = 200) -> Reply:
        release = self.cluster.settings.release
        return Reply(status, {"meta": {"Slurm": {"release": release}}, "errors": [], **body})

    def _update_array(self, request: Request, job_id: int, hold: bool) -> Reply:
        """Says that it failed whether it did or not; an ended task hides any other error."""
        code = 0
        if not all(job.is_active for job in self.scheduler.members(job_id)):
            code = 2084
        try:
            self.scheduler.set_hold(request.user, job_id, hold, request.now)
        except RefusedError as refused:
            code = code or refused.code
        error: Body = {"description": f"job array update from {self._node} failed"}
        told = {"error_number": code, "error": TEXTS[code]} if code else {}
        return self._reply({"errors": [{**error, **told}]})

    def _parse_failure(self, told: Body) -> Reply:
        failure = {"error_code": 9001, "error": TEXTS[9001]}
        return self._reply({"errors": [told, failure]}, 400)

    def _description(self, script: str, asked: Body) -> Description:
        """What a job is; `requeue: false` is accepted and ignored."""
        gres = str(asked.get("gres") or asked.get("gpus_per_node") or "0")
        tasks, tasks_at_once = parse(str(asked.get("array") or ""))
        return Description(
            name=asked.get("name", ""),
            comment=asked.get("comment", ""),
            account=asked.get("account", ""),
            partition=asked.get("partition", self.scheduler.pool.partition),
            script=script,
            minutes=int(asked.get("time_limit", 60)),
            nodes=int(asked.get("nodes", 1)),
            gpus_per_node=int(gres.rpartition(":")[2]),
            is_held=asked.get("hold") is True,
            may_requeue=not asked.get("no_requeue"),
            tasks=tasks,
            tasks_at_once=tasks_at_once,
        )
