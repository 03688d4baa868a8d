"""The vendored browser files: whether each is the one that was pinned."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dev import places

DIRECTORY = places.ROOT / "cesai" / "static" / "vendor"


def problems() -> str:
    """A sentence for each file that is missing, changed or not listed; "" if all is well."""
    listed = checksums()
    found = {str(path.relative_to(DIRECTORY)) for path in DIRECTORY.rglob("*") if path.is_file()}
    found.discard("CHECKSUMS")
    wrong = [f"not listed in CHECKSUMS: {name}" for name in sorted(found - set(listed))]
    wrong += [f"missing: {name}" for name in sorted(set(listed) - found)]
    wrong += [
        f"not the pinned file: {name}"
        for name in sorted(found & set(listed))
        if _digest(DIRECTORY / name) != listed[name]
    ]
    return "\n".join(wrong)


def checksums() -> dict[str, str]:
    """The SHA-256 of each pinned file by its name."""
    lines = (DIRECTORY / "CHECKSUMS").read_text().splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
