"""Who names what they have is told whether it still holds, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from projects.models import Group
from tests import make, routes
from tests.conftest import Caller, new_client
from tests.world import World

READS = [
    name for name, methods in routes.API.items() if "get" in methods and "catalogue" not in name
]


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.mark.parametrize("name", READS)
def test_what_is_read_again_unchanged_is_not_sent_again(world: World, name: str) -> None:
    rule = routes.API[name]["get"]
    who = next(who for who in world.people if who in rule.may)
    caller = Caller(world.people[who], world.tokens[who])
    path = reverse(name, args=world.key(name)) + rule.query(world)

    first = caller.get(path)
    again = caller.get(path, **{"If-None-Match": first["ETag"]})

    assert first.status_code == 200
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]


@pytest.mark.parametrize("path", ["groups/", "groups/{key}/"])
def test_what_changed_is_sent(lead: Caller, group: Group, path: str) -> None:
    address = path.format(key=group.pk)
    old = lead.get(address)["ETag"]
    Group.objects.filter(pk=group.pk).update(description="changed")

    answer = lead.get(address, **{"If-None-Match": old})

    assert answer.status_code == 200
    assert answer["ETag"] != old
    assert b"changed" in answer.content


@pytest.mark.parametrize("named", ["W/{tag}", '"other", {tag}', "*"])
def test_a_weak_tag_one_of_several_and_a_star_hold(lead: Caller, named: str) -> None:
    tag = lead.get("groups/")["ETag"]
    assert lead.get("groups/", **{"If-None-Match": named.format(tag=tag)}).status_code == 304


@pytest.mark.parametrize("named", ["", "nonsense", '"', '"other"', "W/"])
def test_a_tag_that_is_none_is_no_tag_of_ours(lead: Caller, named: str) -> None:
    assert lead.get("groups/", **{"If-None-Match": named}).status_code == 200


def test_people_who_read_different_things_have_different_tags(
    lead: Caller, stranger: Caller, project: Any
) -> None:
    ours, theirs = lead.get("projects/"), stranger.get("projects/")
    assert ours.content != theirs.content
    assert ours["ETag"] != theirs["ETag"]


def test_a_tag_of_what_one_may_not_see_any_more_gives_no_304(
    lead: Caller, stranger: Caller, project: Any
) -> None:
    tag = lead.get(f"projects/{project.pk}/")["ETag"]
    assert stranger.get(f"projects/{project.pk}/", **{"If-None-Match": tag}).status_code == 404
    assert stranger.get(f"projects/{project.pk}/", **{"If-None-Match": "*"}).status_code == 404


def test_languages_have_different_tags(world: World) -> None:
    lead = Caller(world.people["lead"], world.tokens["lead"])
    english, german = (
        lead.get("notices/", **{"Accept-Language": language}) for language in ("en", "de")
    )
    assert english["ETag"] != german["ETag"]
    assert "Accept-Language" in english["Vary"]


def test_a_page_has_the_same_links_and_tag_each_time(lead: Caller, group: Group) -> None:
    for _ in range(2):
        make.make_group(group.partner)
    first = lead.get("groups/?page_size=1")
    again = lead.get("groups/?page_size=1")
    assert first.json()["next"] == again.json()["next"] is not None
    assert first["ETag"] == again["ETag"]


@pytest.mark.parametrize("path", ["groups/", "/api/v1/schema/"])
def test_only_who_asked_may_keep_it_and_must_ask_again(lead: Caller, path: str) -> None:
    for answer in (lead.get(path), lead.get(path, **{"If-None-Match": "*"})):
        assert answer["Cache-Control"] == "private, no-cache"
        assert "Authorization" in answer["Vary"]


def test_a_head_has_the_tag_of_the_get(lead: Caller) -> None:
    headers = {"Authorization": f"Bearer {lead.token}"}
    answer = new_client().head("/api/v1/groups/", headers=headers)
    assert answer["ETag"] == lead.get("groups/")["ETag"]
    assert answer.content == b""


def test_refusals_streams_changes_and_pages_have_no_tag(lead: Caller, group: Group) -> None:
    answers = [
        lead.get("groups/nonsense/"),
        lead.get("groups/?format=csv"),
        lead.post("watches/", {"name": "w", "languages": ["de"]}),
        lead.as_browser.get("/api/v1/docs/"),
        lead.as_browser.get("/projects/"),
    ]
    for answer in answers:
        assert "ETag" not in answer.headers
        assert answer["Cache-Control"] == "private, no-store"


def test_a_change_is_made_whatever_tag_stands_in_it(lead: Caller, project: Any) -> None:
    headers = {"If-None-Match": "*"}
    answer = lead.patch(f"projects/{project.pk}/", {"title": "Other"}, **headers)
    assert (answer.status_code, answer.json()["title"]) == (200, "Other")


def test_the_description_declares_it(lead: Caller) -> None:
    schema = lead.get("/api/v1/schema/", Accept="application/json").json()
    for path, operations in schema["paths"].items():
        if "get" in operations and "catalogue" not in path:
            call = operations["get"]
            assert "304" in call["responses"], path
            assert "content" not in call["responses"]["304"]
            assert "ETag" in call["responses"]["200"]["headers"]
            assert "If-None-Match" in {row["name"] for row in call["parameters"]}
