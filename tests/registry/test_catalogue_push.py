"""A group's whole catalogue, pushed: each line once, whatever the others say."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from projects.models import Event, Group, Membership, Project
from projects.roles import Role
from registry.models import Dataset, Derivation, ExchangeKey, Figure, Model, Version
from tests import make
from tests.conftest import Caller, calls_as
from tests.registry.exchanging import (
    ALL,
    BASE,
    CHAT,
    CLEAN,
    CORPUS,
    MADE_FROM,
    SIZE,
    WEIGHTS,
    errors_of,
    push,
    read,
    send,
    statuses,
)


def test_every_line_becomes_an_entry_of_the_group(member: Caller, group: Group) -> None:
    outcomes = push(member, group, *ALL)

    assert statuses(outcomes) == ["created"] * 7
    model = Model.objects.get(name="Base 7B")
    assert (model.group, model.visibility, model.state) == (group, "group", "released")
    assert model.languages == ["de", "en"]
    assert model.parameters == 7_000_000_000
    assert [version.source for version in model.versions.all()] == ["s3://weights/base-7b/1"]
    edge = Derivation.objects.get()
    assert (edge.child.model.name, edge.parent, edge.kind) == (
        "Chat 7B",
        model.versions.get(),
        "finetune",
    )
    clean = Dataset.objects.get(name="Corpus, clean")
    assert [(one.parent.name, one.kind) for one in clean.parents.all()] == [("Corpus", "filtered")]


def test_an_outcome_leads_to_its_entry(member: Caller, group: Group) -> None:
    for outcome, line in zip(push(member, group, *ALL), ALL, strict=True):
        assert (outcome["type"], outcome["key"]) == (line["type"], line["key"])
        found = member.get(outcome["url"].removeprefix("http://testserver"))
        assert found.json()["id"] == outcome["id"]


def test_the_last_line_counts_them(member: Caller, group: Group) -> None:
    push(member, group, BASE)

    totals = read(send(member, group, BASE, {**CHAT, "state": "nowhere"}, CORPUS, b""))[-1]

    assert totals == {
        "type": "totals", "lines": 3, "created": 1, "updated": 0, "unchanged": 1, "failed": 1,
        "dry_run": False,
    }  # fmt: skip


def test_pushed_again_nothing_changes(member: Caller, group: Group) -> None:
    push(member, group, *ALL)
    before = _everything()

    # Neither spaces nor the order of fields are a change, nor is where a line came from.
    again = [{"origin": {"url": "x"}, **dict(reversed(line.items()))} for line in ALL]

    assert statuses(push(member, group, *again)) == ["unchanged"] * 7
    assert _everything() == before


def test_lines_may_stand_in_any_order(member: Caller, group: Group) -> None:
    outcomes = push(member, group, *reversed([CORPUS, *ALL[2:]]))

    assert statuses(outcomes) == ["created"] * 6


def test_an_entry_of_a_later_push_may_refer_to_one_of_an_earlier(
    member: Caller, group: Group
) -> None:
    push(member, group, BASE)

    assert statuses(push(member, group, WEIGHTS)) == ["created"]


def test_a_changed_line_changes_its_entry(member: Caller, group: Group) -> None:
    first = push(member, group, *ALL)
    changed = [
        {**CORPUS, "licence": "CC-BY-4.0"},
        {**CLEAN, "parents": []},
        {**BASE, "name": "Base 7B v2"},
        {**CHAT, "state": "training"},
        {**WEIGHTS, "source": "s3://weights/elsewhere"},
        {**SIZE, "value": "7100000000"},
        {**MADE_FROM, "kind": "adapter"},
    ]

    outcomes = push(member, group, *changed)

    assert statuses(outcomes) == ["updated"] * 7
    assert Dataset.objects.get(name="Corpus").licence == "CC-BY-4.0"
    assert not Dataset.objects.get(name="Corpus, clean").parents.exists()
    assert Model.objects.get(pk=first[2]["id"]).name == "Base 7B v2"
    assert Model.objects.get(name="Chat 7B").state == "training"
    assert Version.objects.get(pk=first[4]["id"]).source == "s3://weights/elsewhere"
    assert Derivation.objects.get().kind == "adapter"


def test_a_changed_figure_is_a_new_one_and_the_old_one_stays(member: Caller, group: Group) -> None:
    [*_, first] = push(member, group, BASE, SIZE)

    [*_, second] = push(
        member, group, BASE, {**SIZE, "value": "7100000000", "as_of": "2026-06-01"}
    )

    assert first["id"] != second["id"]
    assert Figure.objects.filter(kind="parameters").count() == 2
    assert Model.objects.get().parameters == 7_100_000_000


def test_what_a_line_leaves_out_stays(member: Caller, group: Group) -> None:
    push(member, group, BASE)
    line = {name: value for name, value in BASE.items() if name != "licence"}

    assert statuses(push(member, group, line)) == ["unchanged"]
    assert Model.objects.get().licence == "Apache-2.0"


def test_what_is_no_longer_pushed_stays(member: Caller, group: Group) -> None:
    push(member, group, *ALL)

    push(member, group, CORPUS)

    assert Model.objects.count() == 2
    assert Derivation.objects.exists()


def test_what_people_changed_here_stays_until_the_line_changes(
    member: Caller, group: Group
) -> None:
    push(member, group, BASE)
    model = Model.objects.get()
    member.patch(f"models/{model.pk}/", {"licence": "MIT"})

    push(member, group, BASE)
    model.refresh_from_db()
    assert model.licence == "MIT"

    push(member, group, {**BASE, "architecture": "transformer"})
    model.refresh_from_db()
    assert (model.licence, model.architecture) == ("Apache-2.0", "transformer")


def test_a_wrong_line_stops_no_other(member: Caller, group: Group) -> None:
    wrong = {**BASE, "languages": ["German"], "parameters": -1}

    outcomes = push(member, group, CORPUS, wrong, CHAT, b"{", b"7", {"type": "cat", "key": "x"})

    assert statuses(outcomes) == ["created", "failed", "created", "failed", "failed", "failed"]
    assert [outcome["line"] for outcome in outcomes] == [1, 2, 3, 4, 5, 6]
    assert errors_of(outcomes[1]) == {"languages", "parameters"}
    assert set(Model.objects.values_list("name", flat=True)) == {"Chat 7B"}


def test_of_a_wrong_line_nothing_is_kept(member: Caller, group: Group) -> None:
    push(member, group, BASE, WEIGHTS)
    hidden = make.key()
    line = {**BASE, "name": "Other", "parents": [{"model": hidden}]}

    [outcome] = push(member, group, line)

    assert errors_of(outcome) == {"parents"}
    assert Model.objects.get().name == "Base 7B"
    assert statuses(push(member, group, BASE)) == ["unchanged"]


def test_a_corrected_line_is_taken_over(member: Caller, group: Group) -> None:
    push(member, group, {**BASE, "languages": ["German"]})

    assert statuses(push(member, group, BASE)) == ["created"]


def test_an_unknown_field_is_refused(member: Caller, group: Group) -> None:
    [outcome] = push(member, group, {**BASE, "colour": "red"})

    assert outcome["errors"] == {"colour": ["Unknown field."]}


def test_values_are_not_converted(member: Caller, group: Group) -> None:
    [outcome] = push(member, group, {**BASE, "parameters": "7"})

    assert errors_of(outcome) == {"parameters"}


def test_a_name_that_is_taken_is_refused_by_its_line(
    member: Caller, group: Group, project: Project
) -> None:
    make.make_model(project, name="Base 7B")

    [outcome] = push(member, group, BASE)

    assert outcome["errors"] == {"name": ["Taken."]}


def test_the_id_of_an_entry_of_the_group_is_a_key_of_it(
    member: Caller, group: Group, project: Project
) -> None:
    model = make.make_model(project, name="By hand")

    [outcome] = push(member, group, {**BASE, "key": str(model.pk)})

    assert (outcome["status"], outcome["id"]) == ("updated", str(model.pk))
    model.refresh_from_db()
    assert model.name == "Base 7B"


@pytest.mark.parametrize("key", [None, 7, "", " x", "a\nb", "x" * 201])
def test_a_key_is_a_short_plain_text(member: Caller, group: Group, key: Any) -> None:
    [outcome] = push(member, group, {**BASE, "key": key})

    assert errors_of(outcome) == {"key"}


def test_a_key_stands_once_in_a_push_for_each_type(member: Caller, group: Group) -> None:
    outcomes = push(member, group, BASE, {**CORPUS, "key": "base-7b"}, {**CHAT, "key": "base-7b"})

    assert statuses(outcomes) == ["created", "created", "failed"]
    assert "Line 1 " in outcomes[2]["detail"]


def test_two_keys_of_one_entry_are_refused(member: Caller, group: Group) -> None:
    twin = {**WEIGHTS, "key": "again"}  # the same weights within ten minutes are the same call

    outcomes = push(member, group, BASE, WEIGHTS, twin)

    assert statuses(outcomes) == ["created", "created", "failed"]
    assert Version.objects.count() == 1


def test_the_log_says_what_was_done_as_for_any_call(member: Caller, group: Group) -> None:
    push(member, group, *ALL)
    push(member, group, *ALL)

    events = Event.objects.filter(actor=member.user).exclude(kind="create_token")
    assert [event.kind for event in events.order_by("sequence")] == [
        "register_dataset", "register_dataset", "plan_model", "plan_model", "create_version",
        "record_figure", "link_parent",
    ]  # fmt: skip


def test_a_dry_run_tells_all_and_keeps_nothing(member: Caller, group: Group) -> None:
    push(member, group, BASE)
    lines = (*ALL[:2], {**BASE, "licence": "MIT"}, *ALL[3:], {**CHAT, "key": "x", "name": ""})
    before = _everything()

    outcomes = push(member, group, *lines, more="&dry_run=true")

    assert statuses(outcomes) == ["created", "created", "updated", *["created"] * 4, "failed"]
    assert [("id" in outcome) for outcome in outcomes] == [line is lines[2] for line in lines]
    assert _everything() == before


def test_a_project_of_the_group_may_be_named(
    member: Caller, group: Group, project: Project
) -> None:
    line = {**BASE, "project": str(project.pk), "group": str(group.pk), "visibility": "project"}

    assert statuses(push(member, group, line, {**CORPUS, "project": str(project.pk)})) == [
        "created",
        "created",
    ]
    assert Model.objects.get().project == project
    assert Dataset.objects.get().project == project


def test_an_entry_stays_in_its_project(member: Caller, group: Group, project: Project) -> None:
    push(member, group, BASE)

    [outcome] = push(member, group, {**BASE, "project": str(project.pk)})

    assert errors_of(outcome) == {"project"}


def test_a_version_stays_with_its_model(member: Caller, group: Group) -> None:
    push(member, group, BASE, CHAT, WEIGHTS)

    [outcome] = push(member, group, {**WEIGHTS, "model": "chat-7b"})

    assert errors_of(outcome) == {"model"}


def test_a_push_is_for_the_home_group_of_the_token(group: Group) -> None:
    user = make.make_member(group)
    caller = calls_as(user)
    assert caller.post("catalogue/", b"{}", key="").json()["errors"].keys() == {"group"}
    user.auth_token_set.update(group=group)

    answer = caller.post("catalogue/", b'{"type": "dataset", "key": "a", "name": "A"}', key="")

    assert read(answer)[0]["status"] == "created"
    assert Dataset.objects.get().group == group


def test_with_a_key_a_repeated_push_gets_the_same_answer(member: Caller, group: Group) -> None:
    key = make.key()

    first, second = (send(member, group, *ALL, key=key) for _ in range(2))

    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert read(second)[0]["status"] == "created"
    assert second["Content-Type"] == "application/x-ndjson"


def test_many_lines_are_looked_up_some_at_a_time(member: Caller, group: Group) -> None:
    lines = [{"type": "dataset", "key": f"d{n}", "name": f"D{n}"} for n in range(450)]
    push(member, group, *lines)

    lines[220]["licence"] = "MIT"

    assert statuses(push(member, group, *lines)).count("unchanged") == 449


def test_two_groups_may_use_the_same_keys(member: Caller, group: Group, stranger: Caller) -> None:
    theirs = Group.objects.get(name="Theirs")
    push(member, group, *ALL)

    assert statuses(push(stranger, theirs, *ALL)) == ["created"] * 7
    assert ExchangeKey.objects.of(group).count() == ExchangeKey.objects.of(theirs).count() == 7


def test_a_lead_of_two_groups_pushes_nothing_of_one_for_the_other(
    lead: Caller, group: Group
) -> None:
    other = make.make_group(name="Second")
    Membership.objects.create(user=lead.user, group=other, role=Role.LEAD)
    [model, version] = push(lead, other, BASE, WEIGHTS)

    outcomes = push(
        lead,
        group,
        {**WEIGHTS, "model": model["id"]},
        {**SIZE, "model": model["id"]},
        {**MADE_FROM, "child": version["id"], "version": version["id"]},
        {**BASE, "key": model["id"], "group": str(other.pk)},
    )

    assert [errors_of(outcome) for outcome in outcomes] == [
        {"model"}, {"model"}, {"child"}, {"group"}
    ]  # fmt: skip


def test_the_id_of_an_entry_of_the_persons_other_group_is_just_a_key(
    lead: Caller, group: Group
) -> None:
    other = make.make_group(name="Second")
    Membership.objects.create(user=lead.user, group=other, role=Role.LEAD)
    [model] = push(lead, other, BASE)

    [outcome] = push(lead, group, {**BASE, "key": model["id"], "licence": "MIT"})

    assert outcome["status"] == "created"
    assert outcome["id"] != model["id"]
    assert Model.objects.get(pk=model["id"]).licence == "Apache-2.0"


def _everything() -> list[list[Any]]:
    tables: list[Any] = [Dataset, Model, Version, Figure, Derivation, ExchangeKey, Event]
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_times_are_when_a_line_was_kept(member: Caller, group: Group) -> None:
    before = timezone.now()
    push(member, group, BASE)

    assert before <= ExchangeKey.objects.get().pushed_at <= timezone.now()
