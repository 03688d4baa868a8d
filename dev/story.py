"""What the people of a fresh demonstration did so far, told through its API: for pictures of use.

Nothing is made up afterwards: each request, award, job and case is what the portal made of it.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from dev.screenshots import demonstration

BASE = "kogge"
EU = [
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv",
    "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
]  # fmt: skip
DONE = "#!/bin/bash\n#SBATCH --job-name={name}\n#SBATCH --gpus={gpus} --time={minutes}\n{body}\n"
PATIENCE = 240  # seconds until what was submitted must have ended
Row = dict[str, Any]


class People:
    """Each of the demonstration's people with their own token."""

    def __init__(self, demo: Row) -> None:
        self.clients = {
            name: httpx.Client(
                base_url=f"{demo['url']}/api/v1/",
                headers={"Authorization": f"Bearer {person['token']}"},
                timeout=60,
            )
            for name, person in demo["users"].items()
        }

    def get(self, who: str, path: str, **query: str) -> Any:
        """What they read."""
        return self.clients[who].get(path, params=query).raise_for_status().json()

    def post(self, who: str, path: str, **body: Any) -> Any:
        """What they do. Raises RuntimeError with the portal's answer if it refuses."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self.clients[who].post(path, json=body, headers=key)
        if answer.is_error:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


def tell(people: People) -> None:
    """Two groups plan, ask and work; staff decide. Does nothing if they did already."""
    if people.get("lead", "projects/", slug=BASE)["results"]:
        return
    pools = {pool["slug"]: pool["id"] for pool in people.get("lead", "pools/")["results"]}
    north, south = (pools[f"{name}-gpu"] for name in ("north", "south"))
    kogge, gipfel = _projects(people)
    base, tuned, speech = _plans(people, kogge, gipfel)
    pilot = _ask(people, base, north, 400, "The pilot of the data mix.")
    tuning = _ask(people, tuned, south, 120, "Instructions in 24 languages.")
    _ask(people, base, north, 1900, "The first half of the long run.")
    _ask(people, speech, south, 300, "Dialects in council meetings.")
    back = _ask(people, speech, north, 900, "Everything at once.")
    question = "Which data, and may it leave the archive?"
    people.post("quota_admin", f"requests/{back['id']}/review/", comment="mine")
    people.post("quota_admin", f"requests/{back['id']}/return/", comment=question)
    held = [_award(people, pilot, 300), _award(people, tuning, 120)]
    _case(people)
    _jobs(people, held, base)


def _projects(people: People) -> tuple[Row, Row]:
    groups = {row["slug"]: row["id"] for row in people.get("lead", "groups/")["results"]}
    stages = {row["slug"]: row["id"] for row in people.get("lead", "initiatives/")["results"]}
    kogge = people.post(
        "lead", "projects/", lead_group=groups["g1"], slug=BASE, initiative=stages["leam-1"],
        title="Kogge: an open base model for 24 languages", visibility="partners",
        abstract="A base model that administrations and small companies can build on.",
    )  # fmt: skip
    gipfel = people.post(
        "stranger", "projects/", lead_group=groups["g2"], slug="gipfel",
        title="Gipfel: speech for councils and courts", visibility="partners",
    )  # fmt: skip
    return kogge, gipfel


def _plans(people: People, kogge: Row, gipfel: Row) -> tuple[Row, Row, Row]:
    autumn = datetime.now(UTC).date() + timedelta(280)
    text = {"modality_in": ["text"], "modality_out": ["text"], "licence": "Apache-2.0",
            "visibility": "partners", "group": kogge["lead_group"],
            "project": kogge["id"]}  # fmt: skip
    base = people.post(
        "lead", "models/", name="Kogge-9B", languages=EU, tasks=["general", "translation"],
        training_mode="from_scratch", parameters=9_000_000_000, tokens=4_000_000_000_000,
        window={"start": f"{autumn}", "end": f"{autumn + timedelta(120)}"},
        description="An open 9B base model for all official languages of the EU.",
        datasets=["FineWeb-2", "EuroParl"], **text,
    )  # fmt: skip
    tuned = people.post(
        "lead", "models/", name="Kogge-9B-instruct", languages=EU, tasks=["chat"],
        training_mode="finetune", parameters=9_000_000_000, tokens=2_000_000_000,
        description="Follows instructions in 24 languages.", **text,
    )  # fmt: skip
    people.post("lead", "derivations/", child=_newest(people, tuned), model=base["id"],
                kind="finetune")  # fmt: skip
    for kind, value in (("gpu_hours_campaign", 300), ("energy_kwh", 250)):
        people.post(
            "lead", "figures/", model=base["id"], kind=kind, value=str(value), stage="plan"
        )
    speech = people.post(
        "stranger", "models/", name="Gipfel-ASR-2B", modality_in=["speech"],
        modality_out=["text"], languages=["de"], tasks=["speech-recognition"],
        domains=["administration"], training_mode="from_scratch", parameters=2_000_000_000,
        tokens=60_000_000_000, visibility="partners", group=gipfel["lead_group"],
        project=gipfel["id"], description="German dialects in councils and courts.",
    )  # fmt: skip
    return base, tuned, speech


def _newest(people: People, model: Row) -> str:
    rows = people.get("lead", "versions/", model=model["id"])["results"]
    return str(rows[0]["id"])


def _ask(people: People, model: Row, pool: str, hours: int, why: str) -> Row:
    who = "stranger" if model["name"].startswith("Gipfel") else "lead"
    today = datetime.now(UTC).date()
    line = {"pool": pool, "start": f"{today}", "end": f"{today + timedelta(120)}",
            "gpu_hours": str(hours)}  # fmt: skip
    asked = people.post(
        who, "requests/", project=model["project"], purpose="training", model=model["id"],
        lines=[line], justification=why,
        why_not_reuse={"reasons": ["method"], "text": "No effort has this mix of data."},
    )  # fmt: skip
    submitted: Row = people.post(who, f"requests/{asked['id']}/submit/")
    return submitted


def _award(people: People, request: Row, hours: int) -> Row:
    [line] = request["lines"]
    awarded = people.post(
        "quota_admin", f"requests/{request['id']}/award/", reason="Enough for the pilot.",
        exception="A pilot tells both groups something.",
        lines=[{"line": line["id"], "gpu_hours": str(hours)}],
    )  # fmt: skip
    held: Row = people.get("lead", f"allocations/{awarded['lines'][0]['allocation']}/")
    _until(lambda: _state(people, f"limits/{held['limit']}/") == "in_force", "the limit in force")
    return held


def _case(people: People) -> None:
    """The portal opened it when the large request was handed in; the coordinator takes it up."""
    rows = people.get("coordinator", "cases/")["results"]
    cases = [people.get("coordinator", f"cases/{row['id']}/") for row in rows]
    for case in cases:
        for party in case["parties"]:
            people.post("coordinator", f"cases/{case['id']}/invite/", party=party["id"],
                        text="You plan nearly the same. Shall we talk?")  # fmt: skip


def _jobs(people: People, held: list[Row], base: Row) -> None:
    """Some that end well, one that fails, one that runs on and more than fit beside it."""
    version = _newest(people, base)
    scripts = [
        ("tokenise", 1, 5, "sleep 8"), ("data-mix", 2, 10, "sleep 12"),
        ("evaluate", 1, 5, "sleep 4; exit 3"), ("ablation", 2, 20, "sleep 15"),
    ]  # fmt: skip
    jobs = []
    for allocation in held:
        for name, gpus, minutes, body in scripts:
            sbatch = DONE.format(name=name, gpus=gpus, minutes=minutes, body=body)
            jobs.append(people.post("lead", "jobs/", allocation=allocation["id"], sbatch=sbatch,
                                    version=version))  # fmt: skip
    ended = {"completed", "failed", "cancelled"}
    _until(
        lambda: all(_state(people, f"jobs/{job['id']}/") in ended for job in jobs), "jobs to end"
    )
    for name in ("pilot-run", "pilot-run-2", "pilot-run-3"):
        sbatch = DONE.format(name=name, gpus=4, minutes=120, body="sleep 3600")
        people.post("lead", "jobs/", allocation=held[0]["id"], sbatch=sbatch, version=version)


def _state(people: People, path: str) -> str:
    return str(people.get("lead", path)["state"])


def _until(is_so: Any, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"Waited {PATIENCE} s in vain for {what}.")
        time.sleep(1)


def main() -> None:
    """Tell it to the running demonstration."""
    tell(People(demonstration()))


if __name__ == "__main__":
    main()
