"""Whether a cluster answers, since when it does not, and which release speaks."""

from __future__ import annotations

from datetime import timedelta

from compute.models import ClusterHealth, Credential
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
