"""The comparison: agreement counts for, kinship never against, and each bar adds up."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from registry.languages import EU
from registry.overlap import WEIGHTS, Assessment, Effort, Kind, Part, assess
from registry.overlap.explain import TITLES, alike, counterfactual, missing, reason, summary
from registry.overlap.features import FEATURES, NEUTRAL, UNKNOWN, Feature, gap_in_months, levels_of
from registry.overlap.scorer import CEILING, LINE, TRIVIAL
from registry.overlap.weights import read_data, weights_of
from tests.overlap.efforts import (
    DATASETS,
    DOMAINS,
    FACTS,
    MODALITIES,
    TASKS,
    agree,
    efforts,
    pairs,
)

Pair = tuple[Effort, Effort]
TINY = 1e-9  # sums of the same numbers in another order
REDUNDANT = {Kind.DUPLICATE, Kind.OVERLAP, Kind.REUSE_CANDIDATE}
many = settings(max_examples=250, deadline=None)
fewer = settings(max_examples=100, deadline=None)

OURS = Effort(
    key="ours", name="Nebel-9B", modality_in=frozenset({"text"}),
    modality_out=frozenset({"text"}), languages=frozenset(EU), tasks=frozenset({"general"}),
    training_mode="from_scratch", parameters=9 * 10**9, tokens=4 * 10**12, licence="Apache-2.0",
    begin=date(2027, 9, 1), end=date(2027, 12, 31), group="Lab", partners=frozenset({"Lab"}),
)  # fmt: skip
THEIRS = replace(
    OURS, key="theirs", name="Turm-8B", parameters=8 * 10**9, group="Institute",
    partners=frozenset({"Institute"}),
)  # fmt: skip


def _with(effort: Effort, field: str, value: Any) -> Effort:
    return replace(effort, **{field: value})


def _never_falls(a: Effort, before: Effort, after: Effort) -> None:
    old, new = assess(a, before), assess(a, after)
    assert new.probability >= old.probability - TINY
    assert new.total >= old.total - TINY  # which a gate would hide


# More agreement never lowers the probability.


@pytest.mark.parametrize("fact", FACTS)
@many
@given(pair=pairs())
def test_one_more_fact_in_common_never_lowers_the_probability(fact: str, pair: Pair) -> None:
    a, b = pair
    _never_falls(a, b, agree(a, b, fact))


# Fields with several words → words to move. To name no domain is no less than to name another.
WORDS: dict[str, tuple[str, ...]] = {
    "languages": tuple(EU), "tasks": TASKS, "modality_out": MODALITIES, "modality_in": MODALITIES,
    "domains": DOMAINS, "datasets": DATASETS,
}  # fmt: skip
MAY_BE_EMPTY = {"domains", "datasets"}


@pytest.mark.parametrize("field", WORDS)
@many
@given(pair=pairs(), first=st.integers(0, 99), step=st.integers(1, 99))
def test_one_more_shared_word_never_lowers_the_probability(
    field: str, pair: Pair, first: int, step: int
) -> None:
    a, b = pair
    word, other = _two_of(WORDS[field], first, step)
    theirs = getattr(b, field) - {word}
    if field not in MAY_BE_EMPTY:
        theirs = theirs or frozenset({other})
    a = _with(a, field, getattr(a, field) | {word})
    before, after = (_with(b, field, some) for some in (theirs, theirs | {word}))
    _never_falls(a, before, after)


@pytest.mark.parametrize("field", ["languages", "modality_out", "modality_in"])
@many
@given(pair=pairs(), first=st.integers(0, 99), step=st.integers(1, 99))
def test_one_word_less_that_is_not_shared_never_lowers_the_probability(
    field: str, pair: Pair, first: int, step: int
) -> None:
    a, b = pair
    word, other = _two_of(WORDS[field], first, step)
    a = _with(a, field, getattr(a, field) - {word} or frozenset({other}))
    theirs = getattr(b, field) - {word} or frozenset({other})
    before, after = (_with(b, field, some) for some in (theirs | {word}, theirs))
    _never_falls(a, before, after)


def _two_of(words: tuple[str, ...], first: int, step: int) -> tuple[str, str]:
    """Two different words."""
    at = first % len(words)
    return words[at], words[(at + 1 + step % (len(words) - 1)) % len(words)]


@pytest.mark.parametrize("field", ["parameters", "tokens"])
@many
@given(pair=pairs(), mine=st.integers(1, 10**13), share=st.floats(0, 1))
def test_a_nearer_number_never_lowers_the_probability(
    field: str, pair: Pair, mine: int, share: float
) -> None:
    a, b = _with(pair[0], field, mine), pair[1]
    theirs = getattr(b, field) or 7 * 10**9
    nearer = round(theirs + (mine - theirs) * share)
    _never_falls(a, _with(b, field, theirs), _with(b, field, nearer))


@many
@given(pair=pairs(), days=st.tuples(st.integers(0, 900), st.integers(0, 3000)),
       share=st.floats(0, 1), is_later=st.booleans())  # fmt: skip
def test_a_window_moved_nearer_never_lowers_the_probability(
    pair: Pair, days: tuple[int, int], share: float, is_later: bool
) -> None:
    length, gap = days
    a = replace(pair[0], begin=date(2024, 1, 1), end=date(2024, 7, 1))
    near = gap - round(gap * share)
    before, after = (
        _window_from(pair[1], date(2024, 7, 1) + timedelta(far), length)
        if is_later
        else _window_from(pair[1], date(2024, 1, 1) - timedelta(far + length), length)
        for far in (gap, near)
    )
    _never_falls(a, before, after)


def _window_from(effort: Effort, begin: date, days: int) -> Effort:
    return replace(effort, begin=begin, end=begin + timedelta(days))


STEPS = (("merged", "distilled", "quantized"), ("finetune", "adapter"), ("continued",),
         ("from_scratch",))  # fmt: skip
ORDERED = [mode for modes in STEPS for mode in modes]


@many
@given(pair=pairs(), places=st.tuples(*[st.integers(0, len(ORDERED) - 1)] * 3).map(sorted),
       is_turned=st.booleans())  # fmt: skip
def test_a_nearer_way_of_training_never_lowers_the_probability(
    pair: Pair, places: list[int], is_turned: bool
) -> None:
    modes = [ORDERED[place] for place in places]
    mine, between, theirs = modes[::-1] if is_turned else modes
    a, b = replace(pair[0], training_mode=mine), pair[1]
    _never_falls(a, replace(b, training_mode=theirs), replace(b, training_mode=between))


def test_what_two_image_models_take_in_does_not_make_their_languages_missing() -> None:
    ours = replace(OURS, modality_in=frozenset({"text"}), modality_out=frozenset({"image"}))
    theirs = replace(THEIRS, modality_in=frozenset(), modality_out=frozenset({"image"}))
    ours, theirs = (replace(one, languages=frozenset()) for one in (ours, theirs))
    _never_falls(ours, theirs, agree(ours, theirs, "modality_in"))


def test_one_domain_of_many_in_common_is_no_different_domain() -> None:
    ours = replace(OURS, domains=frozenset({*DOMAINS, "trade"}))
    assert levels_of(ours, replace(THEIRS, domains=frozenset({"trade"})))["domains"] == "near"


def test_one_of_very_many_languages_in_common_is_not_none() -> None:
    ours = replace(OURS, languages=frozenset(f"l{n}" for n in range(1_200)))
    assert levels_of(ours, replace(THEIRS, languages=frozenset({"l7"})))["languages"] == "few"


def test_one_of_very_many_datasets_in_common_is_not_none() -> None:
    ours, theirs = (
        replace(one, datasets=frozenset({"shared", *(f"{one.key}-{n}" for n in range(200))}))
        for one in (OURS, THEIRS)
    )
    assert levels_of(ours, theirs)["datasets"] == "some"


def test_a_window_is_the_same_whichever_end_is_named_first() -> None:
    turned = replace(OURS, begin=OURS.end, end=OURS.begin)
    assert gap_in_months(turned, replace(turned, key="theirs")) == 0


# The order of the two, and what the points come to.


@fewer
@given(pair=pairs(), is_finished=st.booleans())
def test_the_order_of_the_two_does_not_matter(pair: Pair, is_finished: bool) -> None:
    a, b = pair
    there = assess(a, b, is_finished=is_finished)
    back = assess(b, a, is_finished=is_finished)
    assert there.probability == pytest.approx(back.probability, abs=TINY)
    assert (there.kind, there.counterfactual) == (back.kind, back.counterfactual)
    assert _points(there) == _points(back)


@fewer
@given(pair=pairs())
def test_the_parts_add_up_to_the_total(pair: Pair) -> None:
    found = assess(*pair)
    assert math.fsum(part.points for part in found.parts) == pytest.approx(found.total)


@fewer
@given(pair=pairs())
def test_every_feature_is_one_part_and_the_weightiest_comes_first(pair: Pair) -> None:
    found = assess(*pair)
    assert {part.feature for part in found.parts} == {feature.name for feature in FEATURES}
    weights = [abs(part.points) for part in found.parts]
    assert weights == sorted(weights, reverse=True)


@fewer
@given(pair=pairs())
def test_a_probability_lies_strictly_between_0_and_1(pair: Pair) -> None:
    assert 0 < assess(*pair).probability < 1


def _points(found: Assessment) -> dict[str, float]:
    return {part.feature: part.points for part in found.parts}


def test_a_parallel_effort_of_another_group_is_a_duplicate() -> None:
    assert assess(OURS, THEIRS).kind is Kind.DUPLICATE


def test_a_parallel_effort_that_is_released_may_be_reused() -> None:
    assert assess(OURS, THEIRS, is_finished=True).kind is Kind.REUSE_CANDIDATE


def test_the_next_size_of_the_same_series_is_none() -> None:
    sequel = replace(THEIRS, name="Nebel-22B", group="Lab", partners=frozenset({"Lab"}))
    assert assess(OURS, sequel).kind not in REDUNDANT


def test_two_groups_of_one_large_organisation_may_do_the_same() -> None:
    ours = replace(OURS, group="group of Ada", partners=frozenset({"University"}))
    theirs = replace(THEIRS, group="group of Emmy", partners=frozenset({"University"}))
    assert assess(ours, theirs).kind is Kind.DUPLICATE


def test_what_is_left_out_has_no_part() -> None:
    found = assess(OURS, THEIRS, without=frozenset({"languages"}))
    assert "languages" not in _points(found)


# What no number of points can outweigh.


@pytest.mark.parametrize("field", ["ancestors", "successors"])
@fewer
@given(pair=pairs(), is_turned=st.booleans(), is_finished=st.booleans())
def test_direct_lineage_is_never_redundancy(
    field: str, pair: Pair, is_turned: bool, is_finished: bool
) -> None:
    a, b = pair
    kin = replace(b, **{field: getattr(b, field) | {a.key}})
    found = assess(*((kin, a) if is_turned else (a, kin)), is_finished=is_finished)
    assert found.kind is Kind.LINEAGE
    assert found.probability <= CEILING


@fewer
@given(pair=pairs(), is_finished=st.booleans())
def test_what_produces_different_things_is_never_redundant(pair: Pair, is_finished: bool) -> None:
    a, b = pair
    a = replace(a, modality_out=(a.modality_out & {"text", "code"}) or frozenset({"text"}))
    b = replace(b, modality_out=(b.modality_out - {"text", "code"}) or frozenset({"image"}))
    found = assess(a, b, is_finished=is_finished)
    assert found.kind not in REDUNDANT
    assert found.probability <= CEILING


@pytest.mark.parametrize("names", [("tasks", "languages"), ("tasks", "size"),
                                   ("languages", "size")])  # fmt: skip
@fewer
@given(pair=pairs(), whose=st.tuples(st.booleans(), st.booleans()))
def test_without_two_of_task_language_and_size_nothing_is_said(
    names: tuple[str, str], pair: Pair, whose: tuple[bool, bool]
) -> None:
    both = [replace(one, modality_out=frozenset({"text"})) for one in pair]
    empty: dict[str, dict[str, Any]] = {
        "tasks": {"tasks": frozenset()}, "languages": {"languages": frozenset()},
        "size": {"parameters": None},
    }  # fmt: skip
    for name, side in zip(names, whose, strict=True):
        both[side] = replace(both[side], **empty[name])
    found = assess(both[0], both[1])
    assert found.kind is Kind.NOT_ENOUGH
    assert found.probability <= CEILING
    assert set(names) <= set(missing(found))


def test_one_missing_fact_does_not_end_the_comparison() -> None:
    assert assess(OURS, replace(THEIRS, parameters=None)).kind in REDUNDANT


def test_two_image_models_need_no_languages() -> None:
    ours, theirs = (
        replace(one, modality_in=frozenset({"image"}), modality_out=frozenset({"image"}),
                languages=frozenset(), tasks=frozenset({"image-segmentation"}))
        for one in (OURS, THEIRS)
    )  # fmt: skip
    assert missing(assess(ours, replace(theirs, parameters=None))) == ("size",)


def test_a_common_base_is_no_lineage() -> None:
    ours, theirs = (replace(one, ancestors=frozenset({"base"})) for one in (OURS, THEIRS))
    assert levels_of(ours, theirs)["lineage"] == "shared_base"


def test_a_cheaper_model_with_the_name_of_the_other_looks_descended() -> None:
    tuned = replace(THEIRS, name="Nebel-8B-Instruct", training_mode="finetune")
    assert levels_of(OURS, tuned)["lineage"] == "looks_descended"


# What would change it.


def _told(pair: Pair) -> Pair:
    """The same two with what no gate could decide."""
    a, b = (
        replace(
            one, modality_out=frozenset({"text"}), tasks=one.tasks or OURS.tasks,
            languages=one.languages or OURS.languages, parameters=one.parameters or 10**9,
        )
        for one in pair
    )  # fmt: skip
    return a, b


told_pairs = pairs().map(_told)


@fewer
@given(pair=told_pairs)
def test_the_counterfactual_crosses_the_line_when_it_is_applied(pair: Pair) -> None:
    found = assess(*pair)
    assume(found.counterfactual is not None)
    assert found.counterfactual is not None
    points = {**_points(found), found.counterfactual.feature: found.counterfactual.points}
    changed = WEIGHTS.probability(math.fsum(points.values()))
    assert (changed >= LINE) != found.is_flagged


@fewer
@given(pair=told_pairs)
def test_no_smaller_single_change_crosses_the_line(pair: Pair) -> None:
    found = assess(*pair)
    assume(found.counterfactual is not None)
    assert found.counterfactual is not None
    mine = _points(found)
    step = abs(found.counterfactual.points - mine[found.counterfactual.feature])
    for feature in (one for one in FEATURES if _may_change(found, one)):
        for level in feature.levels:
            change = WEIGHTS.points[feature.name][level] - mine[feature.name]
            if abs(change) < step - TINY:
                assert (WEIGHTS.probability(found.total + change) >= LINE) == found.is_flagged


def _may_change(found: Assessment, feature: Feature) -> bool:
    neutral = {part.feature for part in found.parts if part.level == NEUTRAL}
    return feature.is_agreement and feature.name not in {*neutral, *TRIVIAL}


EIGHT: dict[str, Any] = {"languages": frozenset(EU[:8])}
A_YEAR_BEFORE, TWO_YEARS_BEFORE = date(2026, 9, 1), date(2025, 9, 1)


@pytest.mark.parametrize(
    ("facts", "change"),
    [
        ({}, {"languages": frozenset({"ja"})}),
        (EIGHT, {"parameters": 54 * 10**9}),
        ({**EIGHT, "training_mode": "continued"}, {"parameters": 27 * 10**9}),
        (
            {**EIGHT, "training_mode": "continued", "begin": TWO_YEARS_BEFORE, "end": None},
            {"begin": A_YEAR_BEFORE},
        ),
        (
            {**EIGHT, "training_mode": "finetune", "begin": TWO_YEARS_BEFORE, "end": None},
            {"languages": frozenset(EU[:12])},
        ),
    ],
)
def test_the_change_that_is_named_really_turns_the_pair(
    facts: dict[str, Any], change: dict[str, Any]
) -> None:
    theirs = replace(THEIRS, **facts)
    changed = replace(theirs, **change)
    found, part = assess(OURS, theirs), assess(OURS, theirs).counterfactual
    assert part is not None
    assert levels_of(OURS, changed)[part.feature] == part.level
    assert assess(OURS, changed).is_flagged != found.is_flagged


def test_what_a_gate_decides_has_no_counterfactual() -> None:
    assert assess(OURS, replace(THEIRS, ancestors=frozenset({"ours"}))).counterfactual is None


# What is said of it.


@pytest.mark.parametrize(
    ("feature", "level"),
    [(feature, level) for feature, levels in WEIGHTS.points.items() for level in levels],
)
def test_every_level_has_a_sentence_in_both_languages(feature: str, level: str) -> None:
    said = reason(Part(feature, level, 1.0), OURS, THEIRS)
    assert said.en.strip()
    assert said.de.strip()
    assert said.en != said.de


@fewer
@given(pair=pairs())
def test_any_pair_is_explained_in_both_languages(pair: Pair) -> None:
    found = assess(*pair)
    said = [reason(part, *pair) for part in found.parts]
    said += [one for one in (counterfactual(found), summary(found.kind)) if one]
    assert all(one.en and one.de for one in said)


@fewer
@given(pair=told_pairs)
def test_every_possible_counterfactual_has_a_sentence(pair: Pair) -> None:
    found = assess(*pair)
    assume(found.counterfactual is not None)
    said = counterfactual(found)
    assert said is not None
    assert said.en.startswith("Would fall below" if found.is_flagged else "Would rise above")


def test_every_feature_has_a_title() -> None:
    assert set(TITLES) == {feature.name for feature in FEATURES}


@fewer
@given(pair=pairs())
def test_no_more_facts_agree_than_both_tell(pair: Pair) -> None:
    agreed, told = alike(assess(*pair))
    assert 0 <= agreed <= told <= sum(feature.is_agreement for feature in FEATURES)


def test_facts_of_the_pair_stand_in_the_sentence() -> None:
    parts = {part.feature: part for part in assess(OURS, THEIRS).parts}
    assert reason(parts["size"], OURS, THEIRS).de == "9 Mrd. gegen 8 Mrd. Parameter"
    assert reason(parts["languages"], OURS, THEIRS).en == "the same 24 languages"


def test_the_child_is_named_first_whichever_side_it_stands_on() -> None:
    child = replace(THEIRS, ancestors=frozenset({"ours"}))
    part = Part("lineage", "descends", -8.0)
    assert reason(part, OURS, child) == reason(part, child, OURS)
    assert reason(part, OURS, child).en == "Turm-8B derives from Nebel-9B"


# The file of weights.

LEVELS = [(feature.name, level) for feature in FEATURES for level in feature.levels]


@pytest.mark.parametrize(("feature", "level"), LEVELS)
def test_weights_without_a_level_are_refused(feature: str, level: str) -> None:
    data = copy.deepcopy(read_data())
    del data["features"][feature]["levels"][level]
    with pytest.raises(ValueError, match=feature):
        weights_of(data)


@pytest.mark.parametrize(
    ("feature", "level"),
    [(name, level) for name, row in read_data()["features"].items() for level in row["levels"]
     if (name, level) not in LEVELS],
)  # fmt: skip
def test_weights_without_a_level_for_what_is_not_known_are_refused(
    feature: str, level: str
) -> None:
    data = copy.deepcopy(read_data())
    del data["features"][feature]["levels"][level]
    with pytest.raises(ValueError, match=feature):
        weights_of(data)


def _sink(levels: dict[str, float], order: tuple[str, ...]) -> None:
    levels[order[-1]] = levels[order[0]] - 1


def _scale(change: float) -> Callable[[dict[str, Any]], None]:
    return lambda row: row.update(scale=change)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_weights_whose_levels_sink_are_refused(feature: Any) -> None:
    data = copy.deepcopy(read_data())
    _sink(data["features"][feature.name]["levels"], feature.levels)
    with pytest.raises(ValueError, match=feature.name):
        weights_of(data)


def test_weights_of_a_feature_turned_round_are_refused() -> None:
    data = copy.deepcopy(read_data())
    data["features"]["languages"]["scale"] = -1
    with pytest.raises(ValueError, match="languages"):
        weights_of(data)


def test_weights_without_a_feature_are_refused() -> None:
    data = copy.deepcopy(read_data())
    del data["features"]["time"]
    with pytest.raises(ValueError, match="time"):
        weights_of(data)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_not_to_say_is_never_better_than_to_agree(feature: Any) -> None:
    points = WEIGHTS.points[feature.name]
    assert points.get(UNKNOWN, -math.inf) <= points[feature.levels[-1]]


def test_the_higher_grade_needs_more_points() -> None:
    assert WEIGHTS.cuts[1] < WEIGHTS.cuts[2] < WEIGHTS.cuts[3]


@fewer
@given(one=efforts())
def test_an_effort_is_at_least_as_like_its_twin_as_anything(one: Effort) -> None:
    twin = replace(one, key="twin", group="", partners=frozenset(), name="")
    other = replace(OURS, key="other", group="", partners=frozenset(), name="")
    assert assess(one, twin).total >= assess(one, other).total - TINY
