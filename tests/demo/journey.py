"""The main job through the API alone, against a running demonstration; what a stranger sees of it.

Runs by itself too: `python -m tests.demo.journey var/demo.json`.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SCRIPT = """#!/bin/bash
#SBATCH --job-name=first-steps
#SBATCH --gpus=1
#SBATCH --time=00:05:00
echo "on $(hostname) as $(whoami)"
sleep 3
"""


class Api:
    """Calls with one person's token; standard library only, as an institute's script might."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def get(self, path: str) -> Any:
        """The body of a 200; raises HTTPError otherwise."""
        return self.call("GET", path)[1]

    def post(self, path: str, body: Any) -> Any:
        """The body of a success; raises HTTPError otherwise."""
        return self.call("POST", path, body)[1]

    def status(self, path: str) -> int:
        """Only how a GET ends."""
        try:
            return self.call("GET", path)[0]
        except urllib.error.HTTPError as error:
            return error.code

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        address = path if path.startswith("http") else f"{self.url}/api/v1/{path}"
        request = urllib.request.Request(
            address,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": str(uuid.uuid4()),
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
            return answer.status, json.loads(content) if content else None


class Journey:
    """From a planned model to a booked job; keeps what it made for later questions."""

    def __init__(self, demo: dict[str, Any], cluster: str) -> None:
        self.api = {name: Api(demo["url"], user["token"]) for name, user in demo["users"].items()}
        self.cluster = cluster

    def walk(self, *, seconds: float = 120) -> dict[str, Any]:
        """Do all of it; the finished and settled job. Raises TimeoutError naming the step."""
        lead = self.api["lead"]
        self.project = lead.get("projects/?slug=demo")["results"][0]
        self.model = self._plan_model()
        self.request = self.ask()
        self.allocation = self.award(self.request)
        limit = f"limits/{self.allocation['limit']}/"
        wait("the limit in force", lambda: lead.get(limit)["state"] == "in_force", seconds)
        self.limit = lead.get(limit)
        submitted = lead.post("jobs/", {"allocation": self.allocation["id"], "sbatch": SCRIPT})
        path = f"jobs/{submitted['id']}/"
        wait("the job settled", lambda: lead.get(path)["settled_at"] is not None, seconds)
        job: dict[str, Any] = lead.get(path)
        self.job = job
        return job

    def private_paths(self) -> list[str]:
        """Everything of it that nobody outside the project may see."""
        lead, allocation = self.api["lead"], self.allocation["id"]
        entry = lead.get(f"ledger/?allocation={allocation}")["results"][0]
        usage = lead.get(f"usage/?allocation={allocation}")["results"][0]
        return [
            f"projects/{self.project['id']}/",
            f"models/{self.model['id']}/",
            f"requests/{self.request['id']}/",
            f"allocations/{allocation}/",
            f"limits/{self.allocation['limit']}/",
            f"ledger/{entry['id']}/",
            f"jobs/{self.job['id']}/",
            f"usage/{usage['id']}/",
        ]

    def _plan_model(self) -> Any:
        facts = {
            "name": f"Teuken-next {uuid.uuid4().hex[:6]}",
            "group": self.project["lead_group"],
            "project": self.project["id"],
            "visibility": "group",
            "modality_in": ["text"],
            "modality_out": ["text"],
            "languages": ["de", "en"],
            "tasks": ["chat"],
            "training_mode": "continued",
            "parameters": 7_000_000_000,
            "tokens": 100_000_000_000,
        }
        return self.api["lead"].post("models/", facts)

    def ask(self) -> Any:
        """A submitted request for 100 GPU-hours on the cluster's pool."""
        pool = self.api["lead"].get(f"pools/?cluster__slug={self.cluster}")["results"][0]["id"]
        today = datetime.now(UTC).date()
        line = {"start": str(today), "end": str(today + timedelta(90)), "gpu_hours": "100"}
        request = self.api["lead"].post(
            "requests/",
            {
                "project": self.project["id"],
                "purpose": "training",
                "model": self.model["id"],
                "lines": [{"pool": pool, **line}],
                "justification": "Continue a released model on German administrative text.",
                "why_not_reuse": {"reasons": ["method"], "text": "No effort covers this domain."},
            },
        )
        return self.api["lead"].post(f"requests/{request['id']}/submit/", {})

    def award(self, request: Any) -> Any:
        """The allocation of 60 GPU-hours that a quota admin makes of it."""
        line = request["lines"][0]["id"]
        body = {"lines": [{"line": line, "gpu_hours": "60"}], "reason": "Enough for the pilot."}
        awarded = self.api["quota_admin"].post(f"requests/{request['id']}/award/", body)
        return self.api["lead"].get(f"allocations/{awarded['lines'][0]['allocation']}/")


def wait(what: str, is_done: Callable[[], bool], seconds: float) -> None:
    """Ask twice a second until it is so. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.5)


def main() -> None:
    """Walk it on every cluster of the demonstration and tell what came of it."""
    demo = json.loads(Path(sys.argv[1]).read_text())
    for cluster in demo["clusters"]:
        journey = Journey(demo, cluster["slug"])
        begin = time.monotonic()
        job = journey.walk()
        hidden = [journey.api["stranger"].status(path) for path in journey.private_paths()]
        print(
            f"{cluster['slug']} (real: {cluster['real']}): job {job['slurm_job_id']}"
            f" {job['state']}, {job['used_gpu_seconds']} GPU-s"
            f" of {job['reserved_gpu_seconds']} reserved, stranger {sorted(set(hidden))},"
            f" {time.monotonic() - begin:.1f} s"
        )


if __name__ == "__main__":
    main()
