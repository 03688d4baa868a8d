"""One model effort: facts with their sources, lineage, what it cost, and what may be done."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from compute.models import Job, Request
from projects.access import group_verbs
from projects.models import Project
from projects.pages import SignedIn
from projects.roles import Role
from registry.access import get_model, merging_verb
from registry.actions.fingerprints import verdict_on
from registry.detect import neighbours
from registry.fingerprints import Verdict
from registry.forms.plans import ParentForm
from registry.models import Derivation, Figure, Model
from registry.models.assessments import ai_act_of, licence_flow_of, lineage_of
from registry.models.figures import best_of, one_for_each_kind
from registry.models.labels import (
    FIGURE_KIND_LABELS,
    MODALITY_LABELS,
    SOURCE_LABELS,
    STAGE_LABELS,
    STATE_LABELS,
)
from registry.models.sources import shown_source
from registry.models.walks import ancestors, descendants
from registry.views.overlaps import shown_neighbours
from registry.vocabulary import Stage

ROWS = 10
ABOVE, BELOW = 200, 50  # edges; the page says when there are more, the API answers with them
SIMILAR = 6
VERSIONS, HISTORY = 25, 50  # `?all` shows the others, too


@login_required
def model_page(request: SignedIn, key: str) -> HttpResponse:
    """What it is, whether one may build on it, and what it cost."""
    user, now = request.user, timezone.now()
    model = get_model(user, key)
    labels: dict[str, Any] = dict(MODALITY_LABELS)
    context: dict[str, Any] = {
        "model": model,
        "project": Project.objects.visible_to(user).filter(pk__in=[model.project_id]).first(),
        "verbs": group_verbs(user, model.group),
        "takes": [labels.get(word, word) for word in model.modality_in],
        "gives": [labels.get(word, word) for word in model.modality_out],
        "missing": model.missing_facts(),
        "is_stale": model.is_stale(now),
        "next_states": _next_states(model),
        "may_merge": not model.merged_into_id
        and merging_verb(user) in group_verbs(user, model.group),
        "linked": _linked(user, model),
        "neighbours": shown_neighbours(neighbours(model, user, now=now, most=SIMILAR)),
        "may_join": _may_join(user, model),
        "parent_form": ParentForm(),
        "mlflow_uri": f"{settings.BASE_URL}/mlflow",
        **_figures(model, None if "all" in request.GET else HISTORY),
        **_versions(user, model, None if "all" in request.GET else VERSIONS),
        **_lineage(user, model),
        **_compute(user, model),
    }
    return render(request, "cesai/model.html", context)


def _may_join(user: Any, model: Model) -> bool:
    """Whether the person leads a group that could ask to take part."""
    is_elsewhere = model.project_id and model.project_id not in user.standing.project_ids
    return bool(
        is_elsewhere and model.is_open() and Role.LEAD in user.standing.group_roles.values()
    )


def _figures(model: Model, most: int | None) -> dict[str, Any]:
    """The figure of each kind that counts, the plan beside it, and all that were ever said."""
    history = list(Figure.objects.filter(model=model).select_related("version", "recorded_by"))
    best = best_of(history)
    chosen = one_for_each_kind(best)
    rows = []
    for kind, label in FIGURE_KIND_LABELS:
        if kind in chosen:
            figure = chosen[kind]
            plan = best.get((kind, Stage.PLAN)) if figure.stage != Stage.PLAN else None
            row = {"label": label, "figure": figure, "plan": plan, "bullet": _bullet(figure, plan)}
            rows.append(row)
    return {
        "figures": rows,
        "history": history,
        "shown_history": history[:most],
        "labels": {
            "kinds": dict(FIGURE_KIND_LABELS),
            "sources": dict(SOURCE_LABELS),
            "stages": dict(STAGE_LABELS),
        },
    }


def _bullet(figure: Figure, plan: Figure | None) -> dict[str, str] | None:
    """How far the bar of what was measured and the tick of what was planned reach, in percent."""
    if not plan or figure.value is None or plan.value is None:
        return None
    whole = max(figure.value, plan.value)
    if not whole:
        return None
    return {"bar": f"{100 * figure.value / whole:.1f}", "tick": f"{98 * plan.value / whole:.1f}"}


def _versions(user: Any, model: Model, most: int | None) -> dict[str, Any]:
    rows = model.versions.prefetch_related("aliases").order_by("-number", "created_at")
    shown = list(rows[:most])
    for version in shown:
        version.source = shown_source(version, user)
    return {"versions": shown, "more_versions": model.versions.count() - len(shown)}


def _lineage(user: Any, model: Model) -> dict[str, Any]:
    """Parents and children as far as one may see them, and what follows from the ancestors."""
    version = model.newest_version()
    edges = Derivation.objects.visible_to(user).filter(child=version)
    parents = list(
        edges.select_related("parent__model", "parent__fingerprint", "child__fingerprint")
    )
    lineage = lineage_of(model, user, ancestors(user, version.pk, most=ABOVE))
    below = descendants(user, version.pk, depth=1, most=BELOW)
    owner = f"{model.group.partner.slug}.{model.group.slug}"
    return {
        "parents": [(edge, verdict_on(edge) is Verdict.CONFLICTS) for edge in parents],
        "hidden_parents": sum(
            node.is_hidden and node.depth == 1 for node in lineage.graph.nodes.values()
        ),
        "children": list(below.nodes.values())[:ROWS],
        "more_children": max(len(below.nodes) - ROWS, 0),
        "lineage": lineage,
        "ai_act": ai_act_of(model, lineage, owner),
        "licence_flow": licence_flow_of(model, lineage.graph),
    }


def _compute(user: Any, model: Model) -> dict[str, Any]:
    requests = Request.objects.visible_to(user).filter(
        Q(model=model) | Q(model__merged_into=model)
    )
    jobs = Job.objects.visible_to(user).filter(version__model=model).defer("script")
    return {
        "requests": requests.select_related("project").annotate(asked=Sum("lines__gpu_seconds"))[
            :ROWS
        ],
        "jobs": jobs.select_related("project", "cluster")[:ROWS],
        "used": jobs.aggregate(total=Sum("used_gpu_seconds"))["total"],
    }


def _next_states(model: Model) -> list[tuple[str, Any]]:
    labels: dict[str, Any] = dict(STATE_LABELS)
    return [(state, labels[state]) for state in model.may_become()]


def _linked(user: Any, model: Model) -> dict[str, Model]:
    """Successor and the record that this one was merged into, if they are open to the person."""
    keys = {"successor": model.successor_id, "merged_into": model.merged_into_id}
    wanted = [key for key in keys.values() if key]
    if not wanted:
        return {}
    found = {row.pk: row for row in Model.objects.visible_to(user).filter(pk__in=wanted)}
    return {name: found[key] for name, key in keys.items() if key in found}
