"""What is private leaves no trace: no name, id, count or hash of it stands in any answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from projects.models import Group, Project
from projects.roles import Role
from registry.models import Dataset, Derivation, Figure, Fingerprint, Model, ModelMove, Version
from registry.models.sources import COPIED
from tests import make
from tests.conftest import Caller, calls_as, headers_of, new_client
from tests.world import CANARY

QUESTIONS = (
    "",
    "lineage/",
    "lineage/?direction=descendants",
    "lineage/?depth=3",
    "lineage/?direction=descendants&depth=3",
    "affected/",
    "compute/",
    "ai-act/",
    "licence-flow/",
    "card/",
)
LISTS = ("models/", "versions/", "figures/", "derivations/", "datasets/", "events/")
SECRET_FACTS: dict[str, Any] = {
    "architecture": CANARY,
    "licence": CANARY,
    "description": CANARY,
    "intended_users": CANARY,
    "hub_id": f"{CANARY}/{CANARY}",
    "contact": f"{CANARY}@example.org",
    "datasets": [CANARY],
    "parameters": 271_828_182_845,
    "tokens": 314_159_265_358,
    "card": f"# {CANARY}",
    "card_meta": {"license": CANARY},
    "tags": {CANARY: CANARY},
}
SECRET_NUMBERS = ("271828182845", "314159265358", "161803398")


class Cast(NamedTuple):
    """Public models of one group in a line (`young` from `old`), and a group with secrets."""

    old: Model
    young: Model
    data: Dataset
    secret_group: Group


@pytest.fixture
def cast(db: None) -> Cast:
    group = make.make_group(name="Open")
    project = make.make_project(group)
    old = make.make_model(project, name="Old", visibility="public", parameters=7, tokens=70)
    young = make.make_model(project, name="Young", visibility="public", licence="MIT")
    for model in (old, young):
        make.make_fingerprint(make.make_version(model))
    data = make.make_dataset(group, name="Open data", visibility="public")
    return Cast(old, young, data, make.make_group(name="Closed"))


@pytest.fixture(params=["of a partner", "of no partner"])
def reader(request: pytest.FixtureRequest, cast: Cast) -> Caller:
    """Two who belong neither to the open group nor to the one with secrets."""
    if request.param == "of no partner":
        return calls_as(make.make_user("loner"))
    return calls_as(make.make_member(make.make_group(name="Third"), Role.LEAD, "third"))


def make_secret(cast: Cast, **facts: Any) -> Model:
    """A private model with a canary in every field that could carry one."""
    project = make.make_project(cast.secret_group, title=CANARY, abstract=CANARY)
    values = {**SECRET_FACTS, "name": f"Secret {CANARY} {make.key()[:8]}", **facts}
    tags = values.pop("tags")
    model = make.make_model(project, **values)
    Model.objects.filter(pk=model.pk).update(tags=tags)
    version = make.make_version(
        model, source=f"s3://{CANARY}", run_id=CANARY, run_link=CANARY, description=CANARY,
        tags={CANARY: CANARY},
    )  # fmt: skip
    make.make_fingerprint(version, make.make_tensors(3, shape=(7, 7)))
    Figure.objects.create(
        model=model, version=version, kind="energy_kwh", stage="actual", value=161_803_398,
        as_of=make.today(), note=CANARY,
    )  # fmt: skip
    ModelMove.objects.create(
        model=model, at=make.now(), from_state="planned", to_state="training", reason=CANARY
    )
    return model


def put_parent(cast: Cast) -> None:
    make.make_edge(cast.young, make_secret(cast), note=CANARY)


def put_child(cast: Cast) -> None:
    make.make_edge(make_secret(cast), cast.old, note=CANARY)


def put_grandparent(cast: Cast) -> None:
    """Above what is public already."""
    make.make_edge(cast.young, cast.old)
    make.make_edge(cast.old, make_secret(cast), note=CANARY)


def put_between(cast: Cast) -> None:
    """The middle of the line: a public model from a private one from a public one."""
    secret = make_secret(cast)
    make.make_edge(cast.young, secret, note=CANARY)
    make.make_edge(secret, cast.old, note=CANARY)


def put_datasets(cast: Cast) -> None:
    """A private dataset above and below a public one."""
    values = {"licence": CANARY, "description": CANARY, "homepage": f"https://{CANARY}.org"}
    above = make.make_dataset(cast.secret_group, name=f"{CANARY} above", **values)
    cast.data.parents.create(parent=above)
    make.make_dataset(cast.secret_group, cast.data, name=f"{CANARY} below", **values)


def put_under_embargo(cast: Cast) -> None:
    """What will be public, but is not yet."""
    later = make.today().replace(year=make.today().year + 1, day=1)
    secret = make_secret(cast, visibility="public", embargo_until=later)
    make.make_edge(cast.young, secret, note=CANARY)
    make.make_edge(secret, cast.old, note=CANARY)


def put_successor(cast: Cast) -> None:
    """A public model that leads on to a private one."""
    Model.objects.filter(pk=cast.old.pk).update(successor=make_secret(cast))


INSERTS = [
    put_parent, put_child, put_between, put_datasets, put_under_embargo, put_successor,
]  # fmt: skip


def private_words() -> Iterator[str]:
    """Everything that only the group with secrets may read."""
    yield CANARY
    yield from SECRET_NUMBERS
    secret = Model.objects.filter(group__name="Closed")
    versions = Version.objects.filter(model__in=secret)
    yield from (str(model.pk) for model in secret)
    yield from (str(model.project_id) for model in secret)
    yield from (str(version.pk) for version in versions)
    yield from (str(row.pk) for row in Figure.objects.filter(model__in=secret))
    for row in Fingerprint.objects.filter(version__in=versions):
        yield row.architecture
        yield from map(str, row.structure)
    ends = Derivation.objects.filter(child__in=versions) | Derivation.objects.filter(
        parent__in=versions
    )
    yield from (str(edge.pk) for edge in ends)
    yield from (str(row.pk) for row in Dataset.objects.filter(group__name="Closed"))
    group = Group.objects.get(name="Closed")
    yield f"{group.partner.slug}.{group.slug}"


def paths_of(cast: Cast) -> list[str]:
    """Every address that tells of the public models."""
    found = [f"models/{m.pk}/{q}" for m in (cast.old, cast.young) for q in QUESTIONS]
    found += [
        f"models/{cast.old.pk}/common-ancestors/?with={cast.young.pk}",
        f"models/{cast.young.pk}/common-ancestors/?with={cast.old.pk}",
        f"datasets/{cast.data.pk}/",
    ]
    for model in (cast.old, cast.young):
        version = model.newest_version()
        found += [
            f"versions/{version.pk}/",
            f"versions/{version.pk}/fingerprint/",
            f"derivations/?child={version.pk}",
            f"derivations/?parent={version.pk}",
            f"models/?base={model.pk}",
            f"versions/?model={model.pk}",
            f"figures/?model={model.pk}",
            f"events/?object_id={model.pk}",
        ]
    return [*found, *LISTS, f"models/?q={CANARY}"]


def head(caller: Caller, path: str) -> Any:
    return new_client().head(
        f"/api/v1/{path}", headers={"Authorization": f"Bearer {caller.token}"}
    )


def answers(caller: Caller, cast: Cast) -> dict[str, tuple[Any, ...]]:
    """What the caller gets at every address, with the headers, by GET and by HEAD."""
    found = {}
    for path in paths_of(cast):
        whole, only_head = caller.get(path), head(caller, path)
        found[path] = (
            whole.status_code,
            whole.content,
            headers_of(whole),
            only_head.status_code,
            headers_of(only_head),
        )
    return found


@pytest.mark.parametrize("insert", INSERTS, ids=lambda insert: insert.__name__)
def test_no_answer_changes_by_a_byte_when_something_private_is_added(
    reader: Caller, cast: Cast, insert: Any
) -> None:
    before = answers(reader, cast)

    insert(cast)

    assert answers(reader, cast) == before


def test_what_lies_above_a_public_ancestor_changes_no_answer(reader: Caller, cast: Cast) -> None:
    make.make_edge(cast.young, cast.old)
    before = answers(reader, cast)

    make.make_edge(cast.old, make_secret(cast), note=CANARY)

    assert answers(reader, cast) == before


@pytest.mark.parametrize("insert", [*INSERTS, put_grandparent], ids=lambda i: i.__name__)
def test_no_private_word_stands_in_any_answer(reader: Caller, cast: Cast, insert: Any) -> None:
    insert(cast)

    words = set(private_words())
    for path, (status, content, *heads) in answers(reader, cast).items():
        assert status == 200, path
        shown = content.decode() + str(heads)
        shown = shown.replace(f"q={CANARY}", "")
        assert [word for word in words if word in shown] == [], path


def test_a_public_model_behind_a_private_one_is_no_ancestor(reader: Caller, cast: Cast) -> None:
    put_between(cast)

    up = reader.get(f"models/{cast.young.pk}/lineage/").json()
    down = reader.get(f"models/{cast.old.pk}/lineage/?direction=descendants").json()
    affected = reader.get(f"models/{cast.old.pk}/affected/").json()

    assert [(graph["nodes"], graph["edges"]) for graph in (up, down, affected)] == [([], [])] * 3
    assert not any(graph["truncated"] for graph in (up, down, affected))


def test_two_models_of_a_private_one_have_no_common_ancestor(reader: Caller, cast: Cast) -> None:
    secret = make_secret(cast)
    make.make_edge(cast.young, secret)
    make.make_edge(cast.old, secret)

    path = f"models/{cast.old.pk}/common-ancestors/?with={cast.young.pk}"
    assert reader.get(path).json() == []


def test_its_own_group_sees_the_private_link(cast: Cast) -> None:
    insider = calls_as(make.make_member(cast.secret_group))
    put_between(cast)

    up = insider.get(f"models/{cast.young.pk}/lineage/").json()

    assert [node["depth"] for node in up["nodes"]] == [1, 2]


@pytest.mark.parametrize(
    "query",
    [
        "models/?base={model}",
        "models/?q={canary}",
        "models/?name={canary}",
        "models/?name__icontains={canary}",
        "models/?licence={canary}",
        "models/?hub_id={canary}/{canary}",
        "models/?group={group}",
        "models/?parameters_min=271828182845",
        "models/?project={project}",
        "versions/?model={model}",
        "figures/?model={model}",
        "figures/?version={version}",
        "derivations/?parent={version}",
        "derivations/?child={version}",
        "datasets/?name={canary} above",
        "datasets/?name__icontains={canary}",
        "datasets/?licence={canary}",
        "datasets/?group={group}",
        "events/?object_id={model}",
        "events/?project={project}",
    ],
)
def test_a_filter_by_what_is_private_finds_nothing(reader: Caller, cast: Cast, query: str) -> None:
    put_between(cast)
    put_datasets(cast)
    secret = Model.objects.get(group=cast.secret_group)
    words = {
        "canary": CANARY,
        "model": secret.pk,
        "version": secret.newest_version().pk,
        "group": secret.group_id,
        "project": secret.project_id,
    }

    found = reader.get(query.format(**words))

    absent = reader.get(query.format(**{name: make.key() for name in words}))
    assert (found.status_code, found.json()["results"]) == (200, [])
    assert (found.content, headers_of(found)) == (absent.content, headers_of(absent))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_private_model_answers_every_question_like_none_at_all(
    reader: Caller, cast: Cast, question: str
) -> None:
    secret = make_secret(cast)

    hidden = reader.get(f"models/{secret.pk}/{question}")

    absent = reader.get(f"models/{make.key()}/{question}")
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert headers_of(hidden) == headers_of(absent)
    assert headers_of(head(reader, f"models/{secret.pk}/{question}")) == headers_of(hidden)


def test_nothing_is_asked_about_a_public_model_together_with_a_private_one(
    reader: Caller, cast: Cast
) -> None:
    secret = make_secret(cast)
    path = f"models/{cast.old.pk}/common-ancestors/?with="

    hidden = reader.get(f"{path}{secret.pk}")

    assert (hidden.status_code, hidden.content) == (404, reader.get(f"{path}{make.key()}").content)


def test_a_private_version_is_compared_with_nothing(reader: Caller, cast: Cast) -> None:
    secret = make_secret(cast).newest_version()
    path = f"versions/{cast.old.newest_version().pk}/compare/?with="

    hidden = reader.get(f"{path}{secret.pk}")

    assert (hidden.status_code, hidden.content) == (404, reader.get(f"{path}{make.key()}").content)


def test_a_private_base_that_was_named_by_a_card_is_not_in_the_card_of_others(
    reader: Caller, cast: Cast
) -> None:
    secret = make_secret(cast)
    make.make_edge(cast.young, secret)
    name = secret.qualified
    Derivation.objects.filter(parent__model=secret).update(literal=name)
    meta = {"base_model": name, "base_model_relation": "finetune"}
    Model.objects.filter(pk=cast.young.pk).update(card_meta=meta)

    assert CANARY not in reader.get(f"models/{cast.young.pk}/card/").content.decode()


def test_a_copy_of_something_private_does_not_say_where_it_lies(
    reader: Caller, cast: Cast
) -> None:
    secret = make_secret(cast)
    copy = make.make_version(cast.young, source=f"models:/{secret.name}/1")
    make.make_edge(copy, secret, note=COPIED)

    shown = reader.get(f"versions/{copy.pk}/").json()

    assert shown["source"] == ""
    assert CANARY not in reader.get(f"versions/?model={cast.young.pk}").content.decode()


# Where the owner agreed that descendants may speak of a non-public ancestor.


def test_with_consent_a_private_ancestor_is_told_of_without_its_name(
    reader: Caller, cast: Cast
) -> None:
    make.make_edge(cast.young, make_secret(cast, shows_as_ancestor=True))

    up = reader.get(f"models/{cast.young.pk}/lineage/").json()

    assert up["nodes"] == [
        {
            "id": "hidden:1", "model": "", "name": "non-public ancestor", "number": None,
            "state": "", "owner": "", "licence": "", "depth": 1, "is_withdrawn": False,
        }
    ]  # fmt: skip
    assert [(edge["child"], edge["parent"]) for edge in up["edges"]] == [(up["root"], "hidden:1")]


def test_with_consent_what_is_public_behind_it_is_an_ancestor(reader: Caller, cast: Cast) -> None:
    secret = make_secret(cast, shows_as_ancestor=True)
    make.make_edge(cast.young, secret)
    make.make_edge(secret, cast.old)

    up = reader.get(f"models/{cast.young.pk}/lineage/").json()

    assert [node["name"] for node in up["nodes"]] == ["non-public ancestor", "Old"]


def test_with_consent_still_nothing_private_stands_in_any_answer(
    reader: Caller, cast: Cast
) -> None:
    secret = make_secret(cast, shows_as_ancestor=True)
    make.make_edge(cast.young, secret, note=CANARY)
    make.make_edge(secret, cast.old, note=CANARY)

    words = set(private_words())
    for path, (status, content, *heads) in answers(reader, cast).items():
        assert status == 200, path
        shown = (content.decode() + str(heads)).replace(f"q={CANARY}", "")
        assert [word for word in words if word in shown] == [], path


def test_consent_speaks_of_ancestors_only_and_not_of_descendants(
    reader: Caller, cast: Cast
) -> None:
    secret = make_secret(cast, shows_as_ancestor=True)
    make.make_edge(cast.young, secret)
    make.make_edge(secret, cast.old)

    down = reader.get(f"models/{cast.old.pk}/lineage/?direction=descendants").json()

    assert (down["nodes"], down["edges"]) == ([], [])


def test_two_different_hidden_ancestors_are_not_taken_for_one(reader: Caller, cast: Cast) -> None:
    project = make.make_project(cast.old.group)
    ours, theirs = (make.make_model(project, visibility="public") for _ in range(2))
    for child in (ours, theirs):
        secret = make_secret(cast, shows_as_ancestor=True)
        make.make_edge(child, secret)
        make.make_edge(secret, cast.old)

    found = reader.get(f"models/{ours.pk}/common-ancestors/?with={theirs.pk}").json()

    assert [(row["node"]["name"], row["distance"]) for row in found] == [("Old", 2)]


def test_what_lies_behind_different_hidden_ancestors_is_not_mixed_up(
    reader: Caller, cast: Cast
) -> None:
    project = make.make_project(cast.old.group)
    ours, theirs = (make.make_model(project, visibility="public") for _ in range(2))
    for child, base in ((ours, cast.old), (theirs, cast.young)):
        secret = make_secret(cast, shows_as_ancestor=True)
        make.make_edge(child, secret)
        make.make_edge(secret, base)

    assert reader.get(f"models/{ours.pk}/common-ancestors/?with={theirs.pk}").json() == []


# The log of a project is read by all its groups, also by those that may not see each model.


@pytest.fixture
def partaker(project: Project) -> Caller:
    """Somebody of another group that takes part in the project."""
    joined = make.make_group()
    make.join(project, joined)
    return calls_as(make.make_member(joined))


def test_the_log_of_a_project_does_not_name_a_private_parent(
    member: Caller, partaker: Caller, project: Project
) -> None:
    shared = make.make_model(project, visibility="project")
    secret = make.make_model(project, name=CANARY)

    body = {"child": str(shared.newest_version().pk), "model": str(secret.pk)}
    edge = member.post("derivations/", body).json()
    member.patch(f"derivations/{edge['id']}/", {"kind": "merge"})
    member.delete(f"derivations/{edge['id']}/")

    told = partaker.get("events/").content.decode()
    assert str(secret.newest_version().pk) not in told
    assert str(secret.pk) not in told


def test_the_log_of_a_project_does_not_name_the_private_original_of_a_copy(
    member: Caller, partaker: Caller, project: Project
) -> None:
    shared = make.make_model(project, visibility="project")
    secret = make.make_model(project, name=CANARY)

    body = {"model": str(shared.pk), "source": f"models:/{CANARY}/1"}
    member.post("versions/", {**body, "parents": [{"model": str(secret.pk)}]})

    assert CANARY not in partaker.get("events/").content.decode()


def test_the_log_of_a_project_does_not_name_a_private_successor(
    member: Caller, partaker: Caller, project: Project
) -> None:
    shared = make.make_model(project, visibility="project")
    secret = make.make_model(project, name=CANARY)

    member.post(f"models/{shared.pk}/successor/", {"successor": str(secret.pk)})

    assert str(secret.pk) not in partaker.get("events/").content.decode()


def test_the_log_of_a_project_does_not_name_the_private_end_of_a_merge(
    member: Caller, partaker: Caller, project: Project
) -> None:
    shared = make.make_model(project, visibility="project")
    secret = make.make_model(project, name=CANARY)

    member.post(f"models/{secret.pk}/merge/", {"into": str(shared.pk)})

    assert str(secret.pk) not in partaker.get("events/").content.decode()


def test_the_log_of_a_project_does_not_name_a_private_parent_of_a_dataset(
    member: Caller, partaker: Caller, project: Project
) -> None:
    shared = make.make_dataset(project.lead_group, visibility="project", project=project)
    secret = make.make_dataset(project.lead_group, name=CANARY)

    parents = [{"dataset": str(secret.pk)}]
    member.patch(f"datasets/{shared.pk}/", {"parents": parents})

    assert str(secret.pk) not in partaker.get("events/").content.decode()
