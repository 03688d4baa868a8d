"""A job of which the cluster said nothing: its operator lets it be handed over again."""

from __future__ import annotations

import pytest
from django.urls import reverse

from compute.models import Allocation, Cluster, Job
from projects.models import Event
from tests import make
from tests.conftest import Caller


@pytest.fixture
def job(cluster: Cluster) -> Job:
    """Five attempts were not answered."""
    allocation: Allocation = make.make_allocation(pool=make.make_pool(cluster))
    job = make.make_job(allocation)
    Job.objects.filter(pk=job.pk).update(state="unknown", attempts=5)
    return job


def _allowed(job: Job) -> int:
    job.refresh_from_db()
    return job.attempts_allowed


def test_five_more_attempts_are_allowed(operator: Caller, job: Job) -> None:
    answer = operator.post(f"jobs/{job.pk}/send-again")
    assert (answer.status_code, _allowed(job)) == (200, 10)
    assert Event.objects.get(kind="send_again").actor == operator.user


def test_asking_twice_allows_no_more(operator: Caller, job: Job) -> None:
    operator.post(f"jobs/{job.pk}/send-again")
    answer = operator.post(f"jobs/{job.pk}/send-again")
    assert (answer.status_code, _allowed(job)) == (409, 10)
    assert "Nothing is to be decided" in answer.json()["detail"]


@pytest.mark.parametrize("state", ["new", "sending", "running", "cancelled"])
def test_a_job_that_is_not_in_their_hands_is_left_alone(
    operator: Caller, job: Job, state: str
) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)
    answer = operator.post(f"jobs/{job.pk}/send-again")
    assert (answer.status_code, _allowed(job)) == (409, 5)


def test_one_whose_end_was_asked_for_is_not_sent(operator: Caller, job: Job) -> None:
    operator.post(f"jobs/{job.pk}/cancel")
    assert operator.post(f"jobs/{job.pk}/send-again").status_code == 409


def test_its_owner_may_cancel_and_not_decide(job: Job) -> None:
    owner = Caller(job.submitted_by, make.make_token(job.submitted_by))
    assert owner.post(f"jobs/{job.pk}/send-again").status_code == 403
    assert _allowed(job) == 5


def test_to_a_stranger_it_is_not_there(stranger: Caller, job: Job) -> None:
    assert stranger.post(f"jobs/{job.pk}/send-again").status_code == 404


def test_the_page_offers_it_until_it_was_decided(operator: Caller, job: Job) -> None:
    page, browser = reverse("job", args=[job.pk]), operator.as_browser
    text = browser.get(page).content.decode()
    assert "Hand it over again" in text
    assert "Look for its name on the cluster" in text
    browser.post(reverse("job-send-again", args=[job.pk]))
    assert "Hand it over again" not in browser.get(page).content.decode()
    assert _allowed(job) == 10
