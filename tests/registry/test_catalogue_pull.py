"""The public catalogue, pulled: in shapes that can be pushed elsewhere, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.models import Group
from registry.actions.lineage import Parent, link_parent
from registry.actions.states import move_model
from registry.actions.versions import withdraw_version
from registry.models import (
    Dataset,
    DatasetDerivation,
    Derivation,
    ExchangeKey,
    Figure,
    Model,
    Version,
)
from tests import make
from tests.conftest import Caller, calls_as
from tests.registry.exchanging import PUBLIC, pull, push, read, statuses

KINDS = ["dataset", "dataset", "model", "model", "version", "figure", "derivation"]


def _plain(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines as they are wherever they lie: keys by their turn, without where they come from."""
    turns = {line["key"]: f"key {turn}" for turn, line in enumerate(lines)}
    return [
        _renamed({name: value for name, value in line.items() if name != "origin"}, turns)
        for line in lines
    ]


def _renamed(value: Any, turns: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(part, turns) for name, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, turns) for part in value]
    return turns.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def pushed(lead: Caller, group: Group) -> None:
    assert statuses(push(lead, group, *PUBLIC)) == ["created"] * 7


@pytest.mark.usefixtures("pushed")
def test_it_tells_what_was_pushed_by_type(stranger: Caller) -> None:
    lines = pull(stranger)

    assert [line["type"] for line in lines] == KINDS
    model, version, edge = lines[2], lines[4], lines[6]
    assert (model["name"], model["languages"]) == ("Base 7B", ["de", "en"])
    assert (version["model"], version["source"]) == (model["key"], "s3://weights/base-7b/1")
    assert (edge["child"], edge["version"]) == (lines[3]["key"], version["key"])
    assert lines[1]["parents"] == [{"dataset": lines[0]["key"], "kind": "filtered"}]
    assert (lines[5]["value"], lines[5]["as_of"]) == ("7000000000.000000", "2026-05-01")


@pytest.mark.usefixtures("pushed")
def test_an_entrys_key_is_its_id_and_not_its_senders(stranger: Caller, group: Group) -> None:
    lines = pull(stranger)

    assert lines[2]["key"] == str(Model.objects.get(name="Base 7B").pk)
    assert "base-7b/parameters" not in str(lines)
    owner = f"{group.partner.slug}.{group.slug}"
    assert {line["origin"]["owner"] for line in lines} == {owner}
    for line in lines:
        found = stranger.get(line["origin"]["url"].removeprefix("http://testserver"))
        assert found.json()["id"] == line["key"]


@pytest.mark.usefixtures("pushed")
def test_pushed_into_an_empty_group_and_pulled_again_it_is_the_same(stranger: Caller) -> None:
    lines = pull(stranger)
    _hide_all()

    outcomes = push(stranger, Group.objects.get(name="Theirs"), *lines)

    assert statuses(outcomes) == ["created"] * 7
    assert _plain(pull(stranger)) == _plain(lines)


@pytest.mark.usefixtures("pushed")
def test_pushed_into_another_group_beside_the_first_it_is_a_copy_that_leads_to_itself(
    stranger: Caller,
) -> None:
    lines = pull(stranger)

    outcomes = push(stranger, Group.objects.get(name="Theirs"), *lines)

    assert statuses(outcomes) == ["created"] * 7
    copies = {outcome["id"] for outcome in outcomes}
    assert not copies & {line["key"] for line in lines}
    theirs = Derivation.objects.get(child__model__group__name="Theirs")
    assert theirs.parent
    assert theirs.parent.model.group.name == "Theirs"


@pytest.mark.parametrize("are_there_keys", [True, False])
@pytest.mark.usefixtures("pushed")
def test_pushed_back_into_its_own_group_it_changes_nothing(
    stranger: Caller, lead: Caller, group: Group, are_there_keys: bool
) -> None:
    lines = pull(stranger)
    if not are_there_keys:
        _forget_keys()

    assert statuses(push(lead, group, *lines)) == ["unchanged"] * 7
    assert pull(stranger) == lines
    if are_there_keys:
        assert statuses(push(lead, group, *PUBLIC)) == ["unchanged"] * 7


def test_a_public_record_of_every_kind_of_fact_survives_the_way(
    lead: Caller, group: Group, stranger: Caller
) -> None:
    """Whole lines as a group's catalogue may have them."""
    whole = {
        "type": "model", "key": "m", "name": "M", "visibility": "public", "state": "training",
        "modality_in": ["image", "text"], "modality_out": ["text"], "architecture": "moe",
        "languages": ["de", "fr"], "domains": ["law"], "tasks": ["chat"],
        "training_mode": "from_scratch", "parameters": 9, "active_parameters": 3, "tokens": 8,
        "datasets": ["A", "B"], "window": {"start": "2026-01-01", "end": "2026-03-01"},
        "licence": "MIT", "hub_id": "a/b", "intended_users": "all", "contact": "a@b.org",
        "description": "# M\n",
    }  # fmt: skip
    day = {"type": "figure", "key": "f", "model": "m", "kind": "released_on", "day": "2026-05-01",
           "stage": "plan", "note": "announced"}  # fmt: skip
    weights = {"type": "version", "key": "v", "model": "m", "source": "s3://m", "run_id": "r",
               "run_link": "l", "description": "d"}  # fmt: skip
    push(lead, group, whole, day, weights)
    lines = pull(stranger)
    _hide_all()

    push(stranger, Group.objects.get(name="Theirs"), *lines)

    assert _plain(pull(stranger)) == _plain(lines)
    theirs = Model.objects.get(group__name="Theirs")
    assert (theirs.parameters, theirs.active_parameters, theirs.tokens) == (9, 3, 8)
    assert str(theirs.released_on) == "2026-05-01"


@pytest.mark.parametrize("visibility", ["group", "project", "partners"])
@pytest.mark.usefixtures("pushed")
def test_what_is_not_public_is_not_told_even_to_its_own_group(
    lead: Caller, coordinator: Caller, visibility: str
) -> None:
    _hide_all(visibility)

    assert pull(lead) == pull(coordinator) == []


@pytest.mark.usefixtures("pushed")
def test_under_an_embargo_nothing_is_told_until_it_ends(lead: Caller) -> None:
    before = pull(lead)
    Model.objects.filter(name="Base 7B").update(embargo_until=make.today() + timedelta(1))

    assert [line["type"] for line in pull(lead)] == ["dataset", "dataset", "model"]

    Model.objects.update(embargo_until=make.today())
    assert pull(lead) == before


@pytest.mark.usefixtures("pushed")
def test_a_private_parent_leaves_no_trace(lead: Caller, stranger: Caller) -> None:
    Model.objects.filter(name="Base 7B").update(visibility="group")
    Dataset.objects.filter(name="Corpus").update(visibility="group")

    lines = pull(stranger)

    assert [line["type"] for line in lines] == ["dataset", "model"]
    assert lines[0]["parents"] == []
    hidden = Model.objects.get(name="Base 7B")
    assert str(hidden.pk) not in str(lines)
    assert str(hidden.versions.get().pk) not in str(lines)


def test_what_ended_is_told_to_who_asks_for_changes_alone(
    lead: Caller, group: Group, stranger: Caller
) -> None:
    push(lead, group, *PUBLIC)
    start = _utc(timezone.now())
    base = Model.objects.get(name="Base 7B")
    move_model(by=None, model=base, state="withdrawn", now=timezone.now())

    assert [line["type"] for line in pull(stranger)] == [
        "dataset", "dataset", "model", "derivation"
    ]  # fmt: skip
    assert [(line["type"], line.get("state")) for line in pull(stranger, start)] == [
        ("model", "withdrawn"), ("derivation", None)
    ]  # fmt: skip


@pytest.mark.usefixtures("pushed")
def test_a_parent_that_no_line_tells_of_is_named(stranger: Caller) -> None:
    base = Model.objects.get(name="Base 7B")
    withdraw_version(by=make.make_user(), version=base.versions.get(), now=timezone.now())

    lines = pull(stranger)

    assert [line["type"] for line in lines].count("version") == 0
    assert lines[-1]["literal"] == base.qualified


@pytest.mark.usefixtures("pushed")
def test_a_copy_inside_the_registry_is_not_told(stranger: Caller) -> None:
    Version.objects.filter(number=1).update(source="models:/Base 7B/1")

    assert "models:/" not in str(pull(stranger))


def test_a_plan_without_weights_is_a_parent_by_its_model(
    lead: Caller, group: Group, stranger: Caller
) -> None:
    push(lead, group, *(line for line in PUBLIC if line["type"] == "model"))
    base, chat = (Model.objects.get(name=name) for name in ("Base 7B", "Chat 7B"))
    link_parent(
        by=lead.user,
        child=chat.newest_version(),
        parent=Parent(base.newest_version(), "", "merge"),
        now=timezone.now(),
    )

    edge = pull(stranger)[-1]

    assert (edge["child"], edge["model"]) == (str(chat.pk), str(base.pk))


@pytest.mark.usefixtures("pushed")
def test_datasets_come_after_what_they_are_made_from(
    lead: Caller, group: Group, stranger: Caller
) -> None:
    """Whenever they were registered, and however many wait for one another."""
    chain = [
        {"type": "dataset", "key": f"d{n}", "name": f"D{n}", "visibility": "public"}
        for n in range(6)
    ]
    push(lead, group, *chain)
    rows = [Dataset.objects.get(name=f"D{n}") for n in range(6)]
    for child, parent in ((0, 3), (3, 5), (1, 5), (5, 4), (0, 2)):
        DatasetDerivation.objects.create(child=rows[child], parent=rows[parent])

    lines = [line for line in pull(stranger) if line["type"] == "dataset"]

    assert len(lines) == 8
    out: set[str] = set()
    for line in lines:
        assert {parent["dataset"] for parent in line["parents"]} <= out
        out.add(line["key"])


def test_since_then_it_tells_what_changed(lead: Caller, group: Group, stranger: Caller) -> None:
    push(lead, group, *PUBLIC)
    _make_old()
    start = _utc(timezone.now())
    assert pull(stranger, start) == []

    Figure.objects.update(recorded_at=timezone.now())
    assert [line["type"] for line in pull(stranger, start)] == ["figure"]

    Version.objects.filter(number=1).update(updated_at=timezone.now())
    assert [line["type"] for line in pull(stranger, start)] == ["version", "figure"]

    Dataset.objects.filter(name="Corpus, clean").update(updated_at=timezone.now())
    assert pull(stranger, start)[0]["parents"] == [
        {"dataset": str(Dataset.objects.get(name="Corpus").pk), "kind": "filtered"}
    ]

    Derivation.objects.update(created_at=timezone.now())
    assert [line["type"] for line in pull(stranger, start)] == [
        "dataset", "version", "figure", "derivation"
    ]  # fmt: skip


@pytest.mark.parametrize("change", ["opened", "embargo ended"])
def test_what_belongs_to_a_model_that_was_opened_since_is_news(
    lead: Caller, group: Group, stranger: Caller, change: str
) -> None:
    push(lead, group, *PUBLIC)
    _make_old()
    start = _utc(timezone.now() - timedelta(days=2))
    assert pull(stranger, start) == []

    values: dict[str, Any] = {"embargo_until": make.today()}
    if change == "opened":
        values = {"updated_at": timezone.now()}
    Model.objects.filter(name="Base 7B").update(**values)

    assert [line["type"] for line in pull(stranger, start)] == [
        "model", "version", "figure", "derivation"
    ]  # fmt: skip


def test_the_last_line_says_from_when_on_to_ask_next(stranger: Caller) -> None:
    [totals] = read(stranger.get("catalogue/"))

    assert (totals["type"], totals["lines"]) == ("totals", 0)
    assert pull(stranger, totals["as_of"]) == []
    until = datetime.fromisoformat(totals["as_of"])
    assert timedelta(minutes=9) < timezone.now() - until < timedelta(minutes=11)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-13-01T00:00:00Z",
        "\0",
        "0001-01-01T00:00:00%2B23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_time_that_is_none_is_refused(stranger: Caller, text: str) -> None:
    refused = stranger.get(f"catalogue/?since={text}")

    assert (refused.status_code, set(refused.json()["errors"])) == (400, {"since"})


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59%2B23:59"])
def test_the_ends_of_time_are_times(stranger: Caller, text: str) -> None:
    assert pull(stranger, text) == []


def test_a_pull_asks_as_often_however_much_there_is(lead: Caller, group: Group) -> None:
    asked = []
    for turn in range(2):
        renamed = [
            {**line, "key": f"{line['key']} {n}", "name": f"{n}"}
            for n in range(1 + 20 * turn, 2 + 40 * turn)
            for line in PUBLIC[:1] + PUBLIC[2:3]
        ]
        push(lead, group, *renamed)
        with CaptureQueriesContext(connection) as queries:
            assert len(pull(lead)) >= len(renamed)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 8


def test_a_token_that_may_only_read_may_pull(group: Group) -> None:
    user = make.make_member(group)

    assert pull(calls_as(user, "read")) == []


def _hide_all(visibility: str = "group") -> None:
    for table in (Model, Dataset):
        table._default_manager.update(visibility=visibility)


def _forget_keys() -> None:
    ExchangeKey.objects.all().delete()


def _make_old() -> None:
    old = timezone.now() - timedelta(days=9)
    Model._default_manager.update(updated_at=old)
    Dataset.objects.update(updated_at=old)
    Version.objects.update(updated_at=old)
    Figure.objects.update(recorded_at=old)
    Derivation.objects.update(created_at=old)


def _utc(at: Any) -> str:
    return str(at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
