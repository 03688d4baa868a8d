"""What sites charge in their own units, beside GPU-seconds, by rules with versions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from compute.models import Allocation, ChargeRule, Pool, UsageRecord
from compute.models.charging import Charges
from projects.models import Event
from projects.roles import Role
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller

BODY = {"unit": "core-h", "per": "node", "factor": "48", "valid_from": "2026-01-01"}


def set_rule(caller: Caller, pool: Pool, **changes: Any) -> Any:
    return caller.post(f"pools/{pool.slug}/charge-rules", {**BODY, **changes})


def make_record(allocation: Allocation, *, day: date, gpus: int = 3, job: int = 7) -> UsageRecord:
    """Two hours on so many GPUs."""
    start = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    return UsageRecord.objects.create(
        cluster=allocation.pool.cluster, slurm_job_id=job, submit_time=start,
        allocation=allocation, unix_user="p1", state="COMPLETED", start_time=start,
        end_time=start + 7200, elapsed=7200, gpus=gpus, gpu_seconds=gpus * 7200,
        observed_at=make.now(),
    )  # fmt: skip


def test_an_operator_says_what_the_site_charges(operator: Caller, pool: Pool) -> None:
    answer = set_rule(operator, pool)
    assert answer.status_code == 201
    assert answer.json()["version"] == 1
    assert Event.objects.filter(kind="set_charge_rule", actor=operator.user).exists()


def test_whole_nodes_are_charged_where_the_site_does_so(
    operator: Caller, lead: Caller, pool: Pool, allocation: Allocation
) -> None:
    """Three of eight GPUs for two hours are one node for two hours: 2 × 48 core-h."""
    set_rule(operator, pool)
    record = make_record(allocation, day=date(2026, 5, 1))
    charged = lead.get(f"usage/{record.id}/").json()["charged"]
    assert charged == {"amount": "96.0000", "unit": "core-h", "rule": 1}


def test_single_gpus_are_charged_where_the_site_does_so(
    operator: Caller, lead: Caller, pool: Pool, allocation: Allocation
) -> None:
    set_rule(operator, pool, per="gpu", factor="12.5")
    record = make_record(allocation, day=date(2026, 5, 1))
    assert lead.get(f"usage/{record.id}/").json()["charged"]["amount"] == "75.0000"


def test_what_was_used_before_keeps_the_rule_of_its_time(
    operator: Caller, pool: Pool, allocation: Allocation
) -> None:
    set_rule(operator, pool, per="gpu", factor="10")
    set_rule(operator, pool, per="gpu", factor="20", valid_from="2026-06-01")
    charges = Charges([pool])
    days = [date(2025, 12, 31), date(2026, 5, 31), date(2026, 6, 1)]
    records = [make_record(allocation, day=day, gpus=1, job=n) for n, day in enumerate(days)]
    found = [charges.of(record, pool.pk) for record in records]
    assert found[0] is None
    assert [(one.amount, one.rule) for one in found if one] == [
        (Decimal(20), 1), (Decimal(40), 2),
    ]  # fmt: skip


def test_a_rule_is_followed_never_changed(operator: Caller, pool: Pool) -> None:
    set_rule(operator, pool)
    assert set_rule(operator, pool, factor="1").status_code == 409
    assert set_rule(operator, pool, factor="1", valid_from="2027-01-01").json()["version"] == 2
    shown = operator.get(f"pools/{pool.slug}/charge-rules").json()
    assert [row["version"] for row in shown] == [2, 1]


@pytest.mark.parametrize("factor", ["0", "-1", "NaN", "1e40", "x"])
def test_a_factor_that_is_none_is_refused(operator: Caller, pool: Pool, factor: str) -> None:
    answer = set_rule(operator, pool, factor=factor)
    assert answer.status_code == 400
    assert "factor" in answer.json()["errors"]
    assert not ChargeRule.objects.exists()


def test_a_lead_and_a_stranger_say_nothing_of_it(
    lead: Caller, stranger: Caller, pool: Pool
) -> None:
    assert set_rule(lead, pool).status_code == 403
    assert set_rule(stranger, pool).status_code == 403
    assert not ChargeRule.objects.exists()


def test_people_of_the_site_read_its_unit_first(
    caller: Calls, operator: Caller, lead: Caller, pool: Pool, allocation: Allocation
) -> None:
    set_rule(operator, pool)
    make_record(allocation, day=make.today() - timedelta(1))
    url = reverse("allocation", args=[allocation.pk])

    def heads(page: str) -> list[int]:
        table = page[page.index('id="usage"') : page.index('id="limit"')]
        return [table.index(">the site charges<"), table.index(">GPU-hours<")]

    theirs = heads(operator.as_browser.get(url).content.decode())
    assert theirs == sorted(theirs)
    ours = heads(lead.as_browser.get(url).content.decode())
    assert ours == sorted(ours, reverse=True)
    of_site = make.make_member(make.make_group(pool.cluster.partner), Role.GUEST)
    make.join(allocation.project, of_site.memberships.get().group)
    also = heads(caller(of_site).as_browser.get(url).content.decode())
    assert also == sorted(also)


def test_the_page_keeps_a_rule_and_shows_it(operator: Caller, pool: Pool) -> None:
    sent = {f"charge-{name}": text for name, text in BODY.items()} | {"charge-pool": str(pool.pk)}
    answer = operator.as_browser.post(reverse("cluster-charge", args=[pool.cluster.slug]), sent)
    assert answer.status_code == 302
    page = operator.as_browser.get(reverse("cluster", args=[pool.cluster.slug]))
    assert "48 core-h for a node-hour, of whole nodes (rule 1" in page.content.decode()
