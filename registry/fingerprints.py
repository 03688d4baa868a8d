"""What the headers of safetensors files tell about two sets of weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from registry.vocabulary import ParentKind

# Number formats with one weight in one number; anything else is packed by a quantiser.
PLAIN = frozenset({"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "F4", "E8M0"})


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of a header; `sha256` of its content only if the institute chose to compute it."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Print:
    """A fingerprint: digests only."""

    architecture: str
    structure: frozenset[int]
    contents: frozenset[int]
    shards: frozenset[str]
    is_packed: bool = False


class Verdict(StrEnum):
    """What a fingerprint says of a declared edge."""

    AGREES = "agrees"
    CONFLICTS = "conflicts"
    SAYS_NOTHING = "says_nothing"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much of the child stands in the parent, as shares from 0 to 1 of the child's tensors."""

    is_same_copy: bool
    is_same_architecture: bool
    structure_share: float
    content_share: float | None  # None: one side has no digests of contents


def architecture_of(tensors: Iterable[Tensor]) -> str:
    """sha256 of the sorted (name, dtype, shape) list, as hexadecimal digits."""
    lines = sorted(f"{t.name}\t{t.dtype}\t{','.join(map(str, t.shape))}" for t in tensors)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def structure_of(tensors: Iterable[Tensor]) -> list[int]:
    """A digest of each tensor's name and shape; the number format may change by quantising."""
    return sorted(_digest(f"{t.name}\t{','.join(map(str, t.shape))}") for t in tensors)


def contents_of(tensors: Iterable[Tensor]) -> list[int]:
    """A digest of each tensor's name and content, of those that came with one."""
    return sorted(_digest(f"{t.name}\t{t.sha256.lower()}") for t in tensors if t.sha256)


def parameters_of(tensors: Iterable[Tensor]) -> int:
    """How many numbers the tensors hold."""
    return sum(prod(t.shape) for t in tensors)


def is_packed(tensors: Iterable[Tensor]) -> bool:
    """Whether most numbers are integers that hold several weights, or one of few bits."""
    sizes: dict[bool, int] = {True: 0, False: 0}
    for tensor in tensors:
        sizes[tensor.dtype in PLAIN] += prod(tensor.shape)
    return sizes[False] > sizes[True]


def compare(child: Print, parent: Print) -> Comparison:
    """How much of the child stands in the parent."""
    both = child.contents and parent.contents
    return Comparison(
        is_same_copy=bool(child.shards) and child.shards == parent.shards,
        is_same_architecture=child.architecture == parent.architecture,
        structure_share=_share(child.structure, parent.structure),
        content_share=_share(child.contents, parent.contents) if both else None,
    )


def judge(kind: str, child: Print, parent: Print) -> Verdict:
    """Whether two fingerprints speak for or against a declared edge.

    A continued, finetuned or merged model keeps nearly all tensors' names and shapes (a new
    vocabulary changes two of hundreds); quantising and adapters rename or add tensors, and a
    distilled model has another shape altogether, so there nothing is concluded from difference.
    """
    share = compare(child, parent).structure_share
    if kind in {ParentKind.CONTINUED_PRETRAINING, ParentKind.FINETUNE, ParentKind.MERGE}:
        if child.is_packed or parent.is_packed:
            return Verdict.SAYS_NOTHING
        return Verdict.AGREES if share >= 0.9 else _against(share)
    if kind in {ParentKind.QUANTIZED, ParentKind.UNKNOWN}:
        return Verdict.AGREES if share >= 0.9 else Verdict.SAYS_NOTHING
    return Verdict.SAYS_NOTHING


def _against(share: float) -> Verdict:
    return Verdict.CONFLICTS if share < 0.5 else Verdict.SAYS_NOTHING


def _share(child: frozenset[int], parent: frozenset[int]) -> float:
    return len(child & parent) / len(child) if child else 0.0


def _digest(text: str) -> int:
    """63 bits of a sha256: a positive bigint."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def read_tensors(rows: Sequence[dict[str, object]]) -> list[Tensor]:
    """Tensors out of checked JSON rows."""
    return [
        Tensor(
            name=str(row["name"]),
            dtype=str(row["dtype"]).upper(),
            shape=tuple(int(n) for n in row["shape"]),  # type: ignore[attr-defined]
            sha256=str(row.get("sha256") or ""),
        )
        for row in rows
    ]
