"""What docs/catalogue-exchange.md shows is what the portal does."""

from __future__ import annotations

import json
import re
from typing import Any

from dev import places
from projects.models import Group
from registry.exchange import lines
from registry.models import Model
from tests.conftest import Caller
from tests.registry.exchanging import pull, push, read, send, statuses

TEXT = (places.ROOT / "docs" / "catalogue-exchange.md").read_text()
SENT, ANSWERED = (
    [json.loads(line) for line in block.splitlines()]
    for block in re.findall(r"```jsonl\n(.*?)```", TEXT, re.DOTALL)
)


def test_its_catalogue_is_taken_over(member: Caller, group: Group) -> None:
    assert statuses(push(member, group, *SENT)) == ["created"] * 7
    assert statuses(push(member, group, *SENT)) == ["unchanged"] * 7
    assert Model.objects.get(name="Harbour assistant").newest_version().parents.exists()


def test_its_answer_is_what_the_portal_answers(member: Caller, group: Group) -> None:
    wrong = [{**line, "languages": ["DE"]} if n == 1 else line for n, line in enumerate(SENT)]

    told = {line.get("line"): line for line in read(send(member, group, *wrong))}

    created, failed, totals = ANSWERED
    assert _alike(told[1], created)
    assert told[2] == failed
    assert told[None].keys() == totals.keys()


def test_its_catalogue_can_be_pulled(member: Caller, group: Group, stranger: Caller) -> None:
    push(member, group, *SENT)

    found = pull(stranger)

    assert sorted(line["type"] for line in found) == sorted(line["type"] for line in SENT)
    assert found[-1]["literal"] == "theirs/base-7b"


def test_its_limits_are_those_that_hold() -> None:
    assert f"{lines.MOST_BYTES >> 20} MiB and {lines.MOST_LINES:,} lines in a push" in TEXT
    assert f"{lines.MOST_TOGETHER:,} lines and 4 MiB" in TEXT
    assert f"{lines.MOST_LINE_BYTES >> 20} MiB in a line, {lines.MOST_DEPTH} levels" in TEXT


def _alike(told: dict[str, Any], shown: dict[str, Any]) -> bool:
    """All but the id and the address in which it stands."""
    same = {name for name in shown if told[name] == shown[name]}
    return told.keys() == shown.keys() and shown.keys() - same == {"id", "url"}
