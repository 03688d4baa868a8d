"""The shapes of webhooks and their deliveries in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from projects.event_kinds import KINDS
from projects.models import Webhook, WebhookAttempt, WebhookDelivery
from projects.serializers import ResourceUrl

STATES = ("active", "failing", "paused", "stopped")
DELIVERY_STATES = ("waiting", "delivered", "given_up", "dropped")
KIND = "Kind of event, such as `award`; /api/v1/docs/ and docs/webhooks.md list them."


class WebhookOut(serializers.ModelSerializer[Webhook]):
    self_url = ResourceUrl("webhooks")
    kinds = serializers.ListField(
        child=serializers.CharField(), help_text="Of events that it is told of; empty: all."
    )
    state = serializers.ChoiceField(
        choices=STATES, help_text="`stopped` is the portal's decision, `paused` the owner's."
    )

    class Meta:
        model = Webhook
        fields = [
            "id", "self_url", "name", "url", "kinds", "project", "state", "stopped_because",
            "failing_since", "quiet_until", "former_until", "created_at",
        ]  # fmt: skip
        extra_kwargs = {
            "url": {"help_text": "Where deliveries are sent by POST, https only."},
            "project": {"help_text": "Only events of this project; null: of all."},
            "stopped_because": {"help_text": "Why the portal stopped it; empty unless it did."},
            "failing_since": {
                "help_text": "When deliveries began to fail without one success, UTC."
            },
            "quiet_until": {"help_text": "Nothing is tried before this time, UTC."},
            "former_until": {"help_text": "Until when the former secret signs as well, UTC."},
        }


class WebhookMade(WebhookOut):
    secret = serializers.CharField(
        read_only=True, help_text="Checks signatures (Standard Webhooks); shown this once."
    )

    class Meta(WebhookOut.Meta):
        fields = [*WebhookOut.Meta.fields, "secret"]


class WebhookIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100, help_text="For its owner.")
    url = serializers.CharField(
        max_length=2000, help_text="Where deliveries are sent by POST: https, and public."
    )
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=40),
        max_length=len(KINDS),
        required=False,
        default=list,
        help_text=KIND + " Empty: all.",
    )
    project = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Only events of this project."
    )


class SecretOut(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Shown this once.")
    former_until = serializers.DateTimeField(
        help_text="Until then (UTC) the former secret signs as well."
    )


class AttemptOut(serializers.ModelSerializer[WebhookAttempt]):
    class Meta:
        model = WebhookAttempt
        fields = ["at", "status", "problem", "milliseconds"]
        extra_kwargs = {
            "at": {"help_text": "When it was sent, UTC."},
            "status": {"help_text": "HTTP status of the answer; null if none came."},
            "problem": {"help_text": "Why no answer came; empty if one did."},
            "milliseconds": {"help_text": "How long it took, in milliseconds."},
        }


class DeliveryOut(serializers.ModelSerializer[WebhookDelivery]):
    event = serializers.UUIDField(
        source="event.id", allow_null=True, help_text="Null for a trial (`ping`)."
    )
    kind = serializers.CharField(help_text="Of the event; `ping` for a trial.")
    state = serializers.ChoiceField(
        choices=DELIVERY_STATES,
        help_text="`dropped`: its owner may not see the event any more, or wants it no more.",
    )
    tries = AttemptOut(many=True, help_text="Each time that it was sent, the oldest first.")

    class Meta:
        model = WebhookDelivery
        fields = ["id", "event", "kind", "state", "created_at", "due_at", "delivered_at", "tries"]
        extra_kwargs = {
            "due_at": {"help_text": "When it is sent next, UTC; null if never."},
            "delivered_at": {"help_text": "When the receiver took it, UTC."},
        }


class ReplayIn(serializers.Serializer[Any]):
    delivery = serializers.UUIDField(
        required=False, help_text="One delivery of the log; or name `since`."
    )
    since = serializers.DateTimeField(
        required=False, help_text="All events since then (UTC), 10,000 at the most."
    )


class CountOut(serializers.Serializer[Any]):
    deliveries = serializers.IntegerField(help_text="How many were put in line.")
