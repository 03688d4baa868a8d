"""`load_demo`: the demonstration's partners, people, project and clusters; repeatable."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from cesai.catalogue.clusters import load_clusters
from cesai.catalogue.counts import Counts
from cesai.catalogue.initiatives import load_initiatives
from cesai.catalogue.invented import load_invented
from cesai.catalogue.models import load_models
from cesai.catalogue.organisations import load_organisations
from cesai.catalogue.reading import SHIPPED, read_records
from compute.actions.capacity import set_capacity
from compute.actions.clusters import register_cluster
from compute.actions.consents import record_consent
from compute.models import Cluster, ClusterOperator, Pool
from compute.quota import months_in, next_month
from projects.actions.projects import create_project
from projects.actions.tokens import create_token
from projects.models import Group, Membership, Partner, PortalRole, Project, User
from projects.roles import Role
from registry.actions.comparing import compare_due, count_words
from registry.models import Model

MONTHS = 61
MOST_COMPARED = 1_000
TOKEN_DAYS = 365
# name → full name, portal role, (group, role)
PEOPLE: dict[str, tuple[str, Role | None, tuple[str, Role] | None]] = {
    "coordinator": ("Clara Koordination", Role.COORDINATOR, None),
    "quota_admin": ("Quentin Bewilligung", Role.QUOTA_ADMIN, None),
    "operator": ("Olga Betrieb", None, None),
    "lead": ("Lea Leitung", None, ("g1", Role.LEAD)),
    "member": ("Max Mitglied", None, ("g1", Role.MEMBER)),
    "stranger": ("Sam Fremd", None, ("g2", Role.LEAD)),
    "admin": ("Ada Portal", Role.PORTAL_ADMIN, None),
}


class Command(BaseCommand):
    help = "Load the demonstration data that is missing and write its log-ins and tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the clusters are described and where the log-ins go."""
        parser.add_argument("--clusters", type=Path, required=True)
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, **options: Any) -> None:
        """Load, then write the file (mode 0600) with everything a script needs to begin."""
        out: Path = options["out"]
        known = json.loads(out.read_text())["users"] if out.exists() else {}
        clusters = json.loads(options["clusters"].read_text())
        now = timezone.now()
        with transaction.atomic():
            groups = _groups()
            users = {name: _person(name, groups, known, now) for name in PEOPLE}
            people = {user.username: user for user in User.objects.filter(username__in=PEOPLE)}
            _project(people["lead"], groups["g1"], now)
            for described in clusters:
                _cluster(described, groups["g1"].partner, people["operator"], now)
            _catalogue(now)
            load_invented(groups, {}, now=now)
        count_words()
        compare_due(now=timezone.now(), most=MOST_COMPARED)
        content = {
            "url": settings.BASE_URL,
            "users": users,
            "clusters": [
                {key: c[key] for key in ("slug", "url", "real", "slurm")} for c in clusters
            ],
        }
        out.touch(mode=0o600)
        out.chmod(0o600)
        out.write_text(json.dumps(content, indent=2) + "\n")


def _catalogue(now: datetime) -> None:
    """The initiatives, public organisations, clusters and models that the product ships."""
    load_initiatives(read_records(SHIPPED["initiatives"]), Counts(), now=now)
    if Model.objects.exclude(public_record={}).exists():
        return
    load_organisations(read_records(SHIPPED["organisations"]), Counts())
    load_clusters(read_records(SHIPPED["clusters"]), Counts())
    load_models(read_records(SHIPPED["models"]), Counts(), now=now)


def _groups() -> dict[str, Group]:
    partners = {
        "nordlicht": ("Institut Nordlicht (demonstration)", "DE", "Hamburg"),
        "suedwind": ("Südwind Forschung (demonstration)", "AT", "Graz"),
    }
    for slug, (name, country, city) in partners.items():
        Partner.objects.get_or_create(
            slug=slug,
            defaults={
                **{"name": name, "country": country, "city": city},
                "names_agreement": "demonstration: these people do not exist",
            },
        )
    groups = {
        "g1": ("nordlicht", "Language models G1"),
        "g2": ("suedwind", "Speech and text G2"),
        "g3": ("suedwind", "Foundation models G3"),
        "g4": ("nordlicht", "Applied AI G4"),
    }
    return {
        slug: Group.objects.get_or_create(
            partner=Partner.objects.get(slug=partner),
            slug=slug,
            defaults={"name": name, "contact": f"{slug}@{partner}.example"},
        )[0]
        for slug, (partner, name) in groups.items()
    }


def _person(
    name: str, groups: dict[str, Group], known: dict[str, Any], now: datetime
) -> dict[str, Any]:
    full_name, portal_role, membership = PEOPLE[name]
    first, last = full_name.split()
    user, is_new = User.objects.get_or_create(
        username=name,
        defaults={"first_name": first, "last_name": last, "email": f"{name}@demo.example"},
    )
    if portal_role:
        PortalRole.objects.get_or_create(user=user, role=portal_role)
    if portal_role in {Role.PORTAL_ADMIN, Role.QUOTA_ADMIN} and not user.is_staff:
        user.is_staff, user.is_superuser = True, portal_role == Role.PORTAL_ADMIN
        user.save(update_fields=["is_staff", "is_superuser"])
    if membership:
        group, role = membership
        Membership.objects.get_or_create(user=user, group=groups[group], defaults={"role": role})
    roles = [role.value for role in (portal_role, membership and membership[1]) if role]
    if name == "operator":
        roles.append(Role.OPERATOR.value)
    if not is_new and name in known:
        return {**known[name], "roles": roles}
    return {**_log_in(user, now), "roles": roles}


def _log_in(user: User, now: datetime) -> dict[str, str]:
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    _row, token = create_token(by=user, name="demo", scope="write", days=TOKEN_DAYS, now=now)
    return {"password": password, "token": token}


def _project(lead: User, group: Group, now: datetime) -> None:
    if not Project.objects.filter(slug="demo").exists():
        create_project(
            by=lead,
            lead_group=group,
            slug="demo",
            title="Demonstration project",
            abstract="A place to try the whole way from a plan to a finished job.",
            visibility="project",
            now=now,
        )


def _cluster(described: dict[str, Any], partner: Partner, operator: User, now: datetime) -> None:
    values = {
        "name": described["name"],
        "rest_url": described["url"],
        "slurm_cluster": described["slurm_cluster"],
        "parent_account": described["parent_account"],
        "project_directory": described["project_directory"],
        "sacctmgr": described.get("sacctmgr", "sacctmgr"),
        "is_simulated": not described["real"],
        "usage_decay": Cluster.UsageDecay.NONE,  # as dev/slurm sets it up
    }
    cluster = Cluster.objects.filter(slug=described["slug"]).first()
    if cluster is None:
        values |= {"slug": described["slug"], "partner": partner}
        modes = {"connection": Cluster.Connection.RUN, "limit_mode": Cluster.LimitMode.APPLY}
        cluster = register_cluster(by=None, values=values | modes, now=now)
    else:  # ports and places may be others after a restart
        Cluster.objects.filter(pk=cluster.pk).update(**values)
    ClusterOperator.objects.get_or_create(cluster=cluster, user=operator)
    if not cluster.has_consent():
        record_consent(
            by=operator, cluster=cluster, given_by="Demonstration site",
            given_on=now.astimezone(UTC).date(), reference="Demonstration", now=now,
        )  # fmt: skip
    if not cluster.pools.exists():
        _pool(cluster, described, now)


def _pool(cluster: Cluster, described: dict[str, Any], now: datetime) -> None:
    gpus = described["gpus"]
    pool = Pool.objects.create(
        cluster=cluster,
        slug=f"{cluster.slug}-gpu",
        name=f"{cluster.name} GPUs",
        partition=described["partition"],
        gpu_type="demo",
        gpu_count=gpus,
        gpus_per_node=gpus,
        gpu_memory_gb=80,
        h100_weight=1,
        gpu_watts=700,
    )
    first = now.astimezone(UTC).date().replace(day=1)
    last = date(first.year + MONTHS // 12, first.month, 1)
    months = [*months_in(first, last), last]
    hours = {month: (next_month(month) - month).days * 24 for month in months}
    set_capacity(
        by=None,
        pool=pool,
        months={month: gpus * hours[month] * 3600 for month in months},
        now=now,
    )
