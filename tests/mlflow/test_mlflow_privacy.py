"""What is private leaves no trace in MLflow's routes: no word, no count, no order, no refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import transaction

from projects.models import Project
from projects.roles import Role
from registry.models import Derivation, Model, Version
from tests import make
from tests.conftest import Caller, calls_as, headers_of
from tests.mlflow.calls import (
    MODELS,
    VERSIONS,
    add_model,
    add_version,
    as_list,
    ask,
    code_of,
    get_version,
    names_found,
    tags_of,
    tell,
    versions_found,
)
from tests.world import CANARY

BARE = f"Secret {CANARY}"


class Cast(NamedTuple):
    """Public models `old` and `young` of an open group, and somebody of a closed one."""

    old: Model
    young: Model
    insider: Caller
    closed: Project

    @property
    def hidden(self) -> str:
        """What the private model is, or will be, called by others."""
        group = self.closed.lead_group
        return f"{group.partner.slug}.{group.slug}.{BARE}"


@pytest.fixture
def cast(db: None) -> Cast:
    project = make.make_project(make.make_group(name="Open"))
    old = make.make_model(project, name="old", visibility="public", description="Old")
    young = make.make_model(project, name="young", visibility="public")
    for model in (old, young):
        make.make_version(model, run_id="run", tags={"color": "red"})
    closed = make.make_project(make.make_group(name="Closed"), slug=CANARY, title=CANARY)
    insider = calls_as(make.make_member(closed.lead_group, Role.MEMBER, "insider"))
    return Cast(old, young, insider, closed)


@pytest.fixture(params=["of a partner", "of no partner", "of the open group"])
def reader(request: pytest.FixtureRequest, cast: Cast) -> Caller:
    """Those who do not belong to the closed group."""
    if request.param == "of no partner":
        return calls_as(make.make_user("loner"))
    group = cast.old.group if request.param == "of the open group" else make.make_group()
    return calls_as(make.make_member(group, Role.LEAD, "reader"))


# What is private ----------------------------------------------------------------------------


def make_secret(cast: Cast, **facts: Any) -> Model:
    """A private model with the canary in every field that MLflow's routes tell."""
    values = {"name": BARE, "description": CANARY, "hub_id": f"{CANARY}/x", **facts}
    model = make.make_model(cast.closed, **values)
    Model.objects.filter(pk=model.pk).update(tags={CANARY: CANARY})
    version = make.make_version(
        model, source=f"s3://{CANARY}/x", run_id=CANARY, run_link=CANARY, description=CANARY,
        tags={CANARY: CANARY},
    )  # fmt: skip
    version.aliases.create(model=model, name=CANARY)
    return model


def put_alone(cast: Cast) -> None:
    make_secret(cast)


def put_above(cast: Cast) -> None:
    """A private parent of a public model, named as it was written."""
    make.make_edge(cast.young, make_secret(cast), note=CANARY)
    Derivation.objects.update(literal=BARE)


def put_below(cast: Cast) -> None:
    make.make_edge(make_secret(cast), cast.old, note=CANARY)


def put_between(cast: Cast) -> None:
    secret = make_secret(cast)
    make.make_edge(cast.young, secret, kind="finetune", note=CANARY)
    make.make_edge(secret, cast.old, note=CANARY)


def put_under_embargo(cast: Cast) -> None:
    """What will be public, but is not yet."""
    until = make.today() + timedelta(days=2)
    secret = make_secret(cast, visibility="public", embargo_until=until)
    make.make_edge(cast.young, secret, note=CANARY)


def put_in_a_project(cast: Cast) -> None:
    """What the groups of a project share."""
    make.make_edge(cast.young, make_secret(cast, visibility="project"), note=CANARY)


INSERTS = [put_alone, put_above, put_below, put_between, put_under_embargo, put_in_a_project]


def put_copy(cast: Cast) -> Version:
    """A public copy of private weights, as an insider makes it."""
    make_secret(cast)
    add_model(cast.insider, "copy")
    made = add_version(cast.insider, "copy", f"models:/{BARE}/1")
    assert made.status_code == 200
    Model.objects.filter(name="copy").update(visibility="public")
    return Version.objects.get(model__name="copy")


def put_copy_of_old(cast: Cast) -> None:
    """A public copy of public weights, which alone is told with its source."""
    add_model(cast.insider, "copy")
    add_version(cast.insider, "copy", f"models:/{cast.old.qualified}/1")
    Model.objects.filter(name="copy").update(visibility="public")


# What can be asked and told -----------------------------------------------------------------


def questions(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every question about a model and its first version."""
    yield f"{MODELS}/get", {"name": name}
    yield f"{MODELS}/get-latest-versions", {"name": name}
    yield f"{MODELS}/get-latest-versions", {"name": name, "stages": ["None", "Staging"]}
    for alias in (CANARY, "latest", "other"):
        yield f"{MODELS}/alias", {"name": name, "alias": alias}
    for version in (1, 2):
        yield f"{VERSIONS}/get", {"name": name, "version": version}
        yield f"{VERSIONS}/get-download-uri", {"name": name, "version": version}
    for kind in (MODELS, VERSIONS):
        for sign in ("=", "!=", "LIKE", "ILIKE"):
            yield f"{kind}/search", {"filter": f"name {sign} '{name}'"}
        yield f"{kind}/search", {"filter": f"name IN ('{name}', 'x')"}
        yield f"{kind}/search", {"filter": f"name NOT IN ('{name}')"}
        yield f"{kind}/search", {"filter": f"tags.`cesai.base_model` = '{name}'"}


FILTERS = {
    MODELS: [
        "name LIKE '%{0}%'", "name ILIKE '%{0}%'", "name != '{0}'", "name LIKE '%.{0}'",
        "tags.`{0}` = '{0}'", "tags.`{0}` != 'x'", "tags.`{0}` LIKE '%'", "tags.color = '{0}'",
        "tags.`cesai.project` = '{0}'", "tags.`cesai.base_model` = '{0}'",
        "tags.`cesai.base_model` = 'Secret {0}'", "tags.`cesai.base_model` = '{0}/x'",
    ],
    VERSIONS: [
        "name LIKE '%{0}%'", "run_id = '{0}'", "run_id LIKE '{0}%'", "run_id ILIKE '%{0}'",
        "run_id IN ('{0}')", "run_id != '{0}'", "run_id NOT IN ('{0}', 'x')",
        "source_path = 's3://{0}/x'", "source_path LIKE '%{0}%'", "source_path != 's3://{0}/x'",
        "source_path = 'models:/Secret {0}/1'", "tags.`{0}` = '{0}'", "tags.`{0}` LIKE '%'",
        "tags.`cesai.base_model` = '{0}'", "tags.`cesai.base_model` = 'Secret {0}'",
        "tags.`cesai.relation` = 'finetune'",
    ],
}  # fmt: skip
ORDERS = {
    MODELS: ["name", "name DESC", "timestamp", "last_updated_timestamp DESC"],
    VERSIONS: ["name", "version_number DESC", "creation_timestamp", "last_updated_timestamp"],
}


def searches(word: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every search by a word, and lists of everything in every order, in whole and by page."""
    for kind, filters in FILTERS.items():
        for text in filters:
            yield f"{kind}/search", {"filter": text.format(word)}
        for text in ("name LIKE '%'", "name != ''"):
            yield f"{kind}/search", {"filter": text}
        for order in ORDERS[kind]:
            for size in (1, 2, 1000):
                yield f"{kind}/search", {"order_by": [order], "max_results": size}
    for text in ("version_number = 1", "version_number > 0", "version_number < 2"):
        yield f"{VERSIONS}/search", {"filter": text}


def changes(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every change of a model and its first version."""
    version = {"name": name, "version": "1"}
    yield f"{MODELS}/rename", {"name": name, "new_name": "mine"}
    yield f"{MODELS}/update", {"name": name, "description": "mine"}
    yield f"{MODELS}/delete", {"name": name}
    yield f"{MODELS}/set-tag", {"name": name, "key": "k", "value": "v"}
    yield f"{MODELS}/set-tag", {"name": name, "key": "cesai.base_model", "value": "v"}
    yield f"{MODELS}/set-tag", {"name": name, "key": "cesai.relation", "value": "x"}
    yield f"{MODELS}/set-tag", {"name": name, "key": "cesai.project", "value": CANARY}
    yield f"{MODELS}/delete-tag", {"name": name, "key": "cesai.project"}
    yield f"{MODELS}/alias", {**version, "alias": "mine"}
    yield f"{MODELS}/get-latest-versions", {"name": name}
    yield f"{VERSIONS}/create", {"name": name, "source": "s3://b/x"}
    yield f"{VERSIONS}/update", {**version, "description": "mine"}
    yield f"{VERSIONS}/delete", version
    yield f"{VERSIONS}/transition-stage", {**version, "stage": "Staging"}
    yield f"{VERSIONS}/set-tag", {**version, "key": "k", "value": "v"}
    yield f"{VERSIONS}/set-tag", {**version, "key": "cesai.base_model", "value": "v"}
    yield f"{VERSIONS}/delete-tag", {**version, "key": CANARY}


def answer_of(caller: Caller, route: str, values: dict[str, Any], *, change: bool) -> Any:
    """An answer's status, body and headers, and nothing changed by the call.

    Tokens of pages hold the second in which they were signed, which is taken out.
    """
    with transaction.atomic():
        answer = (tell if change else ask)(caller, route, **values)
        transaction.set_rollback(True)
    body = re.sub(r'(?<="next_page_token":")([^:"]*):[^"]*', r"\1", answer.content.decode())
    headers = {k: v for k, v in headers_of(answer).items() if k != "Content-Length"}
    return answer.status_code, body, headers


def all_answers(caller: Caller, cast: Cast) -> dict[str, Any]:
    """What the caller gets for every question, about what is public and what is not."""
    found = {}
    names = (cast.young.qualified, "young", BARE, cast.hidden)
    asked = [call for name in names for call in questions(name)]
    for route, values in [*asked, *searches(CANARY)]:
        found[f"{route} {values}"] = answer_of(caller, route, values, change=False)
    for name in names:
        for route, values in changes(name):
            answer = answer_of(caller, route, values, change=True)
            found[f"change {route} {values}"] = answer[0], _timeless(answer[1]), answer[2]
    return found


def _timeless(body: str) -> str:
    """A body without the times of what the call itself changed."""
    return re.sub(r'("\w+_timestamp"):\d+', r"\1:0", body)


# Nothing changes ----------------------------------------------------------------------------


@pytest.mark.parametrize("insert", INSERTS, ids=lambda insert: insert.__name__)
def test_no_answer_changes_by_a_byte_when_something_private_is_added(
    reader: Caller, cast: Cast, insert: Any
) -> None:
    before = all_answers(reader, cast)

    insert(cast)

    after = all_answers(reader, cast)
    assert {call for call in before if before[call] != after[call]} == set()


@pytest.mark.parametrize("insert", [*INSERTS, put_copy], ids=lambda insert: insert.__name__)
def test_no_private_word_stands_in_any_answer(reader: Caller, cast: Cast, insert: Any) -> None:
    insert(cast)
    others = [m.qualified for m in Model.objects.exclude(name=BARE)]
    private = [CANARY, *(str(row.pk) for row in Model.objects.filter(name=BARE))]

    asked = [call for name in others for call in questions(name)]
    for route, values in [*asked, *searches("other")]:
        if CANARY not in str(values):
            _status, *shown = answer_of(reader, route, values, change=False)
            assert [word for word in private if word in str(shown)] == [], (route, values)
    for name in others:
        for route, values in changes(name):
            if CANARY not in str(values):
                _status, *shown = answer_of(reader, route, values, change=True)
                assert [word for word in private if word in str(shown)] == [], (route, values)


def test_an_insider_reads_all_of_it(cast: Cast) -> None:
    put_above(cast)

    assert BARE in names_found(cast.insider)
    shown = get_version(cast.insider, BARE).json()["model_version"]
    assert [shown[name] for name in ("run_id", "run_link", "description")] == [CANARY] * 3
    told = tags_of(get_version(cast.insider, cast.young.qualified).json()["model_version"])
    assert told["cesai.base_model"] == BARE


# What is hidden is like what is not there ---------------------------------------------------


def _twin(name: str) -> str:
    """An unknown name of the same length."""
    return name.replace(CANARY, CANARY[::-1])


def test_a_hidden_model_answers_every_question_like_none_at_all(
    reader: Caller, cast: Cast
) -> None:
    put_above(cast)

    for name in (cast.hidden, BARE):
        for (route, values), (_, twins) in zip(
            questions(name), questions(_twin(name)), strict=True
        ):
            status, body, headers = answer_of(reader, route, values, change=False)
            absent = answer_of(reader, route, twins, change=False)
            assert (status, _twin(body), headers) == (absent[0], _twin(absent[1]), absent[2])


def test_a_hidden_model_answers_every_change_like_none_at_all(reader: Caller, cast: Cast) -> None:
    put_above(cast)

    for name in (cast.hidden, BARE):
        for (route, values), (_, twins) in zip(changes(name), changes(_twin(name)), strict=True):
            status, body, headers = answer_of(reader, route, values, change=True)
            absent = answer_of(reader, route, twins, change=True)
            assert status == 404
            assert (status, _twin(body), headers) == (absent[0], _twin(absent[1]), absent[2])


def test_a_search_by_a_private_word_is_like_one_by_any_other(reader: Caller, cast: Cast) -> None:
    put_between(cast)
    put_copy_of_old(cast)
    Model.objects.update(project=cast.closed)

    for (route, values), (_, twins) in zip(searches(CANARY), searches(_twin(CANARY)), strict=True):
        hidden = answer_of(reader, route, values, change=False)
        assert hidden == answer_of(reader, route, twins, change=False), values


def test_a_hidden_name_may_be_given_to_a_model_of_ones_own(cast: Cast) -> None:
    make_secret(cast)
    reader = calls_as(make.make_member(make.make_group()))

    for name in (BARE, cast.hidden):
        assert add_model(reader, name).status_code == 200


def test_a_hidden_base_model_is_kept_as_its_name_like_any(cast: Cast) -> None:
    make_secret(cast)
    reader = calls_as(make.make_member(cast.old.group))
    names = (cast.hidden, BARE, f"models:/{cast.hidden}/1", f"{CANARY}/x")

    answers = [
        add_version(reader, "young", f"s3://b/{n}", tags=as_list({"base_model": name}))
        for n, name in enumerate(names)
    ]

    shown = [tags_of(answer.json()["model_version"]) for answer in answers]
    assert [tags["cesai.base_model"] for tags in shown] == list(names)
    assert not Derivation.objects.exclude(parent=None).exists()


def test_a_copy_of_what_is_hidden_is_refused_like_one_of_nothing(cast: Cast) -> None:
    make_secret(cast)
    reader = calls_as(make.make_member(cast.old.group))

    for which in ("/1", f"@{CANARY}", "/latest", "/None"):
        hidden = add_version(reader, "young", f"models:/{cast.hidden}{which}")
        absent = add_version(reader, "young", f"models:/{_twin(cast.hidden)}{which}")
        assert code_of(hidden) == (404, "RESOURCE_DOES_NOT_EXIST")
        assert _twin(hidden.content.decode()) == _twin(absent.content.decode())


# Projects, copies, embargoes ----------------------------------------------------------------


def test_the_hidden_project_of_a_public_model_is_not_told(reader: Caller, cast: Cast) -> None:
    model = make.make_model(cast.closed, name="shown", visibility="public")

    shown = ask(reader, f"{MODELS}/get", name=model.qualified).json()["registered_model"]

    assert shown["name"] == model.qualified
    assert "tags" not in shown


@pytest.mark.parametrize(("visibility", "told"), [("public", True), ("partners", True)])
def test_a_project_that_one_sees_is_told(cast: Cast, visibility: str, told: bool) -> None:
    model = make.make_model(cast.closed, name="shown", visibility="public")
    Project.objects.filter(pk=cast.closed.pk).update(visibility=visibility)
    reader = calls_as(make.make_member(make.make_group()))

    shown = ask(reader, f"{MODELS}/get", name=model.qualified).json()["registered_model"]

    assert (tags_of(shown) == {"cesai.project": CANARY}) == told


def test_the_project_of_ones_own_is_told_and_so_to_those_who_see_all(
    cast: Cast, coordinator: Caller
) -> None:
    model = make.make_model(cast.closed, name="shown")

    for caller, name in ((cast.insider, "shown"), (coordinator, model.qualified)):
        shown = ask(caller, f"{MODELS}/get", name=name).json()["registered_model"]
        assert tags_of(shown) == {"cesai.project": CANARY}


def test_the_public_copy_of_private_weights_tells_neither_where_nor_of_which_run(
    reader: Caller, cast: Cast
) -> None:
    copy = put_copy(cast)

    shown = get_version(reader, copy.model.qualified).json()["model_version"]

    assert (shown["source"], shown["run_id"], shown.get("tags")) == ("", "", None)
    uri = ask(reader, f"{VERSIONS}/get-download-uri", name=copy.model.qualified, version=1)
    assert uri.json() == {"artifact_uri": ""}


@pytest.mark.parametrize(
    "text",
    [
        f"source_path = 'models:/{BARE}/1'",
        "source_path LIKE 'models:%'",
        "source_path ILIKE '%SECRET%'",
        f"source_path LIKE '%{CANARY}%'",
        f"run_id = '{CANARY}'",
        f"run_id IN ('{CANARY}')",
        f"run_id LIKE '{CANARY[:3]}%'",
    ],
)
def test_no_search_finds_a_public_copy_by_its_private_original(
    reader: Caller, cast: Cast, text: str
) -> None:
    put_copy(cast)

    assert versions_found(reader, text) == []
    assert ("copy", "1") in versions_found(cast.insider, text)


@pytest.mark.parametrize(
    "text",
    [
        "source_path = ''",
        f"source_path != 'models:/{BARE}/1'",
        "run_id = ''",
        f"run_id != '{CANARY}'",
        f"run_id NOT IN ('{CANARY}')",
    ],
)
def test_a_search_compares_what_is_told_of_a_copy(reader: Caller, cast: Cast, text: str) -> None:
    copy = put_copy(cast)

    assert (copy.model.qualified, "1") in versions_found(reader, text)


def test_a_copy_of_what_one_sees_is_told_in_full(reader: Caller, cast: Cast) -> None:
    copy = put_copy(cast)
    Model.objects.filter(name=BARE).update(visibility="public")

    shown = get_version(reader, copy.model.qualified).json()["model_version"]

    assert (shown["source"], shown["run_id"]) == (f"models:/{BARE}/1", CANARY)


def test_what_is_public_later_is_hidden_until_that_day(reader: Caller, cast: Cast) -> None:
    put_under_embargo(cast)
    before = names_found(reader)

    Model.objects.filter(name=BARE).update(embargo_until=make.today())

    assert set(names_found(reader)) - set(before) == {cast.hidden}


def test_until_that_day_its_own_group_sees_it(cast: Cast) -> None:
    put_under_embargo(cast)

    assert BARE in names_found(cast.insider)


def test_what_is_withdrawn_is_as_absent_as_what_is_hidden(reader: Caller, cast: Cast) -> None:
    secret = make_secret(cast)
    hidden = ask(reader, f"{MODELS}/get", name=cast.hidden)
    Model.objects.filter(pk=secret.pk).update(visibility="public", state="withdrawn")

    withdrawn = ask(reader, f"{MODELS}/get", name=cast.hidden)

    assert hidden.content == withdrawn.content


def test_a_token_of_a_page_holds_only_what_was_shown(cast: Cast) -> None:
    for n in range(3):
        make_secret(cast, name=f"{n} {CANARY}", hub_id="")
    reader = calls_as(make.make_user("loner"))

    for order in ORDERS[MODELS]:
        answer = ask(reader, f"{MODELS}/search", max_results=1, order_by=order)
        [shown] = answer.json()["registered_models"]
        rest = names_found(
            reader, page_token=answer.json()["next_page_token"], max_results=1, order_by=order
        )
        assert {shown["name"], *rest} == {cast.old.qualified, cast.young.qualified}


def test_a_page_that_is_full_of_what_is_public_has_no_next(cast: Cast) -> None:
    make_secret(cast)
    reader = calls_as(make.make_user("loner"))

    for kind in (MODELS, VERSIONS):
        assert "next_page_token" not in ask(reader, f"{kind}/search", max_results=2).json()


def test_an_insiders_token_of_a_page_shows_a_reader_nothing_more(cast: Cast) -> None:
    make_secret(cast)
    reader = calls_as(make.make_user("loner"))
    page = ask(cast.insider, f"{MODELS}/search", max_results=1, order_by="timestamp").json()

    found = names_found(reader, page_token=page["next_page_token"], order_by="timestamp")

    assert set(found) <= {cast.old.qualified, cast.young.qualified}
