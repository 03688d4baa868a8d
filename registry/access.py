"""The one door to models, versions, datasets and what belongs to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from projects.access import (
    Key,
    as_uuid,
    fetch,
    get_group,
    get_project,
    group_verbs,
    portal_verbs,
    require,
)
from projects.errors import NotAllowed, NotThere
from projects.models import Group, Project, User
from projects.roles import Verb
from registry.models import (
    Case,
    CaseParty,
    Dataset,
    Derivation,
    Figure,
    Model,
    Overlap,
    Version,
    Watch,
)
from registry.models.candidates import Candidate, Sight, read_seen_candidate
from registry.vocabulary import ModelState

if TYPE_CHECKING:
    from projects.scoping import Person

ADDRESS = re.compile(r"models:/(?P<name>[^/@]+)(?:/(?P<number>\d{1,9})|@(?P<alias>[\w-]+))?")


def get_model(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Model:
    """A model by UUID. Raises NotThere, NotAllowed."""
    rows: QuerySet[Model] = Model.objects.visible_to(person)
    model = fetch(rows.select_related("group__partner", "project"), key)
    if verb is not Verb.VIEW:
        require(group_verbs(person, model.group), verb)
    return model


def get_candidate(person: Person, key: Key) -> Candidate:
    """A model as it is compared, by UUID, in one statement. Raises NotThere."""
    identifier = as_uuid(key)
    sight = Sight.of_pages(person)
    found = read_seen_candidate(identifier, sight) if identifier else None
    if found is None:
        raise NotThere
    return found


def get_home(person: User, group: Key, project: Key | None) -> tuple[Group, Project | None]:
    """Where something new is registered: a group, and a project or none.

    Raises NotThere, NotAllowed.
    """
    home = get_group(person, group, Verb.PLAN_MODEL)
    return home, get_project(person, project, Verb.PLAN_MODEL) if project else None


def merging_verb(person: Person) -> Verb:
    """What joining two records takes on both: coordinators may see them, others must edit them."""
    return Verb.VIEW if Verb.MERGE_MODELS in portal_verbs(person) else Verb.EDIT_MODEL


def get_newest(person: Person, key: Key) -> UUID:
    """The version that a model stands for in its lineage, in one query. Raises NotThere."""
    identifier = as_uuid(key)
    rows = Version.objects.visible_to(person).filter(model=identifier).newest_first()
    found = rows.values_list("pk", flat=True).first() if identifier else None
    if found is None:
        raise NotThere
    return found


def get_version(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Version:
    """A version by UUID. Raises NotThere, NotAllowed."""
    rows = Version.objects.visible_to(person)
    version = fetch(rows.select_related("model__group__partner", "model__project"), key)
    if verb is not Verb.VIEW:
        require(group_verbs(person, version.model.group), verb)
    return version


def get_figure(person: Person, key: Key) -> Figure:
    """A figure by UUID. Raises NotThere."""
    return fetch(Figure.objects.visible_to(person), key)


def get_derivation(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Derivation:
    """A derivation by UUID; who edits the child edits it. Raises NotThere, NotAllowed."""
    rows = Derivation.objects.visible_to(person)
    edge = fetch(
        rows.select_related("child__model__group", "child__model__project", "parent"), key
    )
    if verb is not Verb.VIEW:
        require(group_verbs(person, edge.child.model.group), verb)
    return edge


def get_dataset(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Dataset:
    """A dataset by UUID. Raises NotThere, NotAllowed."""
    rows = Dataset.objects.visible_to(person).select_related("group__partner", "project")
    dataset = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(group_verbs(person, dataset.group), verb)
    return dataset


def get_overlap(person: Person, key: Key) -> Overlap:
    """A scored pair by UUID. Raises NotThere."""
    rows = Overlap.objects.visible_to(person)
    return fetch(rows.select_related("a__group__partner", "b__group__partner"), key)


def get_case(person: User, key: Key, verb: Verb = Verb.VIEW) -> Case:
    """A case by UUID; who is a party to it or stands aside does not handle it.

    Raises NotThere, NotAllowed.
    """
    case = fetch(Case.objects.visible_to(person).select_related("owner", "deputy"), key)
    if verb is Verb.HANDLE_CASE:
        require(portal_verbs(person), verb)
        if case.is_party(person):
            raise NotAllowed(
                _("Your own group is a party to this case. Somebody else handles it.")
            )
        if case.recusals.filter(user=person).exists():
            raise NotAllowed(_("You stand aside in this case. Somebody else handles it."))
    return case


def get_party(person: User, case: Case, key: Key) -> CaseParty:
    """A party of a case, for its own group's lead. Raises NotThere, NotAllowed."""
    rows = case.parties.filter(group__in=list(person.standing.group_roles))
    party = fetch(rows.select_related("group", "model", "case"), key)
    require(group_verbs(person, party.group), Verb.ANSWER_CASE)
    return party


def get_watch(person: Person, key: Key) -> Watch:
    """One of one's own watches. Raises NotThere."""
    return fetch(Watch.objects.visible_to(person), key)


def version_named(person: Person, text: str, *, home: UUID | None) -> Version | None:
    """The version that a written name means to this person, None if it is none they may see.

    Understood are a name of the home group, `partner.group.name`, the name on the Hub, and
    MLflow's `models:/name/3` and `models:/name@alias`.
    """
    if "\0" in text:
        return None
    address = ADDRESS.fullmatch(text)
    name, number, alias = (
        address.group("name", "number", "alias") if address else (text, None, None)
    )
    model = model_named(person, name, home=home)
    if model is None:
        return None
    if number:
        return model.versions.numbered().filter(number=int(number)).first()
    if alias:
        return model.versions.numbered().filter(aliases__name=alias).first()
    return model.newest_version()


def model_named(person: Person, name: str, *, home: UUID | None) -> Model | None:
    """The model that a bare or qualified name means to this person."""
    rows: QuerySet[Model] = Model.objects.visible_to(person).exclude(state=ModelState.WITHDRAWN)
    if home is not None:
        found = rows.filter(group=home, name=name).first()
        if found is not None:
            return found
    if name.count(".") >= 2:
        found = rows.filter(qualified=name).first()
        if found is not None:
            return found
    on_hub = rows.filter(hub_id=name).exclude(hub_id="").order_by("created_at")
    return on_hub.first()
