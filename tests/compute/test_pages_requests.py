"""Pages of requests: asking, handing in and deciding in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from compute.models import Pool, Request, RequestLine
from projects.models import Project
from projects.roles import Role
from tests import make
from tests.conftest import Caller


@pytest.fixture
def typed(project: Project, pool: Pool) -> dict[str, Any]:
    """A filled-in form with one line; its second line is left blank."""
    return {
        "project": project.pk,
        "purpose": "evaluation",
        "justification": "38 GPU-h a run",
        "lines-TOTAL_FORMS": 2,
        "lines-INITIAL_FORMS": 0,
        "lines-0-pool": pool.pk,
        "lines-0-gpu_hours": "12.5",
        "lines-0-start": make.today().isoformat(),
        "lines-0-end": "2099-01-01",
    }


def _page(request: Request) -> str:
    return reverse("request", args=[request.pk])


def test_a_filled_in_form_becomes_a_draft(lead: Caller, typed: dict[str, Any]) -> None:
    typed["lines-0-end"] = make.today().replace(year=make.today().year + 1).isoformat()
    answer = lead.as_browser.post("/requests/new/", typed)
    request = Request.objects.get()
    assert answer.headers["Location"] == _page(request)
    assert (request.state, request.lines.get().gpu_seconds) == ("draft", 45000)


def test_what_is_refused_stands_on_the_form_with_all_that_was_typed(
    lead: Caller, typed: dict[str, Any]
) -> None:
    answer = lead.as_browser.post("/requests/new/", typed)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "the window may be five years long at most" in text
    assert "38 GPU-h a run" in text
    assert 'value="12.5"' in text


def test_an_amount_that_is_none_is_told_beside_its_field(
    lead: Caller, typed: dict[str, Any]
) -> None:
    answer = lead.as_browser.post("/requests/new/", {**typed, "lines-0-gpu_hours": "0"})
    assert answer.status_code == 400
    assert "An amount above 0 with at most 4 decimals." in answer.content.decode()
    assert not Request.objects.exists()


def test_a_member_is_not_offered_a_project_to_ask_for(member: Caller, project: Project) -> None:
    text = member.as_browser.get("/requests/new/").content.decode()
    assert "You lead no project." in text
    assert str(project.pk) not in text


def test_handing_in_too_early_says_what_is_missing(
    lead: Caller, project: Project, pool: Pool
) -> None:
    draft = make.make_request(project, pool, submitted=False, purpose="training")
    answer = lead.as_browser.post(reverse("request-submit", args=[draft.pk]), {})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "names the model it is for" in text
    assert "Say why you do not reuse" in text


def test_part_of_a_request_is_awarded(quota_admin: Caller, handed_in: Request) -> None:
    line = handed_in.lines.get()
    form = {f"line-{line.pk}": "60", "reason": "for the pilot"}
    quota_admin.as_browser.post(reverse("request-award", args=[handed_in.pk]), form)
    text = quota_admin.as_browser.get(_page(handed_in)).content.decode()
    assert "60 of 100 GPU-h awarded" in text
    assert "for the pilot" in text


def test_more_than_was_asked_is_refused_and_stays_typed(
    quota_admin: Caller, handed_in: Request
) -> None:
    line = handed_in.lines.get()
    form = {f"line-{line.pk}": "160", "reason": "generous"}
    answer = quota_admin.as_browser.post(reverse("request-award", args=[handed_in.pk]), form)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="160"' in text
    assert "generous" in text


def test_who_comes_second_reads_who_decided(
    quota_admin: Caller, caller: Callable[..., Caller], handed_in: Request
) -> None:
    second = caller(make.make_staff(Role.QUOTA_ADMIN, "second"))
    form = {f"line-{handed_in.lines.get().pk}": "60"}
    address = reverse("request-award", args=[handed_in.pk])
    quota_admin.as_browser.post(address, form)
    answer = second.as_browser.post(address, form)
    assert answer.status_code == 409
    assert "This request is awarded already (quota_admin" in answer.content.decode()


def test_a_reason_is_needed_to_deny(quota_admin: Caller, handed_in: Request) -> None:
    answer = quota_admin.as_browser.post(reverse("request-deny", args=[handed_in.pk]), {})
    assert answer.status_code == 400
    assert "Give the applicants a reason." in answer.content.decode()


def test_the_capacity_stands_before_and_after(quota_admin: Caller, handed_in: Request) -> None:
    text = quota_admin.as_browser.get(_page(handed_in)).content.decode()
    assert "capacity before and after" in text
    assert "<svg" in text
    assert "1,000" in text


def test_a_stranger_finds_no_request(stranger: Caller, handed_in: Request) -> None:
    assert stranger.as_browser.get(_page(handed_in)).status_code == 404
    assert str(handed_in.pk) not in stranger.as_browser.get("/requests/").content.decode()


def test_the_model_is_named_only_to_those_who_may_see_it(
    lead: Caller, caller: Callable[..., Caller], project: Project, pool: Pool
) -> None:
    model = make.make_model(project, name="Hidden-1B", visibility="group")
    request = make.make_request(project, pool, model=model)
    other = make.make_group()
    make.join(project, other)
    partner = caller(make.make_member(other))
    assert "Hidden-1B" in lead.as_browser.get(_page(request)).content.decode()
    assert "Hidden-1B" not in partner.as_browser.get(_page(request)).content.decode()


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_however_long_it_is(
    lead: Caller,
    project: Project,
    pool: Pool,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _each in range(count):
        make.make_request(project, pool, submitted=False)
    browser = lead.as_browser
    with django_assert_num_queries(6):
        answer = browser.get("/requests/")
    assert ("Older" in answer.content.decode()) == (count > 50)


def test_pages_of_the_list_follow_one_another(lead: Caller, project: Project, pool: Pool) -> None:
    made = {str(make.make_request(project, pool, submitted=False).pk) for _each in range(60)}
    browser = lead.as_browser
    first = browser.get("/requests/").context["page"]
    second = browser.get(f"/requests/{first.following}").context["page"]
    assert len(first.rows) == 50
    assert {str(row.pk) for row in [*first.rows, *second.rows]} == made


@pytest.mark.parametrize("query", ["state=no", "before=x", "before=" + "0" * 32])
def test_a_filter_that_no_link_has_is_not_there(lead: Caller, query: str) -> None:
    assert lead.as_browser.get(f"/requests/?{query}").status_code == 404


def _titles(caller: Caller, **query: str) -> set[str]:
    page = caller.as_browser.get(reverse("requests"), query).content.decode()
    return {title for title in ("Klein", "Gross") if title in page}


@pytest.fixture
def two(lead: Caller, project: Project) -> list[Request]:
    """A small request of this week and a large one, on another pool, of last month."""
    group = project.lead_group
    rows = []
    for title, hours, days in (("Klein", 10, 1), ("Gross", 1000, 40)):
        effort = make.make_project(group, slug=title.lower(), title=title)
        row = make.make_request(effort, make.make_pool(), gpu_hours=hours)
        Request.objects.filter(pk=row.pk).update(submitted_at=make.now() - timedelta(days))
        rows.append(row)
    return rows


def test_requests_of_a_size_at_least(lead: Caller, two: list[Request]) -> None:
    assert _titles(lead, least="1000") == {"Gross"}
    assert _titles(lead, least="10") == {"Klein", "Gross"}
    assert _titles(lead, least="1000.5") == set()


def test_requests_that_wait_for_long(lead: Caller, two: list[Request]) -> None:
    assert _titles(lead, waiting="30") == {"Gross"}
    assert _titles(lead, waiting="") == {"Klein", "Gross"}


def test_requests_for_a_pool_show_all_they_ask_for(lead: Caller, two: list[Request]) -> None:
    line = two[0].lines.get()
    RequestLine.objects.create(
        request=two[0], pool=make.make_pool(), start=line.start, end=line.end,
        gpu_seconds=line.gpu_seconds, position=1,
    )  # fmt: skip
    page = lead.as_browser.get(reverse("requests"), {"pool": line.pool.slug}).content.decode()
    assert "Klein" in page
    assert "Gross" not in page
    assert "20" in page.split("Klein")[1]  # the sum over both lines


def _listed(caller: Caller, query: str = "") -> list[str]:
    page = caller.as_browser.get(reverse("request-new") + query).content.decode()
    field = page.split('id="id_model"')[1].split("</select>")[0]
    return re.findall(r'<option value="([^"]+)"', field)


def test_a_choice_lists_the_newest_and_the_one_that_was_chosen(
    lead: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.pages.MOST_LISTED", 2)
    oldest, middle, newest = (make.make_model(project) for _each in range(3))
    assert _listed(lead) == [str(newest.pk), str(middle.pk)]
    assert "The first 2 are listed" in lead.as_browser.get(reverse("request-new")).content.decode()
    chosen = _listed(lead, f"?model={oldest.pk}")
    assert chosen == [str(newest.pk), str(middle.pk), str(oldest.pk)]


def test_what_is_not_listed_may_be_chosen_all_the_same(
    lead: Caller, project: Project, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects.pages.MOST_LISTED", 1)
    oldest = make.make_model(project)
    make.make_model(project)
    form = {"project": str(project.pk), "purpose": "training", "model": str(oldest.pk),
            "lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0"}  # fmt: skip
    answer = lead.as_browser.post(reverse("request-new"), form)
    assert answer.status_code != 404
    assert "Select a valid choice" not in answer.content.decode()


def test_a_short_choice_lists_all(lead: Caller, project: Project) -> None:
    models = {str(make.make_model(project).pk) for _each in range(3)}
    assert set(_listed(lead)) == models
    assert "are listed" not in lead.as_browser.get(reverse("request-new")).content.decode()
