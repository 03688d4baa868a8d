"""Where a version's weights lie, as far as a person may know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.models.derivations import Derivation
from registry.models.versions import Version

if TYPE_CHECKING:
    from projects.scoping import Person

COPIED = "copied from it"  # the note on the derivation of a version that is a copy of another
FARTHEST = 10


def shown_source(version: Version, person: Person) -> str:
    """The source as written; of a copy of something hidden nothing, for it names the original."""
    return "" if is_hidden_copy(version, person) else version.source


def is_hidden_copy(version: Version, person: Person) -> bool:
    """Whether it was copied from what the person may not see: then source and run are not told."""
    return version.source.startswith("models:/") and _original(version, person) is None


def download_uri(version: Version, person: Person) -> str:
    """Where the weights can be fetched: of a copy, where the original's lie."""
    for _step in range(FARTHEST):
        if not version.source.startswith("models:/"):
            return version.source
        original = _original(version, person)
        if original is None:
            return ""
        version = original
    return shown_source(version, person)


def _original(version: Version, person: Person) -> Version | None:
    edges = Derivation.objects.visible_to(person).filter(child=version, note=COPIED)
    edge = edges.select_related("parent").first()
    return edge.parent if edge else None
