"""One answer of slurmrestd, taken apart as far as all wire versions agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One entry of `errors` (or of a cancellation's `status`); code 0 where none was told."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A parsed JSON object with its HTTP status; the body is empty for 304."""

    status: int
    body: Row

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """What went wrong by the server's own account, whatever the HTTP status says."""
        outcomes = [mapping(row.get("error")) for row in self.rows("status")]
        told = [_complaint(row) for row in (*self.rows("errors"), *outcomes)]
        return tuple(complaint for complaint in told if complaint.code or complaint.text)

    @property
    def codes(self) -> frozenset[int]:
        return frozenset(complaint.code for complaint in self.complaints if complaint.code)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(text(row.get("description")) for row in self.rows("warnings"))

    @property
    def is_from_slurmrestd(self) -> bool:
        return self.status == 304 or isinstance(self.body.get("errors"), list)

    @property
    def is_failure(self) -> bool:
        return self.status >= 400 or bool(self.codes)

    @property
    def words(self) -> str:
        """All complaints in one line, for people."""
        told = "; ".join(
            f"{complaint.text} ({complaint.code})" if complaint.code else complaint.text
            for complaint in self.complaints
        )
        return told or f"HTTP status {self.status}"

    def rows(self, key: str) -> Sequence[Row]:
        """The objects of a list in the body, none if there is no such list."""
        found = self.body.get(key)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


class Call(Protocol):
    """Sends one request as one user.

    Raises NotReached, Ambiguous, CredentialRejected or Unsupported where no JSON object came.
    """

    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        is_list: bool = False,
    ) -> Answer:
        """`is_list` allows the answer the size of a whole cluster's list of jobs."""

    def close(self) -> None:
        """Give the connections back."""


def mapping(value: object) -> Row:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def integer(value: object) -> int | None:
    """A plain number, also where newer releases wrap it as {set, infinite, number}."""
    # JSON's objects are dicts: asking for a Mapping costs more than all the rest of a row.
    if isinstance(value, dict):
        value = value.get("number") if value.get("set") else None
    return int(value) if isinstance(value, int | float) else None


def elapsed(time: Row) -> int:
    """Seconds that a run took; -1 where that is not told, which must not be taken for nothing."""
    seconds = integer(time.get("elapsed"))
    return -1 if seconds is None else seconds


def moment(value: object) -> int | None:
    """Epoch seconds; None for the numbers that stand for "not yet" and "never"."""
    seconds = integer(value)
    return seconds if seconds and seconds < _NO_VALUE else None


@lru_cache(maxsize=4096)  # thousands of jobs ask for the same few combinations
def gpus_in(tres: str) -> int:
    """GPUs in a text such as `cpu=4,mem=8G,node=2,gres/gpu=8,gres/gpu:a100=8`.

    Typed entries repeat what the untyped one counts; alone they are added up.
    """
    counts = dict(part.partition("=")[::2] for part in tres.split(","))
    if "gres/gpu" in counts:
        return int(counts["gres/gpu"])
    return sum(int(count) for kind, count in counts.items() if kind.startswith("gres/gpu:"))


def gpus_among(tres: object) -> int | None:
    """The count of the untyped entry `gres/gpu` in a list of TRES objects, None if absent."""
    for entry in map(mapping, tres if isinstance(tres, list) else []):
        if (entry.get("type"), entry.get("name")) == ("gres", "gpu"):
            return integer(entry.get("count"))
    return None


def _complaint(row: Row) -> Complaint:
    # The key differs between calls of one release: submit, everything else, partitions, cancel.
    code = next((row[key] for key in _CODE_KEYS if key in row), 0)
    told = [text(row.get(key)) for key in ("description", "error", "string")]
    words = dict.fromkeys(part for part in told if part)
    return Complaint(code=integer(code) or 0, text=": ".join(words))


# Slurm's NO_VAL, which 24.11 gives as the start of a job that never started.
_NO_VALUE = 0xFFFFFFFE
_CODE_KEYS = ("error_code", "error_number", "errno", "code")
