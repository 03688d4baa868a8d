"""The shapes of similar efforts, cases and watches in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from projects.models import User
from projects.serializers import ResourceUrl
from registry.models import Case, CaseMessage, CaseParty, Model, Overlap, Watch
from registry.models.case_sight import CaseSight
from registry.models.cases import OUTCOME_LABELS
from registry.models.labels import MODALITY_LABELS
from registry.models.overlaps import KIND_LABELS
from registry.serializers.models import words
from registry.vocabulary import LANGUAGE, MOST_COUNT, TERM

HOUR = 3600


class EffortOut(serializers.ModelSerializer[Model]):
    """One of two efforts, as short as it can be recognised."""

    url = ResourceUrl("models")
    group_name = serializers.CharField(source="group.name")
    partner = serializers.CharField(source="group.partner.name")

    class Meta:
        model = Model
        fields = ["id", "url", "name", "qualified", "state", "group", "group_name", "partner"]


class ReasonOut(serializers.Serializer[Any]):
    feature = serializers.CharField()
    points = serializers.FloatField(help_text="Natural log-odds.")
    text = serializers.CharField()


class RangeOut(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()


class _Scored(serializers.Serializer[Any]):
    probability = serializers.FloatField(help_text="0 to 1; from 0.5 on a pair is flagged.")
    reasons = ReasonOut(many=True)
    counterfactual = serializers.CharField(help_text="What would bring it across the line.")


# `class` is a word of the language, so the field is added by its name.
_Scored._declared_fields["class"] = serializers.ChoiceField(choices=KIND_LABELS)


class NeighbourOut(_Scored):
    """An effort like the one that was asked about."""

    model = EffortOut()
    stake_gpu_hours = RangeOut(help_text="GPU-hours that doing both could cost too much.")


class NeighboursOut(serializers.Serializer[Any]):
    results = NeighbourOut(many=True)
    note = serializers.CharField()


class OverlapOut(_Scored):
    """A stored pair."""

    id = serializers.UUIDField()
    url = ResourceUrl("overlaps")
    a = EffortOut()
    b = EffortOut()
    stake_gpu_hours = RangeOut(
        allow_null=True,
        help_text="GPU-hours that doing both could cost too much; for those who decide.",
    )
    is_settled = serializers.BooleanField(help_text="A case said what this pair is.")
    weights_version = serializers.CharField()
    as_of = serializers.DateTimeField()


def scored(row: Overlap, *, with_stake: bool) -> dict[str, Any]:
    """A stored pair in the shape of OverlapOut."""
    return {
        "id": row.pk,
        "a": row.a,
        "b": row.b,
        "probability": round(row.probability, 4),
        "class": row.kind,
        "reasons": row.sentences,
        "counterfactual": row.what_if,
        "stake_gpu_hours": {"low": row.stake_low / HOUR, "high": row.stake_high / HOUR}
        if with_stake
        else None,
        "is_settled": row.is_settled,
        "weights_version": row.weights_version,
        "as_of": row.assessed_at,
    }


EFFORT_ROW = {
    "group_name": F("group__name"),
    "partner": F("group__partner__name"),
}


def effort_rows(keys: list[str], address: str) -> dict[str, dict[str, Any]]:
    """Efforts in the shape of EffortOut by key, without Django's objects."""
    fields = ("id", "name", "qualified", "state", "group")
    rows = Model.objects.filter(pk__in=keys).values(*fields, **EFFORT_ROW)
    return {str(row["id"]): {**row, "url": f"{address}{row['id']}/"} for row in rows}


def neighbour_row(row: Any, efforts: dict[str, dict[str, Any]], language: str) -> dict[str, Any]:
    """A live comparison in the shape of NeighbourOut; `reasons` are bars in both languages."""
    return {
        "model": efforts[row.key],
        "probability": round(row.probability, 4),
        "class": row.kind,
        "reasons": [
            {"feature": bar["feature"], "points": bar["points"], "text": bar[language]}
            for bar in row.reasons
        ],
        "counterfactual": row.counterfactual[language] if row.counterfactual else "",
        "stake_gpu_hours": {"low": row.stake.low / HOUR, "high": row.stake.high / HOUR},
    }


def reading_language() -> str:
    """The one of the two languages of explanations that the reader wants."""
    return "de" if (get_language() or "en").startswith("de") else "en"


class PartyOut(serializers.ModelSerializer[CaseParty]):
    model = EffortOut()

    class Meta:
        model = CaseParty
        fields = [
            "id", "model", "group", "invited_at", "is_introducible", "answer", "answer_text",
            "answered_at", "confirms_avoided",
        ]  # fmt: skip


@extend_schema_serializer(component_name="CaseMessageOut")
class MessageOut(serializers.ModelSerializer[CaseMessage]):
    by = serializers.SerializerMethodField(help_text="The group, or “coordinator”.")
    sender = serializers.SerializerMethodField(help_text="Who wrote for a group.")

    class Meta:
        model = CaseMessage
        fields = ["id", "party", "is_for_all", "text", "source", "sender", "by", "at"]

    def get_by(self, message: CaseMessage) -> str:
        return message.spoken_by

    def get_sender(self, message: CaseMessage) -> str:
        if message.by is None or message.source == CaseMessage.Source.EMAIL:
            return message.sender
        viewer: User = self.context["request"].user
        return viewer.name_of(message.by) if message.sender else ""


class CaseOut(serializers.ModelSerializer[Case]):
    """A case as lists show it."""

    url = ResourceUrl("cases")
    holds_award = serializers.SerializerMethodField()
    avoided_gpu_hours = serializers.SerializerMethodField()

    class Meta:
        model = Case
        fields = [
            "id", "url", "code", "about", "state", "waiting_on", "opened_at", "due_at",
            "holds_until", "holds_award", "outcome", "outcome_reason", "decided_at",
            "avoided_gpu_hours",
        ]  # fmt: skip

    def get_holds_award(self, case: Case) -> bool:
        return case.holds_at(self.context["now"])

    @extend_schema_field(RangeOut(allow_null=True))
    def get_avoided_gpu_hours(self, case: Case) -> dict[str, float] | None:
        if case.avoided_low is None or case.avoided_high is None:
            return None
        return {"low": case.avoided_low / HOUR, "high": case.avoided_high / HOUR}


class CaseWhole(CaseOut):
    """A case as far as the caller may read it."""

    opened_because = serializers.SerializerMethodField()
    parties = serializers.SerializerMethodField()
    overlaps = serializers.SerializerMethodField()
    messages = serializers.SerializerMethodField()
    stake_gpu_hours = serializers.SerializerMethodField()
    hidden = serializers.SerializerMethodField(help_text="There is more that is not shown.")

    class Meta(CaseOut.Meta):
        fields = [
            *CaseOut.Meta.fields, "opened_because", "parties", "overlaps", "messages",
            "stake_gpu_hours", "hidden",
        ]  # fmt: skip

    @property
    def _sight(self) -> CaseSight:
        sight: CaseSight = self.context["sight"]
        return sight

    def get_opened_because(self, case: Case) -> str:
        return case.opened_because if self._sight.reads_reason else ""

    @extend_schema_field(PartyOut(many=True))
    def get_parties(self, case: Case) -> list[Any]:
        return list(PartyOut(self._sight.parties, many=True, context=self.context).data)

    @extend_schema_field(OverlapOut(many=True))
    def get_overlaps(self, case: Case) -> list[Any]:
        rows = [scored(r, with_stake=self._sight.is_handler) for r in self._sight.overlaps]
        return list(OverlapOut(rows, many=True, context=self.context).data)

    @extend_schema_field(MessageOut(many=True))
    def get_messages(self, case: Case) -> list[Any]:
        return list(MessageOut(self._sight.messages, many=True, context=self.context).data)

    @extend_schema_field(RangeOut)
    def get_stake_gpu_hours(self, case: Case) -> dict[str, float]:
        low, high = self._sight.stake
        return {"low": low, "high": high}

    def get_hidden(self, case: Case) -> bool:
        return self._sight.hidden


class CaseIn(serializers.Serializer[Any]):
    overlaps = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=50, help_text="Pairs, by id."
    )
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=10_000)


class AssignIn(serializers.Serializer[Any]):
    owner = serializers.CharField(allow_null=True, help_text="A coordinator's log-in name.")
    deputy = serializers.CharField(allow_null=True, required=False, default=None)
    due_at = serializers.DateTimeField()
    waiting_on = serializers.ChoiceField(choices=Case.WaitingOn.choices, allow_blank=True)


class TextIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=20_000)


class InviteIn(TextIn):
    party = serializers.UUIDField()


class SayIn(TextIn):
    to = serializers.ChoiceField(
        choices=["all", "staff"],
        default="staff",
        help_text="Every invited group, or those alone who handle the case.",
    )


class EmailIn(TextIn):
    party = serializers.UUIDField()
    sender = serializers.CharField(max_length=254)


class CaseReasonIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=10_000)


class RecuseIn(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=10_000)


class HoursIn(serializers.Serializer[Any]):
    low = serializers.DecimalField(max_digits=16, decimal_places=4, min_value=0)
    high = serializers.DecimalField(max_digits=16, decimal_places=4, min_value=0)


class DecideIn(CaseReasonIn):
    outcome = serializers.ChoiceField(choices=OUTCOME_LABELS)
    avoided_gpu_hours = HoursIn(required=False, allow_null=True, default=None)


class AnswerIn(serializers.Serializer[Any]):
    party = serializers.UUIDField()
    agrees = serializers.BooleanField()
    text = serializers.CharField(required=False, default="", allow_blank=True, max_length=10_000)
    confirms_avoided = serializers.BooleanField(default=False)


class ConsentIn(serializers.Serializer[Any]):
    party = serializers.UUIDField()
    consents = serializers.BooleanField()


class WatchIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    modality_out = serializers.ListField(
        child=serializers.ChoiceField(choices=MODALITY_LABELS), required=False, default=list
    )
    languages = words(LANGUAGE, "ISO 639-1 or 639-3.", 3)
    tasks = words(TERM, "A word of the vocabulary.", 40)
    domains = words(TERM, "A word of the vocabulary.", 40)
    parameters_min = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_COUNT
    )
    parameters_max = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_COUNT
    )


class WatchOut(serializers.ModelSerializer[Watch]):
    url = ResourceUrl("watches")

    class Meta:
        model = Watch
        fields = [
            "id", "url", "name", "modality_out", "languages", "tasks", "domains",
            "parameters_min", "parameters_max", "created_at",
        ]  # fmt: skip
