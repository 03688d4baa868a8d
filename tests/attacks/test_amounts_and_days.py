"""Amounts below nothing and beyond all measure, and days that no calendar has."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from compute.models import CapacityMonth, Cluster, Maintenance, Pool, Request
from projects.models import Project
from registry.models import Model
from tests import make
from tests.attacks.cases import each
from tests.compute.bodies import line_body, request_body
from tests.conftest import Caller, new_client

AMOUNTS = ["-1", "0", "1e309", "NaN", "Infinity", "9223372036854775808", "-0", "0.00001", "true",
           "null", "[]", "{}", '"-1"', '"0"', '"NaN"', '"1e5"', '"1_0"', '"\\uff11"', '" 1"', '""',
           '"0x10"', '"9223372036854775808"', "1e-9", "123456789012345678901234567890",
           '"1,5"']  # fmt: skip


def send(caller: Caller, path: str, body: str) -> Any:
    """A body as it is written, with what JSON does not know."""
    headers = {"Authorization": f"Bearer {caller.token}", "Idempotency-Key": make.key()}
    return new_client().post(f"/api/v1/{path}", body, "application/json", headers=headers)


@each("amount", AMOUNTS)
def test_a_request_for_what_is_no_amount_is_refused(
    lead: Caller, project: Project, pool: Pool, amount: str
) -> None:
    body = json.dumps(request_body(project, pool, lines=[line_body(pool, gpu_hours="AMOUNT")]))
    answer = send(lead, "requests/", body.replace('"AMOUNT"', amount))
    assert answer.status_code == 400
    assert not Request.objects.exists()


@each("amount", [amount for amount in AMOUNTS if "0" not in amount[:3]])
def test_a_capacity_of_what_is_no_amount_is_refused(
    operator: Caller, pool: Pool, amount: str
) -> None:
    before = list(CapacityMonth.objects.values_list("month", "offered"))
    headers = {"Authorization": f"Bearer {operator.token}", "Idempotency-Key": make.key()}
    answer = new_client().put(
        f"/api/v1/pools/{pool.slug}/capacity/", f'{{"months": {{"2030-01": {amount}}}}}',
        "application/json", headers=headers,
    )  # fmt: skip
    assert answer.status_code == 400
    assert list(CapacityMonth.objects.values_list("month", "offered")) == before


@each("gpus", ["-1", "0", "1e309", "NaN", '"10"', str(2**63), "1.0", "true"])
def test_a_job_of_a_number_of_gpus_that_is_none_is_refused(
    lead: Caller, allocation: Any, gpus: str
) -> None:
    body = json.dumps({"allocation": str(allocation.pk), "script": "#!/bin/sh\n", "minutes": 5})
    assert send(lead, "jobs/", f'{body[:-1]}, "gpus": {gpus}}}').status_code == 400


@each(
    ("start", "end"),
    [
        ("2030-02-01", "2030-01-01"), ("2030-01-01", "2030-01-01"), ("2030-02-29", "2030-03-01"),
        ("2030-02-30", "2030-03-01"), ("2030-13-01", "2031-01-01"), ("0000-01-01", "2030-01-01"),
        ("10000-01-01", "10001-01-01"), ("30-01-01", "2030-02-01"),
        ("2030-01-01T00:00:00Z", "2030-02-01"), ("", ""), (None, None), (0, 1), ("x", "y"),
        ("0001-01-01", "0001-02-01"), ("1999-01-01", "1999-02-01"), ("-2030-01-01", "2031-01-01"),
        ("2030-01-01", "9999-12-31"),
    ],
)  # fmt: skip
def test_a_window_that_no_calendar_has_is_refused(
    lead: Caller, project: Project, pool: Pool, start: Any, end: Any
) -> None:
    lines = [line_body(pool, start=start, end=end)]
    answer = lead.post("requests/", request_body(project, pool, lines=lines))
    assert answer.status_code == 400, answer.content
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("start", "end"), [("2032-02-29", "2032-03-01"), ("2030-03-31", "2030-04-01")]
)
def test_a_leap_day_and_the_day_of_the_lost_hour_are_kept_exactly(
    lead: Caller, project: Project, pool: Pool, start: str, end: str
) -> None:
    lines = [line_body(pool, start=start, end=end)]
    answer = lead.post("requests/", request_body(project, pool, lines=lines))
    assert answer.status_code == 201
    [line] = answer.json()["lines"]
    assert (line["start"], line["end"]) == (start, end)


@pytest.mark.parametrize(
    ("start", "exact"),
    [
        ("2030-03-31T02:30:00+01:00", "2030-03-31T01:30:00"),
        ("2030-10-27T02:30:00+02:00", "2030-10-27T00:30:00"),
        ("2030-10-27T02:30:00+01:00", "2030-10-27T01:30:00"),
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00"),
        ("2030-01-01T00:00:00+14:00", "2029-12-31T10:00:00"),
    ],
)
def test_a_moment_with_its_zone_is_kept_in_utc(
    operator: Caller, cluster: Cluster, start: str, exact: str
) -> None:
    begins = datetime.fromisoformat(exact).replace(tzinfo=UTC)
    ends = (begins + timedelta(days=1)).isoformat()
    body = {"start_at": start, "end_at": ends, "text": "pumps"}
    assert operator.post(f"clusters/{cluster.slug}/maintenance/", body).status_code == 201
    assert Maintenance.objects.get().start_at == begins


@pytest.mark.parametrize(
    "start",
    ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2030-02-29T00:00:00Z", "x", "",
     "2030-01-01T25:00:00Z", "2030-01-01T00:00:60Z", "2030-01-01T00:00:00+99:00", None, 0, True,
     "2032-01-01T00:00:00Z", "2030-01-01", "1e9", "now", "2030-01-01T08:00:00",
     "2030-01-01T08:00"],
    ids=ascii,
)  # fmt: skip
def test_a_moment_that_is_none_is_refused(operator: Caller, cluster: Cluster, start: Any) -> None:
    body = {"start_at": start, "end_at": "2031-01-01T00:00:00Z", "text": "pumps"}
    answer = operator.post(f"clusters/{cluster.slug}/maintenance/", body)
    assert answer.status_code == 400


@each("start", ["2030-03-31T02:30", "9999-12-31T23:59", "0001-01-01T00:00", "2030-02-29T00:00"])
def test_an_hour_that_the_clocks_leave_out_is_refused_on_the_page(
    operator: Caller, cluster: Cluster, start: str
) -> None:
    form = {"start_at": start, "end_at": "9999-12-31T22:00", "text": "pumps"}
    path = reverse("cluster-maintenance", args=[cluster.slug])
    sent = {f"maintenance-{name}": text for name, text in form.items()} | form
    assert operator.as_browser.post(path, sent).status_code in {302, 400}
    assert not Maintenance.objects.exists()


@each("value", ["-1", "0", "1e309", "NaN", str(2**63), "1.5", "true", '"x"'])
def test_a_figure_that_is_no_number_is_refused(lead: Caller, project: Project, value: str) -> None:
    group = str(project.lead_group_id)
    body = f'{{"name": "m", "group": "{group}", "tokens": {value}, "parameters": {value}}}'
    assert send(lead, "models/", body).status_code == 400
    assert not Model.objects.exists()


@each("day", ["0001-01-01", "9999-12-31", "1900-01-01", "2030-02-29", "x"])
def test_a_day_of_another_age_breaks_no_report(lead: Caller, project: Project, day: str) -> None:
    month = day[:7]
    for query in (f"cut_off={day}", f"first={month}&last={month}", f"first=0001-01&last={month}"):
        for path in ("/reports/", "/reports/allocations.csv", "/reports/report.xlsx"):
            assert lead.as_browser.get(f"{path}?{query}").status_code in {200, 400, 404}


def test_a_plan_of_ten_thousand_years_is_refused_or_kept_as_it_is(
    lead: Caller, project: Project
) -> None:
    window = {"start": "0001-01-01", "end": "9999-12-31"}
    body = {"name": "m", "group": str(project.lead_group_id), "window": window}
    answer = lead.post("models/", body)
    assert answer.status_code in {201, 400}
    for model in Model.objects.all():
        for page in ("", "edit/", "lineage/", "certificate/"):
            assert lead.as_browser.get(f"/models/{model.pk}/{page}").status_code == 200
        assert lead.as_browser.get("/partners/").status_code == 200
        assert model.window_end - model.window_start > timedelta(days=3_000_000)
