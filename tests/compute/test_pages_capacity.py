"""The pages of capacity: five years ahead, what if, who waits and what would lapse."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from compute.actions.capacity import reserve_capacity
from compute.drawing import Month
from compute.models import Allocation, CapacityMonth, MonthlyUse, Pool, Request
from compute.quota import month_of
from compute.templatetags.figures import calendar
from tests import make
from tests.conftest import Caller

HOUR = 3600


def page(caller: Caller, **query: Any) -> Any:
    answer = caller.as_browser.get(reverse("capacity"), query)
    assert answer.status_code == 200
    return answer


def of_pool(caller: Caller, pool: Pool) -> str:
    answer = caller.as_browser.get(reverse("capacity-pool", args=[pool.slug]))
    return str(answer.content.decode())


def year_of(answer: Any, pool: Pool) -> Any:
    [row] = [row for row in answer.context["rows"] if row.pool == pool]
    return next(one for one in row.years() if one.year == make.today().year)


def test_it_adds_up_what_is_offered_granted_used_and_asked(
    quota_admin: Caller, pool: Pool, allocation: Allocation, handed_in: Request
) -> None:
    month = month_of(make.today())
    MonthlyUse.objects.create(allocation=allocation, month=month, gpu_seconds=5 * HOUR)
    answer = page(quota_admin)
    drawn = {one.month: one for one in answer.context["drawing"].months}
    assert drawn[month].used == 5 * HOUR
    assert sum(one.granted for one in drawn.values()) == 60 * HOUR
    assert sum(one.asked for one in drawn.values()) == 100 * HOUR
    assert year_of(answer, pool).offered >= 1000 * HOUR
    assert len(drawn) == 67


def test_each_pool_has_a_calendar_with_a_column_for_each_month(
    quota_admin: Caller, pool: Pool, allocation: Allocation, handed_in: Request
) -> None:
    text = page(quota_admin).content.decode()
    [drawn] = re.findall(r'<svg class="calendar".*?</svg>', text)
    assert f"{pool.name} month by month" in drawn
    offered = CapacityMonth.objects.filter(pool=pool, offered__gt=0).count()
    paths = dict(re.findall(r'<path class="([^"]+)" d="([^"]+)"', drawn))
    assert paths["fill-free"].count("M") == min(offered, 61)
    assert paths["fill-used"].count("M") >= 1
    assert paths["fill-new"].count("M") >= 1


def test_a_calendar_shows_what_goes_beyond_the_offer_above_it() -> None:
    month = Month(date(2026, 1, 1), offered=100, granted=150, asked=50)
    drawn = calendar("Pool", [month])
    assert 'class="fill-free" d="M0 40.0v-20.0h7v20.0z"' in drawn
    assert 'class="fill-used" d="M0 40.0v-30.0h7v30.0z"' in drawn
    assert 'class="fill-new" d="M0 10.0v-10.0h7v10.0z"' in drawn


def test_a_calendar_of_nothing_is_empty() -> None:
    assert "<path" not in calendar("Pool", [Month(date(2026, 1, 1), offered=0, granted=0)])


def test_asked_are_only_requests_that_one_may_see(
    stranger: Caller, pool: Pool, handed_in: Request
) -> None:
    drawn = page(stranger).context["drawing"].months
    assert sum(one.asked for one in drawn) == 0


def test_what_if_says_in_which_months_it_does_not_fit(lead: Caller, pool: Pool) -> None:
    start = month_of(make.today() + timedelta(40))
    window = {"pool": pool.slug, "start": start, "end": start + timedelta(25)}
    fits = page(lead, gpu_hours="900", **window)
    assert "It fits in all of its months" in fits.content.decode()
    not_so = page(lead, gpu_hours="1100", **window)
    assert [one.free_after for one in not_so.context["tight"]] == [-100 * HOUR]
    assert "−100" in not_so.content.decode().replace("-100", "−100")


def test_what_if_changes_nothing(lead: Caller, pool: Pool) -> None:
    day = make.today()
    page(lead, pool=pool.slug, gpu_hours="10", start=day, end=day + timedelta(9))
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"gpu_hours": "x"}, {"end": "2020-01-01"}, {"pool": "other"}, {"start": ""}]
)
def test_a_question_that_is_none_is_answered_with_what_is_wrong(
    lead: Caller, pool: Pool, wrong: dict[str, str]
) -> None:
    day = make.today()
    asked = {"pool": pool.slug, "gpu_hours": "10", "start": day, "end": day + timedelta(9)}
    answer = page(lead, **{**asked, **wrong})
    assert 'class="wrong"' in answer.content.decode()
    assert not answer.context["is_asked"]


def test_it_is_filtered_by_its_address(lead: Caller, pool: Pool) -> None:
    other = make.make_pool(gpu_type="mi300")
    shown = {row.pool for row in page(lead, gpu_type="mi300").context["rows"]}
    assert shown == {other}


def test_somebody_of_no_partner_sees_no_pool(pool: Pool) -> None:
    from tests.conftest import new_client  # noqa: PLC0415

    client = new_client()
    client.force_login(make.make_user())
    assert client.get(reverse("capacity")).context["rows"] == []


def test_the_pools_page_says_who_waits_and_what_would_lapse(
    quota_admin: Caller, stranger: Caller, pool: Pool, allocation: Allocation, handed_in: Request
) -> None:
    Allocation.objects.update(start=make.today() - timedelta(20))
    text = of_pool(quota_admin, pool)
    assert reverse("request", args=[handed_in.pk]) in text
    assert "Likely to lapse" in text
    assert reverse("allocation", args=[allocation.pk]) in text
    assert reverse("allocation", args=[allocation.pk]) not in of_pool(stranger, pool)


def test_an_operator_offers_on_the_page(operator: Caller, pool: Pool) -> None:
    url = reverse("capacity-offer", args=[pool.slug])
    sent = {"offer-first": "2031-01", "offer-last": "2031-03", "offer-gpu_hours": "700"}
    assert operator.as_browser.post(url, sent).status_code == 302
    rows = CapacityMonth.objects.filter(pool=pool, month__year=2031)
    assert list(rows.values_list("offered", flat=True)) == [700 * HOUR] * 3


def test_less_than_is_granted_is_refused_and_what_was_typed_stays(
    operator: Caller, pool: Pool, allocation: Allocation
) -> None:
    first = f"{make.today():%Y-%m}"
    sent = {"offer-first": first, "offer-last": first, "offer-gpu_hours": "0.5"}
    answer = operator.as_browser.post(reverse("capacity-offer", args=[pool.slug]), sent)
    assert answer.status_code == 409
    assert "whose decision it is to be over-committed" in answer.content.decode()
    assert 'value="0.5"' in answer.content.decode()


def test_over_committed_months_are_named(
    operator: Caller, lead: Caller, pool: Pool, allocation: Allocation
) -> None:
    first = f"{make.today():%Y-%m}"
    sent = {"offer-first": first, "offer-last": first, "offer-gpu_hours": "0",
            "offer-decision": "racks moved"}  # fmt: skip
    url = reverse("capacity-offer", args=[pool.slug])
    assert operator.as_browser.post(url, sent).status_code == 302
    assert "Over-committed by decision" in of_pool(lead, pool)


def test_a_quota_admin_keeps_some_on_the_page(quota_admin: Caller, pool: Pool) -> None:
    partner = make.make_partner("Kept Ltd")
    first = f"{make.today():%Y-%m}"
    sent = {"reserve-partner": str(partner.pk), "reserve-first": first, "reserve-last": first,
            "reserve-gpu_hours": "50"}  # fmt: skip
    url = reverse("capacity-reserve", args=[pool.slug])
    assert quota_admin.as_browser.post(url, sent).status_code == 302
    assert "Kept Ltd" in of_pool(quota_admin, pool)


def test_months_on_end_that_keep_the_same_are_one_line(quota_admin: Caller, pool: Pool) -> None:
    partner = make.make_partner("Kept Ltd")
    months = list(pool.capacity.values_list("month", flat=True))
    for month, hours in zip(months, (50, 50, 70, 50), strict=False):
        reserve_capacity(by=quota_admin.user, pool=pool, partner=partner,
                         months={month: hours * HOUR}, now=make.now())  # fmt: skip
    answer = quota_admin.as_browser.get(reverse("capacity-pool", args=[pool.slug]))
    lines = [(one.first, one.last, one.left // HOUR) for one in answer.context["reserves"]]
    first, second, third, fourth = months[:4]
    assert lines == [(first, second, 50), (third, third, 70), (fourth, fourth, 50)]


def test_the_end_of_the_calendar_is_refused_not_a_fault(
    lead: Caller, operator: Caller, pool: Pool
) -> None:
    far = {"pool": pool.slug, "gpu_hours": "1", "start": "9999-12-01", "end": "9999-12-31"}
    assert "Ten years at most" in page(lead, **far).content.decode()
    sent = {"offer-first": "9999-11", "offer-last": "9999-12", "offer-gpu_hours": "1"}
    answer = operator.as_browser.post(reverse("capacity-offer", args=[pool.slug]), sent)
    assert answer.status_code == 400
