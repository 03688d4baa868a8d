"""Rights that a log-in provider's entitlements give: applied at each log-in, and lapsing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from projects.actions.tokens import revoke_token
from projects.entitlements import (
    Entitlement,
    LogInProvider,
    authority_of,
    group_of,
    namespace_of,
    trusted,
)
from projects.errors import Conflict, Invalid
from projects.models import (
    AccessToken,
    EntitlementMapping,
    Membership,
    Partner,
    PartnerAdmin,
    User,
)
from projects.models.events import record_event
from projects.roles import GROUP_ROLES, Role

ROLES = [role.value for role in GROUP_ROLES]  # the last one is the most
LAPSED = "the log-in provider has not confirmed it for long"


def _provider(key: str) -> LogInProvider | None:
    return next((one for one in settings.LOG_IN_PROVIDERS if one.id == key), None)


@transaction.atomic
def apply_entitlements(
    *, user: User, provider: str, claims: Iterable[object], now: datetime
) -> None:
    """Give what the log-in's entitlements give, take what they no longer give.

    Each claim is a list of entitlements, or one. Rights that people here gave are left alone,
    also where the provider says more or less. All of it lapses some days after this log-in.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two log-ins at once
    known = _provider(provider)
    found: set[Entitlement] = set()
    for claim in claims:
        found |= trusted(claim, known.sources if known else ())
    mapped = [
        m for m in EntitlementMapping.objects.filter(provider=provider) if m.entitlement in found
    ]
    lapses_at = now + timedelta(days=settings.FEDERATED_DAYS)
    roles: dict[Any, str] = {}
    for one in mapped:
        if one.group_id:
            roles[one.group_id] = max(roles.get(one.group_id, ROLES[0]), one.role, key=ROLES.index)
    _apply_groups(user, roles, lapses_at, now)
    _apply_partners(user, {one.partner_id for one in mapped if one.partner_id}, lapses_at, now)


def _apply_groups(user: User, roles: dict[Any, str], lapses_at: datetime, now: datetime) -> None:
    have = {one.group_id: one for one in Membership.objects.filter(user=user)}
    for group, role in roles.items():
        one = have.pop(group, None)
        if one is None:
            one = Membership.objects.create(
                user=user, group_id=group, role=role, lapses_at=lapses_at
            )
            changes: dict[str, Any] = {"role": [None, role]}
            record_event(by=user, kind="join_by_entitlement", about=one, now=now, changes=changes)
        elif one.lapses_at is not None:
            before, one.role, one.lapses_at = one.role, role, lapses_at
            one.save(update_fields=["role", "lapses_at"])
            if before != role:
                changes = {"role": [before, role]}
                record_event(by=user, kind="change_role", about=one, now=now, changes=changes)
    for one in have.values():
        if one.lapses_at is not None:
            _end(one, by=user, now=now, reason="")


def _apply_partners(
    user: User, partners: Collection[Any], lapses_at: datetime, now: datetime
) -> None:
    have = {one.partner_id: one for one in PartnerAdmin.objects.filter(user=user)}
    for partner in partners:
        one = have.pop(partner, None)
        if one is None:
            one = PartnerAdmin.objects.create(user=user, partner_id=partner, lapses_at=lapses_at)
            changes = {"partner_admin": [None, str(user.pk)]}
            kind = "join_by_entitlement"
            record_event(by=user, kind=kind, about=one.partner, now=now, changes=changes)
        elif one.lapses_at is not None:
            one.lapses_at = lapses_at
            one.save(update_fields=["lapses_at"])
    for one in have.values():
        if one.lapses_at is not None:
            _end(one, by=user, now=now, reason="")


def _end(one: Membership | PartnerAdmin, *, by: User | None, now: datetime, reason: str) -> None:
    if isinstance(one, Membership):
        about: Membership | Partner = one
        changes = {"user": [str(one.user_id), None], "role": [one.role, None]}
    else:
        about, changes = one.partner, {"partner_admin": [str(one.user_id), None]}
    kind = "lose_entitlement"
    record_event(by=by, kind=kind, about=about, now=now, reason=reason, changes=changes)
    one.delete()


@transaction.atomic
def lapse_rights(*, now: datetime) -> int:
    """End what no log-in has confirmed in time, and the tokens of whom it was; how many rights.

    The rights themselves count no more from that moment on: this is the tidying up.
    """
    rows: list[Membership | PartnerAdmin] = [
        *Membership.objects.select_for_update(skip_locked=True).filter(lapses_at__lte=now),
        *PartnerAdmin.objects.select_for_update(skip_locked=True).filter(lapses_at__lte=now),
    ]
    for token in AccessToken.objects.filter(user__in={one.user_id for one in rows}):
        revoke_token(by=None, token=token, now=now, reason=LAPSED)
    for one in rows:
        _end(one, by=None, now=now, reason=LAPSED)
    return len(rows)


def check_mapping(mapping: EntitlementMapping) -> None:
    """Put it into the spelling that is compared.

    Raises Invalid for what the provider may not say, or nobody could say.
    """
    known = _provider(mapping.provider)
    if known is None:
        _refuse("provider", _("The settings have no such log-in provider."))
    mapping.namespace = namespace_of(mapping.namespace) or ""
    mapping.authority = authority_of(mapping.authority) or ""
    if mapping.source not in known.sources:
        _refuse(
            "namespace",
            _("The settings do not let this provider speak for this namespace and authority."),
        )
    if group_of(mapping.path) is None:
        _refuse("path", _("A group is written as in the entitlement, such as CESAI:hpc."))
    of_partner = mapping.role == Role.PARTNER_ADMIN
    if (mapping.partner is not None, mapping.group is None) != (of_partner, of_partner):
        _refuse("role", _("Name a group and a role in it, or a partner and its admin."))


@transaction.atomic
def map_entitlement(*, by: User, mapping: EntitlementMapping, now: datetime) -> None:
    """Let an entitlement give a place; it holds from each person's next log-in on.

    Raises Invalid as `check_mapping`, Conflict if it gives this place already.
    """
    check_mapping(mapping)
    mapping.created_by = by
    try:
        with transaction.atomic():
            mapping.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("This entitlement gives this place already.")) from error
    changes = {"gives": [None, _gives(mapping)]}
    record_event(by=by, kind="map_entitlement", about=mapping, now=now, changes=changes)


@transaction.atomic
def unmap_entitlement(*, by: User, mapping: EntitlementMapping, now: datetime) -> None:
    """Let it give nothing more; who came by it loses the place at the next log-in, or by lapse."""
    changes = {"gives": [_gives(mapping), None]}
    record_event(by=by, kind="unmap_entitlement", about=mapping, now=now, changes=changes)
    mapping.delete()


def _gives(mapping: EntitlementMapping) -> str:
    place = mapping.group_id or mapping.partner_id
    return f"{mapping} #{mapping.authority} → {mapping.role} of {place}"


def _refuse(field: str, sentence: Any) -> NoReturn:
    raise Invalid(sentence, fields={field: [sentence]})
