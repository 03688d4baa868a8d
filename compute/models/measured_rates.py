"""How fast trainings ran here: FLOP/s per H100 equivalent, of models whose runs one may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, FloatField, Sum
from django.db.models.functions import Cast, Coalesce

from compute.models.jobs import Job
from compute.planner import training_flop

if TYPE_CHECKING:
    from projects.scoping import Person

FINISHED = ("released",)


def measured_rates(person: Person) -> list[float]:
    """One figure for each finished model whose training jobs are settled, and visible.

    GPU-seconds of all its jobs are counted, failed runs among them: what a plan will cost, too.
    """
    weighted = Cast(F("used_gpu_seconds"), FloatField()) * Cast(
        F("allocation__pool__h100_weight"), FloatField()
    )
    counted = Coalesce("version__model__active_parameters", "version__model__parameters")
    rows = (
        Job.objects.visible_to(person)
        .filter(
            settled_at__isnull=False,
            version__isnull=False,  # by its index: most jobs train nothing
            version__model__state__in=FINISHED,
            version__model__tokens__isnull=False,
            allocation__pool__h100_weight__isnull=False,
        )
        .order_by()
        .values("version__model", counted=counted, seen=F("version__model__tokens"))
        .annotate(seconds=Sum(weighted))
    )
    return [
        training_flop(parameters=row["counted"], tokens=row["seen"]) / row["seconds"]
        for row in rows
        if row["counted"] and row["seconds"]
    ]
