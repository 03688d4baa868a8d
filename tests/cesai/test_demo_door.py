"""The demonstration's door without a password: shut everywhere else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests import make
from tests.conftest import Caller, new_client


@pytest.fixture
def demo(settings: Any) -> None:
    settings.DEMO = True


def _go(name: str, client: Client | None = None) -> tuple[int, str]:
    """The answer's status, and as whom one is logged in afterwards."""
    client = client or new_client()
    answer = client.post(reverse("demo_continue"), {"user": name} if name else {})
    return answer.status_code, client.session.get("_auth_user_id", "")


@pytest.mark.usefixtures("demo")
def test_in_the_demonstration_one_goes_on_as_one_of_its_people(
    lead: Caller, stranger: Caller
) -> None:
    assert _go("lead") == (302, str(lead.user.pk))
    assert _go("stranger") == (302, str(stranger.user.pk))


def test_elsewhere_nobody_is_let_in(lead: Caller) -> None:
    assert _go("lead") == (404, "")


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("name", ["", "somebody", "lead ", "LEAD"])
def test_who_is_none_of_its_people_is_not_let_in(lead: Caller, name: str) -> None:
    make.make_user("somebody")
    assert _go(name) == (404, "")


@pytest.mark.usefixtures("demo")
def test_one_of_its_people_who_is_not_there_is_nobody(lead: Caller) -> None:
    assert _go("quota_admin") == (404, "")


@pytest.mark.usefixtures("demo")
def test_another_site_cannot_send_people_through_it(lead: Caller) -> None:
    assert _go("lead", Client(enforce_csrf_checks=True))[0] == 403


@pytest.mark.usefixtures("demo")
def test_it_is_no_link(lead: Caller) -> None:
    assert new_client().get(reverse("demo_continue")).status_code == 405
