"""Spreadsheets of partners, groups and grants: a look, then all rows or none, and back."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from compute.models import ExternalGrant
from projects.models import Event, Group, Import, Partner, Project
from tests import make
from tests.conftest import Caller

PARTNERS = "name,short_name,sector,country,city\nWerft AG,werft,industry,DE,Kiel\n"


def look(caller: Caller, kind: str, content: str | bytes, name: str = "table.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, data)
    return caller.as_browser.post(reverse("imports"), {"kind": kind, "file": file})


def carry(caller: Caller, looked: Any) -> Any:
    """Press the button that the look shows."""
    page = looked.content.decode()
    fields = {}
    for name in ("kind", "file_name", "rows"):
        found = re.search(rf'name="{name}" value="([^"]*)"', page)
        assert found, name
        fields[name] = html.unescape(found[1])
    return caller.as_browser.post(reverse("import-carry"), fields)


def undo(caller: Caller) -> Import:
    done = Import.objects.get()
    caller.as_browser.post(reverse("import-undo", args=[done.pk]))
    done.refresh_from_db()
    return done


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_look_writes_nothing(coordinator: Caller) -> None:
    answer = look(coordinator, "partners", PARTNERS)
    assert answer.status_code == 200
    assert [step.name for step in answer.context["look"].new] == ["werft"]
    assert not Partner.objects.filter(slug="werft").exists()


def test_what_was_looked_at_is_carried_out(coordinator: Caller) -> None:
    carry(coordinator, look(coordinator, "partners", PARTNERS))
    partner = Partner.objects.get(slug="werft")
    assert (partner.name, partner.sector, partner.city) == ("Werft AG", "industry", "Kiel")
    assert Event.objects.filter(kind="import_records", actor=coordinator.user).exists()


def test_a_workbook_says_the_same(coordinator: Caller) -> None:
    content = workbook(("Name", "Short name", "City"), ("Werft AG", "werft", 24103))
    carry(coordinator, look(coordinator, "partners", content, "table.xlsx"))
    assert Partner.objects.get(slug="werft").city == "24103"


def test_what_is_there_is_changed_and_what_is_the_same_is_left(coordinator: Caller) -> None:
    Partner.objects.create(name="Werft", slug="werft", sector="industry", country="DE")
    answer = look(coordinator, "partners", PARTNERS + "Werft 2,werft2,industry,DE,\n")
    [changed] = answer.context["look"].changed
    assert set(changed.changes) == {"name", "city"}
    carry(coordinator, answer)
    again = look(coordinator, "partners", PARTNERS)
    assert again.context["look"].same == 1
    assert "nothing to import" in again.content.decode()


def test_it_is_taken_back_as_a_whole(coordinator: Caller) -> None:
    Partner.objects.create(name="Old name", slug="old", city="Ulm")
    table = PARTNERS + "New name,old,research,,Jena\n"
    carry(coordinator, look(coordinator, "partners", table))
    done = undo(coordinator)
    assert (done.kept, done.undone_by) == ([], coordinator.user)
    assert not Partner.objects.filter(slug="werft").exists()
    old = Partner.objects.get(slug="old")
    assert (old.name, old.city) == ("Old name", "Ulm")


def test_what_others_built_on_is_kept_and_named(coordinator: Caller) -> None:
    carry(coordinator, look(coordinator, "partners", PARTNERS))
    Group.objects.create(partner=Partner.objects.get(slug="werft"), name="Dock", slug="dock")
    done = undo(coordinator)
    assert [one["name"] for one in done.kept] == ["werft"]
    assert Partner.objects.filter(slug="werft").exists()
    page = coordinator.as_browser.get(reverse("imports")).content.decode()
    assert "Something belongs to it" in page


def test_what_was_changed_since_is_kept(coordinator: Caller) -> None:
    carry(coordinator, look(coordinator, "partners", PARTNERS))
    Partner.objects.filter(slug="werft").update(city="Emden")
    assert [one["name"] for one in undo(coordinator).kept] == ["werft"]


def test_it_is_taken_back_once(coordinator: Caller) -> None:
    carry(coordinator, look(coordinator, "partners", PARTNERS))
    first = undo(coordinator)
    assert undo(coordinator).undone_at == first.undone_at


def test_one_wrong_line_keeps_all_out(coordinator: Caller) -> None:
    table = PARTNERS + "Nobody,no body,industry,DE,\nTwin,werft,,,\n"
    answer = look(coordinator, "partners", table)
    assert [line for line, _why in answer.context["look"].problems] == [3, 4]
    assert "Import these" not in answer.content.decode()
    rows = '[{"name": "A", "short_name": "a"}, {"name": "B", "short_name": "no body"}]'
    sent = {"kind": "partners", "file_name": "x", "rows": rows}
    assert coordinator.as_browser.post(reverse("import-carry"), sent).status_code == 400
    assert not Partner.objects.filter(slug="a").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "first row"),
        ("name,short_name\n", "no row"),
        ("name,name\na,b\n", "twice"),
        ("name,city\na,b\n", "short_name"),
        ("name,short_name,password\na,b,c\n", "password"),
        ('name,short_name\n"a,b', "CSV"),
        (b"\xff\xfe\x00n", "UTF-8"),
        (b"PK\x03\x04 broken", "XLSX"),
        ("name,short_name\n" + "a,b\n" * 5001, "5000"),
        ("n" * (2 * 1024 * 1024 + 1), "2 MiB"),
    ],
)
def test_a_file_that_is_no_table_is_told(
    coordinator: Caller, content: str | bytes, says: str
) -> None:
    answer = look(coordinator, "partners", content)
    assert answer.status_code == 400
    assert says in html.unescape(answer.content.decode())


@pytest.mark.parametrize("rows", ["", "{}", "[]", "[1]", '[{"name": 1}]', "nonsense"])
def test_what_no_look_sent_is_refused(coordinator: Caller, rows: str) -> None:
    sent = {"kind": "partners", "file_name": "x", "rows": rows}
    assert coordinator.as_browser.post(reverse("import-carry"), sent).status_code == 400
    assert not Import.objects.exists()


def test_groups_come_into_their_partners(coordinator: Caller) -> None:
    Partner.objects.create(name="Werft", slug="werft")
    table = "partner;name;short_name;contact\nwerft;Dock;dock;dock@example.org\n"
    carry(coordinator, look(coordinator, "groups", table))
    assert Group.objects.get(slug="dock").partner.slug == "werft"
    done = undo(coordinator)
    assert done.kept == []
    assert not Group.objects.filter(slug="dock").exists()


def test_a_group_of_nobody_is_refused(coordinator: Caller) -> None:
    table = "partner,name,short_name\nnobody,Dock,dock\n"
    [(line, why)] = look(coordinator, "groups", table).context["look"].problems
    assert line == 2
    assert "nobody" in why


def grants(project: Project, values: dict[str, str] | None = None) -> str:
    pool = make.make_pool()
    row = {
        "project": project.slug, "pool": pool.slug, "board": "GCS", "reference": "L-1",
        "decided_on": str(make.today()), "amount": "6000 core-h", "conversion": "÷ 12",
        "gpu_hours": "500", "start": str(make.today()), "end": f"{make.today().year + 1}-12-31",
        **(values or {}),
    }  # fmt: skip
    return f"{','.join(row)}\n{','.join(row.values())}\n"


def test_grants_are_registered_and_can_be_taken_back(
    coordinator: Caller, project: Project
) -> None:
    carry(coordinator, look(coordinator, "grants", grants(project)))
    grant = ExternalGrant.objects.get()
    assert (grant.state, grant.gpu_seconds, grant.project) == ("registered", 1_800_000, project)
    assert undo(coordinator).kept == []
    assert not ExternalGrant.objects.exists()


def test_a_grant_that_was_confirmed_stays(
    coordinator: Caller, quota_admin: Caller, project: Project
) -> None:
    carry(coordinator, look(coordinator, "grants", grants(project)))
    grant = ExternalGrant.objects.get()
    quota_admin.as_browser.post(reverse("grant-confirm", args=[grant.pk]), {})
    assert len(undo(coordinator).kept) == 1
    assert ExternalGrant.objects.filter(state="confirmed").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("project", "none"), ("pool", "none"), ("gpu_hours", "many"), ("start", "spring"),
     ("board", "")],
)  # fmt: skip
def test_a_grant_that_cannot_be_is_refused(
    coordinator: Caller, project: Project, field: str, value: str
) -> None:
    answer = look(coordinator, "grants", grants(project, {field: value}))
    assert [line for line, _why in answer.context["look"].problems] == [2]


@pytest.mark.parametrize("who", ["lead", "stranger", "operator", "auditor"])
def test_others_import_nothing(request: pytest.FixtureRequest, who: str) -> None:
    caller: Caller = request.getfixturevalue(who)
    done = make.make_import("Werft")
    assert look(caller, "partners", PARTNERS).status_code == 403
    path = reverse("import-undo", args=[done.pk])
    assert caller.as_browser.post(path).status_code in (403, 404)
    assert Partner.objects.filter(slug="werft").exists()
