"""The shapes of derivations, lineage and what follows from it in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from projects.serializers import ResourceUrl
from registry.actions.fingerprints import verdict_on
from registry.models import Derivation
from registry.models.labels import PARENT_KIND_LABELS
from registry.serializers.models import ParentIn


class DerivationIn(ParentIn):
    child = serializers.UUIDField(help_text="A version.")


class DerivationChange(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=PARENT_KIND_LABELS)


class DerivationOut(serializers.ModelSerializer[Derivation]):
    url = ResourceUrl("derivations")
    verdict = serializers.SerializerMethodField(
        help_text="What the fingerprints of both ends say: agrees, conflicts, says_nothing."
    )

    class Meta:
        model = Derivation
        fields = [
            "id", "url", "child", "parent", "literal", "kind", "is_inferred", "evidence",
            "verdict", "note", "created_at",
        ]  # fmt: skip

    def get_verdict(self, edge: Derivation) -> str:
        return verdict_on(edge).value


class NodeOut(serializers.Serializer[Any]):
    id = serializers.CharField(
        help_text="A version's id; `literal:…` for a name that is no entry; `hidden:…` otherwise."
    )
    model = serializers.CharField()
    name = serializers.CharField(help_text="“non-public ancestor” where its owner agreed to that.")
    number = serializers.IntegerField(allow_null=True)
    state = serializers.CharField()
    owner = serializers.CharField(help_text="partner.group")
    licence = serializers.CharField()
    depth = serializers.IntegerField(help_text="Edges from the root by the shortest way.")
    is_withdrawn = serializers.BooleanField()


class EdgeOut(serializers.Serializer[Any]):
    child = serializers.CharField()
    parent = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=PARENT_KIND_LABELS)
    evidence = serializers.CharField()
    is_inferred = serializers.BooleanField()


class LineageOut(serializers.Serializer[Any]):
    root = serializers.UUIDField()  # type: ignore[assignment]
    direction = serializers.CharField()
    nodes = NodeOut(many=True)
    edges = EdgeOut(many=True)
    truncated = serializers.BooleanField(help_text="Whether there is more than was read.")


class CommonOut(serializers.Serializer[Any]):
    """A nearest common ancestor and how far each of the two lies below it."""

    node = NodeOut()
    distance = serializers.IntegerField()
    distance_of_other = serializers.IntegerField()


class ShareOut(serializers.Serializer[Any]):
    model = serializers.UUIDField()
    name = serializers.CharField()
    gpu_hours = serializers.DecimalField(max_digits=38, decimal_places=6, allow_null=True)
    gpu_hours_kind = serializers.CharField()
    energy_kwh = serializers.DecimalField(max_digits=38, decimal_places=6, allow_null=True)


class ComputeOut(serializers.Serializer[Any]):
    """What a model cost with all above it, each once; unknown ancestors are named, not guessed."""

    own = ShareOut()
    above = ShareOut(many=True)
    gpu_hours = serializers.DecimalField(max_digits=38, decimal_places=6)
    energy_kwh = serializers.DecimalField(max_digits=38, decimal_places=6)
    unknown = serializers.ListField(child=serializers.CharField())


class AiActOut(serializers.Serializer[Any]):
    """The AI Act's compute thresholds; an indication and no legal advice. FLOP throughout."""

    flop = serializers.DecimalField(
        source="own.flop", max_digits=38, decimal_places=0, allow_null=True
    )
    is_estimate = serializers.BooleanField(source="own.is_estimate", help_text="6·N·D")
    parameters = serializers.IntegerField(source="own.parameters", allow_null=True)
    tokens = serializers.IntegerField(source="own.tokens", allow_null=True)
    with_ancestors = serializers.DecimalField(max_digits=38, decimal_places=0, allow_null=True)
    generates = serializers.BooleanField()
    indicates_general_purpose = serializers.BooleanField(allow_null=True)
    presumes_systemic_risk = serializers.BooleanField(allow_null=True)
    modifies = serializers.CharField()
    modifier_threshold = serializers.DecimalField(max_digits=38, decimal_places=0, allow_null=True)
    makes_modifier_a_provider = serializers.BooleanField(allow_null=True)


class ConflictOut(serializers.Serializer[Any]):
    duty = serializers.CharField()
    ancestor = serializers.CharField()
    licence = serializers.CharField()
    terms = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField())


class LicenceFlowOut(serializers.Serializer[Any]):
    """Duties of ancestors' licences that the model's own does not keep; no legal advice."""

    conflicts = ConflictOut(many=True, help_text="The nearest 100.")
    more = serializers.IntegerField(help_text="Conflicts beyond those.")
    unknown = serializers.ListField(child=serializers.CharField())
