"""The ledger: what its rows tell, that they add up, and that nobody changes them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from compute.models import Allocation, LedgerEntry
from tests import make
from tests.conftest import Caller

TABLES = ["compute_ledgerentry", "compute_awardline", "projects_event"]


def test_every_number_of_a_balance_opens_into_rows(lead: Caller, allocation: Allocation) -> None:
    job = make.make_job(allocation, minutes=60)
    rows = lead.get(f"ledger/?allocation={allocation.pk}").json()["results"]
    assert [(row["kind"], row["gpu_hours"]) for row in rows] == [("reserve", "1"), ("grant", "60")]
    assert rows[0]["job"] == str(job.pk)


def test_the_rows_of_one_job_are_filtered(lead: Caller, allocation: Allocation) -> None:
    make.make_job(allocation)
    job = make.make_job(allocation)
    rows = lead.get(f"ledger/?job={job.pk}").json()["results"]
    assert [row["job"] for row in rows] == [str(job.pk)]


def test_a_row_is_found_by_its_public_id_only(lead: Caller, allocation: Allocation) -> None:
    row = LedgerEntry.objects.get()
    assert lead.get(f"ledger/{row.id}/").status_code == 200
    assert lead.get(f"ledger/{row.sequence}/").status_code == 404
    assert "sequence" not in lead.get(f"ledger/{row.id}/").json()


def test_a_stranger_finds_no_row(stranger: Caller, allocation: Allocation) -> None:
    row = LedgerEntry.objects.get()
    assert stranger.get(f"ledger/{row.id}/").status_code == 404
    assert stranger.get(f"ledger/?allocation={allocation.pk}").json()["results"] == []


def test_a_filter_that_cannot_be_is_refused(lead: Caller, allocation: Allocation) -> None:
    for query in ("allocation=x", "kind=%00", "kind=theft"):
        assert lead.get(f"ledger/?{query}").status_code == 400


def test_the_api_has_no_way_to_write_a_row(portal_admin: Caller, allocation: Allocation) -> None:
    row = LedgerEntry.objects.get()
    for method in (portal_admin.put, portal_admin.patch, portal_admin.delete):
        assert method(f"ledger/{row.id}/", {}).status_code == 405
    assert portal_admin.post("ledger/", {}).status_code == 405


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("deed", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_even_the_owner_of_the_tables_changes_no_row(
    allocation: Allocation, table: str, deed: str
) -> None:
    with (
        pytest.raises(DatabaseError, match=r"append.only|refused|never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed.format(table))


@pytest.fixture
def as_application(db: None) -> Iterator[psycopg.Connection]:
    """The role that the portal runs as, on the database of this test run."""
    here = connection.get_connection_params()
    with psycopg.connect(host=here["host"], dbname=here["dbname"], user="cesai_app") as opened:
        yield opened


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "deed", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_the_portals_role_has_no_right_to_change_a_row(
    as_application: psycopg.Connection, table: str, deed: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(deed.format(table).encode())


def test_the_portals_role_cannot_switch_the_trigger_off(
    as_application: psycopg.Connection,
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute("ALTER TABLE compute_ledgerentry DISABLE TRIGGER ALL")


def test_the_tests_run_as_the_owner_so_that_the_trigger_is_what_refuses(db: None) -> None:
    assert connection.settings_dict["USER"] == "cesai_owner"
