"""Runs a simulated cluster until it is told to end."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from dev.simulator.cluster import Settings
from dev.simulator.server import WIRES, Simulator


def main() -> None:
    arguments = vars(_parser().parse_args())
    is_over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: is_over.set())
    with Simulator(**arguments) as simulator:
        print(f"{simulator.settings.name} at {simulator.url}", flush=True)
        is_over.wait()


def _parser() -> argparse.ArgumentParser:
    default = Settings()
    parser = argparse.ArgumentParser(prog="python -m dev.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--address", default="127.0.0.1", help="loopback unless told otherwise")
    parser.add_argument("--name", default=default.name)
    parser.add_argument("--wire", choices=sorted(WIRES), default=default.wire)
    parser.add_argument("--slurm-version", default=default.slurm_version)
    parser.add_argument("--state", type=Path, help="continue from this file and keep it")
    parser.add_argument("--partition", default=default.partition)
    parser.add_argument("--gpus", type=int, default=default.gpus)
    parser.add_argument("--parent-account", default=default.parent_account)
    parser.add_argument("--control-user", default=default.control_user)
    parser.add_argument("--accounting-lag", type=float, default=default.accounting_lag)
    parser.add_argument("--clock-offset", type=float, default=default.clock_offset)
    return parser


if __name__ == "__main__":
    main()
