"""The shapes of clusters, credentials, pools and capacity in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from compute.models import (
    AccountingDifference,
    Cluster,
    Credential,
    Maintenance,
    OddRecord,
    Orphan,
    Outage,
    SiteConsent,
)
from compute.models.clusters import HOLDS_LABELS
from projects.serializers import PersonName, ResourceUrl

QUARANTINE = (
    "Minutes that an unanswered submission rests before it is sent again, where the site does not"
    " keep holds."
)


class ClusterOut(serializers.ModelSerializer[Cluster]):
    url = ResourceUrl("clusters")
    state = serializers.SerializerMethodField(help_text="up, down, or unknown.")
    as_of = serializers.DateTimeField(source="health.checked_at", read_only=True, allow_null=True)
    answered_at = serializers.DateTimeField(
        source="health.answered_at", read_only=True, allow_null=True
    )
    unreachable_since = serializers.DateTimeField(
        source="health.unreachable_since", read_only=True, allow_null=True
    )
    slurm_version = serializers.CharField(source="health.slurm_version", read_only=True)
    wire = serializers.CharField(source="health.wire", read_only=True)
    holds = serializers.ChoiceField(
        source="health.holds",
        choices=HOLDS_LABELS,
        read_only=True,
        help_text="Whether a job that is submitted held does not start; empty: not proven yet.",
    )
    is_stopped = serializers.BooleanField(
        read_only=True, help_text="Gets no jobs: the database was restored, the operator looks."
    )
    stop = serializers.UUIDField(
        source="health.stop",
        read_only=True,
        allow_null=True,
        help_text="What `enable-dispatch` asks for.",
    )
    stopped_at = serializers.DateTimeField(
        source="health.stopped_at", read_only=True, allow_null=True
    )
    reconciled_at = serializers.DateTimeField(
        source="health.reconciled_at", read_only=True, allow_null=True
    )

    class Meta:
        model = Cluster
        fields = [
            "id", "url", "slug", "name", "partner", "description", "connection", "limit_mode",
            "usage_decay", "is_simulated", "project_directory", "quarantine_minutes", "holds",
            "state", "as_of", "answered_at", "unreachable_since", "slurm_version", "wire",
            "is_stopped", "stop", "stopped_at", "reconciled_at", "public_record",
        ]  # fmt: skip
        extra_kwargs = {"quarantine_minutes": {"help_text": QUARANTINE}}

    def get_state(self, cluster: Cluster) -> str:
        return {True: "up", False: "down", None: "unknown"}[cluster.health.is_up]


class ClusterChange(serializers.ModelSerializer[Cluster]):
    class Meta:
        model = Cluster
        fields = [
            "name", "description", "connection", "limit_mode", "usage_decay", "rest_url",
            "slurm_cluster", "parent_account", "project_directory", "quarantine_minutes",
            "sacctmgr",
        ]  # fmt: skip
        extra_kwargs = {"quarantine_minutes": {"help_text": QUARANTINE}}


class OddRecordOut(serializers.ModelSerializer[OddRecord]):
    class Meta:
        model = OddRecord
        fields = [
            "slurm_job_id", "submit_time", "restarts", "slurm_account", "why", "said",
            "first_seen_at", "last_seen_at",
        ]  # fmt: skip


class DifferenceOut(serializers.ModelSerializer[AccountingDifference]):
    class Meta:
        model = AccountingDifference
        fields = [
            "id", "kind", "allocation", "month", "slurm_job_id", "submit_time", "restarts",
            "booked_gpu_seconds", "said_gpu_seconds", "found_at", "last_seen_at",
        ]  # fmt: skip


class AccountingOut(serializers.Serializer[Any]):
    read_until = serializers.DateTimeField(
        allow_null=True, help_text="Up to when (UTC) the cluster's accounting has been booked."
    )
    compared_at = serializers.DateTimeField(
        allow_null=True, help_text="When all of it was last compared with what is booked, UTC."
    )
    odd_records = OddRecordOut(many=True, help_text="Kept aside: they cannot be true.")
    differences = DifferenceOut(many=True, help_text="Found then; nothing is corrected by itself.")


class CorrectionIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, help_text="Why the cluster is right.")


class SiteConsentIn(serializers.Serializer[Any]):
    given_by = serializers.CharField(max_length=200, help_text="A role or board of the site.")
    given_on = serializers.DateField()
    reference = serializers.CharField(max_length=300, help_text="Of the contract or ticket.")
    text = serializers.CharField(max_length=5000, default="", allow_blank=True)


class SiteConsentOut(serializers.ModelSerializer[SiteConsent]):
    recorded_by = PersonName()

    class Meta:
        model = SiteConsent
        fields = [
            "id", "given_by", "given_on", "reference", "text", "recorded_by", "recorded_at",
            "withdrawn_at", "withdrawn_reason",
        ]  # fmt: skip


class OutageOut(serializers.ModelSerializer[Outage]):
    class Meta:
        model = Outage
        fields = ["began_at", "ended_at"]


class SwitchIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class MaintenanceIn(serializers.Serializer[Any]):
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    text = serializers.CharField(max_length=300, default="", allow_blank=True)


class MaintenanceOut(serializers.ModelSerializer[Maintenance]):
    class Meta:
        model = Maintenance
        fields = ["id", "cluster", "start_at", "end_at", "text"]


class StopIn(serializers.Serializer[Any]):
    stop = serializers.UUIDField(help_text="As the cluster shows it: the one you looked at.")


class OrphanOut(serializers.ModelSerializer[Orphan]):
    url = ResourceUrl("orphans")
    submitted_at = serializers.DateTimeField(
        read_only=True, help_text="By the cluster's own clock, UTC."
    )
    as_of = serializers.DateTimeField(source="last_seen_at", read_only=True)

    class Meta:
        model = Orphan
        fields = [
            "id", "url", "cluster", "slurm_job_id", "name", "unix_user", "account", "state",
            "is_held", "gpus", "submitted_at", "first_seen_at", "as_of",
        ]  # fmt: skip


class CredentialIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Credential.Kind.choices)
    token = serializers.CharField(
        max_length=8192, help_text="A JWT with an end; never shown again."
    )


class CredentialOut(serializers.ModelSerializer[Credential]):
    class Meta:
        model = Credential
        fields = ["unix_user", "kind", "expires_at", "delivered_at"]
