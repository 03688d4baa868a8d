"""Access tokens: kept hashed, shown once, limited in time and scope, ended at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from projects.models import AccessToken, Event, Group, Project, StoredAnswer
from tests import make
from tests.conftest import Caller, calls_as, new_client


def _with(token: str, path: str = "projects/") -> Any:
    client = new_client()
    return client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})


def _new(caller: Caller, **values: Any) -> Any:
    return caller.post("tokens/", {"name": "laptop", **values})


def test_a_new_token_works(lead: Caller, project: Project) -> None:
    token = _new(lead).json()["token"]

    assert _with(token, f"projects/{project.pk}/").status_code == 200


def test_its_text_is_shown_once(lead: Caller) -> None:
    made = _new(lead).json()

    assert "token" not in lead.get(f"tokens/{made['id']}/").json()


def test_only_its_hash_and_first_signs_are_kept(lead: Caller) -> None:
    made = _new(lead).json()

    row = AccessToken.objects.filter(id=made["id"]).values().get()
    assert made["token"] not in str(row)
    assert row["token_key"] == made["token"][:15]


def test_the_log_holds_neither_text_nor_hash(lead: Caller) -> None:
    made = _new(lead).json()

    digest = AccessToken.objects.get(id=made["id"]).digest
    event = Event.objects.filter(kind="create_token").latest("sequence")
    assert event.changes == {"token": [None, made["id"]], "scope": [None, "write"]}
    assert digest not in str(event.__dict__)


def test_an_answer_that_holds_a_token_is_not_stored(lead: Caller) -> None:
    _new(lead)

    assert not StoredAnswer.objects.exists()


def test_a_token_lasts_ninety_days_unless_told_otherwise(lead: Caller) -> None:
    token = AccessToken.objects.get(id=_new(lead).json()["id"])

    assert token.expiry is not None
    assert round((token.expiry - token.created).total_seconds() / 86400) == 90


@pytest.mark.parametrize("days", [0, -1, 366, 1.5, "x", True, None, 10**30])
def test_a_token_lasts_whole_days_up_to_a_year(lead: Caller, days: Any) -> None:
    assert list(_new(lead, days=days).json()["errors"]) == ["days"]


@pytest.mark.parametrize("field", ["user", "digest", "token_key", "expiry", "id"])
def test_nothing_else_can_be_set_by_naming_it(lead: Caller, stranger: Caller, field: str) -> None:
    assert list(_new(lead, **{field: str(stranger.user.pk)}).json()["errors"]) == [field]


def test_a_scope_is_read_or_write(lead: Caller) -> None:
    assert list(_new(lead, scope="admin").json()["errors"]) == ["scope"]


def test_a_read_only_token_reads(lead: Caller, project: Project) -> None:
    reader = calls_as(lead.user, "read")

    assert reader.get(f"projects/{project.pk}/").status_code == 200


@pytest.mark.parametrize("method", ["patch", "delete", "post"])
def test_a_read_only_token_changes_nothing(lead: Caller, project: Project, method: str) -> None:
    reader = calls_as(lead.user, "read")
    path = "tokens/" if method == "post" else f"projects/{project.pk}/"

    refused = getattr(reader, method)(path, {"title": "x", "name": "x"})

    assert refused.status_code == 403
    assert "may only read" in refused.json()["detail"]


def test_a_read_only_token_is_refused_alike_for_what_is_hidden(
    stranger: Caller, project: Project
) -> None:
    reader = calls_as(stranger.user, "read")

    hidden = reader.patch(f"projects/{project.pk}/", {"title": "x"})

    assert hidden.content == reader.patch(f"projects/{make.key()}/", {"title": "x"}).content


def test_a_token_without_an_end_is_taken(lead: Caller) -> None:
    AccessToken.objects.update(expiry=None)
    assert lead.get("groups/").status_code == 200


def test_an_expired_token_is_refused_as_a_problem(lead: Caller) -> None:
    AccessToken.objects.update(expiry=make.now() - timedelta(seconds=1))

    refused = lead.get("projects/")

    assert refused.status_code == 401
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_stays_in_its_owners_list(lead: Caller) -> None:
    old = AccessToken.objects.get(id=_new(lead, name="old").json()["id"])
    AccessToken.objects.filter(pk=old.pk).update(expiry=make.now() - timedelta(days=1))

    names = [row["name"] for row in lead.get("tokens/").json()["results"]]

    assert "old" in names


def test_a_revoked_token_is_refused_at_once(lead: Caller) -> None:
    made = _new(lead).json()

    assert lead.delete(f"tokens/{made['id']}/").status_code == 204
    assert _with(made["token"]).status_code == 401


def test_a_revocation_names_in_the_log_what_ended(lead: Caller) -> None:
    made = _new(lead).json()
    lead.delete(f"tokens/{made['id']}/")

    event = Event.objects.get(kind="revoke_token")
    assert event.changes == {"token": [made["id"], None], "scope": ["write", None]}


def test_a_deactivated_persons_token_is_refused(lead: Caller) -> None:
    lead.user.is_active = False
    lead.user.save()

    assert lead.get("projects/").status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer a b", "Bearer \xff", "Basic YTpi", "Token x", "Bearer \x00"]
)
def test_a_header_without_a_token_is_refused(db: None, header: str) -> None:
    client = new_client()

    refused = client.get("/api/v1/tokens/", headers={"Authorization": header})

    assert refused.status_code == 401


@pytest.mark.parametrize("method", ["get", "delete"])
@pytest.mark.parametrize("who", ["stranger", "portal_admin", "auditor"])
def test_nobody_else_sees_or_ends_a_token(
    lead: Caller, who: str, method: str, request: pytest.FixtureRequest
) -> None:
    token = _new(lead).json()["id"]
    other: Caller = request.getfixturevalue(who)

    hidden = getattr(other, method)(f"tokens/{token}/")

    assert hidden.status_code == 404
    assert hidden.content == getattr(other, method)(f"tokens/{make.key()}/").content


def test_a_program_learns_by_its_token_whose_it_is(lead: Caller, member: Caller) -> None:
    [row] = lead.get("tokens/").json()["results"]

    assert row["username"] == "lead"
    assert lead.token.startswith(row["prefix"])
    assert not member.token.startswith(row["prefix"])


def test_a_stranger_lists_their_own_tokens_only(stranger: Caller, lead: Caller) -> None:
    _new(lead, name="secret")

    assert [row["name"] for row in stranger.get("tokens/").json()["results"]] == ["test"]


# Whose models MLflow's clients mean by bare names.


def test_a_token_has_a_home_group_of_its_owner(member: Caller, group: Group) -> None:
    made = _new(member, group=str(group.pk))

    assert (made.status_code, made.json()["group"]) == (201, str(group.pk))
    assert AccessToken.objects.get(id=made.json()["id"]).group == group


@pytest.mark.parametrize("values", [{}, {"group": None}])
def test_without_one_it_has_none(member: Caller, values: dict[str, Any]) -> None:
    assert _new(member, **values).json()["group"] is None


def test_a_guest_has_a_home_group_too(guest: Caller, group: Group) -> None:
    assert _new(guest, group=str(group.pk)).status_code == 201


def test_a_group_of_others_is_no_home(member: Caller, stranger: Caller) -> None:
    theirs = Group.objects.get(memberships__user=stranger.user)

    refused = _new(member, group=str(theirs.pk))

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["group"])
    assert not AccessToken.objects.filter(name="laptop").exists()


def test_to_look_after_a_partner_gives_no_home(group: Group) -> None:
    admin = calls_as(make.make_partner_admin(group.partner))

    assert _new(admin, group=str(group.pk)).status_code == 400


def test_an_unknown_group_is_not_there_and_one_that_is_hidden_neither(
    member: Caller, group: Group
) -> None:
    loner = calls_as(make.make_user())

    unknown, hidden = _new(member, group=make.key()), _new(loner, group=str(group.pk))

    assert (unknown.status_code, unknown.content) == (404, hidden.content)


@pytest.mark.parametrize("value", ["x", ["x"], "Ours", ""])
def test_what_names_no_group_is_refused(member: Caller, value: Any) -> None:
    assert list(_new(member, group=value).json()["errors"]) == ["group"]


def test_a_token_outlives_its_home_group(member: Caller) -> None:
    own = make.make_group()
    member.user.memberships.create(group=own, role="member")
    made = _new(member, group=str(own.pk)).json()

    own.delete()

    assert _with(made["token"]).status_code == 200
