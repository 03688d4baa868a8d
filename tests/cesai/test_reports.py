"""Reports for funders: what counts, for whom, up to when, and in which form."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from compute.models import Allocation, Balance, LedgerEntry, Pool, UsageRecord
from compute.models.ledger import post
from compute.models.monthly import roll_up
from compute.quota import month_of
from projects.actions.initiatives import Share
from projects.models import Project
from registry.actions.states import move_model
from registry.models import Case, CaseParty, Model, ModelMove
from tests import make
from tests.conftest import Caller

HOUR = 3600


def use(
    allocation: Allocation, gpu_hours: int, *, days_ago: int = 0, known: datetime | None = None
) -> UsageRecord:
    """One job that ended so many days ago, kept and booked when it was known."""
    at = known or make.now()
    end = int((timezone.now() - timedelta(days_ago)).timestamp())
    number = UsageRecord.objects.count() + 1
    post(
        allocation_id=allocation.pk,
        kind=LedgerEntry.Kind.USE,
        debit=LedgerEntry.Account.AVAILABLE,
        credit=LedgerEntry.Account.USED,
        gpu_seconds=gpu_hours * HOUR,
        source_key=f"test:{number}",
        at=at,
    )
    record = UsageRecord.objects.create(
        cluster=allocation.pool.cluster, slurm_job_id=number, submit_time=1, allocation=allocation,
        unix_user="p1", state="COMPLETED", start_time=end - 60, end_time=end, elapsed=60, gpus=1,
        gpu_seconds=gpu_hours * HOUR, observed_at=at,
    )  # fmt: skip
    roll_up()
    return record


def granted_before(project: Project, days: int) -> Allocation:
    """Sixty GPU-hours granted so many days ago, over twice as many days."""
    at = make.now() - timedelta(days)
    start = make.today() - timedelta(days)
    allocation = Allocation.objects.create(
        project=project, pool=make.make_pool(), start=start, end=start + timedelta(2 * days),
        gpu_seconds=60 * HOUR, slurm_account="cesai-old", unix_user="cesai-old", created_at=at,
    )  # fmt: skip
    Balance.objects.create(allocation=allocation)
    post(
        allocation_id=allocation.pk,
        kind=LedgerEntry.Kind.GRANT,
        debit=LedgerEntry.Account.ISSUED,
        credit=LedgerEntry.Account.AVAILABLE,
        gpu_seconds=60 * HOUR,
        source_key="test:grant",
        at=at,
    )
    return allocation


def report(caller: Caller, **query: Any) -> Any:
    return caller.as_browser.get(reverse("reports"), query).context["report"]


def rows(caller: Caller, **query: Any) -> list[dict[str, str]]:
    answer = caller.as_browser.get(reverse("report-csv"), query)
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def allocation(project: Project) -> Allocation:
    """Sixty GPU-hours over thirty days from today on."""
    return make.make_allocation(project)


def test_what_was_used_is_added_up_by_project(lead: Caller, allocation: Allocation) -> None:
    use(allocation, 3)
    use(allocation, 4)
    found = report(lead)
    assert (found.total.used, found.total.jobs) == (7 * HOUR, 2)
    [(project, sums)] = found.projects
    assert (project, sums.used, sums.left) == (allocation.project, 7 * HOUR, 53 * HOUR)


def test_a_stranger_reports_nothing_of_it(stranger: Caller, allocation: Allocation) -> None:
    use(allocation, 3)
    make.make_model(allocation.project)
    found = report(stranger)
    assert (found.lines, found.total.used, found.models) == ([], 0, [])
    assert found.decisions == {"awarded": 0, "denied": 0, "asked": 0, "given": 0}
    assert rows(stranger) == []


def test_hours_that_a_case_avoided_count_for_whom_it_concerns(
    lead: Caller, stranger: Caller, coordinator: Caller, project: Project
) -> None:
    now, model = make.now(), make.make_model(project)
    case = Case.objects.create(
        opened_at=now, due_at=now, holds_until=now, state="decided", decided_at=now,
        outcome="merge", avoided_low=5 * HOUR, avoided_high=8 * HOUR,
    )  # fmt: skip
    party = CaseParty.objects.create(
        case=case, model=model, group=model.group, invited_at=now, confirms_avoided=True
    )
    found = {"cases": 1, "low": 5 * HOUR, "high": 8 * HOUR}
    assert report(lead).avoided == report(coordinator).avoided == found
    assert report(lead, project=project.slug).avoided == found
    assert report(stranger).avoided == {"cases": 0, "low": 0, "high": 0}
    CaseParty.objects.filter(pk=party.pk).update(confirms_avoided=False)
    assert report(coordinator).avoided == {"cases": 0, "low": 0, "high": 0}


def test_what_is_granted_counts_by_the_days_of_the_period(
    lead: Caller, allocation: Allocation
) -> None:
    Allocation.objects.update(start=date(2027, 1, 22), end=date(2027, 2, 21))
    shares = [
        report(lead, first=month, last=month).total.share for month in ("2027-01", "2027-02")
    ]
    assert shares == [20 * HOUR, 40 * HOUR]
    assert report(lead, first="2027-03", last="2027-03").lines == []


def test_what_became_known_after_the_cut_off_does_not_count(
    lead: Caller, project: Project
) -> None:
    allocation = granted_before(project, days=10)
    use(allocation, 3, days_ago=9, known=make.now() - timedelta(8))
    use(allocation, 4, days_ago=9)
    period = {"first": f"{allocation.start:%Y-%m}"}
    assert report(lead, **period).total.used == 7 * HOUR
    cut = report(lead, **period, cut_off=make.today() - timedelta(2))
    assert cut.total.used == 3 * HOUR
    [line] = cut.lines
    assert (line.used_ever, line.granted, line.jobs) == (3 * HOUR, 60 * HOUR, 1)
    assert report(lead, **period, cut_off=make.today() - timedelta(11)).lines == []


def test_a_cut_off_of_yesterday_says_the_same_as_what_is_rolled_up(
    lead: Caller, project: Project
) -> None:
    """Two ways to the same figures: use by month as kept, and worked out from all records."""
    allocation = granted_before(project, days=190)
    for n in range(6):
        record = use(allocation, n + 1, days_ago=25 * n + 3, known=make.now() - timedelta(2))
        start = make.now() - timedelta(25 * n + 9)
        UsageRecord.objects.filter(pk=record.pk).update(start_time=int(start.timestamp()))
    Balance.objects.update(rolled_up=-1)
    roll_up()
    period = {"first": f"{allocation.start:%Y-%m}"}
    kept = report(lead, **period)
    worked_out = report(lead, **period, cut_off=make.today() - timedelta(1))
    assert worked_out.known_until is not None
    assert kept.lines[0].used == worked_out.lines[0].used
    assert kept.total == worked_out.total


def test_a_cut_off_to_come_is_none(lead: Caller, allocation: Allocation) -> None:
    found = report(lead, cut_off=make.today() + timedelta(3))
    assert found.known_until is None
    assert found.lines


def test_it_is_narrowed_to_partner_project_initiative_and_cluster(
    coordinator: Caller, allocation: Allocation
) -> None:
    other = make.make_allocation()
    initiative = make.make_initiative()
    project = allocation.project
    Project.objects.filter(pk=project.pk).update(
        initiative=make.make_initiative(parent=initiative)
    )
    assert len(report(coordinator).lines) == 2
    scopes = {
        "project": project.slug,
        "partner": project.lead_group.partner.slug,
        "initiative": initiative.slug,
        "cluster": allocation.pool.cluster.slug,
    }
    for name, value in scopes.items():
        found = report(coordinator, **{name: value}).lines
        assert [line.allocation.pk for line in found] == [allocation.pk], name
    assert other.pk not in {line.allocation.pk for line in found}


def test_what_funders_paid_for_is_split_by_their_shares(
    lead: Caller, allocation: Allocation
) -> None:
    initiative = make.make_initiative(
        funding=[Share("EU", Decimal(60)), Share("NRW", Decimal(25))]
    )
    Project.objects.update(initiative=initiative)
    use(allocation, 10)
    assert report(lead).funders == [
        ("EU", 6 * HOUR),
        ("NRW", int(2.5 * HOUR)),
        ("", int(1.5 * HOUR)),
    ]


def test_energy_and_equivalents_are_of_what_is_known(lead: Caller, allocation: Allocation) -> None:
    use(allocation, 10)
    assert report(lead).total.without_energy == 1
    Pool.objects.update(gpu_watts=700, h100_weight=Decimal("0.5"))
    total = report(lead).total
    assert (total.energy_wh, total.h100, total.without_energy) == (7000, 5 * HOUR, 0)


def test_models_are_counted_in_the_state_they_had(lead: Caller, project: Project) -> None:
    model = make.make_model(project)
    first = f"{make.today():%Y-%m}"
    assert [(n, state) for _l, n, state in report(lead, first=first, last=first).models] == [
        (1, "planned")
    ]
    model.move_to("training", now=make.now())
    assert [(n, state) for _l, n, state in report(lead).models] == [(1, "training")]
    before = f"{month_of(make.today()) - timedelta(1):%Y-%m}"
    assert report(lead, first=before, last=before).models == []


def test_decisions_of_the_period_are_counted(lead: Caller, allocation: Allocation) -> None:
    found = report(lead).decisions
    assert found == {"awarded": 1, "denied": 0, "asked": 60 * HOUR, "given": 60 * HOUR}


@pytest.mark.parametrize(
    "query", [{"first": "2027-05", "last": "2027-01"}, {"first": "2001-01"}, {"cut_off": "soon"}]
)
def test_a_period_that_cannot_be_is_told_and_what_was_typed_stays(
    lead: Caller, query: dict[str, str]
) -> None:
    answer = lead.as_browser.get(reverse("reports"), query)
    assert answer.status_code == 400
    for value in query.values():
        assert f'value="{value}"' in answer.content.decode()
    assert lead.as_browser.get(reverse("report-csv"), query).status_code == 404


def test_the_table_has_a_row_for_each_allocation(lead: Caller, allocation: Allocation) -> None:
    use(allocation, 3)
    [row] = rows(lead)
    assert row["allocation"] == str(allocation.pk)
    assert (row["used_gpu_hours"], row["left_gpu_hours"], row["jobs"]) == ("3", "57", "1")


def test_no_cell_is_a_formula(lead: Caller, allocation: Allocation) -> None:
    Project.objects.update(title="=1+1")
    [row] = rows(lead)
    assert row["title"] == "'=1+1"
    book = load_workbook(io.BytesIO(lead.as_browser.get(reverse("report-xlsx")).content))
    cells = {c.value for sheet in book.worksheets for r in sheet for c in r}
    assert "'=1+1" in cells
    assert not {c.data_type for s in book.worksheets for r in s for c in r} & {"f"}


def test_the_workbook_holds_the_figures_and_what_they_mean(
    lead: Caller, allocation: Allocation
) -> None:
    use(allocation, 3)
    book = load_workbook(io.BytesIO(lead.as_browser.get(reverse("report-xlsx")).content))
    head, row = book["Allocations"].iter_rows(values_only=True)
    assert row[head.index("used_gpu_hours")] == 3
    assert book["Projects"].cell(2, 3).value == 3
    assert "Cut-off" in {cell.value for cell in book["Definitions"]["A"]}


def test_a_silent_cluster_is_named(lead: Caller, allocation: Allocation) -> None:
    health = allocation.pool.cluster.health
    health.__class__.objects.update(answered_at=make.now() - timedelta(1))
    assert report(lead).behind == [allocation.pool.cluster]
    page = lead.as_browser.get(reverse("reports")).content.decode()
    assert "silent since" in page


def test_many_allocations_take_as_many_queries_as_few(
    lead: Caller, allocation: Allocation, django_assert_max_num_queries: Any
) -> None:
    for _n in range(4):
        make.make_allocation(allocation.project, allocation.pool, gpu_hours=1)
    with django_assert_max_num_queries(45):
        assert len(report(lead).lines) == 5


def test_a_long_report_shows_those_that_used_most_and_all_when_asked(
    coordinator: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cesai.pages.reports.SHOWN", 2)
    for number in range(3):
        project = make.make_project(slug=f"p{number}", title=f"Effort {number}")
        make.make_allocation(project)
    page = coordinator.as_browser.get(reverse("reports")).content.decode()
    assert page.count("<b>Effort") == 2
    assert "The 2 that used most of 3." in page
    whole = coordinator.as_browser.get(reverse("reports") + "?all").content.decode()
    assert whole.count("<b>Effort") == 3


def test_a_model_counts_as_what_it_was_when_the_period_ended(
    coordinator: Caller, project: Project
) -> None:
    model = make.make_model(project)
    Model.objects.filter(pk=model.pk).update(created_at=datetime(2026, 1, 10, tzinfo=UTC))
    move_model(by=coordinator.user, model=model, state="training", now=make.now())
    ModelMove.objects.filter(model=model).update(at=datetime(2026, 3, 10, tzinfo=UTC))
    for first, last, state in (
        ("2026-01", "2026-02", "planned"),
        ("2026-01", "2026-03", "training"),
    ):
        query = {"first": first, "last": last}
        report = coordinator.as_browser.get(reverse("reports"), query).context["report"]
        assert [row[2] for row in report.models] == [state]
