"""What the headers of safetensors files say about weights and about the declared lineage."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Event, Project
from registry.fingerprints import Tensor, architecture_of, is_packed, parameters_of, structure_of
from registry.models import Derivation, Figure, Fingerprint, Model, Version
from tests import make
from tests.conftest import Caller
from tests.world import CANARY

ROWS: list[dict[str, Any]] = [
    {"name": f"model.layer.{n}.weight", "dtype": "BF16", "shape": [8, 4]} for n in range(10)
]
DIGEST = hashlib.sha256(b"bytes").hexdigest()


@pytest.fixture
def version(project: Project) -> Version:
    return make.make_version(make.make_model(project))


@pytest.fixture
def base(project: Project) -> Version:
    return make.make_version(make.make_model(project))


def _put(caller: Caller, version: Version, rows: Any = None, **more: Any) -> Any:
    body = {"tensors": ROWS if rows is None else rows, **more}
    return caller.put(f"versions/{version.pk}/fingerprint/", body)


def _with(rows: list[dict[str, Any]], **values: Any) -> list[dict[str, Any]]:
    return [{**row, **values} for row in rows]


def test_a_fingerprint_counts_tensors_and_parameters(member: Caller, version: Version) -> None:
    shown = _put(member, version).json()

    assert (shown["tensors"], shown["parameters"], shown["is_packed"]) == (10, 320, False)


def test_it_is_read_again(member: Caller, version: Version) -> None:
    shown = _put(member, version, shards=[{"name": "a", "sha256": DIGEST, "bytes": 9}]).json()

    assert member.get(f"versions/{version.pk}/fingerprint/").json() == shown
    assert shown["shards"] == [{"name": "a", "sha256": DIGEST, "bytes": 9}]


def test_the_architecture_is_the_digest_of_the_sorted_names_formats_and_shapes(
    member: Caller, version: Version
) -> None:
    shown = _put(member, version).json()

    lines = "\n".join(f"model.layer.{n}.weight\tBF16\t8,4" for n in range(10))
    assert shown["architecture"] == hashlib.sha256(lines.encode()).hexdigest()


TENSORS = st.lists(
    st.builds(
        Tensor,
        name=st.text(max_size=5),
        dtype=st.sampled_from(["F32", "BF16", "I8"]),
        shape=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    ),
    max_size=6,
    unique_by=lambda tensor: tensor.name,
)


@given(data=st.data(), tensors=TENSORS)
def test_the_order_of_tensors_says_nothing(data: st.DataObject, tensors: list[Tensor]) -> None:
    mixed = data.draw(st.permutations(tensors))

    assert architecture_of(mixed) == architecture_of(tensors)
    assert structure_of(mixed) == structure_of(tensors)
    assert parameters_of(mixed) == parameters_of(tensors)


@pytest.mark.parametrize(
    "changed", [{"dtype": "F32"}, {"shape": [4, 8]}, {"shape": [32]}, {"name": "other"}]
)
def test_another_name_format_or_shape_is_another_architecture(changed: dict[str, Any]) -> None:
    values = {"name": "a", "dtype": "BF16", "shape": [8, 4]}
    one, other = ({**v, "shape": tuple(v["shape"])} for v in (values, {**values, **changed}))

    assert architecture_of([Tensor(**one)]) != architecture_of([Tensor(**other)])


def test_parameters_from_the_shapes_are_measured(member: Caller, version: Version) -> None:
    _put(member, version)

    figure = Figure.objects.get(kind="parameters")
    assert (figure.source, figure.version) == ("measured", version)
    assert figure.value == 320
    assert Model.objects.get(pk=version.model_id).parameters == 320


def test_packed_weights_measure_no_parameters(member: Caller, version: Version) -> None:
    shown = _put(member, version, _with(ROWS, dtype="I32")).json()

    assert shown["is_packed"]
    assert not Figure.objects.exists()


@pytest.mark.parametrize(
    ("dtypes", "packed"),
    [
        (["BF16"], False), (["F8_E4M3"], False), (["I32"], True), (["U8"], True),
        (["I32", "BF16"], False), (["I32", "I32", "BF16"], True), ([], False),
    ],
)  # fmt: skip
def test_what_counts_is_what_most_numbers_are(dtypes: list[str], packed: bool) -> None:
    rows = [Tensor(name=str(n), dtype=dtype, shape=(4,)) for n, dtype in enumerate(dtypes)]

    assert is_packed(rows) == packed


def test_a_scalar_is_one_number() -> None:
    assert parameters_of([Tensor("a", "F32", ())]) == 1


# What is kept.


def test_nothing_of_the_headers_words_is_kept(member: Caller, version: Version) -> None:
    _put(member, version, [{**row, "name": f"{CANARY}.{row['name']}"} for row in ROWS])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(row::text, '') FROM ("
            " SELECT to_jsonb(f) AS row FROM registry_fingerprint f"
            " UNION ALL SELECT to_jsonb(e) FROM projects_event e"
            " UNION ALL SELECT to_jsonb(g) FROM registry_figure g"
            " UNION ALL SELECT to_jsonb(v) FROM registry_version v) rows"
        )
        [kept] = cursor.fetchone()
    assert CANARY not in kept
    assert CANARY not in member.get(f"versions/{version.pk}/fingerprint/").content.decode()


def test_another_fingerprint_takes_the_place_of_the_first(
    member: Caller, version: Version
) -> None:
    _put(member, version)
    _put(member, version, ROWS[:5])

    assert Fingerprint.objects.get().tensors == 5


def test_it_is_told_in_the_log(member: Caller, version: Version) -> None:
    shown = _put(member, version).json()

    changes = Event.objects.get(kind="record_fingerprint").changes
    assert changes == {"architecture": [None, shown["architecture"]]}


# What it says of the lineage.


def _verdict(caller: Caller, edge: Derivation) -> tuple[str, str]:
    shown = caller.get(f"derivations/{edge.pk}/").json()
    return shown["verdict"], shown["evidence"]


@pytest.mark.parametrize("kind", ["finetune", "continued_pretraining", "merge", "quantized"])
def test_fingerprints_that_agree_verify_the_edge(
    member: Caller, version: Version, base: Version, kind: str
) -> None:
    edge = make.make_edge(version, base, kind)

    _put(member, base)
    _put(member, version)

    assert _verdict(member, edge) == ("agrees", "verified")


def test_a_new_vocabulary_still_agrees(member: Caller, version: Version, base: Version) -> None:
    edge = make.make_edge(version, base)

    _put(member, base)
    _put(member, version, [*ROWS[:9], {**ROWS[9], "shape": [9, 4]}])

    assert _verdict(member, edge) == ("agrees", "verified")


def test_one_fingerprint_alone_says_nothing(
    member: Caller, version: Version, base: Version
) -> None:
    edge = make.make_edge(version, base)

    _put(member, version)

    assert _verdict(member, edge) == ("says_nothing", "declared")


@pytest.mark.parametrize("kind", ["finetune", "continued_pretraining", "merge"])
def test_weights_of_another_shape_contradict_the_edge(
    member: Caller, version: Version, base: Version, kind: str
) -> None:
    edge = make.make_edge(version, base, kind)

    _put(member, base)
    _put(member, version, _with(ROWS, shape=[3, 3]))

    assert _verdict(member, edge) == ("conflicts", "declared")


@pytest.mark.parametrize("kind", ["adapter", "distilled", "quantized", "unknown"])
def test_where_another_shape_is_usual_it_says_nothing(
    member: Caller, version: Version, base: Version, kind: str
) -> None:
    edge = make.make_edge(version, base, kind)

    _put(member, base)
    _put(member, version, _with(ROWS, shape=[3, 3]))

    assert _verdict(member, edge) == ("says_nothing", "declared")


def test_half_of_the_tensors_say_nothing(member: Caller, version: Version, base: Version) -> None:
    edge = make.make_edge(version, base)

    _put(member, base)
    _put(member, version, [*ROWS[:5], *_with(ROWS[5:], shape=[3, 3])])

    assert _verdict(member, edge) == ("says_nothing", "declared")


def test_packed_weights_contradict_no_finetune(
    member: Caller, version: Version, base: Version
) -> None:
    edge = make.make_edge(version, base)

    _put(member, base)
    _put(member, version, _with(ROWS, dtype="I32", shape=[3, 3]))

    assert _verdict(member, edge) == ("says_nothing", "declared")


def test_what_a_new_fingerprint_contradicts_is_not_verified_any_more(
    member: Caller, version: Version, base: Version
) -> None:
    edge = make.make_edge(version, base)
    _put(member, base)
    _put(member, version)

    _put(member, version, _with(ROWS, shape=[3, 3]))

    assert _verdict(member, edge) == ("conflicts", "declared")


def test_a_written_name_has_no_fingerprint(member: Caller, version: Version) -> None:
    edge = make.make_edge(version, "their/model-7b")

    _put(member, version)

    assert _verdict(member, edge) == ("says_nothing", "declared")


# Comparing two.


def _compare(caller: Caller, one: Version, other: Version) -> Any:
    return caller.get(f"versions/{one.pk}/compare/?with={other.pk}")


def test_the_share_of_common_tensors_is_told(
    member: Caller, version: Version, base: Version
) -> None:
    _put(member, base)
    _put(member, version, [*ROWS[:5], *_with(ROWS[5:], shape=[3, 3])])

    assert _compare(member, version, base).json() == {
        "is_same_copy": False, "is_same_architecture": False, "structure_share": 0.5,
        "content_share": None,
    }  # fmt: skip


def test_the_share_of_common_contents_is_told_where_both_were_digested(
    member: Caller, version: Version, base: Version
) -> None:
    _put(member, base, _with(ROWS, sha256=DIGEST))
    _put(
        member,
        version,
        [*_with(ROWS[:8], sha256=DIGEST.upper()), *_with(ROWS[8:], sha256="0" * 64)],
    )

    shown = _compare(member, version, base).json()

    assert (shown["structure_share"], shown["content_share"]) == (1, 0.8)


def test_the_same_files_are_the_same_copy(member: Caller, version: Version, base: Version) -> None:
    shards = [{"name": "a.safetensors", "sha256": DIGEST, "bytes": 9}]
    _put(member, base, shards=shards)
    _put(member, version, shards=[{**shards[0], "name": "renamed"}])

    assert _compare(member, version, base).json()["is_same_copy"]


def test_without_files_nothing_is_the_same_copy(
    member: Caller, version: Version, base: Version
) -> None:
    _put(member, base)
    _put(member, version)

    shown = _compare(member, version, base).json()

    assert (shown["is_same_copy"], shown["is_same_architecture"]) == (False, True)


def test_what_has_no_fingerprint_is_compared_with_nothing(
    member: Caller, version: Version, base: Version
) -> None:
    _put(member, version)

    assert _compare(member, version, base).status_code == 404


def test_a_comparison_names_the_other(member: Caller, version: Version) -> None:
    refused = member.get(f"versions/{version.pk}/compare/")

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["with"])


# What is refused, and who.


@pytest.mark.parametrize(
    "rows",
    [
        [],
        {},
        "header",
        [ROWS[0], ROWS[0]],
        [{"dtype": "F32", "shape": [1]}],
        [{"name": "a", "shape": [1]}],
        [{"name": "a", "dtype": "F32"}],
        [{"name": "a", "dtype": "F 32", "shape": [1]}],
        [{"name": "a", "dtype": "F32", "shape": [-1]}],
        [{"name": "a", "dtype": "F32", "shape": ["x"]}],
        [{"name": "a", "dtype": "F32", "shape": [1] * 9}],
        [{"name": "a", "dtype": "F32", "shape": [2**40, 2**40]}],
        [{"name": "a", "dtype": "F32", "shape": [2**41]}],
        [{"name": "a", "dtype": "F32", "shape": [1], "sha256": "x"}],
        [{"name": "x" * 301, "dtype": "F32", "shape": [1]}],
    ],
)
def test_a_header_that_cannot_be_is_refused(member: Caller, version: Version, rows: Any) -> None:
    refused = _put(member, version, rows)

    assert refused.status_code == 400
    assert "tensors" in refused.json()["errors"]
    assert not Fingerprint.objects.exists()


def test_what_a_header_does_not_have_is_refused(member: Caller, version: Version) -> None:
    assert _put(member, version, _with(ROWS, weights=[1, 2])).status_code == 400


@pytest.mark.parametrize(
    "shard",
    [{"name": "a"}, {"name": "a", "sha256": "x", "bytes": 1},
     {"name": "a", "sha256": DIGEST, "bytes": -1}],
)  # fmt: skip
def test_a_file_that_cannot_be_is_refused(
    member: Caller, version: Version, shard: dict[str, Any]
) -> None:
    assert _put(member, version, shards=[shard]).status_code == 400


def test_a_large_header_is_taken(member: Caller, version: Version) -> None:
    rows = [{"name": f"l{n}", "dtype": "BF16", "shape": [8192, 8192]} for n in range(20_000)]

    shown = _put(member, version, rows)

    assert len(json.dumps({"tensors": rows})) < 4 * 2**20
    assert shown.json()["parameters"] == 20_000 * 8192**2


def test_a_guest_takes_none(guest: Caller, version: Version) -> None:
    assert _put(guest, version).status_code == 403


def test_to_a_stranger_the_version_is_not_there(stranger: Caller, version: Version) -> None:
    hidden = _put(stranger, version)

    absent = stranger.put(f"versions/{make.key()}/fingerprint/", {"tensors": ROWS})
    assert (hidden.status_code, hidden.content) == (404, absent.content)


def test_a_stranger_reads_that_of_public_weights(
    member: Caller, stranger: Caller, version: Version
) -> None:
    _put(member, version)
    Model.objects.update(visibility="public")

    assert stranger.get(f"versions/{version.pk}/fingerprint/").status_code == 200
