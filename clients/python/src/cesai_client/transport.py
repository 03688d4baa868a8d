"""Calls of the API: the token, retries, one key for each intent, refusals as exceptions."""

from __future__ import annotations

import ipaddress
import logging
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from cesai_client.errors import BadInput, CesaiError, NotReachable, refusal
from cesai_client.retrying import Retries, is_passing
from cesai_client.version import __version__

# Answers there hold secrets and are not kept by the portal, so that a key says nothing.
WITHOUT_KEY = ("tokens/", "invitations/", "webhooks/", "credentials/")
PLAIN_HTTP = "CESAI_ALLOW_HTTP"
log = logging.getLogger("cesai_client")


class Transport:
    """One portal and one token, which no repr, log line or error ever shows."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 60,
        retries: Retries | None = None,
    ) -> None:
        self.url = checked_url(url)
        self._retries = retries or Retries()
        if not token.isascii() or not token.isprintable() or not token or " " in token:
            raise BadInput("This is no token: it has other characters than a token has.")
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1/",
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Accept-Language": "en",
                "User-Agent": f"cesai/{__version__}",
            },
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10)),
        )

    def __repr__(self) -> str:
        return f"Transport({self.url!r})"

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """What an address says, as JSON. Raises CesaiError."""
        return _json(self._answer("GET", path, params=flat(params)))

    def text(self, path: str) -> str:
        """What an address says, as text. Raises CesaiError."""
        return self._answer("GET", path, headers={"Accept": "text/markdown"}).text

    def send(self, method: str, path: str, body: Any = None, *, key: str = "") -> Any:
        """Change something; `key` is the intent's, one is made unless given. Raises CesaiError.

        Whatever happens to the answer, the same call with the same key acts once.
        """
        is_kept = not any(part in path for part in WITHOUT_KEY)
        headers = {"Idempotency-Key": key or str(uuid.uuid4())} if is_kept else {}
        answer = self._answer(
            method, path, json={} if body is None else body, headers=headers, again=is_kept
        )
        return _json(answer) if answer.content else None

    @contextmanager
    def stream(
        self, path: str, params: Mapping[str, Any], accept: str
    ) -> Iterator[Iterator[bytes]]:
        """What an address says, as it comes. Raises CesaiError."""
        try:
            with self._http.stream(
                "GET", path, params=flat(params), headers={"Accept": accept}
            ) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refusal(answer)
                said = answer.headers.get("Content-Type", "")
                if not said.startswith(accept):
                    raise NotReachable(
                        f"The portal sent {said or 'something'} instead of {accept}."
                    )
                yield answer.iter_bytes()
        except httpx.TransportError as error:
            raise NotReachable(f"The portal at {self.url} stopped answering: {error}") from None

    def _answer(
        self, method: str, path: str, *, again: bool = True, **call: Any
    ) -> httpx.Response:
        """The answer to keep, after as many attempts as it takes."""
        attempts = self._retries.attempts if again else 1
        for attempt in range(1, attempts + 1):
            began, answer = time.monotonic(), None
            try:
                answer = self._http.request(method, path, **call)
            except httpx.TransportError as error:
                log.info("%s %s: %s", method, path, type(error).__name__)
                if attempt == attempts:
                    raise NotReachable(_unreachable(self.url, error)) from None
            else:
                took = (time.monotonic() - began) * 1000
                log.info("%s %s: %d in %.0f ms", method, path, answer.status_code, took)
                if attempt == attempts or not is_passing(answer):
                    break
            time.sleep(self._retries.wait_before(attempt, answer))
        assert answer is not None
        if answer.is_success:
            return answer
        raise _refusal(answer)


def checked_url(text: str) -> str:
    """The portal's address without what stands behind its host. Raises BadInput.

    A token is sent in the clear to nobody but this machine itself.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadInput(f"“{text}” is no address of a portal; write https://…")
    if parts.username or parts.password:
        raise BadInput("The address holds a name or password; give the token instead.")
    if parts.scheme == "http" and not _is_here(parts.hostname) and not os.environ.get(PLAIN_HTTP):
        raise BadInput(
            f"Over http:// everybody on the way to {parts.hostname} could read the token. Use "
            f"https://, or set {PLAIN_HTTP}=1 in a network of your own."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def flat(params: Mapping[str, Any] | None) -> dict[str, str]:
    """Filters as they stand in an address: several words with commas, what is None left out."""
    found = {}
    for name, value in (params or {}).items():
        if isinstance(value, (list, tuple, set, frozenset)):
            found[name] = ",".join(map(str, value))
        elif value is not None:
            found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise NotReachable(
            f"What answers at {answer.url.copy_with(query=None)} is no CESAI portal: it sent "
            f"{answer.headers.get('Content-Type', 'something')} instead of JSON."
        ) from None


def _unreachable(url: str, error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"The portal at {url} did not answer in time. Try again later."
    return f"The portal at {url} cannot be reached: {error or type(error).__name__}."


def _refusal(answer: httpx.Response) -> CesaiError:
    """What the portal says of it; a fault of the portal, or of what stands before it, is none."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.is_redirect:
        where = answer.headers.get("Location", "elsewhere")
        return NotReachable(f"The portal moved to {where}; log in there: cesai login --url …")
    if not isinstance(said, dict) or "title" not in said or answer.is_server_error:
        why = said.get("detail", "") if isinstance(said, dict) else ""
        return NotReachable(
            f"{answer.url.copy_with(query=None)} answered {answer.status_code}"
            f" {answer.reason_phrase}. {why}".strip()
        )
    errors = said.get("errors") if isinstance(said.get("errors"), dict) else {}
    fields = {name: _sentences(messages) for name, messages in (errors or {}).items()}
    return refusal(
        answer.status_code,
        str(said["title"]),
        str(said.get("detail", "")),
        str(said.get("type", "")),
        fields,
    )


def _sentences(messages: Any) -> list[str]:
    """All texts in messages that may be nested by field and row."""
    if isinstance(messages, dict):
        return [
            f"{name}: {text}" if name else text
            for name, inside in messages.items()
            for text in _sentences(inside)
        ]
    if isinstance(messages, list):
        return [text for inside in messages for text in _sentences(inside)]
    return [str(messages)]
