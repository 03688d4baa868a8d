"""Measured figures: what clusters booked for the jobs that train a version, current and once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from compute.models import Allocation, Job, Pool
from compute.slurm.types import JobRecord
from compute.sync.accounting import accounts_of, settle, take
from compute.sync.measured import LATE, measure
from projects.models import Project
from registry.models import Figure, Version
from tests import make
from tests.compute.sync.site import LASTS, Site
from tests.conftest import Caller

Rows = list[tuple[str, str, str, Decimal | None]]


@pytest.fixture
def version(project: Project) -> Version:
    return make.make_version(make.make_model(project))


@pytest.fixture
def elsewhere(project: Project) -> Pool:
    """A pool whose GPUs draw 500 watts, of a cluster that nobody calls."""
    return make.make_pool(make.make_cluster(), gpu_watts=500)


def _record(job: Job, seconds: int, *, restarts: int = 0) -> JobRecord:
    start = 1_700_000_000 + 10_000 * restarts
    return JobRecord(
        cluster="north", job_id=job.slurm_job_id or 0, name=job.token,
        account=job.allocation.slurm_account, user=job.allocation.unix_user, partition="gpu",
        state="COMPLETED", submit_time=start, start_time=start, end_time=start + seconds,
        elapsed=seconds, gpus=job.gpus, restarts=restarts,
    )  # fmt: skip


def _settled(
    version: Version | None, pool: Pool, gpu_seconds: int, allocation: Allocation | None = None
) -> Job:
    """A job on one GPU that trained a version and whose use was booked just now."""
    allocation = allocation or make.make_allocation(
        version.model.project if version else None, pool, gpu_hours=20
    )
    job = make.make_job(allocation, minutes=600)
    job.version, job.slurm_job_id, job.state = version, Job.objects.count(), "completed"
    job.save(update_fields=["version", "slurm_job_id", "state"])
    settle(job, [_record(job, gpu_seconds)], now=make.now())
    return job


def _figures(version: Version) -> Rows:
    rows = Figure.objects.filter(version=version).order_by("recorded_at", "kind")
    return list(rows.values_list("kind", "stage", "source", "value"))


def _hours(version: Version) -> list[Decimal | None]:
    return [value for kind, _, _, value in _figures(version) if kind == "gpu_hours_campaign"]


def _energy(version: Version) -> list[Decimal | None]:
    return [value for kind, _, _, value in _figures(version) if kind == "energy_kwh"]


def test_a_settled_job_gives_measured_hours_and_the_energy_derived_from_them(
    version: Version, elsewhere: Pool
) -> None:
    _settled(version, elsewhere, 9000)

    measure(elsewhere.cluster, now=make.now())

    assert sorted(_figures(version)) == [
        ("energy_kwh", "actual", "derived", Decimal("1.25")),
        ("gpu_hours_campaign", "actual", "measured", Decimal("2.5")),
    ]


def test_its_figures_are_of_the_model_of_today_and_nobodys_word(
    version: Version, elsewhere: Pool
) -> None:
    _settled(version, elsewhere, 9000)

    measure(elsewhere.cluster, now=make.now())

    rows = {(row.model_id, row.as_of, row.recorded_by) for row in Figure.objects.all()}
    assert rows == {(version.model_id, make.today(), None)}


def test_jobs_are_summed_over_clusters_each_with_its_watts(
    version: Version, elsewhere: Pool
) -> None:
    other = make.make_pool(make.make_cluster(), gpu_watts=1000)
    for pool, seconds in ((elsewhere, 3600), (elsewhere, 3600), (other, 7200)):
        _settled(version, pool, seconds)

    measure(other.cluster, now=make.now())

    assert (_hours(version), _energy(version)) == ([Decimal(4)], [Decimal(3)])


def test_a_part_of_an_hour_that_no_decimal_ends_is_the_same_again(
    version: Version, elsewhere: Pool
) -> None:
    _settled(version, elsewhere, 1)

    changed = [measure(elsewhere.cluster, now=make.now()) for _ in range(2)]

    assert (changed, _hours(version)) == ([1, 0], [Decimal("0.000278")])


def test_the_next_pass_adds_no_row(version: Version, elsewhere: Pool) -> None:
    _settled(version, elsewhere, 9000)
    measure(elsewhere.cluster, now=make.now())

    changed = measure(elsewhere.cluster, now=make.now() + timedelta(days=1))

    assert (changed, len(_figures(version))) == (0, 2)


def test_a_late_record_updates_and_the_figure_before_stays(
    version: Version, elsewhere: Pool
) -> None:
    job = _settled(version, elsewhere, 3600)
    measure(elsewhere.cluster, now=make.now())
    take(accounts_of(job.cluster), [_record(job, 1800, restarts=1)], now=make.now())

    measure(elsewhere.cluster, now=make.now())

    assert _hours(version) == [Decimal(1), Decimal("1.5")]
    assert _energy(version) == [Decimal("0.5"), Decimal("0.75")]


def test_the_hours_of_a_version_whose_jobs_are_long_settled_are_not_asked_again(
    version: Version, elsewhere: Pool
) -> None:
    _settled(version, elsewhere, 3600)

    assert measure(elsewhere.cluster, now=make.now() + LATE + timedelta(minutes=1)) == 0


def test_an_old_job_still_counts_beside_a_new_one(version: Version, elsewhere: Pool) -> None:
    _settled(version, elsewhere, 3600)
    Job.objects.update(settled_at=make.now() - 2 * LATE)
    _settled(version, elsewhere, 3600)

    measure(elsewhere.cluster, now=make.now())

    assert _hours(version) == [Decimal(2)]


def test_what_one_version_cost_is_not_the_others(version: Version, elsewhere: Pool) -> None:
    other = make.make_version(version.model)
    _settled(version, elsewhere, 3600)
    _settled(other, elsewhere, 7200)

    measure(elsewhere.cluster, now=make.now())

    assert (_hours(version), _hours(other)) == ([Decimal(1)], [Decimal(2)])


def test_a_job_without_a_version_gives_no_figure(elsewhere: Pool) -> None:
    _settled(None, elsewhere, 3600)

    assert measure(elsewhere.cluster, now=make.now()) == 0
    assert not Figure.objects.exists()


def test_a_job_that_is_not_settled_gives_no_figure(version: Version, elsewhere: Pool) -> None:
    _settled(version, elsewhere, 3600)
    Job.objects.update(settled_at=None)

    assert measure(elsewhere.cluster, now=make.now()) == 0


def test_a_job_that_used_nothing_gives_no_figure(version: Version, elsewhere: Pool) -> None:
    _settled(version, elsewhere, 0)

    assert measure(elsewhere.cluster, now=make.now()) == 0
    assert not _figures(version)


def test_without_the_watts_of_a_pool_there_is_no_energy(version: Version, elsewhere: Pool) -> None:
    Pool.objects.update(gpu_watts=None)
    _settled(version, elsewhere, 3600)

    measure(elsewhere.cluster, now=make.now())

    assert (_hours(version), _energy(version)) == ([Decimal(1)], [])


def test_energy_without_a_part_of_the_gpus_says_so(version: Version, elsewhere: Pool) -> None:
    unknown = make.make_pool(elsewhere.cluster)
    for pool in (elsewhere, unknown):
        _settled(version, pool, 3600)

    measure(elsewhere.cluster, now=make.now())

    figure = Figure.objects.get(kind="energy_kwh")
    assert figure.value == Decimal("0.5")
    assert figure.note.endswith("and without GPUs whose watts are not known")


# Through a pass over a cluster, and for those who read.


def _train(site: Site, project: Project, version: Version, seconds: int) -> Allocation:
    """A job that trained a version on two GPUs at the site, and a pass that books it."""
    pool = make.make_pool(site.cluster, gpu_watts=700)
    allocation = make.make_allocation(project, pool, in_force=False)
    site.deliver(allocation.unix_user)
    site.sync()
    job = make.make_job(allocation, script=LASTS, gpus=2)
    Job.objects.update(version=version)
    site.sync()
    site.finish(site.of(job), seconds)
    site.sync()
    return allocation


def test_a_pass_that_books_a_training_job_measures_its_version_once(
    site: Site, project: Project, version: Version
) -> None:
    _train(site, project, version, 90)

    site.sync(now=make.now() + timedelta(minutes=5))

    assert sorted(_figures(version)) == [
        ("energy_kwh", "actual", "derived", Decimal("0.035")),
        ("gpu_hours_campaign", "actual", "measured", Decimal("0.05")),
    ]


def test_a_pass_without_a_version_measures_nothing(site: Site, allocation: Allocation) -> None:
    job = make.make_job(allocation, script=LASTS)
    site.sync()
    site.finish(site.of(job), 90)

    assert site.sync()["measured"] == 0


def test_the_figures_of_the_model_tell_what_it_cost(
    member: Caller, version: Version, elsewhere: Pool
) -> None:
    _settled(version, elsewhere, 9000)
    measure(elsewhere.cluster, now=make.now())

    rows = member.get(f"figures/?model={version.model_id}&source=measured").json()["results"]

    assert [(row["kind"], row["value"], row["unit"], row["version"]) for row in rows] == [
        ("gpu_hours_campaign", "2.500000", "GPU-h", str(version.pk))
    ]


def test_a_stranger_learns_nothing_of_what_it_cost(
    stranger: Caller, version: Version, elsewhere: Pool
) -> None:
    _settled(version, elsewhere, 9000)
    measure(elsewhere.cluster, now=make.now())

    assert stranger.get("figures/").json()["results"] == []
