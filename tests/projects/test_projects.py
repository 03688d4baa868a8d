"""Projects: made and changed by leads, with a short name that stays."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Event, Group, Project
from tests import make
from tests.at_once import at_once
from tests.conftest import Caller


def _new(group: Group, **values: Any) -> dict[str, Any]:
    return {"lead_group": str(group.pk), "slug": "new", "title": "New", **values}


def test_a_lead_makes_a_project_seen_by_its_groups_only(lead: Caller, group: Group) -> None:
    made = lead.post("projects/", _new(group))

    assert made.status_code == 201
    assert made.json()["visibility"] == "project"


def test_the_answer_names_the_unix_user_of_its_jobs(lead: Caller, group: Group) -> None:
    assert lead.post("projects/", _new(group)).json()["unix_user"] == "cesai-new"


def test_making_a_project_is_told_in_its_log(lead: Caller, group: Group) -> None:
    made = lead.post("projects/", _new(group)).json()

    event = Event.objects.get(object_id=made["id"])
    assert (event.kind, str(event.project_id)) == ("create_project", made["id"])


def test_a_member_makes_no_projects(member: Caller, group: Group) -> None:
    assert member.post("projects/", _new(group)).status_code == 403


def test_a_stranger_makes_no_project_for_our_group(stranger: Caller, group: Group) -> None:
    assert stranger.post("projects/", _new(group)).status_code == 403
    assert not Project.objects.exists()


def test_a_project_of_an_unknown_group_is_refused(lead: Caller) -> None:
    body = {"lead_group": make.key(), "slug": "new", "title": "New"}

    assert lead.post("projects/", body).status_code == 404


def test_a_short_name_is_taken_once(lead: Caller, group: Group, project: Project) -> None:
    refused = lead.post("projects/", _new(group, slug=project.slug))

    assert refused.status_code == 409
    assert list(refused.json()["errors"]) == ["slug"]


@pytest.mark.parametrize(
    "slug",
    [
        "A",
        "1a",
        "a",
        "a_b",
        "a" * 25,
        "a\nb",
        "a\n",
        "",
        "ä1",
        "a b",
        "-a",
        "../x",
        7,
        None,
        "a\0",
    ],
)
def test_a_short_name_must_make_a_unix_user(lead: Caller, group: Group, slug: Any) -> None:
    refused = lead.post("projects/", _new(group, slug=slug))

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["slug"])
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visibility", "everyone"),
        ("created_by", "somebody"),
        ("unix_user", "root"),
        ("id", "00000000-0000-0000-0000-000000000000"),
        ("participants", []),
        ("title", ""),
        ("title", "x" * 201),
        ("title", ["x"]),
        ("abstract", "x" * 10_001),
        ("lead_group", "ours"),
        ("lead_group", -1),
    ],
)
def test_a_value_that_is_not_accepted_is_named(
    lead: Caller, group: Group, field: str, value: Any
) -> None:
    refused = lead.post("projects/", _new(group, **{field: value}))

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_a_project_is_found_by_short_name_as_by_id(lead: Caller, project: Project) -> None:
    by_slug = lead.get(f"projects/{project.slug}/")

    assert by_slug.content == lead.get(f"projects/{project.pk}/").content


def test_a_lead_changes_the_title(lead: Caller, project: Project) -> None:
    lead.patch(f"projects/{project.pk}/", {"title": "Better"})

    assert lead.get(f"projects/{project.pk}/").json()["title"] == "Better"


def test_the_log_tells_what_was_before_and_after(lead: Caller, project: Project) -> None:
    lead.patch(f"projects/{project.pk}/", {"title": "Better", "abstract": ""})

    event = Event.objects.get(kind="update_project")
    assert event.changes == {"title": [project.title, "Better"]}


def test_changing_nothing_is_no_decision(lead: Caller, project: Project) -> None:
    assert lead.patch(f"projects/{project.pk}/", {"title": project.title}).status_code == 200
    assert not Event.objects.filter(kind="update_project").exists()


@pytest.mark.parametrize("field", ["slug", "lead_group", "unix_user", "created_by", "id"])
def test_what_others_rely_on_stays(lead: Caller, project: Project, field: str) -> None:
    assert lead.patch(f"projects/{project.pk}/", {field: "other"}).status_code == 400


@pytest.mark.parametrize("who", ["member", "guest", "auditor", "coordinator", "portal_admin"])
def test_who_may_only_read_changes_nothing(
    project: Project, who: str, request: pytest.FixtureRequest
) -> None:
    caller: Caller = request.getfixturevalue(who)

    assert caller.patch(f"projects/{project.pk}/", {"title": "Mine"}).status_code == 403


def test_to_a_stranger_a_project_is_not_there(stranger: Caller, project: Project) -> None:
    body = {"title": "Mine"}

    hidden = stranger.patch(f"projects/{project.pk}/", body)

    assert hidden.status_code == 404
    assert hidden.content == stranger.patch(f"projects/{make.key()}/", body).content


def test_a_stranger_who_may_see_a_project_changes_nothing(
    stranger: Caller, lead: Caller, project: Project
) -> None:
    lead.patch(f"projects/{project.pk}/", {"visibility": "partners"})

    assert stranger.patch(f"projects/{project.pk}/", {"title": "Mine"}).status_code == 403


def test_a_project_drawn_back_is_gone_for_strangers_at_once(
    stranger: Caller, lead: Caller, project: Project
) -> None:
    for visibility, status in (("public", 200), ("project", 404)):
        lead.patch(f"projects/{project.pk}/", {"visibility": visibility})
        assert stranger.get(f"projects/{project.slug}/").status_code == status


@pytest.mark.django_db(transaction=True)
def test_of_two_projects_with_one_short_name_one_is_made(lead: Caller, group: Group) -> None:
    answers = at_once(*[lambda: lead.post("projects/", _new(group))] * 2)

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert Event.objects.filter(kind="create_project").count() == 1
