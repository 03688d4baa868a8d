"""Keeping what a list was narrowed down to."""

from __future__ import annotations

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from projects.actions.saved_filters import MOST, kept_of, save_filter
from projects.models import SavedFilter
from tests import make
from tests.conftest import Caller


def _save(caller: Caller, name: str = "Mine", query: str = "state=draft", page: str = "jobs"):  # type: ignore[no-untyped-def]
    address = reverse("filter-save", args=[page])
    return caller.as_browser.post(address, {"name": name, "query": query}, follow=True)


def test_a_selection_is_kept_and_leads_back_to_itself(member: Caller) -> None:
    answer = _save(member, query="state=running&project=demo")
    assert answer.redirect_chain == [(f"{reverse('jobs')}?project=demo&state=running", 302)]
    page = member.as_browser.get(reverse("jobs")).content.decode()
    assert f'href="{reverse("jobs")}?project=demo&amp;state=running">Mine</a>' in page


def test_the_selection_that_is_shown_is_marked_and_not_offered_again(member: Caller) -> None:
    _save(member, query="state=running")
    page = member.as_browser.get(reverse("jobs") + "?project=&state=running").content.decode()
    assert 'aria-current="true">Mine</a>' in page
    assert "Keep this selection" not in page
    other = member.as_browser.get(reverse("jobs") + "?state=failed").content.decode()
    assert 'aria-current="true">Mine</a>' not in other
    assert "Keep this selection" in other


def test_without_filters_there_is_nothing_to_keep(member: Caller) -> None:
    assert "Keep this selection" not in member.as_browser.get(reverse("jobs")).content.decode()
    assert "Nothing is filtered" in _save(member, query="state=").content.decode()
    assert not SavedFilter.objects.exists()


def test_where_one_stood_in_the_list_is_not_kept(member: Caller) -> None:
    _save(member, query="state=running&before=abc&format=csv")
    assert SavedFilter.objects.get().query == "state=running"


def test_a_name_that_there_is_gets_the_new_selection(member: Caller) -> None:
    _save(member, query="state=running")
    _save(member, query="state=failed")
    assert SavedFilter.objects.get().query == "state=failed"


def test_two_lists_may_use_the_same_name(member: Caller) -> None:
    _save(member, page="jobs")
    _save(member, page="requests")
    assert SavedFilter.objects.count() == 2


@pytest.mark.parametrize("page", ["overview", "no-such-page", "job"])
def test_only_lists_have_selections(member: Caller, page: str) -> None:
    assert _save(member, page=page).status_code == 404
    assert not SavedFilter.objects.exists()


def test_the_twenty_first_is_refused_with_a_sentence(member: Caller) -> None:
    for number in range(MOST):
        save_filter(
            by=member.user, page="jobs", name=f"n{number}", query="state=draft", now=make.now()
        )
    assert "Twenty saved filters" in _save(member, name="one more").content.decode()
    assert _save(member, name="n3", query="state=failed").status_code == 200
    assert SavedFilter.objects.get(name="n3").query == "state=failed"
    assert SavedFilter.objects.count() == MOST


@pytest.mark.parametrize("name", ["", " ", "x" * 61])
def test_a_name_that_is_none_is_refused_and_the_list_stays(member: Caller, name: str) -> None:
    answer = _save(member, name=name, query="state=running")
    assert answer.redirect_chain == [(f"{reverse('jobs')}?state=running", 302)]
    assert 'class="note bad' in answer.content.decode()
    assert not SavedFilter.objects.exists()


def test_a_selection_is_deleted(member: Caller) -> None:
    _save(member)
    saved = SavedFilter.objects.get()
    answer = member.as_browser.post(reverse("filter-drop", args=[saved.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("jobs"), 302)]
    assert not SavedFilter.objects.exists()


def test_nobody_elses_selection_is_there(member: Caller, lead: Caller) -> None:
    _save(member, name="Geheim")
    saved = SavedFilter.objects.get()
    address = reverse("filter-drop", args=[saved.pk])
    assert lead.as_browser.post(address).status_code == 404
    assert "Geheim" not in lead.as_browser.get(reverse("jobs")).content.decode()
    assert SavedFilter.objects.exists()


def test_an_address_of_another_site_leads_to_the_list_alone(member: Caller) -> None:
    answer = _save(member, query="//evil.example/?x=1")
    [(address, _status)] = answer.redirect_chain
    assert address.startswith(f"{reverse('jobs')}?")


@given(st.text(max_size=200))
def test_keeping_what_was_kept_changes_nothing(query: str) -> None:
    assert kept_of(kept_of(query)) == kept_of(query)
