"""Tags that are no words here: base models, relations, projects and allocations."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Group, Project
from registry.models import Derivation, Model, Version
from registry.models.sources import COPIED
from registry.vocabulary import ParentKind
from tests import make
from tests.conftest import Caller, calls_as
from tests.mlflow.calls import (
    MODELS,
    VERSIONS,
    add_model,
    add_version,
    as_list,
    ask,
    code_of,
    get_model,
    get_version,
    names_found,
    tags_of,
    tell,
    versions_found,
)

BASE_TAGS = ("cesai.base_model", "base_model")
REFUSED = (400, "INVALID_PARAMETER_VALUE")


@pytest.fixture
def base(project: Project) -> Version:
    """Weights of our own model `base`."""
    return make.make_version(make.make_model(project, name="base"))


@pytest.fixture
def iris(member: Caller, project: Project) -> Version:
    """Weights of our own model `iris`."""
    return make.make_version(make.make_model(project, name="iris"))


@pytest.fixture
def open_base(db: None) -> Version:
    """Weights of another group's public model."""
    project = make.make_project(make.make_group())
    return make.make_version(make.make_model(project, name="open", visibility="public"))


def _set(caller: Caller, key: str, value: str, kind: str = VERSIONS, **more: str) -> Any:
    where = {"version": "1"} if kind == VERSIONS else {}
    return tell(
        caller, f"{kind}/set-tag", **{"name": "iris", **where, **more}, key=key, value=value
    )


def _drop(caller: Caller, key: str, kind: str = VERSIONS) -> Any:
    where = {"version": "1"} if kind == VERSIONS else {}
    return tell(caller, f"{kind}/delete-tag", name="iris", **where, key=key)


def _told(caller: Caller, name: str = "iris") -> dict[str, str]:
    """The tags of the first version as the caller is told them."""
    return tags_of(get_version(caller, name).json()["model_version"])


def _edges(caller: Caller, version: Version) -> list[tuple[str | None, str, str]]:
    """Parent, literal and kind of the derivations as the portal tells them."""
    rows = caller.get(f"derivations/?child={version.pk}").json()["results"]
    return [(row["parent"], row["literal"], row["kind"]) for row in rows]


# A base model -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", BASE_TAGS)
def test_a_base_model_becomes_a_derivation(
    member: Caller, iris: Version, base: Version, key: str
) -> None:
    _set(member, key, "base")

    assert _edges(member, iris) == [(str(base.pk), "base", "unknown")]


@pytest.mark.parametrize("key", BASE_TAGS)
def test_a_base_model_is_no_stored_word(
    member: Caller, iris: Version, base: Version, key: str
) -> None:
    _set(member, key, "base")

    assert Version.objects.get(pk=iris.pk).tags == {}
    assert _told(member) == {"cesai.base_model": "base", "cesai.relation": "unknown"}


def test_a_base_model_that_is_no_entry_is_kept_as_its_name(member: Caller, iris: Version) -> None:
    _set(member, "base_model", "mistralai/Mistral-7B-v0.1")

    assert _edges(member, iris) == [(None, "mistralai/Mistral-7B-v0.1", "unknown")]


def test_another_groups_base_model_is_found_by_its_qualified_name(
    member: Caller, iris: Version, open_base: Version
) -> None:
    _set(member, "cesai.base_model", open_base.model.qualified)

    assert _edges(member, iris)[0][0] == str(open_base.pk)


def test_a_base_model_is_found_by_its_name_on_the_hub(
    member: Caller, iris: Version, open_base: Version
) -> None:
    Model.objects.filter(pk=open_base.model_id).update(hub_id="group/open-7b")

    _set(member, "base_model", "group/open-7b")

    assert _edges(member, iris)[0][0] == str(open_base.pk)


@pytest.mark.parametrize("address", ["models:/base/1", "models:/base@best"])
def test_a_base_model_is_found_by_the_address_of_its_version(
    member: Caller, iris: Version, base: Version, address: str
) -> None:
    tell(member, f"{MODELS}/alias", name="base", alias="best", version="1")
    newer = make.make_version(base.model)

    _set(member, "base_model", address)

    [(parent, _literal, _kind)] = _edges(member, iris)
    assert parent == str(base.pk) != str(newer.pk)


def test_a_base_model_said_twice_is_one_derivation(
    member: Caller, iris: Version, base: Version
) -> None:
    for key in BASE_TAGS:
        _set(member, key, "base")

    assert len(_edges(member, iris)) == 1


def test_two_base_models_are_told_together(member: Caller, iris: Version, base: Version) -> None:
    _set(member, "base_model", "base")
    _set(member, "base_model", "their/model")

    assert _told(member)["cesai.base_model"] == "base, their/model"


@pytest.mark.parametrize("value", ["", " ", "x" * 301])
def test_a_base_model_that_is_no_name_is_refused(
    member: Caller, iris: Version, value: str
) -> None:
    refused = _set(member, "cesai.base_model", value)

    assert code_of(refused) == REFUSED
    assert "its name on the Hub" in refused.json()["message"]
    assert not Derivation.objects.exists()


def test_a_base_model_of_a_model_is_that_of_its_plan(member: Caller, base: Version) -> None:
    add_model(member)

    _set(member, "cesai.base_model", "base", MODELS)

    planned = Version.objects.get(model__name="iris")
    assert _edges(member, planned)[0][0] == str(base.pk)


def test_what_was_said_of_the_plan_is_told_of_the_first_weights(
    member: Caller, base: Version
) -> None:
    add_model(member, tags=as_list({"base_model": "base", "cesai.relation": "finetune"}))

    add_version(member)

    assert _told(member) == {"cesai.base_model": "base", "cesai.relation": "finetune"}


def test_a_base_model_of_a_model_is_that_of_its_newest_weights(
    member: Caller, iris: Version, base: Version
) -> None:
    newest = make.make_version(iris.model)

    _set(member, "base_model", "base", MODELS)

    assert (_edges(member, iris), len(_edges(member, newest))) == ([], 1)


@pytest.mark.parametrize("key", BASE_TAGS)
def test_a_base_model_of_new_weights_becomes_a_derivation(
    member: Caller, base: Version, key: str
) -> None:
    add_model(member)

    made = add_version(member, tags=as_list({key: "base", "cesai.relation": "merge", "k": "v"}))

    version = Version.objects.get(model__name="iris")
    assert _edges(member, version) == [(str(base.pk), "base", "merge")]
    shown = tags_of(made.json()["model_version"])
    assert shown == {"k": "v", "cesai.base_model": "base", "cesai.relation": "merge"}


def test_the_bare_name_of_a_base_model_is_one_of_the_models_group(base: Version) -> None:
    other = make.make_group()
    user = make.make_member(other)
    base.model.group.memberships.create(user=user, role="member")
    make.make_model(make.make_project(other), name="base")
    foreign = make.make_version(make.make_model(base.model.project, name="iris"))

    tell(
        calls_as(user),
        f"{VERSIONS}/set-tag",
        name=foreign.model.qualified,
        version="1",
        key="base_model",
        value="base",
    )

    assert Derivation.objects.get(child=foreign).parent == base


def test_a_tag_that_is_deleted_takes_the_derivation_back(
    member: Caller, iris: Version, base: Version
) -> None:
    _set(member, "base_model", "base")

    _drop(member, "cesai.base_model")

    assert (_edges(member, iris), _told(member)) == ([], {})


def test_what_one_may_not_see_is_not_taken_back(
    member: Caller, iris: Version, open_base: Version
) -> None:
    make.make_edge(iris, open_base)
    Model.objects.filter(pk=open_base.model_id).update(visibility="group")

    _drop(member, "base_model")

    assert Derivation.objects.filter(child=iris, parent=open_base).exists()


def test_a_derivation_of_the_portal_is_told_as_a_tag(
    member: Caller, iris: Version, open_base: Version
) -> None:
    make.make_edge(iris, open_base, kind="quantized")

    assert _told(member) == {
        "cesai.base_model": open_base.model.qualified,
        "cesai.relation": "quantized",
    }


def test_a_renamed_base_model_is_told_by_its_new_name(
    member: Caller, iris: Version, base: Version
) -> None:
    make.make_edge(iris, base)

    tell(member, f"{MODELS}/rename", name="base", new_name="other")

    assert _told(member)["cesai.base_model"] == "other"


def test_a_circle_is_refused_and_nothing_written(
    member: Caller, iris: Version, base: Version
) -> None:
    make.make_edge(base, iris)

    refused = _set(member, "base_model", "base")

    assert code_of(refused) == REFUSED
    assert "circle" in refused.json()["message"]
    assert _edges(member, iris) == []


def test_a_version_is_not_its_own_base(member: Caller, iris: Version) -> None:
    assert code_of(_set(member, "base_model", "iris")) == REFUSED
    assert not Derivation.objects.exists()


def test_new_weights_that_would_close_a_circle_are_not_registered(
    member: Caller, base: Version
) -> None:
    add_model(member)
    make.make_edge(base, Version.objects.get(model__name="iris"))

    refused = add_version(member, tags=as_list({"base_model": "base"}))

    assert code_of(refused) == REFUSED
    iris = Model.objects.get(name="iris")
    assert (iris.state, iris.versions.get().number) == ("planned", None)
    assert Derivation.objects.count() == 1


# A relation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(ParentKind))
def test_a_relation_is_the_kind_of_the_derivation(
    member: Caller, iris: Version, base: Version, kind: str
) -> None:
    _set(member, "base_model", "base")

    _set(member, "cesai.relation", kind)

    assert _told(member)["cesai.relation"] == kind
    assert [edge[2] for edge in _edges(member, iris)] == [kind]


@pytest.mark.parametrize("kind", ["fine-tune", "FINETUNE", "x"])
def test_an_unknown_relation_is_refused_with_those_that_are_known(
    member: Caller, iris: Version, base: Version, kind: str
) -> None:
    _set(member, "base_model", "base")

    refused = _set(member, "cesai.relation", kind)

    assert code_of(refused) == REFUSED
    assert all(known in refused.json()["message"] for known in ParentKind)
    assert _told(member)["cesai.relation"] == "unknown"


def test_a_relation_to_nothing_is_refused(member: Caller, iris: Version) -> None:
    refused = _set(member, "cesai.relation", "finetune")

    assert code_of(refused) == REFUSED
    assert "cesai.base_model first" in refused.json()["message"]


def test_the_relation_of_what_one_may_not_see_stays(
    member: Caller, iris: Version, open_base: Version
) -> None:
    make.make_edge(iris, open_base, kind="adapter")
    Model.objects.filter(pk=open_base.model_id).update(visibility="group")

    refused = _set(member, "cesai.relation", "finetune")

    assert code_of(refused) == REFUSED
    assert Derivation.objects.get().kind == "adapter"


def test_several_relations_are_told_as_a_merge(
    member: Caller, iris: Version, base: Version
) -> None:
    make.make_edge(iris, base, kind="finetune")
    make.make_edge(iris, "their/model", kind="distilled")

    assert _told(member)["cesai.relation"] == "merge"


@pytest.mark.parametrize(
    "tags",
    [
        {"base_model": "base", "cesai.relation": "fine-tune"},
        {"cesai.relation": "finetune"},
        {"base_model": " "},
        {"base_model": "x" * 301},
        {"cesai.project": "ours"},
        {"cesai.allocation": "unknown"},
        {"base_model": "base", "cesai.base_model": "models:/base/1"},
    ],
)
def test_new_weights_with_a_tag_that_is_refused_are_not_registered(
    member: Caller, base: Version, tags: dict[str, str]
) -> None:
    add_model(member)

    refused = add_version(member, tags=as_list(tags))

    assert code_of(refused) == REFUSED
    assert Model.objects.get(name="iris").versions.get().number is None


@pytest.mark.parametrize(
    "tags",
    [
        {"base_model": "base", "cesai.relation": "fine-tune"},
        {"cesai.relation": "finetune"},
        {"base_model": " "},
        {"cesai.project": "unknown"},
        {"cesai.allocation": "unknown"},
    ],
)
def test_a_new_model_with_a_tag_that_is_refused_is_not_registered(
    member: Caller, base: Version, tags: dict[str, str]
) -> None:
    assert code_of(add_model(member, tags=as_list(tags))) == REFUSED
    assert not Model.objects.filter(name="iris").exists()


@pytest.mark.parametrize("order", [1, -1])
def test_a_new_model_may_be_told_its_tags_in_any_order(
    member: Caller, base: Version, order: int
) -> None:
    tags = {"base_model": "base", "cesai.relation": "adapter", "k": "v"}

    add_model(member, tags=as_list(tags)[::order])

    assert Derivation.objects.get().kind == "adapter"
    assert Model.objects.get(name="iris").tags == {"k": "v"}


# A project ----------------------------------------------------------------------------------


def test_a_project_is_the_models_project(member: Caller, project: Project) -> None:
    add_model(member)

    _set(member, "cesai.project", "ours", MODELS)

    model = Model.objects.get()
    assert (model.project, model.tags) == (project, {})
    assert tags_of(get_model(member).json()["registered_model"]) == {"cesai.project": "ours"}


def test_a_new_model_may_name_its_project(member: Caller, project: Project) -> None:
    add_model(member, tags=as_list({"cesai.project": "ours"}))

    assert Model.objects.get().project == project


def test_the_project_of_a_model_is_told_as_a_tag(member: Caller, iris: Version) -> None:
    told = tags_of(get_model(member).json()["registered_model"])

    assert told == {"cesai.project": "ours"}


def test_a_tag_that_is_deleted_takes_the_model_out_of_its_project(
    member: Caller, iris: Version
) -> None:
    _drop(member, "cesai.project", MODELS)

    assert Model.objects.get().project is None


def test_an_unknown_project_is_refused(member: Caller, iris: Version) -> None:
    refused = _set(member, "cesai.project", "unknown", MODELS)

    assert code_of(refused) == REFUSED
    assert "“unknown” is no project of yours" in refused.json()["message"]


def test_a_hidden_project_is_refused_like_an_unknown_one(member: Caller, iris: Version) -> None:
    make.make_project(make.make_group(), slug="hidden1")

    hidden = _set(member, "cesai.project", "hidden1", MODELS)

    unknown = _set(member, "cesai.project", "unknown", MODELS)
    assert hidden.content == unknown.content.replace(b"unknown", b"hidden1")


def test_a_project_that_one_merely_sees_is_refused(member: Caller, iris: Version) -> None:
    make.make_project(make.make_group(), slug="public", visibility="public")

    assert code_of(_set(member, "cesai.project", "public", MODELS)) == REFUSED
    assert Model.objects.get().project == iris.model.project


def test_a_project_belongs_to_a_model_and_not_to_a_version(member: Caller, iris: Version) -> None:
    refused = _set(member, "cesai.project", "ours")

    assert code_of(refused) == REFUSED
    assert "set cesai.project on the model" in refused.json()["message"]


# An allocation --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MODELS, VERSIONS])
def test_an_allocation_that_one_sees_is_kept(
    member: Caller, iris: Version, project: Project, kind: str
) -> None:
    key = str(make.make_allocation(project).pk)

    assert _set(member, "cesai.allocation", key, kind).status_code == 200

    model = get_model(member).json()["registered_model"]
    told = tags_of(model) if kind == MODELS else _told(member)
    assert told["cesai.allocation"] == key


def test_new_weights_may_name_their_allocation(member: Caller, project: Project) -> None:
    add_model(member)
    key = str(make.make_allocation(project).pk)

    add_version(member, tags=as_list({"cesai.allocation": key}))

    assert _told(member) == {"cesai.allocation": key}


@pytest.mark.parametrize("key", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_allocation_is_refused(member: Caller, iris: Version, key: str) -> None:
    refused = _set(member, "cesai.allocation", key)

    assert code_of(refused) == REFUSED
    assert "the id that its page shows" in refused.json()["message"]


def test_a_hidden_allocation_is_refused_like_an_unknown_one(member: Caller, iris: Version) -> None:
    hidden, unknown = str(make.make_allocation().pk), make.key()

    answers = [_set(member, "cesai.allocation", key) for key in (hidden, unknown)]

    assert answers[0].content == answers[1].content.replace(unknown.encode(), hidden.encode())


def test_the_tag_of_an_allocation_is_deleted_like_any(
    member: Caller, iris: Version, project: Project
) -> None:
    _set(member, "cesai.allocation", str(make.make_allocation(project).pk))

    _drop(member, "cesai.allocation")

    assert _told(member) == {}


# Copies -------------------------------------------------------------------------------------


def test_a_copy_derives_from_its_original(member: Caller, base: Version) -> None:
    add_model(member)

    add_version(member, source="models:/base/1")

    edge = Derivation.objects.get()
    assert (edge.parent, edge.kind, edge.note) == (base, "unknown", COPIED)
    assert (edge.evidence, edge.is_inferred) == ("measured", True)


def test_a_copy_has_its_originals_run_and_weights(member: Caller, base: Version) -> None:
    Version.objects.filter(pk=base.pk).update(run_id="run", source="s3://weights/x")
    add_model(member)

    made = add_version(member, source="models:/base/1").json()["model_version"]

    assert (made["source"], made["run_id"]) == ("models:/base/1", "run")
    uri = ask(member, f"{VERSIONS}/get-download-uri", name="iris", version=1).json()
    assert uri == {"artifact_uri": "s3://weights/x"}


def test_the_copy_of_a_copy_leads_to_the_first_weights(member: Caller, base: Version) -> None:
    Version.objects.filter(pk=base.pk).update(source="s3://weights/x")
    for name, source in (("a", "base"), ("b", "a"), ("iris", "b")):
        add_model(member, name)
        add_version(member, name, f"models:/{source}/1")

    uri = ask(member, f"{VERSIONS}/get-download-uri", name="iris", version=1).json()

    assert uri == {"artifact_uri": "s3://weights/x"}


@pytest.mark.parametrize(
    "tags",
    [
        {"cesai.relation": "finetune"},
        {"cesai.relation": "finetune", "base_model": "base"},
        {"cesai.relation": "finetune", "base_model": "models:/base/1"},
    ],
)
def test_a_copy_may_say_how_it_derives(
    member: Caller, base: Version, tags: dict[str, str]
) -> None:
    add_model(member)

    add_version(member, source="models:/base/1", tags=as_list(tags))

    edge = Derivation.objects.get()
    assert (edge.parent, edge.kind, edge.is_inferred, edge.note) == (
        base,
        "finetune",
        False,
        COPIED,
    )


def test_a_copy_may_have_another_base_too(member: Caller, base: Version) -> None:
    add_model(member)

    add_version(member, source="models:/base/1", tags=as_list({"base_model": "their/model"}))

    told = _told(member)["cesai.base_model"].split(", ")
    assert sorted(told) == ["base", "their/model"]


def test_the_same_copy_again_is_the_same_version(member: Caller, base: Version) -> None:
    add_model(member)

    first, again = (add_version(member, source="models:/base/1") for _ in range(2))

    assert first.content == again.content
    assert Derivation.objects.count() == 1


# Searching ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["tags.`cesai.base_model`", "tag.cesai.base_model"])
def test_what_derives_from_a_base_is_found_by_the_tag(
    member: Caller, iris: Version, base: Version, key: str
) -> None:
    _set(member, "base_model", "base")

    assert versions_found(member, f"{key} = 'base'") == [("iris", "1")]
    assert names_found(member, filter=f"{key} = 'base'") == ["iris"]


def test_it_is_found_by_the_name_that_is_told(
    member: Caller, iris: Version, base: Version, open_base: Version
) -> None:
    make.make_edge(iris, base)
    make.make_edge(iris, open_base)

    found = [
        versions_found(member, f"tags.`cesai.base_model` = '{name}'")
        for name in _told(member)["cesai.base_model"].split(", ")
    ]

    assert found == [[("iris", "1")]] * 2


def test_it_is_found_by_its_bases_qualified_name(
    member: Caller, iris: Version, base: Version
) -> None:
    _set(member, "base_model", "base")

    text = f"tags.`cesai.base_model` = '{base.model.qualified}'"
    assert versions_found(member, text) == [("iris", "1")]


def test_it_is_found_by_the_name_of_what_is_no_entry(member: Caller, iris: Version) -> None:
    _set(member, "base_model", "their/model")

    assert names_found(member, filter="tags.`cesai.base_model` = 'their/model'") == ["iris"]
    assert names_found(member, filter="tags.`cesai.base_model` = 'their/other'") == []


def test_a_model_of_many_versions_is_found_once(
    member: Caller, iris: Version, base: Version
) -> None:
    for version in (iris, make.make_version(iris.model), make.make_version(iris.model)):
        make.make_edge(version, base)

    assert names_found(member, filter="tags.`cesai.base_model` = 'base'") == ["iris"]


def test_pages_of_what_derives_from_a_base_are_whole(
    member: Caller, project: Project, base: Version
) -> None:
    for name in "cab":
        make.make_edge(make.make_model(project, name=name), base)

    found = names_found(member, filter="tags.`cesai.base_model` = 'base'", max_results=1)

    assert found == ["a", "b", "c"]


@pytest.mark.parametrize("sign", ["!=", "LIKE", "ILIKE"])
def test_a_base_is_compared_by_equality_only(member: Caller, group: Group, sign: str) -> None:
    text = f"tags.`cesai.base_model` {sign} 'x'"

    refused = ask(member, f"{VERSIONS}/search", filter=text)

    assert code_of(refused) == REFUSED
