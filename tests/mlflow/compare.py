"""Compares the answers of two servers to one session, step by step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Step = dict[str, Any]


def problems(real: Sequence[Step], portal: Sequence[Step], meant: Mapping[str, str]) -> list[str]:
    """What is not as it should be, a line each: unlike answers not meant, and meant ones alike."""
    theirs = {step["step"]: _answer(step) for step in real}
    ours = {step["step"]: _answer(step) for step in portal}
    found = [f"{name}: meant to differ, but it is no step" for name in meant.keys() - theirs]
    if list(theirs) != list(ours):
        found.append("the two sessions are not of the same steps")
    for name, answer in theirs.items():
        alike = answer == ours.get(name)
        if alike and name in meant:
            found.append(f"{name}: meant to differ, but both answer {answer}")
        if not alike and name not in meant:
            found.append(f"{name}:\n  MLflow: {answer}\n  portal: {ours.get(name)}")
    return found


def _answer(step: Step) -> str:
    """A step's answer as text, without its name and without the words of a refusal."""
    answer = {key: value for key, value in step.items() if key != "step"}
    if "error" in answer:
        error = {key: value for key, value in answer["error"].items() if key != "message"}
        answer["error"] = error
    return json.dumps(answer, sort_keys=True, ensure_ascii=False)
