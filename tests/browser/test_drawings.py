"""What is drawn also stands beside it in figures, and they are the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from registry.actions.comparing import compare_model
from registry.models import Overlap
from tests import make
from tests.browser.conftest import Open
from tests.browser.visits import UNFOLD, Look, path_of
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WIDE = Look(1280, "light", "en")
# Parts of each bar in percent, and the figures of its own words and of those beside it.
METERS = r"""() => [...document.querySelectorAll('main svg.meter')]
    .filter((bar) => bar.checkVisibility())
    .map((bar) => [
        [...bar.querySelectorAll('rect')].map((part) => part.width.baseVal.value),
        (`${bar.ariaLabel} ${bar.closest('tr, li, .card-body').innerText}`
            .match(/\d[\d,]*(\.\d+)?/g) ?? []).map((text) => Number(text.replaceAll(',', ''))),
    ])"""
# The height of each month's column, and the row of the table that says the same.
CHARTS = r"""() => [...document.querySelectorAll('main svg.chart')].map((chart) => {
    const columns = new Map()
    for (const bar of chart.querySelectorAll('rect')) {
        const at = bar.x.baseVal.value
        columns.set(at, (columns.get(at) ?? 0) + bar.height.baseVal.value)
    }
    const table = chart.closest('.card-body').querySelector('details.chart-wide table')
    const heads = [...table.querySelectorAll('thead th')].map((head) => head.textContent)
    const rows = [...table.querySelectorAll('tbody tr')].map((row) => Object.fromEntries(
        [...row.children].map((cell, n) => [heads[n], Number(cell.textContent.replace(',', ''))])))
    const heights = [...columns.entries()].sort(([a], [b]) => a - b).map(([, height]) => height)
    return [heights, rows]
})"""
# The width of each bar of a waterfall, and the points of its row.
WATERFALL = """() => [...document.querySelectorAll('main .waterfall tbody tr')].map((row) => [
    row.querySelector('rect').width.baseVal.value,
    Math.abs(Number(row.querySelector('.num').innerText.replace('−', '-'))),
])"""
STRIPS = """() => [...document.querySelectorAll('main svg.strip')]
    .map((strip) => [strip.getAttribute('aria-label'), strip.parentElement.innerText])"""


def _seen(world: World, open_as: Open, path: str, look: str) -> list[Any]:
    page = open_as(world.people["lead"], **WIDE.options).new_page()
    page.goto(path)
    page.evaluate(UNFOLD)
    found: list[Any] = page.evaluate(look)
    assert found, f"nothing is drawn on {path}"
    return found


def _is_share(percent: float, figures: list[float]) -> bool:
    """Whether one of the figures is this share of another one, as far as both are rounded."""
    wholes = [whole for whole in figures if whole > 0]
    return any(abs(part / whole - percent / 100) < 0.005 for part in figures for whole in wholes)


def test_the_parts_of_every_bar_stand_beside_it(world: World, open_as: Open) -> None:
    make.make_job(world.allocation, gpus=4, minutes=7 * 60)
    for name in ("overview", "allocation", "job", "clusters", "capacity"):
        for parts, figures in _seen(world, open_as, path_of(world, name), METERS):
            for percent in parts:
                assert _is_share(percent, figures), (name, percent, figures)


@pytest.mark.parametrize("name", ["cluster", "capacity-pool", "request"])
def test_every_column_is_as_high_as_its_row_says(world: World, open_as: Open, name: str) -> None:
    for heights, rows in _seen(world, open_as, path_of(world, name), CHARTS):
        amounts = [row["granted"] + row.get("this request", 0) for row in rows]
        drawn = [amount for amount in amounts if amount]
        assert len(heights) == len(drawn) > 0
        scale = max(heights) / max(drawn)
        assert heights == pytest.approx([amount * scale for amount in drawn], abs=2.1)


def test_every_bar_of_a_waterfall_is_as_wide_as_its_points(world: World, open_as: Open) -> None:
    facts: Any = {"languages": ["de", "en"], "tasks": ["translation"], "modality_out": ["text"],
                  "visibility": "public", "parameters": 7 * 10**9}  # fmt: skip
    ours = make.make_model(world.project, **facts)
    make.make_model(**{**facts, "parameters": 9 * 10**9})
    compare_model(model=ours, now=make.now())
    pair = Overlap.objects.filter(a__parameters__gt=0, b__parameters__gt=0).get()
    path = reverse("overlap", args=[pair.pk])
    bars = _seen(world, open_as, path, WATERFALL)
    widest = max(points for _width, points in bars)
    assert len(bars) > 2
    for width, points in bars:
        assert width == pytest.approx(100 * points / widest, abs=4)


def test_what_a_strip_shows_is_said_below_it(world: World, open_as: Open) -> None:
    for label, said in _seen(world, open_as, path_of(world, "cluster"), STRIPS):
        assert "answered" in label
        assert label in said
