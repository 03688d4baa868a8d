"""Rotating the key of credentials while the clusters are online."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from compute.actions.rotation import keys_in_use, rotate_credentials
from compute.models import Cluster, Credential
from projects.models import Event, sealed
from projects.models.sealed import Unreadable
from tests import make

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
BOTH = (("new", NEW), ("old", OLD))


def use(settings: Settings, *pairs: tuple[str, str]) -> None:
    settings.CREDENTIAL_KEYS = pairs
    sealed._ciphers.cache_clear()


@pytest.fixture
def keys(settings: Settings) -> Iterator[Settings]:
    """The old key alone; what a test changes does not stay."""
    use(settings, ("old", OLD))
    yield settings
    sealed._ciphers.cache_clear()


def _tokens() -> dict[str, str]:
    return {row.unix_user: row.token() for row in Credential.objects.all()}


def _run(*args: str) -> str:
    out = StringIO()
    call_command("rotate_credentials", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_all_are_sealed_with_the_first_key_and_say_the_same(
    keys: Settings, cluster: Cluster
) -> None:
    for number in range(3):
        make.deliver(cluster, f"user-{number}")
    before = _tokens()
    use(keys, *BOTH)
    assert rotate_credentials(now=make.now()) == (3, [])
    assert keys_in_use() == {"new": 3}
    use(keys, ("new", NEW))
    assert _tokens() == before


def test_a_second_time_there_is_nothing_to_do(keys: Settings, cluster: Cluster) -> None:
    make.deliver(cluster, "user-1")
    use(keys, *BOTH)
    rotate_credentials(now=make.now())
    assert rotate_credentials(now=make.now()) == (0, [])


def test_more_than_a_batch(
    keys: Settings, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compute.actions.rotation.BATCH", 2)
    for number in range(5):
        make.deliver(cluster, f"user-{number}")
    use(keys, *BOTH)
    assert rotate_credentials(now=make.now()).done == 5


def test_what_no_key_opens_stays_and_is_named(keys: Settings, cluster: Cluster) -> None:
    for number in (1, 2):
        make.deliver(cluster, f"user-{number}")
    lost = Credential.objects.get(unix_user="user-1")
    Credential.objects.filter(pk=lost.pk).update(sealed_token="gone:xyz")
    use(keys, *BOTH)
    done = rotate_credentials(now=make.now())
    assert done.done == 1
    [(row, why)] = done.unreadable
    assert (row, "gone" in why) == (lost, True)
    assert Credential.objects.get(pk=lost.pk).sealed_token == "gone:xyz"


def test_the_log_keeps_it_by_cluster_and_no_secret(keys: Settings, cluster: Cluster) -> None:
    for number in range(2):
        make.deliver(cluster, f"user-{number}")
    secrets = set(_tokens().values())
    use(keys, *BOTH)
    rotate_credentials(now=make.now())
    event = Event.objects.get(kind="rotate_credentials")
    assert event.object_id == cluster.pk
    assert event.changes == {"key": ["old", "new"], "credentials": [None, 2]}
    assert all(secret not in str(event.changes) for secret in secrets)


@pytest.mark.django_db(transaction=True)
def test_no_reader_fails_while_fifty_clusters_are_rotated(keys: Settings) -> None:
    for number in range(50):
        make.deliver(make.make_cluster(), f"user-{number}")
    before = _tokens()
    use(keys, *BOTH)
    over = threading.Event()
    read: list[dict[str, str]] = []
    failed: list[Exception] = []

    def reader() -> None:
        while not over.is_set():
            try:
                read.append(_tokens())
            except Unreadable as error:
                failed.append(error)
        connection.close()

    threads = [threading.Thread(target=reader) for _each in range(4)]
    for thread in threads:
        thread.start()
    rotated = rotate_credentials(now=make.now())
    over.set()
    for thread in threads:
        thread.join()
    assert (rotated.done, failed) == (50, [])
    assert read
    assert all(found == before for found in read)


@pytest.mark.django_db(transaction=True)
def test_a_token_that_is_delivered_meanwhile_is_the_one_that_stays(keys: Settings) -> None:
    cluster = make.make_cluster()
    make.deliver(cluster, "user-1")
    use(keys, *BOTH)
    began, go_on = threading.Event(), threading.Event()

    def deliver() -> None:
        with transaction.atomic():
            row = Credential.objects.select_for_update().get()
            row.seal("delivered")
            row.save()
            began.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=deliver)
    thread.start()
    began.wait(20)

    def rotate() -> None:
        rotate_credentials(now=make.now())
        connection.close()

    rotating = threading.Thread(target=rotate)
    rotating.start()
    go_on.set()
    thread.join()
    rotating.join()
    assert _tokens() == {"user-1": "delivered"}
    assert keys_in_use() == {"new": 1}


def test_the_command_says_what_each_key_holds(keys: Settings, cluster: Cluster) -> None:
    make.deliver(cluster, "user-1")
    use(keys, *BOTH)
    assert _run("--check") == "old: 1\n"
    assert _run() == "1 credentials sealed anew with new.\nnew: 1\n"


def test_the_command_ends_badly_if_one_cannot_be_opened(keys: Settings, cluster: Cluster) -> None:
    make.deliver(cluster, "user-1")
    use(keys, ("new", NEW))
    with pytest.raises(CommandError, match="1 secrets cannot be opened"):
        _run()
