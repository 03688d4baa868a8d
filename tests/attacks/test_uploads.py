"""Files whose names are paths, whose contents are bombs, and rows that no file could hold."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from projects.models import Import, Partner
from tests.attacks.cases import each
from tests.cesai.test_imports import workbook
from tests.conftest import Caller

TABLE = b"name,short_name\nWerft AG,werft\n"
NAMES = ["../../x.csv", "..\\..\\x.csv", "%252e%252e%252fx.csv", "a\0b.csv", "/etc/passwd",
         "C:\\x.csv", "....//x.csv", "x.csv\r\nX: y", "~root", "..", ".", "", "a" * 500,
         "con.csv", "\u202excsv.exe", "%00", "x;rm -rf"]  # fmt: skip


def upload(caller: Caller, content: bytes, name: str = "x.csv") -> Any:
    """As a stranger's program sends a form: the name as it is, byte for byte."""
    lines = [
        b"--cut", b'Content-Disposition: form-data; name="kind"', b"", b"partners",
        b"--cut",
        b'Content-Disposition: form-data; name="file"; filename="' + name.encode() + b'"',
        b"Content-Type: text/csv", b"", content, b"--cut--", b"",
    ]  # fmt: skip
    return caller.as_browser.generic(
        "POST", reverse("imports"), b"\r\n".join(lines), "multipart/form-data; boundary=cut"
    )


def carry(caller: Caller, **changes: str) -> Any:
    form = {"kind": "partners", "file_name": "x.csv", "rows": json.dumps(rows()), **changes}
    return caller.as_browser.post(reverse("import-carry"), form)


def rows(**changes: str) -> list[dict[str, str]]:
    return [{"name": "Werft AG", "short_name": "werft", **changes}]


@each("name", NAMES)
def test_the_name_of_a_file_is_a_word_and_no_path(coordinator: Caller, name: str) -> None:
    before = {path for top in (Path.cwd(), Path("/tmp")) for path in top.glob("*")}
    answer = upload(coordinator, TABLE, name)
    assert answer.status_code in {200, 400}
    if answer.status_code == 200 and "file_name" in answer.context:
        shown = answer.context["file_name"]
        assert not {"/", "\\", "\0", "\r", "\n"} & set(shown)
        assert shown not in {"..", "."}
    assert {path for top in (Path.cwd(), Path("/tmp")) for path in top.glob("*")} <= before | {
        path for path in Path("/tmp").glob("*") if not path.name.endswith((".csv", "x", "upload"))
    }


@pytest.mark.parametrize("name", ["../../x", "..\\..\\x", "%252e%252e%252f", "a\0b"], ids=ascii)
def test_a_name_that_is_sent_back_is_kept_as_a_text_or_refused(
    coordinator: Caller, name: str
) -> None:
    answer = carry(coordinator, file_name=name)
    assert answer.status_code == (400 if "\0" in name else 302)
    for done in Import.objects.all():
        assert done.file_name == name
        assert coordinator.as_browser.get(reverse("imports")).status_code == 200


def test_the_portal_has_no_place_for_files_of_people() -> None:
    """What is uploaded is read from memory; nothing is stored under a name that people chose."""
    assert settings.STORAGES["default"]["BACKEND"].endswith("InMemoryStorage")
    assert not settings.MEDIA_ROOT


def packed(**parts: bytes) -> bytes:
    """A workbook of one cell, some parts of it replaced."""
    content = io.BytesIO(workbook(("name", "short_name"), ("Werft AG", "werft")))
    made = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, parts.get(part.rpartition("/")[2].split(".")[0], old.read(part)))
    return made.getvalue()


ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><worksheet><sheetData><row><c><v>&j;</v></c></row></sheetData></worksheet>"
)
OUTSIDE = (
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b"<worksheet><sheetData><row><c t='str'><v>&a;</v></c></row></sheetData></worksheet>"
)
BOOKS = {
    "no XML": packed(sheet1=b"not xml"),
    "cut off": packed(sheet1=b"<worksheet><sheetData><row>"),
    "entities that unfold": packed(sheet1=ENTITIES),
    "an entity from outside": packed(sheet1=OUTSIDE),
    "no workbook": packed(workbook=b"<x/>"),
    "broken styles": packed(styles=b"<x"),
    "a row beyond all": packed(
        sheet1=b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="99999999999999"><c r="XFD99999999999" t="n"><v>1e999</v></c></row>'
        b"</sheetData></worksheet>"
    ),
    "a cell without a place": packed(
        sheet1=b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="x"><c r="%%" t="s"><v>77</v></c></row></sheetData></worksheet>'
    ),
    "half": packed()[:-700],
    "only the mark": b"PK\x03\x04",
    "rubbish": b"PK\x03\x04" + bytes(range(256)) * 40,
    "no parts": b"PK\x05\x06" + bytes(18),
}


@each("name", list(BOOKS))
def test_a_workbook_that_is_broken_or_a_bomb_is_refused_with_a_sentence(
    coordinator: Caller, name: str
) -> None:
    answer = upload(coordinator, BOOKS[name], "x.xlsx")
    assert answer.status_code == 400, answer.status_code
    assert "root:" not in answer.content.decode()


def test_a_workbook_that_unpacks_to_a_hundred_megabytes_is_refused(coordinator: Caller) -> None:
    answer = upload(coordinator, packed(sheet1=bytes(100 << 20)), "x.xlsx")
    assert answer.status_code == 400
    assert "50 MiB" in answer.content.decode()


def test_a_workbook_that_lies_about_its_size_is_refused(coordinator: Caller) -> None:
    honest = packed(sheet1=b" " * (60 << 20))
    size, lie = (60 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert honest.count(size) == 2
    answer = upload(coordinator, honest.replace(size, lie), "x.xlsx")
    assert answer.status_code == 400


@each(
    "content",
    [b"\0", b"", b"\n\n\n", b"name\xff,short_name\n", zlib.compress(TABLE), b'name,"short_name\n',
     b"name,short_name\n" + b"a,b\n" * 5001, b"name,name\na,b\n", b"," * 100_000,
     b"name,short_name\n" + b'"' + b"x" * 200_000 + b'",x\n', TABLE.decode().encode("utf-16"),
     b"name,short_name\nWerft\0AG,werft\n"],
)  # fmt: skip
def test_a_table_that_is_none_is_refused_with_a_sentence(
    coordinator: Caller, content: bytes
) -> None:
    assert upload(coordinator, content).status_code in {200, 400}
    assert not Partner.objects.filter(slug="werft").exists()


@each(
    "text",
    [json.dumps(rows(name="a\0b")), json.dumps(rows(city="\0")), json.dumps(rows(ror="\0")),
     json.dumps([{"na\0me": "x", "short_name": "x"}]), json.dumps(rows(name="x" * 100_000)),
     '[{"name": "\\ud800", "short_name": "x"}]', "[]", "{}", "null", "[1]", '[{"name": 1}]',
     "[" * 10_000, json.dumps(rows(short_name="../x")), json.dumps(rows(country="\u00df" * 9)),
     json.dumps(rows(public_record="x")), json.dumps(rows(id="x"))],
)  # fmt: skip
def test_rows_that_no_file_could_hold_are_refused_with_a_sentence(
    coordinator: Caller, text: str
) -> None:
    assert carry(coordinator, rows=text).status_code == 400
    assert not Import.objects.exists()


def test_a_stranger_uploads_nothing(stranger: Caller) -> None:
    assert upload(stranger, TABLE).status_code == 403
    assert carry(stranger).status_code == 403
