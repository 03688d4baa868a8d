"""Thousands of generated calls of the whole API by two tenants: no fault, nothing undescribed.

Each answer is judged: by the API's own description, and by what a tenant may know of the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from secrets import randbelow
from typing import Any

import pytest
from django.db import transaction

from tests.fuzz.description import described
from tests.fuzz.portal import Portal
from tests.fuzz.session import Session
from tests.fuzz.unreached import UNREACHED

SEED = 20261130


@pytest.fixture
def portal(db: None) -> Iterator[Portal]:
    with Portal() as portal:
        yield portal


@pytest.fixture
def schema(portal: Portal) -> Any:
    return described(portal)


def _round(schema: Any, portal: Portal, seed: int, *, calls: int, examples: int = 1) -> Session:
    """So many calls in a new world, which is forgotten at their end."""
    with transaction.atomic():
        session, before = Session(schema, portal, seed), portal.calls
        session.each_operation(examples)
        session.walks(until=before + calls)
        transaction.set_rollback(True)
    return session


def test_two_thousand_calls_of_two_tenants_find_nothing(schema: Any, portal: Portal) -> None:
    print(f"seed {SEED}")

    session = _round(schema, portal, SEED, calls=2_000)

    print(session.summary)
    assert not session.judge.found, session.judge.report
    assert portal.calls >= 2_000
    assert session.judge.compared >= 50
    assert sorted(session.unreached) == sorted(UNREACHED)


@pytest.mark.long
def test_fifty_thousand_calls_of_two_tenants_find_nothing(schema: Any, portal: Portal) -> None:
    seed = int(os.environ.get("CESAI_FUZZ_SEED") or randbelow(2**32))
    reports: list[str] = []

    while portal.calls < 50_000:
        session = _round(schema, portal, seed, calls=5_000, examples=3)
        print(f"seed {seed}: {session.summary}\n{session.judge.report}")
        reports += [session.judge.report] if session.judge.found else []
        assert session.unreached <= set(UNREACHED)
        seed += 1

    assert not reports, "\n".join(reports)
    assert portal.calls >= 50_000
