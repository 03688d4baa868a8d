"""JSON: jobs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request as Call
from rest_framework.response import Response

from compute import access
from compute.actions.job_specs import JobSpec, spec_from_fields, spec_from_sbatch
from compute.actions.jobs import cancel_job, send_again, submit_job
from compute.actions.templates import fields_of
from compute.models import (
    Allocation,
    Job,
    JobTemplate,
    TemplateVersion,
)
from compute.serializers import jobs as shapes
from projects.access import get_project
from projects.models import User
from projects.resources import Resource
from projects.roles import Verb
from projects.serializers import Nothing
from registry.access import get_version


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
        "slurm_job_id": ["exact"],
    }

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.visible_to(self.request.user).select_related("cluster__health")

    @extend_schema(responses=shapes.JobDetail)
    def retrieve(self, request: Call, pk: str) -> Response:
        """One job, with its script for those who may read it."""
        return self._detail(access.get_job(request.user, pk))

    @extend_schema(request=shapes.JobIn, responses={201: shapes.JobDetail})
    def create(self, request: Call) -> Response:
        """One intent to run a script once, from fields or from an sbatch script."""
        user: Any = request.user
        values = self.body(shapes.JobIn)
        allocation = _allocation(user, values)
        version = get_version(user, values["version"]) if values.get("version") else None
        made_of = _template(user, allocation, values)
        job = submit_job(
            by=user,
            allocation=allocation,
            spec=_spec(allocation, values, made_of),
            version=version,
            template=made_of,
            now=timezone.now(),
        )
        return self._detail(job, code=201)

    @extend_schema(request=Nothing, responses=shapes.JobDetail)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Call, pk: str) -> Response:
        """Ask for its end; the cluster is told next, and asking twice is asking once."""
        user: Any = request.user
        job = access.get_job(user, pk, Verb.CANCEL_JOB)
        cancel_job(by=user, job=job, now=timezone.now())
        return self._detail(job)

    @extend_schema(request=Nothing, responses=shapes.JobDetail)
    @action(detail=True, methods=["post"], url_path="send-again")
    def send_again(self, request: Call, pk: str) -> Response:
        """The cluster's operator lets a job in state `unknown` be handed over again."""
        user: Any = request.user
        job = access.get_job(user, pk, Verb.OPERATE_CLUSTER)
        send_again(by=user, job=job, now=timezone.now())
        return self._detail(job)

    def _detail(self, job: Job, *, code: int = 200) -> Response:
        reads = Verb.READ_SCRIPT in access.job_verbs(self.request.user, job)
        context = {**self.get_serializer_context(), "may_read_script": reads}
        return Response(shapes.JobDetail(job, context=context).data, status=code)


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


def _template(
    user: User, allocation: Allocation, values: dict[str, Any]
) -> TemplateVersion | None:
    if not values.get("template"):
        return None
    template = access.get_template(user, values["template"])
    if not JobTemplate.objects.usable_on(allocation.pool.cluster).filter(pk=template.pk).exists():
        sentence = _("This template is retired, or made for another cluster.")
        raise ValidationError({"template": [sentence]})
    return template.newest()


def _spec(
    allocation: Allocation, values: dict[str, Any], made_of: TemplateVersion | None
) -> JobSpec:
    if "sbatch" in values:
        return spec_from_sbatch(allocation=allocation, text=values["sbatch"])
    wanted = ("script", "gpus", "nodes", "minutes", "name", "environment", "working_directory",
              "array")  # fmt: skip
    given = {name: values[name] for name in wanted if name in values}
    if made_of:
        given = fields_of(made_of, given)
    return spec_from_fields(allocation=allocation, **given)
