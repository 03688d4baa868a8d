"""Tables that people open in a spreadsheet: written as CSV or XLSX, and read from either."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from projects.errors import Invalid

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet takes for the begin of one, some also behind blanks; the last are wide.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_ROWS = 5_000  # that are read
MOST_WRITTEN = 100_000
MOST_COLUMNS = 60
MOST_CELL = 10_000
Row = Sequence[Any]
# What the library and those below it raise for bytes that are none; XML's own is a SyntaxError.
NO_WORKBOOK = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    *(InvalidFileException, SyntaxError, LookupError, ValueError, TypeError, AttributeError),
)


class Sheet(NamedTuple):
    """One table of a workbook, with its columns' heads."""

    name: str
    head: Row
    rows: Iterable[Row]


def csv_answer(name: str, head: Row, rows: Iterable[Row]) -> StreamingHttpResponse:
    """A table as CSV, row by row."""
    answer = StreamingHttpResponse(_lines(head, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def wants_csv(request: HttpRequest) -> bool:
    """Whether a list is asked for as a file."""
    return request.GET.get("format") == "csv"


def csv_of(name: str, rows: QuerySet[Any], columns: Mapping[str, Any]) -> StreamingHttpResponse:
    """The rows of a list in its order; `columns` maps a head to a column or an expression."""
    found = rows.values_list(*columns.values())[:MOST_WRITTEN]
    return csv_answer(name, list(columns), found.iterator(chunk_size=2000))


def xlsx_answer(name: str, sheets: Sequence[Sheet]) -> HttpResponse:
    """Tables as one workbook, with heads that stay in sight."""
    book = Workbook()
    book.remove(book.worksheets[0])  # the empty one that a new workbook has
    for sheet in sheets:
        page = book.create_sheet(sheet.name[:31])
        page.append([_plain(value) for value in sheet.head])
        for cell in page[1]:
            cell.font = Font(bold=True)
        page.freeze_panes = "A2"
        for row in sheet.rows:
            page.append([_plain(value) for value in row])
        for number, title in enumerate(sheet.head, 1):
            page.column_dimensions[get_column_letter(number)].width = max(
                12, min(len(str(title)) + 4, 40)
            )
    content = io.BytesIO()
    book.save(content)
    answer = HttpResponse(content.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer


def read_sheet(file: UploadedFile[Any]) -> list[dict[str, str]]:
    """The rows of an uploaded CSV or XLSX by their heads, in small letters; empty rows are left.

    Raises Invalid with what is wrong about the file as a whole.
    """
    if (file.size or 0) > MOST_BYTES:
        raise Invalid(_("The file is larger than 2 MiB. Split it."))
    content = file.read()
    rows = _workbook(content) if content[:4] == b"PK\x03\x04" else _text(content)
    head = [name.strip().lower().replace(" ", "_") for name in next(rows, [])]
    if not any(head):
        raise Invalid(_("The first row must hold the names of the columns."))
    twice = {name for name in head if name and head.count(name) > 1}
    if twice:
        raise Invalid(_("The column “%(name)s” is there twice.") % {"name": min(twice)})
    found: list[dict[str, str]] = []
    for row in rows:
        if len(found) >= MOST_ROWS:
            raise Invalid(_("More than %(n)s rows. Split the file.") % {"n": MOST_ROWS})
        found.append({k: v.strip() for k, v in zip(head, row, strict=False) if k})
    while found and not any(found[-1].values()):
        found.pop()
    if not found:
        raise Invalid(_("There is no row below the names of the columns."))
    return found


def safe_cell(value: Any) -> str:
    """As text; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    text = "" if value is None else str(value)
    is_number = isinstance(value, (int, float, Decimal))
    is_formula = text.startswith(FORMULA) or text.lstrip().startswith(FORMULA)
    return f"'{text}" if is_formula and not is_number else text


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow([safe_cell(value) for value in head])
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


def _plain(value: Any) -> Any:
    """Numbers and days stay what they are; a text never becomes a formula."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None, microsecond=0)
    if value is None or isinstance(value, (int, float, Decimal, date)):
        return value
    return "".join(char for char in safe_cell(value) if char >= " " or char in "\t\n")


def _text(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            _("The file is neither an XLSX workbook nor text in UTF-8. Save it as one of these.")
        ) from error
    if "\0" in text:
        raise Invalid(_("The file is no table."))
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        for row in csv.reader(io.StringIO(text), delimiter=mark, strict=True):
            yield [cell[:MOST_CELL] for cell in row[:MOST_COLUMNS]]
    except csv.Error as error:
        raise Invalid(_("The file is no CSV: %(why)s.") % {"why": error}) from error


def _workbook(content: bytes) -> Iterator[list[str]]:
    """The first sheet; its values, not its formulas."""
    broken = _("The file is no XLSX workbook that can be read. Save it again, or as CSV.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise Invalid(_("The workbook is larger than 50 MiB unpacked. Split it."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        page = book.worksheets[0]
        for row in page.iter_rows(values_only=True, max_col=MOST_COLUMNS):
            yield [_typed(value) for value in row]
    except NO_WORKBOOK as error:
        raise Invalid(broken) from error


def _typed(value: Any) -> str:
    """A cell as people would have typed it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(value.date())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:MOST_CELL]
