"""The log: written where the decision is, never changed, read by whom it concerns."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import InternalError, ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from projects.models import Event, Project
from projects.roles import Role
from tests import make
from tests.conftest import Caller, calls_as

REFUSING = """
CREATE FUNCTION refuse_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
CREATE TRIGGER refuse_event BEFORE INSERT ON projects_event
    FOR EACH ROW EXECUTE FUNCTION refuse_event();
"""


def _kinds(caller: Caller, query: str = "") -> list[str]:
    return [row["kind"] for row in caller.get(f"events/{query}").json()["results"]]


def test_what_cannot_be_logged_is_not_done(lead: Caller, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute(REFUSING)

    answer = lead.patch(f"projects/{project.pk}/", {"title": "Unlogged"})

    assert answer.status_code == 500
    assert not Project.objects.filter(title="Unlogged").exists()


def test_what_is_refused_is_not_logged(lead: Caller, project: Project) -> None:
    before = Event.objects.count()

    lead.post(
        "projects/", {"lead_group": str(project.lead_group_id), "slug": "ours", "title": "x"}
    )

    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "statement", ["UPDATE projects_event SET kind = 'x'", "DELETE FROM projects_event"]
)
def test_not_even_the_tables_owner_changes_a_line(project: Project, statement: str) -> None:
    refused = pytest.raises((InternalError, ProgrammingError), match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE projects_event SET kind = 'x'",
        "DELETE FROM projects_event",
        "TRUNCATE projects_event",
        "ALTER TABLE projects_event DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON projects_event",
        "SET session_replication_role = replica",
    ],
)
def test_the_applications_role_lacks_the_right_to_try(db: None, statement: str) -> None:
    refused = pytest.raises(InsufficientPrivilege, match=r"permission denied|must be owner")
    with psycopg.connect(**_as_application()) as application, refused:
        application.execute(statement)


def test_the_applications_role_adds_lines(db: None) -> None:
    with psycopg.connect(**_as_application()) as application:
        application.execute(
            "INSERT INTO projects_event (id, at, kind, object_type, object_id, reason, changes)"
            " VALUES (gen_random_uuid(), now(), 'x', 'x', gen_random_uuid(), '', '{}')"
        )
        application.rollback()


def test_a_line_carries_the_transaction_that_wrote_it(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        assert cursor.fetchone() == (Event.objects.latest("sequence").transaction_id,)


def test_members_read_what_happened_in_their_project(member: Caller, project: Project) -> None:
    assert "create_project" in _kinds(member)


def test_a_stranger_reads_their_own_deeds_only(stranger: Caller, project: Project) -> None:
    assert _kinds(stranger) == ["create_token"]


@pytest.mark.parametrize("who", ["auditor", "coordinator", "quota_admin", "portal_admin"])
def test_staff_read_all_of_it(project: Project, who: str, request: pytest.FixtureRequest) -> None:
    caller: Caller = request.getfixturevalue(who)

    assert "create_project" in _kinds(caller)


def test_a_stranger_gets_the_same_for_a_hidden_line_as_for_none(
    stranger: Caller, project: Project
) -> None:
    event = Event.objects.get(kind="create_project")

    hidden = stranger.get(f"events/{event.id}/")

    assert hidden.status_code == 404
    for key in (make.key(), str(event.sequence), "x", "%00"):
        assert stranger.get(f"events/{key}/").content == hidden.content


def test_a_strangers_filter_does_not_tell_which_projects_exist(
    stranger: Caller, project: Project
) -> None:
    hidden = stranger.get(f"events/?project={project.pk}")

    assert hidden.content == stranger.get(f"events/?project={make.key()}").content


def test_somebody_removed_no_longer_reads_the_projects_log(
    lead: Caller, member: Caller, project: Project
) -> None:
    member.user.memberships.all().delete()

    assert _kinds(member) == ["create_token"]


def test_a_model_of_our_group_alone_is_not_told_to_others_in_the_project(
    lead: Caller, project: Project
) -> None:
    joined = make.make_group()
    make.join(project, joined)
    make.make_model(project, name="canary", visibility="group")

    other = calls_as(make.make_member(joined, Role.LEAD))

    assert "create_project" in _kinds(other)
    assert b"canary" not in other.get("events/").content


def test_a_model_shared_in_the_project_is_told_there(lead: Caller, project: Project) -> None:
    joined = make.make_group()
    make.join(project, joined)
    make.make_model(project, visibility="project")

    assert "plan_model" in _kinds(calls_as(make.make_member(joined)))


def test_the_newest_comes_first(lead: Caller, project: Project) -> None:
    lead.patch(f"projects/{project.pk}/", {"title": "x"})

    assert _kinds(lead, f"?project={project.pk}") == ["update_project", "create_project"]


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_nobody_writes_the_log_through_the_api(
    portal_admin: Caller, project: Project, method: str
) -> None:
    event = Event.objects.latest("sequence")
    path = "events/" if method == "post" else f"events/{event.id}/"

    assert getattr(portal_admin, method)(path, {"kind": "x"}).status_code == 405


def _as_application() -> dict[str, Any]:
    settings = connection.settings_dict
    host = settings["HOST"] or settings["OPTIONS"]["host"]
    return {"host": host, "dbname": settings["NAME"], "user": "cesai_app"}
