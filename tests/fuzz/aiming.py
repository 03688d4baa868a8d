"""Gives generated calls a target: ids that exist, of the caller's own side or of the other.

Only what already has the shape of an id is exchanged for another id, so a call that the
description refuses stays refused, and one that it admits stays admitted.
"""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID, uuid4

from tests.fuzz.sides import Side, Sides

# What a name in a body or in a filter refers to, where it is not the name of the kind itself.
KINDS = {
    "group": "groups",
    "lead_group": "groups",
    "partner": "partners",
    "project": "projects",
    "initiative": "initiatives",
    "stage_of": "initiatives",
    "pool": "pools",
    "cluster": "clusters",
    "model": "models",
    "into": "models",
    "successor": "models",
    "base": "models",
    "version": "versions",
    "child": "versions",
    "parent": "versions",
    "dataset": "datasets",
    "allocation": "allocations",
    "template": "templates",
    "job": "jobs",
    "line": "lines",
    "party": "parties",
    "overlaps": "overlaps",
    "object_id": "projects",
}
OWN, OTHER = 0.7, 0.2  # else the id stays as it was generated
CLOSED = {"public": "group", "partners": "group"}


class Aim:
    """One case, aimed for one caller; `foreign` are the other side's ids in it."""

    def __init__(self, sides: Sides, side: Side, random: Random) -> None:
        self.sides, self.random = sides, random
        self.against = sides.other(side)
        self.unsaid = {sides.ours.canary, sides.theirs.canary} - {side.canary}
        self.side = side
        self.foreign: list[str] = []

    def at(self, case: Any) -> None:
        """Exchange the ids in a case for known ones, in place."""
        if self.against is None:  # the staff act on one side's things at a time
            tenants = [self.sides.ours, self.sides.theirs]
            owner = self.sides.owner(case.path_parameters.get("id", ""))
            self.side = owner or self.random.choice(tenants)
        kind = kind_of(case.path)
        for name, value in list(case.path_parameters.items()):
            if name == "id":
                case.path_parameters[name] = self._known(kind, value)
            elif name in self.sides.at_the_cluster and self.random.random() < OWN:
                case.path_parameters[name] = self.random.choice(self.sides.at_the_cluster[name])
            else:
                case.path_parameters[name] = self._said(value)
        for name, value in list(case.query.items()):
            if target := kind if name == "with" else KINDS.get(name):
                case.query[name] = self._known(target, value)
            else:
                case.query[name] = self._said(value)
        if isinstance(case.body, (dict, list)):
            self._aim_body(case.body)

    def _aim_body(self, body: Any) -> None:
        for name, value in list(body.items() if isinstance(body, dict) else enumerate(body)):
            if name in KINDS and isinstance(value, list):
                value[:] = [self._known(KINDS[name], part) for part in value]
            elif isinstance(value, (dict, list)):
                self._aim_body(value)
            elif name in KINDS:
                body[name] = self._known(KINDS[name], value)
            elif name == "visibility" and isinstance(value, str):
                # What somebody opens to all is not private any more; here all stays private.
                body[name] = CLOSED.get(value, value)
            elif name == "consents" and value is True:
                body[name] = False  # nor is a group that agreed to be introduced
            else:
                body[name] = self._said(value)

    def _said(self, value: Any) -> Any:
        """The value, unless it is another's word: Hypothesis reads words in our source, too."""
        is_unsaid = isinstance(value, str) and any(word in value for word in self.unsaid)
        return "word" if is_unsaid else value

    def _known(self, kind: str, value: Any) -> Any:
        """A known id instead of an id that nobody knows."""
        if not is_id(value) or value in self.side.keys.get(kind, ()):
            return value
        chance, against = self.random.random(), self.against
        if against and value in against.private:
            self.foreign.append(value)
            return value
        theirs = sorted(set(against.keys.get(kind, ())) & against.private) if against else []
        if theirs and chance < OTHER:
            self.foreign.append(self.random.choice(theirs))
            return self.foreign[-1]
        known = self.side.keys.get(kind)
        return self.random.choice(known) if known and chance < OTHER + OWN else value


def kind_of(path: str) -> str:
    """`models` of `/api/v1/models/{id}/card/`."""
    return path.split("/")[3]


def is_id(value: Any) -> bool:
    """Whether it is a UUID, written as text."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def unknown_for(foreign: list[str]) -> dict[str, str]:
    """For each id one that nobody has."""
    return {key: str(uuid4()) for key in foreign}
