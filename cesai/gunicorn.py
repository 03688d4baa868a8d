"""How gunicorn runs the portal; the demo and a deployment use the same file."""

import gc
import os
import shutil
import tempfile
from typing import Any

bind = os.environ.get("CESAI_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("CESAI_WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("CESAI_WEB_THREADS", "4"))
preload_app = True  # workers share the memory of what is imported once
keepalive = 30
timeout = 60
graceful_timeout = 20
control_socket_disable = True  # one more listening thing that nobody asked for

# Each process counts its calls in a file here, so that any of them can tell /metrics the sum.
# The client library looks for it once, when it is imported.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="cesai-metrics-"))


def pre_fork(server: Any, worker: Any) -> None:
    """What was imported stays: no collection of garbage walks it again in the workers.

    A full one walks 170,000 objects: 75 ms of the page that it falls into, and none afterwards.
    """
    gc.collect()
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """What an ended process counted stays in the sums; what it was just now does not."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """The counts end with gunicorn."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
