"""What people and operators would measure: time between passes, to a hand-over, to a page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from types import TracebackType
from typing import Any, Self

import httpx
from django.db import connection
from django.db.models import F

from compute.models import ClusterHealth, Job

Sample = tuple[float, float]  # when it ended, by the epoch, and how many seconds it took


class Watch:
    """Looks all the time, from threads of its own: `with Watch(...) as watch: …`."""

    def __init__(self, http: httpx.Client, paths: Sequence[str]) -> None:
        self.gaps: dict[str, list[Sample]] = {}  # between two answers of a cluster
        self.pages: list[Sample] = []
        self.statuses: set[int] = set()
        self._http = http
        self._paths = cycle(paths)
        self._answered: dict[str, float] = {}
        self._is_over = threading.Event()
        looks = (self._look_at_passes, 0.05), (self._look_at_a_page, 0.1)
        self._threads = [threading.Thread(target=self._keep, args=look) for look in looks]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _keep(self, look: Callable[[], None], pause: float) -> None:
        while not self._is_over.wait(pause):
            look()
        connection.close()  # this thread's own

    def _look_at_passes(self) -> None:
        rows = ClusterHealth.objects.exclude(answered_at=None)
        for slug, at in rows.values_list("cluster__slug", "answered_at"):
            moment = at.timestamp() if at else 0.0
            before = self._answered.get(slug)
            self._answered[slug] = moment
            if before is not None and before != moment:
                self.gaps.setdefault(slug, []).append((moment, moment - before))

    def _look_at_a_page(self) -> None:
        began = time.perf_counter()
        answer = self._http.get(next(self._paths))
        self.pages.append((time.time(), time.perf_counter() - began))
        self.statuses.add(answer.status_code)


def hand_overs(cluster: str) -> list[Sample]:
    """From the submission of a job until a worker took it to hand it over."""
    rows = Job.objects.filter(cluster__slug=cluster, attempts=1)
    times = rows.values_list("submitted_at", F("sent_at") - F("submitted_at"))
    return [(submitted.timestamp(), waited.total_seconds()) for submitted, waited in times]


def within(samples: Sequence[Sample], begin: float, end: float) -> dict[str, Any]:
    """How many fell into a span of time, their median and 95th percentile in seconds."""
    values = sorted(value for at, value in samples if begin <= at < end)
    if not values:
        return {"count": 0, "median": float("inf"), "p95": float("inf")}
    places = {"median": 0.5, "p95": 0.95}
    found = {
        name: round(values[min(len(values) - 1, int(share * len(values)))], 3)
        for name, share in places.items()
    }
    return {"count": len(values), **found}
