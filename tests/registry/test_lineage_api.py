"""Where a model comes from, what hangs on it, and what follows: compute, AI Act, licences."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from projects.models import Group, Project
from registry.models import Figure, Model
from tests import make
from tests.conftest import Caller

Make = Callable[..., Model]


@pytest.fixture
def model(project: Project) -> Make:
    """Makes a model of the project by its name."""

    def made(name: str, **facts: Any) -> Model:
        return make.make_model(project, name=name, **facts)

    return made


@pytest.fixture
def family(model: Make) -> dict[str, Model]:
    """young ← two parents ← old ← oldest, and a cousin from one of the parents."""
    names = ("young", "mother", "father", "old", "oldest", "cousin")
    found = {name: model(name) for name in names}
    for child, parent in (
        ("young", "mother"), ("young", "father"), ("mother", "old"), ("father", "old"),
        ("old", "oldest"), ("cousin", "mother"),
    ):  # fmt: skip
        make.make_edge(found[child], found[parent])
    return found


def _ask(caller: Caller, model: Model, question: str) -> Any:
    return caller.get(f"models/{model.pk}/{question}").json()


def _depths(caller: Caller, model: Model, query: str = "") -> dict[str, int]:
    graph = _ask(caller, model, f"lineage/{query}")
    return {node["name"]: node["depth"] for node in graph["nodes"]}


def _say(model: Model, kind: str, value: Any, **more: Any) -> None:
    Figure.objects.create(
        model=model, kind=kind, value=value, stage="actual", as_of=make.today(), **more
    )


# The graph.


def test_ancestors_have_their_distance(member: Caller, family: dict[str, Model]) -> None:
    assert _depths(member, family["young"]) == {"mother": 1, "father": 1, "old": 2, "oldest": 3}


def test_descendants_have_their_distance(member: Caller, family: dict[str, Model]) -> None:
    assert _depths(member, family["old"], "?direction=descendants") == {
        "mother": 1, "father": 1, "young": 2, "cousin": 2
    }  # fmt: skip


def test_the_nearest_come_first(member: Caller, family: dict[str, Model]) -> None:
    distances = list(_depths(member, family["young"]).values())

    assert distances == sorted(distances)


@pytest.mark.parametrize(
    ("depth", "names"),
    [(1, {"mother", "father"}), (2, {"mother", "father", "old"}),
     (3, {"mother", "father", "old", "oldest"}),
     (10_000, {"mother", "father", "old", "oldest"})],
)  # fmt: skip
def test_the_depth_can_be_limited(
    member: Caller, family: dict[str, Model], depth: int, names: set[str]
) -> None:
    assert set(_depths(member, family["young"], f"?depth={depth}")) == names


@pytest.mark.parametrize("depth", [1, 2])
def test_the_depth_of_descendants_can_be_limited(
    member: Caller, family: dict[str, Model], depth: int
) -> None:
    found = _depths(member, family["old"], f"?direction=descendants&depth={depth}")

    assert max(found.values()) == depth


def test_an_edge_is_told_once_with_its_kind_and_evidence(
    member: Caller, family: dict[str, Model]
) -> None:
    graph = _ask(member, family["young"], "lineage/")

    assert len(graph["edges"]) == 5
    assert {(edge["kind"], edge["evidence"]) for edge in graph["edges"]} == {
        ("finetune", "declared")
    }
    ids = {node["id"] for node in graph["nodes"]} | {graph["root"]}
    assert {edge[end] for edge in graph["edges"] for end in ("child", "parent")} == ids


def test_a_written_name_is_an_ancestor_without_an_entry(member: Caller, model: Make) -> None:
    child = model("child")
    make.make_edge(child, "their/model-7b")

    [node] = _ask(member, child, "lineage/")["nodes"]

    assert (node["name"], node["model"], node["id"][:8]) == ("their/model-7b", "", "literal:")


def test_the_lineage_of_a_model_is_that_of_its_newest_weights(member: Caller, model: Make) -> None:
    child, first, second = model("child"), model("first"), model("second")
    for parent in (first, second):
        make.make_edge(make.make_version(child), parent)

    assert set(_depths(member, child)) == {"second"}


def test_a_withdrawn_ancestor_is_told_as_withdrawn(
    member: Caller, family: dict[str, Model]
) -> None:
    Model.objects.filter(name="old").update(state="withdrawn")

    nodes = _ask(member, family["young"], "lineage/")["nodes"]

    assert [node["name"] for node in nodes if node["is_withdrawn"]] == ["old"]


def test_a_node_says_whose_it_is(member: Caller, group: Group, family: dict[str, Model]) -> None:
    nodes = _ask(member, family["young"], "lineage/")["nodes"]

    assert {node["owner"] for node in nodes} == {f"{group.partner.slug}.{group.slug}"}


@pytest.mark.parametrize(
    "query",
    ["?direction=sideways", "?depth=0", "?depth=-1", "?depth=x", "?depth=10001", "?depth=²",
     "?depth=1.5"],
)  # fmt: skip
def test_a_question_that_cannot_be_read_is_refused(
    member: Caller, family: dict[str, Model], query: str
) -> None:
    assert member.get(f"models/{family['young'].pk}/lineage/{query}").status_code == 400


def test_all_that_derives_from_it_is_affected(member: Caller, family: dict[str, Model]) -> None:
    graph = _ask(member, family["oldest"], "affected/")

    assert {node["name"] for node in graph["nodes"]} == {
        "old", "mother", "father", "young", "cousin"
    }  # fmt: skip


def test_what_derives_from_earlier_weights_is_affected_as_well(
    member: Caller, model: Make
) -> None:
    base, early, late = model("base"), model("early"), model("late")
    for child in (early, late):
        make.make_edge(child, make.make_version(base))

    graph = _ask(member, base, "affected/")

    assert {node["name"] for node in graph["nodes"]} == {"early", "late"}


def test_later_weights_are_not_affected_by_their_own_model(member: Caller, model: Make) -> None:
    base, child = model("base"), model("child")
    first, second = make.make_version(base), make.make_version(base)
    make.make_edge(second, first)
    make.make_edge(child, second)

    graph = _ask(member, base, "affected/")

    assert [node["name"] for node in graph["nodes"]] == ["child"]
    assert len(graph["edges"]) == 1


def test_the_nearest_common_ancestor_is_named_with_both_distances(
    member: Caller, family: dict[str, Model]
) -> None:
    found = _ask(member, family["young"], f"common-ancestors/?with={family['cousin'].pk}")

    assert [(r["node"]["name"], r["distance"], r["distance_of_other"]) for r in found] == [
        ("mother", 1, 1)
    ]


def test_a_parent_is_the_common_ancestor_of_itself_and_its_child(
    member: Caller, family: dict[str, Model]
) -> None:
    found = _ask(member, family["old"], f"common-ancestors/?with={family['young'].pk}")

    assert [(r["node"]["name"], r["distance"], r["distance_of_other"]) for r in found] == [
        ("old", 0, 2)
    ]


def test_two_strangers_have_no_common_ancestor(member: Caller, model: Make) -> None:
    one, other = model("one"), model("other")

    assert _ask(member, one, f"common-ancestors/?with={other.pk}") == []


@pytest.mark.parametrize(("query", "status"), [("", 400), ("?with=x", 404)])
def test_the_other_must_be_named(
    member: Caller, family: dict[str, Model], query: str, status: int
) -> None:
    path = f"models/{family['young'].pk}/common-ancestors/{query}"

    assert member.get(path).status_code == status


# Compute.


def test_each_ancestor_costs_once(member: Caller, family: dict[str, Model]) -> None:
    for n, name in enumerate(("young", "mother", "father", "old", "oldest")):
        _say(family[name], "gpu_hours_campaign", 10**n)
        _say(family[name], "energy_kwh", 2 * 10**n)

    found = _ask(member, family["young"], "compute/")

    assert Decimal(found["gpu_hours"]) == 11_111
    assert Decimal(found["energy_kwh"]) == 22_222
    assert Decimal(found["own"]["gpu_hours"]) == 1
    assert len(found["above"]) == 4


def test_two_versions_of_one_ancestor_cost_once(member: Caller, model: Make) -> None:
    child, base = model("child"), model("base")
    for _ in range(2):
        make.make_edge(child, make.make_version(base), "merge")
    _say(base, "gpu_hours_campaign", 7)

    assert Decimal(_ask(member, child, "compute/")["gpu_hours"]) == 7


def test_earlier_weights_of_the_same_model_are_no_ancestor_that_costs(
    member: Caller, model: Make
) -> None:
    child = model("child")
    first = make.make_version(child)
    make.make_edge(make.make_version(child), first)
    _say(child, "gpu_hours_campaign", 7)

    found = _ask(member, child, "compute/")

    assert Decimal(found["gpu_hours"]) == 7
    assert found["above"] == []


def test_what_nobody_recorded_is_named_and_not_guessed(
    member: Caller, family: dict[str, Model]
) -> None:
    _say(family["old"], "gpu_hours_campaign", 7)

    found = _ask(member, family["young"], "compute/")

    assert sorted(found["unknown"]) == ["father", "mother", "oldest"]
    assert found["own"]["gpu_hours"] is None


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (["gpu_hours_campaign", "gpu_hours_final_run", "gpu_hours_grant"], "gpu_hours_campaign"),
        (["gpu_hours_final_run", "gpu_hours_grant"], "gpu_hours_final_run"),
        (["gpu_hours_grant"], "gpu_hours_grant"),
        ([], ""),
    ],
)
def test_the_campaign_counts_before_the_final_run_and_that_before_the_grant(
    member: Caller, model: Make, known: list[str], kind: str
) -> None:
    one = model("one")
    for name in known:
        _say(one, name, 7)

    assert _ask(member, one, "compute/")["own"]["gpu_hours_kind"] == kind


def test_a_measured_cost_counts_before_a_declared_one(member: Caller, model: Make) -> None:
    one = model("one")
    _say(one, "energy_kwh", 7, source="measured")
    _say(one, "energy_kwh", 9)

    assert Decimal(_ask(member, one, "compute/")["energy_kwh"]) == 7


# AI Act.


def _act(caller: Caller, model: Model) -> Any:
    return _ask(caller, model, "ai-act/")


def test_compute_is_estimated_as_six_times_parameters_times_tokens(
    member: Caller, model: Make
) -> None:
    act = _act(member, model("one", parameters=7 * 10**9, tokens=2 * 10**12))

    assert (Decimal(act["flop"]), act["is_estimate"]) == (Decimal("8.4e22"), True)
    assert (act["parameters"], act["tokens"]) == (7 * 10**9, 2 * 10**12)


def test_of_a_mixture_the_active_parameters_count(member: Caller, model: Make) -> None:
    facts = {"parameters": 100 * 10**9, "active_parameters": 10**9, "tokens": 10**12}

    assert Decimal(_act(member, model("one", **facts))["flop"]) == Decimal("6e21")


def test_a_figure_counts_before_the_estimate(member: Caller, model: Make) -> None:
    one = model("one", parameters=7, tokens=7)
    _say(one, "flop", Decimal("1e24"))

    act = _act(member, one)

    assert (Decimal(act["flop"]), act["is_estimate"]) == (Decimal("1e24"), False)


@pytest.mark.parametrize(
    ("flop", "general", "systemic"),
    [
        ("1e23", False, False), ("1.0001e23", True, False), ("1e25", True, False),
        ("1.0001e25", True, True), (None, None, None),
    ],
)  # fmt: skip
def test_a_threshold_counts_beyond_it(
    member: Caller, model: Make, flop: str | None, general: bool | None, systemic: bool | None
) -> None:
    one = model("one", modality_out=["text"])
    if flop:
        _say(one, "flop", Decimal(flop))

    act = _act(member, one)

    assert act["indicates_general_purpose"] is general
    assert act["presumes_systemic_risk"] is systemic


def test_what_generates_nothing_is_not_general(member: Caller, model: Make) -> None:
    one = model("one", modality_out=["tabular"])
    _say(one, "flop", Decimal("1e26"))

    act = _act(member, one)

    assert (act["generates"], act["indicates_general_purpose"]) == (False, False)
    assert act["presumes_systemic_risk"] is False


def test_the_compute_of_ancestors_counts_with_it_once_each(
    member: Caller, family: dict[str, Model]
) -> None:
    for name in ("young", "mother", "father", "old", "oldest"):
        _say(family[name], "flop", Decimal("3e22"))
    Model.objects.update(modality_out=["text"])

    act = _act(member, family["young"])

    assert Decimal(act["with_ancestors"]) == Decimal("1.5e23")
    assert act["indicates_general_purpose"] is True


@pytest.fixture
def foreign(db: None) -> Model:
    """A public base of another partner."""
    return make.make_model(name="foreign", visibility="public")


@pytest.mark.parametrize(("own", "provider"), [("1.1e22", True), ("0.9e22", False)])
def test_a_third_of_the_base_makes_the_modifier_a_provider(
    member: Caller, model: Make, foreign: Model, own: str, provider: bool
) -> None:
    child = model("child")
    make.make_edge(child, foreign)
    _say(foreign, "flop", Decimal("3e22"))
    _say(child, "flop", Decimal(own))

    act = _act(member, child)

    assert (act["modifies"], Decimal(act["modifier_threshold"])) == ("foreign", Decimal("1e22"))
    assert act["makes_modifier_a_provider"] is provider


@pytest.mark.parametrize(("own", "provider"), [("3.4e22", True), ("3.3e22", False)])
def test_a_third_of_1e23_counts_where_the_compute_of_the_base_is_unknown(
    member: Caller, model: Make, foreign: Model, own: str, provider: bool
) -> None:
    child = model("child")
    make.make_edge(child, foreign)
    _say(child, "flop", Decimal(own))

    act = _act(member, child)

    assert act["makes_modifier_a_provider"] is provider
    assert Decimal(act["modifier_threshold"]) == pytest.approx(Decimal("1e23") / 3)


def test_who_modifies_their_own_model_is_no_third_party(
    member: Caller, family: dict[str, Model]
) -> None:
    act = _act(member, family["young"])

    assert (act["modifies"] != "", act["modifier_threshold"]) == (True, None)
    assert act["makes_modifier_a_provider"] is None


def test_the_teacher_of_a_distillation_is_not_modified(
    member: Caller, model: Make, foreign: Model
) -> None:
    child = model("child")
    make.make_edge(child, foreign, "distilled")

    assert _act(member, child)["modifies"] == ""


def test_what_is_modified_is_the_parent_that_was_named_first(member: Caller, model: Make) -> None:
    child = model("child")
    for n in range(5):
        make.make_edge(child, model(f"base {n}"), "merge")

    assert _act(member, child)["modifies"] == "base 0"


# Licences.


def _flow(caller: Caller, model: Model) -> Any:
    return _ask(caller, model, "licence-flow/")


def test_a_duty_is_told_with_the_way_it_came(member: Caller, family: dict[str, Model]) -> None:
    Model.objects.update(licence="MIT")
    Model.objects.filter(name="oldest").update(licence="cc-by-nc-4.0")
    make.make_edge(family["cousin"], family["father"])

    [conflict] = _flow(member, family["cousin"])["conflicts"]

    assert conflict["path"] in (
        ["oldest", "old", "mother", "cousin"],
        ["oldest", "old", "father", "cousin"],
    )
    assert {k: conflict[k] for k in ("duty", "ancestor", "licence")} == {
        "duty": "non_commercial", "ancestor": "oldest", "licence": "cc-by-nc-4.0"
    }  # fmt: skip


def test_a_duty_that_is_kept_is_no_conflict(member: Caller, family: dict[str, Model]) -> None:
    Model.objects.update(licence="cc-by-nc-4.0")

    assert _flow(member, family["young"]) == {"conflicts": [], "more": 0, "unknown": []}


def test_ancestors_of_unknown_licence_are_named(member: Caller, family: dict[str, Model]) -> None:
    Model.objects.update(licence="MIT")
    Model.objects.filter(name="old").update(licence="")

    assert _flow(member, family["young"]) == {"conflicts": [], "more": 0, "unknown": ["old"]}


def test_two_ancestors_with_a_duty_are_two_conflicts(
    member: Caller, family: dict[str, Model]
) -> None:
    Model.objects.update(licence="MIT")
    Model.objects.filter(name__in=("mother", "father")).update(licence="gemma")

    conflicts = _flow(member, family["young"])["conflicts"]

    assert sorted((c["ancestor"], c["terms"], tuple(c["path"])) for c in conflicts) == [
        ("father", "Gemma", ("father", "young")),
        ("mother", "Gemma", ("mother", "young")),
    ]


@pytest.mark.parametrize(
    "question",
    ["lineage/", "affected/", "compute/", "ai-act/", "licence-flow/",
     "common-ancestors/?with={key}"],
)  # fmt: skip
def test_a_stranger_asks_for_nothing(
    stranger: Caller, family: dict[str, Model], question: str
) -> None:
    path = question.format(key=family["old"].pk)

    hidden = stranger.get(f"models/{family['young'].pk}/{path}")

    absent = stranger.get(f"models/{make.key()}/{path}")
    assert (hidden.status_code, hidden.content) == (404, absent.content)
