"""Pages of jobs: submitting in a browser, and what the page of a job tells."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from compute.models import Allocation, ClusterHealth, Job
from projects.models import Project
from tests import make
from tests.conftest import Caller

SCRIPT = "#!/bin/sh\r\n#SBATCH --gpus=1 --time=5\r\ntrue\r\n"


def _form(allocation: Allocation) -> str:
    return reverse("job-submit", args=[allocation.pk])


def _page(job: Job) -> str:
    return reverse("job", args=[job.pk])


def test_a_pasted_script_becomes_a_job_with_unix_line_ends(
    member: Caller, allocation: Allocation
) -> None:
    answer = member.as_browser.post(_form(allocation), {"sbatch": SCRIPT})
    job = Job.objects.get()
    assert answer.headers["Location"] == _page(job)
    assert job.script == SCRIPT.replace("\r\n", "\n")


def test_fields_become_a_job(member: Caller, allocation: Allocation) -> None:
    form = {
        "script": "#!/bin/sh\ntrue\n",
        "gpus": 2,
        "nodes": 1,
        "minutes": 7,
        "environment": "SEED=1\r\nNAME=a=b",
    }
    member.as_browser.post(f"{_form(allocation)}?by=fields", form)
    job = Job.objects.get()
    assert (job.gpus, job.minutes, job.environment) == (2, 7, {"SEED": "1", "NAME": "a=b"})


def test_a_refused_line_is_named_and_the_script_stays(
    member: Caller, allocation: Allocation
) -> None:
    script = SCRIPT.replace("true", "#SBATCH --account=foo\r\ntrue # mine")
    answer = member.as_browser.post(_form(allocation), {"sbatch": script})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "line 3, `--account=foo`" in text
    assert "true # mine" in text
    assert not Job.objects.exists()


def test_too_much_is_refused_with_what_would_fit(member: Caller, allocation: Allocation) -> None:
    script = SCRIPT.replace("--gpus=1 --time=5", "--gpus=8 --time=12:00:00")
    answer = member.as_browser.post(_form(allocation), {"sbatch": script})
    assert answer.status_code == 409
    assert "8 GPUs × 12 h reserve 96 GPU-h; 60 are free" in answer.content.decode()


def test_the_only_allocation_needs_no_choice(member: Caller, allocation: Allocation) -> None:
    assert member.as_browser.get("/jobs/new/").headers["Location"] == _form(allocation)


def test_running_again_begins_with_the_same_script(member: Caller, allocation: Allocation) -> None:
    member.as_browser.post(_form(allocation), {"sbatch": SCRIPT})
    job = Job.objects.get()
    text = member.as_browser.get(f"{_form(allocation)}?again={job.pk}").content.decode()
    assert "#SBATCH --gpus=1 --time=5" in text


def test_a_script_is_read_by_its_submitter_and_leads_alone(
    member: Caller, guest: Caller, lead: Caller, allocation: Allocation
) -> None:
    job = make.make_job(allocation, by=member.user, script="#!/bin/sh\n# canary\n")
    shown = [
        "# canary" in one.as_browser.get(_page(job)).content.decode()
        for one in (member, lead, guest)
    ]
    assert shown == [True, True, False]


def test_a_poll_gets_the_moving_part_and_ends_when_nothing_moves(
    member: Caller, allocation: Allocation
) -> None:
    job = make.make_job(allocation, by=member.user)
    poll = {"HX-Request": "true"}
    moving = member.as_browser.get(_page(job), headers=poll)
    job.move_to("refused", now=make.now(), settled_at=make.now())
    still = member.as_browser.get(_page(job), headers=poll)
    assert (moving.status_code, still.status_code) == (200, 286)
    assert b"<html" not in moving.content


def test_a_silent_cluster_is_told_with_its_time(member: Caller, allocation: Allocation) -> None:
    job = make.make_job(allocation, by=member.user)
    silent = make.now() - timedelta(hours=2)
    ClusterHealth.objects.update(is_up=False, answered_at=silent, unreachable_since=silent)
    text = member.as_browser.get(_page(job)).content.decode()
    assert "Cluster silent since" in text
    assert "2 hours ago" in text.replace("\xa0", " ")


def test_what_was_not_used_is_shown_as_returned(member: Caller, allocation: Allocation) -> None:
    job = make.make_job(allocation, by=member.user, gpus=1, minutes=60)
    job.move_to("cancelled", now=make.now(), used_gpu_seconds=900, settled_at=make.now())
    text = member.as_browser.get(_page(job)).content.decode()
    assert "used <b>0.25</b>" in text
    assert "returned <b>0.75</b>" in text


def test_cancelling_twice_is_told_on_the_error_page_only_when_it_is_over(
    member: Caller, allocation: Allocation
) -> None:
    job = make.make_job(allocation, by=member.user)
    address = reverse("job-cancel", args=[job.pk])
    assert member.as_browser.post(address).status_code == 302
    assert member.as_browser.post(address).status_code == 302
    job.refresh_from_db()
    job.move_to("cancelled", now=make.now())
    answer = member.as_browser.post(address)
    assert answer.status_code == 409
    assert "The job has ended already" in answer.content.decode()


def test_a_stranger_finds_no_job(stranger: Caller, allocation: Allocation) -> None:
    job = make.make_job(allocation)
    assert stranger.as_browser.get(_page(job)).status_code == 404
    assert stranger.as_browser.get(_form(allocation)).status_code == 404
    assert str(job.pk) not in stranger.as_browser.get("/jobs/").content.decode()


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_however_long_it_is(
    member: Caller,
    allocation: Allocation,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _each in range(count):
        make.make_job(allocation)
    browser = member.as_browser
    with django_assert_num_queries(6):
        browser.get("/jobs/")


def test_without_an_allocation_one_reads_what_was_asked_and_waits(
    lead: Caller, project: Project
) -> None:
    new = reverse("job-new")
    assert "Ask for GPU-hours first." in lead.as_browser.get(new).content.decode()
    request = make.make_request(project)
    page = lead.as_browser.get(new).content.decode()
    assert reverse("request", args=[request.pk]) in page
    assert "it waits on the reviewers, due" in page
    assert "Ask for GPU-hours first." not in page


def test_a_poll_takes_the_cancel_button_away_once_it_is_over(
    lead: Caller, allocation: Allocation
) -> None:
    job = make.make_job(allocation, by=lead.user)
    address = reverse("job", args=[job.pk])
    poll = partial(lead.as_browser.get, address, headers={"HX-Request": "true"})
    assert "Cancel the job" in lead.as_browser.get(address).content.decode()
    assert 'id="acts"' not in poll().content.decode()  # a swapped button loses the focus
    Job.objects.filter(pk=job.pk).update(state="completed", ended_at=make.now())
    last = poll().content.decode()
    assert 'id="acts" hx-swap-oob="true"' in last
    assert "Cancel the job" not in last


def test_of_many_allocations_the_newest_are_offered(
    lead: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compute.views.jobs.MOST_OFFERED", 2)
    pool = make.make_pool()
    for _each in range(3):
        make.make_allocation(project, pool, gpu_hours=1)
    page = lead.as_browser.get(reverse("job-new")).content.decode()
    assert page.count("Submit to ") == 2
    assert "There are more:" in page
