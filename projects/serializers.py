"""The shapes of people, groups and projects in the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.models import (
    AccessToken,
    Event,
    Group,
    Initiative,
    Invitation,
    JoinRequest,
    Membership,
    Notice,
    Partner,
    Project,
    User,
)
from projects.models.projects import SLUG, VISIBILITY_LABELS
from projects.roles import GROUP_ROLES, Visibility

ROLE_CHOICES = [(role.value, role.value) for role in GROUP_ROLES]


@extend_schema_field(serializers.URLField)
class ResourceUrl(serializers.Field[Any, Any, Any, Any]):
    """The address of a resource in this API."""

    def __init__(self, resource: str) -> None:
        super().__init__(source="*", read_only=True)
        self.resource = resource

    def to_representation(self, value: Any) -> str:
        """An absolute path, complete with the host when there is a request."""
        request = self.context.get("request")
        host = request.build_absolute_uri("/").rstrip("/") if request else ""
        return self.of_key(host)(value.get("id") if isinstance(value, dict) else value.id)

    def of_key(self, host: str) -> Callable[[Any], str]:
        """The address by a row's `id`."""
        before, after = _address(self.resource)
        return lambda key: f"{host}{before}{key}{after}"


@cache
def _address(resource: str) -> tuple[str, str]:
    """What stands before and after a key: to reverse each takes longer than to read its row."""
    before, after = reverse(f"api-{resource}-detail", args=["KEY"]).split("KEY")
    return before, after


@extend_schema_field(OpenApiTypes.STR)
class PersonName(serializers.Field[Any, Any, Any, Any]):
    """A log-in name; the key of a person whose name the caller may not read."""

    def __init__(self, **options: Any) -> None:
        told = "Log-in name; the key where the person's organisation agreed to no names."
        super().__init__(read_only=True, help_text=told, **options)

    def to_representation(self, value: User) -> str:
        """As the caller may read it."""
        name: str = self.context["request"].user.login_name_of(value)
        return name


class Nothing(serializers.Serializer[Any]):
    """An empty object."""


class PartnerOut(serializers.ModelSerializer[Partner]):
    url = ResourceUrl("partners")

    class Meta:
        model = Partner
        fields = [
            "id", "url", "slug", "name", "ror", "sector", "country", "city", "public_record",
            "created_at",
        ]  # fmt: skip


class GroupOut(serializers.ModelSerializer[Group]):
    url = ResourceUrl("groups")
    partner_slug = serializers.CharField(source="partner.slug", read_only=True)

    class Meta:
        model = Group
        fields = [
            "id", "url", "partner", "partner_slug", "slug", "name", "description", "contact",
            "created_at",
        ]  # fmt: skip


class GroupIn(serializers.Serializer[Any]):
    partner = serializers.UUIDField()
    name = serializers.CharField(max_length=200)
    slug = serializers.SlugField(max_length=40)
    description = serializers.CharField(max_length=5000, default="", allow_blank=True)
    contact = serializers.EmailField(max_length=254, required=False, allow_blank=True)


class MembershipOut(serializers.ModelSerializer[Membership]):
    url = ResourceUrl("memberships")
    username = PersonName(source="user")
    name = serializers.SerializerMethodField(help_text="A code where it may not be read.")

    class Meta:
        model = Membership
        fields = ["id", "url", "group", "username", "name", "role", "created_at"]

    def get_name(self, membership: Membership) -> str:
        viewer: User = self.context["request"].user
        return viewer.name_of(membership.user)


class RoleIn(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=ROLE_CHOICES)


class InvitationOut(serializers.ModelSerializer[Invitation]):
    url = ResourceUrl("invitations")
    state = serializers.CharField(read_only=True)

    class Meta:
        model = Invitation
        fields = ["id", "url", "group", "email", "role", "state", "created_at", "expires_at"]


class InvitationMade(InvitationOut):
    link = serializers.URLField(read_only=True, help_text="Shown once; give it to the person.")

    class Meta(InvitationOut.Meta):
        fields = [*InvitationOut.Meta.fields, "link"]


class InvitationIn(RoleIn):
    group = serializers.UUIDField()
    email = serializers.EmailField(max_length=254)


class SecretIn(serializers.Serializer[Any]):
    secret = serializers.CharField(max_length=100, help_text="The last part of the link.")


class ShareShape(serializers.Serializer[Any]):
    funder = serializers.CharField(max_length=120)
    percent = serializers.DecimalField(max_digits=5, decimal_places=2)


class InitiativeOut(serializers.ModelSerializer[Initiative]):
    url = ResourceUrl("initiatives")
    page = serializers.URLField(source="url", allow_blank=True, help_text="Its own page.")
    stage_of = serializers.UUIDField(source="parent_id", read_only=True, allow_null=True)
    funding = ShareShape(many=True, read_only=True)

    class Meta:
        model = Initiative
        fields = [
            "id", "url", "slug", "name", "stage_of", "text", "page", "start", "end", "funding",
            "created_at",
        ]  # fmt: skip


class InitiativeIn(serializers.Serializer[Any]):
    slug = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=120)
    stage_of = serializers.UUIDField(
        source="parent",
        required=False,
        allow_null=True,
        default=None,
        help_text="The programme it is a stage of.",
    )
    text = serializers.CharField(max_length=5_000, default="", allow_blank=True)
    page = serializers.URLField(source="url", max_length=200, default="", allow_blank=True)
    start = serializers.DateField(required=False, allow_null=True, default=None)
    end = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="The first day after it."
    )
    funding = ShareShape(many=True, default=list)


class ProjectOut(serializers.ModelSerializer[Project]):
    url = ResourceUrl("projects")
    participants = serializers.PrimaryKeyRelatedField[Group](many=True, read_only=True)
    unix_user = serializers.CharField(
        read_only=True, help_text="The UNIX user under which its jobs run on every cluster."
    )
    funding = ShareShape(
        source="funded_by",
        many=True,
        read_only=True,
        help_text="Its own shares; else those of its initiative.",
    )

    class Meta:
        model = Project
        fields = [
            "id", "url", "slug", "title", "abstract", "lead_group", "participants", "visibility",
            "unix_user", "initiative", "funding", "created_at",
        ]  # fmt: skip


class ProjectIn(serializers.Serializer[Any]):
    lead_group = serializers.UUIDField()
    slug = serializers.CharField(max_length=24, validators=[SLUG])
    title = serializers.CharField(max_length=200)
    abstract = serializers.CharField(max_length=10_000, default="", allow_blank=True)
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, default=Visibility.PROJECT)
    initiative = serializers.UUIDField(required=False, allow_null=True, default=None)


class ProjectChange(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200, required=False)
    abstract = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    visibility = serializers.ChoiceField(choices=VISIBILITY_LABELS, required=False)
    initiative = serializers.UUIDField(required=False, allow_null=True)
    funding = ShareShape(many=True, required=False)


class GroupReference(serializers.Serializer[Any]):
    group = serializers.UUIDField()


class TokenOut(serializers.ModelSerializer[AccessToken]):
    url = ResourceUrl("tokens")
    username = serializers.CharField(
        source="user.username", read_only=True, help_text="Whose it is: the caller's own name."
    )
    prefix = serializers.CharField(source="token_key", help_text="How the token begins.")
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")

    class Meta:
        model = AccessToken
        fields = [
            "id", "url", "name", "username", "scope", "group", "prefix", "created_at",
            "expires_at",
        ]  # fmt: skip


class TokenMade(TokenOut):
    token = serializers.CharField(read_only=True, help_text="Shown once.")

    class Meta(TokenOut.Meta):
        fields = [*TokenOut.Meta.fields, "token"]


class TokenIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    scope = serializers.ChoiceField(
        choices=AccessToken.Scope.choices, default=AccessToken.Scope.WRITE
    )
    days = serializers.IntegerField(
        min_value=1, max_value=365, default=lambda: settings.TOKEN_DAYS
    )
    group = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Home group: whose models MLflow's clients mean by bare names.",
    )


class EventOut(serializers.ModelSerializer[Event]):
    url = ResourceUrl("events")
    actor = PersonName(allow_null=True)

    class Meta:
        model = Event
        fields = [
            "id", "url", "at", "actor", "kind", "object_type", "object_id", "project", "reason",
            "changes",
        ]  # fmt: skip


class NoticeOut(serializers.ModelSerializer[Notice]):
    url = ResourceUrl("notices")
    sentence = serializers.CharField(read_only=True, help_text="In the language of the call.")

    class Meta:
        model = Notice
        fields = ["id", "url", "kind", "sentence", "params", "path", "at", "read_at"]
        extra_kwargs = {"path": {"help_text": "The page that it leads to."}}


class MarkedOut(serializers.Serializer[Any]):
    marked = serializers.IntegerField(help_text="How many were unread before.")


class JoinIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=5_000, help_text="What the group would bring.")
    group = serializers.UUIDField(
        required=False, default=None, help_text="Whoever leads one group may leave it out."
    )


class JoinOut(serializers.ModelSerializer[JoinRequest]):
    class Meta:
        model = JoinRequest
        fields = ["id", "project", "group", "text", "asked_at", "accepted", "answer"]
