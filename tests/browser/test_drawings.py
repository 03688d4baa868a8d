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
# What each series draws, and what people read in its column of the table.
CHARTS = r"""() => [...document.querySelectorAll('figure[data-drawn]')].flatMap((figure) => {
    const chart = echarts.getInstanceByDom(figure.querySelector('.chart-place'))
    const heads = [...figure.querySelectorAll('thead th')]
    const rows = [...figure.querySelectorAll('tbody tr')]
    return chart.getOption().series.map((series) => {
        const column = heads.findIndex((head) => head.dataset.series
            && (head.dataset.name ?? head.textContent.trim()) === series.name)
        return [series.name, series.data.map((one) => one.value), rows.map((row) => {
            const cell = row.cells[column]
            const text = (cell.dataset.said ?? cell.textContent).trim()
            return text === '–' ? null : Number(text.replaceAll(',', ''))
        })]
    })
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
    for name in ("overview", "allocation", "job", "clusters"):
        for parts, figures in _seen(world, open_as, path_of(world, name), METERS):
            for percent in parts:
                assert _is_share(percent, figures), (name, percent, figures)


@pytest.mark.parametrize("name", ["cluster", "capacity-pool", "capacity", "request", "allocation"])
def test_every_chart_draws_what_its_table_says(world: World, open_as: Open, name: str) -> None:
    page = open_as(world.people["lead"], **WIDE.options).new_page()
    page.goto(path_of(world, name))
    page.locator("figure[data-drawn]").first.wait_for()
    found = page.evaluate(CHARTS)
    assert len(found) > 1
    for series, drawn, said in found:
        assert len(drawn) == len(said) > 0, series
        for height, figure in zip(drawn, said, strict=True):
            assert height == pytest.approx(figure, abs=0.006) if figure is not None else not height


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
