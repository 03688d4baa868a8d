"""A person's data: all of it to hand over, and none of it to keep.

Every column that leads to a person stands in the table below; a test finds one that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from projects.errors import Conflict
from projects.models import Group, Invitation, Membership, User
from projects.models.events import record_event
from projects.roles import Role
from registry.models import CaseMessage


class Fate(StrEnum):
    """What becomes of a row when the person is erased."""

    DELETED = "deleted"  # it is about the person alone
    KEPT = "kept"  # a fact about something else, done by a pseudonym from then on


OWN = (
    "account.EmailAddress.user", "compute.ClusterOperator.user", "mfa.Authenticator.user",
    "projects.AccessToken.user", "projects.Membership.user", "projects.Notice.user",
    "projects.NoticePreference.user", "projects.PartnerAdmin.user", "projects.PortalRole.user",
    "projects.SavedFilter.owner", "projects.StoredAnswer.user", "registry.Watch.owner",
    "projects.Webhook.owner", "socialaccount.SocialAccount.user",
    "usersessions.UserSession.user",
)  # fmt: skip
DEEDS = (
    "admin.LogEntry.user", "compute.AccountingDifference.corrected_by",
    "compute.Allocation.paused_by", "compute.AllocationMove.by", "compute.AwardSignature.by",
    "compute.ChargeRule.created_by", "compute.Credential.delivered_by",
    "compute.ExternalGrant.confirmed_by", "compute.ExternalGrant.registered_by",
    "compute.Job.cancel_requested_by", "compute.Job.submitted_by", "compute.JobMove.by",
    "compute.LedgerEntry.actor", "compute.LimitMove.by", "compute.Maintenance.created_by",
    "compute.Recusal.user", "compute.Request.created_by", "compute.Request.decided_by",
    "compute.Request.denied_by", "compute.Request.owner", "compute.RequestMessage.by",
    "compute.RequestMove.by", "compute.SiteConsent.recorded_by", "compute.Statement.by",
    "compute.TemplateVersion.created_by", "compute.UsageReport.by",
    "compute.UsageReport.undone_by", "projects.Acceptance.user",
    "projects.EntitlementMapping.created_by", "projects.Event.actor", "projects.Import.by",
    "projects.Import.undone_by", "projects.Invitation.accepted_by",
    "projects.Invitation.invited_by", "projects.JoinRequest.answered_by",
    "projects.JoinRequest.asked_by", "projects.Project.created_by",
    "projects.Terms.published_by", "registry.Case.decided_by", "registry.Case.deputy",
    "registry.Case.opened_by", "registry.Case.owner", "registry.CaseMessage.by",
    "registry.CaseMove.by", "registry.CaseParty.answered_by",
    "registry.CaseParty.introduction_by", "registry.Dataset.created_by",
    "registry.Derivation.created_by", "registry.Figure.recorded_by",
    "registry.Fingerprint.recorded_by", "registry.Model.created_by", "registry.ModelMove.by",
    "registry.Recusal.user", "registry.Version.created_by",
)  # fmt: skip
FATES = {**dict.fromkeys(OWN, Fate.DELETED), **dict.fromkeys(DEEDS, Fate.KEPT)}
# Never handed over, also not to the person: they open doors.
SECRETS = {
    "password", "digest", "sealed_token", "secret_sha256", "session_key", "session_data",
    "sealed_secret", "sealed_former_secret",
}  # fmt: skip
SEALED = {"mfa.Authenticator.data", "projects.StoredAnswer.body"}


def columns_to_people() -> dict[str, tuple[type[models.Model], str]]:
    """Every foreign key to a person: `app.Model.column` → model and column."""
    return {
        f"{model._meta.label}.{field.name}": (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is User
    }


def export_person(user: User) -> Iterator[dict[str, Any]]:
    """Everything that leads to the person, row by row: `table`, `as` (the column), `row`."""
    yield {"table": "projects.User", "as": "id", "row": _row(user)}
    for name, (model, column) in sorted(columns_to_people().items()):
        label = name.rpartition(".")[0]
        for row in model._default_manager.filter(**{column: user}).order_by("pk").iterator():
            yield {"table": label, "as": column, "row": _row(row)}


def _row(row: models.Model) -> dict[str, Any]:
    label = row._meta.label
    return {
        field.attname: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name not in SECRETS and f"{label}.{field.name}" not in SEALED
    }


@transaction.atomic
def erase_person(user: User, *, now: datetime) -> str:
    """Take the person out of the portal; returns the pseudonym that their deeds keep.

    Ledger and audit stay as they are: both know people by a key that says nothing. Raises
    Conflict if a group would have no lead.
    """
    alone = [group.name for group in _led_alone(user)]
    if alone:
        raise Conflict(
            _("Name another lead of %(groups)s first.") % {"groups": ", ".join(sorted(alone))}
        )
    pseudonym = f"erased-{user.pk.hex[:8]}"
    for session in UserSession.objects.filter(user=user):
        session.end()  # Django's own row holds the log-in name
    _clean_administration(user.username, pseudonym)
    known = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    addresses = {user.email, *known} - {""}
    for name, (model, column) in columns_to_people().items():
        if FATES[name] is Fate.DELETED:
            model._default_manager.filter(**{column: user}).delete()
    for address in addresses:
        Invitation.objects.filter(email__iexact=address).update(email="")
        Group.objects.filter(contact__iexact=address).update(contact="")
        CaseMessage.objects.filter(sender__icontains=address).update(sender=pseudonym)
    mine = CaseMessage.objects.filter(by=user, source=CaseMessage.Source.PORTAL)
    mine.exclude(sender="").update(sender=pseudonym)
    Invitation.objects.filter(accepted_by=user).update(email="")
    user.username = pseudonym
    user.first_name = user.last_name = user.email = user.language = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.save()
    record_event(by=None, kind="erase_person", about=user, now=now)
    return pseudonym


def _clean_administration(name: str, pseudonym: str) -> None:
    """What Django's administration noted of its own pages, in words: whose row it was."""
    word = rf"(^|\W){re.escape(name)}($|\W)"
    named = Q(object_repr__regex=word) | Q(change_message__regex=word)
    LogEntry.objects.filter(named).update(object_repr=pseudonym, change_message="")


def _led_alone(user: User) -> list[Group]:
    led = Membership.objects.lasting().filter(user=user, role=Role.LEAD)
    others = Membership.objects.lasting().filter(role=Role.LEAD).exclude(user=user)
    rows = Group.objects.filter(pk__in=led.values("group"))
    return list(rows.exclude(pk__in=others.values("group")))
