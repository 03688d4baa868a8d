"""JSON: partners, groups, memberships and invitations."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects import serializers as shapes
from projects.actions import groups
from projects.api.caller import user_of
from projects.models import Group, Invitation, Membership, Partner
from projects.resources import Resource
from projects.roles import Verb


class PartnerResource(Resource):
    shape = shapes.PartnerOut
    queryset = Partner.objects.all()
    ordering = ("name", "id")
    filterset_fields = ("slug", "country", "sector")

    def get_object(self) -> Partner:
        return access.get_partner(self.request.user, self.kwargs["pk"])


class GroupResource(Resource):
    shape = shapes.GroupOut
    queryset = Group.objects.none()
    ordering = ("name", "id")
    filterset_fields = {"partner": ["exact"], "partner__slug": ["exact"], "slug": ["exact"]}

    def get_queryset(self) -> QuerySet[Group]:
        return Group.objects.visible_to(self.request.user).select_related("partner")

    def get_object(self) -> Group:
        return access.get_group(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.GroupIn, responses={201: shapes.GroupOut})
    def create(self, request: Request) -> Response:
        """Make a group of a partner."""
        values = self.body(shapes.GroupIn)
        user = user_of(request)
        partner = access.get_partner(user, values.pop("partner"), Verb.CREATE_GROUP)
        group = groups.create_group(by=user, partner=partner, now=timezone.now(), **values)
        return self.created(group)


class MembershipResource(Resource):
    shape = shapes.MembershipOut
    queryset = Membership.objects.none()
    filterset_fields = ("group", "role")

    def get_queryset(self) -> QuerySet[Membership]:
        return Membership.objects.visible_to(self.request.user).select_related("user")

    def get_object(self) -> Membership:
        return access.get_membership(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.RoleIn, responses=shapes.MembershipOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the role."""
        user = user_of(request)
        membership = access.get_membership(user, pk, Verb.MANAGE_MEMBERS)
        role = self.body(shapes.RoleIn)["role"]
        groups.change_role(by=user, membership=membership, role=role, now=timezone.now())
        return self.shown(membership)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a member out, or leave."""
        user = user_of(request)
        membership = access.get_membership(user, pk)
        if membership.user_id != user.pk:  # everybody may leave
            membership = access.get_membership(user, pk, Verb.MANAGE_MEMBERS)
        groups.remove_member(by=user, membership=membership, now=timezone.now())
        return Response(status=204)


class InvitationResource(Resource):
    shape = shapes.InvitationOut
    queryset = Invitation.objects.none()
    filterset_fields = ("group",)

    def get_queryset(self) -> QuerySet[Invitation]:
        return Invitation.objects.visible_to(self.request.user)

    def get_object(self) -> Invitation:
        return access.get_invitation(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.InvitationIn, responses={201: shapes.InvitationMade})
    def create(self, request: Request) -> Response:
        """Invite somebody; the link is shown this once."""
        values = self.body(shapes.InvitationIn)
        user = user_of(request)
        group = access.get_group(user, values.pop("group"), Verb.MANAGE_MEMBERS)
        invitation, secret = groups.invite_member(
            by=user, group=group, now=timezone.now(), **values
        )
        path = reverse("invitation", args=[secret])
        invitation.link = f"{settings.BASE_URL}{path}"  # type: ignore[attr-defined]
        return self.created(invitation, shape=shapes.InvitationMade)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Withdraw it: its link leads nowhere any more."""
        user = user_of(request)
        invitation = access.get_invitation(user, pk, Verb.MANAGE_MEMBERS)
        groups.withdraw_invitation(by=user, invitation=invitation, now=timezone.now())
        return Response(status=204)

    @extend_schema(request=shapes.SecretIn, responses={201: shapes.MembershipOut})
    @action(detail=False, methods=["post"])
    def accept(self, request: Request) -> Response:
        """Join the group by the secret in a link."""
        secret = self.body(shapes.SecretIn)["secret"]
        membership = groups.accept_invitation(
            by=user_of(request), secret=secret, now=timezone.now()
        )
        return self.created(membership, shape=shapes.MembershipOut)
