"""Partners, their groups, people and projects; the first group owns three tenths of all."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cesai.seeding.copying import Row, copy_rows
from projects.models import Group, Membership, Partner, Project, User
from projects.roles import Role

GROUPS_PER_PARTNER = 10
PEOPLE_PER_GROUP = 3
LARGE = 0.3


@dataclass(frozen=True, slots=True)
class People:
    """What later rows belong to."""

    group_ids: list[uuid.UUID]
    group_names: list[str]  # partner.group
    user_ids: list[uuid.UUID]
    project_ids: list[uuid.UUID]
    project_groups: list[int]
    tag: str

    def group_of(self, dice: random.Random) -> int:
        """A group, three times in ten the first."""
        return 0 if dice.random() < LARGE else dice.randrange(len(self.group_ids))


def seed_people(partners: int, projects: int, *, now: datetime, dice: random.Random) -> People:
    """Rows of so many partners and projects, and of ten groups for each partner."""
    tag = f"seed{dice.getrandbits(20):05x}"
    partner_ids = [_key(dice) for _ in range(max(partners, 1))]
    groups = len(partner_ids) * GROUPS_PER_PARTNER
    group_ids = [_key(dice) for _ in range(groups)]
    user_ids = [_key(dice) for _ in range(groups * PEOPLE_PER_GROUP)]
    project_ids = [_key(dice) for _ in range(projects)]
    names = [f"{tag}-{n // GROUPS_PER_PARTNER}.g{n % GROUPS_PER_PARTNER}" for n in range(groups)]
    people = People(group_ids, names, user_ids, project_ids, [], tag)
    people.project_groups.extend(people.group_of(dice) for _ in project_ids)
    copy_rows(
        Partner,
        (
            {
                "id": key,
                "name": f"Seeded partner {tag} {n}",
                "slug": f"{tag}-{n}",
                "created_at": now,
            }
            for n, key in enumerate(partner_ids)
        ),
    )
    copy_rows(
        Group,
        (
            {
                "id": key,
                "partner_id": partner_ids[n // GROUPS_PER_PARTNER],
                "name": f"Seeded group {n}",
                "slug": f"g{n % GROUPS_PER_PARTNER}",
                "created_at": now,
            }
            for n, key in enumerate(group_ids)
        ),
    )
    copy_rows(User, _users(user_ids, tag, now))
    copy_rows(Membership, _memberships(people, now))
    copy_rows(Project, _projects(people, now))
    return people


def _users(keys: list[uuid.UUID], tag: str, now: datetime) -> Iterator[Row]:
    for n, key in enumerate(keys):
        yield {
            "id": key,
            "username": f"{tag}-u{n}",
            "email": f"{tag}-u{n}@seed.example",
            "password": "!",  # nobody can log in with it
            "date_joined": now,
        }


def _memberships(people: People, now: datetime) -> Iterator[Row]:
    roles = (Role.LEAD, Role.MEMBER, Role.GUEST)
    for n, user in enumerate(people.user_ids):
        group = people.group_ids[n // PEOPLE_PER_GROUP]
        role = roles[n % PEOPLE_PER_GROUP].value
        yield {
            "id": _key_of(user),
            "user_id": user,
            "group_id": group,
            "role": role,
            "created_at": now,
        }


def _projects(people: People, now: datetime) -> Iterator[Row]:
    for n, key in enumerate(people.project_ids):
        group = people.project_groups[n]
        yield {
            "id": key,
            "slug": f"{people.tag}-p{n}",
            "title": f"Seeded project {n}",
            "lead_group_id": people.group_ids[group],
            "visibility": ("project", "partners", "public")[n % 3],
            "created_at": now,
            "created_by_id": people.user_ids[group * PEOPLE_PER_GROUP],
        }


def _key(dice: random.Random) -> uuid.UUID:
    return uuid.UUID(int=dice.getrandbits(128), version=4)


def _key_of(key: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, str(key))
