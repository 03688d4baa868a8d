"""The portal served for a real browser, and the browser: Debian's chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, Page

from projects.models import User
from tests.world import World

Open = Callable[..., BrowserContext]


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what went wrong shows in the browser."""


@pytest.fixture(scope="session")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The files with hashes in their names, as they are deployed, in a directory of our own."""
    hashed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    storages = {**settings.STORAGES, "staticfiles": hashed}
    with override_settings(STORAGES=storages, STATIC_ROOT=tmp_path_factory.mktemp("static")):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture
def world(transactional_db: None) -> World:
    """Committed, so that the server's threads see it."""
    return World()


@pytest.fixture
def address(transactional_db: None, static_files: None) -> Iterator[str]:
    """The portal on a free port of this machine."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), Silent)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_as(chromium: Browser, address: str) -> Iterator[Open]:
    """A logged-in person's browser; keywords are playwright's."""
    contexts: list[BrowserContext] = []

    def open_browser(user: User, **options: Any) -> BrowserContext:
        context = chromium.new_context(base_url=address, **options)
        contexts.append(context)
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
        return context

    yield open_browser
    for context in contexts:
        context.close()


@pytest.fixture
def chromium_page(chromium: Browser, address: str) -> Iterator[Page]:
    """A page of somebody who has not logged in."""
    context = chromium.new_context(base_url=address)
    yield context.new_page()
    context.close()
