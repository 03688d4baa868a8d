"""What a monitoring system may know: states and ages of the portal's work, never whose."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from compute.models import Cluster, Job, Limit
from compute.states import FINAL, NOT_HANDED_OVER, SET_LIMITS, JobState, LimitState, Waiting
from projects.models import Notice
from projects.notices import Delivery
from registry.models import Model

SECONDS = Histogram(
    "cesai_request_seconds",
    "Time to an answer, by method and class of status.",
    ["method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=None,
)
LIVE = sorted(state.value for state in set(JobState) - FINAL)
UNSET = sorted(state.value for state in set(LimitState) - set(SET_LIMITS))


@csrf_exempt  # or a stranger's POST would be told 403, and so that there is something
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's text format to an allowed address; to others there is no such page."""
    if not _is_allowed(request.META.get("REMOTE_ADDR", "")):
        raise Http404
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        body = generate_latest(_of_database()) + generate_latest(_of_processes())
    except DatabaseError:
        connection.close()
        sentence = "The database does not answer.\n"
        return HttpResponse(sentence, status=503, content_type="text/plain")
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _is_allowed(caller: str) -> bool:
    """Whether the other end of the connection may ask; a forwarded address proves nothing."""
    try:
        address = ip_address(caller)
    except ValueError:  # a unix socket has none
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in settings.METRICS_ALLOW)


def _of_database() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Work())
    return registry


def _of_processes() -> CollectorRegistry:
    """Requests of all processes of this gunicorn; memory and CPU of the one that answers."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(SECONDS)
    return registry


class _Work(Collector):
    """The rows as they are at the moment of asking; any process gives the same numbers."""

    def describe(self) -> list[Metric]:
        """Nothing: else the names would be found by asking the database once more."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every gauge, by one statement for each kind of thing."""
        now = timezone.now()
        clusters = list(
            Cluster.objects.connected().values_list("slug", "health__is_up", "health__answered_at")
        )
        slugs = [slug for slug, _up, _at in clusters]
        yield from _clusters(clusters, now)
        yield from _jobs(slugs, now)
        yield _limits(slugs)
        yield from _comparisons(now)
        yield from _notices(now)


def _clusters(
    rows: Iterable[tuple[str, bool | None, datetime | None]], now: datetime
) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "cesai_cluster_up", "Whether the cluster answered when last asked.", labels=["cluster"]
    )
    age = GaugeMetricFamily(
        "cesai_cluster_answer_age_seconds",
        "Time since the cluster's last answer; missing if there never was one.",
        labels=["cluster"],
    )
    for slug, is_up, answered_at in rows:
        up.add_metric([slug], float(bool(is_up)))
        if answered_at:
            age.add_metric([slug], _age(answered_at, now))
    yield up
    yield age


def _jobs(slugs: list[str], now: datetime) -> Iterator[Metric]:
    counts = dict.fromkeys(((slug, state) for slug in slugs for state in LIVE), 0)
    oldest: dict[tuple[str, str], float] = defaultdict(float)
    oldest.update(
        dict.fromkeys(((slug, word) for slug in slugs for word in map(_word, Waiting)), 0)
    )
    rows = Job.objects.live().order_by().values_list("cluster__slug", "state", "waiting_for")
    for slug, state, waiting, count, since in rows.annotate(Count("pk"), Min("submitted_at")):
        counts[slug, state] = counts.get((slug, state), 0) + count
        if state in NOT_HANDED_OVER:
            key = slug, _word(waiting)
            oldest[key] = max(oldest[key], _age(since, now))
    yield _gauge("cesai_jobs", "Jobs that are not final.", ["cluster", "state"], counts)
    yield _gauge(
        "cesai_unsent_job_age_seconds",
        "Age of the oldest job that was not handed over; 0 if there is none.",
        ["cluster", "waiting_for"],
        oldest,
    )


def _limits(slugs: list[str]) -> Metric:
    counts = dict.fromkeys(((slug, state) for slug in slugs for state in UNSET), 0)
    limits = Limit.objects.not_in_force().order_by()
    rows = limits.values_list("allocation__pool__cluster__slug", "state").annotate(Count("pk"))
    counts.update({(slug, state): count for slug, state, count in rows})
    return _gauge(
        "cesai_limits_not_in_force",
        "Limits of present allocations that the cluster does not prove.",
        ["cluster", "state"],
        counts,
    )


def _comparisons(now: datetime) -> Iterator[Metric]:
    due = Model.objects.filter(assess_due_at__lte=now)
    found = due.aggregate(count=Count("pk"), oldest=Min("assess_due_at"))
    yield GaugeMetricFamily(
        "cesai_comparisons_due", "Models that wait to be compared.", found["count"]
    )
    yield GaugeMetricFamily(
        "cesai_comparison_due_age_seconds",
        "How long the oldest of them waits; 0 if none does.",
        _age(found["oldest"], now),
    )


def _notices(now: datetime) -> Iterator[Metric]:
    waiting = Notice.objects.waiting().filter(delivery=Delivery.AT_ONCE)
    found = waiting.aggregate(count=Count("pk"), oldest=Min("at"))
    yield GaugeMetricFamily(
        "cesai_notices_unmailed", "Notices to be mailed at once that are not.", found["count"]
    )
    yield GaugeMetricFamily(
        "cesai_notice_unmailed_age_seconds",
        "How long the oldest of them waits; 0 if none does.",
        _age(found["oldest"], now),
    )


def _gauge(
    name: str, meaning: str, labels: list[str], values: Mapping[tuple[str, str], float]
) -> Metric:
    gauge = GaugeMetricFamily(name, meaning, labels=labels)
    for key, value in values.items():
        gauge.add_metric(key, value)
    return gauge


def _word(waiting: str) -> str:
    return str(waiting) or "nothing"


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
