"""Which models a caller's names mean: bare ones the home group's, qualified ones everybody's."""

from __future__ import annotations

import pytest

from projects.actions.tokens import create_token
from projects.models import AccessToken, Group, Membership, Partner, Project, User
from projects.roles import Role
from registry.models import Model
from tests import make
from tests.conftest import Caller, calls_as
from tests.mlflow.calls import (
    MODELS,
    VERSIONS,
    add_model,
    add_version,
    ask,
    code_of,
    get_model,
    get_version,
    names_found,
    tell,
    versions_found,
)


def calls_from(user: User, home: Group) -> Caller:
    """A caller whose token says for which group it speaks."""
    token, text = create_token(
        by=user, name="home", scope="write", days=1, group=home, now=make.now()
    )
    assert token.group_id == home.pk
    return Caller(user, text)


def new_person(*roles: tuple[Group, Role]) -> User:
    """Somebody who came to the groups in that order."""
    user = make.make_user()
    for group, role in roles:
        Membership.objects.create(user=user, group=group, role=role)
    return user


def qualified(group: Group, name: str) -> str:
    return f"{group.partner.slug}.{group.slug}.{name}"


@pytest.fixture
def other(db: None) -> Group:
    """A group that is neither the cast's nor the stranger's."""
    return make.make_group(name="Other")


@pytest.fixture
def foreign(other: Group) -> Model:
    """A public model of the other group."""
    return make.make_model(make.make_project(other), name="foreign", visibility="public")


def test_the_tokens_group_is_home(group: Group, other: Group) -> None:
    user = new_person((group, Role.MEMBER), (other, Role.MEMBER))

    add_model(calls_from(user, other))

    assert Model.objects.get().group == other


def test_without_one_the_first_group_one_works_in_is_home(group: Group, other: Group) -> None:
    user = new_person((group, Role.GUEST), (other, Role.MEMBER), (make.make_group(), Role.LEAD))

    add_model(calls_as(user))

    assert Model.objects.get().group == other


def test_whoever_is_a_guest_everywhere_reads_by_the_names_of_one_group(
    group: Group, other: Group
) -> None:
    make.make_model(make.make_project(group), name="iris")
    make.make_model(make.make_project(other), name="iris")
    user = new_person((group, Role.GUEST), (other, Role.GUEST))

    found = names_found(calls_as(user))

    assert found in (sorted(["iris", qualified(g, "iris")]) for g in (group, other))


def test_the_home_group_of_a_token_that_its_owner_has_left_is_another(
    group: Group, other: Group
) -> None:
    user = new_person((group, Role.MEMBER), (other, Role.MEMBER))
    caller = calls_from(user, other)
    Membership.objects.filter(group=other).delete()

    add_model(caller)

    assert Model.objects.get().group == group


def test_what_one_left_is_no_longer_found_by_its_bare_name(group: Group, other: Group) -> None:
    user = new_person((group, Role.MEMBER), (other, Role.MEMBER))
    caller = calls_from(user, other)
    add_model(caller)

    Membership.objects.filter(group=other).delete()

    assert get_model(caller).status_code == 404


def test_a_token_of_a_group_that_is_gone_falls_back(group: Group, other: Group) -> None:
    user = new_person((group, Role.MEMBER), (other, Role.MEMBER))
    caller = calls_from(user, other)
    AccessToken.objects.update(group=None)

    add_model(caller)

    assert Model.objects.get().group == group


def test_two_tokens_of_one_person_speak_for_two_groups(group: Group, other: Group) -> None:
    user = new_person((group, Role.MEMBER), (other, Role.MEMBER))

    answers = [add_model(calls_from(user, home)) for home in (group, other)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert {model.group for model in Model.objects.all()} == {group, other}


def test_a_new_model_is_its_groups_own_plan(member: Caller, group: Group) -> None:
    add_model(member, description="Flowers")

    model = Model.objects.get()
    assert (model.group, model.visibility, model.state) == (group, "group", "planned")
    assert (model.created_by, model.description) == (member.user, "Flowers")


def test_a_guest_registers_nothing(guest: Caller) -> None:
    assert code_of(add_model(guest)) == (403, "PERMISSION_DENIED")
    assert not Model.objects.exists()


def test_a_guest_reads(guest: Caller, member: Caller) -> None:
    add_model(member)

    assert get_model(guest).status_code == 200


def test_a_person_without_a_group_reads_qualified_names(foreign: Model) -> None:
    loner = calls_as(make.make_user())

    assert get_model(loner, foreign.qualified).status_code == 200
    assert names_found(loner) == [foreign.qualified]


def test_a_person_without_a_group_registers_nothing(db: None) -> None:
    refused = add_model(calls_as(make.make_user()))

    assert code_of(refused) == (403, "PERMISSION_DENIED")
    assert "no group" in refused.json()["message"]


def test_a_coordinator_reads_all_by_qualified_names(coordinator: Caller, project: Project) -> None:
    model = make.make_model(project, name="iris")

    assert names_found(coordinator) == [model.qualified]


def test_a_partner_admin_reads_the_groups_they_look_after(group: Group, project: Project) -> None:
    model = make.make_model(project, name="iris")
    admin = calls_as(make.make_partner_admin(group.partner))

    assert get_model(admin, model.qualified).status_code == 200


def test_a_bare_name_means_the_home_group(member: Caller, group: Group) -> None:
    add_model(member)

    assert get_model(member).json()["registered_model"]["name"] == "iris"


def test_the_bare_name_of_another_groups_public_model_is_not_there(
    member: Caller, foreign: Model
) -> None:
    assert code_of(get_model(member, "foreign")) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_another_groups_model_is_found_by_its_qualified_name(
    member: Caller, foreign: Model
) -> None:
    shown = get_model(member, foreign.qualified).json()["registered_model"]

    assert shown["name"] == foreign.qualified


def test_its_versions_carry_the_qualified_name(member: Caller, foreign: Model) -> None:
    make.make_version(foreign)

    shown = get_version(member, foreign.qualified).json()["model_version"]

    assert shown["name"] == foreign.qualified
    assert versions_found(member, "") == [(foreign.qualified, "1")]


def test_every_reading_route_knows_the_qualified_name(member: Caller, foreign: Model) -> None:
    make.make_version(foreign, source="s3://weights/x")
    name = foreign.qualified

    latest = ask(member, f"{MODELS}/get-latest-versions", name=name).json()
    by_alias = ask(member, f"{MODELS}/alias", name=name, alias="latest").json()
    uri = ask(member, f"{VERSIONS}/get-download-uri", name=name, version=1).json()

    assert [row["name"] for row in latest["model_versions"]] == [name]
    assert by_alias["model_version"]["name"] == name
    assert uri == {"artifact_uri": "s3://weights/x"}


def test_a_qualified_name_may_be_longer_than_a_bare_one(member: Caller, other: Group) -> None:
    model = make.make_model(make.make_project(other), name="x" * 120, visibility="public")

    assert get_model(member, model.qualified).status_code == 200


def test_one_name_in_two_groups_is_two_models(
    member: Caller, stranger: Caller, project: Project
) -> None:
    add_model(member, description="ours")
    add_model(stranger, description="theirs")

    ours, theirs = (get_model(c).json()["registered_model"] for c in (member, stranger))

    assert (ours["description"], theirs["description"]) == ("ours", "theirs")


def test_the_same_name_stands_bare_and_qualified_in_one_list(
    member: Caller, other: Group, project: Project
) -> None:
    make.make_model(project, name="iris")
    make.make_model(make.make_project(other), name="iris", visibility="public")

    assert names_found(member) == ["iris", qualified(other, "iris")]


def test_a_name_with_dots_of_the_home_group_is_taken_first(member: Caller, foreign: Model) -> None:
    Model.objects.filter(pk=foreign.pk).update(visibility="group")
    add_model(member, foreign.qualified, description="ours")
    Model.objects.filter(pk=foreign.pk).update(visibility="public")

    shown = get_model(member, foreign.qualified).json()["registered_model"]

    assert shown["description"] == "ours"


def test_a_name_with_dots_that_means_a_visible_model_is_taken(
    member: Caller, foreign: Model
) -> None:
    assert code_of(add_model(member, foreign.qualified)) == (400, "RESOURCE_ALREADY_EXISTS")


def test_a_name_with_dots_is_an_ordinary_name(member: Caller) -> None:
    add_model(member, "llama-3.1-8b.chat")

    assert get_model(member, "llama-3.1-8b.chat").status_code == 200


def test_another_groups_private_model_is_not_there(stranger: Caller, project: Project) -> None:
    model = make.make_model(project, name="iris")

    hidden = get_model(stranger, model.qualified)

    assert code_of(hidden) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    ("route", "body"),
    [
        (f"{MODELS}/rename", {"new_name": "mine"}),
        (f"{MODELS}/update", {"description": "mine"}),
        (f"{MODELS}/delete", {}),
        (f"{MODELS}/set-tag", {"key": "k", "value": "v"}),
        (f"{MODELS}/alias", {"alias": "mine", "version": "1"}),
        (f"{VERSIONS}/create", {"source": "s3://b/2"}),
        (f"{VERSIONS}/update", {"version": "1", "description": "mine"}),
        (f"{VERSIONS}/delete", {"version": "1"}),
        (f"{VERSIONS}/transition-stage", {"version": "1", "stage": "Staging"}),
        (f"{VERSIONS}/set-tag", {"version": "1", "key": "k", "value": "v"}),
    ],
)
def test_who_merely_sees_a_model_changes_nothing_of_it(
    member: Caller, foreign: Model, route: str, body: dict[str, str]
) -> None:
    make.make_version(foreign)
    before = get_model(member, foreign.qualified).content

    refused = tell(member, route, name=foreign.qualified, **body)

    assert code_of(refused) == (403, "PERMISSION_DENIED")
    assert get_model(member, foreign.qualified).content == before


def test_a_model_of_ones_other_group_is_renamed_under_its_qualified_name(
    group: Group, other: Group
) -> None:
    user = new_person((group, Role.MEMBER), (other, Role.MEMBER))
    model = make.make_model(make.make_project(other), name="old")

    shown = tell(
        calls_as(user), f"{MODELS}/rename", name=model.qualified, new_name=qualified(other, "new")
    )

    assert shown.json()["registered_model"]["name"] == qualified(other, "new")
    assert Model.objects.values_list("group", "name").get() == (other.pk, "new")


def test_a_long_name_in_ones_other_group_is_taken_qualified(group: Group, other: Group) -> None:
    user = new_person((group, Role.MEMBER), (other, Role.MEMBER))
    model = make.make_model(make.make_project(other), name="old")

    tell(
        calls_as(user),
        f"{MODELS}/rename",
        name=model.qualified,
        new_name=qualified(other, "x" * 120),
    )

    assert Model.objects.get().name == "x" * 120


def test_a_renamed_model_is_found_by_its_new_qualified_name(
    member: Caller, coordinator: Caller
) -> None:
    add_model(member)

    tell(member, f"{MODELS}/rename", name="iris", new_name="rose")

    assert get_model(coordinator, Model.objects.get().qualified).status_code == 200
    assert Model.objects.get().qualified.endswith(".rose")


def test_a_model_of_ones_other_group_takes_new_weights(group: Group, other: Group) -> None:
    user = new_person((group, Role.MEMBER), (other, Role.MEMBER))
    model = make.make_model(make.make_project(other), name="iris")

    made = add_version(calls_as(user), model.qualified)

    assert made.json()["model_version"]["name"] == model.qualified


# The home group is `m.m`; the names of the others lie before, around and after `m.m.`.
AROUND = ["a.z", "m.l", "m.m-1", "m.m0", "m.mm", "m.n", "m-m.m", "m0.m", "z.a"]


@pytest.fixture
def neighbours(db: None) -> Caller:
    """One at home in `m.m`, who sees a model of each neighbour and has some of their own."""
    for name in ["m.m", *AROUND]:
        partner, slug = name.split(".")
        row, _is_new = Partner.objects.get_or_create(slug=partner, defaults={"name": partner})
        group = Group.objects.create(partner=row, name=name, slug=slug)
        bare = ["A", "m.m.b", "m.m", "m", "zz", "é"] if name == "m.m" else ["iris"]
        for model in bare:
            project = make.make_project(group)
            make.make_model(project, name=model, visibility="public")
    return calls_as(make.make_member(Group.objects.get(name="m.m")))


EXPECTED = sorted(
    ["A", "m.m.b", "m.m", "m", "zz", "é", *(f"{name}.iris" for name in AROUND)],
    key=str.encode,
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 14, 15, 16, 100])
def test_a_list_is_in_bytewise_order_over_all_its_pages(neighbours: Caller, size: int) -> None:
    assert names_found(neighbours, max_results=size) == EXPECTED


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_a_list_backwards_is_the_same_backwards(neighbours: Caller, size: int) -> None:
    found = names_found(neighbours, max_results=size, order_by=["name DESC"])

    assert found == EXPECTED[::-1]


@pytest.mark.parametrize("size", [1, 4])
def test_a_list_by_time_names_them_alike(neighbours: Caller, size: int) -> None:
    found = names_found(neighbours, max_results=size, order_by=["timestamp"])

    assert sorted(found, key=str.encode) == EXPECTED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name LIKE 'm.m%'", [n for n in EXPECTED if n.startswith("m.m")]),
        ("name LIKE '%.iris'", [n for n in EXPECTED if n.endswith(".iris")]),
        ("name ILIKE 'a%'", ["A", "a.z.iris"]),
        ("name = 'm.m.b'", ["m.m.b"]),
        ("name = 'm.m.A'", []),
        ("name = 'iris'", []),
        ("name IN ('A', 'm.n.iris', 'iris')", ["A", "m.n.iris"]),
        ("name NOT IN ('A') AND name ILIKE 'a%'", ["a.z.iris"]),
        ("name != 'A' AND name ILIKE 'a%'", ["a.z.iris"]),
    ],
)
def test_a_filter_by_name_compares_what_is_shown(
    neighbours: Caller, text: str, found: list[str]
) -> None:
    assert names_found(neighbours, filter=text, max_results=2) == found


def test_a_token_of_another_order_is_refused(neighbours: Caller) -> None:
    first = ask(neighbours, f"{MODELS}/search", max_results=1).json()

    refused = ask(
        neighbours,
        f"{MODELS}/search",
        order_by="name DESC",
        page_token=first["next_page_token"],
    )

    assert code_of(refused) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("token", ["x", "a:b:c", "W10:1:x", "\x7f", "é"])
def test_a_token_that_the_portal_did_not_give_is_refused(member: Caller, token: str) -> None:
    refused = ask(member, f"{MODELS}/search", page_token=token)

    assert code_of(refused) == (400, "INVALID_PARAMETER_VALUE")


def test_an_unknown_name_between_two_pages_changes_no_later_page(neighbours: Caller) -> None:
    first = ask(neighbours, f"{MODELS}/search", max_results=5).json()
    add_model(neighbours, "0")

    rest = names_found(neighbours, page_token=first["next_page_token"])

    assert rest == EXPECTED[5:]
