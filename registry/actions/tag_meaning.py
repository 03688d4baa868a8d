"""Tags of other tools that mean something here: they become derivations and projects, not words.

`cesai.base_model` (or `base_model`) and `cesai.relation` of a version or model say what it derives
from, `cesai.project` of a model to which project it belongs, `cesai.allocation` with which
allocation it is made. The columns are the truth; whoever reads the tags is shown what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.access import get_project
from projects.errors import Invalid, Refused
from projects.models import User
from projects.models.events import record_event
from projects.roles import Verb
from registry.access import version_named
from registry.actions.audience import told_in
from registry.actions.lineage import Parent, change_kind, link_parent, unlink_parent
from registry.actions.tags import Tagged, remove_tag, set_tag
from registry.models import Derivation, Model, Version
from registry.models.sources import COPIED
from registry.vocabulary import Evidence, ParentKind

BASES = frozenset({"cesai.base_model", "base_model"})
RELATION, PROJECT, ALLOCATION = "cesai.relation", "cesai.project", "cesai.allocation"
MEANING = BASES | {RELATION, PROJECT}
# Key → what raises Invalid for a value that a higher app does not know; filled when it starts.
CHECKS: dict[str, Callable[[User, str], None]] = {}


@transaction.atomic
def put_tag(*, by: User, about: Tagged, key: str, value: str, now: datetime) -> None:
    """Set a tag, or do what it means. Raises Invalid with what would be right."""
    if key in BASES:
        _put_base(by, _version_of(about), value, now)
    elif key == RELATION:
        _put_relation(by, _version_of(about), value, now)
    elif key == PROJECT:
        _put_project(by, about, value, now)
    else:
        if key in CHECKS:
            CHECKS[key](by, value)
        set_tag(by=by, about=about, key=key, value=value, now=now)


@transaction.atomic
def drop_tag(*, by: User, about: Tagged, key: str, now: datetime) -> None:
    """Remove a tag, or what it stood for."""
    if key in BASES:
        for edge in _edges(by, _version_of(about)):
            unlink_parent(by=by, edge=edge, now=now)
    elif key == PROJECT:
        if isinstance(about, Model) and about.project_id:
            _move_to(by, about, None, now)
    elif key != RELATION:
        remove_tag(by=by, about=about, key=key, now=now)


def parents_in(
    tags: dict[str, str], by: User, model: Model, original: Version | None = None
) -> list[Parent]:
    """What tags given with a new version say of its parents; first what it is a copy of.

    Raises Invalid, as put_tag does for each of the tags.
    """
    if PROJECT in tags:
        raise _no_project_of_a_version()
    names = dict.fromkeys(tags[key] for key in sorted(BASES, reverse=True) if tags.get(key))
    relation = tags.get(RELATION, "")
    kind = _kind(relation)
    if relation and not names and original is None:
        raise _no_base_yet()
    parents = [
        Parent(_base_named(by, name, model), name, kind, is_inferred=not relation)
        for name in names
    ]
    if original is None:
        return parents
    others = [parent for parent in parents if parent.version != original]
    if relation and (not parents or len(others) < len(parents)):
        return [Parent(original, "", kind, note=COPIED), *others]
    return [Parent(original, "", ParentKind.UNKNOWN, is_inferred=True, note=COPIED), *others]


def in_order(keys: Iterable[str]) -> list[str]:
    """The keys so that what a relation is about is there before it is said."""
    return sorted(keys, key=lambda key: (key == RELATION, key))


def plain(tags: dict[str, str], by: User) -> dict[str, str]:
    """Those that are kept as words. Raises Invalid."""
    for key, value in tags.items():
        if key in CHECKS:
            CHECKS[key](by, value)
    return {key: value for key, value in tags.items() if key not in MEANING}


def _base_named(by: User, name: str, model: Model) -> Version | None:
    if not name.strip() or len(name) > 300:
        raise Invalid(_("Name the base model: an entry here, or its name on the Hub."))
    return version_named(by, name, home=model.group_id)


def _no_base_yet() -> Invalid:
    return Invalid(_("Set cesai.base_model first; cesai.relation says how it derives from it."))


def _no_project_of_a_version() -> Invalid:
    return Invalid(_("A project belongs to a model: set cesai.project on the model."))


def _put_base(by: User, version: Version, name: str, now: datetime) -> None:
    parent = _base_named(by, name, version.model)
    known = _edges(by, version)
    if any(edge.literal == name or (parent and edge.parent_id == parent.pk) for edge in known):
        return
    link_parent(
        by=by,
        child=version,
        parent=Parent(parent, name, ParentKind.UNKNOWN, is_inferred=True),
        evidence=Evidence.DECLARED,
        now=now,
    )


def _put_relation(by: User, version: Version, text: str, now: datetime) -> None:
    kind = _kind(text)
    edges = _edges(by, version)
    if not edges:
        raise _no_base_yet()
    for edge in edges:
        change_kind(by=by, edge=edge, kind=kind, now=now)


def _put_project(by: User, about: Tagged, slug: str, now: datetime) -> None:
    if not isinstance(about, Model):
        raise _no_project_of_a_version()
    try:
        project = get_project(by, slug, Verb.PLAN_MODEL)
    except Refused as refusal:
        raise Invalid(
            _("“%(slug)s” is no project of yours; give the short name of one.") % {"slug": slug}
        ) from refusal
    if about.project_id != project.pk:
        _move_to(by, about, project.pk, now)


def _move_to(by: User, model: Model, project: object, now: datetime) -> None:
    before, model.project_id, model.updated_at = model.project_id, project, now  # type: ignore[assignment]
    model.save(update_fields=["project", "updated_at"])
    record_event(
        by=by,
        kind="move_to_project",
        about=model,
        project=told_in(model),
        now=now,
        changes={"project": [str(before or ""), str(project or "")]},
    )


def _kind(text: str) -> str:
    if text and text not in set(ParentKind):
        raise Invalid(
            _("“%(text)s” is no relation. Write one of: %(known)s.")
            % {"text": text, "known": ", ".join(ParentKind)}
        )
    return text or ParentKind.UNKNOWN.value


def _version_of(about: Tagged) -> Version:
    return about if isinstance(about, Version) else about.newest_version()


def _edges(by: User, version: Version) -> list[Derivation]:
    """What the tags tell this person; they change nothing else."""
    rows = Derivation.objects.visible_to(by).filter(child=version)
    return list(rows.select_related("child__model__group", "child__model__project"))
