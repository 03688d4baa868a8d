"""Empties or doubles what lies in the broker while work flows, and prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from redis import Redis

from dev import processes
from tests.faults.portal import Portal, end_tidily_when_told, portal_with

INTENTS = 60
PEOPLE = 10
NEWS = INTENTS // 10  # that each of them is told of
QUEUE, TWICE = "celery", "twice"
RINGS = ("projects.mail_notices", "registry.remind", "registry.compare")


def main() -> None:
    end_tidily_when_told()
    parser = argparse.ArgumentParser()
    parser.add_argument("trouble", choices=("none", "emptied", "doubled"))
    parser.add_argument("--without-beat", action="store_true", help="only what is rung")
    told = parser.parse_args()
    with portal_with(("north", "south"), CESAI_RESEND_AFTER_SECONDS="2") as portal:
        print(json.dumps(run(portal, told.trouble, has_beat=not told.without_beat)), flush=True)


def run(portal: Portal, trouble: str, *, has_beat: bool) -> dict[str, Any]:
    """Sixty intents, ten notices, old plans and watches, and what came of them."""
    from tests.faults.client import Remote  # noqa: PLC0415 (Django is set up by then)

    client = Remote(portal, [portal.url])
    tell = _things_to_tell()
    portal.begin_web()
    portal.begin_worker(*(["-Q", TWICE] if trouble == "doubled" else []))
    if has_beat:
        portal.begin_beat()
    with Redis.from_url(portal.broker.redis_url) as redis:
        happened = Meddling(redis, {"emptied": empty, "doubled": double}.get(trouble))
        for number in range(INTENTS):
            client.submit()
            if number % (INTENTS // NEWS) == 5:
                tell()
            time.sleep(0.1)
        if trouble == "emptied":
            happened.stop()
        is_settled = _settles(client)
        happened.stop()
    return {
        "settled": is_settled,
        "messages": happened.count,
        "mails": _mails(portal.directory / "mails"),
        "told": _told(),
        **client.judged(),
    }


class Meddling:
    """Does something to the broker again and again, in a thread, until it is stopped."""

    def __init__(self, redis: Redis, deed: Callable[[Redis], int] | None) -> None:
        self.count = 0  # messages that it happened to
        self._redis = redis
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, args=(deed,))
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _keep(self, deed: Callable[[Redis], int] | None) -> None:
        while deed and not self._is_over.is_set():
            self.count += deed(self._redis)


def empty(redis: Redis) -> int:
    """What a restart of the broker does; how many messages waited, or were being worked on."""
    time.sleep(0.02)
    lost = redis.llen(QUEUE) + redis.hlen("unacked")
    redis.flushall()
    return int(lost)


def double(redis: Redis) -> int:
    """Pass a message on to the worker's queue, and once more, as a broker may."""
    if not (found := redis.brpop([QUEUE], timeout=1)):
        return 0
    for _time in range(2):
        message = json.loads(found[1])
        message["properties"]["delivery_tag"] = str(uuid.uuid4())
        redis.lpush(TWICE, json.dumps(message))
    return 1


def _settles(client: Any) -> bool:
    try:
        processes.wait_until(
            lambda: not client.is_busy() and _told()["watched"] >= NEWS * PEOPLE,
            seconds=90,
            every=0.5,
            what="it does not settle",
        )
    except processes.NotReadyError:
        return False
    return True


def _things_to_tell() -> Callable[[], None]:
    """People with a watch each; each call gives all of them something to be told of."""
    from projects.actions.notices import tell  # noqa: PLC0415
    from projects.doorbell import ring  # noqa: PLC0415
    from projects.notices import NoticeKind  # noqa: PLC0415
    from registry.actions.watches import create_watch  # noqa: PLC0415
    from registry.models import Model  # noqa: PLC0415
    from tests import make  # noqa: PLC0415

    people = [make.make_member(make.make_group()) for _ in range(PEOPLE)]
    group = make.make_group()
    group.contact = "plans@example.org"
    group.save()
    project = make.make_project(group)
    old = make.now() - timedelta(days=365)
    for person in people:
        create_watch(by=person, values={"name": "all", "languages": ["de"]}, now=old)

    def say() -> None:
        model = make.make_model(project, visibility="public", languages=["de"])
        Model.objects.filter(pk=model.pk).update(confirmed_at=old)
        tell(
            users=people,
            kind=NoticeKind.CASE_INVITED,
            path="/",
            params={"code": model.name, "model": model.name},
            now=make.now(),
        )
        for task in RINGS:
            ring(task)

    return say


def _told() -> dict[str, int]:
    """How many notices there are, and how many of them say what another one says."""
    from projects.models import Notice  # noqa: PLC0415

    said = Counter(
        (str(user), kind, json.dumps(params, sort_keys=True))
        for user, kind, params in Notice.objects.values_list("user", "kind", "params")
    )
    return {
        "notices": sum(said.values()),
        "twice": sum(count - 1 for count in said.values()),
        "watched": sum(count for (_, kind, _), count in said.items() if kind == "watch_matched"),
    }


def _mails(directory: Path) -> dict[str, int]:
    """How many lines tell of something, and how many of those a person was sent before."""
    lines: Counter[tuple[str, str]] = Counter()
    for file in sorted(directory.iterdir()) if directory.exists() else ():
        for part in file.read_bytes().split(b"-" * 79 + b"\n"):
            if part.strip():
                mail = message_from_bytes(part, policy=policy.default)
                text = mail.get_content()
                lines.update((mail["To"], line) for line in text.splitlines() if "model-" in line)
    return {"lines": sum(lines.values()), "twice": sum(n - 1 for n in lines.values())}


if __name__ == "__main__":
    main()
