"""Secrets in use leave no trace: not in logs, tables, the broker, answers or a fault's lines."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command

from compute.models import Allocation, Cluster, ClusterOperator, Credential
from dev.simulator.faults import Fault
from projects.actions.groups import invite_member
from projects.doorbell import ring
from projects.models import sealed
from projects.roles import Role
from tests import make
from tests.compute.sync.site import CONTROL, Site, submit
from tests.conftest import Caller, Log, new_client
from tests.stored import stored


@pytest.fixture
def secrets(site: Site, allocation: Allocation, log: Log) -> dict[str, str]:
    """One of each kind, by what it is; each was used, and each call on the way failed once."""
    lead = allocation.project.created_by
    for fault in Fault:
        submit(allocation)
        for path in ("/submit", "/jobs", "/job/", "/ping", "/accounts"):
            site.plan(fault, path)
        for _ in range(2):
            site.sync()
    rows = Credential.objects.filter(cluster=site.cluster)
    tokens = {f"credential of {row.unix_user}": row.token() for row in rows}
    assert len(tokens) == 2
    caller = Caller(lead, make.make_token(lead))
    assert caller.get("/api/v1/jobs/").status_code == 200
    group = allocation.project.lead_group
    _door, secret = invite_member(
        by=lead, group=group, email="x@y.example", role="guest", now=make.now()
    )
    new_client().get(f"/invitations/{secret}/")
    return {**tokens, "access token": caller.token, "invitation": secret}


def _found(secrets: dict[str, str], text: str) -> list[str]:
    """What stands in the text, in whole or by its telling end."""
    return [what for what, secret in secrets.items() if secret[-20:] in text]


def test_no_line_of_the_log_holds_one(secrets: dict[str, str], log: Log) -> None:
    text = log.text
    assert "unanswered" in text  # the faults were told
    assert _found(secrets, text) == []


def test_no_table_holds_one(secrets: dict[str, str]) -> None:
    for table, text in stored().items():
        assert _found(secrets, text) == [], table


@pytest.mark.django_db(transaction=True)
def test_the_broker_holds_none(secrets: dict[str, str], site: Site) -> None:
    ring("compute.sync", site.cluster.slug)
    channel: Any = current_app.connection_for_read().default_channel
    broker = channel.client
    held = b""
    for key in broker.scan_iter():
        kind = broker.type(key)
        if kind == b"list":
            held += b"".join(broker.lrange(key, 0, -1))
        elif kind == b"string":
            held += broker.get(key)
    assert site.cluster.slug.encode() in held or b"compute" in held
    assert _found(secrets, held.decode(errors="replace")) == []


def test_no_answer_holds_one(secrets: dict[str, str], site: Site, allocation: Allocation) -> None:
    operator = ClusterOperator.objects.filter(cluster=site.cluster).first()
    assert operator
    people = [operator.user, make.make_staff(Role.AUDITOR), allocation.project.created_by]
    for user in people:
        caller = Caller(user, make.make_token(user))
        told = [
            caller.get(path).content.decode()
            for path in (
                f"/api/v1/clusters/{site.cluster.slug}/",
                f"/api/v1/clusters/{site.cluster.slug}/credentials/",
                "/api/v1/events/",
                "/api/v1/tokens/",
                "/api/v1/jobs/",
            )
        ]
        browser = caller.as_browser
        for path in (f"/clusters/{site.cluster.slug}/", "/audit/", "/audit/?format=csv"):
            told.append(browser.get(path).getvalue().decode())
        assert _found(secrets, "\n".join(told)) == []


def test_a_fault_while_one_is_delivered_tells_none(
    cluster: Cluster, log: Log, settings: Any
) -> None:
    operator = make.make_operator(cluster)
    caller = Caller(operator, make.make_token(operator))
    token = make.make_jwt(CONTROL)
    settings.CREDENTIAL_KEYS = []
    sealed._ciphers.cache_clear()
    try:
        path = f"/api/v1/clusters/{cluster.slug}/credentials/{CONTROL}/"
        answer = caller.put(path, {"kind": "control", "token": token})
    finally:
        sealed._ciphers.cache_clear()
    assert answer.status_code == 500
    secrets = {"credential": token, "access token": caller.token}
    assert "request_failed" in log.text
    assert _found(secrets, log.text + answer.content.decode()) == []


def test_the_command_that_lists_what_it_did_tells_none(
    secrets: dict[str, str], site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sync_cluster", site.cluster.slug)
    call_command("rotate_credentials", check=True)
    said = capsys.readouterr()
    assert said.out
    assert _found(secrets, said.out + said.err) == []
