"""What holds on the clusters, as people and scripts of the sites read it."""

from __future__ import annotations

from compute.models import Allocation, Limit
from compute.states import LimitState
from projects.models import Project
from tests import make
from tests.conftest import Caller


def test_a_limit_tells_what_shall_hold_and_what_was_seen(lead: Caller, project: Project) -> None:
    waiting = make.make_allocation(project, in_force=False)
    shown = lead.get(f"limits/{waiting.limit.pk}/").json()
    assert (shown["state"], shown["desired_gpu_minutes"]) == ("pending", 3600)
    assert (shown["observed_gpu_minutes"], shown["verified_at"]) == (None, None)


def test_the_site_lists_what_waits_for_it(operator: Caller, allocation: Allocation) -> None:
    Limit.objects.update(state=LimitState.NEEDS_OPERATOR, command="sacctmgr …", detail="NotThere")
    slug = allocation.pool.cluster.slug
    rows = operator.get(f"limits/?cluster={slug}&state=needs_operator").json()["results"]
    assert [row["command"] for row in rows] == ["sacctmgr …"]
    assert "Waits for the site" in rows[0]["detail"]


def test_the_limits_of_another_cluster_are_left_out(
    operator: Caller, allocation: Allocation
) -> None:
    assert operator.get("limits/?cluster=elsewhere").json()["results"] == []


def test_a_filter_that_cannot_be_is_refused_and_no_fault(
    lead: Caller, allocation: Allocation
) -> None:
    for query in ("cluster=%00", "state=nonsense", "allocation=x"):
        assert lead.get(f"limits/?{query}").status_code == 400, query


def test_the_list_is_filtered_by_allocation(lead: Caller, allocation: Allocation) -> None:
    make.make_allocation(allocation.project, allocation.pool)
    rows = lead.get(f"limits/?allocation={allocation.pk}").json()["results"]
    assert [row["allocation"] for row in rows] == [str(allocation.pk)]


def test_a_stranger_finds_no_limit(stranger: Caller, allocation: Allocation) -> None:
    assert stranger.get(f"limits/{allocation.limit.pk}/").status_code == 404
    assert stranger.get("limits/").json()["results"] == []
    assert stranger.get(f"limits/?allocation={allocation.pk}").json()["results"] == []
