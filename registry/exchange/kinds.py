"""How a line of each type becomes an entry: by the actions that the API's own calls use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid, NotAllowed, NotThere
from projects.roles import Verb, Visibility
from registry import access
from registry.actions.datasets import register_dataset, update_dataset
from registry.actions.figures import record_figure
from registry.actions.lineage import change_kind, link_parent, unlink_parent
from registry.actions.models import plan_model, update_model
from registry.actions.states import move_model
from registry.actions.versions import VersionFacts, create_version, update_version
from registry.exchange.references import Named, References
from registry.models import Dataset, Derivation, Figure, Model, Version
from registry.vocabulary import ENDED_STATES, ModelState

Values = dict[str, Any]


class Kind(ABC):
    """One type of line, for one person and group."""

    table: ClassVar[Any]

    def __init__(self, references: References) -> None:
        self.references = references
        self.user, self.group = references.user, references.group

    def present(self, keys: Iterable[UUID]) -> set[UUID]:
        """Which of the entries are still there."""
        return set(self.table.objects.filter(pk__in=list(keys)).values_list("pk", flat=True))

    def find(self, key: UUID) -> Any:
        """An entry of the group, None if it is none: a key that is another's id is just a key."""
        try:
            row = self.fetch(key)
        except (NotThere, NotAllowed):
            return None
        return row if self.home_of(row) == self.group.pk else None

    @abstractmethod
    def fetch(self, key: UUID) -> Any:
        """By the one door. Raises NotThere, NotAllowed."""

    @abstractmethod
    def home_of(self, row: Any) -> UUID:
        """The id of the group that an entry belongs to."""

    @abstractmethod
    def create(self, values: Values) -> tuple[Any, bool]:
        """The entry, and whether it is new. Raises Refused."""

    @abstractmethod
    def update(self, row: Any, values: Values) -> tuple[Any, bool]:
        """The entry, and whether anything changed; what is left out stays. Raises Refused."""

    def _check_place(self, row: Any, values: Values) -> None:
        """Take group and project out of the values. Raises Invalid for another one."""
        group = values.pop("group", self.group.pk)
        if group != self.group.pk:
            sentence = _("This push is for another group. Leave the group out.")
            raise Invalid(sentence, fields={"group": [sentence]})
        if row is not None and values.pop("project", row.project_id) != row.project_id:
            sentence = _("An entry stays in the project in which it was registered.")
            raise Invalid(sentence, fields={"project": [sentence]})

    def _link(self, child: Version, named: list[Named]) -> bool:
        """Add what is not there yet; whether there was any."""
        edges = list(child.parents.select_related("parent"))
        new = [one for one in named if not any(is_same_edge(edge, one) for edge in edges)]
        for one in new:
            link_parent(by=self.user, child=child, parent=one.parent, now=timezone.now())
        return bool(new)


class Datasets(Kind):
    table = Dataset

    def fetch(self, key: UUID) -> Dataset:
        return access.get_dataset(self.user, key, Verb.EDIT_MODEL)

    def home_of(self, row: Dataset) -> UUID:
        return row.group_id

    def create(self, values: Values) -> tuple[Dataset, bool]:
        self._check_place(None, values)
        project = self.references.project(values.pop("project", None))
        parents = self._parents(values.pop("parents", []))
        made = register_dataset(
            by=self.user,
            group=self.group,
            project=project,
            values={"visibility": Visibility.GROUP.value, **values},
            parents=parents,
            now=timezone.now(),
        )
        return made, True

    def update(self, row: Dataset, values: Values) -> tuple[Dataset, bool]:
        self._check_place(row, values)
        parents = self._parents(values.pop("parents")) if "parents" in values else None
        if parents is not None and {(one.pk, kind) for one, kind in parents} == set(
            row.parents.values_list("parent", "kind")
        ):
            parents = None
        values = {name: new for name, new in values.items() if getattr(row, name) != new}
        if not values and parents is None:
            return row, False
        now = timezone.now()
        return update_dataset(
            by=self.user, dataset=row, values=values, parents=parents, now=now
        ), True

    def _parents(self, named: list[Values]) -> list[tuple[Dataset, str]]:
        return [(self.references.dataset(row["dataset"], "parents"), row["kind"]) for row in named]


class Models(Kind):
    table = Model

    def fetch(self, key: UUID) -> Model:
        return access.get_model(self.user, key, Verb.EDIT_MODEL)

    def home_of(self, row: Model) -> UUID:
        return row.group_id

    def create(self, values: Values) -> tuple[Model, bool]:
        self._check_place(None, values)
        state = values.pop("state", ModelState.PLANNED.value)
        if state in ENDED_STATES:
            sentence = _("Something new is planned, in training or released.")
            raise Invalid(sentence, fields={"state": [sentence]})
        project = self.references.project(values.pop("project", None))
        parents = self.references.parents(values.pop("parents", []))
        made = plan_model(
            by=self.user,
            group=self.group,
            project=project,
            facts={"visibility": Visibility.GROUP.value, **values},  # type: ignore[typeddict-item]
            parents=[one.parent for one in parents],
            state=state,
            now=timezone.now(),
        )
        return made, True

    def update(self, row: Model, values: Values) -> tuple[Model, bool]:
        self._check_place(row, values)
        state = values.pop("state", row.state)
        parents = self.references.parents(values.pop("parents", []))
        before = row.updated_at
        facts: Any = values
        update_model(by=self.user, model=row, facts=facts, now=timezone.now())
        is_changed = row.updated_at != before
        is_changed |= self._follow(row, state)
        return row, self._link(row.newest_version(), parents) or is_changed

    def _follow(self, model: Model, state: str) -> bool:
        """Go where the sender's line stands, over training to a release.

        Here the first weights end the plan, whatever the line still says.
        """
        if state == model.state or (state, model.state) == (
            ModelState.PLANNED,
            ModelState.TRAINING,
        ):
            return False
        steps = [state]
        if (model.state, state) == (ModelState.PLANNED, ModelState.RELEASED):
            steps = [ModelState.TRAINING.value, state]
        for step in steps:
            move_model(by=self.user, model=model, state=step, now=timezone.now())
        return True


class Versions(Kind):
    table = Version

    def fetch(self, key: UUID) -> Version:
        return access.get_version(self.user, key, Verb.EDIT_MODEL)

    def home_of(self, row: Version) -> UUID:
        return row.model.group_id

    def create(self, values: Values) -> tuple[Version, bool]:
        model = self.references.own_model(values.pop("model"), "model")
        parents = self.references.parents(values.pop("parents", []))
        made = create_version(
            by=self.user,
            model=model,
            facts=VersionFacts(**values),
            parents=[one.parent for one in parents],
            now=timezone.now(),
        )
        return made, True

    def update(self, row: Version, values: Values) -> tuple[Version, bool]:
        model = self.references.own_model(values.pop("model"), "model")
        if model.pk != row.model_id:
            sentence = _("A version stays with its model.")
            raise Invalid(sentence, fields={"model": [sentence]})
        parents = self.references.parents(values.pop("parents", []))
        values = {name: new for name, new in values.items() if getattr(row, name) != new}
        if values:
            update_version(by=self.user, version=row, values=values, now=timezone.now())
        return row, self._link(row, parents) or bool(values)


class Figures(Kind):
    """Nothing is overwritten: a line that says something else now is a new figure."""

    table = Figure

    def fetch(self, key: UUID) -> Figure:
        return access.get_figure(self.user, key)

    def home_of(self, row: Figure) -> UUID:
        return row.model.group_id

    def create(self, values: Values) -> tuple[Figure, bool]:
        now = timezone.now()
        return record_figure(
            by=self.user, now=now, **{"as_of": now.date(), **self._about(values)}
        ), True

    def update(self, row: Figure, values: Values) -> tuple[Figure, bool]:
        said = self._about(values)
        if all(getattr(row, name) == value for name, value in said.items()):
            return row, False
        now = timezone.now()
        return record_figure(by=self.user, now=now, **{"as_of": now.date(), **said}), True

    def _about(self, values: Values) -> Values:
        """With the model and the version that are meant."""
        if "version" in values:
            version = self.references.own_version(values.pop("version"), "version")
            return {**values, "version": version, "model": version.model}
        model = self.references.own_model(values.pop("model"), "model")
        return {**values, "version": None, "model": model}


class Derivations(Kind):
    table = Derivation

    def fetch(self, key: UUID) -> Derivation:
        return access.get_derivation(self.user, key, Verb.EDIT_MODEL)

    def home_of(self, row: Derivation) -> UUID:
        return row.child.model.group_id

    def create(self, values: Values) -> tuple[Derivation, bool]:
        """A derivation that another line named already among its parents is that one."""
        child = self.references.child(values.pop("child"))
        named = self.references.parent(values)
        for edge in child.parents.select_related("parent"):
            if is_same_edge(edge, named):
                return edge, False
        return link_parent(
            by=self.user, child=child, parent=named.parent, now=timezone.now()
        ), True

    def update(self, row: Derivation, values: Values) -> tuple[Derivation, bool]:
        child = self.references.child(values.pop("child"))
        named = self.references.parent(values)
        if child.pk == row.child_id and is_same_edge(row, named):
            return row, False
        now = timezone.now()
        if child.pk == row.child_id and is_same_edge(row, named, of_any_kind=True):
            return change_kind(by=self.user, edge=row, kind=named.parent.kind, now=now), True
        unlink_parent(by=self.user, edge=row, now=now)
        return link_parent(by=self.user, child=child, parent=named.parent, now=now), True


def is_same_edge(edge: Derivation, named: Named, *, of_any_kind: bool = False) -> bool:
    """Whether a derivation is the one that a line names."""
    parent = named.parent
    if not of_any_kind and edge.kind != parent.kind:
        return False
    if edge.parent is None or parent.version is None:
        return edge.parent is parent.version and edge.literal == parent.literal
    if named.is_by_model:
        return edge.parent.model_id == parent.version.model_id
    return edge.parent_id == parent.version.pk


KINDS: dict[str, type[Kind]] = {
    "dataset": Datasets,
    "model": Models,
    "version": Versions,
    "figure": Figures,
    "derivation": Derivations,
}
