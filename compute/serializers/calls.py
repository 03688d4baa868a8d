"""The shape of calls in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from compute.models import Call
from projects.serializers import ResourceUrl


class CallOut(serializers.ModelSerializer[Call]):
    address = ResourceUrl("calls")

    class Meta:
        model = Call
        fields = [
            "id", "address", "board", "title", "url", "opens_on", "closes_on", "text", "as_of",
        ]  # fmt: skip


class CallIn(serializers.Serializer[Any]):
    board = serializers.CharField(max_length=120)
    title = serializers.CharField(max_length=200)
    url = serializers.URLField(default="", allow_blank=True, max_length=200)
    opens_on = serializers.DateField(default=None, allow_null=True)
    closes_on = serializers.DateField(
        default=None,
        allow_null=True,
        help_text="Last day on which one can ask, UTC; null: at any time.",
    )
    text = serializers.CharField(max_length=5000, default="", allow_blank=True)
