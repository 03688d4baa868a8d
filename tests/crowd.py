"""Many of everything that the world has one of, beside it and below it, made by bulk_create."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.db import models

from compute.models import (
    AccountingCursor,
    AllocationMove,
    AwardLine,
    AwardSignature,
    CapacityMonth,
    CapacityReturn,
    ChargeRule,
    ClusterHealth,
    ClusterOperator,
    Credential,
    JobMove,
    LedgerEntry,
    LimitMove,
    MonthlyUse,
    OddRecord,
    Outage,
    RequestMessage,
    RequestMove,
    Reserve,
    Statement,
    TemplateVersion,
    Told,
)
from compute.models import Recusal as RequestRecusal
from compute.quota import month_of
from projects.actions.saved_filters import LISTS
from projects.actions.sealing import seal_events
from projects.models import (
    AccessToken,
    AuditCheck,
    Event,
    FundingShare,
    Membership,
    Participation,
    PartnerAdmin,
    PortalRole,
    WebhookAttempt,
)
from projects.roles import Role
from registry.models import (
    Alias,
    Case,
    CaseMessage,
    CaseMove,
    Competences,
    ExchangeKey,
    Model,
    ModelMove,
    TrainedOn,
    Watch,
    WordCount,
)
from registry.models import Recusal as CaseRecusal
from registry.models.datasets import DatasetDerivation
from tests import make
from tests.world import World

M = TypeVar("M", bound=models.Model)
FEWER = 100  # clusters, and of what belongs to one person or thing: pages show all of them
LINES = 10  # of one request: its form offers every pool in each
READERS = ("lead", "coordinator", "quota_admin", "operator")


def crowd(world: World, numbers: range) -> None:
    """So many more of everything; the numbers tell them apart from those of another call."""
    _Crowd(world, numbers).gather()


class _Crowd:
    """One call's rows; what later ones belong to is kept by name."""

    def __init__(self, world: World, numbers: range) -> None:
        self.world = world
        self.numbers = numbers
        self.fewer = [number for number in numbers if number < FEWER]
        self.now = make.now()
        self.people = world.people

    def gather(self) -> None:
        """Each kind after what it belongs to."""
        self._groups()
        self._told()
        self._models()
        self._cases()
        self._clusters()
        self._pools()
        self._requests()
        self._allocations()
        self._jobs()
        self._templates_and_grants()

    def _copies(self, row: M, /, **changes: Any) -> list[M]:
        """One copy for each number: with a value, one of a list, or one made of the number."""
        return _kept([_copy(row, **values) for values in self._each(self.numbers, changes)])

    def _made(self, kind: type[M], /, **values: Any) -> list[M]:
        """One new row for each number."""
        return _kept([kind(**each) for each in self._each(self.numbers, values)])

    def _fewer_copies(self, row: M, /, **changes: Any) -> list[M]:
        """The same of clusters, and of what belongs to one person or thing of the world."""
        return _kept([_copy(row, **values) for values in self._each(self.fewer, changes)])

    def _fewer_made(self, kind: type[M], /, **values: Any) -> None:
        _kept([kind(**each) for each in self._each(self.fewer, values)])

    def _each(self, numbers: Sequence[int], values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for at, number in enumerate(numbers):
            yield {name: _value(value, at, number) for name, value in values.items()}

    def _groups(self) -> None:
        world, lead = self.world, self.people["lead"]
        self.partners = self._copies(world.group.partner, name=_n("Crowd "), slug=_n("crowd-"))
        self.groups = self._copies(
            world.group, partner=self.partners, name=_n("Crowd "), slug=_n("crowd-")
        )
        self._copies(world.group, name=_n("Neighbours "), slug=_n("near-"))
        self.users = self._copies(
            self.people["member"], username=_n("crowd"), email=lambda n: f"c{n}@example.org"
        )
        self._fewer_made(Membership, user=self.users, group=world.group, role=Role.MEMBER.value)
        self._fewer_made(Membership, user=lead, group=self.groups, role=Role.LEAD.value)
        self._fewer_made(PartnerAdmin, user=self.users, partner=world.group.partner)
        self._fewer_made(PortalRole, user=self.users, role=Role.COORDINATOR.value)
        self._copies(world.invitation, secret_sha256=lambda n: f"{n:064}")
        self.projects = self._copies(world.project, slug=_n("crowd"), title=_n("Effort "))
        self._made(Participation, project=self.projects, group=world.other_group)
        self._fewer_made(Participation, project=world.project, group=self.groups)
        self._fewer_copies(world.join_request, group=self.groups)
        initiatives = self._copies(world.initiative, slug=_n("crowd-"), name=_n("Crowd "))
        self._made(FundingShare, initiative=initiatives, funder="EU", percent=10)
        self._fewer_made(FundingShare, initiative=world.initiative, funder=_n("F"), percent=1)
        self._copies(world.import_)
        self._made(
            Competences, group=self.groups, languages=lambda _n: ["de"], updated_at=self.now
        )

    def _told(self) -> None:
        """What each reader has alone."""
        event = Event.objects.filter(project=self.world.project).first()
        assert event
        self._copies(event)
        for who in READERS:
            user = self.people[who]
            self._copies(self.world.notice, user=user)
            token = AccessToken.objects.filter(user=user).first()
            assert token
            self._fewer_copies(token, digest=lambda n, who=who: f"{who}{n}", id=lambda _n: uuid4())
            self._fewer_copies(self.world.watch, owner=user)
            self._fewer_copies(self.world.webhook, owner=user, name=_n("Hook "))
            for page in LISTS:
                self._fewer_copies(
                    self.world.saved_filter, owner=user, page=page, name=_n("Selection ")
                )
        sent = self._copies(self.world.delivery, place=lambda n: n)
        self._made(WebhookAttempt, delivery=sent, at=self.now, status=204, milliseconds=9)
        self._made(Told, key=_n("crowd:"), at=self.now)
        seal_events(now=self.now)
        self._made(AuditCheck, at=self.now, number=1)

    def _models(self) -> None:
        world, lead = self.world, self.people["lead"]
        self.models = self._copies(
            world.model, name=_n("Crowd "), qualified=_n(f"{world.model.qualified}-")
        )
        self.versions = self._copies(world.version, model=self.models)
        self._fewer_copies(world.version, number=lambda n: 10 + n, withdrawn_at=self.now)
        self._copies(world.version.fingerprint, version=self.versions)
        self._fewer_made(Alias, model=world.model, version=world.version, name=_n("also-"))
        self._made(Alias, model=self.models, version=self.versions, name="only")
        self._fewer_made(ModelMove, model=world.model, at=self.now, by=lead, to_state="planned")
        self._copies(world.figure, model=self.models)
        self._fewer_copies(world.figure)
        self._copies(world.derivation, child=self.versions, parent=world.base.newest_version())
        near = self.versions[: len(self.fewer)]
        _kept([_copy(world.derivation, child=one, parent=world.version) for one in near[::2]])
        _kept([_copy(world.derivation, child=world.version, parent=one) for one in near[1::2]])
        datasets = self._copies(world.dataset, name=_n("Crowd "))
        self._copies(world.dataset, name=_n("Open crowd "), visibility="public")
        self._made(
            ExchangeKey, group=world.group, kind="dataset", key=_n("crowd "),
            object_id=lambda _n: uuid4(), digest="", pushed_at=self.now,
        )  # fmt: skip
        self._fewer_made(DatasetDerivation, child=datasets, parent=world.dataset, kind="subset")
        self._fewer_made(TrainedOn, version=world.version, dataset=datasets)
        self._fewer_made(Model.partners.through, model=world.model, partner=self.partners)
        self._fewer_made(Watch.told.through, watch=world.watch, model=self.models)
        self._made(WordCount, word=_n("crowd"), models_count=1)

    def _cases(self) -> None:
        world, coordinator = self.world, self.people["coordinator"]
        pairs = [sorted((world.model, model), key=lambda one: one.pk) for model in self.models]
        overlaps = self._copies(world.overlap, a=[a for a, _b in pairs], b=[b for _a, b in pairs])
        cases = self._copies(world.case, code=_n("C-"))
        link = Case.overlaps.through
        self._made(link, case=cases, overlap=overlaps)
        self._fewer_made(link, case=cases, overlap=world.overlap)
        self._fewer_made(link, case=world.case, overlap=overlaps)
        self._copies(world.party, case=cases, invited_at=self.now)
        self._fewer_copies(world.party, model=self.models, invited_at=self.now)
        said = {"case": world.case, "by": coordinator, "at": self.now, "text": "Hello"}
        self._fewer_made(CaseMessage, party=world.party, is_for_all=True, **said)
        self._fewer_made(CaseMove, case=world.case, by=coordinator, at=self.now, to_state="open")
        self._fewer_made(CaseRecusal, case=world.case, user=self.users, at=self.now)

    def _clusters(self) -> None:
        world, operator = self.world, self.people["operator"]
        self.clusters = self._fewer_copies(world.cluster, slug=_n("crowd-"), name=_n("Crowd "))
        self._fewer_made(ClusterHealth, cluster=self.clusters)
        self._fewer_made(ClusterOperator, cluster=self.clusters, user=operator)
        self._fewer_made(AccountingCursor, cluster=self.clusters, read_until=self.now)
        credential = Credential.objects.filter(cluster=world.cluster).first()
        assert credential
        self._fewer_copies(credential, unix_user=_n("crowd-"))
        self._fewer_copies(credential, cluster=self.clusters)
        self._fewer_made(Outage, cluster=world.cluster, began_at=self.now, ended_at=self.now)
        self._copies(world.orphan, slurm_job_id=lambda n: 10**6 + n)
        self._fewer_copies(world.planned)
        self._fewer_copies(world.consent)
        self._fewer_copies(world.difference, slurm_job_id=lambda n: 10**6 + n)
        seen = {"first_seen_at": self.now, "last_seen_at": self.now, "said": {}}
        self._fewer_made(OddRecord, cluster=world.cluster, slurm_job_id=lambda n: n, submit_time=1,
                   why=OddRecord.Why.TEXT, **seen)  # fmt: skip
        self._copies(world.report)
        self._copies(world.call, title=_n("Crowd "))

    def _pools(self) -> None:
        world, month = self.world, month_of(make.today())
        pools = self._fewer_copies(
            world.pool, cluster=self.clusters, slug=_n("crowd-"), h100_weight=1
        )
        self._fewer_copies(world.pool, slug=_n("own-"))
        self._fewer_made(CapacityMonth, pool=pools, month=month, offered=3_600)
        self._fewer_made(
            CapacityMonth, pool=world.pool, month=lambda n: _month(100 + n), offered=3_600
        )
        self._fewer_made(Reserve, pool=world.pool, month=month, partner=self.partners, left=60)
        self._fewer_made(
            ChargeRule, pool=world.pool, version=lambda n: 10 + n, unit="core-h", per="gpu",
            factor=12, valid_from=lambda n: date(2020, 1, 1) + timedelta(n),
            created_by=self.people["operator"], created_at=self.now,
        )  # fmt: skip

    def _requests(self) -> None:
        world, admin = self.world, self.people["quota_admin"]
        requests = self._copies(world.request)
        line = world.request.lines.all()[0]
        self.lines = self._copies(line, request=requests)
        few = [number for number in self.numbers if number < LINES]
        _kept([_copy(line, position=number) for number in few])
        said = {"by": admin, "at": self.now}
        self._fewer_made(RequestMove, request=world.request, to_state="submitted", **said)
        self._fewer_made(RequestMessage, request=world.request, text="Hello", **said)
        self._fewer_made(RequestRecusal, request=world.request, user=self.users, at=self.now)
        self._made(AwardSignature, request=requests, terms={}, **said)
        self._fewer_made(AwardLine, line=line, month=_month, gpu_seconds=1)

    def _allocations(self) -> None:
        world, mine = self.world, self.world.allocation
        rows = self._copies(mine, line=self.lines, slurm_account=_n("cesai-crowd-"))
        self._copies(mine.balance, allocation=rows)
        self._copies(mine.limit, allocation=rows, id=lambda _n: uuid4(), command="sacctmgr")
        self._fewer_made(AllocationMove, allocation=mine, at=self.now, to_state="active")
        self._fewer_made(LimitMove, limit=mine.limit, at=self.now, to_state="in_force")
        month = {"month": month_of(make.today()), "gpu_seconds": 60}
        self._fewer_made(CapacityReturn, allocation=mine, at=self.now, **month)
        self._made(MonthlyUse, allocation=rows, **month)
        self._fewer_made(MonthlyUse, allocation=mine, month=_month, gpu_seconds=60)
        entry = LedgerEntry.objects.filter(allocation=mine).first()
        assert entry
        self._copies(entry, source_key=_n("crowd:"), id=lambda _n: uuid4())
        self._copies(
            world.usage, slurm_job_id=lambda n: 10**6 + n, job=world.job, id=lambda _n: uuid4()
        )

    def _jobs(self) -> None:
        self._copies(self.world.job, version=self.world.version)
        self._fewer_made(JobMove, job=self.world.job, at=self.now, to_state="new")

    def _templates_and_grants(self) -> None:
        world, lead = self.world, self.people["lead"]
        newest = world.template.newest()
        templates = self._copies(world.template, name=_n("Crowd "))
        self._copies(newest, template=templates)
        self._fewer_made(TemplateVersion, template=world.template, number=lambda n: 10 + n,
                   script="#!/bin/sh\n", created_by=lead, created_at=self.now)  # fmt: skip
        grants = self._copies(world.grant, reference=_n("crowd-"))
        self._made(Statement, grant=grants, text="Hello", by=lead, at=self.now)
        self._fewer_made(Statement, grant=world.grant, text="Hello", by=lead, at=self.now)


def _value(value: Any, at: int, number: int) -> Any:
    if isinstance(value, list):
        return value[at]
    return value(number) if callable(value) else value


def _n(text: str) -> Callable[[int], str]:
    return lambda number: f"{text}{number}"


def _month(number: int) -> date:
    return date(2100 + number // 12, number % 12 + 1, 1)


def _copy(row: M, /, **changes: Any) -> M:
    """The same again under a key of its own."""
    new = copy(row)
    key = row._meta.pk
    if isinstance(key, models.UUIDField):
        new.pk = uuid4()
    elif isinstance(key, models.AutoField):
        new.pk = None
        if hasattr(row, "id") and key.name != "id":
            new.id = uuid4()  # type: ignore[attr-defined]
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _kept(rows: Sequence[M]) -> list[M]:
    return list(type(rows[0])._default_manager.bulk_create(rows)) if rows else []
