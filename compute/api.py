"""JSON: clusters, pools, capacity, requests, allocations, limits, ledger, jobs, usage."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute import serializers as shapes
from compute.actions import clusters as cluster_actions
from compute.actions import requests as request_actions
from compute.actions.awards import Grant, award
from compute.actions.job_specs import JobSpec, spec_from_fields, spec_from_sbatch
from compute.actions.jobs import cancel_job, submit_job
from compute.models import (
    Allocation,
    CapacityMonth,
    Cluster,
    Job,
    LedgerEntry,
    Limit,
    Pool,
    Request,
    RequestLine,
    UsageRecord,
)
from compute.quota import parse_months
from projects.access import as_uuid, get_project
from projects.errors import Invalid, NotThere
from projects.models import User
from projects.resources import Resource
from projects.roles import Verb
from registry.access import get_model, get_version


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
        user: Any = request.user
        cluster = access.get_cluster(user, pk, Verb.OPERATE_CLUSTER)
        change = shapes.ClusterChange(cluster, data=request.data, partial=True)
        change.is_valid(raise_exception=True)
        cluster_actions.update_cluster(
            by=user, cluster=cluster, values=change.validated_data, now=timezone.now()
        )
        return self.shown(cluster)

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


class PoolResource(Resource):
    shape = shapes.PoolOut
    queryset = Pool.objects.none()
    ordering = ("name", "id")
    filterset_fields = {"slug": ["exact"], "cluster": ["exact"], "cluster__slug": ["exact"]}

    def get_queryset(self) -> QuerySet[Pool]:
        return Pool.objects.visible_to(self.request.user).select_related("cluster")

    def get_object(self) -> Pool:
        return access.get_pool(self.request.user, self.kwargs["pk"])


class CapacityResource(Resource):
    shape = shapes.CapacityOut
    queryset = CapacityMonth.objects.none()
    ordering = ("month", "id")
    filterset_fields = {
        "pool": ["exact"],
        "pool__slug": ["exact"],
        "month": ["exact", "gte", "lte"],
    }

    def get_queryset(self) -> QuerySet[CapacityMonth]:
        return CapacityMonth.objects.visible_to(self.request.user)


class RequestResource(Resource):
    shape = shapes.RequestOut
    queryset = Request.objects.none()
    filterset_fields = {
        "project": ["exact"],
        "project__slug": ["exact"],
        "state": ["exact", "in"],
        "purpose": ["exact"],
    }

    def get_queryset(self) -> QuerySet[Request]:
        lines = RequestLine.objects.select_related("allocation").prefetch_related("awards")
        rows = Request.objects.visible_to(self.request.user)
        return rows.prefetch_related(Prefetch("lines", queryset=lines))

    def get_object(self) -> Request:
        return access.get_request(self.request.user, self.kwargs["pk"])

    @extend_schema(request=shapes.RequestIn, responses={201: shapes.RequestOut})
    def create(self, request: Call) -> Response:
        """A draft; hand it in by `submit`."""
        user: Any = request.user
        values = self.body(shapes.RequestIn)
        project = get_project(user, values["project"], Verb.REQUEST_COMPUTE)
        made = request_actions.create_request(
            by=user, project=project, now=timezone.now(), **_ask(user, values)
        )
        return self.created(made)

    @extend_schema(request=shapes.RequestIn, responses=shapes.RequestOut)
    def update(self, request: Call, pk: str) -> Response:
        """Change a draft, or a request that was sent back."""
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REQUEST_COMPUTE)
        values = self.body(shapes.RequestIn)
        if values["project"] != row.project_id:
            raise ValidationError({"project": [_("A request stays with its project.")]})
        request_actions.update_request(
            by=user, request=row, now=timezone.now(), **_ask(user, values)
        )
        return self.shown(row)

    @extend_schema(request=shapes.Nothing, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def submit(self, request: Call, pk: str) -> Response:
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REQUEST_COMPUTE)
        self.body(shapes.Nothing)
        request_actions.submit_request(by=user, request=row, now=timezone.now())
        return self.shown(row)

    @extend_schema(request=shapes.CommentIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def review(self, request: Call, pk: str) -> Response:
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REVIEW_REQUEST)
        values = self.body(shapes.CommentIn)
        request_actions.review_request(by=user, request=row, now=timezone.now(), **values)
        return self.shown(row)

    @extend_schema(request=shapes.CommentIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Call, pk: str) -> Response:
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REVIEW_REQUEST)
        values = self.body(shapes.CommentIn)
        request_actions.return_request(by=user, request=row, now=timezone.now(), **values)
        return self.shown(row)

    @extend_schema(request=shapes.AwardIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def award(self, request: Call, pk: str) -> Response:
        user: Any = request.user
        row = access.get_request(user, pk, Verb.AWARD)
        values = self.body(shapes.AwardIn)
        grants = _grants(row, values["lines"])
        award(by=user, request=row, grants=grants, reason=values["reason"], now=timezone.now())
        return self.shown(self.get_object())

    @extend_schema(request=shapes.ReasonIn, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def deny(self, request: Call, pk: str) -> Response:
        user: Any = request.user
        row = access.get_request(user, pk, Verb.AWARD)
        values = self.body(shapes.ReasonIn)
        request_actions.deny_request(by=user, request=row, now=timezone.now(), **values)
        return self.shown(row)

    @extend_schema(request=shapes.Nothing, responses=shapes.RequestOut)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Call, pk: str) -> Response:
        user: Any = request.user
        row = access.get_request(user, pk, Verb.REQUEST_COMPUTE)
        self.body(shapes.Nothing)
        request_actions.withdraw_request(by=user, request=row, now=timezone.now())
        return self.shown(row)


class AllocationResource(Resource):
    shape = shapes.AllocationOut
    queryset = Allocation.objects.none()
    filterset_fields = {
        "project": ["exact"],
        "project__slug": ["exact"],
        "pool": ["exact"],
        "pool__cluster__slug": ["exact"],
        "state": ["exact", "in"],
    }

    def get_queryset(self) -> QuerySet[Allocation]:
        rows = Allocation.objects.visible_to(self.request.user)
        return rows.select_related("pool__cluster", "balance", "limit")

    def get_object(self) -> Allocation:
        return access.get_allocation(self.request.user, self.kwargs["pk"])


class LimitResource(Resource):
    shape = shapes.LimitOut
    queryset = Limit.objects.none()
    ordering = ("-allocation__created_at", "-id")
    filterset_fields = {"state": ["exact", "in"], "allocation": ["exact"]}

    def get_queryset(self) -> QuerySet[Limit]:
        rows = Limit.objects.visible_to(self.request.user)
        slug = self.request.query_params.get("cluster")
        rows = rows.filter(allocation__pool__cluster__slug=slug) if slug else rows
        return rows.select_related("allocation__pool__cluster")

    def get_object(self) -> Limit:
        return access.get_limit(self.request.user, self.kwargs["pk"])


class LedgerResource(Resource):
    shape = shapes.LedgerOut
    queryset = LedgerEntry.objects.none()
    ordering = ("-sequence",)
    filterset_fields = ("allocation", "kind", "job")

    def get_queryset(self) -> QuerySet[LedgerEntry]:
        return LedgerEntry.objects.visible_to(self.request.user)

    def get_object(self) -> LedgerEntry:
        return _by_public_id(self.get_queryset(), self.kwargs["pk"])


class UsageResource(Resource):
    shape = shapes.UsageOut
    queryset = UsageRecord.objects.none()
    ordering = ("-sequence",)
    filterset_fields = ("allocation", "job", "slurm_job_id")

    def get_queryset(self) -> QuerySet[UsageRecord]:
        return UsageRecord.objects.visible_to(self.request.user).select_related("cluster")

    def get_object(self) -> UsageRecord:
        return _by_public_id(self.get_queryset(), self.kwargs["pk"])


class JobResource(Resource):
    shape = shapes.JobOut
    queryset = Job.objects.none()
    ordering = ("-submitted_at", "-id")
    filterset_fields = {
        "project": ["exact"],
        "project__slug": ["exact"],
        "allocation": ["exact"],
        "cluster__slug": ["exact"],
        "state": ["exact", "in"],
    }

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.visible_to(self.request.user).select_related("cluster")

    @extend_schema(responses=shapes.JobDetail)
    def retrieve(self, request: Call, pk: str) -> Response:
        return self._detail(access.get_job(request.user, pk))

    @extend_schema(request=shapes.JobIn, responses={201: shapes.JobDetail})
    def create(self, request: Call) -> Response:
        """One intent to run a script once, from fields or from an sbatch script."""
        user: Any = request.user
        values = self.body(shapes.JobIn)
        allocation = _allocation(user, values)
        version = get_version(user, values["version"]) if values.get("version") else None
        job = submit_job(
            by=user,
            allocation=allocation,
            spec=_spec(allocation, values),
            version=version,
            now=timezone.now(),
        )
        return self._detail(job, code=201)

    @extend_schema(request=shapes.Nothing, responses=shapes.JobDetail)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Call, pk: str) -> Response:
        user: Any = request.user
        job = access.get_job(user, pk, Verb.CANCEL_JOB)
        cancel_job(by=user, job=job, now=timezone.now())
        return self._detail(job)

    def _detail(self, job: Job, *, code: int = 200) -> Response:
        reads = Verb.READ_SCRIPT in access.job_verbs(self.request.user, job)
        context = {**self.get_serializer_context(), "may_read_script": reads}
        return Response(shapes.JobDetail(job, context=context).data, status=code)


def _ask(user: User, values: dict[str, Any]) -> dict[str, Any]:
    """The body of a request as the action takes it; what it names must be visible."""
    why_not = values.get("why_not_reuse") or {"reasons": [], "text": ""}
    lines = [
        request_actions.Ask(
            pool=access.get_pool(user, line["pool"]),
            start=line["start"],
            end=line["end"],
            gpu_seconds=line["gpu_hours"],
        )
        for line in values["lines"]
    ]
    return {
        "model": get_model(user, values["model"]) if values["model"] else None,
        "purpose": values["purpose"],
        "lines": lines,
        "justification": values["justification"],
        "why_not_reasons": why_not["reasons"],
        "why_not_text": why_not["text"],
    }


def _grants(request: Request, lines: list[dict[str, Any]]) -> list[Grant]:
    own = {line.pk: line for line in request.lines.select_related("pool__cluster")}
    grants = []
    for given in lines:
        if given["line"] not in own:
            raise Invalid(_("Name lines of this request by their id."))
        try:
            months = parse_months(given["months"]) if "months" in given else None
        except ValueError as error:
            raise Invalid(_("Write months like 2027-01.")) from error
        grants.append(Grant(own[given["line"]], given["gpu_hours"], months))
    return grants


def _allocation(user: User, values: dict[str, Any]) -> Allocation:
    if "allocation" in values:
        allocation = access.get_allocation(user, values["allocation"], Verb.SUBMIT_JOB)
        if values.get("project") not in (None, allocation.project_id):
            raise ValidationError({"project": [_("The allocation belongs to another project.")]})
        return allocation
    project = get_project(user, values["project"], Verb.SUBMIT_JOB)
    usable = access.usable_allocations(user, project)
    if len(usable) != 1:
        sentence = _("The project has %(n)s current allocations; name one.") % {"n": len(usable)}
        raise ValidationError({"allocation": [sentence]})
    return access.get_allocation(user, usable[0].pk, Verb.SUBMIT_JOB)


def _spec(allocation: Allocation, values: dict[str, Any]) -> JobSpec:
    if "sbatch" in values:
        return spec_from_sbatch(allocation=allocation, text=values["sbatch"])
    wanted = ("script", "gpus", "nodes", "minutes", "name", "environment", "working_directory")
    return spec_from_fields(
        allocation=allocation, **{name: values[name] for name in wanted if name in values}
    )


def _by_public_id(rows: QuerySet[Any], key: str) -> Any:
    identifier = as_uuid(key)
    row = rows.filter(id=identifier).first() if identifier else None
    if row is None:
        raise NotThere
    return row


RESOURCES = {
    "clusters": ClusterResource,
    "pools": PoolResource,
    "capacity": CapacityResource,
    "requests": RequestResource,
    "allocations": AllocationResource,
    "limits": LimitResource,
    "ledger": LedgerResource,
    "usage": UsageResource,
    "jobs": JobResource,
}
