"""Planning a model and changing its facts in a browser."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from projects.models import Group, Project
from projects.roles import Role
from registry.models import Derivation, Model, TrainedOn
from tests import make
from tests.conftest import Caller, calls_as

PLAN = "/models/plan/"


@pytest.fixture
def typed(group: Group) -> dict[str, Any]:
    return {
        "name": "Hanse-9B",
        "group": group.pk,
        "visibility": "group",
        "training_mode": "unknown",
        "parent_kind": "unknown",
    }


def _send(caller: Caller, typed: dict[str, Any], **more: Any) -> Any:
    return caller.as_browser.post(PLAN, {**typed, **more})


def _planned(caller: Caller, typed: dict[str, Any], **more: Any) -> Model:
    answer = _send(caller, typed, **more)
    assert answer.status_code == 302, answer.context["form"].errors
    model: Model = Model.objects.get(name=typed["name"])
    return model


def _change(caller: Caller, model: Model, **more: Any) -> Any:
    facts = {"name": model.name, "visibility": "group", "training_mode": "unknown"}
    return caller.as_browser.post(reverse("model-edit", args=[model.pk]), {**facts, **more})


def _as_browsers_send(value: Any) -> Any:
    return value.replace("\n", "\r\n") if isinstance(value, str) else value


def _opened(caller: Caller, query: str = "", **headers: str) -> str:
    return str(caller.as_browser.get(f"{PLAN}{query}", headers=headers).content.decode())


def test_a_name_is_enough_and_the_page_names_what_is_not_known(
    member: Caller, typed: dict[str, Any]
) -> None:
    answer = _send(member, typed)
    text = member.as_browser.get(answer.headers["Location"]).content.decode()
    assert "7 facts are not known yet" in text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("9B", 9 * 10**9),
        ("7.5 T", 75 * 10**11),
        ("7,5 T", 75 * 10**11),
        ("350m", 350 * 10**6),
        ("12345", 12345),
        ("12 345", 12345),
    ],
)
def test_counts_are_read_as_people_write_them(
    member: Caller, typed: dict[str, Any], written: str, meant: int
) -> None:
    assert _planned(member, typed, parameters=written).parameters == meant


@pytest.mark.parametrize("written", ["many", "-9B", "0", "9BB", "1e9", "9999999T", "0.1"])
def test_what_is_no_count_is_refused_beside_its_field(
    member: Caller, typed: dict[str, Any], written: str
) -> None:
    answer = _send(member, typed, parameters=written)
    assert answer.status_code == 400
    assert answer.context["form"].errors["parameters"] == [
        "Write a number such as 9B, 4T or 350M."
    ]


def test_lists_are_read_with_any_separator(member: Caller, typed: dict[str, Any]) -> None:
    assert _planned(member, typed, languages="de, EN fr;de").languages == ["de", "en", "fr"]


def test_datasets_are_read_one_a_line_with_all_their_signs(
    member: Caller, typed: dict[str, Any]
) -> None:
    model = _planned(
        member, typed, datasets="Zeitungen, 1900 bis 1950\r\n\r\n Amtsblatt \r\nAmtsblatt"
    )
    assert model.datasets == ["Zeitungen, 1900 bis 1950", "Amtsblatt"]


def test_a_registered_dataset_is_tied_to_the_plan(
    member: Caller, group: Group, typed: dict[str, Any]
) -> None:
    dataset = make.make_dataset(group, name="Amtsblatt")
    model = _planned(member, typed, datasets="Amtsblatt\nOther")
    assert TrainedOn.objects.get(version__model=model).dataset == dataset


def test_what_goes_in_and_comes_out_is_ticked(member: Caller, typed: dict[str, Any]) -> None:
    model = _planned(member, typed, modality_in=["text", "image"], modality_out=["text"])
    assert (model.modality_in, model.modality_out) == (["image", "text"], ["text"])


def test_a_word_that_others_use_becomes_the_one_of_the_vocabulary(
    member: Caller, typed: dict[str, Any]
) -> None:
    assert _planned(member, typed, tasks="asr").tasks == ["speech-recognition"]


def test_a_slip_in_a_word_is_refused_with_what_was_meant(
    member: Caller, typed: dict[str, Any]
) -> None:
    answer = _send(member, typed, tasks="translatoin")
    assert answer.status_code == 400
    [sentence] = answer.context["form"].errors["tasks"]
    assert "“translatoin” is no word of the vocabulary. Do you mean: translation" in sentence


def test_a_bad_fact_is_told_and_all_that_was_typed_stays(
    member: Caller, typed: dict[str, Any]
) -> None:
    answer = _send(
        member,
        typed,
        languages="de, Klingonisch",
        parameters="many",
        parent="their/model",
        parent_kind="adapter",
        datasets="One\nTwo",
        modality_out=["speech"],
        window_start="2030-01-01",
    )
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "“klingonisch”" in text
    assert "Write a number such as 9B" in text
    for kept in (
        'value="Hanse-9B"',
        'value="de, Klingonisch"',
        'value="many"',
        'value="their/model"',
        '<option value="adapter" selected>',
        "One\nTwo</textarea>",
        'value="2030-01-01"',
    ):
        assert kept in text
    assert Model.objects.count() == 0


def test_what_only_the_action_refuses_stays_on_the_form_too(
    member: Caller, typed: dict[str, Any]
) -> None:
    window = {"window_start": "2030-02-01", "window_end": "2030-01-01"}
    answer = _send(member, typed, **window)
    assert answer.status_code == 400
    assert answer.context["form"].errors["window_start"] == [
        "The training window must end after it begins."
    ]
    assert 'value="2030-02-01"' in answer.content.decode()


def test_a_taken_name_is_refused_on_the_form(member: Caller, typed: dict[str, Any]) -> None:
    _send(member, typed)
    answer = _send(member, typed)
    assert answer.status_code == 409
    assert "Your group already has a model named “Hanse-9B”" in answer.content.decode()


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "x" * 121])
def test_a_name_that_no_client_could_call_is_refused(
    member: Caller, typed: dict[str, Any], name: str
) -> None:
    assert "name" in _send(member, {**typed, "name": name}).context["form"].errors


def test_until_its_day_a_plan_is_for_its_group_only(
    member: Caller, stranger: Caller, typed: dict[str, Any]
) -> None:
    model = _planned(member, {**typed, "visibility": "public"}, embargo_until="2999-01-01")
    page = reverse("model", args=[model.pk])
    assert model.embargo_until == date(2999, 1, 1)
    assert member.as_browser.get(page).status_code == 200
    assert stranger.as_browser.get(page).status_code == 404


def test_a_group_agrees_to_be_told_of_as_an_ancestor(
    member: Caller, typed: dict[str, Any]
) -> None:
    assert _planned(member, typed, shows_as_ancestor="on").shows_as_ancestor


@pytest.mark.parametrize("how", ["its own group's name", "a qualified name", "a name on the Hub"])
def test_a_base_model_that_is_an_entry_becomes_a_link_to_it(
    member: Caller, project: Project, typed: dict[str, Any], how: str
) -> None:
    if how == "its own group's name":
        base = make.make_model(project, name="Base")
        written = "Base"
    else:
        base = make.make_model(name="Base", visibility="public", hub_id="they/base")
        written = base.qualified if how == "a qualified name" else "they/base"
    model = _planned(member, typed, parent=written, parent_kind="finetune")
    edge = Derivation.objects.get(child__model=model)
    assert edge.parent is not None
    assert (edge.parent.model, edge.kind) == (base, "finetune")


def test_a_base_model_that_is_no_entry_stays_as_it_is_written(
    member: Caller, typed: dict[str, Any]
) -> None:
    model = _planned(member, typed, parent="meta-llama/Llama-3.1-8B")
    edge = Derivation.objects.get(child__model=model)
    assert (edge.parent, edge.literal) == (None, "meta-llama/Llama-3.1-8B")


def test_a_base_model_that_is_hidden_stays_as_it_is_written(
    member: Caller, typed: dict[str, Any]
) -> None:
    hidden = make.make_model(name="Quiet-1B", hub_id="they/quiet")
    model = _planned(member, typed, parent=hidden.qualified)
    edge = Derivation.objects.get(child__model=model)
    assert (edge.parent, edge.literal) == (None, hidden.qualified)


def test_base_models_are_offered_by_their_names_on_the_hub(
    member: Caller, project: Project
) -> None:
    make.make_model(project, hub_id="ours/base")
    make.make_model(hub_id="they/quiet")
    text = _opened(member)
    assert '<option value="ours/base">' in text
    assert "they/quiet" not in text


def test_going_on_from_a_model_names_it_as_the_base(member: Caller) -> None:
    assert 'value="they/base"' in _opened(member, "?parent=they/base")


def test_the_only_group_is_chosen_already(member: Caller, group: Group) -> None:
    assert f'<option value="{group.pk}" selected>' in _opened(member)


def test_groups_in_which_one_is_a_guest_are_no_choice(member: Caller) -> None:
    other = make.make_group(name="Only a guest here")
    other.memberships.create(user=member.user, role=Role.GUEST)
    assert "Only a guest here" not in _opened(member)


def test_another_group_is_no_choice(member: Caller, typed: dict[str, Any]) -> None:
    other = make.make_group()
    answer = _send(member, {**typed, "group": other.pk})
    assert "group" in answer.context["form"].errors
    assert Model.objects.count() == 0


def test_a_plan_can_belong_to_a_project(
    member: Caller, project: Project, typed: dict[str, Any]
) -> None:
    assert _planned(member, typed, project=project.pk).project == project


def test_chips_are_in_the_readers_language(member: Caller) -> None:
    assert ">Übersetzung</button>" in _opened(member, **{"Accept-Language": "de"})
    assert ">translation</button>" in _opened(member)


def test_what_may_stay_unknown_says_so(member: Caller) -> None:
    assert _opened(member).count("unknown is fine") >= 7


def test_the_form_of_a_change_shows_counts_as_they_were_written(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project, parameters=9 * 10**9, tokens=75 * 10**11, languages=["de"])
    text = member.as_browser.get(reverse("model-edit", args=[model.pk])).content.decode()
    assert 'value="9B"' in text
    assert 'value="7.5T"' in text


@pytest.mark.parametrize("value", [1, 999, 1500, 7_000_001, 9 * 10**9, 7_241_732_096, 10**18])
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(
    member: Caller, project: Project, value: int
) -> None:
    model = make.make_model(
        project,
        parameters=value,
        languages=["de", "en"],
        tasks=["chat"],
        datasets=["A, b", "C"],
        modality_out=["text"],
        window_start=date(2030, 1, 1),
        description="Two\nlines",
    )
    before = Model.objects.filter(pk=model.pk).values().get()
    form = member.as_browser.get(reverse("model-edit", args=[model.pk])).context["form"]
    sent = {name: _as_browsers_send(form[name].value()) for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, False)}
    answer = member.as_browser.post(reverse("model-edit", args=[model.pk]), sent)
    assert answer.status_code == 302
    assert Model.objects.filter(pk=model.pk).values().get() == before


def test_changed_facts_stand_on_the_page(member: Caller, project: Project) -> None:
    model = make.make_model(project, name="Old")
    answer = _change(member, model, name="New", licence="MIT", tokens="4T")
    text = member.as_browser.get(answer["Location"]).content.decode()
    assert "<h1>New" in text
    assert "4\u00a0T" in text


def test_a_refused_change_keeps_what_was_typed(member: Caller, project: Project) -> None:
    model = make.make_model(project, name="Old")
    answer = _change(member, model, name="New", languages="Klingonisch")
    assert answer.status_code == 400
    assert 'value="New"' in answer.content.decode()
    model.refresh_from_db()
    assert model.name == "Old"


def test_a_guest_changes_nothing(guest: Caller, project: Project) -> None:
    model = make.make_model(project, name="Old")
    assert _change(guest, model, name="New").status_code == 403


def test_nobody_of_no_group_has_a_group_to_choose(typed: dict[str, Any]) -> None:
    loner = calls_as(make.make_user())
    assert "group" in _send(loner, typed).context["form"].errors
