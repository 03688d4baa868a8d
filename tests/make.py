"""Builders: one call makes one thing in the state that a test begins with."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jwt
from django.utils import timezone

from compute.actions.awards import Grant, award
from compute.actions.calls import keep_call
from compute.actions.capacity import set_capacity
from compute.actions.clusters import deliver_credential, register_cluster
from compute.actions.consents import record_consent
from compute.actions.grants import GrantFacts, register_grant
from compute.actions.job_specs import JobSpec
from compute.actions.jobs import submit_job
from compute.actions.kinds import Ask, Asked
from compute.actions.maintenance import plan_maintenance
from compute.actions.requests import create_request, submit_request
from compute.actions.templates import TemplateFacts, create_template
from compute.actions.usage_reports import report_usage
from compute.models import (
    AccountingDifference,
    Allocation,
    Call,
    Cluster,
    ClusterHealth,
    ClusterOperator,
    ExternalGrant,
    Job,
    JobTemplate,
    Limit,
    Maintenance,
    Orphan,
    Pool,
    Request,
    SiteConsent,
    UsageReport,
)
from compute.quota import month_of, months_in
from compute.states import LimitState
from projects.actions.imports import PARTNERS, carry_out
from projects.actions.initiatives import keep_initiative
from projects.actions.projects import create_project
from projects.actions.terms import publish_terms
from projects.actions.tokens import create_token
from projects.actions.webhooks import Facts, create_webhook
from projects.models import (
    Group,
    Import,
    Initiative,
    Membership,
    Participation,
    Partner,
    PartnerAdmin,
    PortalRole,
    Project,
    Terms,
    User,
    Webhook,
)
from projects.roles import Role
from registry.actions.datasets import register_dataset
from registry.actions.fingerprints import record_fingerprint
from registry.actions.lineage import Parent, link_parent
from registry.actions.models import plan_model
from registry.actions.versions import VersionFacts, create_version
from registry.fingerprints import Tensor
from registry.models import Dataset, Derivation, Fingerprint, Model, Version

_numbers = itertools.count(1)
HOUR = 3600


def now() -> datetime:
    """This moment; tests that move the clock pass their own."""
    return timezone.now()


def today() -> date:
    return now().astimezone(UTC).date()


def make_partner(name: str = "") -> Partner:
    n = next(_numbers)
    return Partner.objects.create(
        name=name or f"Partner {n}",
        slug=f"partner-{n}",
        names_agreement="agreed with the works council",
    )


def make_group(partner: Partner | None = None, name: str = "") -> Group:
    n = next(_numbers)
    return Group.objects.create(
        partner=partner or make_partner(), name=name or f"Group {n}", slug=f"group-{n}"
    )


def make_user(name: str = "", **values: Any) -> User:
    n = next(_numbers)
    user = User(username=name or f"user{n}", email=f"user{n}@example.org", **values)
    user.set_unusable_password()  # hashing a real one costs 0.2 s; those who log in get one
    user.save()
    return user


def make_member(group: Group, role: Role = Role.MEMBER, name: str = "") -> User:
    user = make_user(name)
    Membership.objects.create(user=user, group=group, role=role)
    return user


def make_staff(role: Role, name: str = "") -> User:
    user = make_user(name)
    PortalRole.objects.create(user=user, role=role)
    return user


def make_partner_admin(partner: Partner, name: str = "") -> User:
    user = make_user(name)
    PartnerAdmin.objects.create(user=user, partner=partner)
    return user


def make_operator(cluster: Cluster, name: str = "") -> User:
    user = make_user(name)
    ClusterOperator.objects.create(cluster=cluster, user=user)
    return user


def make_terms(*, days: float = 365) -> Terms:
    """A version that comes into force in so many days; asked for before, it is accepted before."""
    return publish_terms(
        by=make_user(),
        text_en="Be good.",
        text_de="Seid gut.",
        in_force_from=now() + timedelta(days=days),
        now=now(),
    )


def make_webhook(owner: User, **facts: Any) -> Webhook:
    """One that was sent its trial, and answered 204."""
    values = {"name": "CI", "url": "https://hooks.example.org/cesai", **facts}
    hook = create_webhook(by=owner, facts=Facts(**values), now=now())[0]
    trial = hook.deliveries.get()
    trial.due_at, trial.delivered_at, trial.attempts = None, now(), 1
    trial.save()
    trial.tries.create(at=now(), status=204, milliseconds=12)
    return hook


def make_token(user: User, scope: str = "write") -> str:
    return create_token(by=user, name="test", scope=scope, days=1, now=now())[1]


def make_project(group: Group | None = None, **values: Any) -> Project:
    group = group or make_group()
    lead = Membership.objects.filter(group=group, role=Role.LEAD).first()
    n = next(_numbers)
    values = {
        "slug": f"p{n}",
        "title": f"Project {n}",
        "abstract": "",
        "visibility": "project",
        **values,
    }
    by = lead.user if lead else make_member(group, Role.LEAD)
    return create_project(by=by, lead_group=group, now=now(), **values)


def join(project: Project, group: Group) -> None:
    Participation.objects.create(project=project, group=group)


def make_model(project: Project | None = None, **facts: Any) -> Model:
    project = project or make_project()
    facts = {"name": f"model-{next(_numbers)}", "visibility": "group", **facts}
    return plan_model(
        by=project.created_by,
        group=project.lead_group,
        project=project,
        facts=facts,  # type: ignore[arg-type]
        now=now(),
    )


def make_version(model: Model | None = None, **facts: Any) -> Version:
    """Registered weights; the first take the planned version's row."""
    model = model or make_model()
    facts = {"source": f"s3://weights/{next(_numbers)}", **facts}
    by: Any = model.created_by
    return create_version(by=by, model=model, facts=VersionFacts(**facts), now=now())


def make_edge(
    child: Model | Version, parent: Model | Version | str, kind: str = "finetune", note: str = ""
) -> Derivation:
    """What a version, or a model's newest, derives from; a text stays as it is written."""
    below = child if isinstance(child, Version) else child.newest_version()
    if isinstance(parent, str):
        above = Parent(None, parent, kind, note=note)
    else:
        version = parent if isinstance(parent, Version) else parent.newest_version()
        above = Parent(version, "", kind, note=note)
    return link_parent(by=below.model.created_by, child=below, parent=above, now=now())


def make_tensors(layers: int = 10, **values: Any) -> list[Tensor]:
    """What the header of a small model names: so many square layers."""
    values = {"dtype": "BF16", "shape": (4, 4), **values}
    return [Tensor(name=f"layer.{n}.weight", **values) for n in range(layers)]


def make_fingerprint(version: Version, tensors: list[Tensor] | None = None) -> Fingerprint:
    by: Any = version.model.created_by
    chosen = make_tensors() if tensors is None else tensors
    return record_fingerprint(by=by, version=version, tensors=chosen, now=now())


def make_dataset(group: Group | None = None, *parents: Dataset, **values: Any) -> Dataset:
    group = group or make_group()
    project = values.pop("project", None)
    return register_dataset(
        by=make_member(group),
        group=group,
        project=project,
        values={"name": f"dataset-{next(_numbers)}", "visibility": "group", **values},
        parents=[(parent, "subset") for parent in parents],
        now=now(),
    )


def make_cluster(**values: Any) -> Cluster:
    n = next(_numbers)
    values = {
        "slug": f"cluster-{n}",
        "name": f"Cluster {n}",
        "connection": Cluster.Connection.RUN,
        "limit_mode": Cluster.LimitMode.APPLY,
        "usage_decay": Cluster.UsageDecay.NONE,
        "slurm_cluster": f"c{n}",
        "project_directory": "/tmp/{unix_user}",
        **values,
    }
    partner = values.pop("partner", None) or make_partner()
    return register_cluster(by=None, values={**values, "partner": partner}, now=now())


def make_pool(
    cluster: Cluster | None = None, *, gpu_hours: int = 1000, months: int = 4, **values: Any
) -> Pool:
    """A pool that offers so many GPU-hours in each of the next months."""
    cluster = cluster or make_cluster()
    n = next(_numbers)
    values = {
        "slug": f"pool-{n}",
        "name": f"Pool {n}",
        "partition": "gpu",
        "gpu_type": "h100",
        "gpu_count": 8,
        "gpus_per_node": 8,
        **values,
    }
    pool = Pool.objects.create(cluster=cluster, **values)
    first = month_of(today())
    offered = dict.fromkeys(months_in(first, first + timedelta(28 * months)), gpu_hours * HOUR)
    set_capacity(by=None, pool=pool, months=offered, now=now())
    return pool


def make_request(
    project: Project | None = None,
    pool: Pool | None = None,
    *,
    gpu_hours: int = 100,
    submitted: bool = True,
    **values: Any,
) -> Request:
    """A request for evaluation over thirty days, handed in."""
    project, pool = project or make_project(), pool or make_pool()
    line = Ask(pool, today(), today() + timedelta(30), gpu_hours * HOUR)
    asked = Asked(**{"purpose": "evaluation", "lines": [line], **values})
    request = create_request(by=project.created_by, project=project, asked=asked, now=now())
    if submitted:
        submit_request(by=project.created_by, request=request, now=now())
    return request


def make_allocation(
    project: Project | None = None,
    pool: Pool | None = None,
    *,
    gpu_hours: int = 60,
    gpu_seconds: int = 0,
    in_force: bool = True,
    by: User | None = None,
    model: Model | None = None,
) -> Allocation:
    """An award; in force as if the cluster had confirmed it, unless told otherwise."""
    why: dict[str, Any] = {"why_not_reasons": ["method"], "why_not_text": "because"}
    purpose = {"model": model, "purpose": "training", **why} if model else {}
    request = make_request(project, pool, gpu_hours=gpu_hours, **purpose)
    line = request.lines.select_related("pool__cluster").get()
    admin = by or make_staff(Role.QUOTA_ADMIN)
    [allocation] = award(
        by=admin,
        request=request,
        grants=[Grant(line, gpu_seconds or gpu_hours * HOUR)],
        reason="",
        now=now(),
    )
    if in_force:
        limit = Limit.objects.get(allocation=allocation)
        limit.move_to(
            LimitState.IN_FORCE,
            now=now(),
            observed_gpu_minutes=limit.desired_gpu_minutes,
            proven_gpu_minutes=limit.desired_gpu_minutes,
            proven_closed=False,
            verified_at=now(),
        )
    return Allocation.objects.select_related("pool__cluster", "project").get(pk=allocation.pk)


def make_import(*names: str, by: User | None = None) -> Import:
    """Partners of these names, out of a spreadsheet."""
    rows = [{"name": name, "short_name": name.lower()} for name in names or ("Imported",)]
    by = by or make_staff(Role.COORDINATOR)
    return carry_out(by=by, reader=PARTNERS, rows=rows, file_name="partners.csv", now=now())


def make_initiative(name: str = "", **facts: Any) -> Initiative:
    n = next(_numbers)
    values = {"slug": f"initiative-{n}", "name": name or f"Initiative {n}", **facts}
    return keep_initiative(by=make_staff(Role.COORDINATOR), now=now(), **values)


def make_grant(
    project: Project | None = None, pool: Pool | None = None, **facts: Any
) -> ExternalGrant:
    """What another board awarded, registered and to be confirmed: 500 GPU-hours from today on."""
    project, pool = project or make_project(), pool or make_pool()
    values = {
        "board": "EuroHPC JU",
        "reference": f"EHPC-{next(_numbers)}",
        "decided_on": today(),
        "amount": "6,000 core-h",
        "conversion": "÷ 12 cores a GPU",
        "gpu_seconds": 500 * HOUR,
        "start": today(),
        "end": today() + timedelta(90),
        **facts,
    }
    given = GrantFacts(pool=pool, **values)
    return register_grant(by=project.created_by, project=project, facts=given, now=now())


def usage_table(allocation: Allocation, *, job: int | None = 99, gpu_hours: str = "2") -> str:
    """Two hours of yesterday, as a site's tool writes it; without a job a total of them."""
    Allocation.objects.filter(pk=allocation.pk).update(start=today() - timedelta(40))
    day = today() - timedelta(1)
    line = f"{allocation.slurm_account},{job or ''},{day}T10:00:00,{day}T12:00:00,{gpu_hours}"
    return f"account,job,start,end,gpu_hours\n{line}\n"


def make_report(allocation: Allocation, *, by: User, text: str = "") -> UsageReport:
    """Reported usage, as long as its cluster was not connected."""
    clusters = Cluster.objects.filter(pools=allocation.pool)
    before = clusters.get().connection
    clusters.update(connection="none")
    report = report_usage(
        by=by,
        cluster=clusters.get(),
        allocations=Allocation.objects.filter(pk=allocation.pk),
        operates=True,
        text=text or usage_table(allocation),
        now=now(),
    )
    clusters.update(connection=before)
    return report


def make_spec(allocation: Allocation, **values: Any) -> JobSpec:
    directory = allocation.pool.cluster.directory_of(allocation.unix_user)
    values = {"script": "#!/bin/sh\nsleep 1\n", "gpus": 1, "minutes": 5, **values}
    return JobSpec(**{"working_directory": directory, **values})


def make_job(
    allocation: Allocation | None = None, *, by: User | None = None, **values: Any
) -> Job:
    allocation = allocation or make_allocation()
    by = by or allocation.project.created_by
    return submit_job(
        by=by, allocation=allocation, spec=make_spec(allocation, **values), now=now()
    )


def make_jwt(unix_user: str, *, seconds: int = 3600) -> str:
    """A token of the right shape that no real cluster accepts."""
    claims = {"sun": unix_user, "exp": int(now().timestamp()) + seconds}
    return jwt.encode(claims, "not the key of any cluster, only for shape", algorithm="HS256")


def deliver(cluster: Cluster, unix_user: str, token: str = "", kind: str = "run") -> None:
    """What the site's cron job does."""
    operator = ClusterOperator.objects.filter(cluster=cluster).first()
    deliver_credential(
        by=operator.user if operator else make_operator(cluster),
        cluster=cluster,
        unix_user=unix_user,
        kind=kind,
        token=token or make_jwt(unix_user),
        now=now(),
    )


def key() -> str:
    """A fresh Idempotency-Key."""
    return str(uuid.uuid4())


def stop_dispatch(cluster: Cluster, **health: Any) -> uuid.UUID:
    """As a pass does after a restore; the id of the stop."""
    stop = uuid.uuid4()
    values = {"stop": stop, "stopped_at": now(), "reconciled_at": None, **health}
    ClusterHealth.objects.filter(cluster=cluster).update(**values)
    return stop


def make_maintenance(
    cluster: Cluster, *, begins: timedelta = timedelta(days=3), lasts: timedelta = timedelta(1)
) -> Maintenance:
    """The site's staff take the cluster down then."""
    start = now() + begins
    return plan_maintenance(
        by=make_operator(cluster), cluster=cluster, start_at=start, end_at=start + lasts,
        text="New pumps.", now=now(),
    )  # fmt: skip


def make_template(group: Group, **values: Any) -> JobTemplate:
    """A job template of a group."""
    lead = Membership.objects.filter(group=group, role=Role.LEAD).first()
    about = {"name": f"Template {next(_numbers)}", "purpose": "other", **values}
    return create_template(
        by=lead.user if lead else make_member(group, Role.LEAD), owner=group,
        facts=TemplateFacts(script="#!/bin/sh\ntrue\n"), now=now(), **about,
    )  # fmt: skip


def make_call(**values: Any) -> Call:
    """A call that closes in a month."""
    facts = {"board": "EuroHPC JU", "title": f"Call {next(_numbers)}",
             "closes_on": today() + timedelta(30), **values}  # fmt: skip
    return keep_call(by=make_staff(Role.COORDINATOR), now=now(), **facts)


def make_consent(cluster: Cluster) -> SiteConsent:
    """The site agrees to jobs from the portal."""
    operator = ClusterOperator.objects.filter(cluster=cluster).first()
    return record_consent(
        by=operator.user if operator else make_operator(cluster), cluster=cluster,
        given_by="Head of HPC", given_on=today(), reference="CONTRACT-7", now=now(),
    )  # fmt: skip


def make_difference(allocation: Allocation, **values: Any) -> AccountingDifference:
    """What a weekly comparison found: less booked than the cluster says."""
    values = {
        "kind": "not_booked",
        "month": month_of(today()),
        "slurm_job_id": next(_numbers),
        "submit_time": 1_700_000_000,
        "booked_gpu_seconds": 0,
        "said_gpu_seconds": 50,
        "found_at": now(),
        "last_seen_at": now(),
        **values,
    }
    cluster = allocation.pool.cluster
    return AccountingDifference.objects.create(cluster=cluster, allocation=allocation, **values)


def make_orphan(cluster: Cluster, **values: Any) -> Orphan:
    """A Slurm job under a name of ours that no intent knows."""
    values = {
        "slurm_job_id": next(_numbers),
        "submit_time": 1_700_000_000,
        "name": f"cesai-{uuid.uuid4()}",
        "unix_user": "cesai-ours",
        "account": "cesai-ours-1",
        "state": "RUNNING",
        "gpus": 1,
        "first_seen_at": now(),
        "last_seen_at": now(),
        **values,
    }
    return Orphan.objects.create(cluster=cluster, **values)
