"""Usage of clusters that are not connected: looked at, booked, corrected and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from compute.models import Allocation, Balance, Cluster, LedgerEntry, UsageRecord, UsageReport
from compute.sync.unconnected import tend
from projects.models import Event, PortalRole
from projects.roles import Role
from tests import make
from tests.conftest import Caller

HOUR = 3600
HEAD = "account,job,start,end,gpus,gpu_hours,charged,unit\n"


@pytest.fixture
def away(allocation: Allocation) -> Allocation:
    """60 GPU-hours since forty days ago, on a cluster that is not connected."""
    Cluster.objects.update(connection="none")
    Allocation.objects.update(start=make.today() - timedelta(40))
    return Allocation.objects.select_related("pool__cluster", "project").get(pk=allocation.pk)


def line(allocation: Allocation, job: object = 1, *, ago: int = 3, hours: object = 2) -> str:
    day = make.today() - timedelta(ago)
    return f"{allocation.slurm_account},{job},{day}T01:00:00,{day}T05:00:00,,{hours},,\n"


def total(allocation: Allocation, *, ago: int, days: int, hours: object) -> str:
    start = make.today() - timedelta(ago)
    end = start + timedelta(days)
    return f"{allocation.slurm_account},,{start},{end},,{hours},1200,core-h\n"


def send(caller: Caller, allocation: Allocation, text: str, **options: Any) -> Any:
    body = {"cluster": allocation.pool.cluster.slug, "text": HEAD + text, **options}
    return caller.post("usage-reports/", body)


def used(allocation: Allocation) -> float:
    balance = Balance.objects.get(allocation=allocation)
    assert balance.available + balance.reserved + balance.used == 60 * HOUR
    return balance.used / HOUR


@pytest.mark.parametrize("who", ["operator", "lead"])
def test_the_operator_and_the_projects_lead_report(
    request: pytest.FixtureRequest, away: Allocation, who: str
) -> None:
    caller: Caller = request.getfixturevalue(who)
    answer = send(caller, away, line(away, 1) + line(away, 2, hours=1.5))
    assert answer.status_code == 201
    assert (answer.json()["rows"], answer.json()["gpu_hours"]) == (2, "3.5")
    assert used(away) == 3.5
    assert set(UsageRecord.objects.values_list("source", flat=True)) == {"reported"}
    assert Event.objects.filter(kind="report_usage", actor=caller.user).exists()


def test_a_look_first_says_what_would_change_and_changes_nothing(
    operator: Caller, away: Allocation
) -> None:
    send(operator, away, line(away, 1))
    text = line(away, 1, hours=3) + line(away, 2) + line(away, 4, ago=50)
    said = send(operator, away, text, dry_run=True).json()
    assert (said["new"], said["corrected"]) == (1, 1)
    assert said["allocations"] == [{"allocation": str(away.pk), "rows": 2, "adds_gpu_hours": "3"}]
    assert [one["line"] for one in said["problems"]] == [4]
    assert used(away) == 2


def test_one_wrong_line_and_nothing_is_booked(operator: Caller, away: Allocation) -> None:
    answer = send(operator, away, line(away, 1) + line(away, 2, hours="x"))
    assert answer.status_code == 400
    [problem] = answer.json()["errors"]["text"]
    assert problem.startswith("Line 3: ")
    assert used(away) == 0
    assert not UsageRecord.objects.exists()


def test_the_same_report_again_changes_nothing(operator: Caller, away: Allocation) -> None:
    send(operator, away, line(away))
    answer = send(operator, away, line(away))
    assert (answer.status_code, used(away)) == (409, 2)


def test_another_amount_for_the_same_job_is_a_correction(
    operator: Caller, away: Allocation
) -> None:
    send(operator, away, line(away, hours=2))
    send(operator, away, line(away, hours="1.5"))
    assert used(away) == 1.5
    kinds = list(LedgerEntry.objects.values_list("kind", "gpu_seconds").order_by("sequence"))
    assert kinds[1:] == [("use", 2 * HOUR), ("correct", HOUR // 2)]


def test_taken_back_it_is_as_it_was_before(operator: Caller, away: Allocation) -> None:
    send(operator, away, line(away, hours=2))
    second = send(operator, away, line(away, hours=3) + line(away, 2)).json()["id"]
    assert operator.post(f"usage-reports/{second}/undo", {}).status_code == 200
    assert used(away) == 2
    [record] = UsageRecord.objects.all()
    assert record.gpu_seconds == 2 * HOUR
    assert operator.post(f"usage-reports/{second}/undo", {}).status_code == 409


def test_what_a_later_report_changed_is_not_taken_back_below_it(
    operator: Caller, away: Allocation
) -> None:
    first = send(operator, away, line(away, hours=2)).json()["id"]
    send(operator, away, line(away, hours=3))
    answer = operator.post(f"usage-reports/{first}/undo", {})
    assert answer.status_code == 409
    assert used(away) == 3
    assert UsageReport.objects.get(pk=first).undone_at is None


def test_a_total_of_a_month_is_booked_with_what_the_site_charges(
    operator: Caller, away: Allocation
) -> None:
    send(operator, away, total(away, ago=35, days=20, hours=50))
    [record] = UsageRecord.objects.all()
    assert record.is_total
    assert (str(record.charged), record.charge_unit) == ("1200.0000", "core-h")
    shown = operator.get(f"usage/{record.id}/").json()["charged"]
    assert shown == {"amount": "1200.0000", "unit": "core-h", "rule": None}


def test_nothing_is_counted_by_job_and_by_total(operator: Caller, away: Allocation) -> None:
    send(operator, away, line(away, ago=30))
    answer = send(operator, away, total(away, ago=35, days=20, hours=50))
    assert "count twice" in answer.json()["errors"]["text"][0]
    both = total(away, ago=20, days=5, hours=1) + total(away, ago=18, days=5, hours=1)
    assert "count twice" in send(operator, away, both).json()["errors"]["text"][0]
    assert used(away) == 2


@pytest.mark.parametrize(
    ("ago", "hours", "says"),
    [(50, 2, "outside of the allocation's window"), (-1, 2, "not ended yet"),
     (3, 33, "cannot have used")],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    operator: Caller, away: Allocation, ago: int, hours: int, says: str
) -> None:
    answer = send(operator, away, line(away, ago=ago, hours=hours))
    assert says in answer.json()["errors"]["text"][0]


def test_more_than_was_granted_is_booked_and_shown_as_over_use(
    operator: Caller, away: Allocation
) -> None:
    send(operator, away, total(away, ago=35, days=20, hours=75))
    assert used(away) == 75
    assert Balance.objects.get(allocation=away).available == -15 * HOUR


def test_a_connected_cluster_is_read_not_reported(operator: Caller, away: Allocation) -> None:
    Cluster.objects.update(connection="observe")
    answer = send(operator, away, line(away))
    assert answer.status_code == 409
    assert "is connected" in answer.json()["detail"]


def test_what_the_cluster_itself_told_earlier_is_not_overwritten(
    operator: Caller, away: Allocation
) -> None:
    send(operator, away, line(away, 1))
    UsageRecord.objects.update(source="slurm")
    answer = send(operator, away, line(away, 1, hours=4))
    assert "own accounting" in answer.json()["errors"]["text"][0]


def test_a_lead_reports_for_no_other_project(lead: Caller, away: Allocation) -> None:
    other = make.make_allocation(pool=away.pool)
    answer = send(lead, away, line(other))
    assert "no Slurm account of an allocation of yours" in answer.json()["errors"]["text"][0]
    assert not UsageRecord.objects.exists()


def test_a_member_and_a_stranger_report_nothing(
    member: Caller, stranger: Caller, away: Allocation
) -> None:
    assert send(member, away, line(away)).status_code == 403
    assert send(stranger, away, line(away)).status_code == 403
    assert not UsageRecord.objects.exists()


def test_to_a_stranger_a_report_is_not_there(
    operator: Caller, stranger: Caller, away: Allocation
) -> None:
    made = send(operator, away, line(away)).json()["id"]
    assert stranger.get(f"usage-reports/{made}").status_code == 404
    assert stranger.post(f"usage-reports/{made}/undo", {}).status_code == 404


def test_who_reported_takes_it_back_while_they_lead_the_project(
    lead: Caller, away: Allocation
) -> None:
    made = send(lead, away, line(away)).json()["id"]
    lead.user.memberships.update(role="member")
    assert lead.get(f"usage-reports/{made}/").status_code == 200
    assert lead.post(f"usage-reports/{made}/undo/", {}).status_code == 403
    lead.user.memberships.update(role="lead")
    assert lead.post(f"usage-reports/{made}/undo/", {}).status_code == 200
    assert used(away) == 0


def test_the_operator_takes_back_what_a_lead_reported(
    operator: Caller, lead: Caller, away: Allocation
) -> None:
    made = send(lead, away, line(away)).json()["id"]
    assert operator.post(f"usage-reports/{made}/undo/", {}).status_code == 200


def test_a_lead_who_sees_all_takes_back_only_what_they_reported(
    operator: Caller, lead: Caller, away: Allocation
) -> None:
    made = send(operator, away, line(away)).json()["id"]
    PortalRole.objects.create(user=lead.user, role=Role.COORDINATOR)
    assert lead.get(f"usage-reports/{made}/").status_code == 200
    assert lead.post(f"usage-reports/{made}/undo/", {}).status_code == 403
    assert used(away) == 2


def test_an_operator_finds_the_page_before_anything_was_granted(
    operator: Caller, cluster: Cluster
) -> None:
    Cluster.objects.update(connection="none")
    page = reverse("cluster-report", args=[cluster.slug])
    assert operator.as_browser.get(page).status_code == 200


def test_the_page_shows_before_it_books_and_takes_back(operator: Caller, away: Allocation) -> None:
    browser, url = operator.as_browser, reverse("cluster-report", args=[away.pool.cluster.slug])
    text = HEAD + line(away)
    looked = browser.post(url, {"text": text})
    assert looked.status_code == 200
    assert "1 row would be booked" in looked.content.decode()
    assert used(away) == 0
    assert browser.post(url, {"text": text, "sure": "on"}).status_code == 302
    assert used(away) == 2
    report = UsageReport.objects.get()
    assert browser.post(reverse("report-undo", args=[report.pk])).status_code == 302
    assert used(away) == 0
    assert "taken back" in browser.get(url).content.decode()


def test_a_file_can_be_sent_and_a_picture_is_told_so(operator: Caller, away: Allocation) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    browser, url = operator.as_browser, reverse("cluster-report", args=[away.pool.cluster.slug])
    file = SimpleUploadedFile("usage.csv", (HEAD + line(away)).encode())
    assert "1 row would be booked" in browser.post(url, {"table": file}).content.decode()
    picture = SimpleUploadedFile("x.png", b"\x89PNG\xff\xfe")
    answer = browser.post(url, {"table": picture})
    assert answer.status_code == 400
    assert "no text in UTF-8" in answer.content.decode()


def test_the_sum_of_any_corrections_is_the_last_amount(operator: Caller, away: Allocation) -> None:
    """Whatever was reported and taken back in between: books equal records."""

    @settings(deadline=None, max_examples=20)
    @given(st.lists(st.integers(1, 12), min_size=1, max_size=6))
    def holds(amounts: list[int]) -> None:
        for amount in amounts:
            send(operator, away, line(away, hours=amount))
        record = UsageRecord.objects.get()
        assert used(away) * HOUR == record.gpu_seconds == amounts[-1] * HOUR

    holds()


def test_a_lead_does_not_lower_what_the_operator_reported(
    operator: Caller, lead: Caller, away: Allocation
) -> None:
    send(operator, away, line(away, hours=2))
    answer = send(lead, away, line(away, hours="0.5"))
    assert answer.status_code == 400
    assert "only they or the cluster's operators" in answer.json()["errors"]["text"][0]
    assert used(away) == 2


def test_the_operator_corrects_what_a_lead_reported(
    operator: Caller, lead: Caller, away: Allocation
) -> None:
    send(lead, away, line(away, hours=1))
    assert send(operator, away, line(away, hours=3)).status_code == 201
    assert used(away) == 3


def test_who_operates_it_no_more_takes_nothing_back(operator: Caller, away: Allocation) -> None:
    made = send(operator, away, line(away)).json()["id"]
    away.pool.cluster.operators.all().delete()
    assert operator.post(f"usage-reports/{made}/undo", {}).status_code == 403
    assert used(away) == 2


def test_a_cluster_is_not_connected_while_reports_stand(
    operator: Caller, away: Allocation
) -> None:
    """Its accounting is read from the first allocation on: all of it would count twice."""
    made = send(operator, away, line(away)).json()["id"]
    address = f"clusters/{away.pool.cluster.slug}"
    answer = operator.patch(address, {"connection": "observe"})
    assert answer.status_code == 409
    assert "count it twice" in answer.json()["detail"]
    operator.post(f"usage-reports/{made}/undo", {})
    assert operator.patch(address, {"connection": "observe"}).status_code == 200


def test_use_of_the_last_days_can_be_reported_after_the_end(
    operator: Caller, away: Allocation
) -> None:
    """What is left lapses a month after the window, once all of it is reported."""
    send(operator, away, line(away, 1, ago=10))
    now = make.now()
    Allocation.objects.update(end=make.today() - timedelta(2))
    tend(now=now)
    assert Balance.objects.get().available == 58 * HOUR
    send(operator, away, line(away, 2, ago=4, hours=4))
    assert used(away) == 6
    tend(now=now + timedelta(31))
    assert Balance.objects.get().available == 0
    assert Allocation.objects.get().state == "expired"


def test_a_file_with_a_null_byte_is_told_so(operator: Caller, away: Allocation) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    url = reverse("cluster-report", args=[away.pool.cluster.slug])
    file = SimpleUploadedFile("usage.csv", (HEAD + line(away)).encode() + b"\0")
    answer = operator.as_browser.post(url, {"table": file, "sure": "on"})
    assert answer.status_code == 400
    assert used(away) == 0
