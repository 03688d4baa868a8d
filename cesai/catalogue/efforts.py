"""Records of a catalogue as efforts to compare, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from cesai.catalogue.reading import period, rows, text, texts, whole
from cesai.catalogue.words import MODES, compared_tasks, modalities
from registry.overlap import Effort
from registry.overlap.effort import facts
from registry.vocabulary import TrainingMode

NOBODY = {"community", "unknown", "various", ""}  # no organisation that could be the same one


def efforts_of(records: Iterable[dict[str, Any]]) -> dict[str, Effort]:
    """Efforts by name; lineage is closed over the parents that the records name.

    Raises Invalid for a value of the wrong kind.
    """
    known = {text(record, "name"): record for record in records}
    hub = {text(record, "hub_id"): name for name, record in known.items()}
    parents = {
        name: [hub.get(parent, parent) for parent in _parents(record)]
        for name, record in known.items()
    }
    return {name: _effort(name, record, parents) for name, record in known.items()}


def _effort(name: str, record: dict[str, Any], parents: Mapping[str, list[str]]) -> Effort:
    takes, gives = modalities(record)
    tasks, domains = compared_tasks(texts(record, "domain_tasks"))
    makers = [maker.strip() for maker in texts(record, "organisations")]
    partners = [maker for maker in makers if maker.lower() not in NOBODY]
    begin, end = _window(record)
    return Effort(
        key=name,
        name=name,
        modality_in=facts(takes),
        modality_out=facts(gives),
        languages=facts(texts(record, "languages")),
        tasks=facts(tasks),
        domains=facts(domains),
        training_mode=MODES.get(text(record, "kind"), TrainingMode.UNKNOWN).value,
        parameters=whole(record, "parameters"),
        tokens=whole(record, "training_tokens"),
        datasets=facts(texts(record, "datasets")),
        licence=text(record, "licence"),
        begin=begin,
        end=end,
        group=partners[0] if partners and partners[0] == makers[0] else "",
        partners=facts(partners),
        ancestors=_ancestors(name, parents),
        words=text(record, "description"),
    )


def _parents(record: dict[str, Any]) -> list[str]:
    return [text(row, "name") for row in rows(record, "parents") if text(row, "name")]


def _ancestors(name: str, parents: Mapping[str, list[str]]) -> frozenset[str]:
    found: set[str] = set()
    left = list(parents.get(name, ()))
    while left:
        at = left.pop()
        if at not in found and at != name:
            found.add(at)
            left += parents.get(at, ())
    return frozenset(found)


def _window(record: dict[str, Any]) -> tuple[date | None, date | None]:
    """The release, as exactly as it is known: a day, all of a month, all of a year."""
    try:
        begin, after = period(text(record, "release_date"))
    except (ValueError, OverflowError):  # there is no such day: then it is not known
        return None, None
    return begin, after - timedelta(1) if after else None
