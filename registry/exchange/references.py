"""Which entry a line means: by the sender's own key in the group, or by UUID as everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from projects.access import as_uuid
from projects.errors import Invalid, NotAllowed, NotThere
from projects.models import Group, Project, User
from projects.roles import Verb
from registry import access
from registry.actions.lineage import Parent
from registry.models import Dataset, ExchangeKey, Model, Version

T = TypeVar("T")
# The words are the same for what is hidden and for what does not exist.
NOT_THERE = _("There is no such entry, or you may not see it. Is its own line right?")
ELSEWHERE = _("This belongs to another group. Push it for that group.")


class Named(NamedTuple):
    """A parent as a line names it; one named by its model stays whatever its newest version is."""

    parent: Parent
    is_by_model: bool


class References:
    """Looks up for one person what lines of one group's catalogue refer to."""

    def __init__(self, user: User, group: Group) -> None:
        self.user, self.group = user, group

    def project(self, key: UUID | None) -> Project | None:
        """Where something new is registered, None if it is in none. Raises Invalid."""
        if key is None:
            return None
        return _told("project", lambda: access.get_home(self.user, self.group.pk, key)[1])

    def dataset(self, text: str, field: str, verb: Verb = Verb.VIEW) -> Dataset:
        """Raises Invalid, naming the field, as all of these do."""
        key = self._id("dataset", text)
        return _told(field, lambda: access.get_dataset(self.user, key, verb))

    def model(self, text: str, field: str, verb: Verb = Verb.VIEW) -> Model:
        key = self._id("model", text)
        return _told(field, lambda: access.get_model(self.user, key, verb))

    def version(self, text: str, field: str, verb: Verb = Verb.VIEW) -> Version:
        key = self._id("version", text)
        return _told(field, lambda: access.get_version(self.user, key, verb))

    def own_model(self, text: str, field: str) -> Model:
        """One of the group that the person may edit."""
        model = self.model(text, field, Verb.EDIT_MODEL)
        self._check_home(model, field)
        return model

    def own_version(self, text: str, field: str) -> Version:
        """One of a model of the group that the person may edit."""
        version = self.version(text, field, Verb.EDIT_MODEL)
        self._check_home(version.model, field)
        return version

    def child(self, text: str) -> Version:
        """A version of the group, or of a model its newest, else its plan."""
        if self._knows("version", text) or not self._knows("model", text):
            try:
                return self.own_version(text, "child")
            except NotFound:  # by UUID it may be a model's
                return self.own_model(text, "child").newest_version()
        return self.own_model(text, "child").newest_version()

    def parents(self, named: list[dict[str, Any]]) -> list[Named]:
        """What a version is made from."""
        return [self.parent(row, "parents") for row in named]

    def parent(self, row: dict[str, Any], field: str = "") -> Named:
        """One of them; a hidden entry and none at all give the same answer."""
        if "literal" in row:
            return Named(Parent(None, row["literal"], row["kind"]), is_by_model=False)
        if "version" in row:
            version = self.version(row["version"], field or "version")
            return Named(Parent(version, "", row["kind"]), is_by_model=False)
        model = self.model(row["model"], field or "model")
        return Named(Parent(model.newest_version(), model.name, row["kind"]), is_by_model=True)

    def _id(self, kind: str, text: str) -> UUID | str:
        rows = ExchangeKey.objects.of(self.group).filter(kind=kind, key=text)
        return rows.values_list("object_id", flat=True).first() or as_uuid(text) or ""

    def _knows(self, kind: str, text: str) -> bool:
        return ExchangeKey.objects.of(self.group).filter(kind=kind, key=text).exists()

    def _check_home(self, model: Model, field: str) -> None:
        if model.group_id != self.group.pk:
            raise Invalid(ELSEWHERE, fields={field: [ELSEWHERE]})


class NotFound(Invalid):
    """A reference that leads to nothing that the person may see."""


def _told(field: str, fetch: Callable[[], T]) -> T:
    try:
        return fetch()
    except NotThere as error:
        raise NotFound(NOT_THERE, fields={field: [NOT_THERE]}) from error
    except NotAllowed as error:
        raise Invalid(error.detail, fields={field: [error.detail]}) from error
