"""Unlike answers are found unless meant, and what is meant must still be so."""

from __future__ import annotations

from typing import Any

from tests.mlflow.compare import problems


def said(step: str, **answer: Any) -> dict[str, Any]:
    return {"step": step, **answer}


ONE = said("get", ok={"name": "a"})
OTHER = said("get", ok={"name": "b"})


def test_like_answers_are_no_problem() -> None:
    assert problems([ONE], [ONE], {}) == []


def test_an_unlike_answer_is_shown() -> None:
    [problem] = problems([ONE], [OTHER], {})
    assert '"a"' in problem
    assert '"b"' in problem


def test_an_unlike_answer_may_be_meant() -> None:
    assert problems([ONE], [OTHER], {"get": "It is meant."}) == []


def test_what_is_meant_must_differ() -> None:
    assert len(problems([ONE], [ONE], {"get": "It was meant."})) == 1


def test_what_is_meant_must_be_a_step() -> None:
    assert len(problems([ONE], [ONE], {"put": "It is no step."})) == 1


def test_a_step_that_only_one_made_is_a_problem() -> None:
    assert problems([ONE], [ONE, said("put", ok=None)], {})
    assert problems([ONE, said("put", ok=None)], [ONE], {})


def test_the_words_of_a_refusal_may_differ_but_not_its_code() -> None:
    refused = said("get", error={"code": "BAD", "status": 400, "message": "one"})
    in_other_words = said("get", error={"code": "BAD", "status": 400, "message": "other"})
    otherwise = said("get", error={"code": "WORSE", "status": 400, "message": "one"})
    assert problems([refused], [in_other_words], {}) == []
    assert problems([refused], [otherwise], {})
