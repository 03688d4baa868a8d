"""Jobs: the list, submitting, and one job with its moving part."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from compute import access
from compute.actions import jobs as actions
from compute.forms.jobs import FieldsForm, FromTemplateForm, JobFilters, SbatchForm, as_lines
from compute.models import Allocation, Job, JobTemplate, Maintenance, Request, TemplateVersion
from compute.models.words import maintenance_warning
from compute.views.exports import JOBS, exported
from compute.views.steps import job_steps, what_to_do
from projects.access import belongs_to, fetch
from projects.models import Project
from projects.pages import SignedIn, page_of
from projects.roles import Verb
from projects.sheets import wants_csv
from registry.models import Model

# htmx ends its polling on this answer.
STOP_POLLING = 286
MOST_RECORDS = 50  # an array has one a task
MOST_ASKED, MOST_OFFERED = 5, 50


@login_required
def job_list(request: SignedIn) -> HttpResponseBase:
    """What runs and what happened, newest first."""
    filters = JobFilters(request.GET)
    rows = Job.objects.visible_to(request.user).filter(**filters.chosen())
    if wants_csv(request):
        return exported("jobs", rows.order_by("-submitted_at", "-id"), JOBS)
    rows = rows.select_related("project", "cluster").defer("script")
    page = page_of(rows, request.GET, by="submitted_at")
    return render(request, "compute/jobs.html", {"page": page, "filters": filters})


@login_required
def new_job(request: SignedIn) -> HttpResponse:
    """Choose the allocation to run under; with one only, there is nothing to choose."""
    usable = list(access.submittable_allocations(request.user)[: MOST_OFFERED + 1])
    if len(usable) == 1:
        return redirect("job-submit", usable[0].pk)
    asked = Request.objects.filter(project__in=Project.objects.of(request.user)).undecided()
    context = {
        "allocations": usable[:MOST_OFFERED],
        "has_more": len(usable) > MOST_OFFERED,
        "asked": [] if usable else asked.select_related("project")[:MOST_ASKED],
    }
    return render(request, "compute/job_choose.html", context)


@login_required
def submit_job(request: SignedIn, key: str) -> HttpResponse:
    """Submit a script under an allocation: as sbatch has it, or as fields."""
    user, now = request.user, timezone.now()
    allocation = access.get_allocation(user, key, Verb.SUBMIT_JOB)
    usable = JobTemplate.objects.visible_to(user).usable_on(allocation.pool.cluster)
    made_of = _template(request, usable)
    form = _form(request, allocation, made_of)
    if form.sent_by(request):
        with form.told():
            job = actions.submit_job(
                by=user,
                allocation=allocation,
                spec=form.spec(),
                version=form.cleaned_data["version"],
                template=made_of,
                now=now,
            )
            return redirect("job", job.pk)
    context = {
        "form": form,
        "allocation": allocation,
        "by": "fields" if made_of else request.GET.get("by", ""),
        "made_of": made_of,
        "templates": usable[:20],
    }
    return render(request, "compute/job_form.html", context, status=form.status)


@login_required
@vary_on_headers("HX-Request")
def job_page(request: SignedIn, key: str) -> HttpResponse:
    """Is it running; if not, why? A poll gets the moving part alone, until nothing moves."""
    job = access.get_job(request.user, key)
    context = _shown(request, job)
    if not request.htmx:
        return render(request, "compute/job.html", context)
    status = 200 if job.is_moving else STOP_POLLING
    return render(request, "compute/job.html#moving", context, status=status)


@require_POST
@login_required
def cancel(request: SignedIn, key: str) -> HttpResponse:
    """Ask for a job's end."""
    job = access.get_job(request.user, key, Verb.CANCEL_JOB)
    actions.cancel_job(by=request.user, job=job, now=timezone.now())
    messages.success(request, _("The job's end was asked for; the cluster is told next."))
    return redirect("job", job.pk)


@require_POST
@login_required
def send_again(request: SignedIn, key: str) -> HttpResponse:
    """The cluster's operator decides about a job of which the cluster said nothing."""
    job = access.get_job(request.user, key, Verb.OPERATE_CLUSTER)
    actions.send_again(by=request.user, job=job, now=timezone.now())
    messages.success(request, _("The job is handed over again; nothing runs twice."))
    return redirect("job", job.pk)


def _shown(request: SignedIn, job: Job) -> dict[str, Any]:
    now = timezone.now()
    verbs = access.job_verbs(request.user, job)
    used = job.used_gpu_seconds
    away = Maintenance.objects.in_the_way_of(job, now)
    decides = Verb.OPERATE_CLUSTER in verbs and job.is_undecided
    return {
        "away": maintenance_warning(away) if away else "",
        "job": job,
        "now": now,
        "health": job.cluster.health,
        "is_stale": job.is_moving and job.cluster.health.is_stale(now),
        "verbs": verbs,
        "reads_script": Verb.READ_SCRIPT in verbs,
        "may_cancel": Verb.CANCEL_JOB in verbs and not job.is_final,
        "may_send_again": decides,
        "may_run_again": Verb.READ_SCRIPT in verbs and Verb.SUBMIT_JOB in verbs,
        "steps": job_steps(job),
        "advice": what_to_do(job, decides=decides),
        "returned": max(job.reserved_gpu_seconds - used, 0) if used is not None else None,
        "is_own": belongs_to(request.user, job.project),
        "model": Model.objects.visible_to(request.user).filter(versions=job.version_id).first(),
        "tasks": job.tasks_in_words(),
        "usage": job.usage.order_by("slurm_job_id", "restarts")[:MOST_RECORDS],
    }


def _template(request: SignedIn, usable: QuerySet[JobTemplate]) -> TemplateVersion | None:
    """The newest version of the template that the address names. Raises NotThere."""
    if not request.GET.get("template"):
        return None
    return fetch(usable, request.GET["template"]).newest()


def _form(
    request: SignedIn, allocation: Allocation, made_of: TemplateVersion | None
) -> FieldsForm | SbatchForm:
    what: dict[str, Any] = {
        "data": request.POST or None,
        "person": request.user,
        "allocation": allocation,
        "initial": _before(request),
    }
    if made_of:
        return FromTemplateForm(made_of=made_of, **what)
    return FieldsForm(**what) if request.GET.get("by") == "fields" else SbatchForm(**what)


def _before(request: SignedIn) -> dict[str, Any]:
    """What an earlier job had, for running it again."""
    if not request.GET.get("again"):
        return {}
    job = access.get_job(request.user, request.GET["again"], Verb.READ_SCRIPT)
    names = ("name", "gpus", "nodes", "minutes", "working_directory", "script", "version")
    environment = as_lines(job.environment)
    values = {name: getattr(job, name) for name in names}
    return values | {"sbatch": job.script, "environment": environment}
