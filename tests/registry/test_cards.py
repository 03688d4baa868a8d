"""Model cards in and out: what huggingface_hub reads in a card, it reads in our export of it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard, RepoCard, metadata_load

from projects.models import Event, Group, Project
from registry.formats.front_matter import split_card
from registry.models import Derivation, Figure, Model
from tests import make
from tests.conftest import Caller

CARDS = sorted((Path(__file__).parent / "cards").glob("*.md"))
OURS = "x_cesai"
every_card = pytest.mark.parametrize("path", CARDS, ids=lambda path: str(path.stem))


def _text(path: Path) -> str:
    return path.read_bytes().decode()


def _card(start: str) -> str:
    [path] = [path for path in CARDS if path.name.startswith(start)]
    return _text(path)


def _import(caller: Caller, group: Group, text: str, **values: Any) -> Any:
    body = {"name": "From a card", "group": str(group.pk), "card": text, **values}
    return caller.post("models/import-card/", body)


def _imported(caller: Caller, group: Group, text: str, **values: Any) -> Model:
    made = _import(caller, group, text, **values)
    assert made.status_code == 201, made.json()
    model: Model = Model.objects.get(pk=made.json()["id"])
    return model


def _export(caller: Caller, model: Model) -> str:
    answer = caller.get(f"models/{model.pk}/card/")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def _put(caller: Caller, model: Model, text: str) -> Any:
    return caller.put(f"models/{model.pk}/card/", {"card": text})


def _read(text: str) -> RepoCard:
    """By the reader of the Hub, which trips over `eval_results` in the card of a model."""
    return (RepoCard if "\neval_results:" in text else ModelCard)(text)


def _keys(text: str) -> dict[str, Any]:
    data: Any = _read(text).data
    keys: dict[str, Any] = data.to_dict()
    return keys


def _told(values: dict[str, Any] | None) -> str:
    """Without our own block, and so that NaN is NaN and 1.0 is not 1."""
    rest = {key: value for key, value in (values or {}).items() if key != OURS}
    return json.dumps(rest, sort_keys=True, default=repr)


def _edges(model: Model) -> list[tuple[str, str, str, bool]]:
    rows = Derivation.objects.filter(child__model=model)
    return sorted((row.literal, row.kind, row.evidence, row.is_inferred) for row in rows)


def test_there_are_twenty_cards() -> None:
    assert len(CARDS) == 20


@every_card
def test_the_hub_reads_in_an_export_what_it_read_in_the_card(
    member: Caller, group: Group, path: Path
) -> None:
    model = _imported(member, group, _text(path))

    exported = _export(member, model)

    assert _told(_keys(exported)) == _told(_keys(_text(path)))


@every_card
def test_the_text_below_the_front_matter_stays_to_the_letter(
    member: Caller, group: Group, path: Path
) -> None:
    model = _imported(member, group, _text(path))

    assert _read(_export(member, model)).text == _read(_text(path)).text


@every_card
def test_also_what_is_null_stays(member: Caller, group: Group, path: Path, tmp_path: Path) -> None:
    model = _imported(member, group, _text(path))

    (tmp_path / "README.md").write_bytes(_export(member, model).encode())

    assert _told(metadata_load(tmp_path / "README.md")) == _told(metadata_load(path))


@every_card
def test_an_export_taken_in_again_gives_the_same_model(
    member: Caller, group: Group, path: Path
) -> None:
    first = _imported(member, group, _text(path))

    second = _imported(member, group, _export(member, first), name="Again")

    assert {**second.facts(), "name": first.name} == first.facts()
    assert (second.description, second.card) == (first.description, first.card)
    assert _edges(second) == _edges(first)


@every_card
def test_an_export_of_an_export_is_the_same_card(member: Caller, group: Group, path: Path) -> None:
    first = _export(member, _imported(member, group, _text(path)))

    model = _imported(member, group, first, name="Again")

    assert _told(_keys(_export(member, model))) == _told(_keys(first))


@every_card
def test_a_card_that_is_put_twice_changes_nothing_the_second_time(
    member: Caller, group: Group, project: Project, path: Path
) -> None:
    model = make.make_model(project)
    _put(member, model, _text(path))
    before = (_export(member, model), _edges(model), Figure.objects.count(), Event.objects.count())

    assert _put(member, model, _text(path)).status_code == 200

    after = (_export(member, model), _edges(model), Figure.objects.count(), Event.objects.count())
    assert after == before


def test_the_keys_stay_in_their_order(member: Caller, group: Group) -> None:
    model = _imported(member, group, _card("09"))

    before, after = _keys(_card("09")), _keys(_export(member, model))

    gate = "extra_gated_fields"
    assert list(after[gate]) == list(before[gate])
    assert [key for key in after if key != OURS] == list(before)


def test_an_export_is_markdown(member: Caller, group: Group) -> None:
    model = _imported(member, group, _card("01"))

    answer = member.get(f"models/{model.pk}/card/")

    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/markdown", "text/plain", "*/*", "application/json"])
def test_an_export_is_given_to_who_asks_for_markdown(
    member: Caller, group: Group, accept: str
) -> None:
    model = _imported(member, group, _card("01"))

    assert member.get(f"models/{model.pk}/card/", Accept=accept).status_code == 200


def test_a_model_that_never_had_a_card_has_one_to_give(member: Caller, project: Project) -> None:
    model = make.make_model(project, languages=["de"], licence="mit", tasks=["chat"])

    card = _keys(_export(member, model))

    assert (card["language"], card["license"], card["pipeline_tag"]) == (
        ["de"],
        "mit",
        "text-generation",
    )


@pytest.mark.parametrize(
    ("card", "languages", "licence", "datasets", "tasks"),
    [
        ("01", ["de"], "apache-2.0", ["havelland/amtsbriefe", "stadt-eichwalde/satzungen"],
         ["text-generation"]),
        ("02", ["de", "en"], "fjord-community-2", [], []),
        ("05", ["de", "da"], "apache-2.0", [], []),
        ("06", ["en"], "bsd-3-clause", ["isar/query-passage-pairs"], ["embedding"]),
        ("08", ["mul"], "cc-by-4.0", [], ["speech-recognition"]),
        ("09", ["en"], "openrail", [], ["text-to-image"]),
        ("10", ["nb", "no", "nn", "zh", "pt", "en"], "", [], ["translation"]),
        ("11", ["de", "hsb", "dsb"], "eupl-1.2", [], []),
        ("12", [], "", [], []),
        ("13", ["de"], "mit", [], []),
        ("14", [], "", [], []),
        ("15", [], "", [], []),
        ("16", ["nl"], "cc-by-sa-4.0", [], []),
        ("17", ["es", "ca", "eu", "gl"], "llama3.1", ["name with spaces", "havelland/news"],
         ["fill-mask"]),
        ("19", ["it"], "apache-2.0", [], ["image-classification"]),
    ],
)  # fmt: skip
def test_facts_land_in_their_columns(
    member: Caller,
    group: Group,
    card: str,
    languages: list[str],
    licence: str,
    datasets: list[str],
    tasks: list[str],
) -> None:
    model = _imported(member, group, _card(card))

    assert (model.languages, model.licence, model.datasets, model.tasks) == (
        languages, licence, datasets, tasks
    )  # fmt: skip


@pytest.mark.parametrize(
    ("card", "taken_in", "given_out"),
    [
        ("01", ["text"], ["text"]),
        ("06", ["text"], ["embedding"]),
        ("08", ["speech"], ["text"]),
        ("09", ["text"], ["image"]),
        ("20", ["time_series"], ["time_series"]),
        ("03", ["text"], ["text"]),
        ("12", [], []),
    ],
)
def test_a_task_says_what_goes_in_and_out(
    member: Caller, group: Group, card: str, taken_in: list[str], given_out: list[str]
) -> None:
    model = _imported(member, group, _card(card))

    assert (model.modality_in, model.modality_out) == (taken_in, given_out)


def test_norwegian_without_quotes_is_norwegian(member: Caller, group: Group) -> None:
    model = _imported(member, group, "---\nlanguage: [de, no]\n---\n")

    assert model.languages == ["de", "no"]


def test_all_official_languages_of_the_union_fit(member: Caller, group: Group) -> None:
    assert len(_imported(member, group, _card("20")).languages) == 24


@pytest.mark.parametrize(
    ("card", "edges"),
    [
        ("01", [("havelland/linde-7b", "finetune", "imported", False)]),
        ("02", [("nordlicht/fjord-3b-instruct", "adapter", "imported", False)]),
        ("03", [("havelland/linde-70b", "quantized", "imported", False)]),
        ("04", [("havelland/linde-7b", "merge", "imported", False),
                ("isar/loisach-7b", "merge", "imported", False),
                ("nordlicht/fjord-7b", "merge", "imported", False)]),
        ("05", [("havelland/linde-7b", "merge", "imported", True),
                ("nordlicht/fjord-7b", "merge", "imported", True)]),
        ("06", [("isar/loisach-1b", "unknown", "imported", True)]),
        ("07", [("isar/loisach-13b", "unknown", "imported", True)]),
        ("08", []),
        ("16", []),
        ("18", [("havelland/linde-70b", "distilled", "imported", False),
                ("isar/loisach-7b", "continued_pretraining", "imported", False)]),
    ],
)  # fmt: skip
def test_base_models_become_parents_of_the_kind_that_is_said(
    member: Caller, group: Group, card: str, edges: list[Any]
) -> None:
    assert _edges(_imported(member, group, _card(card))) == edges


@pytest.mark.parametrize(
    ("card", "mode"),
    [
        ("01", "finetune"), ("02", "adapter"), ("03", "quantized"), ("04", "merged"),
        ("05", "merged"), ("06", "unknown"), ("07", "unknown"), ("16", "unknown"),
        ("18", "distilled"),
    ],
)  # fmt: skip
def test_the_training_mode_follows_from_the_relation(
    member: Caller, group: Group, card: str, mode: str
) -> None:
    assert _imported(member, group, _card(card)).training_mode == mode


@pytest.mark.parametrize(("card", "kilograms"), [("01", "48.2105"), ("02", "1.25"), ("17", "0")])
def test_emissions_stand_in_grams_on_a_card_and_in_kilograms_here(
    member: Caller, group: Group, card: str, kilograms: str
) -> None:
    _import(member, group, _card(card))

    figure = Figure.objects.get(kind="co2e_kg")
    assert (figure.value, figure.source, figure.stage) == (Decimal(kilograms), "imported", "plan")


@pytest.mark.parametrize("said", ["much", "-1", ".nan", ".inf", "true", "[1]", "{source: x}"])
def test_emissions_that_are_no_number_are_no_figure(
    member: Caller, group: Group, said: str
) -> None:
    _imported(member, group, f"---\nco2_eq_emissions: {said}\n---\n")

    assert not Figure.objects.exists()


@pytest.mark.parametrize("said", ["1" * 24, "1" * 26, "1" * 30, "1.0e+26", "0.0000001"])
def test_emissions_beyond_all_measure_can_be_put_twice(
    member: Caller, project: Project, said: str
) -> None:
    model = make.make_model(project)
    _put(member, model, f"---\nco2_eq_emissions: {said}\n---\n")

    assert _put(member, model, f"---\nco2_eq_emissions: {said}\n---\nB").status_code == 200


def test_new_emissions_are_a_new_figure_beside_the_old(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    _put(member, model, "---\nco2_eq_emissions: 1000\n---\n")

    _put(member, model, "---\nco2_eq_emissions: 2000\n---\n")

    assert [figure.value for figure in Figure.objects.filter(model=model)] == [2, 1]


def test_a_successor_that_is_no_entry_stays_as_it_is_written(member: Caller, group: Group) -> None:
    model = _imported(member, group, _card("17"))

    assert model.successor is None
    assert _keys(_export(member, model))["new_version"] == "havelland/linde-7b-v2"


def test_our_own_block_fills_what_the_hub_has_no_key_for(member: Caller, group: Group) -> None:
    model = _imported(member, group, _card("18"))

    facts = model.facts()
    assert {name: facts[name] for name in ("domains", "parameters", "active_parameters")} == {
        "domains": ["clinical-documentation", "health"],
        "parameters": 7_240_000_000,
        "active_parameters": 1_500_000_000,
    }
    assert (facts["tokens"], facts["architecture"]) == (1_200_000_000_000, "llama")
    assert facts["window"] == {"start": "2027-02-01", "end": "2027-05-01"}
    assert model.description == "Schreibt Entlassbriefe.\n\nNicht für die Diagnose.\n"


def test_an_import_is_told_as_a_plan(member: Caller, group: Group) -> None:
    model = _imported(member, group, _card("01"))

    assert Event.objects.get(kind="plan_model").object_id == model.pk


def test_a_guest_imports_no_card(guest: Caller, group: Group) -> None:
    assert _import(guest, group, _card("01")).status_code == 403
    assert not Model.objects.exists()


def test_a_guest_puts_no_card(guest: Caller, project: Project) -> None:
    model = make.make_model(project)

    assert _put(guest, model, _card("01")).status_code == 403
    assert _edges(model) == []


# Names on cards that are entries here.


def _finetune_of(name: str) -> str:
    return f"---\nbase_model: {json.dumps(name)}\nbase_model_relation: finetune\n---\n"


@pytest.mark.parametrize("how", ["name", "qualified", "hub_id", "address", "alias"])
def test_a_base_model_that_is_an_entry_is_tied_to_it_and_keeps_its_words(
    member: Caller, group: Group, project: Project, how: str
) -> None:
    base = make.make_model(project, name="Base", hub_id="ours/base")
    version = base.versions.get()
    version.number = 1
    version.save()
    base.aliases.create(version=version, name="best")
    words = {
        "name": "Base", "qualified": base.qualified, "hub_id": "ours/base",
        "address": "models:/Base/1", "alias": "models:/Base@best",
    }  # fmt: skip

    model = _imported(member, group, _finetune_of(words[how]))

    edge = Derivation.objects.get(child__model=model)
    assert (edge.parent, edge.literal, edge.kind) == (version, words[how], "finetune")
    assert _keys(_export(member, model))["base_model"] == words[how]


def test_an_entry_that_the_importer_may_not_see_is_only_a_name(
    stranger: Caller, project: Project
) -> None:
    hidden = make.make_model(project, name="Base", hub_id="ours/base")
    own = Group.objects.get(memberships__user=stranger.user)

    model = _imported(stranger, own, _finetune_of(hidden.qualified))

    edge = Derivation.objects.get(child__model=model)
    assert (edge.parent, edge.literal) == (None, hidden.qualified)


def test_a_strangers_import_is_the_same_whether_the_name_is_hidden_or_nothing(
    stranger: Caller, project: Project
) -> None:
    hidden = make.make_model(project, name="Base")
    own = Group.objects.get(memberships__user=stranger.user)
    nothing = hidden.qualified[:-1] + "x"

    exports = [
        _export(stranger, _imported(stranger, own, _finetune_of(name), name=f"N{n}"))
        for n, name in enumerate((hidden.qualified, nothing))
    ]

    seen, unseen = (_keys(text) for text in exports)
    assert seen.pop("base_model") == hidden.qualified
    assert unseen.pop("base_model") == nothing
    assert {**seen[OURS], "id": ""} == {**unseen[OURS], "id": ""}
    assert _told(seen) == _told(unseen)


def test_the_entry_of_another_group_is_not_meant_by_its_bare_name(
    stranger: Caller, project: Project
) -> None:
    make.make_model(project, name="Base", visibility="public")
    own = Group.objects.get(memberships__user=stranger.user)

    model = _imported(stranger, own, _finetune_of("Base"))

    assert Derivation.objects.get(child__model=model).parent is None


def test_one_entry_under_two_names_is_refused_in_words(
    member: Caller, group: Group, project: Project
) -> None:
    base = make.make_model(project, name="Base")

    refused = _import(member, group, f"---\nbase_model: [Base, {base.qualified}]\n---\n")

    assert (refused.status_code, refused.json()["detail"]) == (400, "Name each parent once.")
    assert Model.objects.count() == 1


# After the facts have changed.


def _after(caller: Caller, model: Model, **facts: Any) -> dict[str, Any]:
    assert caller.patch(f"models/{model.pk}/", facts).status_code == 200
    return _keys(_export(caller, model))


@pytest.mark.parametrize(
    ("facts", "gone", "new"),
    [
        ({"languages": ["en", "fr"]}, ["language"], {"language": ["en", "fr"]}),
        ({"languages": []}, ["language"], {}),
        ({"licence": "mit"}, ["license"], {"license": "mit"}),
        ({"licence": ""}, ["license"], {}),
        ({"datasets": ["a/b"]}, ["datasets"], {"datasets": ["a/b"]}),
        ({"tasks": ["embedding"]}, ["pipeline_tag"], {"pipeline_tag": "feature-extraction"}),
        ({"tasks": []}, ["pipeline_tag"], {}),
        ({"description": "x", "parameters": 7, "architecture": "llama"}, [], {}),
    ],
)
def test_an_export_shows_the_changed_fact_and_keeps_the_rest(
    member: Caller, group: Group, facts: dict[str, Any], gone: list[str], new: dict[str, Any]
) -> None:
    model = _imported(member, group, _card("01"))
    before = _keys(_card("01"))

    after = _after(member, model, **facts)

    kept = {key: value for key, value in before.items() if key not in gone}
    assert _told(after) == _told({**kept, **new})


def test_another_licence_takes_the_old_ones_name_and_link_away(
    member: Caller, group: Group
) -> None:
    model = _imported(member, group, _card("02"))

    card = _after(member, model, licence="apache-2.0")

    assert card["license"] == "apache-2.0"
    assert not {"license_name", "license_link"} & set(card)


def test_the_hubs_word_for_the_task_stays_while_the_task_is_among_ours(
    member: Caller, group: Group
) -> None:
    model = _imported(member, group, "---\npipeline_tag: sentence-similarity\n---\n")

    card = _after(member, model, tasks=["retrieval", "embedding"])

    assert card["pipeline_tag"] == "sentence-similarity"


def test_a_changed_fact_survives_the_next_import(member: Caller, group: Group) -> None:
    model = _imported(member, group, _card("01"))
    _after(member, model, languages=["en"], licence="", parameters=7, tasks=["chat"])
    model.refresh_from_db()

    again = _imported(member, group, _export(member, model), name="Again")

    assert {**again.facts(), "name": model.name} == model.facts()


def test_a_corrected_relation_stands_on_the_export(member: Caller, group: Group) -> None:
    model = _imported(member, group, _card("06"))
    edge = Derivation.objects.get(child__model=model)
    assert member.patch(f"derivations/{edge.pk}/", {"kind": "finetune"}).status_code == 200

    card = _keys(_export(member, model))

    assert (card["base_model"], card["base_model_relation"]) == ("isar/loisach-1b", "finetune")


def test_a_relation_that_the_hub_does_not_know_stands_in_our_block(
    member: Caller, group: Group
) -> None:
    model = _imported(member, group, _card("06"))
    Derivation.objects.filter(child__model=model).update(kind="distilled", is_inferred=False)

    card = _export(member, model)

    assert "base_model_relation" not in _keys(card)
    assert _edges(_imported(member, group, card, name="Again")) == [
        ("isar/loisach-1b", "distilled", "imported", False)
    ]


def test_a_parent_that_was_taken_back_is_gone_from_the_export(
    member: Caller, group: Group
) -> None:
    model = _imported(member, group, _card("04"))
    edge = Derivation.objects.get(child__model=model, literal="nordlicht/fjord-7b")
    assert member.delete(f"derivations/{edge.pk}/").status_code == 204

    card = _keys(_export(member, model))

    assert sorted(card["base_model"]) == ["havelland/linde-7b", "isar/loisach-7b"]


def test_a_named_successor_stands_on_the_export(
    member: Caller, group: Group, project: Project
) -> None:
    model = _imported(member, group, _card("17"))
    newer = make.make_model(project, name="Newer")
    member.post(f"models/{model.pk}/successor/", {"successor": str(newer.pk)})

    assert _keys(_export(member, model))["new_version"] == newer.qualified


# A card for a model that is registered.


def test_a_card_gives_a_model_the_facts_that_it_states_and_leaves_the_others(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project, parameters=7, languages=["en"], licence="mit")

    shown = _put(member, model, "---\nlanguage: de\n---\nText").json()

    assert (shown["languages"], shown["licence"], shown["parameters"]) == (["de"], "mit", 7)


def test_a_second_card_adds_only_the_parents_that_are_new(
    member: Caller, group: Group, project: Project
) -> None:
    base = make.make_model(project, name="Base")
    model = _imported(member, group, "---\nbase_model: [Base, a/b]\n---\n")

    _put(member, model, f"---\nbase_model: [a/b, {base.qualified}, c/d]\n---\n")

    assert [literal for literal, *_ in _edges(model)] == ["Base", "a/b", "c/d"]


def test_an_empty_card_takes_the_text_away_and_leaves_the_facts(
    member: Caller, group: Group
) -> None:
    model = _imported(member, group, _card("01"))

    assert _put(member, model, "").status_code == 200

    card = _export(member, model)
    assert (_read(card).text, _keys(card)["license"]) == ("", "apache-2.0")


def test_a_card_that_closes_a_circle_is_refused_and_changes_nothing(
    member: Caller, project: Project
) -> None:
    base = make.make_model(project, name="Base", languages=["en"])
    child = make.make_model(project, name="Child")
    assert _put(member, child, _finetune_of("Base")).status_code == 200

    refused = _put(
        member, base, "---\nlanguage: de\nbase_model: Child\nco2_eq_emissions: 5\n---\nNew"
    )

    assert (refused.status_code, list(refused.json()["errors"])) == (409, ["parents"])
    base.refresh_from_db()
    assert (base.languages, base.card, base.card_meta, _edges(base)) == (["en"], "", {}, [])
    assert not Figure.objects.exists()


def test_a_model_is_not_its_own_base(member: Caller, project: Project) -> None:
    model = make.make_model(project, name="Base")

    assert _put(member, model, _finetune_of("Base")).status_code == 409
    assert _edges(model) == []


def test_a_name_that_is_taken_is_refused_and_leaves_nothing(member: Caller, group: Group) -> None:
    _imported(member, group, _card("01"))

    refused = _import(member, group, _card("02"))

    assert refused.status_code == 409
    assert (Model.objects.count(), Derivation.objects.count(), Figure.objects.count()) == (1, 1, 1)


def test_a_block_without_a_line_in_it_is_a_front_matter_too() -> None:
    assert split_card("---\n---\ntext") == ({}, "text")


def test_a_mark_of_the_byte_order_is_no_part_of_a_card() -> None:
    assert split_card("\ufeff---\nlicense: mit\n---\ntext")[0]["license"] == "mit"


def test_what_we_write_is_yaml_that_anybody_reads(member: Caller, group: Group) -> None:
    exported = _export(member, _imported(member, group, _card("11")))

    head = exported.split("---\n")[1]

    assert yaml.safe_load(head)["model_name"] == "Łužica 🦊 – Größe „XL“"
    assert "🦊" in head


def test_a_base_model_that_a_card_adds_is_told_in_the_log(
    member: Caller, project: Project
) -> None:
    model, base = make.make_model(project), make.make_model(project, name="Base")

    _put(member, model, "---\nbase_model: Base\n---\n")

    changes = Event.objects.get(kind="link_parent").changes
    assert changes["parent"] == [None, str(base.newest_version().pk)]
