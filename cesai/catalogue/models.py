"""Models of the catalogue: public records with figures, versions and derivations."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from cesai.catalogue.counts import Counts
from cesai.catalogue.organisations import group_of
from cesai.catalogue.reading import day_of, rows, text, texts, whole, words
from cesai.catalogue.words import MODES, modalities, tasks_and_domains
from projects.errors import Invalid
from projects.models import Partner
from projects.roles import Visibility
from registry.actions.figures import record_imported
from registry.actions.lineage import Parent, link_parent
from registry.actions.models import plan_model, update_model
from registry.actions.states import move_model
from registry.actions.versions import VersionFacts, create_version
from registry.models import Derivation, Model
from registry.vocabulary import (
    LANGUAGE,
    NAME,
    Confidence,
    Evidence,
    FigureKind,
    ModelState,
    ParentKind,
    Stage,
    TrainingMode,
)

NUMBERS = {
    "parameters": FigureKind.PARAMETERS,
    "training_tokens": FigureKind.TOKENS,
    "gpu_hours": FigureKind.GPU_HOURS_FINAL_RUN,
}
KEPT = ("source", "as_of", "confidence", "organisations", "clusters", "gpu_type", "status",
        "version", "kind", "release_date")  # fmt: skip


def load_models(records: list[dict[str, Any]], counts: Counts, *, now: datetime) -> None:
    """Create or update a public entry for each record, then tie children to parents."""
    loaded: dict[str, tuple[Model, dict[str, Any]]] = {}
    for record in records:
        with counts.one_record(repr(record.get("name"))):
            model = _load(record, counts, now)
            loaded[model.name] = (model, record)
    for model, record in loaded.values():
        with counts.one_record(f"parents of {model.name!r}"):
            _tie(model, record, loaded, now)


def _load(record: dict[str, Any], counts: Counts, now: datetime) -> Model:
    name = text(record, "name")
    if not NAME.match(name):
        raise Invalid("a name of 1 to 120 characters without “/” and “:” is needed")
    facts = _facts(record)
    known = Model.objects.filter(name=name).exclude(public_record={}).first()
    model = known or _register(name, record, facts, now)
    public = {key: record[key] for key in KEPT if record.get(key) is not None}
    is_changed = model.public_record != public
    if known:
        before = model.updated_at
        update_model(by=None, model=model, facts=facts, now=now)
        _follow_state(model, record, now)
        is_changed |= model.updated_at != before
    if model.public_record != public:
        model.public_record = public
        model.save(update_fields=["public_record"])
    model.partners.set(_consortium(record, model))
    is_changed |= _record_figures(model, record, now)
    counts.add(is_new=known is None, is_changed=is_changed)
    return model


def _follow_state(model: Model, record: dict[str, Any], now: datetime) -> None:
    """What was planned may be released by now; a step that the table does not know is left out."""
    wanted = _state(record)
    steps = [wanted]
    if model.state == ModelState.PLANNED and wanted == ModelState.RELEASED:
        steps = [ModelState.TRAINING, wanted]
    for state in steps:
        if state in model.may_become():
            move_model(by=None, model=model, state=state, reason="public record", now=now)
    _keep_weights(model, record, now)


def _keep_weights(model: Model, record: dict[str, Any], now: datetime) -> None:
    """The weights on the Hub as the version of a released model."""
    if model.state != ModelState.RELEASED or not model.hub_id:
        return
    if not model.versions.numbered().exists():
        release = f"Release {text(record, 'version')}"
        weights = VersionFacts(source=f"hf://{model.hub_id}", description=release)
        create_version(by=None, model=model, facts=weights, now=now)


def _register(name: str, record: dict[str, Any], facts: Any, now: datetime) -> Model:
    owners = texts(record, "organisations")
    group = group_of(owners[0]) if owners else None
    if group is None:
        raise Invalid(f"its organisation {owners[:1]} is no partner; load organisations first")
    facts |= {"name": name, "visibility": Visibility.PUBLIC}
    model = plan_model(
        by=None, group=group, project=None, facts=facts, state=_state(record), now=now
    )
    _keep_weights(model, record, now)
    return model


def _state(record: dict[str, Any]) -> ModelState:
    """Released where nothing is said. Raises ValueError for another word."""
    return ModelState(text(record, "state") or ModelState.RELEASED)


def _facts(record: dict[str, Any]) -> Any:
    takes, gives = modalities(record)
    tasks, domains = tasks_and_domains(texts(record, "domain_tasks"))
    return {
        "modality_in": takes,
        "modality_out": gives,
        "architecture": text(record, "architecture")[:60],
        "languages": [code for code in texts(record, "languages") if LANGUAGE.match(code)],
        "tasks": tasks,
        "domains": domains,
        "training_mode": MODES.get(text(record, "kind"), TrainingMode.UNKNOWN).value,
        "datasets": [name[:200] for name in texts(record, "datasets")],
        "licence": text(record, "licence")[:60],
        "hub_id": text(record, "hub_id")[:200],
        "description": text(record, "description"),
    }


def _record_figures(model: Model, record: dict[str, Any], now: datetime) -> bool:
    stage = Stage.PLAN if model.is_open() else Stage.ACTUAL
    as_of = day_of(text(record, "as_of"))[0] or now.date()
    sure = words(record, "confidence")
    said = text(record, "source")
    changed = False
    for key, kind in NUMBERS.items():
        value = whole(record, key)
        if value is not None:
            note = said if key != "gpu_hours" else f"{said}; on {text(record, 'gpu_type')}"
            changed |= record_imported(
                model=model,
                kind=kind,
                value=Decimal(value),
                stage=stage,
                confidence=_confidence(sure.get(key)),
                as_of=as_of,
                note=note[:300],
                now=now,
            )
    day, is_exact = day_of(text(record, "release_date"))
    if day is not None:
        changed |= record_imported(
            model=model,
            kind=FigureKind.RELEASED,
            day=day,
            stage=stage,
            confidence=_confidence(sure.get("release_date")),
            as_of=as_of,
            note=said
            if is_exact
            else f"{said}; “{text(record, 'release_date')}” is all that is known",
            now=now,
        )
    return changed


def _tie(
    model: Model,
    record: dict[str, Any],
    loaded: dict[str, tuple[Model, dict[str, Any]]],
    now: datetime,
) -> None:
    child = model.newest_version()
    known = {edge.literal: edge for edge in Derivation.objects.filter(child=child)}
    for row in rows(record, "parents"):
        name = text(row, "name")
        parent = loaded.get(name)
        edge = known.get(name)
        if not name or (edge is not None and (edge.parent_id or parent is None)):
            continue
        if edge is not None:  # it was a name alone when it was loaded first
            edge.delete()
        kind = text(row, "relation")
        link_parent(
            by=None,
            child=child,
            parent=Parent(
                parent[0].newest_version() if parent else None,
                name,
                kind if kind in set(ParentKind) else ParentKind.UNKNOWN.value,
                kind not in set(ParentKind),
                text(row, "note")[:300],
            ),
            evidence=Evidence.IMPORTED,
            now=now,
        )


def _consortium(record: dict[str, Any], model: Model) -> list[Partner]:
    groups = [group_of(name) for name in texts(record, "organisations")[1:]]
    return [
        group.partner for group in groups if group and group.partner_id != model.group.partner_id
    ]


def _confidence(word: Any) -> str:
    return word if word in set(Confidence) else Confidence.UNKNOWN.value
