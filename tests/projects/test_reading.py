"""Statements that PostgreSQL plans once: which they are, and that nothing else becomes one."""

from __future__ import annotations

import pytest
from django.db import connection

from compute.models import Allocation
from projects.models import Group
from projects.models.reading import planned_once
from tests import make
from tests.conftest import Caller

MANY = 8  # more than the calls after which a statement is prepared


def _prepared(table: str) -> list[str]:
    """The statements that this connection has prepared and that read the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [text for (text,) in cursor.fetchall() if f'FROM "{table}"' in text]


@pytest.fixture(autouse=True)
def _none_yet(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    connection.connection._prepared.clear()


def test_one_row_is_planned_once_whatever_its_key(auditor: Caller, allocation: Allocation) -> None:
    for _ in range(MANY):
        assert auditor.get(f"allocations/{allocation.pk}/").status_code == 200
        assert auditor.get(f"allocations/{make.key()}/").status_code == 404

    assert len(_prepared("compute_allocation")) == 1


def test_a_page_without_a_condition_is_planned_once(
    auditor: Caller, allocation: Allocation
) -> None:
    for _ in range(MANY):
        [row] = auditor.get("allocations/").json()["results"]

    assert row["id"] == str(allocation.pk)
    assert len(_prepared("compute_allocation")) == 1


def test_a_page_with_a_condition_is_planned_for_it(
    auditor: Caller, allocation: Allocation
) -> None:
    for _ in range(MANY):
        assert auditor.get("allocations/?state=revoked").json()["results"] == []

    assert _prepared("compute_allocation") == []


def test_what_comes_after_is_planned_as_ever(db: None) -> None:
    group = make.make_group()
    with planned_once():
        for _ in range(MANY):
            assert Group.objects.filter(slug=group.slug).exists()
    inside = _prepared("projects_group")

    for _ in range(MANY):
        assert Group.objects.filter(name=group.name).exists()

    assert len(inside) == 1
    assert _prepared("projects_group") == inside


def test_a_fault_inside_leaves_the_connection_as_it_was(db: None) -> None:
    usual = connection.connection.cursor_factory
    with pytest.raises(Group.DoesNotExist), planned_once():
        Group.objects.get(slug="nobody")

    assert connection.connection.cursor_factory is usual
