"""The page of a lineage: a tree of rows, the data of the drawing, and what stays hidden."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Project
from registry.models import Model
from tests import make
from tests.conftest import Caller


def _get(caller: Caller, model: Model, **headers: str) -> Any:
    address = reverse("model-lineage", args=[model.pk])
    return caller.as_browser.get(address, headers=headers)


def _text(caller: Caller, model: Model) -> str:
    return str(_get(caller, model).content.decode())


def _drawing(caller: Caller, model: Model) -> dict[str, Any]:
    """What the page hands to the script that draws."""
    text = _text(caller, model)
    start = '<script id="graph-data" type="application/json">'
    drawing: dict[str, Any] = json.loads(text.split(start)[1].split("</script>", maxsplit=1)[0])
    return drawing


def _data(caller: Caller, model: Model) -> dict[str, Any]:
    answer = caller.as_browser.get(reverse("model-lineage-data", args=[model.pk]))
    data: dict[str, Any] = answer.json()
    return data


def _rows(caller: Caller, model: Model, part: str) -> list[tuple[str, int]]:
    """Name and depth of each row of a table."""
    return [(row["node"].name, row["depth"]) for row in _get(caller, model).context[part]]


def _line(project: Project, *names: str, **facts: Any) -> list[Model]:
    """Models of these names, each derived from the one before."""
    models = [make.make_model(project, name=name, **facts) for name in names]
    for parent, child in itertools.pairwise(models):
        make.make_edge(child, parent)
    return models


def _fan(project: Project, root: Model, children: int, grandchildren: int = 0) -> None:
    for _each in range(children):
        child = make.make_model(project)
        make.make_edge(child, root)
        for _below in range(grandchildren):
            make.make_edge(make.make_model(project), child)


def test_what_is_above_and_below_stands_as_rows_with_their_depth(
    member: Caller, project: Project
) -> None:
    _top, _up, model, _down, _bottom = _line(project, "Top", "Up", "Here", "Down", "Bottom")
    assert _rows(member, model, "above") == [("Up", 1), ("Top", 2)]
    assert _rows(member, model, "below") == [("Down", 1), ("Bottom", 2)]


def test_a_child_stands_below_its_parent_and_before_its_parents_sisters(
    member: Caller, project: Project
) -> None:
    root = make.make_model(project)
    for name in ("A", "B"):
        child = make.make_model(project, name=name)
        make.make_edge(child, root)
        make.make_edge(make.make_model(project, name=f"{name}-child"), child)
    rows = _rows(member, root, "below")
    assert rows == [("A", 1), ("A-child", 2), ("B", 1), ("B-child", 2)]


def test_what_is_reached_on_two_ways_stands_once(member: Caller, project: Project) -> None:
    top, left, right, model = (make.make_model(project) for _each in range(4))
    for child, parent in ((left, top), (right, top), (model, left), (model, right)):
        make.make_edge(child, parent)
    names = [name for name, _depth in _rows(member, model, "above")]
    assert sorted(names) == sorted([top.name, left.name, right.name])


def test_a_row_says_how_it_derives_and_what_speaks_for_it(
    member: Caller, project: Project
) -> None:
    model, base = make.make_model(project), make.make_model(project)
    make.make_edge(model, base, kind="quantized")
    text = _text(member, model)
    assert "quantised" in text
    assert "declared" in text


def test_a_name_that_is_no_entry_is_marked_so(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    make.make_edge(model, "their/model")
    text = _text(member, model)
    assert "their/model" in text
    assert "no entry here" in text


def test_the_depth_of_a_row_is_said_in_words_too(member: Caller, project: Project) -> None:
    _top, _up, model = _line(project, "Top", "Up", "Here")
    assert '<span class="visually-hidden">Level 2: </span>' in _text(member, model)


def test_a_model_alone_has_no_drawing(member: Caller, project: Project) -> None:
    text = _text(member, make.make_model(project))
    assert 'id="graph"' not in text
    assert "Nothing above it is known." in text
    assert "Nothing that you may see derives from it." in text


def test_the_drawing_names_nodes_and_edges_from_parent_to_child(
    member: Caller, project: Project
) -> None:
    base, model = _line(project, "Base", "Here")
    drawing = _drawing(member, model)
    names = {node["id"]: node["name"] for node in drawing["nodes"]}
    [edge] = drawing["edges"]
    assert sorted(names.values()) == ["Base", "Here"]
    assert names[drawing["root"]] == "Here"
    assert (names[edge["parent"]], names[edge["child"]]) == ("Base", "Here")
    assert (edge["kind"], edge["label"]) == ("finetune", "finetune")
    assert {node["page"] for node in drawing["nodes"]} == {
        reverse("model", args=[base.pk]),
        reverse("model", args=[model.pk]),
    }


@pytest.mark.parametrize(
    ("state", "look"),
    [
        ("planned", "planned"),
        ("training", "training"),
        ("released", "released"),
        ("withdrawn", "ended"),
        ("abandoned", "ended"),
    ],
)
def test_a_node_looks_like_its_state(
    member: Caller, project: Project, state: str, look: str
) -> None:
    base, model = _line(project, "Base", "Here")
    Model.objects.filter(pk=base.pk).update(state=state)
    looks = {node["name"]: node["look"] for node in _drawing(member, model)["nodes"]}
    assert looks == {"Base": look, "Here": "root"}


def test_a_derivation_of_unknown_kind_is_drawn_as_unsure(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    make.make_edge(model, make.make_model(project), kind="unknown")
    make.make_edge(model, make.make_model(project), kind="adapter")
    unsure = {edge["kind"]: edge["is_unsure"] for edge in _drawing(member, model)["edges"]}
    assert unsure == {"unknown": True, "adapter": False}


def test_two_kinds_between_the_same_two_are_two_edges(member: Caller, project: Project) -> None:
    model, base = make.make_model(project), make.make_model(project)
    make.make_edge(model, base, kind="merge")
    make.make_edge(model, base, kind="distilled")
    edges = _drawing(member, model)["edges"]
    assert sorted(edge["kind"] for edge in edges) == ["distilled", "merge"]
    assert len({edge["id"] for edge in edges}) == 2


def test_names_cannot_end_the_scripts_data(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    make.make_edge(model, "</script><script>alert(1)</script>")
    assert "<script>alert" not in _text(member, model)
    names = {node["name"] for node in _drawing(member, model)["nodes"]}
    assert "</script><script>alert(1)</script>" in names


def test_a_drawing_has_at_most_300_nodes_and_the_page_says_that_there_are_more(
    member: Caller, project: Project
) -> None:
    root = make.make_model(project)
    for _each in range(160):
        make.make_edge(root, make.make_model(project))
    _fan(project, root, children=160)
    drawing = _drawing(member, root)
    assert len(drawing["nodes"]) <= 300
    assert "There is more than is shown here" in _text(member, root)


def test_every_edge_of_a_cut_drawing_has_both_its_ends(member: Caller, project: Project) -> None:
    root = make.make_model(project)
    _fan(project, root, children=30, grandchildren=6)
    drawing = _drawing(member, root)
    ids = {node["id"] for node in drawing["nodes"]}
    ends = {edge[end] for edge in drawing["edges"] for end in ("child", "parent")}
    assert ends <= ids
    assert drawing["root"] in ids


def test_every_node_of_a_cut_drawing_stands_in_a_row_too(member: Caller, project: Project) -> None:
    root = make.make_model(project)
    _fan(project, root, children=30, grandchildren=6)
    answer = _get(member, root)
    drawn = {node["name"] for node in answer.context["drawing"]["nodes"]} - {root.name}
    assert drawn == {row["node"].name for row in answer.context["below"]}


def test_a_small_lineage_is_said_to_be_whole(member: Caller, project: Project) -> None:
    _base, model = _line(project, "Base", "Here")
    assert "There is more than is shown here" not in _text(member, model)


def test_hidden_models_stand_in_no_part_of_the_page(stranger: Caller, project: Project) -> None:
    model = make.make_model(project, visibility="public")
    hidden = make.make_model(project, name="Quiet-base", licence="quiet-licence")
    below = make.make_model(project, name="Quiet-child")
    make.make_edge(model, hidden)
    make.make_edge(below, model)
    text = _text(stranger, model)
    for secret in ("Quiet", "quiet", str(hidden.pk), str(below.pk)):
        assert secret not in text
    assert "Nothing above it is known." in text


def test_what_lies_beyond_a_hidden_model_is_not_shown(stranger: Caller, project: Project) -> None:
    top = make.make_model(project, name="Top", visibility="public")
    hidden = make.make_model(project)
    model = make.make_model(project, visibility="public")
    make.make_edge(hidden, top)
    make.make_edge(model, hidden)
    assert "Top" not in _text(stranger, model)


def test_a_hidden_model_whose_group_agreed_is_a_nameless_node(
    stranger: Caller, project: Project
) -> None:
    hidden = make.make_model(project, name="Quiet-base", shows_as_ancestor=True)
    model = make.make_model(project, visibility="public")
    make.make_edge(model, hidden)
    [node] = [n for n in _drawing(stranger, model)["nodes"] if n["look"] == "unknown"]
    assert (node["name"], node["page"], node["more"]) == ("non-public ancestor", "", "")
    text = _text(stranger, model)
    assert '<span class="soft">non-public ancestor</span>' in text
    assert "Quiet-base" not in text
    assert str(hidden.versions.get().pk) not in text


def test_the_drawing_is_in_the_readers_language(member: Caller, project: Project) -> None:
    _base, model = _line(project, "Base", "Here")
    answer = _get(member, model, **{"Accept-Language": "de"})
    assert {node["state"] for node in answer.context["drawing"]["nodes"]} == {"geplant"}


def test_the_groups_that_a_withdrawal_affects_are_counted(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project)
    make.make_edge(make.make_model(project), model)
    make.make_edge(make.make_model(visibility="public"), model)
    assert "2 groups" in _text(member, model)


def test_opening_a_node_gives_one_step_around_it(member: Caller, project: Project) -> None:
    _top, _up, model, _down, _bottom = _line(project, "Top", "Up", "Here", "Down", "Bottom")
    names = {node["name"] for node in _data(member, model)["nodes"]}
    assert names == {"Up", "Here", "Down"}


def test_opening_a_node_gives_nothing_hidden(stranger: Caller, project: Project) -> None:
    model = make.make_model(project, visibility="public")
    make.make_edge(model, make.make_model(project, name="Quiet-base"))
    data = _data(stranger, model)
    assert [node["name"] for node in data["nodes"]] == [model.name]
    assert data["edges"] == []


def test_a_hidden_models_data_is_not_there(stranger: Caller, project: Project) -> None:
    model = make.make_model(project)
    address = reverse("model-lineage-data", args=[model.pk])
    assert stranger.as_browser.get(address).status_code == 404


@pytest.mark.parametrize("count", [1, 50])
def test_it_costs_the_same_however_much_is_above_and_below(
    member: Caller,
    project: Project,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    model = make.make_model(project)
    for _each in range(count):
        make.make_edge(model, make.make_model(project))
    _fan(project, model, children=count)
    browser = member.as_browser
    with django_assert_num_queries(9):
        browser.get(reverse("model-lineage", args=[model.pk]))
