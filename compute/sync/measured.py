"""What clusters booked for the jobs that train a version, as measured figures of its model."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q, Sum

from compute.models import Cluster, Job
from registry.actions.figures import record_measured
from registry.models import Version
from registry.vocabulary import FigureKind, Source

LATE = timedelta(hours=48)  # rows of the accounting come late; see accounting.OVERLAP
WATT_SECONDS = Decimal(3_600_000)  # in a kilowatt-hour


def measure(cluster: Cluster, *, now: datetime) -> int:
    """Record GPU-hours and energy of the versions trained here lately; how many changed.

    GPU-hours are summed over all clusters and jobs: the campaign, not the final run. Energy is
    derived from the pools' nominal watts of a GPU, without host and cooling.
    """
    recent = Job.objects.filter(cluster=cluster, settled_at__gt=now - LATE, version__isnull=False)
    keys = recent.values_list("version", flat=True).distinct()
    return sum(_measure(version, now) for version in Version.objects.filter(pk__in=keys))


def _measure(version: Version, now: datetime) -> bool:
    jobs = Job.objects.filter(version=version, settled_at__isnull=False)
    watts = F("used_gpu_seconds") * F("allocation__pool__gpu_watts")
    known = Sum("used_gpu_seconds", filter=Q(allocation__pool__gpu_watts__isnull=False))
    sums = jobs.aggregate(seconds=Sum("used_gpu_seconds"), known=known, joules=Sum(watts))
    if not sums["seconds"]:
        return False
    changed = record_measured(
        version=version,
        kind=FigureKind.GPU_HOURS_CAMPAIGN,
        value=Decimal(sums["seconds"]) / 3600,
        source=Source.MEASURED,
        note="booked from the clusters' accounting",
        now=now,
    )
    if sums["joules"]:
        note = "GPU-hours times the GPU's nominal watts; without host and cooling"
        if sums["known"] < sums["seconds"]:
            note += ", and without GPUs whose watts are not known"
        record_measured(
            version=version,
            kind=FigureKind.ENERGY,
            value=Decimal(sums["joules"]) / WATT_SECONDS,
            source=Source.DERIVED,
            note=note,
            now=now,
        )
    return changed
