"""Recording figures; the columns that lists filter by follow the best of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid
from projects.models import User
from projects.models.events import record_event
from registry.actions.audience import told_in
from registry.models import Figure, Model, Version
from registry.models.figures import best_of, one_for_each_kind
from registry.vocabulary import MOST_COUNT, Confidence, FigureKind, ModelState, Source, Stage

COLUMNS = (FigureKind.PARAMETERS, FigureKind.ACTIVE_PARAMETERS, FigureKind.TOKENS)
MOST = Decimal(10) ** 30
PLACES, DIGITS = Decimal("0.000001"), Context(prec=38)  # as the column holds them


@transaction.atomic
def record_figure(
    *,
    by: User,
    model: Model,
    version: Version | None = None,
    kind: str,
    value: Decimal | int | None,
    day: date | None = None,
    stage: str,
    as_of: date,
    note: str = "",
    now: datetime,
) -> Figure:
    """A dated value that somebody declares; a value of None says that it is not known any more.

    Raises Invalid for a value that the kind cannot have.
    """
    _check(kind, value, day, as_of, now)
    figure = Figure.objects.create(
        model=model,
        version=version,
        kind=kind,
        stage=stage,
        value=value,
        day=day,
        source=Source.DECLARED,
        as_of=as_of,
        note=note,
        recorded_at=now,
        recorded_by=by,
    )
    maintain_columns(model, now=now)
    record_event(
        by=by,
        kind="record_figure",
        about=model,
        project=told_in(model),
        now=now,
        changes={f"{kind} ({stage})": [None, str(day or value) if day or value else None]},
    )
    return figure


def record_measured(
    *, version: Version, kind: str, value: Decimal, source: Source, note: str, now: datetime
) -> bool:
    """What a cluster's accounting says of a version's actual cost; False if that is known already.

    Called by sync, once for each version and pass, so that the history stays readable.
    """
    with transaction.atomic():
        # One writer at a time: two passes that finish together would both write the same sum.
        model = Model.objects.select_for_update(no_key=True).get(pk=version.model_id)
        figure = Figure(
            model=model,
            version=version,
            kind=kind,
            stage=Stage.ACTUAL,
            value=value,
            source=source,
            as_of=now.date(),
            note=note,
            recorded_at=now,
        )
        return _keep_if_new(figure, now)


def record_imported(
    *,
    by: User | None = None,
    model: Model,
    kind: str,
    value: Decimal | None = None,
    day: date | None = None,
    stage: str,
    confidence: str = Confidence.UNKNOWN,
    as_of: date,
    note: str,
    now: datetime,
) -> bool:
    """What a public source or a card says; False if that is what it said before."""
    figure = Figure(
        model=model,
        kind=kind,
        stage=stage,
        value=value,
        day=day,
        source=Source.IMPORTED,
        confidence=confidence,
        as_of=as_of,
        note=note,
        recorded_at=now,
        recorded_by=by,
    )
    return _keep_if_new(figure, now)


def _keep_if_new(figure: Figure, now: datetime) -> bool:
    """Save what a source says unless it is what the same source said last."""
    if figure.value is not None:
        figure.value = figure.value.quantize(PLACES, context=DIGITS)
    same: dict[str, Any] = {
        name: getattr(figure, name) for name in ("model", "version", "kind", "stage", "source")
    }
    latest = Figure.objects.filter(**same).order_by("-recorded_at").first()
    said = (figure.value, figure.day, figure.confidence)
    if latest is not None and (latest.value, latest.day, latest.confidence) == said:
        return False
    figure.save(force_insert=True)
    maintain_columns(figure.model, now=now)
    return True


def declared_figures(
    model: Model, values: dict[str, int | None], *, by: User | None, now: datetime
) -> list[Figure]:
    """The facts of a plan as figures; not saved."""
    return [
        Figure(
            model=model,
            kind=kind,
            stage=stage_of(model),
            value=value,
            source=Source.DECLARED,
            as_of=now.date(),
            recorded_at=now,
            recorded_by=by,
        )
        for kind, value in values.items()
    ]


def stage_of(model: Model) -> Stage:
    """Whether what is said of a model now is a plan or what really was."""
    return Stage.ACTUAL if model.state == ModelState.RELEASED else Stage.PLAN


def maintain_columns(
    model: Model, *, now: datetime, known: Sequence[Figure] | None = None
) -> None:
    """Let parameters, tokens and the day of release be those of the best figures."""
    kinds = (*COLUMNS, FigureKind.RELEASED)
    rows: Iterable[Figure] = (
        Figure.objects.filter(model=model, kind__in=kinds) if known is None else known
    )
    best = one_for_each_kind(best_of(rows))
    values: dict[str, Any] = {
        kind.value: int(best[kind].value or 0) if kind in best else None for kind in COLUMNS
    }
    released = best.get(FigureKind.RELEASED)
    values["released_on"] = released.day if released else None
    changed = {name: new for name, new in values.items() if getattr(model, name) != new}
    if not changed:
        return
    for name, new in changed.items():
        setattr(model, name, new)
    model.updated_at = model.assess_due_at = now
    model.save(update_fields=[*changed, "updated_at", "assess_due_at"])


def _check(
    kind: str, value: Decimal | int | None, day: date | None, as_of: date, now: datetime
) -> None:
    if as_of > now.date():
        sentence = _("A figure is dated by the day it was true, which is not in the future.")
        raise Invalid(sentence, fields={"as_of": [sentence]})
    if kind == FigureKind.RELEASED:
        if value is not None or day is None:
            sentence = _("“Released on” is a day: send `day`, not `value`.")
            raise Invalid(sentence, fields={"day": [sentence]})
        return
    if day is not None:
        sentence = _("Only “released on” is a day: send `value`.")
        raise Invalid(sentence, fields={"value": [sentence]})
    if value is None:
        return
    whole = kind in COLUMNS
    if not 0 <= value <= MOST or (whole and (value != int(value) or not 1 <= value <= MOST_COUNT)):
        sentence = _("A whole number from 1 to 10¹⁸.") if whole else _("A number from 0 to 10³⁰.")
        raise Invalid(sentence, fields={"value": [sentence]})
