"""Where similar efforts are looked for, and what doing a thing twice would cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.languages import EU
from registry.overlap.blocks import (
    FEW_LANGUAGES,
    MOST,
    OTHERWISE,
    SEVERAL,
    blocks_of,
    narrow_blocks,
)
from registry.overlap.effort import Effort
from registry.overlap.stake import Stake, avoidable, of_pair
from tests.overlap.efforts import MODALITIES, efforts

TODAY = date(2027, 6, 1)
quick = settings(max_examples=100, deadline=None)

# Blocks.


def test_a_block_is_what_is_produced_in_which_language_for_which_task() -> None:
    assert blocks_of(["text"], ["de"], ["translation"], "finetune") == [
        "text/de/translation=1",
        "text/de/text-generation",
    ]


def test_a_task_with_others_below_it_is_a_block_with_them_and_one_without() -> None:
    assert blocks_of(["text"], ["de"], ["code"], "continued") == [
        "text/de/code=2",
        "text/de/code",
    ]


def test_ways_of_training_that_train_as_much_share_a_block() -> None:
    ours, theirs = (blocks_of(["text"], ["de"], ["chat"], m) for m in ("finetune", "adapter"))
    assert ours == theirs


def test_who_tells_the_way_of_training_meets_its_own_and_those_that_do_not_tell() -> None:
    assert narrow_blocks(["text/de/chat=1", "text/de/text-generation"]) == {
        "text/de/chat=1": 1.0,
        "text/de/chat=-": OTHERWISE,
    }


def test_who_does_not_tell_the_way_of_training_meets_every_way() -> None:
    found = narrow_blocks(blocks_of(["text"], ["de"], ["chat"], "unknown"))
    assert set(found) == {f"text/de/chat={way}" for way in "-0123"}


def test_english_alone_meets_english_beside_another_language() -> None:
    alone, beside = (_of(codes) for codes in (["en"], ["de", "en"]))
    assert set(alone) & set(beside) == {"text/en/chat=3", "text/en/text-generation"}


def test_english_is_left_out_before_rarer_languages() -> None:
    spoken = ["en", *[code for code in EU if code != "en"][:FEW_LANGUAGES]]
    found = blocks_of(["text", "code", "speech"], spoken, ["chat"], "unknown")
    assert len(found) == MOST
    assert not any("/en/" in block for block in found)


def test_written_forms_of_one_language_are_one_block() -> None:
    assert _of(["nb", "nn"])[0] == "text/no/chat=3"


def test_what_is_not_known_is_a_block_of_its_own() -> None:
    assert blocks_of([], [], [], "unknown") == ["-/-/-=-"]


@pytest.mark.parametrize("count", [SEVERAL, FEW_LANGUAGES])
def test_several_languages_are_a_block_beside_each_of_them(count: int) -> None:
    spoken = [code for code in EU if code != "en"][:count]
    tongues = [block.split("/")[1] for block in _of(spoken)]
    assert tongues[::2] == ["many", *sorted(spoken)]


def test_very_many_languages_are_one_block_and_english() -> None:
    tongues = [block.split("/")[1] for block in _of(EU)]
    assert tongues[::2] == ["many", "en"]


def test_two_efforts_for_many_languages_share_a_block_whichever_they_are() -> None:
    ours, theirs = (_of(some) for some in (EU[:7], EU[10:20]))
    assert set(ours) & set(theirs) == {"text/many/chat=3", "text/many/text-generation"}


@quick
@given(one=efforts())
def test_there_is_at_least_one_block_and_never_too_many(one: Effort) -> None:
    found = _blocks(one)
    assert 1 <= len(found) <= MOST
    assert len(set(found)) == len(found)


@quick
@given(one=efforts())
def test_the_order_of_facts_does_not_matter_for_the_blocks(one: Effort) -> None:
    outputs, languages, tasks = (
        sorted(facts, reverse=True) for facts in (one.modality_out, one.languages, one.tasks)
    )
    assert blocks_of(outputs, languages, tasks, one.training_mode) == _blocks(one)


@quick
@given(outputs=st.sets(st.sampled_from(MODALITIES), min_size=1), one=efforts())
def test_no_output_is_left_out_for_the_sake_of_languages(outputs: set[str], one: Effort) -> None:
    found = blocks_of(outputs, one.languages, one.tasks, one.training_mode)
    assert {block.split("/")[0] for block in found} == outputs


def test_a_model_for_text_and_code_in_ten_languages_is_found_beside_one_for_text() -> None:
    tasks = ["general", "chat", "code", "translation"]
    both = blocks_of(["code", "text"], EU[:10], tasks, "finetune")
    assert set(both) & set(blocks_of(["text"], EU[:10], ["translation"], "finetune"))


def _blocks(one: Effort) -> list[str]:
    return blocks_of(one.modality_out, one.languages, one.tasks, one.training_mode)


def _of(languages: Sequence[str]) -> list[str]:
    return blocks_of(["text"], languages, ["chat"], "from_scratch")


# What is at stake.


def _avoidable(**changes: Any) -> Stake:
    facts: dict[str, Any] = {
        "state": "planned", "asked_gpu_seconds": None, "parameters": 10**9, "tokens": 10**12,
        "begin": None, "end": None, "today": TODAY, **changes,
    }  # fmt: skip
    return avoidable(**facts)


def test_what_a_plan_asks_for_is_all_at_stake() -> None:
    assert _avoidable(asked_gpu_seconds=3600) == Stake(3600, 3600)


def test_without_a_request_parameters_times_tokens_give_a_range() -> None:
    # 6 × 10^9 × 10^12 FLOP at 294 and at 63 TFLOP/s
    assert _avoidable() == Stake(20_408_163, 95_238_095)


@pytest.mark.parametrize("missing", ["parameters", "tokens"])
def test_without_parameters_or_tokens_nothing_is_known(missing: str) -> None:
    assert _avoidable(**{missing: None}) == Stake()


@pytest.mark.parametrize("state", ["released", "withdrawn", "abandoned"])
def test_what_has_ended_leaves_nothing_to_save(state: str) -> None:
    assert _avoidable(state=state, asked_gpu_seconds=3600) == Stake()


@pytest.mark.parametrize(
    ("days_gone", "left"), [(-30, 3600), (0, 3600), (25, 2700), (50, 1800), (100, 0), (200, 0)]
)
def test_of_a_training_what_is_left_of_its_time_is_at_stake(days_gone: int, left: int) -> None:
    begin = TODAY - timedelta(days_gone)
    window = {"begin": begin, "end": begin + timedelta(100)}
    assert _avoidable(state="training", asked_gpu_seconds=3600, **window) == Stake(left, left)


@pytest.mark.parametrize(
    "window",
    [{}, {"begin": TODAY}, {"end": TODAY}, {"begin": TODAY, "end": TODAY}],
    ids=["no day", "no end", "no begin", "no length"],
)
def test_of_a_training_without_a_window_half_is_at_stake(window: dict[str, date]) -> None:
    assert _avoidable(state="training", asked_gpu_seconds=3600, **window).low == 1800


def test_of_a_pair_the_cheaper_to_the_dearer_is_at_stake() -> None:
    assert of_pair(Stake(10, 20), Stake(100, 300)) == Stake(10, 300)


def test_of_a_pair_only_those_that_go_on_count() -> None:
    assert of_pair(Stake(), Stake(100, 300)) == Stake(100, 300)


def test_of_two_that_have_ended_nothing_is_at_stake() -> None:
    assert of_pair(Stake(), Stake()) == Stake()


def test_the_order_of_a_pair_does_not_matter_for_the_stake() -> None:
    assert of_pair(Stake(10, 20), Stake(5, 30)) == of_pair(Stake(5, 30), Stake(10, 20))


def test_the_middle_lies_between_both_ends() -> None:
    assert Stake(10, 20).middle == 15
