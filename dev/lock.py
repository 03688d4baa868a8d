"""Makes the hashed locks anew from pyproject.toml; they hold no address."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from dev import places


def main() -> None:
    """Lock the dependencies and those of development, for every platform."""
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        python = Path(directory) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        for name, extra in (("base", []), ("dev", ["--extra", "dev"])):
            lock = places.ROOT / "requirements" / f"{name}.txt"
            subprocess.run(
                [
                    *(
                        Path(directory) / "bin" / "uv",
                        "pip",
                        "compile",
                        "--universal",
                        "--upgrade",
                    ),
                    *("--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"),
                    *("--no-annotate", "--no-emit-index-url", *extra),
                    *("--output-file", str(lock)),
                    "pyproject.toml",
                ],
                check=True,
                cwd=places.ROOT,
            )
            if "://" in lock.read_text():
                sys.exit(f"{lock} holds an address; it must not be committed")


if __name__ == "__main__":
    main()
