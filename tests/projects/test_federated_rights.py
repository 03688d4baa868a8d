"""What a log-in provider's entitlements give, take, and let lapse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dev.openid.server import Server
from projects.actions.federation import (
    apply_entitlements,
    lapse_rights,
    map_entitlement,
    unmap_entitlement,
)
from projects.actions.groups import accept_invitation, change_role, invite_member, remove_member
from projects.errors import Conflict, Invalid
from projects.models import (
    AccessToken,
    EntitlementMapping,
    Event,
    Group,
    Membership,
    PartnerAdmin,
    User,
)
from projects.models.notices import leads_of, people_of
from projects.roles import Role
from tests import make
from tests.conftest import Caller
from tests.projects.arrivals import (
    AUTHORITY,
    NAMESPACE,
    Arrival,
    configured,
    entitlement,
    redirect_to,
)

pytestmark = pytest.mark.django_db
MEMBERS, LEADS = entitlement("CESAI:hpc"), entitlement("CESAI:hpc", "manager")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("op"), redirect=redirect_to("first")) as found:
        yield found


@pytest.fixture(autouse=True)
def _configured(server: Server, settings: Any) -> None:
    settings.LOG_IN_PROVIDERS = [configured("first", server)]


def _map(group: Group | None, role: Role = Role.MEMBER, **values: Any) -> EntitlementMapping:
    given = {
        "provider": "first",
        "namespace": NAMESPACE,
        "authority": AUTHORITY,
        "path": "CESAI:hpc",
        "entitled_role": "",
        "role": role.value,
        "group": group,
        **values,
    }
    mapping = EntitlementMapping(**given)
    map_entitlement(by=make.make_user(), mapping=mapping, now=make.now())
    return mapping


def _come(server: Server, *entitlements: str, claim: str = "entitlements") -> User:
    server.knows({"ada": {claim: list(entitlements)}})
    arrival = Arrival()
    arrival.log_in("ada")
    assert arrival.user
    return arrival.user


def _roles(user: User) -> dict[Any, str]:
    return dict(Membership.objects.filter(user=user).values_list("group__name", "role"))


@pytest.fixture
def group() -> Group:
    return make.make_group(name="Ours")


@pytest.mark.parametrize("claim", ["entitlements", "eduperson_entitlement"])
def test_a_log_in_with_the_entitlement_gives_group_and_role(
    server: Server, group: Group, claim: str
) -> None:
    _map(group)
    user = _come(server, MEMBERS, claim=claim)
    assert _roles(user) == {"Ours": "member"}
    assert User.objects.get(pk=user.pk).standing.group_roles == {group.pk: Role.MEMBER}


def test_a_role_in_the_entitlement_gives_its_own(server: Server, group: Group) -> None:
    _map(group)
    _map(group, Role.LEAD, entitled_role="manager")
    assert _roles(_come(server, MEMBERS, LEADS)) == {"Ours": "lead"}


def test_the_entitlement_with_a_role_does_not_stand_for_the_one_without(
    server: Server, group: Group
) -> None:
    _map(group)
    assert _roles(_come(server, LEADS)) == {}


def test_a_subgroup_does_not_stand_for_its_group(server: Server, group: Group) -> None:
    _map(group, path="CESAI")
    assert _roles(_come(server, MEMBERS)) == {}


def test_it_gives_a_partners_administration(server: Server, group: Group) -> None:
    _map(None, Role.PARTNER_ADMIN, partner=group.partner)
    user = _come(server, MEMBERS)
    assert User.objects.get(pk=user.pk).standing.admin_of == {group.partner_id}


def test_an_entitlement_that_is_gone_takes_the_right_at_the_next_log_in(
    server: Server, group: Group
) -> None:
    _map(group)
    _map(None, Role.PARTNER_ADMIN, partner=group.partner)
    _come(server, MEMBERS)
    user = _come(server)
    assert _roles(user) == {}
    assert not PartnerAdmin.objects.exists()
    assert not user.standing.is_of_partner


def test_a_session_from_before_loses_it_with_its_next_request(
    server: Server, group: Group
) -> None:
    _map(group)
    server.knows({"ada": {"entitlements": [MEMBERS]}})
    before = Arrival()
    before.log_in("ada")
    assert before.portal.get(f"/groups/{group.pk}/").status_code == 200
    _come(server)
    assert before.portal.get(f"/groups/{group.pk}/").status_code == 404


def test_a_changed_entitlement_changes_the_role(server: Server, group: Group) -> None:
    _map(group)
    _map(group, Role.LEAD, entitled_role="manager")
    _come(server, LEADS)
    assert _roles(_come(server, MEMBERS)) == {"Ours": "member"}


@pytest.mark.parametrize(
    "said",
    [
        f"{NAMESPACE}:group:CESAI:hpc#login.evil.example",
        f"urn:geant:evil.example:group:CESAI:hpc#{AUTHORITY}",
        f"{NAMESPACE}:group:CESAI:hpc:role=manager:role=member#{AUTHORITY}",
        f"{NAMESPACE}:group:CESAI:hpc#{AUTHORITY}#{AUTHORITY}",
        f"{NAMESPACE}:group:CESAI%3Ahpc#{AUTHORITY}",
        f"{NAMESPACE}:group:CESAI:hpc%3Arole=lead#{AUTHORITY}",
        f"{NAMESPACE}:group:CESAI:HPC#{AUTHORITY}",
        "role=admin",
    ],
)
def test_what_is_foreign_or_malformed_gives_nothing(
    server: Server, group: Group, said: str
) -> None:
    _map(group)
    assert _roles(_come(server, said)) == {}


def test_a_namespace_that_the_settings_no_longer_allow_gives_nothing(
    server: Server, group: Group, settings: Any
) -> None:
    _map(group)
    _come(server, MEMBERS)
    settings.LOG_IN_PROVIDERS = [configured("first", server, sources=())]
    assert _roles(_come(server, MEMBERS)) == {}


def test_another_provider_gives_nothing_by_the_same_words(group: Group) -> None:
    _map(group)
    user = make.make_user()
    apply_entitlements(user=user, provider="second", claims=[[MEMBERS]], now=make.now())
    assert _roles(user) == {}


def test_what_the_group_itself_gave_stays(server: Server, group: Group) -> None:
    lead = make.make_member(group, Role.LEAD)
    _map(group)
    user = _come(server)
    _door, secret = invite_member(
        by=lead, group=group, email="a@b.example", role="guest", now=make.now()
    )
    accept_invitation(by=user, secret=secret, now=make.now())
    assert _roles(_come(server, MEMBERS)) == {"Ours": "guest"}
    assert _roles(_come(server)) == {"Ours": "guest"}


def test_an_invitation_makes_a_federated_place_the_groups_own(
    server: Server, group: Group
) -> None:
    lead = make.make_member(group, Role.LEAD)
    _map(group)
    user = _come(server, MEMBERS)
    _door, secret = invite_member(
        by=lead, group=group, email="a@b.example", role="lead", now=make.now()
    )
    accept_invitation(by=user, secret=secret, now=make.now())
    assert _roles(_come(server)) == {"Ours": "lead"}


def test_its_role_is_changed_at_the_provider_alone(server: Server, group: Group) -> None:
    lead = make.make_member(group, Role.LEAD)
    _map(group)
    place = Membership.objects.get(user=_come(server, MEMBERS))
    with pytest.raises(Conflict, match="log-in provider"):
        change_role(by=lead, membership=place, role="guest", now=make.now())


def test_a_lead_can_end_it_now(server: Server, group: Group) -> None:
    lead = make.make_member(group, Role.LEAD)
    _map(group)
    user = _come(server, MEMBERS)
    place = Membership.objects.get(user=user)
    remove_member(by=lead, membership=place, now=make.now())
    assert _roles(user) == {}


def test_a_federated_lead_who_lapsed_does_not_count_as_the_groups_lead(group: Group) -> None:
    lead = make.make_member(group, Role.LEAD)
    other = make.make_member(group, Role.LEAD)
    past = make.now() - timedelta(seconds=1)
    Membership.objects.filter(user=other).update(lapses_at=past)
    place = Membership.objects.get(user=lead)
    with pytest.raises(Conflict, match="no lead"):
        remove_member(by=lead, membership=place, now=make.now())


def test_each_change_is_an_event_and_a_repetition_is_none(server: Server, group: Group) -> None:
    _map(group)
    user = _come(server, MEMBERS)
    _come(server, MEMBERS)
    _come(server)
    kinds = Event.objects.filter(actor=user).order_by("sequence").values_list("kind", flat=True)
    assert list(kinds) == ["join_by_entitlement", "lose_entitlement"]


def test_it_lapses_thirty_days_after_the_last_log_in(server: Server, group: Group) -> None:
    _map(group)
    before = make.now()
    user = _come(server, MEMBERS)
    [place] = Membership.objects.filter(user=user)
    assert place.lapses_at
    assert timedelta(0) <= place.lapses_at - before - timedelta(days=30) < timedelta(minutes=5)
    assert lapse_rights(now=place.lapses_at - timedelta(seconds=1)) == 0
    assert lapse_rights(now=place.lapses_at) == 1
    assert _roles(user) == {}


def test_every_log_in_begins_the_thirty_days_anew(server: Server, group: Group) -> None:
    _map(group)
    user = _come(server, MEMBERS)
    Membership.objects.filter(user=user).update(lapses_at=make.now() + timedelta(hours=1))
    _come(server, MEMBERS)
    assert lapse_rights(now=make.now() + timedelta(days=29)) == 0


class TestLapsed:
    """A right whose time is over, before anything has tidied it up."""

    @pytest.fixture
    def user(self, server: Server, group: Group) -> User:
        _map(group)
        _map(None, Role.PARTNER_ADMIN, partner=group.partner)
        user = _come(server, MEMBERS)
        past = make.now() - timedelta(seconds=1)
        Membership.objects.filter(user=user).update(lapses_at=past)
        PartnerAdmin.objects.filter(user=user).update(lapses_at=past)
        return User.objects.get(pk=user.pk)

    def test_it_is_no_standing(self, user: User) -> None:
        assert not user.standing.is_of_partner
        assert not user.standing.project_ids
        assert not user.standing.own_group_ids

    def test_a_token_call_is_refused_what_it_gave(self, user: User, group: Group) -> None:
        caller = Caller(user, make.make_token(user))
        assert caller.get(f"/api/v1/groups/{group.pk}/").status_code == 404

    def test_a_page_and_its_moving_part_are_refused(self, user: User, group: Group) -> None:
        client = Caller(user, "").as_browser
        assert client.get(f"/groups/{group.pk}/").status_code == 404
        assert (
            client.get(f"/groups/{group.pk}/", headers={"HX-Request": "true"}).status_code == 404
        )

    def test_nothing_is_told_to_the_person_any_more(self, user: User, group: Group) -> None:
        assert user not in people_of(group)
        assert user not in leads_of(group)

    def test_the_persons_tokens_end_with_it(self, user: User) -> None:
        make.make_token(user)
        other = make.make_token(make.make_user())
        lapse_rights(now=make.now())
        assert AccessToken.objects.count() == 1
        assert other
        assert Event.objects.filter(kind="revoke_token", actor=None, object_id=user.pk).exists()


def test_a_mapping_that_is_taken_out_takes_the_right_at_the_next_log_in(
    server: Server, group: Group
) -> None:
    mapping = _map(group)
    _come(server, MEMBERS)
    unmap_entitlement(by=make.make_user(), mapping=mapping, now=make.now())
    assert _roles(_come(server, MEMBERS)) == {}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("provider", {"provider": "third"}),
        ("namespace", {"namespace": "urn:geant:other.example"}),
        ("namespace", {"authority": "login.other.example"}),
        ("namespace", {"namespace": "helmholtz.example"}),
        ("path", {"path": ""}),
        ("path", {"path": "A::B"}),
        ("path", {"path": "CESAI:role=lead"}),
        ("role", {"role": Role.PARTNER_ADMIN}),
        ("role", {"group": None}),
    ],
)
def test_a_mapping_that_can_never_hold_is_refused_by_its_field(
    group: Group, field: str, values: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        _map(**{"group": group, **values})
    assert list(refused.value.fields) == [field]


def test_the_same_mapping_twice_is_refused(group: Group) -> None:
    _map(group)
    with pytest.raises(Conflict):
        _map(group)


class TestAdministration:
    """As portal admins keep the mappings at /admin/."""

    @pytest.fixture
    def admin(self) -> Caller:
        user = make.make_user("root", is_staff=True, is_superuser=True)
        return Caller(user, "")

    def _form(self, group: Group, **values: Any) -> dict[str, Any]:
        return {
            "provider": "first",
            "namespace": NAMESPACE,
            "authority": AUTHORITY,
            "path": "CESAI:hpc",
            "entitled_role": "",
            "role": "member",
            "group": str(group.pk),
            "partner": "",
            **values,
        }

    ADD = "/admin/projects/entitlementmapping/add/"

    def test_one_is_put_in_and_is_an_event(self, admin: Caller, group: Group) -> None:
        assert admin.as_browser.post(self.ADD, self._form(group)).status_code == 302
        [mapping] = EntitlementMapping.objects.all()
        assert mapping.created_by == admin.user
        assert Event.objects.get().kind == "map_entitlement"

    def test_what_is_wrong_is_told_beside_its_field(self, admin: Caller, group: Group) -> None:
        answer = admin.as_browser.post(self.ADD, self._form(group, authority="evil.example"))
        assert answer.status_code == 200
        assert "do not let this provider speak" in answer.content.decode()
        assert not EntitlementMapping.objects.exists()

    def test_one_is_taken_out_and_is_an_event(self, admin: Caller, group: Group) -> None:
        mapping = _map(group)
        path = f"/admin/projects/entitlementmapping/{mapping.pk}/delete/"
        assert admin.as_browser.post(path, {"post": "yes"}).status_code == 302
        assert Event.objects.filter(kind="unmap_entitlement", actor=admin.user).exists()


def test_a_lead_who_lapsed_or_was_deactivated_is_told_nothing(group: Group) -> None:
    leads = [make.make_member(group, Role.LEAD) for _ in range(3)]
    past = make.now() - timedelta(seconds=1)
    Membership.objects.filter(user=leads[0]).update(lapses_at=past)
    User.objects.filter(pk=leads[1].pk).update(is_active=False)
    assert list(leads_of(group)) == [leads[2]]
    assert list(people_of(group)) == [leads[2]]
