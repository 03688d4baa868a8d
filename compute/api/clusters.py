"""JSON: clusters, their credentials, consents and accounting."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute.actions import clusters as cluster_actions
from compute.actions.accounting import correct_difference
from compute.actions.consents import record_consent, withdraw_consent
from compute.actions.maintenance import drop_maintenance, plan_maintenance
from compute.models import (
    Cluster,
    Orphan,
)
from compute.models.checks import accounting_of
from compute.models.outages import SHOWN_FOR
from compute.serializers import clusters as shapes
from projects.access import fetch, require_portal
from projects.resources import Resource
from projects.roles import Verb


class ClusterResource(Resource):
    shape = shapes.ClusterOut
    queryset = Cluster.objects.none()
    ordering = ("name", "id")
    filterset_fields = ("slug", "connection")

    def get_queryset(self) -> QuerySet[Cluster]:
        return Cluster.objects.visible_to(self.request.user).select_related("health")

    def get_object(self) -> Cluster:
        return access.get_cluster(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.ClusterChange, responses=shapes.ClusterOut)
    def partial_update(self, request: Call, pk: str) -> Response:
        """How the portal reaches and treats it; by its operators."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        values = self.body(shapes.ClusterChange, row=cluster)
        cluster_actions.update_cluster(by=user, cluster=cluster, values=values, now=timezone.now())
        return self.shown(cluster)

    @extend_schema(request=shapes.StopIn, responses=shapes.ClusterOut)
    @action(detail=True, methods=["post"], url_path="enable-dispatch")
    def enable_dispatch(self, request: Call, pk: str) -> Response:
        """Give jobs to a cluster again that was stopped by a restore of the database."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        stop = self.body(shapes.StopIn)["stop"]
        cluster_actions.enable_dispatch(by=user, cluster=cluster, stop=stop, now=timezone.now())
        return self.shown(cluster)

    @extend_schema(request=shapes.SwitchIn, responses=shapes.ClusterOut)
    @action(detail=True, methods=["post"], url_path="stop-submitting")
    def stop_submitting(self, request: Call, pk: str) -> Response:
        """The kill switch: from now on the portal only reads there. Jobs that are there go on."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        values = self.body(shapes.SwitchIn)
        cluster_actions.stop_submitting(by=user, cluster=cluster, now=timezone.now(), **values)
        return self.shown(cluster)

    @extend_schema(methods=["get"], responses=shapes.MaintenanceOut(many=True))
    @extend_schema(
        methods=["post"], request=shapes.MaintenanceIn, responses={201: shapes.MaintenanceOut}
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filter_backends=[])
    def maintenance(self, request: Call, pk: str) -> Response:
        """When it is away on purpose, from now on; its operators announce it."""
        user: Any = request.user
        now = timezone.now()
        if request.method == "GET":
            rows = access.get_cluster(user, pk).maintenance.to_come(now)
            return Response(shapes.MaintenanceOut(rows, many=True).data)
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        values = self.body(shapes.MaintenanceIn)
        planned = plan_maintenance(by=user, cluster=cluster, now=now, **values)
        return Response(shapes.MaintenanceOut(planned).data, status=201)

    @extend_schema(responses={204: None})
    @action(
        detail=True,
        methods=["delete"],
        url_path=r"maintenance/(?P<planned>[0-9a-f-]{36})",
        url_name="maintenance-drop",
    )
    def drop_maintenance(self, request: Call, pk: str, planned: str) -> Response:
        """It does not take place."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        row = fetch(cluster.maintenance.all(), planned)
        drop_maintenance(by=user, planned=row, now=timezone.now())
        return Response(status=204)

    @extend_schema(responses=shapes.AccountingOut)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def accounting(self, request: Call, pk: str) -> Response:
        """How far its accounting is booked, and what of it does not add up; the newest 500."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk)
        access.require_accounting(user, cluster)
        return Response(shapes.AccountingOut(accounting_of(cluster, most=500)).data)

    @extend_schema(request=shapes.CorrectionIn, responses={204: None})
    @action(
        detail=True,
        methods=["post"],
        url_path=r"accounting/(?P<difference>[0-9]{1,18})/correct",
        url_name="accounting-correct",
    )
    def correct(self, request: Call, pk: str, difference: str) -> Response:
        """Book what the cluster says of one difference."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk)
        require_portal(user, Verb.AWARD)
        row = access.get_difference(cluster, difference)
        values = self.body(shapes.CorrectionIn)
        correct_difference(by=user, difference=row, now=timezone.now(), **values)
        return Response(status=204)

    @extend_schema(methods=["get"], responses=shapes.SiteConsentOut(many=True))
    @extend_schema(
        methods=["post"], request=shapes.SiteConsentIn, responses={201: shapes.SiteConsentOut}
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None, filter_backends=[])
    def consents(self, request: Call, pk: str) -> Response:
        """The site's agreements to jobs from the portal; its operators record them."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        if request.method == "GET":
            rows = cluster.consents.select_related("recorded_by")
            return self.shown(rows, shape=shapes.SiteConsentOut, many=True)
        values = self.body(shapes.SiteConsentIn)
        made = record_consent(by=user, cluster=cluster, now=timezone.now(), **values)
        return self.created(made, shape=shapes.SiteConsentOut)

    @extend_schema(request=shapes.SwitchIn, responses=shapes.SiteConsentOut)
    @action(
        detail=True,
        methods=["post"],
        url_path=r"consents/(?P<consent>[0-9]{1,18})/withdraw",
        url_name="consents-withdraw",
    )
    def withdraw_consent(self, request: Call, pk: str, consent: str) -> Response:
        """The site does not agree any more: from now on the portal only reads there."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        row = access.get_consent(cluster, consent)
        values = self.body(shapes.SwitchIn)
        withdraw_consent(by=user, consent=row, now=timezone.now(), **values)
        return self.shown(access.get_consent(cluster, consent), shape=shapes.SiteConsentOut)

    @extend_schema(responses=shapes.OutageOut(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def outages(self, request: Call, pk: str) -> Response:
        """When it did not answer in the last ninety days, the latest first; at most 500."""
        cluster = access.get_cluster(request.user, pk)
        rows = cluster.outages.since(timezone.now() - SHOWN_FOR)[:500]
        return Response(shapes.OutageOut(rows, many=True).data)

    @extend_schema(responses=shapes.CredentialOut(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def credentials(self, request: Call, pk: str) -> Response:
        """Whose tokens are there and how long they last; never a token."""
        cluster = access.get_cluster(request.user, pk, Verb.OPERATE_CLUSTER)
        rows = cluster.credentials.order_by("unix_user")
        return Response(shapes.CredentialOut(rows, many=True).data)

    @extend_schema(methods=["put"], request=shapes.CredentialIn, responses={204: None})
    @extend_schema(methods=["delete"], responses={204: None})
    @action(
        detail=True, methods=["put", "delete"], url_path=r"credentials/(?P<unix_user>[^/]{1,64})"
    )
    def credential(self, request: Call, pk: str, unix_user: str) -> Response:
        """Deliver or withdraw the token of one UNIX user, from the site's own cron job."""
        user: Any = request.user
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        now = timezone.now()
        if request.method == "PUT":
            values = self.body(shapes.CredentialIn)
            cluster_actions.deliver_credential(
                by=user, cluster=cluster, unix_user=unix_user, now=now, **values
            )
        else:
            cluster_actions.withdraw_credential(
                by=user, cluster=cluster, unix_user=unix_user, now=now
            )
        return Response(status=204)


class OrphanResource(Resource):
    """Slurm jobs under a name of ours that no intent knows; of one cluster by `cluster__slug`."""

    shape = shapes.OrphanOut
    queryset = Orphan.objects.none()
    ordering = ("-submit_time", "-id")
    filterset_fields = {
        "cluster": ["exact"],
        "cluster__slug": ["exact"],
        "state": ["exact", "in"],
        "is_held": ["exact"],
    }

    def get_queryset(self) -> QuerySet[Orphan]:
        return Orphan.objects.visible_to(self.request.user)
