"""Parameters × tokens → GPU-hours: the arithmetic, where its rates come from, and its page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from cesai.catalogue import reading
from compute.models import Job, Pool
from compute.models.measured_rates import measured_rates
from compute.planner import (
    PEAK_H100,
    REPORTED,
    Rate,
    calibrated,
    estimate,
    far_off,
    training_flop,
)
from projects.models import Project
from registry.models import Model
from tests import make
from tests.conftest import Caller

FLOP = training_flop(parameters=9 * 10**9, tokens=4 * 10**12)
EVEN = Rate(100e12, 200e12)


def test_six_times_parameters_times_tokens() -> None:
    assert pytest.approx(2.16e23) == FLOP


def test_hours_are_flop_over_the_rate() -> None:
    found = estimate(FLOP, EVEN, weight=1, gpus=100, watts=700)
    assert found.hours_low == pytest.approx(300_000)
    assert found.hours_high == pytest.approx(600_000)
    assert found.days_low == pytest.approx(125)
    assert found.days_high == pytest.approx(250)
    assert found.kwh_low == pytest.approx(210_000)


def test_a_gpu_of_half_the_weight_takes_twice_the_hours() -> None:
    whole = estimate(FLOP, EVEN, weight=1, gpus=8)
    half = estimate(FLOP, EVEN, weight=0.5, gpus=8)
    assert half.hours_low == pytest.approx(2 * whole.hours_low)
    assert half.kwh_low is None


def test_the_reported_range_is_that_of_the_shipped_catalogue() -> None:
    """Nobody has to believe two numbers: the models and their hours are in the product."""
    rows = json.loads((reading.HERE / "models.json").read_text())
    achieved = [
        training_flop(parameters=row["parameters"], tokens=row["training_tokens"])
        / (row["gpu_hours"] * 3600)
        for row in rows
        if row.get("gpu_type") == "H100" and row.get("gpu_hours") and row.get("training_tokens")
    ]
    assert len(achieved) == 4
    assert min(achieved) == pytest.approx(REPORTED.low, rel=0.02)
    assert max(achieved) == pytest.approx(REPORTED.high, rel=0.02)
    assert max(achieved) < PEAK_H100


def test_few_measured_runs_change_nothing() -> None:
    assert calibrated([1e12, 2e12]) == REPORTED


def test_measured_runs_take_the_place_of_reported_ones_without_the_outliers() -> None:
    rates = [1e12, *[150e12] * 9, *[200e12] * 9, 900e12]
    assert calibrated(rates) == Rate(150e12, 200e12, 20)


@pytest.mark.parametrize(
    ("asked", "words"), [(149_000, "less"), (151_000, ""), (1_199_000, ""), (1_201_000, "more")]
)
def test_beyond_twice_the_range_it_is_said(asked: float, words: str) -> None:
    assert far_off(asked, estimate(FLOP, EVEN, weight=1, gpus=8)) == words


@pytest.fixture
def trained(project: Project, pool: Pool) -> Model:
    """A released model whose one job used a thousand GPU-hours of H100."""
    Pool.objects.update(h100_weight=1)
    model = make.make_model(project, parameters=10**9, tokens=10**11)
    version = make.make_version(model)
    job = make.make_job(make.make_allocation(project, pool))
    Job.objects.filter(pk=job.pk).update(
        version=version, settled_at=make.now(), used_gpu_seconds=3_600_000
    )
    Model.objects.filter(pk=model.pk).update(state="released")
    return model


def test_a_measured_run_is_flop_over_weighted_seconds(lead: Caller, trained: Model) -> None:
    assert measured_rates(lead.user) == [pytest.approx(6e20 / 3.6e6)]


def test_what_one_may_not_see_calibrates_nothing(stranger: Caller, trained: Model) -> None:
    assert measured_rates(stranger.user) == []


def test_the_page_shows_a_range_for_each_pool(lead: Caller, pool: Pool) -> None:
    Pool.objects.update(h100_weight=1)
    page = lead.as_browser.get(reverse("planner") + "?parameters=9B&tokens=4T&gpus=64")
    text = page.content.decode()
    assert page.status_code == 200
    assert "240,000 – 680,000" in text
    assert "2.16 × 10²³ FLOP" in text
    assert "four public models" in text


def test_a_models_own_facts_are_filled_in(lead: Caller, project: Project, pool: Pool) -> None:
    Pool.objects.update(h100_weight=1)
    model = make.make_model(project, parameters=9 * 10**9, tokens=4 * 10**12)
    text = lead.as_browser.get(f"{reverse('planner')}?model={model.pk}").content.decode()
    assert model.name in text
    assert "240,000 – 680,000" in text


def test_nonsense_is_told_and_nothing_is_reckoned(lead: Caller, pool: Pool) -> None:
    answer = lead.as_browser.get(reverse("planner") + "?parameters=many&tokens=")
    assert answer.status_code == 200
    assert "Write a number such as 9B" in answer.content.decode()


def test_a_strangers_model_is_not_there(stranger: Caller, project: Project) -> None:
    model = make.make_model(project)
    answer = stranger.as_browser.get(f"{reverse('planner')}?model={model.pk}")
    assert answer.status_code == 404


def test_beside_a_request_the_estimate_says_when_it_is_far_off(
    quota_admin: Caller, project: Project, pool: Pool
) -> None:
    Pool.objects.update(h100_weight=1)
    model = make.make_model(project, parameters=9 * 10**9, tokens=4 * 10**12)
    why: dict[str, Any] = {"why_not_reasons": ["method"], "why_not_text": "because"}
    request = make.make_request(project, pool, model=model, purpose="training", **why)
    text = quota_admin.as_browser.get(reverse("request", args=[request.pk])).content.decode()
    assert "240,000 – 680,000" in text
    assert "less than half of it" in text
