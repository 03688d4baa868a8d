"""What follows from a model's lineage, as far as one may see it: compute, duties, AI Act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from registry.ai_act import Assessment, Compute, assess, training_compute
from registry.licences import Conflict, conflicts
from registry.lineage import Graph, Node
from registry.models.figures import Figure, best_of, one_for_each_kind
from registry.models.models import Model
from registry.models.walks import ancestors
from registry.vocabulary import FigureKind, ParentKind

if TYPE_CHECKING:
    from projects.scoping import Person

HOURS = (
    FigureKind.GPU_HOURS_CAMPAIGN,
    FigureKind.GPU_HOURS_FINAL_RUN,
    FigureKind.GPU_HOURS_GRANT,
)
MODIFIES = set(ParentKind) - {ParentKind.DISTILLED}


@dataclass(frozen=True, slots=True)
class Share:
    """What one model of a lineage cost; None where nobody recorded it."""

    model: str
    name: str
    gpu_hours: Decimal | None
    gpu_hours_kind: str
    energy_kwh: Decimal | None
    compute: Compute


@dataclass(frozen=True, slots=True)
class Lineage:
    """A model with all above it, each once."""

    own: Share
    above: list[Share]
    graph: Graph

    @property
    def gpu_hours(self) -> Decimal:
        """The sum of what is known, in GPU-hours of whatever GPUs they were."""
        rows = [share.gpu_hours for share in (self.own, *self.above)]
        return sum((row for row in rows if row is not None), Decimal(0))

    @property
    def energy_kwh(self) -> Decimal:
        """The sum of what is known, in kWh."""
        rows = [share.energy_kwh for share in (self.own, *self.above)]
        return sum((row for row in rows if row is not None), Decimal(0))

    @property
    def unknown(self) -> list[str]:
        """Ancestors whose GPU-hours nobody recorded."""
        return [share.name for share in self.above if share.gpu_hours is None]


def lineage_of(model: Model, person: Person, graph: Graph | None = None) -> Lineage:
    """The compute of a model and of every ancestor, each model once."""
    if graph is None:
        graph = ancestors(person, model.newest_version().pk)
    models = _models(graph, model)
    shares = _shares(models)
    above = [shares[key] for key in models if key != str(model.pk)]
    return Lineage(shares[str(model.pk)], above, graph)


def ai_act_of(model: Model, lineage: Lineage, owner: str) -> Assessment:
    """The AI Act's thresholds; `owner` is the partner and group as `partner.group`."""
    base = _base(model, lineage.graph)
    computes = {share.model: share.compute.flop for share in lineage.above}
    third_party = base is not None and base.owner.split(".")[0] != owner.split(".", maxsplit=1)[0]
    return assess(
        lineage.own.compute,
        model.modality_out,
        base_name=base.name if base else "",
        base=computes.get(base.model) if base else None,
        above=[flop for flop in computes.values() if flop is not None],
        is_third_party=third_party,
        is_partial=lineage.graph.is_truncated,
    )


@dataclass(frozen=True, slots=True)
class LicenceFlow:
    """Duties that come down to a model and are not kept, with names instead of ids."""

    conflicts: list[Conflict]  # the nearest
    unknown: list[str]
    more: int  # conflicts beyond those


def licence_flow_of(model: Model, graph: Graph) -> LicenceFlow:
    """Which licence duties of visible ancestors the model's own licence does not keep."""
    licences = {graph.root: model.licence, **{key: n.licence for key, n in graph.nodes.items()}}
    found, unknown, more = conflicts(graph.root, graph.parents(), licences)
    names = {graph.root: model.name, **{key: node.name for key, node in graph.nodes.items()}}
    return LicenceFlow(
        [
            Conflict(
                row.duty,
                names[row.ancestor],
                row.licence,
                row.terms,
                tuple(names[node] for node in row.path),
            )
            for row in found
        ],
        [names[key] for key in unknown if not graph.nodes[key].is_hidden],
        more,
    )


def _models(graph: Graph, model: Model) -> dict[str, str]:
    """Model id → name, the model itself first."""
    found = {str(model.pk): model.name}
    for node in graph.nodes.values():
        if node.model:
            found.setdefault(node.model, node.name)
    return found


def _shares(names: dict[str, str]) -> dict[str, Share]:
    figures: dict[str, list[Figure]] = {key: [] for key in names}
    for figure in Figure.objects.filter(model__in=list(names)):
        figures[str(figure.model_id)].append(figure)
    return {key: _share(key, names[key], rows) for key, rows in figures.items()}


def _share(key: str, name: str, figures: Iterable[Figure]) -> Share:
    best = one_for_each_kind(best_of(figures))
    kind = next((kind for kind in HOURS if kind in best), None)
    return Share(
        model=key,
        name=name,
        gpu_hours=best[kind].value if kind else None,
        gpu_hours_kind=kind or "",
        energy_kwh=best[FigureKind.ENERGY].value if FigureKind.ENERGY in best else None,
        compute=training_compute(
            _value(best, FigureKind.FLOP),
            _whole(best, FigureKind.PARAMETERS),
            _whole(best, FigureKind.ACTIVE_PARAMETERS),
            _whole(best, FigureKind.TOKENS),
        ),
    )


def _base(model: Model, graph: Graph) -> Node | None:
    """The model that this one modifies: its first parent that is no teacher of a distillation."""
    for edge in graph.edges:
        if edge.child == graph.root and edge.kind in MODIFIES:
            node = graph.nodes[edge.parent]
            if not node.is_hidden:
                return node
    return None


def _value(best: dict[str, Figure], kind: FigureKind) -> Decimal | None:
    return best[kind].value if kind in best else None


def _whole(best: dict[str, Figure], kind: FigureKind) -> int | None:
    value = _value(best, kind)
    return None if value is None else int(value)
