"""Catalogues as their senders write them, and what they are told."""

from __future__ import annotations

import json
from typing import Any

from projects.models import Group
from tests.conftest import Caller

Line = dict[str, Any]


def written(*lines: Line | bytes) -> bytes:
    """One JSON object a line; bytes as they are."""
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )


def send(caller: Caller, group: Group, *lines: Line | bytes, more: str = "", key: str = "") -> Any:
    """A push as it is answered."""
    return caller.post(f"catalogue/?group={group.pk}{more}", written(*lines), key=key)


def push(
    caller: Caller, group: Group, *lines: Line | bytes, more: str = "", key: str = ""
) -> list[Line]:
    """The outcomes by line, without the totals."""
    answer = send(caller, group, *lines, more=more, key=key)
    assert answer.status_code == 200, answer.content
    told = read(answer)
    assert told.pop()["type"] == "totals"
    return sorted(told, key=lambda line: int(line["line"]))


def read(answer: Any) -> list[Line]:
    """The lines of an answer."""
    return [json.loads(line) for line in answer.getvalue().splitlines()]


def statuses(outcomes: list[Line]) -> list[str]:
    return [str(outcome["status"]) for outcome in outcomes]


def pull(caller: Caller, since: str = "") -> list[Line]:
    """The public catalogue without its totals."""
    answer = caller.get("catalogue/" + (f"?since={since}" if since else ""))
    assert answer.status_code == 200, answer.content
    told = read(answer)
    assert told.pop()["type"] == "totals"
    return told


CORPUS: Line = {"type": "dataset", "key": "corpus", "name": "Corpus", "languages": ["de"]}
CLEAN: Line = {
    "type": "dataset",
    "key": "clean",
    "name": "Corpus, clean",
    "parents": [{"dataset": "corpus", "kind": "filtered"}],
}
BASE: Line = {
    "type": "model",
    "key": "base-7b",
    "name": "Base 7B",
    "state": "released",
    "modality_out": ["text"],
    "languages": ["de", "en"],
    "datasets": ["Corpus"],
    "licence": "Apache-2.0",
    "description": "Ours.",
}
CHAT: Line = {"type": "model", "key": "chat-7b", "name": "Chat 7B", "state": "planned"}
WEIGHTS: Line = {
    "type": "version",
    "key": "base-7b/1",
    "model": "base-7b",
    "source": "s3://weights/base-7b/1",
}
SIZE: Line = {
    "type": "figure",
    "key": "base-7b/parameters",
    "model": "base-7b",
    "kind": "parameters",
    "value": "7000000000",
    "as_of": "2026-05-01",
}
MADE_FROM: Line = {
    "type": "derivation",
    "key": "chat-7b<base-7b",
    "child": "chat-7b",
    "version": "base-7b/1",
    "kind": "finetune",
}
ALL = (CORPUS, CLEAN, BASE, CHAT, WEIGHTS, SIZE, MADE_FROM)
PUBLIC = tuple(
    {**line, "visibility": "public"} if line["type"] in {"dataset", "model"} else line
    for line in ALL
)


def errors_of(outcome: dict[str, Any]) -> set[str]:
    """The fields that a refused line is wrong in."""
    assert outcome["status"] == "failed"
    assert outcome["detail"]
    return set(outcome["errors"])
