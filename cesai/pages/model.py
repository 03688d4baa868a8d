"""One model effort: its facts, its versions, and the compute that was asked and used for it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, Sum
from django.http import HttpResponse
from django.shortcuts import render

from compute.models import Job, Request
from projects.access import group_verbs
from projects.models import Project
from projects.pages import SignedIn
from registry.access import get_model
from registry.models import Derivation, Version
from registry.models.models import MODALITY_LABELS

ROWS = 10


@login_required
def model_page(request: SignedIn, key: str) -> HttpResponse:
    """What it is, what is not known of it yet, and what was asked for it."""
    user = request.user
    model = get_model(user, key)
    labels: dict[str, Any] = dict(MODALITY_LABELS)
    requests = Request.objects.visible_to(user).filter(model=model)
    jobs = Job.objects.visible_to(user).filter(version__model=model).defer("script")
    # What one may not see has no name here either, however the edge spells it.
    shown = Q(parent=None) | Q(parent__in=Version.objects.visible_to(user))
    parents = Derivation.objects.filter(shown, child__model=model)
    context: dict[str, Any] = {
        "model": model,
        "project": Project.objects.visible_to(user).filter(pk__in=[model.project_id]).first(),
        "parents": parents.select_related("parent__model"),
        "verbs": group_verbs(user, model.group),
        "takes": [labels.get(word, word) for word in model.modality_in],
        "gives": [labels.get(word, word) for word in model.modality_out],
        "missing": model.missing_facts(),
        "versions": model.versions.all(),
        "requests": requests.select_related("project").annotate(asked=Sum("lines__gpu_seconds"))[
            :ROWS
        ],
        "jobs": jobs.select_related("cluster")[:ROWS],
        "used": jobs.aggregate(total=Sum("used_gpu_seconds"))["total"],
    }
    return render(request, "cesai/model.html", context)
