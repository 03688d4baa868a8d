"""The ledger against a model of it: whatever is posted in whatever order, the sums agree."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from compute.models import Allocation, Balance
from compute.models import LedgerEntry as Entry
from compute.models.ledger import NotEnough, post
from tests import make

Account, Kind = Entry.Account, Entry.Kind
AMOUNTS = st.integers(1, 1000)


class Ledger(RuleBasedStateMachine):
    """Grants, reservations, use, returns and lapses of one allocation."""

    keys = Bundle("keys")
    allocation: Allocation

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.allocation = make.make_allocation(self.allocation.project, self.allocation.pool)
        self.model = {"available": 60 * 3600, "reserved": 0, "used": 0}
        self.rows = 1

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def move(
        self,
        kind: Entry.Kind,
        debit: Entry.Account,
        credit: Entry.Account,
        amount: int,
        **more: Any,
    ) -> str:
        """Post and do the same to the model; what does not fit must change nothing."""
        key = str(uuid.uuid4())
        fits = debit == "issued" or self.model[debit] >= amount or more.get("may_overdraw")
        try:
            with transaction.atomic():
                booked = self.post(kind, debit, credit, amount, key, **more)
        except NotEnough:
            assert not fits
            return key
        assert (booked, fits) == (True, True)
        self.rows += 1
        if debit != "issued":
            self.model[debit] -= amount
        if credit != "issued":
            self.model[credit] += amount
        return key

    def post(
        self,
        kind: Entry.Kind,
        debit: Entry.Account,
        credit: Entry.Account,
        n: int,
        key: str,
        **more: Any,
    ) -> bool:
        return post(
            allocation_id=self.allocation.pk, kind=kind, debit=debit, credit=credit,
            gpu_seconds=n, source_key=key, at=make.now(), **more,
        )  # fmt: skip

    @rule(target=keys, amount=AMOUNTS)
    def grant(self, amount: int) -> str:
        return self.move(Kind.GRANT, Account.ISSUED, Account.AVAILABLE, amount)

    @rule(target=keys, amount=st.integers(1, 100_000))
    def reserve(self, amount: int) -> str:
        return self.move(Kind.RESERVE, Account.AVAILABLE, Account.RESERVED, amount)

    @rule(target=keys, amount=AMOUNTS)
    def use(self, amount: int) -> str:
        return self.move(Kind.USE, Account.RESERVED, Account.USED, amount)

    @rule(target=keys, amount=AMOUNTS)
    def release(self, amount: int) -> str:
        return self.move(Kind.RELEASE, Account.RESERVED, Account.AVAILABLE, amount)

    @rule(target=keys, amount=st.integers(1, 300_000))
    def overdraw(self, amount: int) -> str:
        return self.move(Kind.USE, Account.AVAILABLE, Account.USED, amount, may_overdraw=True)

    @rule(target=keys, amount=st.integers(1, 100_000))
    def expire(self, amount: int) -> str:
        return self.move(Kind.EXPIRE, Account.AVAILABLE, Account.ISSUED, amount)

    @rule(target=keys, amount=st.integers(1, 100_000))
    def give_back(self, amount: int) -> str:
        """As a reduction and a transfer do."""
        return self.move(Kind.RETURN, Account.AVAILABLE, Account.ISSUED, amount)

    @rule(target=keys, amount=AMOUNTS)
    def correct(self, amount: int) -> str:
        return self.move(Kind.CORRECT, Account.USED, Account.AVAILABLE, amount)

    @rule(key=keys, amount=AMOUNTS)
    def repeat(self, key: str, amount: int) -> None:
        """The same source again, even with another amount, is booked no second time."""
        if Entry.objects.filter(source_key=key).exists():
            parts = (Kind.GRANT, Account.ISSUED, Account.AVAILABLE)
            assert self.post(*parts, amount, key) is False

    @rule(amount=st.integers(1, 1000))
    def overdraw_what_is_reserved(self, amount: int) -> None:
        """Not even with leave to overdraw does the reservation go below nothing."""
        n, key = self.model["reserved"] + amount, str(uuid.uuid4())
        with pytest.raises(IntegrityError), transaction.atomic():
            self.post(Kind.USE, Account.RESERVED, Account.USED, n, key, may_overdraw=True)

    @invariant()
    def balance_rows_and_model_agree(self) -> None:
        row = Balance.objects.filter(allocation=self.allocation)
        assert row.values("available", "reserved", "used").get() == self.model
        entries = list(Entry.objects.filter(allocation=self.allocation))
        sums = dict.fromkeys(Account.values, 0)
        for entry in entries:
            sums[entry.debit] -= entry.gpu_seconds
            sums[entry.credit] += entry.gpu_seconds
        assert sum(sums.values()) == 0
        assert {name: sums[name] for name in self.model} == self.model
        assert (len(entries), self.model["reserved"] >= 0) == (self.rows, True)


@pytest.mark.parametrize(
    "examples", [200, pytest.param(2000, marks=pytest.mark.long, id="2000 (long)")]
)
def test_balance_rows_and_model_agree_after_anything(db: None, examples: int) -> None:
    Ledger.allocation = make.make_allocation(pool=make.make_pool(gpu_hours=10**6))
    checks = list(HealthCheck)
    many = settings(
        max_examples=examples, stateful_step_count=50, deadline=None, suppress_health_check=checks
    )
    run_state_machine_as_test(Ledger, settings=many)


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_than_nothing_cannot_be_posted(db: None, amount: int) -> None:
    allocation = make.make_allocation()
    with pytest.raises(IntegrityError), transaction.atomic():
        post(
            allocation_id=allocation.pk,
            kind=Kind.GRANT,
            debit=Account.ISSUED,
            credit=Account.AVAILABLE,
            gpu_seconds=amount,
            source_key="x",
            at=make.now(),
        )
    assert allocation.balance.available == 60 * 3600
