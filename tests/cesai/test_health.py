"""Health: up without asking anybody, ready only with database, migrations and broker."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from tests.conftest import new_client


def test_up_is_said_without_asking_the_database(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = new_client().get("/healthz")

    assert (answer.status_code, answer.content, len(queries)) == (200, b"ok\n", 0)


def test_ready_when_everything_is_there(db: None) -> None:
    answer = new_client().get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})


@pytest.mark.parametrize(
    "gone", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere/redis.sock?virtual_host=0"]
)
def test_not_ready_without_the_broker(db: None, settings: LazySettings, gone: str) -> None:
    settings.BROKER_URL = gone

    answer = new_client().get("/readyz")

    assert (answer.status_code, answer.json()["missing"]) == (503, ["broker"])


@pytest.mark.parametrize("app", ["projects", "registry", "compute", "sessions"])
def test_not_ready_while_a_migration_is_missing(db: None, app: str) -> None:
    MigrationRecorder(connection).migration_qs.filter(app=app).delete()

    answer = new_client().get("/readyz")

    assert (answer.status_code, answer.json()["missing"]) == (503, ["migrations"])


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_the_database() -> None:
    known, options = connection.settings_dict["HOST"], connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict.update(HOST="/nowhere", OPTIONS={})
    try:
        answer = new_client().get("/readyz")
    finally:
        connection.close()
        connection.settings_dict.update(HOST=known, OPTIONS=options)

    assert (answer.status_code, answer.json()["missing"]) == (503, ["database"])


def test_a_stranger_learns_names_of_parts_and_nothing_of_their_places(
    db: None, settings: LazySettings
) -> None:
    settings.BROKER_URL = "redis://user:secret@127.0.0.1:1/0"

    assert new_client().get("/readyz").content == b'{"ready": false, "missing": ["broker"]}'
