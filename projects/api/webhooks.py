"""JSON: webhooks, their secrets and their deliveries."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.actions import webhooks
from projects.api import webhook_shapes as shapes
from projects.api.caller import user_of
from projects.models import User, Webhook, WebhookDelivery
from projects.resources import Resource
from projects.serializers import Nothing


class WebhookResource(Resource):
    shape = shapes.WebhookOut
    queryset = Webhook.objects.none()
    ordering: tuple[str, ...] = ("name", "id")

    def get_queryset(self) -> QuerySet[Webhook]:
        return Webhook.objects.visible_to(self.request.user)

    def get_object(self) -> Webhook:
        return access.get_webhook(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.WebhookIn, responses={201: shapes.WebhookMade})
    def create(self, request: Request) -> Response:
        """Tell an address of what its owner may see; a trial of type `ping` is sent at once."""
        user = user_of(request)
        facts = _facts(user, self.body(shapes.WebhookIn))
        hook, secret = webhooks.create_webhook(by=user, facts=facts, now=timezone.now())
        hook.__dict__["secret"] = secret
        return self.created(hook, shape=shapes.WebhookMade)

    @extend_schema(request=shapes.WebhookIn, responses=shapes.WebhookOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        user = user_of(request)
        hook = access.get_webhook(user, pk)
        before = {"name": hook.name, "url": hook.url, "kinds": hook.kinds,
                  "project": hook.project_id}  # fmt: skip
        facts = _facts(user, before | self.body(shapes.WebhookIn, row=hook))
        webhooks.update_webhook(by=user, hook=hook, facts=facts, now=timezone.now())
        return self.shown(hook)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        user = user_of(request)
        hook = access.get_webhook(user, pk)
        webhooks.delete_webhook(by=user, hook=hook, now=timezone.now())
        return Response(status=204)

    @extend_schema(request=Nothing, responses=shapes.SecretOut)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """A new secret; the former one signs as well for 24 hours, so that no receiver is late."""
        hook = access.get_webhook(user_of(request), pk)
        self.body(Nothing)
        secret = webhooks.rotate_secret(by=user_of(request), hook=hook, now=timezone.now())
        until = self.get_object().former_until
        return self.shown({"secret": secret, "former_until": until}, shape=shapes.SecretOut)

    @extend_schema(request=Nothing, responses=shapes.WebhookOut)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Send nothing until it is resumed; what happens meanwhile is kept for it."""
        hook = access.get_webhook(user_of(request), pk)
        self.body(Nothing)
        webhooks.pause_webhook(by=user_of(request), hook=hook, now=timezone.now())
        return self.shown(hook)

    @extend_schema(request=Nothing, responses=shapes.WebhookOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on, with all that was given up or happened while it was paused or stopped."""
        hook = access.get_webhook(user_of(request), pk)
        self.body(Nothing)
        webhooks.resume_webhook(by=user_of(request), hook=hook, now=timezone.now())
        return self.shown(hook)

    @extend_schema(request=Nothing, responses={201: shapes.DeliveryOut})
    @action(detail=True, methods=["post"])
    def ping(self, request: Request, pk: str) -> Response:
        """Send a trial."""
        hook = access.get_webhook(user_of(request), pk)
        self.body(Nothing)
        return self.created(
            webhooks.try_webhook(hook=hook, now=timezone.now()), shape=shapes.DeliveryOut
        )

    @extend_schema(request=shapes.ReplayIn, responses=shapes.CountOut)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Send one delivery of the log again, or all events since a time."""
        hook = access.get_webhook(user_of(request), pk)
        values = self.body(shapes.ReplayIn)
        if len(values) != 1:
            raise ValidationError({"delivery": [_("Name either a delivery or a time.")]})
        now = timezone.now()
        if "delivery" in values:
            count = webhooks.send_delivery_again(hook=hook, delivery=values["delivery"], now=now)
        else:
            count = webhooks.send_since(hook=hook, since=values["since"], now=now)
        return self.shown({"deliveries": count}, shape=shapes.CountOut)

    @extend_schema(responses=shapes.DeliveryOut(many=True))
    @action(detail=True, methods=["get"], filter_backends=[])
    def deliveries(self, request: Request, pk: str) -> Response:
        """The log: what was sent when, and what came of each try; kept for 30 days."""
        hook = access.get_webhook(user_of(request), pk)
        rows = WebhookDelivery.objects.visible_to(user_of(request)).filter(webhook=hook)
        self.ordering = ("-created_at", "-place", "-id")
        page = self.paginate_queryset(rows.select_related("event").prefetch_related("tries"))
        shown = self.shown(page, shape=shapes.DeliveryOut, many=True)
        return self.get_paginated_response(shown.data)


def _facts(user: User, values: dict[str, Any]) -> webhooks.Facts:
    project = values.pop("project")
    return webhooks.Facts(project=access.get_project(user, project) if project else None, **values)
