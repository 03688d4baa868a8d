"""Reading a table of usage: what `sacct -P` prints, or a CSV file, as rows that can be booked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from compute.quota import MAX_GPU_SECONDS, BadAmount, gpu_seconds

MOST_LINES = 5_000  # a report is booked in one transaction, while somebody waits
MOST_CHARACTERS = 1_000_000

# Column → the names it may have, as sacct and other sites' tools write them, in small letters.
COLUMNS: Mapping[str, Sequence[str]] = {
    "account": ("account", "slurm_account", "project", "allocation"),
    "job": ("jobidraw", "job", "job_id", "jobid"),
    "submit": ("submit", "submitted"),
    "start": ("start", "from", "started"),
    "end": ("end", "until", "ended"),
    "gpus": ("gpus", "gpu", "ngpus"),
    "tres": ("alloctres", "reqtres", "tres"),
    "elapsed": ("elapsedraw", "elapsed_seconds"),
    "gpu_hours": ("gpu_hours", "gpuh", "gpu-h", "gpu-hours", "gpu hours"),
    "user": ("user", "unix_user"),
    "state": ("state",),
    "charged": ("charged", "charge", "cost", "billed"),
    "unit": ("unit", "charged_unit"),
}
_GPUS = re.compile(r"(?:^|,)gres/gpu=(\d{1,7})(?:,|$)")
_TYPED = re.compile(r"(?:^|,)gres/gpu:[\w.-]+=(\d{1,7})")
_STEP = re.compile(r"\d+(_\d+)?\.\w+\Z")
_NOT_YET = {"unknown", "none", "", "n/a"}


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What one line says: of a job, or without one a total of an account over its period."""

    line: int
    account: str
    job: int | None
    user: str
    state: str
    submit: datetime
    start: datetime
    end: datetime
    gpus: int
    gpu_seconds: int
    charged: Decimal | None = None
    unit: str = ""


@dataclass(slots=True)
class UsageTable:
    """The rows of a table, what is wrong by line, and how many lines say nothing to be booked."""

    rows: list[UsageRow] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    steps: int = 0  # of jobs that have a line of their own
    without_gpus: int = 0


class _Wrong(ValueError):
    """What is wrong with one line, as a sentence."""


def read_table(text: str) -> UsageTable:
    """Rows of a table whose first line names its columns; separated by | ; tab or comma.

    Times without an offset are UTC; a date as the end is the first day after. Never raises: what
    cannot be read stands in `problems`, by the number of its line.
    """
    table = UsageTable()
    if len(text) > MOST_CHARACTERS:
        table.problems.append((1, _("This is more than 1 MB; report it in parts.")))
        return table
    lines = _lines(text)
    _number, head = next(lines, (1, []))
    columns = _columns(head)
    missing = [name for name in ("account", "start", "end") if name not in columns]
    if missing or not {"gpu_hours", "gpus", "tres"} & set(columns):
        table.problems.append((1, _no_head(missing)))
        return table
    for number, cells in lines:
        if number > MOST_LINES:
            table.problems.append((number, _("More than 5,000 lines; report them in parts.")))
            break
        said = {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}
        try:
            _take(table, number, said)
        except _Wrong as wrong:
            table.problems.append((number, str(wrong)))
    if not table.rows and not table.problems:
        table.problems.append((1, _("There is no line with usage in it.")))
    return table


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    separator = max("|;\t,", key=first.count)
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error:
        yield reader.line_num, []  # named by the columns that are missing in it


def _columns(head: Sequence[str]) -> dict[str, int]:
    """Where each column stands; of several names for one, the first in COLUMNS."""
    places = {name.strip().lower(): at for at, name in enumerate(head)}
    found = {}
    for column, names in COLUMNS.items():
        at = next((places[name] for name in names if name in places), None)
        if at is not None:
            found[column] = at
    return found


def _no_head(missing: Sequence[str]) -> str:
    return _(
        "The first line names the columns: account, start, end, and gpu_hours or gpus; job, user, "
        "state, charged and unit if known. What `sacct -P --format=JobIDRaw,Account,User,State,"
        "Submit,Start,End,ElapsedRaw,AllocTRES` prints is taken as it is. Missing: %(missing)s."
    ) % {"missing": ", ".join(missing) or "gpu_hours"}


def _take(table: UsageTable, line: int, said: Mapping[str, str]) -> None:
    if _STEP.match(said.get("job", "")):
        table.steps += 1
        return
    gpus = _gpus(said)
    start, end = _moment(said, "start"), _moment(said, "end")
    if end <= start:
        raise _Wrong(_("It ends before it begins."))
    amount = _amount(said, gpus, start, end)
    if amount == 0:
        table.without_gpus += 1
        return
    account = said.get("account", "")
    if not 1 <= len(account) <= 64:
        raise _Wrong(_("It names no account."))
    charged = _charged(said.get("charged", ""))
    table.rows.append(
        UsageRow(
            line=line,
            account=account,
            job=_job(said.get("job", "")),
            user=said.get("user", "")[:64],
            state=said.get("state", "").split(" ")[0][:24],
            submit=_moment(said, "submit") if said.get("submit") else start,
            start=start,
            end=end,
            gpus=gpus or 0,
            gpu_seconds=amount,
            charged=charged,
            unit=said.get("unit", "")[:16] if charged is not None else "",
        )
    )


def _gpus(said: Mapping[str, str]) -> int | None:
    """How many GPUs; None if the line does not say."""
    text = said.get("gpus", "")
    if text:
        if not re.fullmatch(r"[0-9]{1,7}", text):
            raise _Wrong(_("“%(text)s” is no number of GPUs.") % {"text": text[:40]})
        return int(text)
    if "tres" not in said:
        return None
    plain = _GPUS.search(said["tres"])
    if plain:
        return int(plain[1])
    return sum(int(number) for number in _TYPED.findall(said["tres"]))


def _moment(said: Mapping[str, str], name: str) -> datetime:
    text = said.get(name, "")
    if text.lower() in _NOT_YET:
        sentence = _("It has no %(column)s: report it once it has ended.")
        raise _Wrong(sentence % {"column": name})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        sentence = _("“%(text)s” is no time; write 2027-01-31 or 2027-01-31T12:00:00Z.")
        raise _Wrong(sentence % {"text": text[:40]}) from None
    if len(text) <= 10:
        moment = datetime.combine(moment, time(), UTC)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not 2000 <= moment.year <= 2100:
        raise _Wrong(_("The year %(year)s is not meant.") % {"year": moment.year})
    return moment.astimezone(UTC)


def _amount(said: Mapping[str, str], gpus: int | None, start: datetime, end: datetime) -> int:
    """GPU-seconds, as said or as GPUs times the time they ran."""
    seconds = int((end - start).total_seconds())
    text = said.get("gpu_hours", "")
    if text:
        try:
            amount = 0 if Decimal(text) == 0 else gpu_seconds(text)
        except (BadAmount, InvalidOperation):
            sentence = _("“%(text)s” is no amount of GPU-hours with at most 4 decimals.")
            raise _Wrong(sentence % {"text": text[:40]}) from None
        if gpus and amount > gpus * seconds:
            raise _Wrong(_("It says more than its GPUs can have used in that time."))
        return amount
    if gpus is None:
        raise _Wrong(_("It says neither GPU-hours nor GPUs."))
    elapsed = said.get("elapsed", "")
    if re.fullmatch(r"[0-9]{1,12}", elapsed):
        seconds = min(int(elapsed), seconds)  # suspended time is not counted
    if gpus * seconds > MAX_GPU_SECONDS:
        raise _Wrong(_("That is more than any cluster has."))
    return gpus * seconds


def _job(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        sentence = _("“%(text)s” is no job id; of arrays, give JobIDRaw.")
        raise _Wrong(sentence % {"text": text[:40]})
    return int(text)


def _charged(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < 10**15:
        sentence = _("“%(text)s” is no amount that a site charges.")
        raise _Wrong(sentence % {"text": text[:40]})
    return round(amount, 4)
