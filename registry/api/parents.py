"""Which entry a body names as a parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry import access
from registry.actions.lineage import Parent

if TYPE_CHECKING:
    from projects.scoping import Person


def parent_of(person: Person, named: dict[str, Any]) -> Parent:
    """The entry that is meant; a private one and none at all give the same answer."""
    if "literal" in named:
        return Parent(None, named["literal"], named["kind"])
    if "version" in named:
        return Parent(access.get_version(person, named["version"]), "", named["kind"])
    model = access.get_model(person, named["model"])
    return Parent(model.newest_version(), model.name, named["kind"])
