"""Figures: dated, with a source, never overwritten; the best source counts, then the newest."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Event, Project
from registry.actions.figures import record_measured
from registry.models import Figure, Model
from registry.models.figures import best_of, one_for_each_kind
from registry.vocabulary import STRENGTH, UNITS, FigureKind, Source
from tests import make
from tests.conftest import Caller

TODAY = make.today()


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project)


def _say(caller: Caller, model: Model, kind: str, value: Any = None, **more: Any) -> Any:
    body = {"model": str(model.pk), "kind": kind, **more}
    return caller.post("figures/", body if value is None else {**body, "value": value})


def _measure(model: Model, value: int, source: Source = Source.MEASURED) -> None:
    record_measured(
        version=model.newest_version(), kind="parameters", value=Decimal(value), source=source,
        note="", now=make.now(),
    )  # fmt: skip


def _parameters(model: Model) -> int | None:
    model.refresh_from_db(fields=["parameters"])
    return model.parameters


def test_a_member_says_a_figure(member: Caller, model: Model) -> None:
    said = _say(member, model, "energy_kwh", "12.5", note="meter", as_of="2026-01-02").json()

    assert said | {
        "value": "12.500000", "unit": "kWh", "source": "declared", "stage": "actual",
        "note": "meter", "as_of": "2026-01-02", "version": None,
    } == said  # fmt: skip


def test_a_figure_of_one_version_is_one_of_its_model(member: Caller, model: Model) -> None:
    version = make.make_version(model)
    body = {"version": str(version.pk), "kind": "co2e_kg", "value": "1"}

    said = member.post("figures/", body).json()

    assert (said["model"], said["version"]) == (str(model.pk), str(version.pk))


def test_nothing_is_overwritten(member: Caller, model: Model) -> None:
    for value in ("1", "2", "3"):
        _say(member, model, "energy_kwh", value)

    rows = member.get(f"figures/?model={model.pk}&kind=energy_kwh").json()["results"]
    assert [Decimal(row["value"]) for row in rows] == [3, 2, 1]


def test_a_figure_is_told_in_the_log(member: Caller, model: Model) -> None:
    _say(member, model, "energy_kwh", "12.5", stage="plan")

    changes = Event.objects.get(kind="record_figure").changes
    assert changes == {"energy_kwh (plan)": [None, "12.500000"]}


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_nobody_changes_a_figure(member: Caller, model: Model, method: str) -> None:
    figure = _say(member, model, "energy_kwh", "1").json()

    assert getattr(member, method)(f"figures/{figure['id']}/", {"value": "2"}).status_code == 405


@pytest.mark.parametrize("kind", sorted(FigureKind))
def test_each_kind_has_its_unit(member: Caller, model: Model, kind: str) -> None:
    known = {"day": "2026-01-01"} if kind == "released_on" else {"value": "7"}

    assert _say(member, model, kind, **known).json()["unit"] == UNITS[FigureKind(kind)]


def test_released_on_is_a_day(member: Caller, model: Model) -> None:
    said = _say(member, model, "released_on", day="2026-01-02").json()

    assert (said["day"], said["value"]) == ("2026-01-02", None)


@pytest.mark.parametrize(
    ("figure", "field"),
    [
        ({"kind": "released_on"}, "day"),
        ({"kind": "released_on", "value": "7"}, "day"),
        ({"kind": "released_on", "value": "7", "day": "2026-01-01"}, "day"),
        ({"kind": "energy_kwh", "day": "2026-01-01"}, "value"),
        ({"kind": "energy_kwh", "value": "-1"}, "value"),
        ({"kind": "energy_kwh", "value": "NaN"}, "value"),
        ({"kind": "energy_kwh", "value": "many"}, "value"),
        ({"kind": "energy_kwh", "value": "1.1234567"}, "value"),
        ({"kind": "flop", "value": "1" + "0" * 31}, "value"),
        ({"kind": "parameters", "value": "0"}, "value"),
        ({"kind": "parameters", "value": "1.5"}, "value"),
        ({"kind": "tokens", "value": "1000000000000000001"}, "value"),
        ({"kind": "guess", "value": "1"}, "kind"),
        ({"kind": "flop", "value": "1", "stage": "dream"}, "stage"),
        ({"kind": "flop", "value": "1", "as_of": "9999-01-01"}, "as_of"),
        ({"kind": "flop", "value": "1", "as_of": "yesterday"}, "as_of"),
        ({"kind": "flop", "value": "1", "source": "measured"}, "source"),
        ({"kind": "flop", "value": "1", "note": "x" * 301}, "note"),
    ],
)  # fmt: skip
def test_what_a_figure_cannot_be_is_named(
    member: Caller, model: Model, figure: dict[str, str], field: str
) -> None:
    refused = member.post("figures/", {"model": str(model.pk), **figure})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
    assert not Figure.objects.exists()


@pytest.mark.parametrize("about", [[], ["model", "version"]])
def test_a_figure_is_about_one_thing(member: Caller, model: Model, about: list[str]) -> None:
    keys = {"model": str(model.pk), "version": str(model.newest_version().pk)}
    body = {"kind": "flop", "value": "1", **{name: keys[name] for name in about}}

    assert member.post("figures/", body).status_code == 400


@pytest.mark.parametrize("value", ["1", "1000000000000000000"])
def test_the_bounds_of_a_count_are_counts(member: Caller, model: Model, value: str) -> None:
    assert _say(member, model, "parameters", value).status_code == 201
    assert _parameters(model) == int(value)


# Which one counts.


def test_the_columns_follow_the_figures(member: Caller, model: Model) -> None:
    for kind, value in (("parameters", "8"), ("active_parameters", "2"), ("tokens", "9")):
        _say(member, model, kind, value)

    shown = member.get(f"models/{model.pk}/").json()
    assert (shown["parameters"], shown["active_parameters"], shown["tokens"]) == (8, 2, 9)


def test_of_one_source_the_latest_day_counts(member: Caller, model: Model) -> None:
    _say(member, model, "parameters", "8", as_of=str(TODAY))
    _say(member, model, "parameters", "7", as_of=str(TODAY - timedelta(1)))

    assert _parameters(model) == 8


def test_of_one_day_the_one_that_was_said_last_counts(member: Caller, model: Model) -> None:
    _say(member, model, "parameters", "8")
    _say(member, model, "parameters", "7")

    assert _parameters(model) == 7


def test_what_was_counts_before_what_is_planned(member: Caller, model: Model) -> None:
    _say(member, model, "parameters", "8", stage="actual")
    _say(member, model, "parameters", "7", stage="plan")

    assert _parameters(model) == 8


def test_a_measured_one_is_not_beaten_by_a_declared_one(member: Caller, model: Model) -> None:
    _measure(model, 8)
    _say(member, model, "parameters", "7")

    assert _parameters(model) == 8


def test_null_says_that_it_is_not_known_any_more(member: Caller, model: Model) -> None:
    _say(member, model, "parameters", "8")
    _say(member, model, "parameters")

    assert _parameters(model) is None


def test_null_does_not_take_back_what_was_measured(member: Caller, model: Model) -> None:
    _measure(model, 8)
    _say(member, model, "parameters")

    assert _parameters(model) == 8


def test_a_change_of_parameters_is_a_declared_figure(member: Caller, model: Model) -> None:
    member.patch(f"models/{model.pk}/", {"parameters": 8})

    figure = Figure.objects.get()
    assert (figure.source, figure.stage) == ("declared", "plan")
    assert figure.value == 8


def test_a_change_of_a_released_model_is_what_was(member: Caller, model: Model) -> None:
    Model.objects.update(state="released")

    member.patch(f"models/{model.pk}/", {"parameters": 8})

    assert Figure.objects.get().stage == "actual"


def test_a_change_of_parameters_does_not_beat_a_measured_figure(
    member: Caller, model: Model
) -> None:
    _measure(model, 8)

    shown = member.patch(f"models/{model.pk}/", {"parameters": 7}).json()

    assert shown["parameters"] == _parameters(model) == 8
    assert Figure.objects.filter(source="declared", value=7).exists()


def test_the_same_measurement_again_is_no_new_figure(model: Model) -> None:
    for _ in range(2):
        _measure(model, 8)

    assert Figure.objects.count() == 1


def test_the_facts_of_a_plan_are_its_first_figures(project: Project) -> None:
    make.make_model(project, parameters=7, tokens=9)

    assert sorted(Figure.objects.values_list("kind", "value", "stage", "source")) == [
        ("parameters", Decimal(7), "plan", "declared"),
        ("tokens", Decimal(9), "plan", "declared"),
    ]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(list(Source)), st.integers(0, 3), st.integers(0, 3),
        st.none() | st.integers(1, 9),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@given(rows=ROWS)
def test_measured_counts_before_derived_imported_declared_and_then_the_newest(
    rows: list[tuple[Source, int, int, int | None]],
) -> None:
    start = make.now()
    figures = [
        Figure(
            kind="tokens", stage="actual", source=source, as_of=TODAY + timedelta(day),
            recorded_at=start + timedelta(seconds=second), value=value,
        )
        for source, day, second, value in rows
    ]  # fmt: skip

    found = one_for_each_kind(best_of(figures)).get("tokens")

    order = ["declared", "imported", "derived", "measured"]
    top = max((order.index(source), day, second) for source, day, second, _value in rows)
    wanted = next(
        value for source, day, second, value in rows
        if (order.index(source), day, second) == top
    )  # fmt: skip
    assert (found.value if found else None) == wanted
    assert [source.value for source in sorted(Source, key=STRENGTH.__getitem__)] == order


# Who.


def test_a_guest_says_none(guest: Caller, model: Model) -> None:
    assert _say(guest, model, "energy_kwh", "1").status_code == 403


def test_to_a_stranger_the_model_is_not_there(stranger: Caller, model: Model) -> None:
    hidden = _say(stranger, model, "energy_kwh", "1")

    body = {"model": make.key(), "kind": "energy_kwh", "value": "1"}
    assert (hidden.status_code, hidden.content) == (404, stranger.post("figures/", body).content)


def test_a_stranger_reads_figures_of_public_models_alone(
    member: Caller, stranger: Caller, model: Model, project: Project
) -> None:
    open_one = make.make_model(project, visibility="public")
    for about in (model, open_one):
        _say(member, about, "energy_kwh", "1")

    rows = stranger.get("figures/").json()["results"]

    assert [row["model"] for row in rows] == [str(open_one.pk)]
