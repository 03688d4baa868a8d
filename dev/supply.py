"""What the portal is made of, and whether any of it is known to be unsafe.

`python -m dev.supply sbom FILE` writes a CycloneDX bill of materials of what is locked and what is
vendored; `python -m dev.supply audit` asks for known vulnerabilities of what is locked. What could
not be audited is a failure, not a pass.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from dev import places
from dev.vendor import checksums

TOOLS = {"sbom": "cyclonedx-bom==7.5.0", "audit": "pip-audit==2.10.1"}
LOCK = places.ROOT / "requirements" / "base.txt"


def main() -> None:
    """`sbom FILE`, or `audit [LOCK]`."""
    what, *rest = sys.argv[1:] or ["?"]
    if what == "sbom" and len(rest) == 1:
        bill = bill_of_materials()
        Path(rest[0]).write_text(json.dumps(bill, indent=1) + "\n")
        print(f"{len(bill['components'])} components: {rest[0]}")
    elif what == "audit":
        sys.exit(audit(*(Path(name) for name in rest[:1])))
    else:
        sys.exit(__doc__)


def bill_of_materials() -> dict[str, Any]:
    """CycloneDX 1.6, with the hashes of the lock and of the vendored files."""
    with tempfile.TemporaryDirectory() as directory:
        python = _with_tool(directory, "sbom")
        found = subprocess.run(
            [
                *(python, "-m", "cyclonedx_py", "requirements", LOCK),
                *("--spec-version", "1.6", "--output-format", "JSON", "--output-reproducible"),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    bill: dict[str, Any] = json.loads(found.stdout)
    for name, digest in sorted(checksums().items()):
        hashes = [{"alg": "SHA-256", "content": digest}]
        file = {"type": "file", "bom-ref": f"vendored:{name}", "name": name, "hashes": hashes}
        bill["components"].append(file)
    return bill


def audit(lock: Path = LOCK) -> int:
    """0 if everything was audited and nothing is known; says what is known, or was not audited."""
    with tempfile.TemporaryDirectory() as directory:
        python = _with_tool(directory, "audit")
        command = [python, "-m", "pip_audit", "--strict", "--disable-pip", "--no-deps"]
        found = subprocess.run([*command, "--requirement", str(lock)], check=False)
    if found.returncode:
        print(
            "The audit did not pass: something is known of a package, or one could not be audited"
            " (the last lines say which). Neither is a pass."
        )
    return found.returncode


def _with_tool(directory: str, what: str) -> str:
    """A Python beside ours that has the tool."""
    venv.create(directory, with_pip=True)
    python = str(Path(directory) / "bin" / "python")
    quiet = ("--quiet", "--disable-pip-version-check")
    subprocess.run([python, "-m", "pip", "install", *quiet, TOOLS[what]], check=True)
    return python


if __name__ == "__main__":
    main()
