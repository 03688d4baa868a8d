"""Exits with 0 while the web process of this container answers."""

from __future__ import annotations

import os
import sys
import urllib.request


def main() -> int:
    """Ask once; whatever stands between is a failure."""
    port = os.environ.get("CESAI_BIND", "127.0.0.1:8000").rpartition(":")[2]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
