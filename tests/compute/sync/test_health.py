"""Whether a cluster answers, since when it does not, and which release speaks."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from compute.models import Cluster, ClusterHealth, Credential, Outage
from dev.simulator.faults import Fault
from tests import make
from tests.compute.sync.site import CONTROL, Site
from tests.conftest import Caller


def health() -> ClusterHealth:
    return ClusterHealth.objects.get()


def test_an_answer_tells_release_and_wire(site: Site) -> None:
    site.sync()
    settings = site.simulator.settings
    assert (health().is_up, health().wire) == (True, settings.wire)
    assert health().slurm_version == settings.release


def test_since_when_it_is_silent_is_kept(site: Site) -> None:
    now = make.now()
    site.sync(now=now)
    site.simulator.faults.controller_is_down = True
    for minutes in (1, 2, 3):
        site.sync(now=now + timedelta(minutes=minutes))
    assert (health().is_up, health().answered_at) == (False, now)
    assert health().unreachable_since == now + timedelta(minutes=1)
    assert health().last_error


def test_when_it_answers_again_nothing_is_left_of_the_silence(site: Site) -> None:
    site.simulator.faults.controller_is_down = True
    site.sync()
    site.simulator.faults.controller_is_down = False
    site.sync()
    assert (health().unreachable_since, health().last_error) == (None, "")


def test_a_closed_port_is_a_silence_and_no_fault(site: Site) -> None:
    site.simulator.stop()
    try:
        assert site.sync()["up"] is False
    finally:
        site.simulator.start()
    assert "cannot be reached" in health().last_error


def test_half_an_answer_is_none(site: Site) -> None:
    site.sync()
    site.plan(Fault.TRUNCATE_AFTER, "/ping")
    assert site.sync()["up"] is False


def test_without_any_token_it_says_so(site: Site) -> None:
    Credential.objects.all().delete()
    site.sync()
    assert health().last_error == "no usable credential"


def test_one_rejected_token_is_not_the_clusters_silence(site: Site) -> None:
    make.deliver(site.cluster, CONTROL, make.make_jwt(CONTROL), kind="control")
    site.deliver("p1")
    site.sync()
    assert health().is_up is True


def test_when_all_tokens_are_rejected_it_says_so(site: Site) -> None:
    make.deliver(site.cluster, CONTROL, make.make_jwt(CONTROL), kind="control")
    site.sync()
    assert "does not accept the token" in health().last_error


def test_people_read_it_as_it_was_seen(site: Site, stranger: Caller) -> None:
    site.sync()
    shown = stranger.get(f"clusters/{site.cluster.slug}/").json()
    assert (shown["state"], shown["wire"]) == ("up", site.simulator.settings.wire)
    assert shown["as_of"] == shown["answered_at"]


def test_each_silence_is_kept_from_its_begin_to_its_end(site: Site, operator: Caller) -> None:
    now = make.now()
    site.sync(now=now)
    for minutes, is_down in ((1, True), (2, True), (3, False), (4, True)):
        site.simulator.faults.controller_is_down = is_down
        site.sync(now=now + timedelta(minutes=minutes))
    second, first = Outage.objects.all()
    assert (first.began_at, first.ended_at) == (
        now + timedelta(minutes=1), now + timedelta(minutes=3),
    )  # fmt: skip
    assert (second.began_at, second.ended_at) == (now + timedelta(minutes=4), None)
    assert len(operator.get(f"clusters/{site.cluster.slug}/outages").json()) == 2


def test_the_page_shows_how_much_of_the_time_it_answered(site: Site, operator: Caller) -> None:
    now = make.now()
    Cluster.objects.update(created_at=now - timedelta(days=300))
    Outage.objects.create(
        cluster=site.cluster, began_at=now - timedelta(days=10), ended_at=now - timedelta(days=1)
    )
    Outage.objects.create(
        cluster=site.cluster, began_at=now - timedelta(days=200), ended_at=now - timedelta(days=99)
    )
    page = operator.as_browser.get(reverse("cluster", args=[site.cluster.slug])).content.decode()
    assert "answered 90.00 % of the time" in page
    assert "1 silence" in page
