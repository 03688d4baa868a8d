"""A worker that ends, or halts, at one named point of its first pass over one cluster."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

import django

django.setup()

from django.utils import timezone  # noqa: E402

from compute.sync.passes import sync_cluster  # noqa: E402
from tests.faults.points import POINTS, Executioner  # noqa: E402


class Certain(Executioner):
    """No lot decides: it happens at this point, by this signal."""

    def __init__(self, point: str, deed: signal.Signals) -> None:
        super().__init__(Path(os.devnull), 0, rare=0, stops=0)
        self._point, self._deed = point, deed

    def _pass(self, name: str) -> None:
        if name == self._point:
            os.kill(os.getpid(), self._deed)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cluster")
    parser.add_argument("point", choices=POINTS)
    parser.add_argument("--halt", action="store_true", help="until somebody lets it go on")
    told = parser.parse_args()
    Certain(told.point, signal.SIGSTOP if told.halt else signal.SIGKILL).install()
    sync_cluster(told.cluster, now=timezone.now())


if __name__ == "__main__":
    main()
