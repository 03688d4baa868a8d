"""The administration of people, groups and projects; what was done is only read here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.account.admin import EmailAddress  # these are loaded first, to be taken out
from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.admin import UserSession
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group as Permissions
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from projects.actions.federation import check_mapping, map_entitlement, unmap_entitlement
from projects.actions.terms import check_begin, publish_terms
from projects.errors import Refused
from projects.models import (
    AccessToken,
    EntitlementMapping,
    Event,
    Group,
    Invitation,
    Membership,
    Partner,
    PartnerAdmin,
    PortalRole,
    Project,
    Terms,
    User,
)
from projects.models.events import record_event
from projects.scoping import sees_everything

admin.site.site_header = admin.site.site_title = "CESAI"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Rights come from roles; addresses, log-ins and second factors belong to their people.
NOT_HERE = (EmailAddress, Permissions, Authenticator, SocialAccount, SocialApp, SocialToken)
admin.site.unregister([*NOT_HERE, UserSession])


class ReadOnly(admin.ModelAdmin[Any]):
    """Rows that only actions and sync write."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the person may see on the pages, and nothing more."""
        rows = super().get_queryset(request)
        visible_to = getattr(rows, "visible_to", None)
        return visible_to(request.user) if visible_to else rows

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return sees_everything(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return sees_everything(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Kept(admin.ModelAdmin[Any]):
    """Rows that operators of the portal keep; nothing is deleted by hand."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _record(request: HttpRequest, kind: str, about: Model, changes: dict[str, Any]) -> None:
    by: Any = request.user
    record_event(by=by, kind=kind, about=about, now=timezone.now(), changes=changes)


def _said(right: Any) -> str:
    """A right without the name of whose it is, which an event must not keep."""
    return getattr(right, "role", "") or str(right.user_id)


class Recorded(admin.ModelAdmin[Any]):
    """Rights that are given and taken on the rows inside: each is an event."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """What was there before, then what is there now."""
        before = {one.pk: _said(one) for one in formset.queryset}
        super().save_formset(request, form, formset, change)
        now = formset.model.objects.filter(**{formset.fk.name: form.instance})
        after = {one.pk: _said(one) for one in now}
        for key in before.keys() | after.keys():
            old, new = before.get(key), after.get(key)
            if old != new:
                name = formset.model._meta.model_name
                _record(request, f"set_{name}", form.instance, {name: [old, new]})


class PortalRoles(admin.TabularInline[Any, Any]):
    model = PortalRole
    extra = 0


@admin.register(User)
class Users(Recorded, UserAdmin[Any]):
    inlines = [PortalRoles]
    list_display = ("username", "email", "first_name", "last_name", "is_active")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Who may log in, and into the administration, is an event."""
        flags = ("is_active", "is_staff", "is_superuser")
        changes = {
            name: [form.initial.get(name) if change else None, getattr(obj, name)]
            for name in flags
            if not change or name in form.changed_data
        }
        super().save_model(request, obj, form, change)
        if changes:
            _record(request, "change_person" if change else "create_person", obj, changes)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class PartnerAdmins(admin.TabularInline[Any, Any]):
    model = PartnerAdmin
    extra = 0
    raw_id_fields = ("user",)


@admin.register(Partner)
class Partners(Recorded, Kept):
    list_display = ("name", "slug", "sector", "country", "city")
    list_filter = ("sector", "country")
    search_fields = ("name", "slug", "ror")
    inlines = [PartnerAdmins]


@admin.register(Group)
class Groups(Kept):
    list_display = ("name", "partner", "slug", "contact")
    list_select_related = ("partner",)
    search_fields = ("name", "slug", "partner__name")


@admin.register(Membership)
class Memberships(admin.ModelAdmin[Any]):
    """For a group that has nobody yet who could invite; all else goes by the group's page."""

    list_display = ("user", "group", "role", "created_at")
    list_select_related = ("user", "group")
    raw_id_fields = ("user", "group")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A member more is an event."""
        super().save_model(request, obj, form, change)
        _record(request, "add_member", obj, {"role": [None, obj.role]})

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _ask(form: forms.ModelForm[Any], check: Callable[[], object]) -> None:
    """Tell what an action's check refuses beside its field."""
    try:
        check()
    except Refused as error:
        for name, said in error.fields.items():
            form.add_error(name, said)


class TermsForm(forms.ModelForm[Terms]):
    """What the one action refuses is told beside its field."""

    class Meta:
        model = Terms
        fields = ["text_en", "text_de", "in_force_from"]

    def clean_in_force_from(self) -> datetime:
        """The moment, checked as the action does."""
        begins: datetime = self.cleaned_data["in_force_from"]
        _ask(self, lambda: check_begin(begins))
        return begins


@admin.register(Terms)
class TermsOfUse(admin.ModelAdmin[Any]):
    """A version is published by the one action, and never changed."""

    form = TermsForm
    list_display = ("version", "in_force_from", "published_at", "published_by")
    list_select_related = ("published_by",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the one action."""
        by: Any = request.user
        made = publish_terms(by=by, now=timezone.now(), **form.cleaned_data)
        obj.pk, obj.version = made.pk, made.version

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class EntitlementForm(forms.ModelForm[EntitlementMapping]):
    """What the one action refuses is told beside its field."""

    class Meta:
        model = EntitlementMapping
        fields = [
            *("provider", "namespace", "authority", "path", "entitled_role"),
            *("role", "group", "partner"),
        ]

    def clean(self) -> dict[str, Any]:
        """The values, checked as the action does."""
        values: dict[str, Any] = super().clean() or {}
        if not self.errors:
            _ask(self, lambda: check_mapping(EntitlementMapping(**values)))
        return values


@admin.register(EntitlementMapping)
class Entitlements(admin.ModelAdmin[Any]):
    """What log-in providers' groups give here; changed by taking one out and putting one in."""

    form = EntitlementForm
    list_display = ("provider", "namespace", "authority", "path", "entitled_role", "role",
                    "group", "partner")  # fmt: skip
    list_select_related = ("group", "partner")
    raw_id_fields = ("group", "partner")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The providers that are configured, to choose from."""
        if db_field.name == "provider":
            known = [(one.id, one.name) for one in settings.LOG_IN_PROVIDERS]
            return forms.ChoiceField(choices=known)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the one action."""
        by: Any = request.user
        map_entitlement(by=by, mapping=obj, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the one action."""
        by: Any = request.user
        unmap_entitlement(by=by, mapping=obj, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """One by one, by the one action."""
        for one in queryset:
            self.delete_model(request, one)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Project)
class Projects(ReadOnly):
    list_display = ("title", "slug", "lead_group", "visibility", "created_at")
    list_select_related = ("lead_group",)
    search_fields = ("title", "slug")


@admin.register(Invitation)
class Invitations(ReadOnly):
    list_display = ("email", "group", "role", "state", "expires_at")
    list_select_related = ("group",)
    exclude = ("secret_sha256",)


@admin.register(AccessToken)
class AccessTokens(ReadOnly):
    list_display = ("name", "user", "scope", "created", "expiry")
    list_select_related = ("user",)
    exclude = ("digest",)


@admin.register(Event)
class Events(ReadOnly):
    list_display = ("at", "actor", "kind", "object_type", "object_id", "project")
    list_select_related = ("actor", "project")
    list_filter = ("kind",)
    show_full_result_count = False
