"""A group: who is in it, who is invited, and walking through an invitation's door."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects import access
from projects.actions import groups
from projects.errors import Invalid
from projects.forms import InvitationForm, RoleForm
from projects.models import Group, Invitation, Membership, Project
from projects.pages import PageForm, SignedIn
from projects.roles import Verb


@login_required
def group_page(request: SignedIn, key: str) -> HttpResponse:
    """One group; its members and invitations are for those who belong to it."""
    return _show(request, access.get_group(request.user, key))


@require_POST
@login_required
def invite(request: SignedIn, key: str) -> HttpResponse:
    """Open a door; its link stands on the answer, this once."""
    group = access.get_group(request.user, key, Verb.MANAGE_MEMBERS)
    form = InvitationForm(request.POST)
    link = ""
    if form.sent_by(request):
        with form.told():
            _row, secret = groups.invite_member(
                by=request.user, group=group, now=timezone.now(), **form.cleaned_data
            )
            link = f"{settings.BASE_URL}{reverse('invitation', args=[secret])}"
            form = InvitationForm()
    return _show(request, group, form=form, link=link)


@require_POST
@login_required
def withdraw(request: SignedIn, key: str) -> HttpResponse:
    """Close the door again."""
    invitation = access.get_invitation(request.user, key, Verb.MANAGE_MEMBERS)
    groups.withdraw_invitation(by=request.user, invitation=invitation, now=timezone.now())
    messages.success(request, _("The invitation was withdrawn."))
    return redirect("group", invitation.group_id)


@require_POST
@login_required
def change_role(request: SignedIn, key: str) -> HttpResponse:
    """Give a member another role."""
    membership = access.get_membership(request.user, key, Verb.MANAGE_MEMBERS)
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("There is no such role."))
    groups.change_role(
        by=request.user, membership=membership, role=form.cleaned_data["role"], now=timezone.now()
    )
    messages.success(request, _("The role was changed; it holds from the next click on."))
    return redirect("group", membership.group_id)


@require_POST
@login_required
def remove_member(request: SignedIn, key: str) -> HttpResponse:
    """End a membership; everybody may end their own."""
    membership = access.get_membership(request.user, key)
    if membership.user_id != request.user.pk:
        membership = access.get_membership(request.user, key, Verb.MANAGE_MEMBERS)
    group = membership.group_id
    groups.remove_member(by=request.user, membership=membership, now=timezone.now())
    messages.success(request, _("The membership was ended."))
    return redirect("group", group)


def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """What the holder of a link is invited to; accepting it is one click, after logging in."""
    row = Invitation.objects.filter(secret_sha256=Invitation.digest(secret)).first()
    is_open = row is not None and row.is_open(timezone.now())
    if is_open and not request.user.is_authenticated:
        request.session["invitation"] = secret  # opens the sign-up, see signup.py
    form = PageForm(request.POST or None)
    user = request.user
    if request.method == "POST" and user.is_authenticated:
        form = PageForm(request.POST)
        form.is_valid()
        with form.told():
            membership = groups.accept_invitation(by=user, secret=secret, now=timezone.now())
            messages.success(request, _("Welcome to %(group)s.") % {"group": membership.group})
            return redirect("group", membership.group_id)
    context = {"invitation": row, "is_open": is_open, "form": form}
    return render(request, "projects/invitation.html", context, status=form.status)


def _show(
    request: SignedIn, group: Group, *, form: InvitationForm | None = None, link: str = ""
) -> HttpResponse:
    user = request.user
    manages = Verb.MANAGE_MEMBERS in access.group_verbs(user, group)
    members = Membership.objects.visible_to(user).filter(group=group)
    doors = Invitation.objects.visible_to(user).filter(group=group)
    context: dict[str, Any] = {
        "group": group,
        "verbs": access.group_verbs(user, group),
        "members": members.select_related("user").order_by("created_at"),
        "is_inside": members.exists(),
        "invitations": doors.filter(accepted_at=None, withdrawn_at=None) if manages else [],
        "led": Project.objects.visible_to(user).filter(lead_group=group),
        "joined": Project.objects.visible_to(user).filter(participants=group),
        "roles": RoleForm.base_fields["role"].choices,  # type: ignore[attr-defined]
        "form": form or InvitationForm(),
        "link": link,
        "now": timezone.now(),
    }
    status = form.status if form else 200
    return render(request, "projects/group.html", context, status=status)
