"""The arithmetic of the AI Act's thresholds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.ai_act import Compute, assess, training_compute

COUNTS = st.integers(1, 10**18)


@given(parameters=COUNTS, tokens=COUNTS)
def test_the_estimate_is_six_n_d_exactly(parameters: int, tokens: int) -> None:
    compute = training_compute(None, parameters, None, tokens)

    assert compute.flop == Decimal(6 * parameters * tokens) or (
        # Decimal keeps 28 digits; the rest is far below what a threshold asks.
        compute.flop is not None
        and abs(compute.flop / (6 * parameters * tokens) - 1) < Decimal("1e-20")
    )
    assert compute.is_estimate


@pytest.mark.parametrize(
    ("flop", "parameters", "active", "tokens", "wanted", "is_estimate"),
    [
        (None, 70, 7, 10, 420, True),  # of a mixture those that work
        (None, None, 7, 10, 420, True),
        (None, 7, None, 10, 420, True),
        (None, 7, None, None, None, False),
        (None, None, None, 10, None, False),
        (99, 7, None, 10, 99, False),
        (99, None, None, None, 99, False),
        (0, 7, None, 10, 0, False),
    ],
)
def test_a_figure_counts_and_else_the_estimate(
    flop: int | None,
    parameters: int | None,
    active: int | None,
    tokens: int | None,
    wanted: int | None,
    is_estimate: bool,
) -> None:
    given_flop = None if flop is None else Decimal(flop)

    compute = training_compute(given_flop, parameters, active, tokens)

    assert (compute.flop, compute.is_estimate) == (wanted, is_estimate)


def _act(flop: str | None, words: list[str], above: list[str] | None = None) -> tuple[object, ...]:
    own = Compute(Decimal(flop) if flop else None)
    found = assess(own, words, above=map(Decimal, above or []))
    return found.indicates_general_purpose, found.presumes_systemic_risk


@pytest.mark.parametrize(
    ("flop", "words", "wanted"),
    [
        ("1e22", ["text"], (False, False)),
        ("1e23", ["text"], (False, False)),
        ("2e23", ["text"], (True, False)),
        ("2e23", ["code"], (True, False)),
        ("2e23", ["image"], (True, False)),
        ("2e23", ["video"], (True, False)),
        ("2e23", ["speech", "text"], (True, False)),
        ("2e23", ["tabular"], (False, False)),
        ("1e25", ["text"], (True, False)),
        ("2e25", ["text"], (True, True)),
        ("2e25", ["embedding"], (False, False)),
        ("2e25", [], (None, None)),  # nobody said what it produces
        (None, ["text"], (None, None)),
        (None, ["tabular"], (False, False)),
    ],
)
def test_thresholds_are_crossed_beyond_them_by_what_generates(
    flop: str | None, words: list[str], wanted: tuple[object, ...]
) -> None:
    assert _act(flop, words) == wanted


def test_what_came_before_counts_with_it() -> None:
    assert _act("1e22", ["text"], ["5e22", "5e22"]) == (True, False)


def _modified(own: str | None, base: str | None, *, third: bool = True) -> tuple[object, ...]:
    found = assess(
        Compute(Decimal(own) if own else None),
        ["text"],
        base_name="base",
        base=Decimal(base) if base else None,
        is_third_party=third,
    )
    return found.modifier_threshold, found.makes_modifier_a_provider


@pytest.mark.parametrize(
    ("own", "base", "threshold", "is_provider"),
    [
        ("1e22", "3e22", "1e22", False),  # a third exactly is not more than a third
        ("1.01e22", "3e22", "1e22", True),
        ("1e24", "3e26", "1e26", False),
        ("4e22", None, "3.333333333333333333333333333E+22", True),
        ("3e22", None, "3.333333333333333333333333333E+22", False),
        (None, "3e22", "1e22", None),
    ],
)
def test_a_third_of_the_original_compute_makes_a_provider(
    own: str | None, base: str | None, threshold: str, is_provider: bool | None
) -> None:
    assert _modified(own, base) == (Decimal(threshold), is_provider)


def test_who_modifies_their_own_becomes_no_other_provider() -> None:
    assert _modified("1e24", "3e22", third=False) == (None, None)


def test_what_is_made_from_scratch_modifies_nothing() -> None:
    found = assess(Compute(Decimal(1)), ["text"], is_third_party=True)

    assert (found.modifies, found.modifier_threshold) == ("", None)


@pytest.mark.parametrize(
    ("flop", "wanted"),
    [("1e22", (None, None)), ("2e23", (True, None)), ("2e25", (True, True))],
)
def test_what_is_below_with_some_ancestors_alone_cannot_be_told(
    flop: str, wanted: tuple[object, ...]
) -> None:
    found = assess(Compute(Decimal(flop)), ["text"], is_partial=True)
    assert (found.indicates_general_purpose, found.presumes_systemic_risk) == wanted
