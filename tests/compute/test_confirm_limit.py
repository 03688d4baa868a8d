"""Allocations on clusters that nobody asks: operators confirm limits, the calendar goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from compute.models import Allocation, Balance, Cluster, Limit, Pool
from compute.sync.unconnected import tend
from compute.tasks import sync_one_cluster
from projects.models import Event, Project
from tests import make
from tests.conftest import Caller


@pytest.fixture
def limit(project: Project, pool: Pool, quota_admin: Caller) -> Limit:
    """60 GPU-hours on a cluster that is not connected, and its operator has been asked."""
    Cluster.objects.update(connection="none")
    allocation = make.make_allocation(project, pool, by=quota_admin.user, in_force=False)
    tend(now=make.now())
    return Limit.objects.select_related("allocation").get(allocation=allocation)


def confirm(caller: Caller, limit: Limit) -> Any:
    return caller.post(f"limits/{limit.pk}/confirm", {"remark": "set by hand"})


def state_of(limit: Limit) -> tuple[str, str]:
    limit.refresh_from_db()
    return str(limit.state), str(limit.detail)


def test_its_operator_is_asked_and_shown_the_command(limit: Limit) -> None:
    assert state_of(limit) == ("needs_operator", "ToBeConfirmed")
    assert "add account" in limit.command


def test_confirmed_it_is_set_but_not_proven(operator: Caller, limit: Limit) -> None:
    answer = confirm(operator, limit)
    assert answer.status_code == 200
    assert answer.json()["state"] == "set_not_proven"
    assert "nothing was read back" in answer.json()["detail"]
    [event] = Event.objects.filter(kind="confirm_limit")
    assert (event.actor, event.reason) == (operator.user, "set by hand")


def test_then_the_allocation_becomes_active_and_ends_by_the_calendar(
    operator: Caller, limit: Limit
) -> None:
    confirm(operator, limit)
    tend(now=make.now())
    allocation = Allocation.objects.get()
    assert allocation.state == "active"
    tend(now=make.now() + timedelta(40))
    allocation.refresh_from_db()
    assert allocation.state == "expired"
    assert Balance.objects.get().available == 60 * 3600  # its last use may still be reported
    tend(now=make.now() + timedelta(72))
    assert Balance.objects.get().available == 0


def test_unconfirmed_it_does_not_become_active(limit: Limit) -> None:
    tend(now=make.now())
    assert Allocation.objects.get().state == "awarded"


def test_another_amount_is_to_be_confirmed_again(
    operator: Caller, quota_admin: Caller, limit: Limit
) -> None:
    confirm(operator, limit)
    assert confirm(operator, limit).status_code == 409
    back = {"gpu_hours": "10", "reason": "unspent"}
    quota_admin.post(f"allocations/{limit.allocation_id}/return-hours", back)
    tend(now=make.now())
    assert state_of(limit) == ("needs_operator", "ToBeConfirmed")
    assert confirm(operator, limit).status_code == 200


def test_after_the_end_its_closing_is_confirmed(operator: Caller, limit: Limit) -> None:
    confirm(operator, limit)
    tend(now=make.now() + timedelta(40))
    assert state_of(limit) == ("needs_operator", "ToBeClosed")
    assert "GrpSubmitJobs=0" in limit.command
    assert confirm(operator, limit).status_code == 200
    tend(now=make.now() + timedelta(41))
    assert state_of(limit)[0] == "set_not_proven"


def test_on_a_connected_cluster_the_portal_reads_itself(operator: Caller, limit: Limit) -> None:
    Cluster.objects.update(connection="observe")
    assert confirm(operator, limit).status_code == 409
    assert tend(now=make.now()) == {"opened": 0, "ended": 0, "asked": 0}


def test_others_confirm_nothing(lead: Caller, stranger: Caller, limit: Limit) -> None:
    assert confirm(lead, limit).status_code == 403
    assert confirm(stranger, limit).status_code == 404
    assert state_of(limit)[0] == "needs_operator"


def test_the_page_has_the_button_for_its_operator_alone(
    operator: Caller, lead: Caller, limit: Limit
) -> None:
    page, url = (
        reverse("allocation", args=[limit.allocation_id]),
        reverse("allocation-confirm", args=[limit.allocation_id]),
    )
    assert url in operator.as_browser.get(page).content.decode()
    assert url not in lead.as_browser.get(page).content.decode()
    assert operator.as_browser.post(url).status_code == 302
    assert "confirmed by its operator" in lead.as_browser.get(page).content.decode()


def test_a_pause_asks_for_something_else_and_confirms_nothing_old(
    operator: Caller, quota_admin: Caller, limit: Limit
) -> None:
    """The page still shows how to open it; by then it is to be closed."""
    quota_admin.post(f"allocations/{limit.allocation_id}/pause", {"reason": "budget"})
    assert confirm(operator, limit).status_code == 409
    tend(now=make.now())
    assert state_of(limit) == ("needs_operator", "ToBeClosed")
    assert confirm(operator, limit).status_code == 200
    quota_admin.post(f"allocations/{limit.allocation_id}/resume", {})
    tend(now=make.now())
    assert state_of(limit) == ("needs_operator", "ToBeConfirmed")


def test_another_amount_of_an_account_that_is_there_is_a_change(
    operator: Caller, quota_admin: Caller, limit: Limit
) -> None:
    confirm(operator, limit)
    back = {"gpu_hours": "10", "reason": "unspent"}
    quota_admin.post(f"allocations/{limit.allocation_id}/return-hours", back)
    tend(now=make.now())
    limit.refresh_from_db()
    assert "modify account" in limit.command
    assert "gres/gpu=3000" in limit.command


def test_a_bell_for_such_a_cluster_is_no_fault(limit: Limit) -> None:
    assert sync_one_cluster(limit.allocation.pool.cluster.slug)["asked"] == 0
