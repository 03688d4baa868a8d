"""A web process is killed in the middle of a call: repeated, it has one effect and one answer."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev import places
from dev.background import Background
from dev.demo.portal import WEB
from projects.models import Event, Group, Project, StoredAnswer
from registry.models import Dataset, ExchangeKey
from tests import make
from tests.beside import environment
from tests.conftest import Caller
from tests.faults.points import COMMITTED, DONE, LINE_KEPT, TAKEN
from tests.registry.exchanging import written

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = 3


class Web(Background):
    """Gunicorn with several processes on the test's database; one is killed where it is told."""

    name, title, path = "web", "gunicorn", "/healthz"

    def __init__(self, directory: Path, surroundings: dict[str, str]) -> None:
        super().__init__(directory)
        self.orders = directory / "orders"
        self._environment = {
            **surroundings,
            "CESAI_BIND": f"127.0.0.1:{self.port}",
            "CESAI_WEB_WORKERS": str(PROCESSES),
            "CESAI_WEB_THREADS": "8",
            "KILL_ORDERS": str(self.orders),
            "TMPDIR": str(directory),
        }
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def command(self) -> tuple[Sequence[str | Path], Mapping[str, str], Path]:
        program, *arguments = WEB
        arguments[arguments.index("cesai.wsgi")] = "tests.faults.killed_web:application"
        command: list[str | Path] = [Path(sys.executable).parent / program, *arguments]
        return command, self._environment, places.ROOT

    def kill_at(self, point: str, *, after: int = 0) -> None:
        """The next process that comes there, or after so many times, is killed."""
        self.orders.write_text(f"{point}\n{after}\n")

    def post(self, caller: Caller, body: Any, key: str, path: str = "projects/") -> httpx.Response:
        """One call on a connection of its own. Raises TransportError if nobody answers."""
        headers = {"Authorization": f"Bearer {caller.token}", "Connection": "close"}
        headers |= {"Idempotency-Key": key} if key else {}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        return self.http.post(
            f"/api/v1/{path}", content=content, headers={**headers, "Content-Type": kind}
        )


@pytest.fixture(scope="module")
def running(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with Web(tmp_path_factory.mktemp("web"), environment()) as web:
        yield web
        web.http.close()


@pytest.fixture
def web(running: Web) -> Iterator[Web]:
    yield running
    assert not running.orders.exists(), "nobody came to the point"


def _new(group: Group, slug: str = "new") -> dict[str, Any]:
    return {"lead_group": str(group.pk), "slug": slug, "title": "New"}


def _lost(web: Web, caller: Caller, group: Group, key: str, point: str) -> None:
    """A call whose process is killed there, so that its caller hears nothing."""
    web.kill_at(point)
    with pytest.raises(httpx.TransportError):
        web.post(caller, _new(group), key)


def _effects() -> tuple[int, int]:
    return Project.objects.count(), Event.objects.filter(kind="create_project").count()


def test_killed_after_the_commit_the_repeated_call_gets_the_stored_answer(
    web: Web, lead: Caller, group: Group
) -> None:
    key = make.key()
    _lost(web, lead, group, key, COMMITTED)
    assert _effects() == (1, 1)

    again = web.post(lead, _new(group), key)

    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
    assert again.json()["id"] == str(Project.objects.get().pk)
    assert again.content == bytes(StoredAnswer.objects.get().body)
    assert _effects() == (1, 1)


@pytest.mark.parametrize("point", [TAKEN, DONE])
def test_killed_before_the_commit_the_repeated_call_does_it_once(
    web: Web, lead: Caller, group: Group, point: str
) -> None:
    key = make.key()
    _lost(web, lead, group, key, point)
    assert _effects() == (0, 0)
    assert not StoredAnswer.objects.exists()

    second, third = (web.post(lead, _new(group), key) for _ in range(2))

    assert (second.status_code, "Idempotency-Replayed" in second.headers) == (201, False)
    assert (third.content, third.headers.get("Idempotency-Replayed")) == (second.content, "true")
    assert _effects() == (1, 1)


@pytest.mark.parametrize("point", [DONE, COMMITTED])
def test_whoever_was_killed_another_body_under_the_key_is_refused_once_it_is_done(
    web: Web, lead: Caller, group: Group, point: str
) -> None:
    key = make.key()
    _lost(web, lead, group, key, point)
    web.post(lead, _new(group), key)

    assert web.post(lead, _new(group, "other"), key).status_code == 422
    assert _effects() == (1, 1)


def test_twenty_identical_calls_to_several_processes_have_one_effect_and_one_answer(
    web: Web, lead: Caller, group: Group
) -> None:
    key = make.key()

    answers = _at_once(web, lead, group, key)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer for answer in answers if "Idempotency-Replayed" in answer.headers]
    assert len(replayed) == 19
    assert len({answer.headers["X-Process"] for answer in answers}) > 1
    assert _effects() == (1, 1)
    assert web.post(lead, _new(group, "other"), key).status_code == 422


@pytest.mark.parametrize("point", [DONE, COMMITTED])
def test_a_process_killed_among_twenty_identical_calls_leaves_one_effect_and_one_answer(
    web: Web, lead: Caller, group: Group, point: str
) -> None:
    key = make.key()
    web.kill_at(point)

    answers = _at_once(web, lead, group, key)

    answered = [answer for answer in answers if answer is not None]
    assert 1 <= len(answered) < 20
    answered += [web.post(lead, _new(group), key) for _ in range(20 - len(answered))]
    assert {answer.status_code for answer in answered} == {201}
    assert len({answer.content for answer in answered}) == 1
    assert _effects() == (1, 1)


def test_killed_in_a_push_what_was_kept_is_unchanged_in_the_next(
    web: Web, lead: Caller, group: Group
) -> None:
    body = written(*({"type": "dataset", "key": f"d{n}", "name": f"D{n}"} for n in range(9)))
    path = f"catalogue/?group={group.pk}"
    web.kill_at(LINE_KEPT, after=4)
    with pytest.raises(httpx.TransportError):
        web.post(lead, body, "", path)
    assert Dataset.objects.count() == ExchangeKey.objects.count() == 5

    again = [json.loads(line) for line in web.post(lead, body, "", path).text.splitlines()]

    assert [line.get("status") for line in again] == [
        *["unchanged"] * 5, *["created"] * 4, None
    ]  # fmt: skip
    assert Event.objects.filter(kind="register_dataset").count() == 9


def test_the_lines_of_a_push_are_answered_while_it_goes_on(
    web: Web, lead: Caller, group: Group
) -> None:
    body = written(*({"type": "dataset", "key": f"d{n}", "name": f"D{n}"} for n in range(60)))
    headers = {"Authorization": f"Bearer {lead.token}", "Content-Type": "application/x-ndjson"}
    path = f"/api/v1/catalogue/?group={group.pk}"

    times = []
    with web.http.stream("POST", path, content=body, headers=headers) as answer:
        for _line in answer.iter_lines():
            times.append(time.monotonic())

    assert len(times) == 61
    assert len({round(at, 3) for at in times}) > 10


def _at_once(web: Web, caller: Caller, group: Group, key: str) -> list[Any]:
    """Twenty identical calls; None for one that nobody answered."""

    def call(_number: int) -> httpx.Response | None:
        try:
            return web.post(caller, _new(group), key)
        except httpx.TransportError:
            return None

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(call, range(20)))
