"""Every list whole, as JSON Lines or CSV: the same rows as its pages, to the same people."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compute.models import Allocation
from projects.actions.sealing import seal_events
from projects.models import Group, Partner
from projects.serializers import PartnerOut
from projects.streams import AT_ONCE, Csv, JsonLines, columns_of, streamed
from tests import make, routes
from tests.conftest import Caller
from tests.world import CANARY, World

# A catalogue is lines and nothing else.
LISTS = [name for name in routes.API if name.endswith("-list") and "catalogue" not in name]
READERS = ("lead", "coordinator", "stranger")


@pytest.fixture
def world(db: None) -> World:
    return World()


def _lines(answer: Any) -> list[Any]:
    return [json.loads(line) for line in answer.getvalue().splitlines()]


def _table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode(), newline="")))


def _callers(world: World) -> list[Caller]:
    return [Caller(world.people[who], world.tokens[who]) for who in READERS]


@pytest.mark.parametrize("name", LISTS)
def test_json_lines_hold_the_rows_of_all_pages(world: World, name: str) -> None:
    path = reverse(name)
    for caller in _callers(world):
        page = caller.get(f"{path}?page_size=200").json()
        assert page["next"] is None
        assert _lines(caller.get(f"{path}?format=jsonl")) == page["results"]


@pytest.mark.parametrize("name", LISTS)
def test_a_table_has_a_column_for_each_field_and_a_line_for_each_row(
    world: World, name: str
) -> None:
    path = reverse(name)
    for caller in _callers(world):
        rows = caller.get(f"{path}?page_size=200").json()["results"]
        table = _table(caller.get(f"{path}?format=csv"))
        assert [line["id"] for line in table] == [row["id"] for row in rows]
        for line, row in zip(table, rows, strict=True):
            assert {column.split(".")[0] for column in line} >= set(row)


@pytest.mark.parametrize("name", LISTS)
def test_no_export_tells_a_stranger_a_private_word(world: World, name: str) -> None:
    for who in ("stranger", "loner"):
        caller = Caller(world.people[who], world.tokens[who])
        for form in ("jsonl", "csv"):
            answer = caller.get(f"{reverse(name)}?format={form}")
            assert CANARY not in answer.getvalue().decode() + str(answer.headers)


@pytest.mark.parametrize(
    ("accepted", "given"),
    [
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/csv", "text/csv"),
        ("text/csv;q=0.5, application/x-ndjson", "application/x-ndjson"),
        ("text/html, */*", "application/json"),
        ("application/json, text/csv", "application/json"),
    ],
)
def test_the_accept_header_chooses_the_form(lead: Caller, accepted: str, given: str) -> None:
    answer = lead.get("partners/", Accept=accepted)
    assert answer.status_code == 200
    assert answer["Content-Type"].split(";")[0] == given
    assert "Accept" in answer["Vary"]


def test_an_export_is_named_after_its_list(lead: Caller) -> None:
    answer = lead.get("groups/?format=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="groups.csv"'


def test_a_form_that_nobody_writes_is_refused_with_those_that_are(lead: Caller) -> None:
    answer = lead.get("groups/?format=xlsx")
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"format": ["One of these: json, jsonl, csv."]}
    assert lead.get("groups/", Accept="image/png").status_code == 406


def test_one_thing_is_told_in_json_only(lead: Caller, group: Group) -> None:
    assert lead.get(f"groups/{group.pk}/", Accept="text/csv").status_code == 406


def test_the_feed_of_events_is_had_whole_from_a_place_on(world: World) -> None:
    seal_events(now=make.now())
    lead = Caller(world.people["lead"], world.tokens["lead"])
    page = lead.get("events/?after=&page_size=200").json()
    assert page["next"] is None
    after = page["results"][0]["id"]
    found = _lines(lead.get(f"events/?format=jsonl&after={after}"))
    assert found == page["results"][1:] != []


def test_filters_hold_for_exports(lead: Caller, group: Group) -> None:
    make.make_group(group.partner, name="Another")
    found = _lines(lead.get(f"groups/?format=jsonl&slug={group.slug}"))
    assert [row["id"] for row in found] == [str(group.pk)]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_refusal_is_a_problem_whatever_form_was_asked(lead: Caller, form: str) -> None:
    answer = lead.get(f"groups/?partner=nonsense&format={form}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert "partner" in answer.json()["errors"]


def test_without_a_token_nothing_is_exported(lead: Caller) -> None:
    answer = Caller(lead.user, "nonsense").get("groups/?format=csv")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["=1+1", "@cmd", "+49 30", " =1", "\t=1"])
def test_no_cell_is_a_formula(lead: Caller, group: Group, name: str) -> None:
    Group.objects.filter(pk=group.pk).update(description=name)
    [line] = _table(lead.get(f"groups/?format=csv&slug={group.slug}"))
    assert line["description"] == f"'{name}"


def test_numbers_below_zero_stay_numbers(lead: Caller, group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(description="-12.5")
    [line] = _table(lead.get(f"groups/?format=csv&slug={group.slug}"))
    assert line["description"] == "-12.5"


def test_what_stands_inside_has_dotted_columns(lead: Caller, allocation: Allocation) -> None:
    [line] = _table(lead.get("allocations/?format=csv"))
    row = lead.get(f"allocations/{allocation.pk}/").json()
    assert line["balance.available_gpu_hours"] == row["balance"]["available_gpu_hours"] == "60"
    assert line["created_at"] == row["created_at"]
    assert line["paused_at"] == ""


def test_a_list_in_a_cell_is_json(lead: Caller, group: Group) -> None:
    make.make_model(make.make_project(group), languages=["de", "en"])
    [line] = _table(lead.get("models/?format=csv"))
    assert json.loads(line["languages"]) == ["de", "en"]


def test_a_row_by_columns_is_what_the_thing_itself_says(
    lead: Caller, allocation: Allocation
) -> None:
    [row] = lead.get("allocations/").json()["results"]
    assert row == lead.get(f"allocations/{allocation.pk}/").json()


def test_sentences_are_told_in_the_language_of_the_call(world: World) -> None:
    lead = Caller(world.people["lead"], world.tokens["lead"])
    english, german = (
        _lines(lead.get("notices/?format=jsonl", **{"Accept-Language": language}))[0]["sentence"]
        for language in ("en", "de")
    )
    assert english != german


def test_an_export_asks_as_often_for_many_rows_as_for_few(
    coordinator: Caller, allocation: Allocation
) -> None:
    few = _queries(coordinator, "allocations/?format=jsonl")
    for _ in range(20):
        make.make_allocation(pool=allocation.pool, gpu_hours=1)
    assert _queries(coordinator, "allocations/?format=jsonl") == few <= 5


def _queries(caller: Caller, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert caller.get(path).getvalue()
    return len(asked)


def _partners(count: int) -> None:
    Partner.objects.bulk_create(
        Partner(name=f"Listed {n}", slug=f"listed-{n}", created_at=make.now())
        for n in range(count)
    )


def test_more_rows_than_are_read_at_once_come_in_order(lead: Caller) -> None:
    _partners(AT_ONCE + 1)
    names = [row["name"] for row in _lines(lead.get("partners/?format=jsonl"))]
    wanted = Partner.objects.order_by("name", "id").values_list("name", flat=True)
    assert names == list(wanted)


@pytest.mark.parametrize("form", [JsonLines(), Csv()])
def test_a_stream_that_broke_off_says_so_and_has_no_end(db: None, form: Any) -> None:
    _partners(AT_ONCE + 1)
    parts: list[bytes] = []

    def told(rows: list[Any]) -> list[dict[str, Any]]:
        if parts[1:]:
            raise LookupError("a fault of ours")
        return [{"id": row.pk, "name": row.name} for row in rows]

    shape = PartnerOut()
    answer: Any = streamed(Partner.objects.order_by("name"), told, shape, form, "partners")
    with pytest.raises(LookupError):
        parts.extend(answer)  # and so the connection is closed without HTTP's end
    last = parts[-1].decode()
    assert f"Broken off after {AT_ONCE} rows" in last
    assert parts[-1].count(b"\n") == 1


def test_the_columns_of_a_table_are_those_of_its_shape() -> None:
    assert columns_of(PartnerOut())[:3] == ["id", "url", "slug"]


def test_the_description_declares_the_forms_of_every_list(lead: Caller) -> None:
    schema = lead.get("/api/v1/schema/", Accept="application/json").json()
    for name in LISTS:
        call = schema["paths"][reverse(name)]["get"]
        content = call["responses"]["200"]["content"]
        assert list(content) == ["application/json", "application/x-ndjson", "text/csv"]
        page = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        row = schema["components"]["schemas"][page]["properties"]["results"]["items"]
        assert content["application/x-ndjson"]["schema"] == row
        assert content["text/csv"]["schema"]["type"] == "string"
        [chosen] = [p for p in call["parameters"] if p["name"] == "format"]
        assert chosen["schema"]["enum"] == ["json", "jsonl", "csv"]
