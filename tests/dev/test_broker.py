"""The Redis of demo and tests speaks to Celery's library on a private socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection
from redis import Redis

from dev.broker import Broker


@pytest.fixture
def broker(open_directory: Path) -> Iterator[Broker]:
    server = Broker(open_directory / "broker", "nobody")
    server.start()
    yield server
    server.stop()


def test_a_message_sent_by_celerys_library_arrives(broker: Broker) -> None:
    with Connection(broker.url) as connection:
        queue = connection.SimpleQueue("doorbell")
        queue.put({"ring": 1})
        assert queue.get(timeout=5).payload == {"ring": 1}
        queue.close()


def test_it_listens_on_its_socket_alone(broker: Broker) -> None:
    with Redis.from_url(broker.redis_url, decode_responses=True) as client:
        assert client.config_get("port") == {"port": "0"}
    assert broker.directory.stat().st_mode & 0o077 == 0


def test_stopping_it_leaves_nothing_running(broker: Broker) -> None:
    broker.stop()
    assert not broker.socket.exists()
