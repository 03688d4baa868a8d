"""Which addresses of weights may be registered, and what addresses of models stand for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import AccessToken, Group, Project
from registry.mlflow.caller import Caller
from registry.mlflow.errors import MlflowError
from registry.mlflow.sources import Source, read_source
from registry.models import Model, Version
from registry.models.sources import COPIED, FARTHEST, download_uri
from tests import make
from tests.conftest import Caller as Person
from tests.mlflow.calls import MODELS, add_model, add_version, code_of, get_version, tell


@pytest.fixture
def caller(member: Person, group: Group) -> Caller:
    """The member as MLflow's routes know them."""
    return Caller(member.user, AccessToken.objects.get(user=member.user), group.pk)


@pytest.fixture
def base(project: Project) -> Version:
    """The first of two versions of our model `base`, with an alias and a stage."""
    model = make.make_model(project, name="base")
    first = make.make_version(model, run_id="run-1")
    second = make.make_version(model, run_id="run-2")
    first.aliases.create(model=model, name="best")
    Version.objects.filter(pk=first.pk).update(stage="Production")
    assert second.number == 2
    return first


def _refused(text: str, caller: Caller, run_id: str = "") -> tuple[str, str]:
    with pytest.raises(MlflowError) as refusal:
        read_source(text, run_id, caller)
    return refusal.value.code, str(refusal.value.message)


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/path", "S3://bucket/path", "gs://b/p", "abfss://c@a.dfs.core.windows.net/p",
        "wasbs://c@a/p", "r2://b/p", "s3a://b/p", "dbfs:/models/x", "hf://group/model",
        "oci://registry/image:tag", "hdfs://node:8020/p", "s3://bucket/p with blanks/é",
        "s3://bucket/a..b", "s3://bucket/path?versionId=1#x",
    ],
)  # fmt: skip
def test_the_address_of_a_store_is_kept_as_it_is(caller: Caller, text: str) -> None:
    assert read_source(text, "run", caller) == Source(text, "run", None)


@pytest.mark.parametrize(
    "text",
    [
        "/srv/models/x", "relative/x", "./x", "../x", "x", "file:///srv/x", "file:/srv/x",
        "FILE:///srv/x", "~/x", " s3://b/p", "\ts3://b/p", "é://b/p",
        "//host/share", "",
    ],
)  # fmt: skip
def test_a_file_of_ones_own_machine_is_refused(caller: Caller, text: str) -> None:
    code, message = _refused(text, caller)

    assert code == "INVALID_PARAMETER_VALUE"
    assert "s3://bucket/path" in message


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps", "HTTP", "Https"])
def test_the_address_of_a_page_is_refused(caller: Caller, scheme: str) -> None:
    code, message = _refused(f"{scheme}://example.org/model", caller)

    assert code == "INVALID_PARAMETER_VALUE"
    assert f"'{scheme.lower()}' scheme" in message


@pytest.mark.parametrize("scheme", ["s3", "gs", "wasb", "wasbs", "abfss", "r2", "s3a"])
@pytest.mark.parametrize("rest", ["bucket", "bucket/", "bucket//", "bucket/../x", "bucket/a/.."])
def test_a_bucket_without_a_path_in_it_is_refused(caller: Caller, scheme: str, rest: str) -> None:
    assert _refused(f"{scheme}://{rest}", caller)[0] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "text", ["s3://[bucket/path", "s3://[::1/x", "s3://a]b/x", "hf://\u2100/x", "x://[v1]/y"]
)
def test_what_only_looks_like_an_address_is_refused(caller: Caller, text: str) -> None:
    assert _refused(text, caller)[0] == "INVALID_PARAMETER_VALUE"


def test_a_run_must_be_the_one_that_is_named(caller: Caller) -> None:
    assert read_source("runs:/abc/model", "abc", caller).run_id == "abc"
    assert _refused("runs:/abc/model", caller, "other")[0] == "INVALID_PARAMETER_VALUE"
    assert _refused("runs:/abc/model", caller)[0] == "INVALID_PARAMETER_VALUE"


def test_artifacts_are_refused_since_none_are_kept(caller: Caller) -> None:
    assert "keeps no artifacts" in _refused("mlflow-artifacts:/1/2/model", caller)[1]


@pytest.mark.parametrize(("length", "taken"), [(2048, True), (2049, False)])
def test_an_address_has_an_end(caller: Caller, length: int, taken: bool) -> None:
    text = "s3://bucket/".ljust(length, "x")

    if taken:
        assert read_source(text, "", caller).text == text
    else:
        assert "2048" in _refused(text, caller)[1]


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    scheme=st.sampled_from(["s3:", "runs:", "models:", "models:/", "file:", "hf:", "x:", ""]),
    rest=st.text(max_size=40) | st.text("/@[]:.?#%\\ ab1", max_size=20),
)
def test_no_text_is_a_fault(caller: Caller, scheme: str, rest: str) -> None:
    text = (scheme + rest).replace("\0", "")

    try:
        outcome = read_source(text, "run", caller).text
    except MlflowError as error:
        outcome = error.code

    assert outcome in {text, "INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"}


# Addresses of models ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "number"),
    [
        ("/1", 1), ("/2", 2), ("/01", 1), ("@best", 1), ("/Production", 1), ("/production", 1),
        ("/None", 2), ("/latest", 2), ("/LATEST", 2),
    ],
)  # fmt: skip
def test_the_address_of_a_model_stands_for_a_version(
    caller: Caller, base: Version, which: str, number: int
) -> None:
    source = read_source(f"models:/base{which}", "", caller)

    assert source.original == Version.objects.get(number=number)
    assert (source.text, source.run_id) == (f"models:/base/{number}", f"run-{number}")


def test_it_may_name_a_model_by_its_qualified_name(caller: Caller, base: Version) -> None:
    name = base.model.qualified

    assert read_source(f"models:/{name}/1", "", caller).text == "models:/base/1"


def test_another_groups_model_is_written_qualified(caller: Caller, db: None) -> None:
    project = make.make_project(make.make_group())
    model = make.make_version(make.make_model(project, visibility="public")).model

    source = read_source(f"models:/{model.qualified}/1", "", caller)

    assert source.text == f"models:/{model.qualified}/1"


@pytest.mark.parametrize(
    "text",
    [
        "models:/base/3", "models:/base/0", "models:/base/9999999999", "models:/base@other",
        "models:/base/Staging", "models:/base/Archived", "models:/base/word", "models:/other/1",
        "models:/other@best", "models:/other/latest", "models:/a.b.c/1", "models:/base@latest",
        "models:/base/1\n", "models:/base/ 1", "models:/base/١٢",
    ],
)  # fmt: skip
def test_the_address_of_nothing_is_not_there(caller: Caller, base: Version, text: str) -> None:
    assert _refused(text, caller)[0] == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    "text",
    [
        "models:/base", "models:/", "models://base/1", "models:/base/1/x", "models:base/1",
        "models:/base@", "models:/base@a b", "models:/base/1@best",
        "models:/m-123", "MODELS:/base/1", "Models:/base/1", "models:",
    ],
)  # fmt: skip
def test_an_address_that_names_no_version_is_refused(
    caller: Caller, base: Version, text: str
) -> None:
    assert _refused(text, caller)[0] == "INVALID_PARAMETER_VALUE"


def test_a_planned_version_is_no_original(caller: Caller, project: Project) -> None:
    make.make_model(project, name="plan")

    for which in ("/latest", "/None", "/1"):
        assert _refused(f"models:/plan{which}", caller)[0] == "RESOURCE_DOES_NOT_EXIST"


def test_withdrawn_weights_are_no_original(caller: Caller, base: Version) -> None:
    Version.objects.update(withdrawn_at=make.now())

    for which in ("/1", "@best", "/latest", "/Production"):
        assert _refused(f"models:/base{which}", caller)[0] == "RESOURCE_DOES_NOT_EXIST"


def test_a_withdrawn_model_is_no_original(caller: Caller, base: Version) -> None:
    Model.objects.update(state="withdrawn")

    assert _refused("models:/base/1", caller)[0] == "RESOURCE_DOES_NOT_EXIST"


def test_the_run_of_a_copy_is_its_originals(caller: Caller, base: Version) -> None:
    assert read_source("models:/base/1", "run-1", caller).run_id == "run-1"
    assert _refused("models:/base/1", caller, "other")[0] == "INVALID_PARAMETER_VALUE"


def test_what_is_hidden_is_refused_like_what_is_not_there(caller: Caller) -> None:
    hidden = make.make_version().model.qualified
    unknown = hidden[:-1] + "?"

    answers = [_refused(f"models:/{name}/1", caller) for name in (hidden, unknown)]

    assert answers[0] == (answers[1][0], answers[1][1].replace(unknown, hidden))


# Registered copies --------------------------------------------------------------------------


def _copy(caller: Person, name: str, source: str) -> Any:
    add_model(caller, name)
    return add_version(caller, name, source)


def test_an_alias_that_moves_on_leaves_its_copy(member: Person, base: Version) -> None:
    _copy(member, "iris", "models:/base@best")

    tell(member, f"{MODELS}/alias", name="base", alias="best", version="2")

    shown = get_version(member, "iris").json()["model_version"]
    assert (shown["source"], shown["run_id"]) == ("models:/base/1", "run-1")


def test_the_copy_of_what_is_not_there_is_not_registered(member: Person, group: Group) -> None:
    refused = _copy(member, "iris", "models:/base/1")

    assert code_of(refused) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert not Version.objects.numbered().exists()


@pytest.mark.parametrize("copies", [1, 2, FARTHEST, FARTHEST + 1, FARTHEST + 2])
def test_no_copy_of_copies_leads_to_what_is_hidden(
    stranger: Person, project: Project, copies: int
) -> None:
    version = make.make_version(make.make_model(project, name="hidden"))
    for n in range(copies):
        model = make.make_model(project, name=f"m{n}", visibility="public")
        address = f"models:/{version.model.name}/1"
        child = make.make_version(model, source=address)
        make.make_edge(child, version, note=COPIED)
        version = child

    assert "hidden" not in download_uri(version, stranger.user)
