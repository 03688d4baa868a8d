"""`import_catalogue`: public facts with their source, loaded as often as one likes."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cesai.catalogue.reading import SHIPPED
from compute.models import Cluster
from projects.models import Initiative, Partner
from registry.models import Derivation, Figure, Model, Version
from tests import make
from tests.conftest import Caller, calls_as

Records = list[dict[str, Any]]

ORGANISATION = {"short_name": "Lab", "name": "A Laboratory", "country": "DE", "sector": "research"}
BASE = {
    "name": "Base-7B", "organisations": ["Lab"], "kind": "base", "modality": "text",
    "parameters": 7_000_000_000, "languages": ["de"], "licence": "Apache-2.0", "datasets": [],
    "release_date": "2025-03-04", "hub_id": "lab/base-7b", "source": "public page, seen",
    "confidence": {"parameters": "high", "release_date": "low"}, "state": "released",
    "as_of": "2026-05",
}  # fmt: skip
CHILD = {
    **BASE, "name": "Child-7B", "kind": "instruct-finetune", "hub_id": "lab/child-7b",
    "parents": [{"name": "Base-7B", "relation": "finetune"}],
}  # fmt: skip
CLUSTER = {
    "name": "Great Machine", "operator": "Lab", "gpu_type": "GH200", "gpu_count": 5000,
    "power_mw": 1.5, "confidence": {"gpu_count": "medium"}, "as_of": "2026-05", "nodes": None,
    "source": "public pages",
}  # fmt: skip


def _printed(**options: Any) -> list[str]:
    out = io.StringIO()
    call_command("import_catalogue", stdout=out, **options)
    return out.getvalue().splitlines()


def _load(directory: Path, **records: Any) -> list[str]:
    """What is printed after these records of each file were loaded."""
    files = {noun: directory / f"{noun}.json" for noun in records}
    for noun, path in files.items():
        path.write_text(json.dumps(records[noun]))
    return _printed(**files)


def _base(tmp_path: Path, **changes: Any) -> list[str]:
    return _load(tmp_path, organisations=[ORGANISATION], models=[{**BASE, **changes}])


def _shipped(noun: str, *names: str) -> Records:
    """Those records of a file of the product, all organisations if none is named."""
    records: Records = json.loads(SHIPPED[noun].read_text())
    return [record for record in records if not names or record["name"] in names]


def _parents(name: str) -> list[tuple[str, str, str]]:
    """Name, kind and evidence of each parent of a model."""
    edges = Derivation.objects.filter(child__model__name=name, parent__isnull=False)
    return list(edges.values_list("parent__model__name", "kind", "evidence"))


# The files of the product.


def test_the_shipped_files_load_and_a_second_load_changes_nothing(db: None) -> None:
    first, again = _printed(shipped=True), _printed(shipped=True)

    assert first == [
        "organisations: 111 created, 0 updated, 0 unchanged, 0 skipped",
        "clusters: 29 created, 0 updated, 0 unchanged, 0 skipped",
        "models: 116 created, 0 updated, 0 unchanged, 0 skipped",
        "initiatives: 6 created, 0 updated, 0 unchanged, 0 skipped",
    ]
    assert again == [
        "organisations: 0 created, 0 updated, 111 unchanged, 0 skipped",
        "clusters: 0 created, 0 updated, 29 unchanged, 0 skipped",
        "models: 0 created, 0 updated, 116 unchanged, 0 skipped",
        "initiatives: 0 created, 0 updated, 6 unchanged, 0 skipped",
    ]
    assert [
        table._default_manager.count() for table in (Partner, Cluster, Model)
    ] == [111, 29, 116]  # fmt: skip


FAMILIES = {
    "EuroLLM-9B": [],
    "EuroLLM-9B-Instruct": [("EuroLLM-9B", "finetune", "imported")],
    "Salamandra-7B": [],
    "Salamandra-7B-Instruct": [("Salamandra-7B", "finetune", "imported")],
    "SalamandraTA-7B-Instruct": [("Salamandra-7B", "continued_pretraining", "imported")],
    "Teuken-7B-base-v0.4": [],
    "Teuken-7B-base-v0.6": [("Teuken-7B-base-v0.4", "continued_pretraining", "imported")],
    "Teuken-7B-instruct-commercial-v0.4": [("Teuken-7B-base-v0.4", "finetune", "imported")],
    "Teuken-7B-instruct-commercial-v0.4-GGUF": [
        ("Teuken-7B-instruct-commercial-v0.4", "quantized", "imported")
    ],
}


def test_the_shipped_families_descend_as_their_pages_say(db: None, tmp_path: Path) -> None:
    _load(tmp_path, organisations=_shipped("organisations"), models=_shipped("models", *FAMILIES))

    assert {name: _parents(name) for name in FAMILIES} == FAMILIES


def test_a_known_family_is_walked_from_its_youngest(member: Caller, tmp_path: Path) -> None:
    _load(tmp_path, organisations=_shipped("organisations"), models=_shipped("models", *FAMILIES))
    model = Model.objects.get(name="Teuken-7B-instruct-commercial-v0.4-GGUF")

    nodes = member.get(f"models/{model.pk}/lineage/").json()["nodes"]

    assert {node["name"] for node in nodes} >= {
        "Teuken-7B-instruct-commercial-v0.4", "Teuken-7B-base-v0.4"
    }  # fmt: skip


# One model.


def test_its_figures_say_that_they_were_imported_when_and_how_sure_they_are(
    db: None, tmp_path: Path
) -> None:
    _base(tmp_path)

    rows = Figure.objects.values_list("kind", "value", "day", "stage", "confidence", "note")
    assert sorted(rows) == [
        ("parameters", Decimal(7_000_000_000), None, "actual", "high", BASE["source"]),
        ("released_on", None, date(2025, 3, 4), "actual", "low", BASE["source"]),
    ]
    said = {(row.source, row.as_of, row.recorded_by) for row in Figure.objects.all()}
    assert said == {("imported", date(2026, 5, 1), None)}


def test_hours_are_of_the_final_run_and_name_their_hardware(db: None, tmp_path: Path) -> None:
    _base(tmp_path, gpu_hours=184_320, gpu_type="A100")

    figure = Figure.objects.get(kind="gpu_hours_final_run")
    assert (figure.value, figure.note) == (Decimal(184_320), "public page, seen; on A100")


@pytest.mark.parametrize(
    ("written", "day"), [("2025", date(2025, 1, 1)), ("2025-03", date(2025, 3, 1))]
)
def test_a_date_in_part_is_noted_as_it_was_written(
    db: None, tmp_path: Path, written: str, day: date
) -> None:
    _base(tmp_path, release_date=written)

    figure = Figure.objects.get(kind="released_on")
    assert figure.day == day
    assert figure.note == f"public page, seen; “{written}” is all that is known"


def test_what_is_announced_of_a_plan_is_planned(db: None, tmp_path: Path) -> None:
    _base(tmp_path, state="planned")

    assert set(Figure.objects.values_list("stage", flat=True)) == {"plan"}
    assert Model.objects.get().state == "planned"


def test_the_columns_that_lists_filter_by_are_filled(db: None, tmp_path: Path) -> None:
    _base(tmp_path, training_tokens=4_000_000)

    model = Model.objects.get()
    assert (model.parameters, model.tokens) == (7_000_000_000, 4_000_000)


def test_released_weights_are_the_first_version_and_lie_on_the_hub(
    db: None, tmp_path: Path
) -> None:
    _base(tmp_path)

    assert [(v.number, v.source) for v in Version.objects.all()] == [(1, "hf://lab/base-7b")]


def test_it_belongs_to_its_first_organisation_and_names_the_others(
    db: None, tmp_path: Path
) -> None:
    other = {**ORGANISATION, "short_name": "Other", "name": "Another Laboratory"}
    record = {**BASE, "organisations": ["Lab", "Other"]}

    _load(tmp_path, organisations=[ORGANISATION, other], models=[record])

    model = Model.objects.get()
    assert model.group.partner.slug == "lab"
    assert [partner.slug for partner in model.partners.all()] == ["other"]


def test_everybody_who_signed_in_sees_it_with_its_source(db: None, tmp_path: Path) -> None:
    _base(tmp_path)
    loner = calls_as(make.make_user())

    [seen] = loner.get("models/").json()["results"]

    assert (seen["name"], seen["visibility"]) == ("Base-7B", "public")
    assert Model.objects.get().public_record["source"] == "public page, seen"
    assert loner.get("figures/").json()["results"]


def test_a_parent_is_tied_wherever_it_stands_in_the_file(db: None, tmp_path: Path) -> None:
    _load(tmp_path, organisations=[ORGANISATION], models=[CHILD, BASE])

    assert _parents("Child-7B") == [("Base-7B", "finetune", "imported")]


def test_a_parent_without_a_record_stays_a_name(db: None, tmp_path: Path) -> None:
    _load(tmp_path, organisations=[ORGANISATION], models=[CHILD])

    edge = Derivation.objects.get()
    assert (edge.parent, edge.literal) == (None, "Base-7B")


def test_a_relation_of_another_name_is_unknown_and_not_said_by_anybody(
    db: None, tmp_path: Path
) -> None:
    child = {**CHILD, "parents": [{"name": "Base-7B", "relation": "inspired by"}]}

    _load(tmp_path, organisations=[ORGANISATION], models=[BASE, child])

    edge = Derivation.objects.get()
    assert (edge.kind, edge.is_inferred) == ("unknown", True)


# Loading again.


def test_a_changed_number_is_a_new_figure_and_the_old_one_stays(db: None, tmp_path: Path) -> None:
    _base(tmp_path)

    printed = _base(tmp_path, parameters=8_000_000_000)

    assert printed[1] == "models: 0 created, 1 updated, 0 unchanged, 0 skipped"
    values = Figure.objects.filter(kind="parameters").order_by("recorded_at")
    assert list(values.values_list("value", "source")) == [
        (Decimal(7_000_000_000), "imported"), (Decimal(8_000_000_000), "imported")
    ]  # fmt: skip
    assert Model.objects.get().parameters == 8_000_000_000


def test_a_figure_that_is_surer_now_is_a_new_one(db: None, tmp_path: Path) -> None:
    _base(tmp_path)

    _base(tmp_path, confidence={"parameters": "medium", "release_date": "low"})

    rows = Figure.objects.filter(kind="parameters").order_by("recorded_at")
    assert list(rows.values_list("confidence", flat=True)) == ["high", "medium"]


@pytest.mark.parametrize(
    ("field", "value"), [("licence", "MIT"), ("description", "New."), ("as_of", "2026-06")]
)
def test_a_changed_fact_is_an_update_and_the_figures_stay(
    db: None, tmp_path: Path, field: str, value: str
) -> None:
    _base(tmp_path)
    before = Figure.objects.count()

    printed = _base(tmp_path, **{field: value})

    assert printed[1] == "models: 0 created, 1 updated, 0 unchanged, 0 skipped"
    assert Figure.objects.count() == before


def test_a_changed_organisation_is_updated(db: None, tmp_path: Path) -> None:
    _load(tmp_path, organisations=[ORGANISATION])

    [printed] = _load(tmp_path, organisations=[{**ORGANISATION, "city": "Bonn"}])

    assert printed == "organisations: 0 created, 1 updated, 0 unchanged, 0 skipped"
    assert Partner.objects.get(slug="lab").city == "Bonn"


def test_a_model_of_a_group_here_with_that_name_is_left_alone(db: None, tmp_path: Path) -> None:
    own = make.make_model(name="Base-7B", licence="ours")

    _base(tmp_path)

    own.refresh_from_db()
    assert (own.licence, own.public_record) == ("ours", {})
    assert Model.objects.filter(name="Base-7B").count() == 2


# Clusters.


def test_a_cluster_is_a_record_that_is_not_connected(db: None, tmp_path: Path) -> None:
    _load(tmp_path, organisations=[ORGANISATION], clusters=[CLUSTER])

    cluster = Cluster.objects.get(slug="great-machine")
    assert (cluster.connection, cluster.rest_url, cluster.partner.slug) == ("none", "", "lab")
    assert not Cluster.objects.connected().exists()


def test_a_clusters_public_record_holds_what_is_known_and_nothing_else(
    db: None, tmp_path: Path
) -> None:
    _load(tmp_path, organisations=[ORGANISATION], clusters=[CLUSTER])

    assert Cluster.objects.get().public_record == {
        key: value for key, value in CLUSTER.items()
        if value is not None and key not in {"name", "operator"}
    }  # fmt: skip


def test_a_cluster_stands_among_those_that_are_connected(member: Caller, tmp_path: Path) -> None:
    _load(tmp_path, organisations=[ORGANISATION], clusters=[CLUSTER])

    [seen] = member.get("clusters/").json()["results"]

    assert (seen["slug"], seen["connection"]) == ("great-machine", "none")


@pytest.mark.parametrize("page", ["/clusters/", "/clusters/great-machine/"])
def test_the_pages_of_clusters_show_it(member: Caller, tmp_path: Path, page: str) -> None:
    _load(tmp_path, organisations=[ORGANISATION], clusters=[CLUSTER])

    assert "Great Machine" in member.as_browser.get(page).content.decode()


def test_a_changed_cluster_is_updated(db: None, tmp_path: Path) -> None:
    _load(tmp_path, organisations=[ORGANISATION], clusters=[CLUSTER])

    [printed] = _load(tmp_path, clusters=[{**CLUSTER, "gpu_count": 6000}])

    assert printed == "clusters: 0 created, 1 updated, 0 unchanged, 0 skipped"
    assert Cluster.objects.get().public_record["gpu_count"] == 6000


def test_a_connected_cluster_is_never_touched(db: None, tmp_path: Path) -> None:
    connected = make.make_cluster(slug="great-machine", description="Ours.")

    printed = _load(tmp_path, organisations=[ORGANISATION], clusters=[CLUSTER])

    assert (
        printed[2] == "  skipped 'Great Machine': it is connected: its operator keeps its record"
    )
    connected.refresh_from_db()
    assert (connected.description, connected.public_record) == ("Ours.", {})


# Records that cannot be.


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "a/b"}, "without “/” and “:” is needed"),
        ({"name": None}, "without “/” and “:” is needed"),
        ({"name": ["x"]}, "“name” is no text"),
        ({"organisations": []}, "is no partner; load organisations first"),
        ({"organisations": "Lab"}, "“organisations” is no list of texts"),
        ({"state": "dreamt of"}, "'dreamt of' is not a valid ModelState"),
        ({"parameters": "many"}, "“parameters” is no number"),
        ({"parameters": -1}, "“parameters” is no number"),
        ({"training_tokens": True}, "“training_tokens” is no number"),
        ({"gpu_hours": 1e30}, "“gpu_hours” is no number"),
        ({"release_date": "2025-13"}, "month must be in 1..12"),
        ({"release_date": 2025}, "“release_date” is no text"),
        ({"confidence": "high"}, "“confidence” is no object of words"),
        ({"confidence": {"parameters": []}}, "“confidence” is no object of words"),
        ({"description": "a\0b"}, "“description” is no text"),
        ({"datasets": ["a\0b"]}, "NUL"),
        ({"status": "a\0b"}, "u0000"),
    ],
)
def test_a_bad_model_is_left_out_whole_with_its_reason_and_the_others_are_loaded(
    db: None, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    bad = {**BASE, "name": "Bad", **change}

    printed = _load(tmp_path, organisations=[ORGANISATION], models=[bad, CHILD])

    assert printed[1] == "models: 1 created, 0 updated, 0 unchanged, 1 skipped"
    assert printed[2].startswith("  skipped ")
    assert reason in "\n".join(printed[2:])
    assert list(Model.objects.values_list("name", flat=True)) == ["Child-7B"]
    assert set(Figure.objects.values_list("model__name", flat=True)) == {"Child-7B"}


@pytest.mark.parametrize("parents", ["Base-7B", [7], {"name": "x"}])
def test_parents_that_cannot_be_read_are_told_and_the_model_stays(
    db: None, tmp_path: Path, parents: Any
) -> None:
    printed = _base(tmp_path, parents=parents)

    assert printed[2] == "  skipped parents of 'Base-7B': “parents” is no list of objects"
    assert Model.objects.filter(name="Base-7B").exists()


def test_models_that_are_each_others_parents_are_told_and_no_circle_is_made(
    db: None, tmp_path: Path
) -> None:
    base = {**BASE, "parents": [{"name": "Child-7B", "relation": "finetune"}]}

    printed = _load(tmp_path, organisations=[ORGANISATION], models=[base, CHILD])

    assert printed[2].startswith("  skipped parents of 'Child-7B': ")
    assert Derivation.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"short_name": ""}, "a short name and a name are needed"),
        ({"name": None}, "a short name and a name are needed"),
        ({"sector": "leisure"}, "the sector “leisure” is none of"),
        ({"country": 7}, "“country” is no text"),
        ({"name": ORGANISATION["name"]}, "a partner of that name has another short name"),
    ],
)
def test_a_bad_organisation_is_left_out_with_its_reason_and_the_others_are_loaded(
    db: None, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    bad = {**ORGANISATION, "short_name": "Bad", "name": "Bad", **change}

    printed = _load(tmp_path, organisations=[ORGANISATION, bad])

    assert printed[0] == "organisations: 1 created, 0 updated, 0 unchanged, 1 skipped"
    assert reason in printed[1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "!"}, "a name is needed"),
        ({"operator": "Nobody"}, "its operator “Nobody” is no partner; load organisations first"),
        ({"tier": "a\0b"}, "u0000"),
    ],
)
def test_a_bad_cluster_is_left_out_with_its_reason_and_the_others_are_loaded(
    db: None, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    bad = {**CLUSTER, "name": "Bad", **change}

    printed = _load(tmp_path, organisations=[ORGANISATION], clusters=[bad, CLUSTER])

    assert printed[1] == "clusters: 1 created, 0 updated, 0 unchanged, 1 skipped"
    assert reason in "\n".join(printed[2:])


def test_models_wait_for_their_organisations(db: None, tmp_path: Path) -> None:
    printed = _load(tmp_path, models=[BASE])

    assert printed == [
        "models: 0 created, 0 updated, 0 unchanged, 1 skipped",
        "  skipped 'Base-7B': its organisation ['Lab'] is no partner; load organisations first",
    ]


# Files that cannot be.


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "is no JSON"),
        (b"", "is no JSON"),
        (b"[\xff]", "is no JSON"),
        (b"{}", "must hold a list of objects"),
        (b"null", "must hold a list of objects"),
        (b"[1]", "must hold a list of objects"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_no_catalogue_is_one_sentence_and_nothing_is_written(
    db: None, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    good, bad = tmp_path / "organisations.json", tmp_path / "models.json"
    good.write_text(json.dumps([ORGANISATION]))
    if content is not None:
        bad.write_bytes(content)

    with pytest.raises(CommandError, match=sentence) as refused:
        _printed(organisations=good, models=bad)

    assert refused.value.returncode == 1
    assert str(bad) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Partner.objects.exists()


def test_a_directory_is_no_catalogue(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        _printed(models=tmp_path)


def test_initiatives_are_entered_and_what_coordinators_made_of_them_stays(
    db: None, tmp_path: Path
) -> None:
    records = json.loads(SHIPPED["initiatives"].read_text())
    _load(tmp_path, initiatives=records)
    assert Initiative.objects.get(slug="leam-2").parent == Initiative.objects.get(slug="leam")
    Initiative.objects.filter(slug="leam").update(name="Our programme")
    _load(tmp_path, initiatives=records)
    assert Initiative.objects.get(slug="leam").name == "Our programme"
    assert Initiative.objects.count() == len(records)


@pytest.mark.parametrize("record", [{"slug": "x"}, {"slug": "x", "name": "X", "stage_of": "y"}])
def test_a_bad_initiative_is_left_out_with_its_reason(
    db: None, tmp_path: Path, record: dict[str, str]
) -> None:
    printed = _load(tmp_path, initiatives=[record, {"slug": "fine", "name": "Fine"}])
    assert any("needed" in line or "no initiative" in line for line in printed)
    assert [row.slug for row in Initiative.objects.all()] == ["fine"]


def test_no_file_at_all_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="Name at least one file"):
        _printed()
