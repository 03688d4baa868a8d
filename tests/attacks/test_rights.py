"""People who give themselves more than they have, alone or by being quick."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum

from compute.models import Allocation, CapacityMonth, LedgerEntry, Request
from projects.models import AccessToken, Event, Group, Membership, Project
from projects.roles import Role
from tests import make
from tests.at_once import at_once
from tests.attacks.cases import each
from tests.attacks.own import own_project
from tests.compute.bodies import award_body, job_body
from tests.conftest import Caller, calls_as, new_client

HOUR = 3600
OTHER_ROLES = ["admin", "lead", "partner_admin", "portal_admin", "quota_admin", "Lead", "", None,
               ["lead"], {"role": "lead"}, True, 1, "lead\0", " lead", "lеad"]  # fmt: skip


@each("role", OTHER_ROLES)
def test_who_asks_for_another_role_in_the_own_membership_keeps_the_old_one(
    member: Caller, role: Any
) -> None:
    mine = Membership.objects.get(user=member.user)
    answer = member.patch(f"memberships/{mine.pk}/", {"role": role})
    assert answer.status_code in {400, 403}
    mine.refresh_from_db()
    assert mine.role == Role.MEMBER


@each("role", [role for role in OTHER_ROLES if role != "lead"])
def test_a_lead_gives_no_role_that_a_group_does_not_have(
    lead: Caller, member: Caller, role: Any
) -> None:
    theirs = Membership.objects.get(user=member.user)
    answer = lead.patch(f"memberships/{theirs.pk}/", {"role": role})
    assert answer.status_code == 400
    theirs.refresh_from_db()
    assert theirs.role == Role.MEMBER


@each(
    "more",
    [{"user": "x"}, {"group": make.key()}, {"is_superuser": True}, {"permissions": ["all"]},
     {"id": make.key()}, {"created_at": "2020-01-01T00:00:00Z"}],
)  # fmt: skip
def test_a_field_beside_those_that_may_change_is_refused(
    lead: Caller, member: Caller, more: dict[str, Any]
) -> None:
    theirs = Membership.objects.get(user=member.user)
    answer = lead.patch(f"memberships/{theirs.pk}/", {"role": "guest", **more})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(more))
    theirs.refresh_from_db()
    assert theirs.role == Role.MEMBER


def test_a_project_changes_neither_its_group_nor_its_user_on_the_clusters(
    lead: Caller, project: Project
) -> None:
    for more in ({"slug": "other"}, {"lead_group": make.key()}, {"unix_user": "root"}):
        assert lead.patch(f"projects/{project.pk}/", more).status_code == 400
    project.refresh_from_db()
    assert project.unix_user == "cesai-ours"


@each(
    "slug",
    ["root", "control", "slurm", "munge", "admin", "оurs", "ours\u200b", "Ours", "-x",
     "x;id", "../x", "x y", "x", "x" * 25, "ｏurs", "o\u0075\u0308rs", "", "1x", "a$(id)"],
)  # fmt: skip
def test_no_project_takes_the_name_of_a_sites_user_or_one_that_looks_alike(
    lead: Caller, group: Group, slug: str
) -> None:
    body = {"lead_group": str(group.pk), "slug": slug, "title": "x"}
    assert lead.post("projects/", body).status_code == 400
    assert not Project.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_one_approval_sent_twice_at_once_one_counts() -> None:
    request = make.make_request(own_project(), make.make_pool())
    admins = [calls_as(make.make_staff(Role.QUOTA_ADMIN)) for _ in range(2)]
    body = award_body(request)
    answers = at_once(
        *[partial(admin.post, f"requests/{request.pk}/award/", body) for admin in admins]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert Event.objects.filter(kind="award", object_id=request.pk).count() == 1
    assert Allocation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_fifty_approvals_at_once_only_what_the_pool_has_is_given() -> None:
    pool, project = make.make_pool(gpu_hours=25), own_project()
    admin = calls_as(make.make_staff(Role.QUOTA_ADMIN))
    requests = [make.make_request(project, pool, gpu_hours=10) for _ in range(50)]
    answers = at_once(
        *[
            partial(admin.post, f"requests/{row.pk}/award/", award_body(row, "10"))
            for row in requests
        ]
    )
    codes = Counter(answer.status_code for answer in answers)
    assert set(codes) == {200, 409}
    months = CapacityMonth.objects.filter(pool=pool)
    assert all(0 <= month.granted <= month.offered for month in months)
    given = LedgerEntry.objects.filter(kind="grant").aggregate(n=Sum("gpu_seconds"))["n"]
    assert given == sum(month.granted for month in months) == codes[200] * 10 * HOUR
    assert Event.objects.filter(kind="award").count() == codes[200] > 0


@each(
    "gpu_hours",
    ["-1", -1, "-0.0001", "NaN", "Infinity", "-Infinity", "1e3", "1_0", "１０", " 10", "10 ", "",
     "0x10", True, None, [], {}, ["10"], 2**63, "9" * 21, "0.00001", "1.23456", "10,5", "+1"],
)  # fmt: skip
def test_an_award_of_what_is_no_amount_gives_nothing(
    quota_admin: Caller, handed_in: Request, gpu_hours: Any
) -> None:
    answer = quota_admin.post(f"requests/{handed_in.pk}/award/", award_body(handed_in, gpu_hours))
    assert answer.status_code == 400
    assert not Allocation.objects.exists()


@each(
    "months",
    [{"2027-13": "1"}, {"1": "1"}, {"": "60"}, {"9999-12": "60"}, {"0000-00": "60"}, [], "60",
     {"2027-01": "-60"}, {"2027-01": None}, {"2027-01\0": "60"}, {"２０２７-０１": "60"}],
)  # fmt: skip
def test_an_award_in_months_that_are_none_gives_nothing(
    quota_admin: Caller, handed_in: Request, months: Any
) -> None:
    body = award_body(handed_in, "60", months=months)
    answer = quota_admin.post(f"requests/{handed_in.pk}/award/", body)
    assert answer.status_code in {400, 409}
    assert not Allocation.objects.exists()


def test_an_award_names_no_line_of_another_request(
    quota_admin: Caller, handed_in: Request, project: Project
) -> None:
    other = make.make_request(project, handed_in.lines.get().pool)
    answer = quota_admin.post(f"requests/{handed_in.pk}/award/", award_body(other))
    assert answer.status_code == 400
    assert not Allocation.objects.exists()


def test_nobody_awards_what_their_own_group_asks_for(handed_in: Request, lead: Caller) -> None:
    both = make.make_staff(Role.QUOTA_ADMIN)
    Membership.objects.create(user=both, group=handed_in.project.lead_group, role=Role.GUEST)
    answer = calls_as(both).post(f"requests/{handed_in.pk}/award/", award_body(handed_in))
    assert answer.status_code in {403, 409}
    assert not Allocation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_leads_that_remove_each_other_one_stays() -> None:
    group = make.make_group()
    leads = [calls_as(make.make_member(group, Role.LEAD)) for _ in range(2)]
    theirs = [Membership.objects.get(user=caller.user) for caller in reversed(leads)]
    answers = at_once(
        *[
            partial(caller.delete, f"memberships/{row.pk}/")
            for caller, row in zip(leads, theirs, strict=True)
        ]
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 204
    assert statuses[1] in {403, 404, 409}
    assert Membership.objects.filter(group=group, role=Role.LEAD).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_leads_that_leave_at_once_one_stays() -> None:
    group = make.make_group()
    leads = [calls_as(make.make_member(group, Role.LEAD)) for _ in range(2)]
    mine = {row.user_id: row.pk for row in Membership.objects.filter(group=group)}
    answers = at_once(
        *[partial(caller.delete, f"memberships/{mine[caller.user.pk]}/") for caller in leads]
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


def test_the_key_of_another_persons_call_gives_nobody_their_answer(
    lead: Caller, stranger: Caller, group: Group
) -> None:
    body, key = {"lead_group": str(group.pk), "slug": "new", "title": "Secret"}, make.key()
    assert lead.post("projects/", body, key=key).status_code == 201
    answer = stranger.post("projects/", body, key=key)
    assert answer.status_code == 403
    assert "Secret" not in answer.content.decode()
    assert "Idempotency-Replayed" not in answer.headers


@each("key", ["a b\tc", "é", "x" * 201, "\x7f"])
def test_a_key_that_is_none_is_refused(lead: Caller, project: Project, key: str) -> None:
    answer = lead.post("projects/", {}, key=key)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/key-invalid")


@each(
    "where",
    ["?token={}", "?access_token={}", "?authorization=Bearer%20{}", "?key={}"],
)
def test_a_token_in_the_address_opens_nothing(lead: Caller, where: str) -> None:
    answer = new_client().get(f"/api/v1/projects/{where.format(lead.token)}")
    assert answer.status_code == 401


@each(
    "header",
    ["{}", "Token {}", "Basic {}", "Bearer  ", "Bearer", "Bearer {} x", "Bearer {}\0", "Bearer é",
     "Bearer ' OR 1=1", "Bearer {0},Bearer {0}", "Bearer None", "Digest {}", "Bearer cesai_"],
)  # fmt: skip
def test_a_header_that_is_no_bearer_opens_nothing(lead: Caller, header: str) -> None:
    sent = {"Authorization": header.format(lead.token)}
    assert new_client().get("/api/v1/projects/", headers=sent).status_code == 401


def test_a_token_in_a_cookie_or_a_body_opens_nothing(lead: Caller) -> None:
    client = new_client()
    for name in ("token", "Authorization", "sessionid", "access_token"):
        client.cookies[name] = lead.token
    assert client.get("/api/v1/projects/").status_code == 401
    body = json.dumps({"token": lead.token, "name": "x"})
    assert client.post("/api/v1/tokens/", body, "application/json").status_code == 401


def test_a_token_of_yesterday_opens_nothing(lead: Caller) -> None:
    AccessToken.objects.update(expiry=make.now() - timedelta(seconds=1))
    assert lead.get("projects/").status_code == 401


def test_who_left_gets_no_answer_of_the_group_again_by_the_key_of_an_earlier_call(
    lead: Caller, member: Caller, allocation: Allocation
) -> None:
    key, body = make.key(), job_body(allocation)
    made = member.post("jobs/", body, key=key).json()
    Membership.objects.filter(user=member.user).delete()
    assert member.get(f"jobs/{made['id']}/").status_code == 404
    assert member.post("jobs/", {**body, "minutes": 6}, key=make.key()).status_code == 404


@each(
    "headers",
    [{"X-HTTP-Method-Override": "DELETE"}, {"X-HTTP-Method": "DELETE"}, {"X-Method": "DELETE"},
     {"X-Method-Override": "DELETE"}],
)  # fmt: skip
def test_no_header_and_no_field_makes_another_method_of_a_call(
    lead: Caller, member: Caller, headers: dict[str, str]
) -> None:
    theirs = Membership.objects.get(user=member.user)
    path = f"memberships/{theirs.pk}/"
    assert lead.post(path, {"_method": "DELETE"}, **headers).status_code == 405
    assert lead.get(f"{path}?_method=DELETE", **headers).status_code == 200
    assert Membership.objects.filter(pk=theirs.pk).exists()


@each("method", ["TRACE", "CONNECT", "PROPFIND", "FOO", "get", "DELETE\0"])
def test_a_method_that_nobody_serves_is_told_so(
    lead: Caller, project: Project, method: str
) -> None:
    sent = {"Authorization": f"Bearer {lead.token}"}
    answer = new_client().generic(method, f"/api/v1/projects/{project.pk}/", headers=sent)
    assert answer.status_code in {400, 405} or method == "get"


def test_a_token_for_a_group_of_others_is_not_made(stranger: Caller, group: Group) -> None:
    answer = stranger.post("tokens/", {"name": "x", "group": str(group.pk)})
    assert answer.status_code == 400


@each("days", [0, -1, 366, 10**9, "1e9", None, True, 1.5, "٣"])
def test_a_token_lives_no_longer_than_a_year(lead: Caller, days: Any) -> None:
    answer = lead.post("tokens/", {"name": "x", "days": days})
    assert answer.status_code == 400 or days in {True, "٣"}
    assert all(
        token.expiry <= make.now() + timedelta(days=365) for token in AccessToken.objects.all()
    )
