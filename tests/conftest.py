"""The cast: the people of every test, and the ways in which they call the portal."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.test.client import ClientHandler
from playwright.sync_api import Browser, sync_playwright

from compute.models import Allocation, Cluster, Pool, Request
from projects.models import Group, Project, User
from projects.roles import Role
from tests import make
from tests.receivers import OPEN, Receiver, authority_file, receiver


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long`: also what takes hours."""
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long ones out unless asked for."""
    skip = pytest.mark.skip(reason="runs in `make test-long`")
    for item in items:
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(skip)


QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files() -> Iterator[None]:
    """Pages name static files as they lie here; hashed names are there once collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if not program:
        pytest.fail("chromium is missing: `make prepare` installs it")
    # Playwright's own event loop lives in this thread; our calls are synchronous all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass(frozen=True)
class Caller:
    """One person's way into the API, by token; `as_browser` is their logged-in browser."""

    user: User
    token: str

    def get(self, path: str, **headers: str) -> Any:
        return self._call("get", path, None, headers)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """POST with a fresh Idempotency-Key unless one is given ("" sends none)."""
        chosen = make.key() if key is None else key
        return self._call("post", path, body or {}, self._with_key(chosen, headers))

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self._call("put", path, body, self._with_key(make.key(), headers))

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._call("patch", path, body, self._with_key(make.key(), headers))

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._call("delete", path, body, self._with_key(make.key(), headers))

    @property
    def as_browser(self) -> Client:
        client = new_client()
        client.raise_request_exception = True
        client.force_login(self.user)
        return client

    def _with_key(self, key: str, headers: dict[str, str]) -> dict[str, str]:
        return {**headers, "Idempotency-Key": key} if key else headers

    def _call(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        is_lines = isinstance(body, bytes)
        data = {} if body is None else {"data": body if is_lines else json.dumps(body)}
        if method != "get":
            data["content_type"] = "application/x-ndjson" if is_lines else "application/json"
        send = getattr(new_client(), method)
        address = path if path.startswith("/") else f"/api/v1/{path}"
        return send(address, headers={"Authorization": f"Bearer {self.token}", **headers}, **data)


@cache
def _handler() -> ClientHandler:
    """Loading the middleware looks at every static file; once is enough."""
    handler = ClientHandler(enforce_csrf_checks=False)
    handler.load_middleware()
    return handler


def new_client() -> Client:
    """Somebody who has not signed in; a fault of the portal is an answer, as it is outside."""
    client = Client(raise_request_exception=False)
    client.handler = _handler()
    return client


OF_THE_MOMENT = ("X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset")


def headers_of(answer: Any) -> dict[str, str]:
    """An answer's headers but its id and what is left of the caller's calls, as at that moment."""
    return {name: value for name, value in answer.items() if name not in OF_THE_MOMENT}


def calls_as(user: User, scope: str = "write") -> Caller:
    """A caller with a fresh token."""
    return Caller(user, make.make_token(user, scope))


class Log:
    """What was logged from information on, in the form in which every process writes it."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        [console] = [h for h in logging.getLogger().handlers if h.name == "console"]
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(console.formatter)

    @property
    def text(self) -> str:
        """All of it."""
        return self._stream.getvalue()

    def lines(self, logger: str) -> list[dict[str, Any]]:
        """The lines of one logger."""
        found = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in found if line["logger"] == logger]


@pytest.fixture
def log() -> Iterator[Log]:
    root, log = logging.getLogger(), Log()
    level = root.level
    root.addHandler(log.handler)
    root.setLevel("INFO")
    yield log
    root.setLevel(level)
    root.removeHandler(log.handler)


@pytest.fixture
def group(db: None) -> Group:
    """The group of `lead`, `member` and `guest`."""
    return make.make_group(name="Ours")


@pytest.fixture
def lead(group: Group) -> Caller:
    return calls_as(make.make_member(group, Role.LEAD, "lead"))


@pytest.fixture
def member(group: Group) -> Caller:
    return calls_as(make.make_member(group, Role.MEMBER, "member"))


@pytest.fixture
def guest(group: Group) -> Caller:
    return calls_as(make.make_member(group, Role.GUEST, "guest"))


@pytest.fixture
def project(lead: Caller, group: Group) -> Project:
    """A project of the group, visible to its groups only."""
    return make.make_project(group, slug="ours")


@pytest.fixture
def stranger(db: None) -> Caller:
    """A member of a group of another partner."""
    return calls_as(make.make_member(make.make_group(name="Theirs"), Role.LEAD, "stranger"))


@pytest.fixture
def coordinator(db: None) -> Caller:
    return calls_as(make.make_staff(Role.COORDINATOR, "coordinator"))


@pytest.fixture
def quota_admin(db: None) -> Caller:
    return calls_as(make.make_staff(Role.QUOTA_ADMIN, "quota_admin"))


@pytest.fixture
def auditor(db: None) -> Caller:
    return calls_as(make.make_staff(Role.AUDITOR, "auditor"))


@pytest.fixture
def portal_admin(db: None) -> Caller:
    return calls_as(make.make_staff(Role.PORTAL_ADMIN, "portal_admin"))


@pytest.fixture
def way_out(settings: Any) -> None:
    """Let the portal call the receivers of the tests, and nobody else on this machine."""
    settings.OUTGOING_ALLOW = [ip_network(f"{OPEN}/32")]
    settings.OUTGOING_CA = authority_file()


@pytest.fixture
def there(way_out: None) -> Iterator[Receiver]:
    """A receiver of webhooks that the portal may call."""
    with receiver() as found:
        yield found


@pytest.fixture
def cluster(db: None) -> Cluster:
    return make.make_cluster()


@pytest.fixture
def operator(cluster: Cluster) -> Caller:
    return calls_as(make.make_operator(cluster, "operator"))


@pytest.fixture
def caller(db: None) -> Callable[[User], Caller]:
    """For people that are not in the cast."""
    return calls_as


@pytest.fixture
def pool(cluster: Cluster) -> Pool:
    return make.make_pool(cluster, slug="north-gpu", name="North GPUs")


@pytest.fixture
def handed_in(project: Project, pool: Pool) -> Request:
    """A request for 100 GPU-hours that waits for a decision."""
    return make.make_request(project, pool)


@pytest.fixture
def allocation(project: Project, pool: Pool, quota_admin: Caller) -> Allocation:
    """60 GPU-hours, in force."""
    return make.make_allocation(project, pool, by=quota_admin.user)
