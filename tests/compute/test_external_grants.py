"""Grants of other boards: registered by a project, confirmed by who knows, never awarded here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from compute.actions.grants import confirm_grant
from compute.models import Allocation, CapacityMonth, ExternalGrant, LedgerEntry, Pool
from projects.models import Event, Notice, PortalRole, Project
from projects.roles import Role
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller

HOUR = 3600


@pytest.fixture
def grant(project: Project, pool: Pool) -> ExternalGrant:
    return make.make_grant(project, pool)


def body(project: Project, pool: Pool, **changes: Any) -> dict[str, Any]:
    return {
        "project": str(project.pk),
        "pool": str(pool.pk),
        "board": "GCS",
        "reference": "pn12ab",
        "decided_on": str(make.today()),
        "amount": "35 Mcore-h",
        "conversion": "÷ 12 cores a GPU",
        "gpu_hours": "2500.5",
        "start": str(make.today()),
        "end": str(make.today() + timedelta(365)),
        **changes,
    }


def test_a_lead_registers_it_in_the_boards_own_words(
    lead: Caller, project: Project, pool: Pool
) -> None:
    answer = lead.post("grants/", body(project, pool))
    assert answer.status_code == 201
    said = answer.json()
    assert (said["state"], said["amount"], said["gpu_hours"]) == (
        "registered", "35 Mcore-h", "2500.5",
    )  # fmt: skip
    assert said["allocation"] is None
    assert Event.objects.filter(kind="register_grant", actor=lead.user).exists()


def test_nothing_counts_before_it_is_confirmed(grant: ExternalGrant) -> None:
    assert not Allocation.objects.exists()
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("who", ["quota_admin", "operator"])
def test_who_awards_and_who_runs_the_cluster_confirm_it(
    request: pytest.FixtureRequest, grant: ExternalGrant, who: str
) -> None:
    caller: Caller = request.getfixturevalue(who)
    answer = caller.post(f"grants/{grant.pk}/confirm", {"remark": "as in the letter"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["state"], said["confirmed_by"]) == ("confirmed", caller.user.username)
    allocation = caller.get(f"allocations/{said['allocation']}").json()
    assert (allocation["origin"], allocation["gpu_hours"]) == ("external_grant", "500")
    assert allocation["balance"]["available_gpu_hours"] == "500"


def test_the_pools_own_capacity_is_not_touched(
    quota_admin: Caller, grant: ExternalGrant, pool: Pool
) -> None:
    quota_admin.post(f"grants/{grant.pk}/confirm", {})
    assert not CapacityMonth.objects.filter(pool=pool, granted__gt=0).exists()


def test_the_project_and_those_who_confirm_are_told(
    operator: Caller, quota_admin: Caller, lead: Caller, project: Project, pool: Pool
) -> None:
    lead.post("grants/", body(project, pool))
    grant = ExternalGrant.objects.get()
    told = Notice.objects.filter(kind="grant_registered").values_list("user__username", flat=True)
    assert set(told) == {quota_admin.user.username, operator.user.username}
    quota_admin.post(f"grants/{grant.pk}/confirm", {})
    [notice] = Notice.objects.filter(user=lead.user, kind="grant_answered")
    assert notice.sentence == f"The grant of GCS to {project.title}: confirmed."


def test_it_is_not_confirmed_twice(quota_admin: Caller, grant: ExternalGrant) -> None:
    quota_admin.post(f"grants/{grant.pk}/confirm", {})
    answer = quota_admin.post(f"grants/{grant.pk}/confirm", {})
    assert answer.status_code == 409
    assert Allocation.objects.count() == 1


def test_what_does_not_agree_is_declined_with_a_reason(
    operator: Caller, grant: ExternalGrant
) -> None:
    assert operator.post(f"grants/{grant.pk}/decline", {"remark": " "}).status_code == 400
    answer = operator.post(f"grants/{grant.pk}/decline", {"remark": "it says 5,000 core-h"})
    assert (answer.status_code, answer.json()["state"]) == (200, "declined")
    assert not Allocation.objects.exists()


def test_after_it_was_declined_it_can_be_registered_again(
    operator: Caller, lead: Caller, project: Project, pool: Pool
) -> None:
    first = lead.post("grants/", body(project, pool)).json()["id"]
    assert lead.post("grants/", body(project, pool)).status_code == 409
    operator.post(f"grants/{first}/decline", {"remark": "typing error"})
    assert lead.post("grants/", body(project, pool)).status_code == 201


def test_nobody_confirms_a_grant_of_their_own_project(
    caller: Calls, lead: Caller, project: Project, grant: ExternalGrant
) -> None:
    own = make.make_member(project.lead_group)
    PortalRole.objects.create(user=own, role=Role.QUOTA_ADMIN)
    answer = caller(own).post(f"grants/{grant.pk}/confirm", {})
    assert answer.status_code == 403
    assert not Allocation.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("end", "2020-01-01"),
        ("decided_on", "2999-01-01"),
        ("gpu_hours", "0"),
        ("gpu_hours", "1e30"),
        ("amount", " "),
        ("conversion", ""),
        ("slurm_account", "root"),
        ("slurm_account", "cesai"),
        ("slurm_account", "cesai-other-1234"),
        ("slurm_account", "a b"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    lead: Caller, project: Project, pool: Pool, field: str, value: str
) -> None:
    answer = lead.post("grants/", body(project, pool, **{field: value}))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not ExternalGrant.objects.exists()


def test_an_account_that_books_another_allocation_is_refused(
    quota_admin: Caller, lead: Caller, project: Project, pool: Pool
) -> None:
    first = make.make_grant(project, pool, slurm_account="hpc123")
    quota_admin.post(f"grants/{first.pk}/confirm", {})
    answer = lead.post("grants/", body(project, pool, slurm_account="hpc123"))
    assert "slurm_account" in answer.json()["errors"]


def test_its_hours_are_neither_returned_nor_transferred(
    quota_admin: Caller, lead: Caller, grant: ExternalGrant
) -> None:
    allocation = confirm_grant(by=quota_admin.user, grant=grant, remark="", now=make.now())
    back = {"gpu_hours": "1", "reason": "unspent"}
    answer = lead.post(f"allocations/{allocation.pk}/return-hours", back)
    assert answer.status_code == 409
    assert "that board" in answer.json()["detail"]
    asked = {"project": str(grant.project_id), "kind": "transfer", "purpose": "evaluation",
             "allocation": str(allocation.pk), "return_gpu_hours": "5", "lines": [
                 {"pool": str(make.make_pool().pk), "gpu_hours": "5", "start": str(grant.start),
                  "end": str(grant.end)}]}  # fmt: skip
    assert "Another board" in lead.post("requests/", asked).json()["detail"]


def test_a_statement_awards_nothing(
    coordinator: Caller, lead: Caller, grant: ExternalGrant
) -> None:
    said = {"text": "Much like an effort of another partner."}
    assert coordinator.post(f"grants/{grant.pk}/statements", said).status_code == 201
    shown = lead.get(f"grants/{grant.pk}").json()
    assert [one["text"] for one in shown["statements"]] == [said["text"]]
    assert shown["state"] == "registered"
    assert Notice.objects.filter(user=lead.user, kind="grant_statement").exists()


def test_the_project_itself_states_nothing(lead: Caller, grant: ExternalGrant) -> None:
    assert lead.post(f"grants/{grant.pk}/statements", {"text": "good"}).status_code == 403


def test_to_a_stranger_it_is_not_there(stranger: Caller, grant: ExternalGrant) -> None:
    assert stranger.get(f"grants/{grant.pk}").status_code == 404
    assert stranger.post(f"grants/{grant.pk}/confirm", {}).status_code == 404
    assert stranger.get("grants/").json()["results"] == []
    assert stranger.as_browser.get(reverse("grant", args=[grant.pk])).status_code == 404


def test_the_way_on_the_pages(
    lead: Caller, operator: Caller, project: Project, pool: Pool
) -> None:
    """Register, find it on the operator's list, confirm, and see it on the allocation."""
    sent = lead.as_browser.post(reverse("grant-new"), body(project, pool))
    grant = ExternalGrant.objects.get()
    assert sent["Location"] == reverse("grant", args=[grant.pk])
    listed = operator.as_browser.get(reverse("allocations")).content.decode()
    assert "Grants of other boards to be confirmed" in listed
    answer = operator.as_browser.post(
        reverse("grant-confirm", args=[grant.pk]), {"confirm-remark": "letter of 3 May"}
    )
    assert answer.status_code == 302
    grant.refresh_from_db()
    assert grant.allocation
    page = lead.as_browser.get(reverse("allocation", args=[grant.allocation.pk]))
    assert "35 Mcore-h" in page.content.decode()


def test_what_was_typed_stays_when_it_is_refused(
    lead: Caller, project: Project, pool: Pool
) -> None:
    wrong = body(project, pool, end="2020-01-01")
    answer = lead.as_browser.post(reverse("grant-new"), wrong)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert 'value="35 Mcore-h"' in page
    assert "The window must end after it begins." in page


def test_the_account_is_looked_at_again_when_it_is_confirmed(
    quota_admin: Caller, project: Project, pool: Pool
) -> None:
    """Two grants that name one account were registered before either was confirmed."""
    other = make.make_pool(pool.cluster)
    first = make.make_grant(project, pool, slurm_account="hpc123")
    second = make.make_grant(project, other, slurm_account="hpc123")
    assert quota_admin.post(f"grants/{first.pk}/confirm", {}).status_code == 200
    answer = quota_admin.post(f"grants/{second.pk}/confirm", {})
    assert answer.status_code == 409
    second.refresh_from_db()
    assert (second.state, second.allocation) == ("registered", None)


def test_a_model_that_the_operator_may_not_see_is_not_named(
    operator: Caller, lead: Caller, project: Project, pool: Pool
) -> None:
    model = make.make_model(project, name="Secret plan", visibility="group")
    grant = make.make_grant(project, pool, model=model)
    page = reverse("grant", args=[grant.pk])
    assert "Secret plan" in lead.as_browser.get(page).content.decode()
    assert "Secret plan" not in operator.as_browser.get(page).content.decode()
    assert lead.get(f"grants/{grant.pk}").json()["model"] == str(model.pk)
    assert operator.get(f"grants/{grant.pk}").json()["model"] is None
    assert operator.get("grants/").json()["results"][0]["model"] is None


def test_a_window_for_ever_is_refused(lead: Caller, project: Project, pool: Pool) -> None:
    answer = lead.post("grants/", body(project, pool, end="9999-12-31"))
    assert "five years at most" in answer.json()["errors"]["end"][0]
