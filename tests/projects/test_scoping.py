"""Who sees what: every visibility against every kind of caller, and no side door to the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from projects.actions.notices import tell
from projects.models import (
    Event,
    Group,
    Invitation,
    Membership,
    Notice,
    Project,
    User,
    Webhook,
    WebhookDelivery,
)
from projects.notices import NoticeKind
from projects.roles import Role
from registry.models import Model
from tests import make
from tests.conftest import Caller, calls_as, headers_of

STAFF = {"coordinator", "quota_admin", "auditor", "portal_admin"}
OURS = {"guest", "member", "lead", "partner_admin"}
JOINED = {"joined_guest", "joined_lead", "joined_admin"}
STRANGERS = {"stranger", "strange_lead", "other_admin"}
UNATTACHED = {"loner", "operator", "deactivated", "superuser"}
EVERYBODY = STAFF | OURS | JOINED | STRANGERS | UNATTACHED | {"anonymous"}
# A group that takes part sees the project in any case; its partner's admin does not take part.
PROJECT = {
    "public": EVERYBODY,
    "partners": EVERYBODY - UNATTACHED - {"anonymous"},
    "project": STAFF | OURS | JOINED - {"joined_admin"},
    "group": STAFF | OURS | JOINED - {"joined_admin"},
    "nonsense": STAFF | OURS | JOINED - {"joined_admin"},
}
MODEL = {**PROJECT, "group": STAFF | OURS, "nonsense": STAFF | OURS}


@pytest.fixture
def joined(project: Project) -> Group:
    group = make.make_group(name="Joined")
    make.join(project, group)
    return group


@pytest.fixture
def people(group: Group, joined: Group) -> dict[str, Any]:
    strange = make.make_group(name="Strange")
    deactivated = make.make_member(group, Role.LEAD)
    deactivated.is_active = False
    return {
        "anonymous": AnonymousUser(),
        "loner": make.make_user(),
        "operator": make.make_operator(make.make_cluster()),
        "deactivated": deactivated,
        "superuser": make.make_user(is_superuser=True, is_staff=True),
        "stranger": make.make_member(strange),
        "strange_lead": make.make_member(strange, Role.LEAD),
        "other_admin": make.make_partner_admin(make.make_partner()),
        "guest": make.make_member(group, Role.GUEST),
        "member": make.make_member(group),
        "lead": make.make_member(group, Role.LEAD),
        "partner_admin": make.make_partner_admin(group.partner),
        "joined_guest": make.make_member(joined, Role.GUEST),
        "joined_lead": make.make_member(joined, Role.LEAD),
        "joined_admin": make.make_partner_admin(joined.partner),
        **{name: make.make_staff(Role(name)) for name in STAFF},
    }


@pytest.mark.parametrize("visibility", PROJECT)
def test_a_project_is_seen_by_exactly_these(
    project: Project, people: dict[str, Any], visibility: str
) -> None:
    Project.objects.update(visibility=visibility)

    seen = {who for who, one in people.items() if Project.objects.visible_to(one).exists()}

    assert seen == PROJECT[visibility]


@pytest.mark.parametrize("visibility", MODEL)
def test_a_model_is_seen_by_exactly_these(
    project: Project, people: dict[str, Any], visibility: str
) -> None:
    make.make_model(project)
    Model.objects.update(visibility=visibility)

    seen = {who for who, one in people.items() if Model.objects.visible_to(one).exists()}

    assert seen == MODEL[visibility]


@pytest.mark.parametrize("visibility", ["project", "group", "nonsense"])
def test_a_model_without_a_project_is_its_groups_own(
    project: Project, people: dict[str, Any], visibility: str
) -> None:
    make.make_model(project)
    Model.objects.update(visibility=visibility, project=None)

    seen = {who for who, one in people.items() if Model.objects.visible_to(one).exists()}

    assert seen == STAFF | OURS


@pytest.mark.parametrize("rows", [Event, Group, Invitation, Membership, Notice, Webhook,
                                  WebhookDelivery], ids=lambda rows: rows.__name__)  # fmt: skip
def test_nobody_who_is_not_signed_in_sees_anything_of_people(
    rows: Any, lead: Caller, project: Project
) -> None:
    make.make_webhook(lead.user)
    invited = {"group": str(project.lead_group_id), "email": "new@uni.example", "role": "member"}
    assert lead.post("invitations/", invited).status_code == 201
    tell(users=[lead.user], kind=NoticeKind.CASE_OPENED, path="/", params={}, now=make.now())

    assert rows.objects.exists()
    assert list(rows.objects.visible_to(AnonymousUser())) == []


def test_a_deed_on_a_case_is_read_by_its_doer_and_by_who_reads_of_cases(
    quota_admin: Caller, auditor: Caller, coordinator: Caller, portal_admin: Caller
) -> None:
    about = {"kind": "decide_case", "object_type": "case", "object_id": make.key()}
    deed = Event.objects.create(at=make.now(), actor=quota_admin.user, **about)
    staff = (quota_admin, auditor, coordinator, portal_admin)

    mine = [one for one in staff if deed in Event.objects.visible_to(one.user)]

    assert mine == [quota_admin, auditor, coordinator]


def test_a_read_only_token_sees_what_its_owner_sees(lead: Caller, project: Project) -> None:
    reader = calls_as(lead.user, "read")

    assert reader.get("projects/").content == lead.get("projects/").content


def _hidden(project: Project, lead: Caller) -> Iterator[tuple[str, str]]:
    model = make.make_model(project)
    member = make.make_member(project.lead_group)
    yield "projects", str(project.pk)
    yield "projects", project.slug
    yield "models", str(model.pk)
    yield "versions", str(model.versions.get().pk)
    yield "memberships", str(member.memberships.get().pk)
    yield "tokens", lead.get("tokens/").json()["results"][0]["id"]
    yield "events", lead.get("events/").json()["results"][0]["id"]


@pytest.mark.parametrize("method", ["get", "patch", "delete", "head", "options"])
def test_to_a_stranger_what_is_hidden_and_what_is_not_there_are_one(
    stranger: Caller, lead: Caller, project: Project, method: str
) -> None:
    for resource, key in _hidden(project, lead):
        hidden = _raw(stranger, method, f"{resource}/{key}/")
        for other in (make.key(), "guess", "%00", "%C3%28", "0", "{x}", "ours%00", "OURS"):
            unknown = _raw(stranger, method, f"{resource}/{other}/")
            assert unknown == hidden, (resource, other)


def test_a_key_with_a_dot_is_not_there_in_the_same_words(
    stranger: Caller, project: Project
) -> None:
    hidden = stranger.get(f"projects/{project.pk}/")

    assert stranger.get("projects/a.b/").content == hidden.content


LISTS = ["projects", "models", "versions", "memberships", "invitations", "tokens", "events"]
FILTERS = {
    "projects": ["slug=ours", "visibility=project", "page_size=1"],
    "models": ["name=secret", "name__icontains=s", "state=planned", "project__slug=ours"],
    "memberships": ["role=lead"],
    "events": ["kind=create_project", "page_size=1"],
}


def test_a_strangers_lists_stay_the_same_to_the_byte_whatever_others_do(stranger: Caller) -> None:
    paths = [f"{name}/?{query}" for name in LISTS for query in ["", *FILTERS.get(name, [])]]
    before = {path: stranger.get(path).content for path in paths}

    ours = make.make_group()
    lead = calls_as(make.make_member(ours, Role.LEAD))
    make.make_model(make.make_project(ours, slug="ours"), name="secret")
    body = {"group": str(ours.pk), "email": "a@example.org", "role": "lead"}
    assert lead.post("invitations/", body).status_code == 201

    assert {path: stranger.get(path).content for path in paths} == before


@pytest.mark.parametrize(
    "query", ["models/?project={0}", "models/?group={0}", "versions/?model={0}",
              "events/?project={0}", "events/?object_id={0}", "memberships/?group={0}",
              "invitations/?group={0}", "projects/?lead_group={0}"],
)  # fmt: skip
def test_a_strangers_filter_answers_alike_for_what_is_hidden_and_what_is_not(
    stranger: Caller, project: Project, query: str
) -> None:
    model = make.make_model(project)

    for key in (project.pk, project.lead_group_id, model.pk):
        hidden = stranger.get(query.format(key))
        unknown = stranger.get(query.format(make.key()))
        assert (hidden.status_code, hidden.content) == (200, unknown.content)


def test_a_cursor_of_somebody_who_sees_more_shows_a_stranger_no_more(
    stranger: Caller, lead: Caller, project: Project
) -> None:
    make.make_project(project.lead_group)
    link = lead.get("projects/?page_size=1").json()["next"]

    assert stranger.get(link.removeprefix("http://testserver")).json()["results"] == []


def _raw(caller: Caller, method: str, path: str) -> tuple[Any, ...]:
    """What a caller can tell apart: status, body and headers but for those of the moment."""
    call: Any = caller._call
    answer = call(method, path, {} if method in {"patch", "delete"} else None, {})
    return answer.status_code, answer.content, headers_of(answer)


def test_a_person_who_leaves_sees_no_more_of_it_anywhere(member: Caller, project: Project) -> None:
    make.make_model(project, name="secret")
    assert b"secret" in member.get("models/").content

    User.objects.get(pk=member.user.pk).memberships.all().delete()

    for name in LISTS:
        assert b"secret" not in member.get(f"{name}/").content
        assert b"ours" not in member.get(f"{name}/").content
