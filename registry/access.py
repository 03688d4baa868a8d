"""The one door to models and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projects.access import Key, fetch, group_verbs, require
from projects.roles import Verb
from registry.models import Model, Version

if TYPE_CHECKING:
    from projects.scoping import Person


def get_model(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Model:
    """A model by UUID. Raises NotThere, NotAllowed."""
    rows = Model.objects.visible_to(person).select_related("group__partner", "project")
    model = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(group_verbs(person, model.group), verb)
    return model


def get_version(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Version:
    """A version by UUID. Raises NotThere, NotAllowed."""
    rows = Version.objects.visible_to(person).select_related("model__group__partner")
    version = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(group_verbs(person, version.model.group), verb)
    return version
