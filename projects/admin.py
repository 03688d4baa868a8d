"""The administration of people, groups and projects; what was done is only read here."""

from __future__ import annotations

from typing import Any

from allauth.account.admin import EmailAddress  # its admin is loaded first, to be taken out
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group as Permissions
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from projects.models import (
    AccessToken,
    Event,
    Group,
    Invitation,
    Membership,
    Partner,
    PartnerAdmin,
    PortalRole,
    Project,
    User,
)
from projects.scoping import sees_everything

admin.site.site_header = admin.site.site_title = "CESAI"
# Rights come from roles, and e-mail addresses belong to their people.
admin.site.unregister([EmailAddress, Permissions])


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


class PortalRoles(admin.TabularInline[Any, Any]):
    model = PortalRole
    extra = 0


@admin.register(User)
class Users(UserAdmin[Any]):
    inlines = [PortalRoles]
    list_display = ("username", "email", "first_name", "last_name", "is_active")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class PartnerAdmins(admin.TabularInline[Any, Any]):
    model = PartnerAdmin
    extra = 0
    raw_id_fields = ("user",)


@admin.register(Partner)
class Partners(Kept):
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

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
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
