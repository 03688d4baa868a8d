"""How pages show large counts, compute, figures and the words of the vocabulary."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils.safestring import SafeString
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from registry.models import Figure
from registry.templatetags import registry as tags


def _figure(kind: str, value: Any = None, **more: Any) -> Figure:
    return Figure(kind=kind, value=None if value is None else Decimal(value), **more)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, "1\u00a0k"),
        (9_150_000_000, "9.15\u00a0B"),
        (4 * 10**12, "4\u00a0T"),
        (75 * 10**11, "7.5\u00a0T"),
        (350_000_000, "350\u00a0M"),
        (Decimal("1000000.000000"), "1\u00a0M"),
        (10**18, "1000000\u00a0T"),
    ],
)
def test_a_large_count_is_short(value: int | Decimal | None, shown: str) -> None:
    with override("en"):
        assert tags.short(value).replace(",", "") == shown


def test_a_german_reader_reads_a_comma() -> None:
    with override("de"):
        assert tags.short(9_150_000_000) == "9,15\u00a0B"


@pytest.mark.parametrize("value", [999_999, 999_995_000, 999_999_999_999])
def test_a_count_just_below_a_step_goes_up_to_it(value: int) -> None:
    with override("en"):
        assert tags.short(value).startswith("1\u00a0")


@given(st.integers(1, 10**18))
def test_a_short_count_is_never_longer_than_it_is_worth(value: int) -> None:
    with override("en"):
        shown = tags.short(value)
    assert "E" not in shown
    assert len(shown) <= 12


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (Decimal(0), "–"),
        (Decimal("2.16e23"), "2.16\u00a0×\u00a010<sup>23</sup>"),
        (Decimal(1), "1.00\u00a0×\u00a010<sup>0</sup>"),
        (Decimal("123456"), "1.23\u00a0×\u00a010<sup>5</sup>"),
    ],
)
def test_compute_is_a_power_of_ten(value: Decimal | None, shown: str) -> None:
    with override("en"):
        assert tags.flop(value) == shown


def test_compute_just_below_a_power_of_ten_goes_up_to_it() -> None:
    with override("en"):
        assert tags.flop(Decimal("9.999e22")) == "1.00\u00a0×\u00a010<sup>23</sup>"


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (None, "–"),
        (_figure("energy_kwh"), "–"),
        (_figure("energy_kwh", "1234.56"), '1,235<span class="unit">kWh</span>'),
        (_figure("energy_kwh", "12.345"), '12.34<span class="unit">kWh</span>'),
        (_figure("parameters", "9150000000"), "9.15\u00a0B"),
        (_figure("flop", "2.16e23"), "2.16\u00a0×\u00a010<sup>23</sup> FLOP"),
        (_figure("released_on", day=date(2026, 5, 1)), "1 May 2026"),
        (_figure("released_on"), "–"),
    ],
)
def test_a_figure_is_shown_with_its_unit(figure: Figure | None, shown: str) -> None:
    with override("en"):
        assert tags.figure_value(figure) == shown


@pytest.mark.parametrize("kind", ["energy_kwh", "flop"])
def test_markup_around_a_figure_is_ours(kind: str) -> None:
    assert isinstance(tags.figure_value(_figure(kind, "7")), SafeString)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ("German, French, xyz", "speech recognition", "public administration")),
        ("de", ("Deutsch, Französisch, xyz", "Spracherkennung", "öffentliche Verwaltung")),
    ],
)
def test_words_of_the_vocabulary_are_in_the_readers_language(
    language: str, shown: tuple[str, str, str]
) -> None:
    with override(language):
        found = (
            tags.language_words(["de", "fr", "xyz"]),
            tags.task_words(["speech-recognition"]),
            tags.domain_words(["administration"]),
        )
    assert found == shown


def test_a_word_that_is_none_of_the_vocabulary_stays_as_it_is() -> None:
    assert tags.task_words(["weaving"]) == "weaving"


def test_a_deeper_row_is_set_in_further() -> None:
    assert [tags.indent(1), tags.indent(2)] == ["in-1", "in-2"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0", "0"), ("0.036666", "0.037"), ("0.5", "0.5"), ("1.5", "1.50"), ("12", "12.00"),
     ("100.4", "100"), ("1230.4", "1,230"), ("0.0000123", "0.000012")],
)  # fmt: skip
def test_an_amount_has_the_places_that_are_of_use(value: str, shown: str) -> None:
    with override("en"):
        assert tags.amount(Decimal(value)) == shown
