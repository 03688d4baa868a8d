"""Places that entitlements give: of each person, of each provider, beside those given here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from projects.actions.federation import (
    apply_entitlements,
    lapse_rights,
    map_entitlement,
    unmap_entitlement,
)
from projects.entitlements import LogInProvider, Source
from projects.models import EntitlementMapping, Event, Group, Membership, PartnerAdmin, User
from projects.roles import Role
from tests import make
from tests.projects.arrivals import AUTHORITY, NAMESPACE, entitlement

pytestmark = pytest.mark.django_db
THEIRS = Source("urn:geant:other.example", "login.other.example")
HPC, AI = entitlement("CESAI:hpc"), entitlement("CESAI:ai")


def _provider(name: str, *sources: Source) -> LogInProvider:
    return LogInProvider(
        id=name, name=name, issuer=f"https://{name}.example", client_id="x", client_secret="x",
        scope=("openid",), sources=sources,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _two_providers(settings: Any) -> None:
    ours = Source(NAMESPACE, AUTHORITY)
    settings.LOG_IN_PROVIDERS = [_provider("first", ours), _provider("second", ours, THEIRS)]


@pytest.fixture
def group() -> Group:
    return make.make_group()


@pytest.fixture
def user() -> User:
    return make.make_user()


def _map(**values: Any) -> EntitlementMapping:
    mapping = EntitlementMapping(
        **{
            "provider": "first", "namespace": NAMESPACE, "authority": AUTHORITY,
            "path": "CESAI:hpc", "entitled_role": "", "role": Role.MEMBER.value, **values,
        }
    )  # fmt: skip
    map_entitlement(by=make.make_user(), mapping=mapping, now=make.now())
    return mapping


def _map_admin(group: Group, **values: Any) -> EntitlementMapping:
    return _map(role=Role.PARTNER_ADMIN.value, partner=group.partner, **values)


def _come(user: User, *said: str, provider: str = "first", now: datetime | None = None) -> None:
    apply_entitlements(user=user, provider=provider, claims=[list(said)], now=now or make.now())


def test_what_one_provider_gives_another_does_not_by_the_same_words(
    user: User, group: Group
) -> None:
    _map(group=group)

    _come(user, HPC, provider="second")
    assert not Membership.objects.exists()

    _come(user, HPC)
    assert Membership.objects.get().user == user


def test_each_provider_speaks_for_its_own_namespaces(user: User, group: Group) -> None:
    said = f"{THEIRS.namespace}:group:CESAI:hpc#{THEIRS.authority}"
    _map(
        group=group, provider="second", namespace=THEIRS.namespace, authority=THEIRS.authority
    )  # fmt: skip

    _come(user, said, provider="first")
    assert not Membership.objects.exists()

    _come(user, said, provider="second")
    assert Membership.objects.get().group == group


def test_one_persons_log_in_changes_no_place_of_another(user: User, group: Group) -> None:
    _map(group=group)
    _map_admin(group)
    _come(user, HPC)
    places = [*Membership.objects.values(), *PartnerAdmin.objects.values()]

    _come(make.make_user())  # who has nothing
    _come(make.make_user(), HPC)  # who has the same

    kept = [*Membership.objects.filter(user=user).values(),
            *PartnerAdmin.objects.filter(user=user).values()]  # fmt: skip
    assert kept == places
    assert Membership.objects.count() == PartnerAdmin.objects.count() == 2


def test_a_partners_administration_begins_anew_at_every_log_in(user: User, group: Group) -> None:
    _map_admin(group)
    _come(user, HPC, now=make.now() - timedelta(days=20))
    first = PartnerAdmin.objects.get()

    _come(user, HPC)

    again = PartnerAdmin.objects.get()
    assert again.pk == first.pk
    assert again.lapses_at
    assert first.lapses_at
    assert again.lapses_at - first.lapses_at >= timedelta(days=20)
    assert Event.objects.filter(kind="join_by_entitlement").count() == 1


@pytest.mark.parametrize("said", [[HPC], []])
def test_a_partners_administration_that_was_given_here_stays_for_good(
    user: User, group: Group, said: list[str]
) -> None:
    _map_admin(group)
    PartnerAdmin.objects.create(user=user, partner=group.partner)

    _come(user, *said)

    assert PartnerAdmin.objects.get().lapses_at is None
    assert not Event.objects.filter(kind__endswith="_entitlement", actor=user).exists()


def test_places_in_several_groups_come_and_go_by_themselves(user: User, group: Group) -> None:
    other = make.make_group()
    _map(group=group)
    _map(group=other, path="CESAI:ai")
    _come(user, HPC, AI)
    assert Membership.objects.count() == 2

    _come(user, AI)

    assert Membership.objects.get().group == other


def test_a_partners_administration_lapses_in_its_time(user: User, group: Group) -> None:
    _map_admin(group)
    _come(user, HPC)
    lapses_at = PartnerAdmin.objects.get().lapses_at
    assert lapses_at

    assert lapse_rights(now=lapses_at - timedelta(seconds=1)) == 0
    assert lapse_rights(now=lapses_at) == 1
    assert not PartnerAdmin.objects.exists()
    [event] = Event.objects.filter(kind="lose_entitlement")
    assert (event.object_id, event.actor) == (group.partner_id, None)
    assert event.changes == {"partner_admin": [str(user.pk), None]}


def test_places_that_were_given_here_never_lapse(group: Group) -> None:
    make.make_member(group)
    make.make_partner_admin(group.partner)

    assert lapse_rights(now=make.now() + timedelta(days=10_000)) == 0
    assert Membership.objects.count() == PartnerAdmin.objects.count() == 1


def test_the_log_says_which_place_an_entitlement_gives(group: Group) -> None:
    of_group, of_partner = _map(group=group), _map_admin(group)
    unmap_entitlement(by=make.make_user(), mapping=of_group, now=make.now())
    unmap_entitlement(by=make.make_user(), mapping=of_partner, now=make.now())

    events = Event.objects.filter(object_type="entitlementmapping").order_by("sequence")
    said = [event.changes["gives"] for event in events]
    assert [str(one[1]).rpartition(" of ")[2] for one in said[:2]] == [
        str(group.pk), str(group.partner_id)
    ]  # fmt: skip
    assert [one[::-1] for one in said[2:]] == said[:2]


def test_another_role_is_an_event_and_the_same_is_none(user: User, group: Group) -> None:
    _map(group=group)
    _map(group=group, entitled_role="manager", role=Role.LEAD.value)
    for said in (entitlement("CESAI:hpc", "manager"), HPC, HPC):
        _come(user, said)

    assert Membership.objects.get().role == Role.MEMBER
    [event] = Event.objects.filter(kind="change_role")
    assert event.changes == {"role": ["lead", "member"]}


@pytest.mark.parametrize("said", [[HPC], []])
def test_a_place_in_a_group_that_was_given_here_stays_for_good(
    user: User, group: Group, said: list[str]
) -> None:
    _map(group=group)
    Membership.objects.create(user=user, group=group, role=Role.LEAD)

    _come(user, *said)

    place = Membership.objects.get()
    assert (place.role, place.lapses_at) == (Role.LEAD, None)


def test_a_log_in_without_it_takes_all_that_it_gave(user: User, group: Group) -> None:
    _map(group=group)
    _map_admin(group)
    _come(user, HPC)

    _come(user)

    assert not Membership.objects.exists()
    assert not PartnerAdmin.objects.exists()


def test_a_provider_that_the_settings_have_no_more_gives_nothing(
    user: User, group: Group, settings: Any
) -> None:
    _map(group=group)
    settings.LOG_IN_PROVIDERS = []

    _come(user, HPC)

    assert not Membership.objects.exists()


def test_a_place_in_a_group_lapses_in_its_time(user: User, group: Group) -> None:
    _map(group=group)
    _come(user, HPC)
    lapses_at = Membership.objects.get().lapses_at
    assert lapses_at

    assert lapse_rights(now=lapses_at - timedelta(seconds=1)) == 0
    assert lapse_rights(now=lapses_at) == 1
    assert not Membership.objects.exists()
