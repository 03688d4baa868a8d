"""A worker is killed while a receiver answers: the delivery comes again, and none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from projects.models import Group, Project, User, Webhook
from projects.roles import Role
from tests import make
from tests.beside import environment
from tests.projects.hooks import go, happen, make_hook
from tests.receivers import OPEN, Receiver, authority_file

pytestmark = pytest.mark.django_db(transaction=True)
PASS = """
import django, sys
django.setup()
from uuid import UUID
from projects.actions.delivering import deliver_webhook
print("begun", flush=True)
deliver_webhook(UUID(sys.argv[1]))
"""


@pytest.fixture
def owner() -> User:
    return make.make_member(make.make_group(), Role.LEAD)


@pytest.fixture
def project(owner: User) -> Project:
    [group] = owner.standing.group_roles
    return make.make_project(Group.objects.get(pk=group))


def _pass(hook: Webhook) -> subprocess.Popen[str]:
    values = environment(CESAI_OUTGOING_ALLOW=f"{OPEN}/32", CESAI_OUTGOING_CA=authority_file())
    return subprocess.Popen(
        [sys.executable, "-c", PASS, str(hook.pk)],
        env=values,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_what_was_sent_but_not_noted_is_sent_again_with_the_same_id(
    there: Receiver, owner: User, project: Project
) -> None:
    hook = make_hook(owner, there.url, kinds=["award", "appeal"])
    happen(project, "award", "appeal")
    has_come, answer = threading.Event(), threading.Event()

    def hold() -> None:
        has_come.set()
        answer.wait(20)

    there.on_call = hold
    worker = _pass(hook)
    assert has_come.wait(60)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    answer.set()
    there.on_call = lambda: None

    assert go(hook) == 0  # its lease still holds
    Webhook.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert go(hook) == 2
    assert there.kinds == ["award", "award", "appeal"]
    first, second, _third = there.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_one_that_was_stopped_for_longer_than_its_lease_does_no_harm(
    there: Receiver, owner: User, project: Project
) -> None:
    hook = make_hook(owner, there.url, kinds=["award"])
    happen(project, "award")
    has_come, answer = threading.Event(), threading.Event()

    def hold() -> None:
        has_come.set()
        answer.wait(20)

    there.on_call = hold
    worker = _pass(hook)
    assert has_come.wait(60)
    os.kill(worker.pid, signal.SIGSTOP)
    answer.set()
    there.on_call = lambda: None
    Webhook.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert go(hook) == 1
    os.kill(worker.pid, signal.SIGCONT)
    worker.wait(30)

    hook.refresh_from_db()
    assert hook.deliveries.get().state == "delivered"
    assert hook.state == "active"
