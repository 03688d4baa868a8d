"""Pages of models: the list, planning one, and keeping its plan true."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.access import get_group, get_project
from projects.pages import SignedIn, page_of
from projects.roles import Verb
from registry.access import get_model
from registry.actions.models import plan_model, update_model
from registry.forms import FACTS, ModelFilters, NewPlanForm, PlanForm
from registry.models import Model


@login_required
def model_list(request: SignedIn) -> HttpResponse:
    """What exists and what is planned, as far as one may see it."""
    filters = ModelFilters(request.GET)
    rows = Model.objects.visible_to(request.user).filter(**filters.chosen())
    page = page_of(rows.select_related("group__partner"), request.GET, by="created_at")
    return render(request, "registry/models.html", {"page": page, "filters": filters})


@login_required
def plan(request: SignedIn) -> HttpResponse:
    """Register an effort before training."""
    user = request.user
    chosen = {"project": request.GET.get("project")}
    form = NewPlanForm(request.POST or None, person=user, initial=chosen)
    if form.sent_by(request):
        with form.told():
            project = form.cleaned_data["project"]
            model = plan_model(
                by=user,
                group=get_group(user, form.cleaned_data["group"].pk, Verb.PLAN_MODEL),
                project=get_project(user, project.pk, Verb.PLAN_MODEL) if project else None,
                facts=form.facts(),
                parents=form.parents(),
                now=timezone.now(),
            )
            return redirect("model", model.pk)
    return render(request, "registry/plan.html", {"form": form}, status=form.status)


@login_required
def edit_model(request: SignedIn, key: str) -> HttpResponse:
    """Change facts of a model."""
    model = get_model(request.user, key, Verb.EDIT_MODEL)
    form = PlanForm(request.POST or None, initial={name: getattr(model, name) for name in FACTS})
    if form.sent_by(request):
        with form.told():
            update_model(by=request.user, model=model, facts=form.facts(), now=timezone.now())
            messages.success(request, _("The facts were changed."))
            return redirect("model", model.pk)
    context = {"form": form, "model": model}
    return render(request, "registry/plan.html", context, status=form.status)
