"""Joining an effort instead of competing with it: asking its leads, and their answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from projects.models import Event, Group, JoinRequest, Membership, Notice, Participation, Project
from projects.roles import Role
from tests import make
from tests.conftest import Caller, calls_as

TEXT = "We bring ten billion tokens."


@pytest.fixture
def shown(lead: Caller, group: Group) -> Project:
    """A project of the group that every partner may see."""
    return make.make_project(group, slug="shown", title="Shown", visibility="partners")


@pytest.fixture
def theirs(stranger: Caller) -> Group:
    """The group that the stranger leads."""
    return Group.objects.get(memberships__user=stranger.user)


@pytest.fixture
def asked(stranger: Caller, shown: Project, theirs: Group) -> JoinRequest:
    """The wish of the stranger's group, not answered yet."""
    _ask(stranger, shown)
    return JoinRequest.objects.get()


def _ask(caller: Caller, project: Project, **body: Any) -> Any:
    return caller.post(f"projects/{project.pk}/join/", {"text": TEXT, **body})


def _answer(caller: Caller, asked: JoinRequest, accepts: str = "yes", answer: str = "") -> Any:
    address = reverse("join-answer", args=[asked.pk])
    return caller.as_browser.post(address, {"accepts": accepts, "answer": answer})


def _page(caller: Caller, project: Project) -> str:
    answer = caller.as_browser.get(reverse("project", args=[project.slug]))
    text: str = answer.content.decode()
    return text


# Asking.


def test_a_lead_asks_for_the_one_group_that_they_lead(
    stranger: Caller, shown: Project, theirs: Group
) -> None:
    answer = _ask(stranger, shown)
    assert (answer.status_code, answer.json()["group"]) == (201, str(theirs.pk))
    asked = JoinRequest.objects.get()
    assert (asked.project, asked.group, asked.text) == (shown, theirs, TEXT)
    assert (asked.accepted, asked.asked_by) == (None, stranger.user)


def test_the_leads_of_the_project_are_told_who_asks(
    lead: Caller, member: Caller, asked: JoinRequest
) -> None:
    [notice] = Notice.objects.filter(kind="join_asked")
    assert (notice.user, notice.path) == (lead.user, "/projects/shown/")
    assert notice.params == {"group": "Theirs", "project": "Shown"}


def test_asking_is_an_event_of_the_project(stranger: Caller, asked: JoinRequest) -> None:
    event = Event.objects.get(kind="ask_to_join")
    assert (event.actor, event.project) == (stranger.user, asked.project)
    assert event.changes == {"group": [None, str(asked.group.pk)]}


def test_asking_gives_no_part_yet(asked: JoinRequest) -> None:
    assert not Participation.objects.exists()


@pytest.mark.parametrize("text", ["", " ", "x" * 5_001])
def test_a_wish_without_words_or_with_far_too_many_is_refused(
    stranger: Caller, shown: Project, text: str
) -> None:
    answer = _ask(stranger, shown, text=text)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["text"])
    assert not JoinRequest.objects.exists()


def test_a_group_asks_once_at_a_time(stranger: Caller, asked: JoinRequest) -> None:
    answer = _ask(stranger, asked.project)
    assert answer.status_code == 409
    assert "asked already" in answer.json()["detail"]
    assert JoinRequest.objects.count() == 1


def test_a_group_that_was_declined_may_ask_again(
    stranger: Caller, lead: Caller, asked: JoinRequest
) -> None:
    _answer(lead, asked, "no")
    assert _ask(stranger, asked.project).status_code == 201


def test_a_group_that_takes_part_has_nothing_to_ask(
    stranger: Caller, shown: Project, theirs: Group
) -> None:
    make.join(shown, theirs)
    answer = _ask(stranger, shown)
    assert answer.status_code == 409
    assert "takes part in this project already" in answer.json()["detail"]


def test_the_group_that_leads_the_project_has_nothing_to_ask(lead: Caller, shown: Project) -> None:
    assert _ask(lead, shown).status_code == 409
    assert not JoinRequest.objects.exists()


def test_who_leads_several_groups_names_the_one_that_is_to_join(
    stranger: Caller, shown: Project
) -> None:
    second = make.make_group()
    Membership.objects.create(user=stranger.user, group=second, role=Role.LEAD)
    unclear = _ask(stranger, shown)
    assert (unclear.status_code, list(unclear.json()["errors"])) == (400, ["group"])
    assert _ask(stranger, shown, group=str(second.pk)).json()["group"] == str(second.pk)


def test_a_group_that_one_does_not_lead_is_not_meant(
    stranger: Caller, shown: Project, theirs: Group
) -> None:
    other = make.make_group()
    Membership.objects.create(user=stranger.user, group=other, role=Role.MEMBER)
    assert _ask(stranger, shown).json()["group"] == str(theirs.pk)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.GUEST])
def test_only_a_lead_asks_for_a_group(shown: Project, theirs: Group, role: Role) -> None:
    person = calls_as(make.make_member(theirs, role))
    assert _ask(person, shown).status_code == 403
    assert _ask(person, shown, group=str(theirs.pk)).status_code == 403
    assert not JoinRequest.objects.exists()


def test_nobody_asks_for_a_group_of_others(stranger: Caller, shown: Project) -> None:
    third = make.make_group()
    assert _ask(stranger, shown, group=str(third.pk)).status_code in {403, 404}
    assert not JoinRequest.objects.exists()


def test_a_stranger_does_not_ask_to_join_what_they_may_not_see(
    stranger: Caller, project: Project
) -> None:
    hidden = _ask(stranger, project)
    assert hidden.status_code == 404
    assert hidden.content == stranger.post(f"projects/{make.key()}/join/", {"text": "x"}).content
    assert not JoinRequest.objects.exists()


# Answering.


def test_an_accepted_group_takes_part_and_is_told(
    stranger: Caller, lead: Caller, asked: JoinRequest
) -> None:
    assert _answer(lead, asked, answer="Welcome.").headers["Location"] == "/projects/shown/"
    asked.refresh_from_db()
    assert (asked.accepted, asked.answer, asked.answered_by) == (True, "Welcome.", lead.user)
    assert list(asked.project.participants.all()) == [asked.group]
    [notice] = Notice.objects.filter(kind="join_answered")
    assert (notice.user, notice.params["answer"]) == (stranger.user, "accepted")


def test_a_declined_group_takes_no_part_and_is_told(
    stranger: Caller, lead: Caller, asked: JoinRequest
) -> None:
    _answer(lead, asked, "no", "We are done in March.")
    asked.refresh_from_db()
    assert (asked.accepted, asked.answer) == (False, "We are done in March.")
    assert not Participation.objects.exists()
    [notice] = Notice.objects.filter(kind="join_answered")
    assert (notice.user, notice.params["answer"]) == (stranger.user, "declined")


def test_an_answer_is_an_event_of_the_project(lead: Caller, asked: JoinRequest) -> None:
    _answer(lead, asked, "no", "We are done in March.")
    event = Event.objects.get(kind="answer_join")
    assert (event.actor, event.project) == (lead.user, asked.project)
    assert (event.reason, event.changes) == ("We are done in March.", {"accepted": [None, False]})


def test_a_wish_is_answered_once(lead: Caller, asked: JoinRequest) -> None:
    _answer(lead, asked, "no")
    assert _answer(lead, asked).status_code == 409
    asked.refresh_from_db()
    assert asked.accepted is False
    assert not Participation.objects.exists()


def test_a_group_that_came_in_meanwhile_is_accepted_all_the_same(
    lead: Caller, asked: JoinRequest
) -> None:
    make.join(asked.project, asked.group)
    assert _answer(lead, asked).status_code == 302
    assert Participation.objects.count() == 1


@pytest.mark.parametrize("who", ["member", "stranger", "coordinator", "portal_admin"])
def test_only_leads_of_the_project_answer(
    who: str, request: pytest.FixtureRequest, asked: JoinRequest
) -> None:
    person: Caller = request.getfixturevalue(who)
    assert _answer(person, asked).status_code == 403
    asked.refresh_from_db()
    assert asked.accepted is None


def test_a_third_group_finds_no_wish(asked: JoinRequest) -> None:
    outsider = calls_as(make.make_member(make.make_group(), Role.LEAD))
    assert _answer(outsider, asked).status_code == 404
    assert TEXT not in _page(outsider, asked.project)


# The pages.


def test_a_wish_sent_from_the_page_is_read_by_the_leads(
    stranger: Caller, lead: Caller, shown: Project
) -> None:
    address = reverse("project-join", args=[shown.slug])
    assert stranger.as_browser.post(address, {"text": TEXT}).status_code == 302
    assert TEXT in _page(lead, shown)
    assert "Let it take part" in _page(lead, shown)


def test_who_has_asked_is_told_to_wait(stranger: Caller, shown: Project) -> None:
    address = reverse("project-join", args=[shown.slug])
    assert address in _page(stranger, shown)
    _ask(stranger, shown)
    assert address not in _page(stranger, shown)
    assert "the answer is still to come" in _page(stranger, shown)


def test_who_takes_part_is_not_offered_to_join(
    lead: Caller, stranger: Caller, shown: Project, theirs: Group
) -> None:
    make.join(shown, theirs)
    for who in (lead, stranger):
        assert "Join this effort" not in _page(who, shown)


def test_a_member_reads_no_wish_that_they_cannot_answer(
    member: Caller, asked: JoinRequest
) -> None:
    assert TEXT not in _page(member, asked.project)


@pytest.mark.parametrize(
    ("text", "said"), [(" ", "Say in at most 5,000"), (TEXT, "has asked already")]
)
def test_a_wish_that_is_refused_on_the_page_says_why(
    stranger: Caller, asked: JoinRequest, text: str, said: str
) -> None:
    address = reverse("project-join", args=[asked.project.slug])
    answer = stranger.as_browser.post(address, {"text": text}, follow=True)
    assert said in answer.content.decode()
    assert JoinRequest.objects.count() == 1


def test_a_stranger_finds_no_project_to_join_on_the_page(
    stranger: Caller, project: Project
) -> None:
    address = reverse("project-join", args=[project.slug])
    assert stranger.as_browser.post(address, {"text": TEXT}).status_code == 404
    assert not JoinRequest.objects.exists()


def test_the_page_of_a_model_asks_its_projects_leads(
    stranger: Caller, lead: Caller, project: Project
) -> None:
    model = make.make_model(project, visibility="partners")
    address = reverse("model-join", args=[model.pk])
    page = stranger.as_browser.get(reverse("model", args=[model.pk])).content.decode()
    assert address in page
    assert stranger.as_browser.post(address, {"text": TEXT}).status_code == 302
    assert JoinRequest.objects.get().project == project


def test_a_model_that_may_not_be_seen_is_nothing_to_join(
    stranger: Caller, project: Project
) -> None:
    model = make.make_model(project)
    address = reverse("model-join", args=[model.pk])
    assert stranger.as_browser.post(address, {"text": TEXT}).status_code == 404
    assert not JoinRequest.objects.exists()
