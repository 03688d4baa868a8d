"""One of everything that belongs to somebody, for the table of routes and callers."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from compute.models import (
    Allocation,
    CapacityMonth,
    Cluster,
    Job,
    LedgerEntry,
    Request,
    UsageRecord,
)
from projects.actions.groups import invite_member
from projects.actions.joining import ask_to_join
from projects.actions.saved_filters import save_filter
from projects.models import AccessToken, Event, Group, Membership, Project, User
from projects.notices import NoticeKind
from projects.roles import Role
from registry.actions.cases import open_case
from registry.actions.figures import record_figure
from registry.actions.talks import invite_group
from registry.actions.versions import set_alias
from registry.actions.watches import create_watch
from registry.models import Figure, Model, Overlap
from tests import make
from tests.projects.telling import told

CANARY = "canary-7f3a"
AT_HOME = ("lead", "member", "guest")  # whose home group is the world's


class World:
    """A group's project with its model, request, allocation, job and usage, and everybody else."""

    def __init__(self) -> None:
        self.group: Group = make.make_group(name="Ours")
        self.other_group: Group = make.make_group(name="Theirs")
        self.cluster: Cluster = make.make_cluster(slug="north")
        lead = make.make_member(self.group, Role.LEAD, "lead")
        self.people: dict[str, User] = {
            "lead": lead,
            "member": make.make_member(self.group, Role.MEMBER, "member"),
            "guest": make.make_member(self.group, Role.GUEST, "guest"),
            "partner_admin": make.make_partner_admin(self.group.partner, "partner_admin"),
            "stranger": make.make_member(self.other_group, Role.LEAD, "stranger"),
            "loner": make.make_user("loner"),  # signed in, of no partner
            "operator": make.make_operator(self.cluster, "operator"),
            **{
                role.value: make.make_staff(role, role.value)
                for role in (
                    Role.QUOTA_ADMIN,
                    Role.COORDINATOR,
                    Role.AUDITOR,
                    Role.PORTAL_ADMIN,
                )
            },
        }
        self.pool = make.make_pool(self.cluster, slug="north-gpu")
        self.project: Project = make.make_project(
            self.group, slug="ours", title=f"Project {CANARY}", abstract=CANARY
        )
        self.model: Model = make.make_model(self.project, name=f"Model {CANARY}")
        self.base: Model = make.make_model(self.project, name=f"Base {CANARY}")
        self.version = make.make_version(
            self.model, source=f"s3://{CANARY}", run_id=CANARY, description=CANARY
        )
        make.make_fingerprint(self.version)
        set_alias(by=lead, version=self.version, name=CANARY, now=make.now())
        self.derivation = make.make_edge(self.version, self.base, note=f"note {CANARY}")
        self.other_model: Model = make.make_model(self.project, name=f"Other {CANARY}")
        self.dataset = make.make_dataset(
            self.group, name=f"Data {CANARY}", licence=CANARY, description=CANARY
        )
        self.figure = self._figure()
        self.allocation: Allocation = make.make_allocation(
            self.project, self.pool, by=self.people["quota_admin"]
        )
        self.request: Request = make.make_request(
            self.project, self.pool, justification=f"Because {CANARY}"
        )
        script = f"#!/bin/sh\n# {CANARY}\nsleep 1\n"
        self.job: Job = make.make_job(self.allocation, script=script, name=f"job {CANARY}")
        self.invitation, self.secret = invite_member(
            by=lead, group=self.group, email="x@example.org", role="guest", now=make.now()
        )
        self.overlap = self._overlap(self.model, self.other_model)
        self.free_overlap = self._overlap(self.base, self.other_model)
        self.case = open_case(
            by=self.people["coordinator"], overlaps=[self.overlap], now=make.now()
        )
        self.party = self.case.parties.select_related("case", "group", "model")[0]
        invite_group(by=self.people["coordinator"], party=self.party, text=CANARY, now=make.now())
        self.watch = create_watch(
            by=lead, values={"name": CANARY, "languages": ["de"]}, now=make.now()
        )
        self.saved_filter = save_filter(
            by=lead, page="requests", name=CANARY, query=f"project={CANARY}", now=make.now()
        )
        self.join_request = ask_to_join(
            by=self.people["stranger"],
            project=self.project,
            group=self.other_group,
            text="ours",
            now=make.now(),
        )
        self.notice = told(lead, params={"project": CANARY})
        make.deliver(self.cluster, self.project.unix_user)
        self.usage = self._usage()
        self.orphan = make.make_orphan(self.cluster)
        self.planned = make.make_maintenance(self.cluster)
        self.template = make.make_template(self.group, name=f"Template {CANARY}")
        self.call = make.make_call()
        self.initiative = make.make_initiative()
        self.terms = make.make_terms()
        self.import_ = make.make_import()
        self.consent = make.make_consent(self.cluster)
        self.difference = make.make_difference(self.allocation)
        self.report = make.make_report(self.allocation, by=self.people["operator"])
        self.grant = make.make_grant(self.project, self.pool, reference=CANARY)
        self.webhook = make.make_webhook(
            lead, name=CANARY, url=f"https://{CANARY.lower()}.example/"
        )
        self.delivery = self.webhook.deliveries.get()
        self.tokens = {name: make.make_token(user) for name, user in self.people.items()}

    @property
    def away(self) -> dict[str, str]:
        """A maintenance as it is announced to the API."""
        begins, ends = "2090-01-01T08:00:00Z", "2090-01-02T08:00:00Z"
        return {"start_at": begins, "end_at": ends, "text": "pumps"}

    @cached_property
    def site_token(self) -> str:
        return make.make_jwt(self.project.unix_user)

    def stop(self) -> dict[str, str]:
        """As if the database had been restored and its cluster asked what it did meanwhile."""
        return {"stop": str(make.stop_dispatch(self.cluster, reconciled_at=make.now()))}

    def disconnect(self) -> dict[str, str]:
        """As if nobody had connected the cluster."""
        Cluster.objects.filter(pk=self.cluster.pk).update(connection="none")
        return {}

    @property
    def charge_body(self) -> dict[str, str]:
        return {"unit": "core-h", "per": "gpu", "factor": "12", "valid_from": "2026-01-01"}

    @property
    def charge_form(self) -> dict[str, str]:
        fields = {**self.charge_body, "pool": str(self.pool.pk)}
        return {f"charge-{name}": text for name, text in fields.items()}

    @property
    def template_body(self) -> dict[str, str]:
        script = "#!/bin/sh\ntrue\n"
        return {"name": "New", "purpose": "other", "script": script, "group": str(self.group.pk)}

    @property
    def template_form(self) -> dict[str, str]:
        sizes = {"gpus": "1", "nodes": "1", "minutes": "5"}
        return {**self.template_body, **sizes, "owner": f"group:{self.group.pk}"}

    @property
    def initiative_body(self) -> dict[str, Any]:
        return {"slug": "leam-2", "name": "LEAM 2", "funding": [{"funder": "EU", "percent": 50}]}

    @property
    def initiative_form(self) -> dict[str, Any]:
        return {"slug": "leam-2", "name": "LEAM 2", "funding": "EU: 50"}

    @property
    def import_form(self) -> dict[str, str]:
        rows = '[{"name": "Werft", "short_name": "werft"}]'
        return {"kind": "partners", "file_name": "partners.csv", "rows": rows}

    @property
    def call_body(self) -> dict[str, str]:
        return {"board": "GCS", "title": "Large-scale call", "closes_on": "2090-01-31"}

    @property
    def consent_body(self) -> dict[str, str]:
        return {"given_by": "Head of HPC", "given_on": "2026-01-01", "reference": "TICKET-1"}

    def months_form(self, prefix: str) -> dict[str, str]:
        """Nothing offered or kept in two months long from now."""
        fields = {"first": "2040-01", "last": "2040-02", "gpu_hours": "0",
                  "partner": str(self.group.partner_id)}  # fmt: skip
        return {f"{prefix}-{name}": text for name, text in fields.items()}

    @property
    def webhook_body(self) -> dict[str, str]:
        return {"name": "CI", "url": "https://hooks.example.org/cesai"}

    def report_body(self) -> dict[str, str]:
        """Usage of a cluster that is not connected."""
        return {"cluster": self.cluster.slug, **self.report_form}

    @property
    def report_form(self) -> dict[str, str]:
        self.disconnect()
        return {"text": make.usage_table(self.allocation, job=1234)}

    def pause(self) -> dict[str, str]:
        """As if an operator had paused the allocation."""
        Allocation.objects.filter(pk=self.allocation.pk).update(
            paused_at=make.now(), pause_reason=CANARY
        )
        return {}

    def deny(self, body: dict[str, str]) -> dict[str, str]:
        """As if a quota admin had denied the request."""
        admin = self.people["quota_admin"]
        Request.objects.filter(pk=self.request.pk).update(
            state="denied", denied_by=admin, decided_by=admin, decided_at=make.now()
        )
        return body

    def lose_job(self) -> dict[str, str]:
        """As if five attempts had not been answered."""
        Job.objects.filter(pk=self.job.pk).update(state="unknown", attempts=5)
        return {}

    def key(self, route: str) -> list[str]:
        """What stands in a route's address."""
        if route.endswith(("-list", "-accept", "-import-card", "-read-all")):
            return []
        name = route.removeprefix("api-").split("-")[0]
        if route.startswith("api-usage-reports"):
            name = "reports"
        if route == "api-versions-alias":
            return [str(self.version.pk), CANARY]
        if route.endswith("consents-withdraw"):
            return [self.cluster.slug, str(self.consent.pk)]
        if route.endswith("accounting-correct"):
            return [self.cluster.slug, str(self.difference.pk)]
        if route.endswith("maintenance-drop"):
            return [self.cluster.slug, str(self.planned.pk)]
        if route == "api-clusters-credential":
            return [self.cluster.slug, self.project.unix_user]
        return [str(self.keys[name])]

    @cached_property
    def keys(self) -> dict[str, Any]:
        """The id of this world's object of each resource."""
        lead = self.people["lead"]
        return {
            "partners": self.group.partner_id,
            "groups": self.group.pk,
            "memberships": Membership.objects.get(user=self.people["member"]).pk,
            "invitations": self.invitation.pk,
            "projects": self.project.pk,
            "tokens": self.lead_token_id,
            "events": Event.objects.filter(project=self.project, actor=lead).first().id,  # type: ignore[union-attr]
            "notices": self.notice.pk,
            "models": self.model.pk,
            "versions": self.version.pk,
            "figures": self.figure.pk,
            "derivations": self.derivation.pk,
            "datasets": self.dataset.pk,
            "clusters": self.cluster.slug,
            "orphans": self.orphan.pk,
            "pools": self.pool.slug,
            "capacity": CapacityMonth.objects.filter(pool=self.pool).first().pk,  # type: ignore[union-attr]
            "requests": self.request.pk,
            "allocations": self.allocation.pk,
            "limits": self.allocation.limit.pk,
            "ledger": LedgerEntry.objects.filter(allocation=self.allocation).first().id,  # type: ignore[union-attr]
            "usage": self.usage.id,
            "reports": self.report.pk,
            "jobs": self.job.pk,
            "lead": lead.pk,
            "overlaps": self.overlap.pk,
            "cases": self.case.pk,
            "grants": self.grant.pk,
            "calls": self.call.pk,
            "initiatives": self.initiative.slug,
            "imports": self.import_.pk,
            "templates": self.template.pk,
            "watches": self.watch.pk,
            "webhooks": self.webhook.pk,
        }

    @cached_property
    def lead_token_id(self) -> Any:
        """A token of the lead that calls do not use themselves."""
        lead = self.people["lead"]
        make.make_token(lead)
        return AccessToken.objects.filter(user=lead).latest("created").id

    @property
    def alias(self) -> str:
        """The alias of the version."""
        return CANARY

    def mlflow_name(self, who: str) -> str:
        """What MLflow's clients call the model: bare in its group, else qualified."""
        return self.model.name if who in AT_HOME else self.model.qualified

    def page_key(self, route: str) -> list[str]:
        """What stands in a page's address."""
        whose = {
            "project-new": [self.group.pk],
            "invite": [self.group.pk],
            "invitation-withdraw": [self.invitation.pk],
            "token-revoke": [self.lead_token_id],
            "webhooks": [],
            "webhook-again": [self.webhook.pk, self.delivery.pk],
            **{
                f"webhook{act}": [self.webhook.pk]
                for act in ("", "-edit", "-secret", "-pause", "-resume", "-ping", "-delete")
            },
            "terms-accept": [self.terms.pk],
            "participant-add": [self.project.slug],
            "participant-remove": [self.project.slug, self.other_group.pk],
            "job-submit": [self.allocation.pk],
            "model-plan": [],
            "model-from-card": [],
            "model-compare": [],
            "capacity": [],
            **{
                f"capacity-{act}": [self.pool.slug]
                for act in ("pool", "offer", "reserve", "rules")
            },
            "template-new": [],
            "grant-new": [],
            "request-new": [],
            "request-line": [],
            "job-new": [],
            "project": [self.project.slug],
            "project-join": [self.project.slug],
            "join-answer": [self.join_request.pk],
            "plan-similar": [],
            "call-new": [],
            "initiative-new": [],
            "imports": [],
            "import-carry": [],
            "report-csv": [],
            "report-xlsx": [],
            "cluster-withdraw": [self.cluster.slug, self.consent.pk],
            "cluster-correct": [self.cluster.slug, self.difference.pk],
            "cluster-maintenance-drop": [self.cluster.slug, self.planned.pk],
            "overlap-case": [self.free_overlap.pk],
            "watch-delete": [self.watch.pk],
            "filter-save": ["requests"],
            "filter-drop": [self.saved_filter.pk],
            **{
                f"case-{act}": [self.case.pk, self.party.pk]
                for act in ("invite", "reply", "agree", "consent")
            },
            "project-edit": [self.project.slug],
        }
        noun = f"{route.split('-', maxsplit=1)[0]}s"
        if route in whose:
            return [str(key) for key in whose[route]]
        return [str(self.keys[noun])] if noun in self.keys else []

    @property
    def project_form(self) -> dict[str, Any]:
        return {"title": "New", "slug": "new", "visibility": "project"}

    @property
    def plan_form(self) -> dict[str, Any]:
        return {
            "name": "New",
            "group": str(self.group.pk),
            "visibility": "group",
            "training_mode": "unknown",
            "parent_kind": "unknown",
        }

    @property
    def card_form(self) -> dict[str, Any]:
        return {"card": "---\nlicense: mit\n---\n# New\n"}

    @property
    def new_card_form(self) -> dict[str, Any]:
        return {**self.plan_form, **self.card_form, "state": "released"}

    @property
    def delivery_form(self) -> dict[str, Any]:
        return dict.fromkeys(NoticeKind, "digest")

    @property
    def award_form(self) -> dict[str, Any]:
        line = self.request.lines.get()
        return {f"line-{line.pk}": "60", "reason": "good"}

    @property
    def job_form(self) -> dict[str, Any]:
        return {"kind": "sbatch", "sbatch": self.job_body()["sbatch"]}

    def grant_body(self) -> dict[str, Any]:
        """As a program registers a grant of another board."""
        window = {"start": "2030-01-01", "end": "2031-01-01", "decided_on": "2025-05-01"}
        which = {"project": str(self.project.pk), "pool": str(self.pool.pk), "board": "NHR"}
        amount = {"amount": "1 Mcore-h", "gpu_hours": "1000", "conversion": "÷ 1000"}
        return {**which, **window, **amount, "reference": "p0123"}

    @property
    def grant_form(self) -> dict[str, Any]:
        return self.grant_body()

    def request_body(self) -> dict[str, Any]:
        line = {"pool": str(self.pool.pk), "gpu_hours": "10", "start": "2030-01-01"}
        return {
            "project": str(self.project.pk),
            "purpose": "evaluation",
            "lines": [{**line, "end": "2030-02-01"}],
        }

    def award_body(self) -> dict[str, Any]:
        line = self.request.lines.get()
        return {"lines": [{"line": str(line.pk), "gpu_hours": "60"}], "reason": "good"}

    def job_body(self) -> dict[str, Any]:
        return {
            "allocation": str(self.allocation.pk),
            "sbatch": "#!/bin/sh\n#SBATCH --gpus=1 --time=5\ntrue\n",
        }

    def header_body(self) -> dict[str, Any]:
        row = {"name": f"{CANARY}.weight", "dtype": "F32", "shape": [2, 2]}
        return {"tensors": [row]}

    def card_body(self) -> dict[str, Any]:
        return {"card": f"---\nlicense: mit\n---\n# {CANARY}\n"}

    def _overlap(self, one: Model, other: Model) -> Overlap:
        """A pair as if the group's own search had found it."""
        a, b = sorted((one, other), key=lambda model: model.pk)
        text = f"both {CANARY}"
        return Overlap.objects.create(
            a=a, b=b, probability=0.9, kind="duplicate", is_live=True, is_confidential=True,
            reasons=[{"feature": "text", "level": "like", "points": 1, "en": text, "de": text}],
            found_by_a=True, found_by_b=True, weights_version=CANARY,
            found_at=make.now(), assessed_at=make.now(),
        )  # fmt: skip

    def _figure(self) -> Figure:
        return record_figure(
            by=self.people["lead"],
            model=self.model,
            kind="energy_kwh",
            value=7,
            stage="actual",
            as_of=make.today(),
            note=f"note {CANARY}",
            now=make.now(),
        )

    def _usage(self) -> UsageRecord:
        return UsageRecord.objects.create(
            cluster=self.cluster,
            slurm_job_id=7,
            submit_time=1,
            allocation=self.allocation,
            unix_user=self.project.unix_user,
            state="COMPLETED",
            elapsed=10,
            gpus=1,
            gpu_seconds=10,
            observed_at=make.now(),
        )
