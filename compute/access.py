"""The one door to clusters, pools, requests, allocations and jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from compute.models import (
    AccountingDifference,
    Allocation,
    Cluster,
    ClusterOperator,
    ExternalGrant,
    Job,
    JobTemplate,
    Limit,
    Pool,
    Request,
    SiteConsent,
    UsageReport,
)
from projects.access import (
    Key,
    fetch,
    get_group,
    group_verbs,
    portal_verbs,
    project_verbs,
    require,
)
from projects.errors import Invalid, NotThere, Refused
from projects.models import Group, Project
from projects.roles import Role, Verb, verbs_of

if TYPE_CHECKING:
    from projects.models import User
    from projects.scoping import Person

M = TypeVar("M", AccountingDifference, SiteConsent)


def cluster_verbs(person: Person, cluster: Cluster) -> frozenset[Verb]:
    """What the person may do to a cluster."""
    verbs = portal_verbs(person)
    if person.is_authenticated and _operates(person, cluster):
        verbs |= verbs_of(frozenset({Role.OPERATOR}))
    return verbs


def job_verbs(person: Person, job: Job) -> frozenset[Verb]:
    """What the person may do to a job: by its project, its cluster, and their own jobs more."""
    verbs = project_verbs(person, job.project) | cluster_verbs(person, job.cluster)
    if job.submitted_by_id == person.pk and Verb.SUBMIT_JOB in verbs:
        verbs |= {Verb.CANCEL_JOB, Verb.READ_SCRIPT}
    return verbs


def get_cluster(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Cluster:
    """A cluster by UUID or slug. Raises NotThere, NotAllowed."""
    rows = Cluster.objects.visible_to(person).select_related("partner", "health")
    cluster = fetch(rows, key, slug="slug")
    if verb is not Verb.VIEW:
        require(cluster_verbs(person, cluster), verb)
    return cluster


def sees_accounting(person: Person, cluster: Cluster) -> bool:
    """Whether the person may see what does not add up there: its operators, and all staff.

    A project sees only what was booked to it.
    """
    return bool({Verb.SEE_WORKLIST, Verb.OPERATE_CLUSTER} & cluster_verbs(person, cluster))


def get_difference(cluster: Cluster, key: str | int) -> AccountingDifference:
    """A difference of a cluster's accounting by its number. Raises NotThere."""
    return _numbered(cluster.differences.select_related("allocation__project__lead_group"), key)


def get_consent(cluster: Cluster, key: str | int) -> SiteConsent:
    """A consent of a cluster's site by its number. Raises NotThere."""
    return _numbered(cluster.consents.select_related("recorded_by", "cluster"), key)


def require_accounting(person: Person, cluster: Cluster) -> None:
    """Raise NotAllowed unless `sees_accounting`."""
    verbs = cluster_verbs(person, cluster)
    require(verbs, Verb.SEE_WORKLIST if Verb.SEE_WORKLIST in verbs else Verb.OPERATE_CLUSTER)


def is_of_site(person: Person, cluster: Cluster) -> bool:
    """Whether the person reads amounts in the site's own unit first: its people do."""
    if _operates(person, cluster):
        return True
    if not person.is_authenticated:
        return False
    groups = Group.objects.filter(partner=cluster.partner_id)
    return groups.filter(pk__in=person.standing.group_roles).exists()


def get_pool(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Pool:
    """A pool by UUID or slug. Raises NotThere, NotAllowed."""
    rows = Pool.objects.visible_to(person).select_related("cluster")
    pool = fetch(rows, key, slug="slug")
    if verb is not Verb.VIEW:
        require(cluster_verbs(person, pool.cluster), verb)
    return pool


def get_request(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Request:
    """A request by UUID. Raises NotThere, NotAllowed."""
    rows = Request.objects.visible_to(person).select_related(
        "project__lead_group__partner",
        "model",
        "created_by",
        "decided_by",
        "denied_by",
        "allocation__pool__cluster",
    )
    request = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(project_verbs(person, request.project), verb)
    return request


def get_allocation(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Allocation:
    """An allocation by UUID. Raises NotThere, NotAllowed."""
    rows = Allocation.objects.visible_to(person).select_related(
        "project__lead_group__partner", "pool__cluster__health", "balance", "limit"
    )
    allocation = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(allocation_verbs(person, allocation), verb)
    return allocation


def require_talk(person: Person, request: Request) -> None:
    """For writing about a request: its project's leads and those who review. Raises NotAllowed."""
    verbs = project_verbs(person, request.project)
    if Verb.REVIEW_REQUEST not in verbs:
        require(verbs, Verb.REQUEST_COMPUTE)


def allocation_verbs(person: Person, allocation: Allocation) -> frozenset[Verb]:
    """What the person may do to an allocation: by its project, and by its cluster."""
    by_cluster = cluster_verbs(person, allocation.pool.cluster)
    return project_verbs(person, allocation.project) | by_cluster


def get_grant(person: Person, key: Key) -> ExternalGrant:
    """A grant of another board by UUID. Raises NotThere."""
    rows = ExternalGrant.objects.visible_to(person).select_related(
        "project__lead_group__partner", "pool__cluster", "model", "registered_by", "confirmed_by",
    )  # fmt: skip
    return fetch(rows, key)


def grant_verbs(person: Person, grant: ExternalGrant) -> frozenset[Verb]:
    """What the person may do to it: by its project, and by its cluster."""
    return project_verbs(person, grant.project) | cluster_verbs(person, grant.pool.cluster)


def reportable_allocations(person: Person, cluster: Cluster) -> QuerySet[Allocation]:
    """The allocations there whose usage the person may report: as operator, or as lead."""
    rows = Allocation.objects.visible_to(person).filter(pool__cluster=cluster)
    if Verb.REPORT_USAGE in cluster_verbs(person, cluster):
        return rows
    groups = person.standing.group_roles if person.is_authenticated else {}
    led = [group for group, role in groups.items() if Verb.REPORT_USAGE in verbs_of({role})]
    return rows.filter(project__lead_group__in=led)


def may_report(person: Person, cluster: Cluster) -> bool:
    """Whether there is anything there that the person may report usage for."""
    if Verb.REPORT_USAGE in cluster_verbs(person, cluster):
        return True
    return reportable_allocations(person, cluster).exists()


def require_report(person: Person, cluster: Cluster) -> None:
    """Raise NotAllowed unless `may_report`."""
    if not may_report(person, cluster):
        require(frozenset(), Verb.REPORT_USAGE)


def get_report(person: Person, key: Key, verb: Verb = Verb.VIEW) -> UsageReport:
    """A report of usage by UUID; its maker may all, for as long as they report there.

    Raises NotThere, NotAllowed.
    """
    rows = UsageReport.objects.visible_to(person).select_related("cluster", "by")
    report = fetch(rows, key)
    if verb is not Verb.VIEW and verb not in cluster_verbs(person, report.cluster):
        keys = reportable_allocations(person, report.cluster).values_list("pk", flat=True)
        named = {one["allocation"] for one in report.changes}
        if report.by_id != person.pk or named - set(map(str, keys)):
            require(frozenset(), verb)
    return report


def get_limit(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Limit:
    """A limit by UUID. Raises NotThere, NotAllowed."""
    rows = Limit.objects.visible_to(person)
    limit = fetch(
        rows.select_related("allocation__pool__cluster", "allocation__project__lead_group"), key
    )
    if verb is not Verb.VIEW:
        require(allocation_verbs(person, limit.allocation), verb)
    return limit


def template_owner(person: Person, *, group: Key = "", cluster: Key = "") -> Group | Cluster:
    """Whose templates the person would keep. Raises NotThere, NotAllowed."""
    if group:
        return get_group(person, group, Verb.KEEP_TEMPLATES)
    return get_cluster(person, cluster, Verb.KEEP_TEMPLATES)


def get_template(person: Person, key: Key, verb: Verb = Verb.VIEW) -> JobTemplate:
    """A job template by UUID. Raises NotThere, NotAllowed."""
    rows = JobTemplate.objects.visible_to(person).select_related("group__partner", "cluster")
    template = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(template_verbs(person, template), verb)
    return template


def template_verbs(person: Person, template: JobTemplate) -> frozenset[Verb]:
    """What the person may do to a template: by the group or the cluster that keeps it."""
    if template.group is not None:
        return group_verbs(person, template.group)
    assert template.cluster is not None
    return cluster_verbs(person, template.cluster)


def get_job(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Job:
    """A job by UUID. Raises NotThere, NotAllowed."""
    rows = Job.objects.visible_to(person).select_related(
        "project__lead_group__partner", "allocation__pool", "cluster__health", "submitted_by"
    )
    job = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(job_verbs(person, job), verb)
    return job


def led_projects(person: User) -> QuerySet[Project]:
    """The projects that the person may ask GPU-hours for."""
    rows = Project.objects.of(person).select_related("lead_group")
    may = [row.pk for row in rows if Verb.REQUEST_COMPUTE in group_verbs(person, row.lead_group)]
    return rows.filter(pk__in=may)


def submittable_allocations(person: User) -> QuerySet[Allocation]:
    """The current allocations that the person may submit jobs under, whatever is left of them."""
    own = Group.objects.filter(pk__in=person.standing.group_roles).select_related("partner")
    may = [group for group in own if Verb.SUBMIT_JOB in group_verbs(person, group)]
    projects = Project.objects.filter(Q(lead_group__in=may) | Q(participants__in=may))
    rows = Allocation.objects.visible_to(person).current().filter(project__in=projects)
    return rows.select_related("project", "pool__cluster", "balance", "limit")


def usable_allocations(person: Person, project: Project) -> list[Allocation]:
    """A project's allocations that a job can be submitted under, the one with most left first."""
    rows = Allocation.objects.visible_to(person).current().filter(project=project)
    return list(
        rows.select_related("pool__cluster", "balance", "limit").order_by("-balance__available")
    )


def _numbered(rows: QuerySet[M], key: str | int) -> M:
    row = rows.filter(pk=int(key)).first()
    if row is None:
        raise NotThere
    return row


def _operates(person: Person, cluster: Cluster) -> bool:
    return ClusterOperator.objects.filter(cluster=cluster, user=person.pk).exists()


def check_allocation(person: Person, text: str) -> None:
    """Raise Invalid unless the text is the id of an allocation that the person may see."""
    try:
        get_allocation(person, text)
    except Refused as refusal:
        raise Invalid(
            _("“%(text)s” is no allocation of yours; give the id that its page shows.")
            % {"text": text}
        ) from refusal
