"""Runs the benchmarks one after another."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from bench.servers import servers


def main() -> None:
    """All of them, or those named: `python -m bench award`."""
    with servers() as postgres:
        import django  # noqa: PLC0415 (settings are read from the servers' environment)

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        connections.close_all()
        from bench import (  # noqa: PLC0415
            accounting,
            api,
            audit,
            awards,
            dispatch,
            follow,
            history,
            intents,
            overlap,
            pages,
            registry,
            start,
        )

        benches: dict[str, Callable[[], None]] = {
            "audit": audit.run,
            "award": awards.run,
            "accepted_intents": intents.run,
            "accounting": accounting.run,
            "dispatch": dispatch.run,
            "history": history.run,
            "pages": pages.run,
            "follow": partial(follow.run, postgres),
            "start": start.run,
            "registry": partial(registry.run, postgres),
            "overlap": partial(overlap.run, postgres),
            "api": partial(api.run, postgres),
        }
        for name in sys.argv[1:] or benches:
            benches[name]()
        connections.close_all()


if __name__ == "__main__":
    main()
