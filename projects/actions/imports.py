"""Spreadsheets of partners and groups: a look first, then all rows or none, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from projects.errors import Conflict, Invalid
from projects.models import Group, Import, Partner, User
from projects.models.events import record_event

Values = Mapping[str, str]
Rows = Sequence[Values]


@dataclass(frozen=True, slots=True)
class Step:
    """What one row would do: make a record, change one, or nothing."""

    line: int
    name: str
    row: models.Model | None  # None: it is new
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Each field that would change, with what it says and would say."""
        return {
            name: (self.before.get(name), value)
            for name, value in self.after.items()
            if self.row is None or self.before.get(name) != value
        }


@dataclass(slots=True)
class Look:
    """What all rows would do, and what is wrong with some."""

    steps: list[Step] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def new(self) -> list[Step]:
        return [step for step in self.steps if step.row is None]

    @property
    def changed(self) -> list[Step]:
        return [step for step in self.steps if step.row is not None and step.changes]

    @property
    def same(self) -> int:
        """Rows that change nothing."""
        return len(self.steps) - len(self.new) - len(self.changed)


@dataclass(frozen=True, slots=True)
class Reader:
    """How rows of one kind are read: which columns there are, and what a row means."""

    kind: Import.Kind
    needed: Sequence[str]
    optional: Sequence[str]
    step: Callable[[int, Values], Step]

    @property
    def columns(self) -> list[str]:
        return [*self.needed, *self.optional]


def look_at(reader: Reader, rows: Rows) -> Look:
    """What importing them would do; nothing is written. Raises Invalid for wrong columns."""
    named = set(rows[0]) if rows else set()
    missing = [name for name in reader.needed if name not in named]
    strange = sorted(named - set(reader.columns))
    if missing or strange:
        raise Invalid(
            _("Columns missing: %(missing)s; not known: %(strange)s. There are: %(all)s.")
            % {
                "missing": ", ".join(missing) or "–",
                "strange": ", ".join(strange) or "–",
                "all": ", ".join(reader.columns),
            }
        )
    found = Look()
    seen: dict[str, int] = {}
    for line, values in enumerate(rows, 2):
        try:
            step = reader.step(line, _with_all(reader, values))
        except Invalid as wrong:
            found.problems.append((line, str(wrong.detail)))
            continue
        first = seen.setdefault(step.name.casefold(), line)
        if first != line:
            found.problems.append((line, _("The same as line %(n)s.") % {"n": first}))
            continue
        found.steps.append(step)
    return found


@transaction.atomic
def carry_out(*, by: User, reader: Reader, rows: Rows, file_name: str, now: datetime) -> Import:
    """Make and change all that the rows say. Raises Invalid if any row is wrong."""
    found = look_at(reader, rows)
    if found.problems:
        line, sentence = found.problems[0]
        raise Invalid(_("Line %(n)s: %(why)s") % {"n": line, "why": sentence})
    made = [_keep(step, reader) for step in (*found.new, *found.changed)]
    return note_import(by=by, kind=reader.kind, file_name=file_name, made=made, now=now)


def note_import(
    *, by: User, kind: Import.Kind, file_name: str, made: list[dict[str, Any]], now: datetime
) -> Import:
    """Keep what an import did. Raises Invalid if that is nothing."""
    if not made:
        raise Invalid(_("Nothing is new or different: there is nothing to import."))
    done = Import.objects.create(kind=kind, file_name=file_name[:200], by=by, at=now, made=made)
    record_event(
        by=by, kind="import_records", about=done, now=now, changes={"rows": [None, len(made)]}
    )
    return done


@transaction.atomic
def undo_import(*, by: User, done: Import, now: datetime) -> Import:
    """Take back what nothing depends on and nobody changed since; the rest is kept and told.

    Raises Conflict if it was undone already.
    """
    done = Import.objects.select_for_update().get(pk=done.pk)
    if done.undone_at:
        raise Conflict(_("It was taken back already."))
    kept = []
    for entry in reversed(done.made):
        why = _take_back(entry)
        if why:
            kept.append({"name": entry["name"], "why": why})
    done.undone_at, done.undone_by, done.kept = now, by, kept
    done.save(update_fields=["undone_at", "undone_by", "kept"])
    record_event(
        by=by, kind="undo_import", about=done, now=now, changes={"kept": [None, len(kept)]}
    )
    return done


def entry_of(
    row: models.Model, name: str, before: dict[str, Any] | None, after: dict[str, Any]
) -> dict[str, Any]:
    """What is kept of one record that was made or changed."""
    return {
        "model": row._meta.label_lower,
        "id": str(row.pk),
        "name": name,
        "before": before,
        "after": after,
    }


def _keep(step: Step, reader: Reader) -> dict[str, Any]:
    row: Any = step.row
    if row is None:
        row = (Partner if reader.kind == Import.Kind.PARTNERS else Group)(**_typed(step.after))
        row.save()
        return entry_of(row, step.name, None, step.after)
    for name, value in _typed(step.after).items():
        setattr(row, name, value)
    row.save()
    changed = step.changes
    before = {name: pair[0] for name, pair in changed.items()}
    after = {name: pair[1] for name, pair in changed.items()}
    return entry_of(row, step.name, before, after)


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """References stand in the record of an import by their id."""
    return {("partner_id" if name == "partner" else name): v for name, v in values.items()}


def _take_back(entry: dict[str, Any]) -> str:
    """Why it was not, "" if it was."""
    model = apps.get_model(entry["model"])
    row: Any = (
        model._default_manager.select_for_update(of=("self",)).filter(pk=entry["id"]).first()
    )
    if row is None:
        return _("It is not there any more.")
    if any(str(getattr(row, n)) != str(v) for n, v in _typed(entry["after"]).items()):
        return _("It was changed since.")
    if entry["before"] is None:
        if is_used(row):
            return _("Something belongs to it by now.")
        row.delete()
        return ""
    for name, value in _typed(entry["before"]).items():
        setattr(row, name, value)
    row.save()
    return ""


def is_used(row: models.Model) -> bool:
    """Whether any other row points to it, by a key that is followed or by one that is not."""
    for relation in row._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and relation.is_relation:
            name: Any = relation.field.name  # type: ignore[union-attr]
            others: Any = relation.related_model
            if others._default_manager.filter(**{name: row.pk}).exists():
                return True
    return False


def _with_all(reader: Reader, values: Values) -> Values:
    return {name: values.get(name, "").strip() for name in reader.columns}


def _checked(row: models.Model, exclude: Iterable[str] = ()) -> None:
    """Raises Invalid with what the fields themselves refuse."""
    try:
        row.clean_fields(exclude=set(exclude))
    except ValidationError as wrong:
        parts = [f"{name}: {' '.join(texts)}" for name, texts in wrong.message_dict.items()]
        raise Invalid("; ".join(parts)) from wrong


def _partner(line: int, values: Values) -> Step:
    after = {
        "name": values["name"],
        "slug": values["short_name"].lower(),
        "sector": values["sector"].lower().replace(" ", "_") or Partner.Sector.RESEARCH.value,
        "country": values["country"].upper(),
        "city": values["city"],
        "ror": values["ror"],
    }
    _checked(Partner(**after), exclude=["id", "public_record"])
    row = Partner.objects.filter(slug=after["slug"]).first()
    same = Partner.objects.filter(name=after["name"]).exclude(slug=after["slug"]).first()
    if same:
        raise Invalid(_("“%(name)s” has the short name %(slug)s here.")
                      % {"name": same.name, "slug": same.slug})  # fmt: skip
    if row is not None and row.public_record == {} and not after["ror"]:
        after["ror"] = row.ror  # an empty cell takes nothing away
    before = {name: getattr(row, name) for name in after} if row else {}
    return Step(line, after["slug"], row, before, after)


def _group(line: int, values: Values) -> Step:
    partner = Partner.objects.filter(slug=values["partner"].lower()).first()
    if partner is None:
        raise Invalid(_("No partner has the short name “%(slug)s”.") % {"slug": values["partner"]})
    after = {
        "partner": str(partner.pk),
        "name": values["name"],
        "slug": values["short_name"].lower(),
        "description": values["description"],
        "contact": values["contact"],
    }
    _checked(Group(**_typed(after)), exclude=["id", "partner"])
    row = Group.objects.filter(partner=partner, slug=after["slug"]).first()
    before = {name: getattr(row, name) for name in after if name != "partner"} if row else {}
    if row:
        before["partner"] = str(row.partner_id)
    return Step(line, f"{partner.slug}/{after['slug']}", row, before, after)


PARTNERS = Reader(
    Import.Kind.PARTNERS, ("name", "short_name"), ("sector", "country", "city", "ror"), _partner
)
GROUPS = Reader(
    Import.Kind.GROUPS, ("partner", "name", "short_name"), ("description", "contact"), _group
)
