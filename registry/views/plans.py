"""Pages that register a model: the plan with its seven facts, a change of it, and a card."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from projects.pages import SignedIn
from projects.roles import Verb
from registry.access import get_model, version_named
from registry.actions.cards import import_card, put_card
from registry.actions.models import plan_model, update_model
from registry.forms.plans import FACTS, CardForm, NewCardForm, NewPlanForm, PlanForm
from registry.models import Model
from registry.models.cards import card_of
from registry.terms import DOMAINS, TASKS
from registry.views.overlaps import similar_to_typed

COMMON = {"general", "chat", "translation", "summarization", "speech-recognition", "embedding"}
OFFERED = 200  # base models that the form suggests while one types


@login_required
def plan(request: SignedIn) -> HttpResponse:
    """Register an effort before training."""
    user = request.user
    chosen = {"project": request.GET.get("project"), "parent": request.GET.get("parent")}
    form = NewPlanForm(request.POST or None, person=user, initial=chosen)
    similar: dict[str, Any] = {}
    if "check" in request.POST:
        similar = similar_to_typed(user, form.relaxed(), None)
    elif form.sent_by(request):
        with form.told():
            group, project = form.home(user)
            model = plan_model(
                by=user,
                group=group,
                project=project,
                facts=form.facts(),
                parents=form.parents(lambda name: version_named(user, name, home=group.pk)),
                now=timezone.now(),
            )
            return redirect("model", model.pk)
    bases = Model.objects.visible_to(user).present().exclude(hub_id="").order_by("name")
    context = {
        "form": form,
        "bases": bases.values_list("hub_id", flat=True)[:OFFERED],
        **similar,
        **_vocabulary(),
    }
    return render(request, "registry/plan.html", context, status=form.status)


@login_required
def edit_model(request: SignedIn, key: str) -> HttpResponse:
    """Change facts of a model."""
    model = get_model(request.user, key, Verb.EDIT_MODEL)
    form = PlanForm(request.POST or None, initial={name: getattr(model, name) for name in FACTS})
    similar: dict[str, Any] = {}
    if "check" in request.POST:
        typed = NewPlanForm(request.POST, person=request.user).relaxed()
        similar = similar_to_typed(request.user, typed, model)
    elif form.sent_by(request):
        with form.told():
            update_model(by=request.user, model=model, facts=form.facts(), now=timezone.now())
            messages.success(request, _("The facts were changed."))
            return redirect("model", model.pk)
    context = {"form": form, "model": model, **similar, **_vocabulary()}
    return render(request, "registry/plan.html", context, status=form.status)


@login_required
def new_from_card(request: SignedIn) -> HttpResponse:
    """Register a model out of its model card."""
    user = request.user
    form = NewCardForm(request.POST or None, person=user)
    if form.sent_by(request):
        with form.told():
            group, project = form.home(user)
            model = import_card(
                by=user,
                group=group,
                project=project,
                name=form.cleaned_data["name"],
                visibility=form.cleaned_data["visibility"],
                state=form.cleaned_data["state"],
                text=form.cleaned_data["card"],
                resolve=lambda name: version_named(user, name, home=group.pk),
                now=timezone.now(),
            )
            return redirect("model", model.pk)
    return render(request, "registry/card.html", {"form": form}, status=form.status)


@login_required
def edit_card(request: SignedIn, key: str) -> HttpResponse:
    """Give a model its card, or another one."""
    user = request.user
    model = get_model(user, key, Verb.EDIT_MODEL)
    form = CardForm(request.POST or None, initial={"card": card_of(model, user)})
    if form.sent_by(request):
        with form.told():
            put_card(
                by=user,
                model=model,
                text=form.cleaned_data["card"],
                resolve=lambda name: version_named(user, name, home=model.group_id),
                now=timezone.now(),
            )
            messages.success(request, _("The card was taken over."))
            return redirect("model", model.pk)
    context = {"form": form, "model": model}
    return render(request, "registry/card.html", context, status=form.status)


@login_required
def card_file(request: SignedIn, key: str) -> HttpResponse:
    """The card as a file: README.md."""
    text = card_of(get_model(request.user, key), request.user)
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="README.md"'
    return answer


def _vocabulary() -> dict[str, Any]:
    """The controlled words, as chips to choose from, in the reader's language."""
    language = get_language() or "en"
    tasks = [{"word": term.word, "here": term.label(language)} for term in TASKS.values()]
    return {
        "tasks": tasks,
        "common_tasks": [term for term in tasks if term["word"] in COMMON],
        "domains": [
            {"word": term.word, "here": term.label(language), "parent": term.parent}
            for term in DOMAINS.values()
        ],
    }
