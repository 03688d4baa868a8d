"""The page of one's notices, the bell that leads to it, and the choice of how one is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Notice, NoticePreference
from projects.notices import NoticeKind
from tests import make
from tests.conftest import Caller, new_client
from tests.projects.telling import AT_ONCE, LATER, told

EVERY = dict.fromkeys(NoticeKind, "off")


def _text(caller: Caller, path: str = "/notices/") -> str:
    return str(caller.as_browser.get(path).content.decode())


def test_a_notice_is_a_sentence_that_leads_to_its_page(lead: Caller) -> None:
    told(lead.user, path="/requests/1/")

    assert '<a href="/requests/1/"><b>The request of Ours was awarded.</b></a>' in _text(lead)


def test_the_newest_stands_first(lead: Caller) -> None:
    told(lead.user, params={"project": "Older"}, now=make.now() - timedelta(1))
    told(lead.user, params={"project": "Newer"})

    text = _text(lead)

    assert text.index("Newer") < text.index("Older")


def test_what_others_are_told_is_not_shown(lead: Caller, stranger: Caller) -> None:
    told(lead.user, params={"project": "Ours alone"})

    assert "Ours alone" not in _text(stranger)


def test_a_param_is_no_markup(lead: Caller) -> None:
    told(lead.user, params={"project": "<b>bold</b>"})

    assert "<b>bold</b>" not in _text(lead)


def test_the_list_can_be_of_what_is_unread(lead: Caller) -> None:
    read = told(lead.user, params={"project": "Read one"})
    lead.as_browser.post(reverse("notice-read", args=[read.pk]))
    told(lead.user, params={"project": "New one"})

    text = _text(lead, "/notices/?unread=true")

    assert "New one" in text
    assert "Read one" not in text


def test_a_long_list_goes_on_on_the_next_page(lead: Caller) -> None:
    for n in range(51):
        told(lead.user, params={"project": f"Project-{n}."}, now=make.now() - timedelta(n))

    text = _text(lead)
    following = text.split('" rel="next"')[0].rsplit('href="', 1)[1]

    assert "Project-50." not in text
    assert "Project-50." in _text(lead, f"/notices/{following}")


@pytest.mark.parametrize("query", ["before=x", "before=00000000-0000-4000-8000-000000000000"])
def test_a_page_that_no_link_leads_to_is_not_there(lead: Caller, query: str) -> None:
    assert lead.as_browser.get(f"/notices/?{query}").status_code == 404


def test_one_is_marked_as_read(lead: Caller) -> None:
    notice, other = told(lead.user), told(lead.user)

    answer = lead.as_browser.post(reverse("notice-read", args=[notice.pk]))

    assert (answer.status_code, answer["Location"]) == (302, "/notices/")
    assert list(Notice.objects.unread()) == [other]


def test_nobody_marks_anothers(lead: Caller, stranger: Caller) -> None:
    notice = told(lead.user)

    answer = stranger.as_browser.post(reverse("notice-read", args=[notice.pk]))

    assert answer.status_code == 404
    assert Notice.objects.unread().exists()


def test_all_are_marked_as_read_but_nobody_elses(lead: Caller, stranger: Caller) -> None:
    told(lead.user)
    theirs = told(stranger.user)

    lead.as_browser.post("/notices/read/")

    assert list(Notice.objects.unread()) == [theirs]


def test_to_look_marks_nothing_as_read(lead: Caller) -> None:
    told(lead.user)
    _text(lead)

    assert Notice.objects.unread().exists()


@pytest.mark.parametrize("count", [5, 50])
def test_the_list_costs_the_same_however_long_it_is(
    lead: Caller, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        told(lead.user)
    browser = lead.as_browser
    with django_assert_num_queries(5):
        browser.get("/notices/")


# The bell.


def test_the_bell_tells_how_many_are_unread(lead: Caller) -> None:
    told(lead.user)
    told(lead.user)

    assert '<b>2</b> <span class="visually-hidden">unread</span>' in _text(lead, "/groups/")


def test_the_bell_stops_counting_at_a_hundred(lead: Caller) -> None:
    Notice.objects.bulk_create(
        Notice(user=lead.user, kind=AT_ONCE, path="/", at=make.now(), delivery="digest")
        for _each in range(120)
    )

    assert ">99+<" in _text(lead, "/groups/")


def test_the_bell_counts_nobody_elses(lead: Caller, stranger: Caller) -> None:
    told(lead.user)

    assert '<span class="visually-hidden">unread</span>' not in _text(stranger, "/groups/")


def test_without_a_log_in_there_is_no_bell(db: None) -> None:
    assert "/notices/" not in new_client().get("/").content.decode()


# How one is told.


def test_the_settings_show_the_defaults_until_something_is_chosen(lead: Caller) -> None:
    text = _text(lead, "/settings/")

    assert text.count('<option value="digest" selected>') == 19
    assert text.count('<option value="at_once" selected>') == 12


def test_a_choice_is_kept_and_shown(lead: Caller) -> None:
    answer = lead.as_browser.post("/settings/notices/", {**EVERY, LATER: "at_once"})

    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    assert NoticePreference.objects.of(lead.user) == {**EVERY, LATER: "at_once"}
    assert _text(lead, "/settings/").count('<option value="off" selected>') == 30


@pytest.mark.parametrize("form", [{}, {**EVERY, LATER: "by pigeon"}])
def test_a_choice_that_is_none_changes_nothing(lead: Caller, form: dict[str, str]) -> None:
    answer = lead.as_browser.post("/settings/notices/", form)

    assert answer.status_code == 400
    assert not NoticePreference.objects.exists()


def test_a_choice_holds_for_nobody_else(lead: Caller, stranger: Caller) -> None:
    lead.as_browser.post("/settings/notices/", EVERY)

    assert '<option value="off" selected>' not in _text(stranger, "/settings/")
