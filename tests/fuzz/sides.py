"""Two tenants on one cluster, each with one private thing of every kind, and the staff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from compute.models import LedgerEntry, UsageRecord
from projects.actions.groups import invite_member
from projects.models import AccessToken, Event, Membership, PartnerAdmin, User
from projects.roles import Role
from registry.actions.cases import open_case
from registry.actions.figures import record_figure
from registry.actions.talks import invite_group
from registry.actions.watches import create_watch
from registry.models import Model, Overlap
from tests import make
from tests.projects.telling import told
from tests.world import CANARY, World

OTHER_CANARY = "canary-b91e"
# What every member of a partner may see, or what is nobody's: the rest belongs to one side alone.
SHARED = {"partners", "groups", "clusters", "pools", "capacity", "calls", "initiatives", "orphans"}
STAFF = ("operator", "quota_admin", "coordinator", "portal_admin")

Keys = dict[str, list[str]]


@dataclass
class Side:
    """A person who calls, and the ids of what is theirs, by the kind that addresses name."""

    name: str
    token: str
    canary: str = ""
    keys: Keys = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    @property
    def private(self) -> set[str]:
        """The ids that must never be told to the other side."""
        kinds = self.keys.keys() - SHARED
        return {key for kind in kinds for key in self.keys[kind]} - self.open


class Sides:
    """The world of the table of routes, and a lead of another partner who owns as much."""

    def __init__(self) -> None:
        self.world = World()
        ours = self.world.people["lead"]
        theirs = make.make_member(make.make_group(name="Others"), Role.LEAD, "other_lead")
        for person in (ours, theirs):
            group = Membership.objects.get(user=person).group
            PartnerAdmin.objects.create(user=person, partner=group.partner)
        self.ours = Side("ours", self.world.tokens["lead"], CANARY, self._our_keys())
        self.theirs = Side("theirs", make.make_token(theirs), OTHER_CANARY)
        self.theirs.keys = _furnish(self.world, theirs, OTHER_CANARY)
        self._case_of_both()
        self.staff = {name: Side(name, self.world.tokens[name]) for name in STAFF}
        self.at_the_cluster = {
            "difference": [str(self.world.difference.pk)],
            "consent": [str(self.world.consent.pk)],
            "planned": [str(self.world.planned.pk)],
            "unix_user": [self.world.project.unix_user],
            "name": ["best"],
        }

    def other(self, side: Side) -> Side | None:
        """The other tenant; staff have none, they see both."""
        return {"ours": self.theirs, "theirs": self.ours}.get(side.name)

    def owner(self, key: str) -> Side | None:
        """The tenant to whom an id belongs alone."""
        return next((s for s in (self.ours, self.theirs) if key in s.private), None)

    def for_side(self, side: Side, value: Any) -> Any:
        """A body made for our side with the other side's ids in place of ours."""
        if side is not self.theirs:
            return value
        theirs = {
            mine: key
            for kind, keys in self.ours.keys.items()
            for mine, key in zip(keys, self.theirs.keys.get(kind, []), strict=False)
        }
        return exchanged(value, {CANARY: OTHER_CANARY, **theirs})

    def learn(self, side: Side, kind: str, key: str) -> None:
        """Something new is theirs; what everybody may see is everybody's."""
        tenants = [self.ours, self.theirs]
        for tenant in tenants if kind in SHARED else [side]:
            tenant.keys.setdefault(kind, []).append(key)

    def _our_keys(self) -> Keys:
        world = self.world
        keys: Keys = {kind: [str(key)] for kind, key in world.keys.items()}
        keys["usage-reports"] = keys.pop("reports")
        for unused in ("lead", "imports"):
            del keys[unused]
        keys["models"] += [str(world.base.pk), str(world.other_model.pk)]
        keys["parties"] = [str(world.party.pk)]
        keys["lines"] = [str(line.pk) for line in world.request.lines.all()]
        keys["initiatives"] = [str(world.initiative.pk)]
        keys["clusters"] = [str(world.cluster.pk)]
        keys["pools"] = [str(world.pool.pk)]
        keys["overlaps"].append(str(world.free_overlap.pk))
        return keys

    def _case_of_both(self) -> None:
        """A pair across the sides that only staff found; both are in its case, unintroduced."""
        sides = self.ours, self.theirs
        models = [Model.objects.get(pk=side.keys["models"][0]) for side in sides]
        pair = _pair(models[0], models[1], "", is_found=False)
        coordinator, now = self.world.people["coordinator"], make.now()
        case = open_case(by=coordinator, overlaps=[pair], now=now)
        for party in case.parties.select_related("case", "group", "model"):
            [side] = [s for s in sides if str(party.model_id) in s.keys["models"]]
            invite_group(by=coordinator, party=party, text="Hello", now=now)
            side.keys["cases"].append(str(case.pk))
            side.keys["parties"].append(str(party.pk))
            side.open.add(str(case.pk))


def _furnish(world: World, lead: User, canary: str) -> Keys:
    """For a lead what `World` has for its own."""
    group, now = Membership.objects.get(user=lead).group, make.now()
    project = make.make_project(group, slug=canary, title=f"Project {canary}", abstract=canary)
    models = [make.make_model(project, name=f"{name} {canary}") for name in ("A", "B", "C")]
    version = make.make_version(
        models[0], source=f"s3://{canary}", run_id=canary, description=canary
    )
    make.make_fingerprint(version)
    allocation = make.make_allocation(project, world.pool, by=world.people["quota_admin"])
    request = make.make_request(project, world.pool, justification=canary)
    invitation, _secret = invite_member(
        by=lead, group=group, email="y@example.org", role="guest", now=now
    )
    overlaps = [_pair(models[0], models[1], canary), _pair(models[1], models[2], canary)]
    case = open_case(by=world.people["coordinator"], overlaps=overlaps[:1], now=now)
    party = case.parties.select_related("case", "group", "model")[0]
    invite_group(by=world.people["coordinator"], party=party, text=canary, now=now)
    make.make_token(lead)
    script = f"#!/bin/sh\n# {canary}\nsleep 1\n"
    found: dict[str, list[Any]] = {
        "partners": [group.partner],
        "groups": [group],
        "memberships": [Membership.objects.get(user=make.make_member(group, Role.MEMBER))],
        "invitations": [invitation],
        "projects": [project],
        "tokens": [AccessToken.objects.filter(user=lead).latest("created")],
        "events": list(Event.objects.filter(project=project, actor=lead)[:3]),
        "notices": [told(lead, params={"project": canary})],
        "models": models,
        "versions": [version],
        "figures": [
            record_figure(
                by=lead, model=models[0], kind="energy_kwh", value=7, stage="actual",
                as_of=make.today(), note=f"note {canary}", now=now,
            )
        ],
        "derivations": [make.make_edge(version, models[1], note=f"note {canary}")],
        "datasets": [
            make.make_dataset(group, name=f"Data {canary}", licence=canary, description=canary)
        ],
        "requests": [request],
        "lines": list(request.lines.all()),
        "allocations": [allocation],
        "limits": [allocation.limit],
        "ledger": list(LedgerEntry.objects.filter(allocation=allocation)),
        "usage": [_usage(world, allocation, project.unix_user)],
        "usage-reports": [
            make.make_report(
                allocation,
                by=world.people["operator"],
                text=make.usage_table(allocation, job=98),
            )
        ],
        "jobs": [make.make_job(allocation, script=script, name=f"job {canary}")],
        "overlaps": overlaps,
        "cases": [case],
        "parties": [party],
        "grants": [make.make_grant(project, world.pool, reference=canary)],
        "templates": [make.make_template(group, name=f"Template {canary}")],
        "watches": [
            create_watch(by=lead, values={"name": canary, "languages": ["de"]}, now=now)
        ],
    }  # fmt: skip
    make.deliver(world.cluster, project.unix_user)
    # Some tables count their rows inside; addresses name them by `id`.
    keys = {
        kind: [str(getattr(row, "id", row.pk)) for row in rows] for kind, rows in found.items()
    }
    shared = {
        "clusters": [world.cluster.pk],
        "pools": [world.pool.pk],
        "capacity": [world.keys["capacity"]],
        "calls": [world.call.pk],
        "initiatives": [world.initiative.pk],
        "orphans": [world.orphan.pk],
    }
    return keys | {kind: [str(key) for key in rows] for kind, rows in shared.items()}


def _pair(one: Model, other: Model, canary: str, *, is_found: bool = True) -> Overlap:
    """A pair as if the group's own search had found it, or nobody but the nightly one."""
    a, b = sorted((one, other), key=lambda model: model.pk)
    text = f"both {canary}"
    return Overlap.objects.create(
        a=a, b=b, probability=0.9, kind="duplicate", is_live=True, is_confidential=True,
        reasons=[{"feature": "text", "level": "like", "points": 1, "en": text, "de": text}],
        found_by_a=is_found, found_by_b=is_found, weights_version=canary,
        found_at=make.now(), assessed_at=make.now(),
    )  # fmt: skip


def _usage(world: World, allocation: Any, unix_user: str) -> UsageRecord:
    return UsageRecord.objects.create(
        cluster=world.cluster, slurm_job_id=8, submit_time=1, allocation=allocation,
        unix_user=unix_user, state="COMPLETED", elapsed=10, gpus=1, gpu_seconds=10,
        observed_at=make.now(),
    )  # fmt: skip


def exchanged(value: Any, names: dict[str, str]) -> Any:
    """A copy of a body, or of any part of a call, with other ids in it."""
    if isinstance(value, dict):
        return {key: exchanged(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [exchanged(part, names) for part in value]
    return names.get(value, value) if isinstance(value, str) else value


def strings(value: Any) -> Iterator[str]:
    """All text in a body."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value
