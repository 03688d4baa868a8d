"""Fitting and judging: measures by hand, folds that do not leak, weights that can be made anew."""

from __future__ import annotations

import math
from functools import cache
from itertools import groupby

import pytest

from dev.overlap.evaluate import (
    BASELINES,
    Figures,
    Scores,
    cross_validated,
    figures,
    mean,
    with_hidden_edges,
)
from dev.overlap.fit import Judged, fit, fitted
from dev.overlap.german import german_efforts
from dev.overlap.judged import judged_pairs, judged_reasons, public_efforts
from dev.overlap.measures import (
    average_precision,
    calibration_error,
    count_in_first,
    ndcg_at,
    precision_at,
)
from registry.overlap import WEIGHTS, Effort
from registry.overlap.weights import read_data, weights_of

GOOD = [0.9, 0.8, 0.7, 0.6]

# Measures.


def test_average_precision_is_the_mean_precision_at_each_hit() -> None:
    hits = [True, False, True, False]
    assert average_precision(GOOD, hits) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_without_a_hit_is_no_number() -> None:
    assert math.isnan(average_precision(GOOD, [False] * 4))


def test_average_precision_of_a_perfect_ranking_is_1() -> None:
    assert average_precision(GOOD, [True, True, False, False]) == 1


def test_average_precision_goes_by_the_scores_and_not_by_the_places() -> None:
    assert average_precision([0.1, 0.9], [True, False]) == 0.5


def test_a_file_with_the_best_first_gains_nothing_from_equal_scores() -> None:
    assert average_precision([0.5] * 100, [True] * 10 + [False] * 90) < 0.3


def test_equal_scores_are_ranked_alike_each_time() -> None:
    hits = [True] * 10 + [False] * 90
    assert average_precision([0.5] * 100, hits) == average_precision([0.5] * 100, hits)


def test_precision_is_the_share_of_hits_among_the_first() -> None:
    assert precision_at(3, GOOD, [True, False, True, True]) == pytest.approx(2 / 3)


def test_gain_is_discounted_by_the_place() -> None:
    # 2^2 - 1 = 3 at the first place, 2^3 - 1 = 7 at the second; the other way round is best
    found = ndcg_at(2, GOOD[:2], [2, 3])
    assert found == pytest.approx((3 + 7 / math.log2(3)) / (7 + 3 / math.log2(3)))


def test_gain_beyond_the_first_does_not_count() -> None:
    assert ndcg_at(1, GOOD[:2], [0, 3]) == 0


def test_calibration_is_how_far_each_bin_lies_off() -> None:
    # two at 0.95 of which one hits (off by 0.45), two at 0.15 of which none does
    found = calibration_error([0.95, 0.95, 0.15, 0.15], [True, False, False, False])
    assert found == pytest.approx((2 * 0.45 + 2 * 0.15) / 4)


def test_certainty_falls_into_the_last_bin() -> None:
    assert calibration_error([1.0, 0.92], [True, False]) == pytest.approx(0.46)


def test_flagged_pairs_are_counted_among_the_first() -> None:
    assert count_in_first(2, [0.1, 0.9, 0.8], [True, False, True]) == 1


def test_the_mean_of_figures_is_taken_field_by_field() -> None:
    assert mean([Figures(*[0.0] * 6), Figures(*[1.0] * 6)]) == Figures(*[0.5] * 6)


# Judged pairs.


@cache
def _judged() -> tuple[list[Judged], dict[str, Effort]]:
    return judged_pairs(), public_efforts()


def test_every_judged_pair_is_of_two_models_of_the_catalogue() -> None:
    pairs, efforts = _judged()
    assert {name for pair in pairs for name in (pair.a, pair.b)} <= set(efforts)
    assert [pair for pair in pairs if pair.a == pair.b] == []


def test_no_pair_is_judged_twice() -> None:
    pairs = [frozenset(pair[:2]) for pair in _judged()[0]]
    assert len(set(pairs)) == len(pairs)


def test_grades_go_from_0_to_3_and_lineage_is_no_redundancy() -> None:
    pairs = _judged()[0]
    assert {pair.grade for pair in pairs} == {0, 1, 2, 3}
    assert [pair for pair in pairs if pair.is_lineage and pair.grade > 1] == []


def test_every_judged_pair_has_its_reason() -> None:
    assert [pair for pair in _judged()[0] if not judged_reasons()[pair.a, pair.b]] == []


def test_german_descriptions_are_those_of_the_same_models() -> None:
    efforts = _judged()[1]
    found = german_efforts(efforts)
    assert found
    assert [name for name, one in found.items() if one.words == efforts[name].words] == []
    assert [name for name, one in found.items() if one.languages != efforts[name].languages] == []


# Fitting.


def test_the_shipped_weights_are_what_fitting_gives() -> None:
    assert fit(*_judged(), read_data()) == read_data()


def test_fitting_against_the_grades_sinks_no_level_and_turns_no_scale() -> None:
    pairs, efforts = _judged()
    turned = [pair._replace(grade=3 - pair.grade) for pair in pairs]
    data = fit(turned, efforts, read_data(), spread=10.0)
    assert min(row["scale"] for row in data["features"].values()) == 0
    assert weights_of(data).points["languages"]["none"] <= 0


def test_fitting_keeps_the_points_that_were_set_by_hand() -> None:
    pairs, efforts = _judged()
    data = fit(pairs[::2], efforts, read_data())
    assert [row["levels"] for row in data["features"].values()] == [
        row["levels"] for row in read_data()["features"].values()
    ]


def test_a_narrow_prior_leaves_the_scales_where_they_were() -> None:
    pairs, efforts = _judged()
    data = fit(pairs[::2], efforts, read_data(), spread=0.01)
    assert all(abs(row["scale"] - 1) < 0.05 for row in data["features"].values())


def test_a_feature_left_out_keeps_its_scale_of_1() -> None:
    pairs, efforts = _judged()
    data = fit(pairs[::2], efforts, read_data(), without=frozenset({"languages"}))
    assert data["features"]["languages"]["scale"] == 1.0


def test_fitted_cuts_rise_with_the_grades() -> None:
    found = fitted(*_judged(), read_data())
    assert found.cuts[1] < found.cuts[2] < found.cuts[3]
    assert found.points == WEIGHTS.points


# Cross-validation.


@cache
def _scores(seed: int) -> Scores:
    return cross_validated(*_judged(), seed)


@pytest.mark.parametrize("seed", [0, 1])
def test_held_out_pairs_are_ranked_well(seed: int) -> None:
    assert figures(_judged()[0], _scores(seed)).ap2 >= 0.95


@pytest.mark.parametrize("seed", [0, 1])
def test_no_lineage_stands_among_the_first_50(seed: int) -> None:
    assert figures(_judged()[0], _scores(seed)).lineage50 == 0


@pytest.mark.parametrize("baseline", BASELINES)
def test_held_out_pairs_are_ranked_better_than_by_a_plain_measure(baseline: str) -> None:
    pairs, efforts = _judged()
    plain = [BASELINES[baseline](efforts[pair.a], efforts[pair.b]) for pair in pairs]
    assert figures(pairs, _scores(0)).ap2 > figures(pairs, plain).ap2 + 0.3


class _Seen(dict[str, Effort]):
    """Efforts that write down whose facts the training asks for."""

    def __init__(self, efforts: dict[str, Effort], log: list[tuple[str, str | int]]) -> None:
        super().__init__(efforts)
        self.log = log

    def __getitem__(self, name: str) -> Effort:
        self.log.append(("trained", name))
        return super().__getitem__(name)


class _Tested(list[tuple[Effort, Effort]]):
    """Pairs that write down which of them is tested."""

    log: list[tuple[str, str | int]]

    def __getitem__(self, at: int) -> tuple[Effort, Effort]:  # type: ignore[override]
        self.log.append(("tested", at))
        return super().__getitem__(at)


def _folds(seed: int) -> list[tuple[set[str], set[int]]]:
    """Of each fold the models that it trained on and the pairs that it tested."""
    pairs, efforts = _judged()
    tested = _Tested((efforts[pair.a], efforts[pair.b]) for pair in pairs)
    tested.log = []
    cross_validated(pairs, _Seen(efforts, tested.log), seed, tested=tested)
    runs = [[what for _, what in rows] for _, rows in groupby(tested.log, lambda row: row[0])]
    trained = [{what for what in run if isinstance(what, str)} for run in runs[::2]]
    shown = [{what for what in run if isinstance(what, int)} for run in runs[1::2]]
    return list(zip(trained, shown, strict=True))


def test_no_tested_pair_is_of_two_models_that_were_trained_on() -> None:
    pairs = _judged()[0]
    for trained, shown in _folds(0):
        assert [at for at in shown if {pairs[at].a, pairs[at].b} <= trained] == []


def test_every_pair_is_tested_and_every_fold_trains_on_most_models() -> None:
    pairs = _judged()[0]
    folds = _folds(0)
    assert set().union(*(shown for _, shown in folds)) == set(range(len(pairs)))
    assert len(folds) == 5
    assert min(len(trained) for trained, _ in folds) > 50


def test_the_grade_of_a_pair_does_not_reach_its_own_score() -> None:
    pairs, efforts = _judged()
    turned = [pairs[0]._replace(grade=0), *pairs[1:]]
    before, after = _scores(0), cross_validated(turned, efforts, 0)
    assert after[0] == before[0]
    assert after[1:] != before[1:]


# Hidden lineage.


@pytest.mark.parametrize(("share", "left"), [(0.0, True), (1.0, False)])
def test_as_many_edges_are_hidden_as_were_asked_for(share: float, left: bool) -> None:
    efforts = _judged()[1]
    found = with_hidden_edges(efforts, share, 0)
    known = {name for name, effort in efforts.items() if effort.ancestors}
    assert {name for name, effort in found.items() if effort.ancestors} == (
        known if left else set()
    )


def test_above_a_hidden_edge_nothing_is_known_either() -> None:
    chain = {
        "top": Effort(key="top"),
        "middle": Effort(key="middle", ancestors=frozenset({"top"})),
        "low": Effort(key="low", ancestors=frozenset({"middle", "top"})),
    }
    runs = [with_hidden_edges(chain, 0.5, seed) for seed in range(20)]
    cut = [run for run in runs if run["low"].ancestors and not run["middle"].ancestors]
    assert cut
    assert [run["low"].ancestors for run in cut] == [frozenset({"middle"})] * len(cut)
