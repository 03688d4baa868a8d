"""What the headers of safetensors files say: names, formats and shapes, without any weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import BinaryIO

from cesai_client.errors import BadInput
from cesai_client.shapes import ShardInRequest, TensorInRequest

LARGEST_HEADER = 100_000_000  # as the format's own library has it
BLOCK = 1 << 20


def read_directory(directory: Path, *, contents: bool = False) -> list[TensorInRequest]:
    """All tensors of the safetensors files below a directory, or of one file.

    With `contents` each tensor's bytes are digested too, which reads all the weights once.
    Raises BadInput.
    """
    tensors: list[TensorInRequest] = []
    seen: dict[str, str] = {}
    for file in shards_of(directory):
        for tensor in _read(file, contents=contents):
            if tensor["name"] in seen:
                raise BadInput(
                    f"{file.name} and {seen[tensor['name']]} both hold “{tensor['name']}”; give "
                    "the directory of one set of weights."
                )
            seen[tensor["name"]] = file.name
            tensors.append(tensor)
    return tensors


def shards_of(directory: Path) -> list[Path]:
    """The safetensors files, in the order of their names. Raises BadInput."""
    if directory.is_file():
        return [directory]
    found = sorted(directory.glob("*.safetensors"))
    if not found:
        raise BadInput(f"{directory} holds no safetensors files.")
    return found


def digest_of(file: Path) -> ShardInRequest:
    """A whole file's sha256: the same copy has the same."""
    digest = hashlib.sha256()
    with file.open("rb") as data:
        while block := data.read(BLOCK):
            digest.update(block)
    return {"name": file.name, "sha256": digest.hexdigest(), "bytes": file.stat().st_size}


def architecture_of(tensors: Iterable[TensorInRequest]) -> str:
    """As the registry tells architectures apart: sha256 of the sorted names, formats, shapes."""
    lines = sorted(
        f"{row['name']}\t{row['dtype']}\t{','.join(map(str, row['shape']))}" for row in tensors
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def parameters_of(tensors: Iterable[TensorInRequest]) -> int:
    """How many numbers the tensors hold."""
    return sum(prod(row["shape"]) for row in tensors)


def _read(file: Path, *, contents: bool) -> list[TensorInRequest]:
    try:
        with file.open("rb") as data:
            header, start = _header(data, file)
            rows = []
            for name, entry in header.items():
                if name == "__metadata__":
                    continue
                row, (first, last) = _tensor(file, name, entry)
                if contents:
                    row["sha256"] = _digest(data, start + first, last - first, file)
                rows.append(row)
            return rows
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.") from None


def _header(data: BinaryIO, file: Path) -> tuple[dict[str, object], int]:
    """The header and where the weights begin."""
    size = int.from_bytes(data.read(8), "little")
    if not 2 <= size <= LARGEST_HEADER:
        raise _bad(file, "it does not begin with the length of a header")
    text = data.read(size)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise _bad(file, "its header is no JSON") from None
    if len(text) < size or not isinstance(header, dict):
        raise _bad(file, "its header is cut off")
    return header, 8 + size


def _tensor(file: Path, name: str, entry: object) -> tuple[TensorInRequest, tuple[int, int]]:
    shape = entry.get("shape") if isinstance(entry, dict) else None
    dtype = entry.get("dtype") if isinstance(entry, dict) else None
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if (
        not isinstance(dtype, str)
        or not _are_counts(shape)
        or not _are_counts(offsets)
        or len(offsets) != 2  # type: ignore[arg-type]
    ):
        raise _bad(file, f"its header says no shape and format of “{name}”")
    row: TensorInRequest = {"name": name, "dtype": dtype.upper(), "shape": list(shape)}  # type: ignore[arg-type]
    return row, tuple(offsets)  # type: ignore[arg-type]


def _are_counts(values: object) -> bool:
    return isinstance(values, list) and all(type(n) is int and n >= 0 for n in values)


def _digest(data: BinaryIO, start: int, size: int, file: Path) -> str:
    digest = hashlib.sha256()
    data.seek(start)
    while size > 0:
        block = data.read(min(size, BLOCK))
        if not block:
            raise _bad(file, "it ends before its last tensor")
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def _bad(file: Path, why: str) -> BadInput:
    return BadInput(f"{file} is no whole safetensors file: {why}.")
