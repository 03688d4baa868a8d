"""JSON: partners, groups, memberships, invitations, projects, tokens, events, notices."""

from __future__ import annotations

from typing import Any

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
from projects.actions import groups, notices, tokens
from projects.actions import projects as project_actions
from projects.actions.joining import ask_to_join
from projects.errors import NotThere
from projects.filters import NoticeFilters
from projects.models import (
    AccessToken,
    Event,
    Group,
    Invitation,
    Membership,
    Notice,
    Partner,
    Project,
    User,
)
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
        values = self.body(shapes.GroupIn)
        user = _user(request)
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
        user = _user(request)
        membership = access.get_membership(user, pk, Verb.MANAGE_MEMBERS)
        role = self.body(shapes.RoleIn)["role"]
        groups.change_role(by=user, membership=membership, role=role, now=timezone.now())
        return self.shown(membership)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        user = _user(request)
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
        values = self.body(shapes.InvitationIn)
        user = _user(request)
        group = access.get_group(user, values.pop("group"), Verb.MANAGE_MEMBERS)
        invitation, secret = groups.invite_member(
            by=user, group=group, now=timezone.now(), **values
        )
        path = reverse("invitation", args=[secret])
        invitation.link = f"{settings.BASE_URL}{path}"  # type: ignore[attr-defined]
        return self.created(invitation, shape=shapes.InvitationMade)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        user = _user(request)
        invitation = access.get_invitation(user, pk, Verb.MANAGE_MEMBERS)
        groups.withdraw_invitation(by=user, invitation=invitation, now=timezone.now())
        return Response(status=204)

    @extend_schema(request=shapes.SecretIn, responses={201: shapes.MembershipOut})
    @action(detail=False, methods=["post"])
    def accept(self, request: Request) -> Response:
        secret = self.body(shapes.SecretIn)["secret"]
        membership = groups.accept_invitation(by=_user(request), secret=secret, now=timezone.now())
        return self.created(membership, shape=shapes.MembershipOut)


class ProjectResource(Resource):
    shape = shapes.ProjectOut
    queryset = Project.objects.none()
    filterset_fields = {"slug": ["exact"], "lead_group": ["exact"], "visibility": ["exact"]}

    def get_queryset(self) -> QuerySet[Project]:
        return Project.objects.visible_to(self.request.user).prefetch_related("participants")

    def get_object(self) -> Project:
        return access.get_project(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.ProjectIn, responses={201: shapes.ProjectOut})
    def create(self, request: Request) -> Response:
        values = self.body(shapes.ProjectIn)
        user = _user(request)
        group = access.get_group(user, values.pop("lead_group"), Verb.CREATE_PROJECT)
        project = project_actions.create_project(
            by=user, lead_group=group, now=timezone.now(), **values
        )
        return self.created(project)

    @extend_schema(request=shapes.ProjectChange, responses=shapes.ProjectOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        user = _user(request)
        project = access.get_project(user, pk, Verb.EDIT_PROJECT)
        values = self.body(shapes.ProjectChange)
        project_actions.update_project(by=user, project=project, values=values, now=timezone.now())
        return self.shown(project)

    @extend_schema(request=shapes.GroupReference, responses=shapes.ProjectOut)
    @action(detail=True, methods=["post", "delete"])
    def participants(self, request: Request, pk: str) -> Response:
        """Let a group take part, or end its part."""
        user = _user(request)
        project = access.get_project(user, pk, Verb.EDIT_PROJECT)
        group = access.get_group(user, self.body(shapes.GroupReference)["group"])
        change = (
            project_actions.add_participant
            if request.method == "POST"
            else project_actions.remove_participant
        )
        change(by=user, project=project, group=group, now=timezone.now())
        return self.shown(project)

    @extend_schema(request=shapes.JoinIn, responses={201: shapes.JoinOut})
    @action(detail=True, methods=["post"])
    def join(self, request: Request, pk: str) -> Response:
        """Ask the lead group to take part."""
        user = _user(request)
        project = access.get_project(user, pk)
        values = self.body(shapes.JoinIn)
        group = access.joining_group(user, values["group"])
        asked = ask_to_join(
            by=user, project=project, group=group, text=values["text"], now=timezone.now()
        )
        return self.created(asked, shape=shapes.JoinOut)


class TokenResource(Resource):
    shape = shapes.TokenOut
    queryset = AccessToken.objects.none()
    ordering = ("-created", "digest")

    def get_queryset(self) -> QuerySet[AccessToken]:
        return AccessToken.objects.filter(user=_user(self.request))

    def get_object(self) -> AccessToken:
        return access.get_token(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.TokenIn, responses={201: shapes.TokenMade})
    def create(self, request: Request) -> Response:
        user = _user(request)
        values = self.body(shapes.TokenIn)
        if values["group"]:
            values["group"] = access.get_group(user, values["group"])
        token, text = tokens.create_token(by=user, now=timezone.now(), **values)
        token.token = text  # type: ignore[attr-defined]
        return self.created(token, shape=shapes.TokenMade)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        user = _user(request)
        tokens.revoke_token(by=user, token=access.get_token(user, pk), now=timezone.now())
        return Response(status=204)


class EventResource(Resource):
    shape = shapes.EventOut
    queryset = Event.objects.none()
    ordering = ("-sequence",)
    filterset_fields = ("object_id", "project", "kind")

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.visible_to(self.request.user).select_related("actor")

    def get_object(self) -> Event:
        key = access.as_uuid(self.kwargs["pk"])
        event = self.get_queryset().filter(id=key).first() if key else None
        if event is None:
            raise NotThere
        return event


class NoticeResource(Resource):
    shape = shapes.NoticeOut
    queryset = Notice.objects.none()
    ordering = ("-at", "-id")
    filterset_class = NoticeFilters

    def get_queryset(self) -> QuerySet[Notice]:
        return Notice.objects.visible_to(self.request.user)

    def get_object(self) -> Notice:
        return access.get_notice(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.Nothing, responses=shapes.NoticeOut)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """You have read it."""
        self.body(shapes.Nothing)
        user = _user(request)
        notice = access.get_notice(user, pk)
        notices.mark_read(user=user, notices=[notice.pk], now=timezone.now())
        return self.shown(access.get_notice(user, pk))

    @extend_schema(request=shapes.Nothing, responses=shapes.MarkedOut)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request) -> Response:
        """You have read them all."""
        self.body(shapes.Nothing)
        marked = notices.mark_read(user=_user(request), notices=None, now=timezone.now())
        return self.shown({"marked": marked}, shape=shapes.MarkedOut)


def _user(request: Any) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


RESOURCES = {
    "partners": PartnerResource,
    "groups": GroupResource,
    "memberships": MembershipResource,
    "invitations": InvitationResource,
    "projects": ProjectResource,
    "tokens": TokenResource,
    "events": EventResource,
    "notices": NoticeResource,
}
