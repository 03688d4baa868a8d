"""The page of one model: facts and figures, lineage and what follows from it, and who may what."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from compute.models import Job, Request
from projects.models import Project
from registry.actions.figures import record_figure, record_imported
from registry.actions.states import merge_models, name_successor
from registry.models import Derivation, Model, ModelMove
from tests import make
from tests.conftest import Caller


def _page(model: Model) -> str:
    return reverse("model", args=[model.pk])


def _text(caller: Caller, model: Model, **headers: str) -> str:
    answer = caller.as_browser.get(_page(model), headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def _words(caller: Caller, model: Model) -> str:
    """The text with every white space as one blank, so that tags' places do not matter."""
    return " ".join(_text(caller, model).split())


def _section(text: str, name: str) -> str:
    """The part of a page below one of its headings."""
    return text.split(f'aria-labelledby="{name}"')[1].split("</section>", maxsplit=1)[0]


def _figure(caller: Caller, model: Model, **values: Any) -> None:
    said = {
        "kind": "energy_kwh",
        "value": 700,
        "stage": "actual",
        "as_of": date(2026, 5, 1),
        **values,
    }
    record_figure(by=caller.user, model=model, now=make.now(), **said)


def _post(caller: Caller, route: str, key: Any, **body: Any) -> Any:
    return caller.as_browser.post(reverse(route, args=[key]), body, follow=True)


def _age(model: Model, days: int) -> None:
    Model.objects.filter(pk=model.pk).update(confirmed_at=make.now() - timedelta(days))


# Facts and figures


def test_facts_stand_on_the_page_in_words(member: Caller, project: Project) -> None:
    model = make.make_model(
        project,
        parameters=9_150_000_000,
        tokens=4 * 10**12,
        languages=["de", "fr"],
        tasks=["speech-recognition"],
        domains=["administration"],
        licence="Apache-2.0",
        modality_in=["speech"],
        modality_out=["text"],
        training_mode="finetune",
        datasets=["Amtsblatt, 1900"],
    )
    facts = _section(_text(member, model), "facts")
    for word in ("9.15\u00a0B", "4\u00a0T", "German, French", "speech recognition", "speech"):
        assert word in facts
    for word in ("public administration", "Apache-2.0", "finetune", "Amtsblatt, 1900"):
        assert word in facts


def test_a_german_reader_reads_the_facts_in_german(member: Caller, project: Project) -> None:
    model = make.make_model(
        project, languages=["de"], tasks=["speech-recognition"], parameters=9_150_000_000
    )
    text = _text(member, model, **{"Accept-Language": "de"})
    assert "Spracherkennung" in text
    assert "Deutsch" in text
    assert "9,15\u00a0B" in text


def test_a_figure_stands_with_its_source_and_date(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    _figure(member, model, note="wall plug")
    figures = _section(_text(member, model), "figures")
    assert '700<span class="unit">kWh</span>' in figures
    assert "declared" in figures
    assert "wall plug" in figures
    assert "1 May 2026" in figures


def test_what_was_planned_stands_beside_what_was(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    _figure(member, model, stage="plan", value=500)
    _figure(member, model, stage="actual", value=700)
    row = _section(_text(member, model), "figures")
    assert '<b>700<span class="unit">kWh</span></b>' in row
    assert 'planned 500<span class="unit">kWh</span>' in row


def test_a_figure_that_is_only_planned_is_marked_so(member: Caller, project: Project) -> None:
    model = make.make_model(project, tokens=10**12)
    assert '<span class="tagged">plan</span>' in _section(_text(member, model), "figures")


def test_the_history_keeps_all_that_was_ever_said(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    for value in (500, 600, 700):
        _figure(member, model, value=value)
    text = _section(_text(member, model), "figures")
    assert "All that was ever said (3)" in text
    assert '500<span class="unit">kWh</span>' in text


def test_a_better_source_counts_although_an_older_one(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    record_imported(
        model=model,
        kind="energy_kwh",
        value=Decimal(900),
        stage="actual",
        confidence="low",
        as_of=date(2020, 1, 1),
        note="model card",
        now=make.now(),
    )
    _figure(member, model, value=700)
    text = _section(_text(member, model), "figures")
    assert '<b>900<span class="unit">kWh</span></b>' in text
    assert "imported" in text


def test_without_figures_the_page_says_where_they_come_from(
    member: Caller, project: Project
) -> None:
    assert "No figure was recorded yet" in _text(member, make.make_model(project))


def test_what_is_not_known_of_an_open_plan_is_named(member: Caller, project: Project) -> None:
    model = make.make_model(project, languages=["de"], tasks=["chat"], parameters=7)
    words = _words(member, model)
    assert "4 facts are not known yet:" in words
    assert "what it produces, how it is trained, training tokens, training window" in words


# What a plan needs from its group


def test_an_old_plan_asks_its_group_whether_it_is_still_true(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project)
    _age(model, settings.PLAN_STALE_DAYS + 1)
    assert "Still true?" in _text(member, model)


def test_one_click_says_that_it_is_still_true(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    _age(model, settings.PLAN_STALE_DAYS + 1)
    text = _post(member, "model-confirm", model.pk).content.decode()
    assert "The plan is marked as still true today." in text
    assert "Still true?" not in text


def test_others_are_told_that_an_old_plan_may_have_changed(
    guest: Caller, project: Project
) -> None:
    model = make.make_model(project)
    _age(model, settings.PLAN_STALE_DAYS + 1)
    text = _text(guest, model)
    assert "the facts may have changed" in text
    assert reverse("model-confirm", args=[model.pk]) not in text


def test_an_ended_effort_is_not_confirmed(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    _post(member, "model-move", model.pk, state="abandoned")
    text = _post(member, "model-confirm", model.pk).content.decode()
    assert "Only a planned model or one in training waits to be confirmed." in text


def test_an_effort_goes_to_the_states_that_may_follow(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    answer = member.as_browser.get(_page(model))
    states = [state for state, _label in answer.context["next_states"]]
    assert states == ["training", "withdrawn", "abandoned"]


def test_a_state_is_changed_with_its_reason(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    text = _post(member, "model-move", model.pk, state="abandoned", reason="no data")
    model.refresh_from_db()
    assert "The state was changed." in text.content.decode()
    assert (model.state, ModelMove.objects.get(model=model).reason) == ("abandoned", "no data")


def test_a_state_that_may_not_follow_is_refused_in_a_sentence(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project)
    text = _post(member, "model-move", model.pk, state="released").content.decode()
    model.refresh_from_db()
    assert "A model that is planned cannot become released." in text
    assert model.state == "planned"


def test_what_is_no_state_is_not_there(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    assert _post(member, "model-move", model.pk, state="thought-of").status_code == 404


def test_what_ended_becomes_nothing_more(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    _post(member, "model-move", model.pk, state="withdrawn")
    assert "What becomes of it" not in _text(member, model)


# Base models


def test_a_base_model_is_added(member: Caller, project: Project) -> None:
    model, base = make.make_model(project), make.make_model(project, name="Base-1B")
    body = {"parent": "Base-1B", "parent_kind": "finetune"}
    text = _post(member, "model-parent", model.pk, **body).content.decode()
    assert "The base model was added." in text
    assert f'<a href="{_page(base)}"><b>Base-1B</b></a>' in text


def test_a_base_model_that_is_no_entry_is_marked_so(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    body = {"parent": "their/model", "parent_kind": "finetune"}
    text = _section(_post(member, "model-parent", model.pk, **body).content.decode(), "parents")
    assert "<b>their/model</b>" in text
    assert "no entry here" in text


def test_a_base_model_without_name_is_refused(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    text = _post(member, "model-parent", model.pk, parent="", parent_kind="finetune")
    assert "Name the base model, in at most 300 characters." in text.content.decode()


def test_a_base_model_that_would_close_a_circle_is_refused(
    member: Caller, project: Project
) -> None:
    model, child = make.make_model(project, name="Base"), make.make_model(project, name="Child")
    make.make_edge(child, model)
    body = {"parent": "Child", "parent_kind": "finetune"}
    text = _post(member, "model-parent", model.pk, **body).content.decode()
    assert "that would be a circle" in text
    assert Derivation.objects.count() == 1


def test_a_base_model_is_taken_back(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    edge = make.make_edge(model, "their/model")
    text = _post(member, "derivation-remove", edge.pk).content.decode()
    assert "The base model was taken back" in text
    assert "No base model is named." in text


def test_a_fingerprint_that_contradicts_a_derivation_is_flagged(
    member: Caller, project: Project
) -> None:
    base, model = make.make_model(project), make.make_model(project)
    above, below = make.make_version(base), make.make_version(model)
    make.make_edge(below, above)
    make.make_fingerprint(above)
    make.make_fingerprint(below, make.make_tensors(shape=(8, 8)))
    assert "The fingerprints contradict this" in _text(member, model)


def test_a_fingerprint_that_agrees_is_said_as_evidence(member: Caller, project: Project) -> None:
    base, model = make.make_model(project), make.make_model(project)
    above, below = make.make_version(base), make.make_version(model)
    make.make_edge(below, above)
    make.make_fingerprint(above)
    make.make_fingerprint(below)
    text = _section(_text(member, model), "parents")
    assert "verified: the fingerprints agree" in text
    assert "contradict" not in text


def test_a_hidden_parent_leaves_no_trace(
    stranger: Caller, member: Caller, project: Project
) -> None:
    parent = make.make_model(project, name="Secret-base", visibility="group", licence="GPL-3.0")
    child = make.make_model(project, name="Child", visibility="public", licence="MIT")
    edge = make.make_edge(child, parent, note="secret note")
    edge.literal = "Secret-base"
    edge.save()
    assert "Secret-base" in _text(member, child)
    text = _text(stranger, child)
    assert "Secret-base" not in text
    assert "secret note" not in text
    assert "GPL-3.0" not in text
    assert "No base model is named." in text
    assert "It has no ancestors." in text


def test_a_hidden_parent_whose_group_agreed_is_told_of_without_name(
    stranger: Caller, project: Project
) -> None:
    parent = make.make_model(project, name="Secret-base", shows_as_ancestor=True)
    child = make.make_model(project, name="Child", visibility="public")
    make.make_edge(child, parent)
    text = _text(stranger, child)
    assert "non-public ancestor" in _section(text, "parents")
    assert "No base model is named." not in text
    assert "Secret-base" not in text
    assert str(parent.pk) not in text


def test_children_stand_on_the_page_as_far_as_one_may_see_them(
    stranger: Caller, project: Project
) -> None:
    base = make.make_model(project, visibility="public")
    make.make_edge(make.make_model(project, name="Open-child", visibility="public"), base)
    make.make_edge(make.make_model(project, name="Quiet-child"), base)
    children = _section(_text(stranger, base), "children")
    assert "Open-child" in children
    assert "Quiet-child" not in children
    assert "more" not in children


def test_of_many_children_ten_are_shown_and_the_rest_counted(
    member: Caller, project: Project
) -> None:
    base = make.make_model(project)
    for _each in range(12):
        make.make_edge(make.make_model(project), base)
    assert "and 2 more" in _section(_text(member, base), "children")


# What follows from the lineage


def test_the_ai_act_shows_every_step_of_its_arithmetic(member: Caller, project: Project) -> None:
    model = make.make_model(
        project, parameters=9 * 10**9, tokens=4 * 10**12, modality_out=["text"]
    )
    act = _section(_text(member, model), "act")
    assert "6 × 9\u00a0B × 4\u00a0T = 2.16\u00a0×\u00a010<sup>23</sup> FLOP" in act
    assert "indicates a general-purpose model" in act


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (10**12, "below the threshold"),
        (4 * 10**12, "indicates a general-purpose model"),
        (4 * 10**15, "systemic risk presumed"),
        (None, "cannot be told yet"),
    ],
)
def test_the_ai_act_says_on_which_side_of_its_thresholds_it_is(
    member: Caller, project: Project, tokens: int | None, said: str
) -> None:
    model = make.make_model(project, parameters=9 * 10**9, tokens=tokens, modality_out=["text"])
    badge = _section(_text(member, model), "act").split("<details")[0]
    assert said in badge


def test_who_changes_anothers_model_by_more_than_a_third_becomes_a_provider(
    member: Caller, project: Project
) -> None:
    base = make.make_model(
        name="Their-base", visibility="public", parameters=10**9, tokens=3 * 10**9
    )
    model = make.make_model(project, parameters=10**9, tokens=2 * 10**9, modality_out=["text"])
    make.make_edge(model, base)
    act = _section(_text(member, model), "act")
    assert "its maker becomes a provider" in act
    assert "6.00\u00a0×\u00a010<sup>18</sup> FLOP" in act


def test_a_licence_that_promises_too_much_is_shown_with_the_path(
    member: Caller, project: Project
) -> None:
    top = make.make_model(project, name="Top", licence="CC-BY-NC-4.0")
    middle = make.make_model(project, name="Middle", licence="MIT")
    model = make.make_model(project, name="Bottom", licence="MIT")
    make.make_edge(middle, top)
    make.make_edge(model, middle)
    text = _text(member, model)
    licences = _section(text, "licences")
    assert "The licence promises more than its ancestors allow." in text
    assert "Top → Middle → Bottom" in licences
    assert "allows no commercial use" in licences


def test_a_hidden_step_of_that_path_has_no_name(stranger: Caller, project: Project) -> None:
    top = make.make_model(project, name="Top", licence="CC-BY-NC-4.0", visibility="public")
    middle = make.make_model(project, name="Secret", licence="MIT", shows_as_ancestor=True)
    model = make.make_model(project, name="Bottom", licence="MIT", visibility="public")
    make.make_edge(middle, top)
    make.make_edge(model, middle)
    text = _text(stranger, model)
    assert "Top → non-public ancestor → Bottom" in _section(text, "licences")
    assert "Secret" not in text


def test_licences_that_agree_are_said_to(member: Caller, project: Project) -> None:
    model = make.make_model(project, licence="MIT")
    make.make_edge(model, make.make_model(project, licence="Apache-2.0"))
    text = _text(member, model)
    assert "No duty was found that its licence does not keep." in text
    assert "promises more" not in text


def test_compute_is_summed_over_all_ancestors_each_once(member: Caller, project: Project) -> None:
    top, left, right, model = (make.make_model(project) for _each in range(4))
    for child, parent in ((left, top), (right, top), (model, left), (model, right)):
        make.make_edge(child, parent)
    for each, hours in ((top, 1000), (left, 200), (model, 30)):
        _figure(member, each, kind="gpu_hours_campaign", value=hours)
    cost = _section(_text(member, model), "cost")
    assert "<b>1,230 GPU-h</b>" in cost
    assert f"Not known of: {right.name}" in cost


def test_compute_of_a_hidden_ancestor_is_not_in_the_sum(
    stranger: Caller, member: Caller, project: Project
) -> None:
    hidden = make.make_model(project, shows_as_ancestor=True)
    model = make.make_model(project, visibility="public")
    make.make_edge(model, hidden)
    _figure(member, hidden, kind="gpu_hours_campaign", value=98_765)
    _figure(member, model, kind="gpu_hours_campaign", value=30)
    assert "98,795" in _text(member, model)
    text = _text(stranger, model)
    assert "98,7" not in text


def test_beyond_the_nearest_ancestors_a_sum_is_said_to_be_a_lower_bound(
    member: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cesai.pages.model.ABOVE", 2)
    chain = [make.make_model(project, licence="MIT", modality_out=["text"]) for _each in range(4)]
    for child, parent in pairwise(chain):
        make.make_edge(child, parent)
    for each in chain:
        _figure(member, each, kind="gpu_hours_campaign", value=100)
        _figure(member, each, kind="flop", value=10**18)
    text = _text(member, chain[0])
    assert "With the 2 nearest of its ancestors" in _section(text, "cost")
    assert "at least 300 GPU-h" in " ".join(_section(text, "cost").split())
    assert "cannot be told yet" in _section(text, "act")
    assert "more ancestors than the 2 nearest" in _section(text, "act")
    assert "Among the 2 nearest of its ancestors" in _section(text, "licences")


def test_names_of_many_are_cut_short(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    for _each in range(13):
        make.make_edge(model, make.make_model(project))
    cost = " ".join(_section(_text(member, model), "cost").split())
    assert "and 3 more" in cost.split("Not known of:")[1]


def test_what_was_measured_is_drawn_against_the_plan(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    _figure(member, model, stage="plan", value=500)
    _figure(member, model, stage="actual", value=1000)
    [drawing] = re.findall(r'<svg class="bullet".*?</svg>', _text(member, model))
    assert 'class="is" y="2" width="100.0"' in drawing
    assert 'class="planned" x="49.0"' in drawing


def test_without_a_plan_nothing_is_drawn_against_it(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    _figure(member, model, stage="actual", value=1000)
    assert 'class="bullet"' not in _text(member, model)


def test_requests_and_jobs_for_it_are_listed(lead: Caller, project: Project) -> None:
    model = make.make_model(project)
    allocation = make.make_allocation(project, model=model)
    job = make.make_job(allocation, by=lead.user)
    Job.objects.filter(pk=job.pk).update(version=model.versions.get())
    text = _text(lead, model)
    assert reverse("request", args=[Request.objects.get(model=model).pk]) in text
    assert reverse("job", args=[job.pk]) in text


# Who may what


def test_the_lines_for_python_are_for_those_who_may_register(
    member: Caller, guest: Caller, project: Project
) -> None:
    model = make.make_model(project, name="Hanse-9B")
    assert "MlflowClient().create_model_version(&quot;Hanse-9B&quot;" in _text(member, model)
    assert "MLFLOW_TRACKING_URI" not in _text(guest, model)


def test_a_quote_in_a_name_does_not_end_the_text_in_python(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project, name='a"b')
    assert "create_model_version(&quot;a\\&quot;b&quot;" in _text(member, model)


@pytest.mark.parametrize(
    "route", ["model-edit", "model-card", "model-confirm", "model-move", "model-certificate"]
)
def test_a_guest_is_offered_nothing_that_they_may_not(
    guest: Caller, project: Project, route: str
) -> None:
    model = make.make_model(project)
    make.make_edge(model, "their/model")
    text = _text(guest, model)
    assert reverse(route, args=[model.pk]) not in text
    assert "Take this derivation back" not in text


def test_gpu_hours_are_asked_for_by_those_who_may(
    lead: Caller, member: Caller, project: Project
) -> None:
    model = make.make_model(project)
    address = f"{reverse('request-new')}?model={model.pk}&amp;project={project.slug}"
    assert address in _text(lead, model)
    assert address not in _text(member, model)


def test_going_on_from_it_leads_to_a_plan_with_its_name(member: Caller, project: Project) -> None:
    model = make.make_model(project, name="Größe & Maß")
    address = _text(member, model).split('href="/models/plan/?parent=')[1].split('"')[0]
    form = member.as_browser.get(f"/models/plan/?parent={address}").context["form"]
    assert form["parent"].value() == model.qualified


def test_a_public_model_does_not_tell_of_its_private_project(
    stranger: Caller, project: Project
) -> None:
    model = make.make_model(project, visibility="public")
    assert project.title not in _text(stranger, model)


def test_a_stranger_finds_no_private_model(stranger: Caller, project: Project) -> None:
    model = make.make_model(project, name="Quiet-1B")
    assert stranger.as_browser.get(_page(model)).status_code == 404


def test_a_public_record_says_where_it_was_taken_from(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    Model.objects.filter(pk=model.pk).update(
        public_record={"source": "a model card", "as_of": "2026-01"}
    )
    assert "Taken from: a model card; as of 2026-01." in _words(member, model)


@pytest.mark.parametrize("is_visible", [True, False])
def test_a_successor_is_linked_only_for_those_who_may_see_it(
    stranger: Caller, member: Caller, project: Project, is_visible: bool
) -> None:
    model = make.make_model(project, visibility="public")
    visibility = "public" if is_visible else "group"
    successor = make.make_model(project, name="Next-2B", visibility=visibility)
    name_successor(by=member.user, model=model, successor=successor, now=make.now())
    text = _text(stranger, model)
    assert ("Its successor is" in text) is is_visible
    assert ("Next-2B" in text) is is_visible
    assert (str(successor.pk) in text) is is_visible


@pytest.mark.parametrize("is_visible", [True, False])
def test_the_record_it_was_joined_with_is_linked_only_for_those_who_may_see_it(
    stranger: Caller, member: Caller, project: Project, is_visible: bool
) -> None:
    model = make.make_model(project, visibility="public")
    visibility = "public" if is_visible else "group"
    other = make.make_model(project, name="Kept-2B", visibility=visibility)
    merge_models(by=member.user, model=model, into=other, reason="one effort", now=make.now())
    text = _text(stranger, model)
    assert ("This record was joined" in text) is is_visible
    assert ("Kept-2B" in text) is is_visible
    assert (str(other.pk) in text) is is_visible


def test_a_successor_is_named_and_taken_back(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    make.make_model(project, name="Next-2B")
    named = _post(member, "model-successor", model.pk, name="Next-2B").content.decode()
    taken_back = _post(member, "model-successor", model.pk, name="").content.decode()
    assert "Its successor is" in named
    assert "Its successor is" not in taken_back


def test_a_model_that_would_succeed_itself_is_refused(member: Caller, project: Project) -> None:
    model = make.make_model(project)
    text = _post(member, "model-successor", model.pk, name=model.name).content.decode()
    assert "A model cannot succeed itself" in text


@pytest.mark.parametrize("route", ["model-successor", "model-merge"])
def test_a_hidden_model_is_refused_by_name_like_none_at_all(
    member: Caller, project: Project, route: str
) -> None:
    model, hidden = make.make_model(project), make.make_model()
    answer = _post(member, route, model.pk, name=hidden.qualified)
    unknown = _post(member, route, model.pk, name="a.b.unheard-of")
    model.refresh_from_db()
    assert f"“{hidden.qualified}” is no model that you may see" in answer.content.decode()
    assert "“a.b.unheard-of” is no model that you may see" in unknown.content.decode()
    assert (model.successor, model.merged_into) == (None, None)


def test_two_records_of_one_effort_become_one(member: Caller, project: Project) -> None:
    model, other = make.make_model(project), make.make_model(project, name="Kept-2B")
    text = _post(member, "model-merge", model.pk, name="Kept-2B", reason="one effort")
    model.refresh_from_db()
    assert (model.state, model.merged_into) == ("withdrawn", other)
    assert "The two records were joined." in text.content.decode()
    assert reverse("model-merge", args=[model.pk]) not in text.content.decode()


def test_a_record_is_not_joined_with_itself_or_with_nothing(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project)
    itself = _post(member, "model-merge", model.pk, name=model.name).content.decode()
    nothing = _post(member, "model-merge", model.pk, name="").content.decode()
    model.refresh_from_db()
    assert "Choose another record to merge into." in itself
    assert "Name the record that is to stay." in nothing
    assert model.state == "planned"


def test_a_record_is_joined_with_another_groups_only_by_who_may_edit_both(
    member: Caller, project: Project
) -> None:
    model, theirs = make.make_model(project), make.make_model(visibility="public")
    answer = _post(member, "model-merge", model.pk, name=theirs.qualified)
    model.refresh_from_db()
    assert answer.status_code == 403
    assert model.merged_into is None


def test_a_coordinator_joins_records_of_two_groups(coordinator: Caller, project: Project) -> None:
    model, theirs = make.make_model(project), make.make_model()
    _post(coordinator, "model-merge", model.pk, name=theirs.qualified)
    model.refresh_from_db()
    assert model.merged_into == theirs


def test_the_markdown_of_a_card_can_do_nothing(member: Caller, project: Project) -> None:
    card = (
        "<script>alert(1)</script>\n\n[go](javascript:alert(2))\n\n![see](https://spy.example/p)"
    )
    model = make.make_model(project, card=f"# Title\n\n{card}")
    prose = _section(_text(member, model), "card")
    assert "<h3>Title</h3>" in prose
    assert "<script" not in prose
    assert 'href="javascript' not in prose
    assert "<img" not in prose


def test_nothing_that_people_typed_is_markup(member: Caller, project: Project) -> None:
    bad = "<i onclick=x>"
    model = make.make_model(
        project,
        name=bad,
        description=bad,
        licence=bad,
        intended_users=bad,
        architecture=bad,
        datasets=[bad],
    )
    make.make_edge(model, bad, note=bad)
    _figure(member, model, note=bad)
    assert bad not in _text(member, model)


# The certificate


def test_the_certificate_shows_the_facts_of_the_day_and_its_signature(
    member: Caller, project: Project
) -> None:
    model = make.make_model(project, name="Hanse-9B", languages=["de"], parameters=9 * 10**9)
    made = member.get(f"models/{model.pk}/certificate/").json()
    answer = member.as_browser.get(reverse("model-certificate", args=[model.pk]))
    text = answer.content.decode()
    for word in ("Hanse-9B", "German", "9\u00a0B", made["facts_sha256"]):
        assert word in text
    assert made["public_key"].replace("+", "&#x2B;") in text or made["public_key"] in text


def test_the_certificate_keeps_the_facts_as_they_were(member: Caller, project: Project) -> None:
    model = make.make_model(project, name="First-name", licence="MIT")
    member.patch(f"models/{model.pk}/", {"licence": "GPL-3.0"})
    text = member.as_browser.get(reverse("model-certificate", args=[model.pk])).content.decode()
    assert "MIT" in text
    assert "GPL-3.0" not in text


# What it costs


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_the_same_however_much_there_is_to_tell(
    member: Caller,
    project: Project,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    model = make.make_model(project)
    for _each in range(count):
        make.make_edge(model, make.make_model(project))
        make.make_edge(make.make_model(project), model)
        _figure(member, model)
    browser = member.as_browser
    with django_assert_num_queries(22):
        browser.get(_page(model))


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_costs_the_same_however_many_versions_there_are(
    member: Caller,
    project: Project,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    model = make.make_model(project)
    for _each in range(count):
        make.make_version(model)
    browser = member.as_browser
    with django_assert_num_queries(22):
        browser.get(_page(model))


def test_old_versions_and_figures_are_shown_when_asked_for(
    member: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cesai.pages.model.VERSIONS", 2)
    monkeypatch.setattr("cesai.pages.model.HISTORY", 1)
    model = make.make_model(project)
    for number in range(5):
        make.make_version(model, source=f"s3://weights/{number}")
    for value in (700, 800):
        _figure(member, model, value=value)
    text = _text(member, model)
    assert text.count("s3://weights/") == 2
    assert "s3://weights/4" in text
    older = model.versions.count() - 2
    assert f"Show {older} older versions, too" in text
    history = _section(text, "figures").split("All that was ever said (2)")[1]
    assert ("800" in history, "700" in history) == (True, False)
    whole = member.as_browser.get(f"{_page(model)}?all").content.decode()
    assert whole.count("s3://weights/") == 5
    assert "700" in _section(whole, "figures").split("All that was ever said (2)")[1]
    assert "older versions" not in whole
