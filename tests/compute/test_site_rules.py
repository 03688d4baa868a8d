"""A site's rules of a pool: said by its operators, who see first whom they concern."""

from __future__ import annotations

import pytest
from django.urls import reverse

from compute.actions.site_rules import concerned_by
from compute.models import Allocation, Balance, Pool
from projects.models import Event
from tests.conftest import Caller

HOUR = 3600
RULES = {"rules-over_use": "low_priority", "rules-period": "month"}


def test_an_operator_says_them(operator: Caller, pool: Pool) -> None:
    body = {"over_use": "low_priority", "period": "quarter", "carries_over": False}
    said = operator.patch(f"pools/{pool.slug}", body).json()
    assert {name: said[name] for name in body} == body
    [event] = Event.objects.filter(kind="set_site_rules")
    assert event.changes["over_use"] == ["stop", "low_priority"]


def test_what_is_said_already_leaves_no_trace(operator: Caller, pool: Pool) -> None:
    operator.patch(f"pools/{pool.slug}", {"over_use": "stop"})
    assert not Event.objects.filter(kind="set_site_rules").exists()


def test_a_word_that_is_none_is_refused(operator: Caller, pool: Pool) -> None:
    assert operator.patch(f"pools/{pool.slug}", {"over_use": "shoot"}).status_code == 400
    assert operator.patch(f"pools/{pool.slug}", {"gpu_count": 9}).status_code == 400


def test_a_lead_and_a_stranger_say_none(lead: Caller, stranger: Caller, pool: Pool) -> None:
    for caller in (lead, stranger):
        assert caller.patch(f"pools/{pool.slug}", {"over_use": "none"}).status_code == 403


@pytest.mark.parametrize(("left", "is_concerned"), [(4, False), (3, True), (0, True), (-9, True)])
def test_it_concerns_what_is_used_up_or_nearly_so(
    pool: Pool, allocation: Allocation, left: int, is_concerned: bool
) -> None:
    Balance.objects.update(available=left * HOUR, used=(60 - left) * HOUR)
    assert concerned_by(pool).exists() is is_concerned


def test_it_concerns_nothing_that_has_ended(pool: Pool, allocation: Allocation) -> None:
    Balance.objects.update(available=0, used=60 * HOUR)
    Allocation.objects.update(state="expired")
    assert not concerned_by(pool).exists()


def test_the_page_shows_whom_it_concerns_before_it_keeps_them(
    operator: Caller, pool: Pool, allocation: Allocation
) -> None:
    Balance.objects.update(available=0, used=60 * HOUR)
    url = reverse("capacity-rules", args=[pool.slug])
    looked = operator.as_browser.post(url, RULES)
    assert looked.status_code == 200
    assert "used up or nearly so" in looked.content.decode()
    assert reverse("allocation", args=[allocation.pk]) in looked.content.decode()
    pool.refresh_from_db()
    assert pool.over_use == "stop"
    kept = operator.as_browser.post(url, {**RULES, "rules-sure": "on"})
    assert kept.status_code == 302
    pool.refresh_from_db()
    assert (pool.over_use, pool.period, pool.carries_over) == ("low_priority", "month", False)
