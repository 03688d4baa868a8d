"""Partners, groups and who belongs to them."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict, Invalid, NotThere
from projects.models import Group, Invitation, Membership, Partner, User
from projects.models.events import record_event
from projects.roles import Role


@transaction.atomic
def create_group(
    *,
    by: User,
    partner: Partner,
    name: str,
    slug: str,
    description: str,
    contact: str = "",
    now: datetime,
) -> Group:
    """A new team of a partner. Raises Conflict if its short name is taken there."""
    try:
        with transaction.atomic():
            group = Group.objects.create(
                partner=partner, name=name, slug=slug, description=description, contact=contact
            )
    except IntegrityError as error:
        raise Conflict(
            _("%(partner)s already has a group “%(slug)s”. Choose another short name.")
            % {"partner": partner, "slug": slug}
        ) from error
    record_event(by=by, kind="create_group", about=group, now=now, changes={"name": [None, name]})
    return group


@transaction.atomic
def invite_member(
    *, by: User, group: Group, email: str, role: str, now: datetime
) -> tuple[Invitation, str]:
    """Open a door for one person; returns the invitation and the secret of its link, once."""
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        group=group,
        email=email,
        role=role,
        secret_sha256=Invitation.digest(secret),
        invited_by=by,
        created_at=now,
        expires_at=now + timedelta(days=settings.INVITATION_DAYS),
    )
    record_event(
        by=by, kind="invite_member", about=invitation, now=now, changes={"role": [None, role]}
    )
    return invitation, secret


@transaction.atomic
def accept_invitation(*, by: User, secret: str, now: datetime) -> Membership:
    """Walk through the door. Raises Invalid if the link is unknown, used, withdrawn or too old."""
    digest = Invitation.digest(secret)
    invitation = Invitation.objects.select_for_update().filter(secret_sha256=digest).first()
    if invitation is None or not invitation.is_open(now):
        raise Invalid(_("This invitation is not valid any more. Ask the group for a new one."))
    invitation.accepted_at = now
    invitation.accepted_by = by
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    membership, is_new = Membership.objects.get_or_create(
        user=by, group=invitation.group, defaults={"role": invitation.role}
    )
    if membership.lapses_at is not None:  # the group's own decision from now on
        membership.role, membership.lapses_at, is_new = invitation.role, None, True
        membership.save(update_fields=["role", "lapses_at"])
    if not is_new:
        raise Conflict(_("You already belong to this group; nothing was changed."))
    record_event(
        by=by,
        kind="accept_invitation",
        about=membership,
        now=now,
        changes={"role": [None, membership.role]},
    )
    return membership


@transaction.atomic
def withdraw_invitation(*, by: User, invitation: Invitation, now: datetime) -> None:
    """Close the door. Raises Conflict if somebody walked through already."""
    open_ones = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not open_ones.update(withdrawn_at=now):
        raise Conflict(_("This invitation was already used or withdrawn."))
    record_event(by=by, kind="withdraw_invitation", about=invitation, now=now)


@transaction.atomic
def change_role(*, by: User, membership: Membership, role: str, now: datetime) -> None:
    """Give a member another role.

    Raises Conflict if the group would have no lead or the role comes from a log-in provider,
    NotThere if the membership has ended.
    """
    before = _role_now(membership)
    if role == before:
        return
    if membership.lapses_at is not None:
        raise Conflict(
            _(
                "This role comes with the person's log-in provider. Let it be changed there, or"
                " invite the person: what the group gives itself stays."
            )
        )
    _keep_a_lead(membership, role)
    membership.role = role
    membership.save(update_fields=["role"])
    record_event(
        by=by, kind="change_role", about=membership, now=now, changes={"role": [before, role]}
    )


@transaction.atomic
def remove_member(*, by: User, membership: Membership, now: datetime) -> None:
    """End a membership; its rights end with the next request. Raises as change_role."""
    before = _role_now(membership)
    _keep_a_lead(membership, None)
    record_event(
        by=by,
        kind="remove_member",
        about=membership,
        now=now,
        changes={"user": [str(membership.user_id), None], "role": [before, None]},
    )
    membership.delete()


def _role_now(membership: Membership) -> str:
    """The role under the group's lock: two leads leaving at once must not both see the other."""
    Group.objects.select_for_update().get(pk=membership.group_id)
    row = Membership.objects.filter(pk=membership.pk).first()
    if row is None:
        raise NotThere
    membership.role, membership.lapses_at = row.role, row.lapses_at
    return row.role


def _keep_a_lead(membership: Membership, role: str | None) -> None:
    if membership.role != Role.LEAD or role == Role.LEAD:
        return
    leads = Membership.objects.lasting().filter(group=membership.group_id, role=Role.LEAD)
    if not leads.exclude(pk=membership.pk).exists():
        raise Conflict(_("The group would have no lead. Name another lead first."))
