"""Whether a million jobs of history slow any page: each beside ten thousand, then a million."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from statistics import median
from typing import Any

from bench.measure import tell, timed

FEW, MANY, CALLS = 10_000, 1_000_000, 7


def run() -> None:
    """Server time of pages and lists about the busiest project, for its lead and for staff."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("collectstatic", interactive=False, verbosity=0)
    few = _measure(_seed(1, FEW))
    many = _measure(_seed(2, MANY))
    ratios = {name: many[name] / few[name] for name in many}
    slowest = max(ratios, key=lambda name: ratios[name])
    for name in sorted(many, key=lambda name: -ratios[name]):
        tell("history page", page=name, few_ms=few[name], many_ms=many[name], ratio=ratios[name])
    tell(
        "history",
        jobs=MANY,
        pages=len(many),
        worst_ratio=ratios[slowest],
        worst_page=slowest,
        slowest_ms=max(many.values()),
        measured=f"median of {CALLS} answers in the process itself, as built, beside the same "
        f"with {FEW} jobs in the same database before",
    )


def _seed(number: int, jobs: int) -> str:
    """The slug prefix of what was seeded."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("seed_load", partners=3, projects=30, models=300, clusters=3, jobs=jobs,
                 seed=number, verbosity=0)  # fmt: skip
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    from compute.models import Allocation  # noqa: PLC0415

    newest = Allocation.objects.order_by("-created_at", "-id").first()
    assert newest
    return str(newest.slurm_account.rsplit("-", 1)[0])


def _measure(tag: str) -> Mapping[str, float]:
    """Milliseconds by page."""
    from compute.models import Allocation  # noqa: PLC0415

    busy = Allocation.objects.select_related("project", "pool__cluster").get(
        slurm_account=f"{tag}-a0"
    )
    found = {}
    for who, user in _people(tag, busy).items():
        client = _client(user)
        for name, path in _paths(busy).items():
            client.get(path)
            times = [timed(partial(_ask, client, path)) for _ in range(CALLS)]
            found[f"{who}: {name}"] = median(times)
    return found


def _people(tag: str, busy: Any) -> dict[str, Any]:
    from compute.models import ClusterOperator  # noqa: PLC0415
    from projects.models import PortalRole, User  # noqa: PLC0415
    from projects.roles import Role  # noqa: PLC0415

    people = {"lead": busy.project.created_by}
    for role in (Role.COORDINATOR, Role.QUOTA_ADMIN):
        people[role.value] = User.objects.create(username=f"{tag}-{role}")
        PortalRole.objects.create(user=people[role.value], role=role)
    people["operator"] = User.objects.create(username=f"{tag}-operator")
    ClusterOperator.objects.create(user=people["operator"], cluster=busy.pool.cluster)
    return people


def _client(user: Any) -> Any:
    from django.test import Client  # noqa: PLC0415

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user)
    return client


def _paths(busy: Any) -> dict[str, str]:
    job = busy.jobs.order_by("-submitted_at").first()
    cluster = busy.pool.cluster.slug
    return {
        "overview": "/",
        "allocations": "/allocations/",
        "allocation": f"/allocations/{busy.pk}/",
        "jobs": "/jobs/",
        "jobs of an allocation": f"/jobs/?allocation={busy.pk}",
        "job": f"/jobs/{job.pk}/",
        "project": f"/projects/{busy.project.slug}/",
        "requests": "/requests/",
        "planner": "/planner/?parameters=7e9&tokens=1e12&gpus=64",
        "clusters": "/clusters/",
        "cluster": f"/clusters/{cluster}/",
        "capacity": "/capacity/",
        "capacity of a pool": f"/capacity/{busy.pool.slug}/",
        "models": "/models/",
        "groups": "/groups/",
    }


def _ask(client: Any, path: str) -> None:
    answer = client.get(path)
    if answer.status_code not in (200, 404):
        raise RuntimeError(f"{path}: {answer.status_code}")
