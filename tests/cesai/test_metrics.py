"""Metrics: to allowed addresses alone, right by the rows, and without a word of anybody's."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from compute.models import Cluster, ClusterHealth, Job, Limit
from projects.models import Notice, User
from registry.models import Model
from tests import make
from tests.conftest import headers_of, new_client
from tests.projects.telling import told
from tests.world import CANARY, World

METHODS = ("get", "head", "post", "put", "delete", "options")


def _scrape(**labels: str) -> dict[str, float]:
    """Each gauge's value, of those series that carry the labels."""
    answer = new_client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {
        sample.name: sample.value for sample in samples if labels.items() <= sample.labels.items()
    }


def _asked_from(address: str, method: str = "get", **headers: str) -> Any:
    return getattr(new_client(), method)("/metrics", REMOTE_ADDR=address, headers=headers)


def _without_chance(answer: Any) -> tuple[int, str, dict[str, str]]:
    """All of an answer but its id, the form's token and the address that was asked."""
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return answer.status_code, body.replace("missing", "metrics"), headers_of(answer)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_ask_unless_told_otherwise(db: None, address: str) -> None:
    answer = _asked_from(address)
    assert (answer.status_code, answer["Content-Type"][:10]) == (200, "text/plain")


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "", "nonsense"])
@pytest.mark.parametrize("method", METHODS)
def test_to_others_there_is_no_such_page(db: None, address: str, method: str) -> None:
    found = _asked_from(address, method)
    absent = getattr(new_client(), method)("/missing", REMOTE_ADDR=address)
    assert found.status_code == 404
    assert _without_chance(found) == _without_chance(absent)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"])
def test_a_forwarded_address_opens_nothing(db: None, header: str) -> None:
    value = "for=127.0.0.1" if header == "Forwarded" else "127.0.0.1"
    assert _asked_from("192.0.2.7", **{header: value}).status_code == 404


def test_the_operator_says_who_may_ask(db: None, settings: LazySettings) -> None:
    settings.METRICS_ALLOW = [ip_network("192.0.2.0/24")]
    assert _asked_from("192.0.2.7").status_code == 200
    assert _asked_from("127.0.0.1").status_code == 404


def test_monitoring_may_call_a_container_by_its_address(db: None) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        assert new_client().get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200
    assert new_client().get("/", headers={"Host": "10.1.2.3:8000"}).status_code == 400


def test_an_allowed_address_can_only_read(db: None) -> None:
    assert _asked_from("127.0.0.1", "post").status_code == 405


def test_every_live_state_of_a_connected_cluster_is_counted_from_zero(cluster: Cluster) -> None:
    assert _scrape(cluster=cluster.slug, state="unknown")["cesai_jobs"] == 0
    Cluster.objects.update(connection="none")
    assert "cesai_jobs" not in _scrape(cluster=cluster.slug, state="unknown")


def test_jobs_are_counted_by_cluster_and_state_until_they_are_final(cluster: Cluster) -> None:
    allocation = make.make_allocation(pool=make.make_pool(cluster))
    jobs = [make.make_job(allocation) for _ in range(3)]
    Job.objects.filter(pk=jobs[0].pk).update(state="unknown", waiting_for="")
    Job.objects.filter(pk=jobs[1].pk).update(state="completed")
    assert _scrape(cluster=cluster.slug, state="unknown")["cesai_jobs"] == 1
    assert _scrape(cluster=cluster.slug, state="new")["cesai_jobs"] == 1
    assert "cesai_jobs" not in _scrape(cluster=cluster.slug, state="completed")


def test_the_oldest_unsent_job_tells_its_age_by_what_it_waits_for(cluster: Cluster) -> None:
    allocation = make.make_allocation(pool=make.make_pool(cluster))
    for minutes, waiting_for in ((10, ""), (20, ""), (30, "credential")):
        job = make.make_job(allocation)
        since = make.now() - timedelta(minutes=minutes)
        Job.objects.filter(pk=job.pk).update(submitted_at=since, waiting_for=waiting_for)

    def age(waiting_for: str) -> float:
        found = _scrape(cluster=cluster.slug, waiting_for=waiting_for)
        return found["cesai_unsent_job_age_seconds"]

    assert age("nothing") == pytest.approx(1200, abs=10)
    assert age("credential") == pytest.approx(1800, abs=10)
    assert age("limit") == 0


def test_a_job_that_was_handed_over_is_not_unsent(cluster: Cluster) -> None:
    make.make_job(make.make_allocation(pool=make.make_pool(cluster)))
    Job.objects.update(state="running", submitted_at=F("submitted_at") - timedelta(hours=1))
    found = _scrape(cluster=cluster.slug, waiting_for="nothing")
    assert found["cesai_unsent_job_age_seconds"] == 0


def test_a_cluster_tells_whether_it_is_up_and_when_it_last_answered(cluster: Cluster) -> None:
    found = _scrape(cluster=cluster.slug)
    assert found["cesai_cluster_up"] == 0
    assert "cesai_cluster_answer_age_seconds" not in found  # it never did
    ClusterHealth.objects.update(is_up=True, answered_at=make.now() - timedelta(minutes=3))
    found = _scrape(cluster=cluster.slug)
    assert found["cesai_cluster_up"] == 1
    assert found["cesai_cluster_answer_age_seconds"] == pytest.approx(180, abs=10)


def test_a_limit_is_not_in_force_until_it_is_as_decided_also_at_its_end(cluster: Cluster) -> None:
    allocation = make.make_allocation(pool=make.make_pool(cluster))

    def drifted() -> float:
        found = _scrape(cluster=cluster.slug, state="drifted")
        return found["cesai_limits_not_in_force"]

    assert drifted() == 0
    Limit.objects.update(state="drifted")
    assert drifted() == 1
    type(allocation).objects.update(state="revoked")
    assert drifted() == 1  # the account still lets people submit
    Limit.objects.update(state="in_force", proven_closed=True)
    assert drifted() == 0


def test_comparisons_that_are_due_are_counted_with_the_longest_wait(db: None) -> None:
    Model.objects.update(assess_due_at=None)
    assert _scrape()["cesai_comparisons_due"] == 0
    due = (timedelta(minutes=5), timedelta(minutes=1), timedelta(minutes=-5))
    for wait in due:
        model = make.make_model()
        Model.objects.filter(pk=model.pk).update(assess_due_at=make.now() - wait)
    found = _scrape()
    assert found["cesai_comparisons_due"] == 2
    assert found["cesai_comparison_due_age_seconds"] == pytest.approx(300, abs=10)


def test_notices_that_should_have_been_mailed_are_counted(db: None) -> None:
    user = make.make_user("reader")
    User.objects.update(email="reader@example.org")
    assert _scrape()["cesai_notices_unmailed"] == 0
    for delivery in ("at_once", "digest"):
        notice = told(user, params={"project": "x"})
        since = make.now() - timedelta(minutes=7)
        Notice.objects.filter(pk=notice.pk).update(delivery=delivery, at=since)
    found = _scrape()
    assert found["cesai_notices_unmailed"] == 1
    assert found["cesai_notice_unmailed_age_seconds"] == pytest.approx(420, abs=10)


def test_calls_are_counted_by_method_and_class_of_status(db: None) -> None:
    def count(**labels: str) -> float:
        return _scrape(**labels).get("cesai_request_seconds_count", 0)

    missing, odd = count(method="GET", status="4xx"), count(method="other", status="4xx")
    new_client().get("/nothing")
    new_client().generic("BREW", "/nothing")
    assert count(method="GET", status="4xx") == missing + 1
    assert count(method="other", status="4xx") == odd + 1
    assert "BREW" not in new_client().get("/metrics").content.decode()


def test_the_process_tells_its_memory(db: None) -> None:
    assert _scrape()["process_resident_memory_bytes"] > 1_000_000


def test_no_word_of_a_tenant_is_told(db: None) -> None:
    world = World()
    said = new_client().get("/metrics").content.decode()
    private = {CANARY, world.project.slug, world.group.name, "north-gpu", str(world.job.pk)}
    assert not {word for word in private if word in said}
    assert world.cluster.slug in said


def test_a_scrape_is_five_statements_whatever_there_is(db: None) -> None:
    World()
    make.make_cluster()
    with CaptureQueriesContext(connection) as queries:
        new_client().get("/metrics")
    assert len(queries) == 5


@pytest.mark.django_db(transaction=True)
def test_without_the_database_the_answer_is_one_sentence() -> None:
    known, options = connection.settings_dict["HOST"], connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict.update(HOST="/nowhere", OPTIONS={})
    try:
        answer = new_client().get("/metrics")
    finally:
        connection.close()
        connection.settings_dict.update(HOST=known, OPTIONS=options)
    assert (answer.status_code, answer.content) == (503, b"The database does not answer.\n")
