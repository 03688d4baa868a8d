"""What people decide about a model on its page: its state, that it is still true, its parents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.access import joining_group
from projects.actions.joining import ask_to_join
from projects.errors import Invalid, NotAllowed, NotThere, Refused
from projects.pages import SignedIn
from projects.roles import Verb
from registry.access import (
    get_derivation,
    get_model,
    merging_verb,
    model_named,
    version_named,
)
from registry.actions.lineage import Parent, link_parent, unlink_parent
from registry.actions.states import confirm_model, merge_models, move_model, name_successor
from registry.forms.plans import MoveForm, NamedModelForm, ParentForm
from registry.models import Model
from registry.models.certificates import certificate_of


@require_POST
@login_required
def confirm(request: SignedIn, key: str) -> HttpResponse:
    """One click: the plan is still true."""
    model = get_model(request.user, key, Verb.EDIT_MODEL)
    return _done(
        request,
        key,
        lambda: confirm_model(by=request.user, model=model, now=timezone.now()),
        _("Thank you. The plan is marked as still true today."),
    )


@require_POST
@login_required
def move(request: SignedIn, key: str) -> HttpResponse:
    """To another state."""
    model = get_model(request.user, key, Verb.EDIT_MODEL)
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise NotThere
    values = form.cleaned_data
    return _done(
        request,
        key,
        lambda: move_model(by=request.user, model=model, now=timezone.now(), **values),
        _("The state was changed."),
    )


@require_POST
@login_required
def add_parent(request: SignedIn, key: str) -> HttpResponse:
    """Say what the model derives from."""
    user = request.user
    model = get_model(user, key, Verb.EDIT_MODEL)
    form = ParentForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Name the base model, in at most 300 characters."))
        return redirect("model", key)
    name, kind = form.cleaned_data["parent"], form.cleaned_data["parent_kind"]
    parent = Parent(version_named(user, name, home=model.group_id), name, kind)
    return _done(
        request,
        key,
        lambda: link_parent(
            by=user, child=model.newest_version(), parent=parent, now=timezone.now()
        ),
        _("The base model was added."),
    )


@require_POST
@login_required
def remove_parent(request: SignedIn, key: str) -> HttpResponse:
    """Take a derivation back."""
    edge = get_derivation(request.user, key, Verb.EDIT_MODEL)
    model = edge.child.model_id
    return _done(
        request,
        str(model),
        lambda: unlink_parent(by=request.user, edge=edge, now=timezone.now()),
        _("The base model was taken back; the log keeps that it was there."),
    )


@require_POST
@login_required
def successor(request: SignedIn, key: str) -> HttpResponse:
    """Say which model takes this one's place; no name: none does."""
    user = request.user
    model = get_model(user, key, Verb.EDIT_MODEL)
    return _done(
        request,
        key,
        lambda: name_successor(
            by=user, model=model, successor=_named(request, model), now=timezone.now()
        ),
        _("The successor was noted."),
    )


@require_POST
@login_required
def merge(request: SignedIn, key: str) -> HttpResponse:
    """Join this record with another one of the same effort."""
    user = request.user
    verb = merging_verb(user)
    model = get_model(user, key, verb)

    def join() -> None:
        into = _named(request, model)
        if into is None:
            raise Invalid(_("Name the record that is to stay."))
        get_model(user, into.pk, verb)
        reason = request.POST.get("reason", "")[:2000]
        merge_models(by=user, model=model, into=into, reason=reason, now=timezone.now())

    return _done(request, key, join, _("The two records were joined."))


@require_POST
@login_required
def join(request: SignedIn, key: str) -> HttpResponse:
    """Ask to take part in the project of a model that one may see."""
    user = request.user
    model = get_model(user, key)
    project = model.project

    def ask() -> None:
        if project is None:
            raise Invalid(_("The effort belongs to no project yet. Write to its group."))
        text = request.POST.get("text", "")
        group = joining_group(user, request.POST.get("group") or None)
        ask_to_join(by=user, project=project, group=group, text=text, now=timezone.now())

    return _done(request, key, ask, _("Your wish was sent to the leads of the effort."))


@login_required
def certificate(request: SignedIn, key: str) -> HttpResponse:
    """The priority date as a page to print, with the signature that proves it."""
    model = get_model(request.user, key, Verb.EDIT_MODEL)
    context = {"model": model, "certificate": certificate_of(model)}
    return render(request, "registry/certificate.html", context)


def _named(request: SignedIn, model: Model) -> Model | None:
    """The model that a form names, None if it names none. Raises Invalid for an unknown name."""
    form = NamedModelForm(request.POST)
    if not form.is_valid():
        raise NotThere
    name = form.cleaned_data["name"]
    if not name:
        return None
    found = model_named(request.user, name, home=model.group_id)
    if found is None:
        raise Invalid(
            _(
                "“%(name)s” is no model that you may see. Write its name in the group,"
                " partner.group.name, or its name on the Hub."
            )
            % {"name": name}
        )
    return found


def _done(request: SignedIn, key: str, act: Any, said: str) -> HttpResponse:
    """Act, tell what became of it, and go back to the model's page."""
    try:
        act()
    except (NotThere, NotAllowed):
        raise
    except Refused as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, said)
    return redirect("model", key)
