"""The page of all models: search, facets, the same as CSV, and what it shows to whom."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from projects.models import Project
from registry.models import Model
from registry.views import facets
from tests import make
from tests.conftest import Caller

SPEECH: dict[str, Any] = {"tasks": ["speech-recognition"], "domains": ["administration"]}


def _get(caller: Caller, query: str = "", **headers: str) -> Any:
    return caller.as_browser.get(f"/models/{query}", headers=headers)


def _text(caller: Caller, query: str = "", **headers: str) -> str:
    return str(_get(caller, query, **headers).content.decode())


def _names(caller: Caller, query: str) -> list[str]:
    return sorted(model.name for model in _get(caller, query).context["page"].rows)


def _facets(caller: Caller, query: str = "", **headers: str) -> dict[str, dict[str, int]]:
    """Facet → its choices with their counts, as they are read."""
    found = _get(caller, query, **headers).context["facets"].facets
    return {
        str(facet.label): {str(choice.label): choice.count for choice in facet.choices}
        for facet in found
    }


def _address(caller: Caller, query: str, label: str) -> str:
    """Where the choice of this label leads."""
    found = _get(caller, query).context["facets"].facets
    choices = [choice for facet in found for choice in facet.choices]
    return str(next(choice.address for choice in choices if choice.label == label))


def _csv(caller: Caller, query: str = "") -> list[dict[str, str]]:
    text = caller.as_browser.get(f"/models.csv{query}").getvalue().decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    "words", ["Spracherkennung Verwaltung", "speech recognition administration"]
)
def test_models_are_found_by_german_and_by_english_words(
    member: Caller, project: Project, words: str
) -> None:
    make.make_model(project, name="Amtsohr", **SPEECH)
    make.make_model(project, name="Other", tasks=["chat"])
    assert _names(member, f"?q={words}") == ["Amtsohr"]


def test_a_word_is_found_in_its_other_forms(member: Caller, project: Project) -> None:
    make.make_model(project, name="Amtsohr", description="Für die Verwaltungen der Länder")
    assert _names(member, "?q=Verwaltung") == ["Amtsohr"]


@pytest.mark.parametrize(
    "query",
    [
        "?state=planned",
        "?modality_out=speech",
        "?languages=de",
        "?tasks=chat",
        "?domains=health",
        "?training_mode=finetune",
        "?licence=MIT",
        "?parameters_min=1000000000&parameters_max=4999999999",
        "?name__icontains=wan",
        "?hub_id=they/wanted",
    ],
)
def test_each_filter_of_the_address_narrows_the_list(
    member: Caller, project: Project, query: str
) -> None:
    make.make_model(
        project,
        name="Wanted",
        modality_out=["speech"],
        languages=["de"],
        tasks=["chat"],
        domains=["health"],
        training_mode="finetune",
        licence="MIT",
        parameters=2 * 10**9,
        hub_id="they/wanted",
    )
    make.make_version(make.make_model(project, name="Other"))
    Model.objects.filter(name="Other").update(state="released")
    assert _names(member, query) == ["Wanted"]


def test_models_of_one_partner_are_listed_alone(member: Caller, project: Project) -> None:
    make.make_model(project, name="Ours")
    make.make_model(name="Theirs", visibility="public")
    assert _names(member, f"?partner={project.lead_group.partner.slug}") == ["Ours"]


@pytest.mark.parametrize(
    "query",
    ["?state=thought-of", "?group=nonsense", "?parameters_min=many", "?before=nonsense"],
)
def test_an_address_that_no_link_of_ours_has_is_not_there(
    member: Caller, project: Project, query: str
) -> None:
    make.make_model(project)
    answer = _get(member, query)
    assert answer.status_code == 404
    assert "Not here" in answer.content.decode()


def test_choices_come_with_how_many_models_they_leave(member: Caller, project: Project) -> None:
    make.make_model(project, languages=["de", "en"])
    make.make_model(project, languages=["de"])
    assert _facets(member)["Languages"] == {"German": 2, "English": 1}


def test_choices_are_counted_among_what_was_chosen_before(
    member: Caller, project: Project
) -> None:
    make.make_model(project, tasks=["chat"], languages=["de", "fr"])
    make.make_model(project, tasks=["translation"], languages=["en"])
    assert _facets(member, "?tasks=chat")["Languages"] == {"German": 1, "French": 1}


def test_a_german_reader_chooses_among_german_words(member: Caller, project: Project) -> None:
    make.make_model(project, languages=["de", "en"])
    assert "Englisch" in _text(member, **{"Accept-Language": "de"})


def test_sizes_are_classes_without_gap_or_overlap(member: Caller, project: Project) -> None:
    for parameters in (999_999_999, 10**9, 4_999_999_999, 5 * 10**9, 5 * 10**10):
        make.make_model(project, parameters=parameters)
    assert _facets(member)["Size"] == {
        "below 1 B": 1,
        "1 to 5 B": 2,
        "5 to 15 B": 1,
        "50 B and more": 1,
    }


def test_a_chosen_size_leaves_exactly_those_that_were_counted(
    member: Caller, project: Project
) -> None:
    make.make_model(project, name="Small", parameters=999_999_999)
    make.make_model(project, name="Middle", parameters=10**9)
    assert _names(member, _address(member, "", "1 to 5 B")) == ["Middle"]


def test_a_choice_keeps_the_words_that_were_searched(member: Caller, project: Project) -> None:
    make.make_model(project, name="Kogge", languages=["de", "en"])
    assert _address(member, "?q=Kogge", "German") == "?q=Kogge&languages=de"


def test_choosing_it_again_takes_a_choice_back(member: Caller, project: Project) -> None:
    make.make_model(project, languages=["de"])
    assert _address(member, "?languages=de&q=de", "German") == "?q=de"


def test_another_search_keeps_the_choices(member: Caller, project: Project) -> None:
    make.make_model(project, languages=["de"])
    assert '<input type="hidden" name="languages" value="de">' in _text(member, "?languages=de")


def test_a_single_choice_that_narrows_nothing_is_not_offered(
    member: Caller, project: Project
) -> None:
    make.make_model(project, languages=["de"])
    assert "Languages" not in _facets(member)


def test_facets_count_no_model_that_is_hidden(
    stranger: Caller, member: Caller, project: Project
) -> None:
    make.make_model(project, visibility="public", licence="MIT")
    make.make_model(project, visibility="group", licence="secret-licence")
    text = _text(stranger)
    assert "secret-licence" not in text
    assert "1 model in all." in text
    assert "2 models in all." in _text(member)


def test_counts_of_a_very_long_list_say_what_they_count(
    member: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "READ", 2)
    for _each in range(3):
        make.make_model(project)
    assert "Counted over the newest 2." in _text(member)


def test_an_empty_portal_says_how_to_begin(member: Caller) -> None:
    text = _text(member)
    assert "Register an effort before training" in text
    assert f'class="btn btn-primary" href="{reverse("model-plan")}"' in text


def test_a_search_without_result_says_how_to_go_on(member: Caller, project: Project) -> None:
    make.make_model(project)
    text = _text(member, "?q=nothing-of-the-kind")
    assert "Nothing fits all that you chose." in text
    assert "Register an effort before training" not in text


def test_what_was_searched_cannot_act_on_the_page(member: Caller) -> None:
    assert "<script>alert" not in _text(member, "?q=<script>alert(1)</script>&x='\"><script>alert")


def test_the_second_page_goes_on_where_the_first_ended(member: Caller, project: Project) -> None:
    for _each in range(51):
        make.make_model(project)
    first = _get(member, "?state=planned").context["page"]
    second = _get(member, first.following).context["page"]
    assert len({model.pk for model in (*first.rows, *second.rows)}) == 51
    assert "state=planned" in first.following


def test_a_stranger_finds_no_private_model(stranger: Caller, project: Project) -> None:
    make.make_model(project, name="Quiet-1B")
    assert "Quiet-1B" not in _text(stranger, "?name__icontains=Quiet")


def test_until_its_embargo_ends_a_public_model_is_not_listed(
    stranger: Caller, project: Project
) -> None:
    make.make_model(project, name="Later-1B", visibility="public", embargo_until="2999-01-01")
    assert _names(stranger, "") == []


def test_the_csv_holds_the_rows_that_the_address_asks_for(
    member: Caller, project: Project
) -> None:
    make.make_model(project, name="Kogge", languages=["de", "en"], parameters=9 * 10**9)
    make.make_model(project, name="Other", languages=["fr"])
    [row] = _csv(member, "?languages=de")
    assert row["qualified"].endswith(".Kogge")
    assert (row["languages"], row["parameters"], row["tokens"]) == ("de en", "9000000000", "")


def test_the_csv_holds_only_what_the_person_may_see(
    stranger: Caller, member: Caller, project: Project
) -> None:
    make.make_model(project, name="Quiet-1B")
    make.make_model(project, name="Open-1B", visibility="public")
    assert [row["qualified"].split(".")[-1] for row in _csv(stranger)] == ["Open-1B"]
    assert len(_csv(member)) == 2


@pytest.mark.parametrize("written", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(
    member: Caller, project: Project, written: str
) -> None:
    make.make_model(project, licence=written)
    assert [row["licence"] for row in _csv(member)] == [f"'{written}"]


def test_the_csv_of_a_bad_address_is_not_there(member: Caller) -> None:
    assert member.as_browser.get("/models.csv?state=thought-of").status_code == 404


def test_the_csv_is_a_file_of_its_own_name(member: Caller) -> None:
    answer = member.as_browser.get("/models.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="models.csv"'


def test_the_button_for_csv_keeps_what_was_chosen(member: Caller, project: Project) -> None:
    make.make_model(project, languages=["de"])
    assert 'href="/models.csv?languages=de"' in _text(member, "?languages=de")


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_costs_the_same_however_long_it_is(
    member: Caller,
    project: Project,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _each in range(count):
        make.make_model(project)
    browser = member.as_browser
    with django_assert_num_queries(7):
        browser.get("/models/")


@pytest.mark.parametrize("count", [10, 100])
def test_the_csv_costs_the_same_however_long_it_is(
    member: Caller,
    project: Project,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _each in range(count):
        make.make_model(project)
    browser = member.as_browser
    with django_assert_num_queries(4):
        assert len(browser.get("/models.csv").getvalue().splitlines()) == count + 1
