"""The kinds of events that outsiders subscribe to are those that the code records."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from projects.event_kinds import KINDS, Topic, kinds_of, topics_in

ROOT = Path(__file__).parent.parent.parent
RECORDERS = {"record_event", "_record", "_tell"}
# Where the kind is put together: what it can be.
MADE = {"set_portalrole", "set_partneradmin", "set_clusteroperator"}


def _recorded() -> Iterator[str]:
    for app in ("projects", "registry", "compute", "cesai"):
        for file in (ROOT / app).rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text())):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") in RECORDERS:
                    yield from _kinds_in(call)
    yield from _assigned()


def _kinds_in(call: ast.Call) -> Iterator[str]:
    values = [word.value for word in call.keywords if word.arg == "kind"]
    if not values and len(call.args) > 1:
        values = call.args[1:2]
    for value in values:
        for part in ast.walk(value):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def _assigned() -> Iterator[str]:
    """What a variable `kind` is set to before it is recorded."""
    for node in ast.walk(ast.parse((ROOT / "projects/actions/federation.py").read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "kind":
            assert isinstance(node.value, ast.Constant)
            yield str(node.value.value)


def test_every_kind_that_is_recorded_can_be_subscribed_to() -> None:
    recorded = {kind for kind in _recorded() if kind != "set_"} | MADE

    assert recorded == set(KINDS)


def test_each_kind_says_what_happened() -> None:
    assert [kind for kind, said in KINDS.items() if not said.endswith(".")] == []


def test_each_kind_is_of_one_topic() -> None:
    assert sorted(kinds_of(*Topic)) == sorted(KINDS)


@pytest.mark.parametrize("topic", Topic)
def test_the_topics_of_a_choice_are_those_that_were_ticked(topic: Topic) -> None:
    assert topics_in(kinds_of(topic)) == [topic]


def test_no_choice_is_every_topic() -> None:
    assert topics_in([]) == list(Topic)


def test_the_documentation_lists_them_all() -> None:
    text = (ROOT / "docs/webhooks.md").read_text()
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    listed = {row[1].strip().strip("`"): row[2].strip() for row in rows}

    assert listed == dict(KINDS)
