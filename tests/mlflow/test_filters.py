"""The filter and order clauses of searches: what they mean, and that nothing else gets through."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.mlflow.errors import MlflowError
from registry.mlflow.filters import MOST, Clause, Order, read_filter, read_order
from registry.mlflow.search import (
    MODEL_ATTRIBUTES,
    MODEL_ORDERS,
    VERSION_ATTRIBUTES,
    VERSION_ORDERS,
)

# Clauses and what they are written as -----------------------------------------------------

PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0'\"\\"), max_size=20)
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0`"), min_size=1, max_size=20)
SPACES = st.sampled_from(["", " ", "  ", "\n\t"])
SIGNS = ["=", "!=", "LIKE", "ILIKE"]


@st.composite
def quoted(draw: st.DrawFn, texts: st.SearchStrategy[str] = PLAIN) -> tuple[str, str]:
    """A value and how it is written."""
    value, quote = draw(texts), draw(st.sampled_from("'\""))
    return value, f"{quote}{value}{quote}"


def _cased(draw: st.DrawFn, word: str) -> str:
    return draw(st.sampled_from([word, word.lower(), word.capitalize()]))


@st.composite
def clauses(draw: st.DrawFn) -> tuple[Clause, str]:
    """A clause over versions and how it is written."""
    kind = draw(st.sampled_from(["tag", "text", "list", "number"]))
    gap = draw(SPACES)
    if kind == "tag":
        key, (value, written) = draw(KEYS), draw(quoted())
        sign = draw(st.sampled_from(SIGNS))
        before = draw(st.sampled_from(["tag", "tags"]))
        text = f"{before}.`{key}`{gap}{_cased(draw, sign)} {written}"
        return Clause(key, sign, value, is_tag=True), text
    before = draw(st.sampled_from(["", "attribute."]))
    if kind == "number":
        number = draw(st.integers(-(10**17), 10**17))
        sign = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
        return (
            Clause("version_number", sign, number),
            f"{before}version_number{gap}{sign}{gap}{number}",
        )
    key = draw(st.sampled_from(["name", "run_id"]))
    if kind == "list":
        values = draw(st.lists(quoted(), min_size=1, max_size=4))
        sign = draw(st.sampled_from(["IN", "NOT IN"]))
        inside = f"{gap},{gap}".join(written for _value, written in values)
        text = f"{before}{key} {_cased(draw, sign)}{gap}({inside}{gap})"
        return Clause(key, sign, tuple(value for value, _written in values)), text
    (value, written), sign = draw(quoted()), draw(st.sampled_from(SIGNS))
    return Clause(key, sign, value), f"{before}{key} {_cased(draw, sign)}{gap}{written}"


@given(st.lists(clauses(), min_size=1, max_size=4), st.sampled_from([" AND ", " and ", "\nAnd "]))
def test_well_formed_clauses_are_read_as_they_are_meant(
    pairs: list[tuple[Clause, str]], joint: str
) -> None:
    text = joint.join(written for _clause, written in pairs)

    assert read_filter(text, VERSION_ATTRIBUTES) == [clause for clause, _written in pairs]


# Text made of what the language is made of reaches further than any text.
PIECES = st.lists(
    st.sampled_from(
        [*"'\"`().,=<>! \\-;", "name", "run_id", "tags", "tag.", "attribute.", "version_number",
         "AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "!=", "''", "'x'", "`k`", "1", "\0", "é"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("attributes", [MODEL_ATTRIBUTES, VERSION_ATTRIBUTES])
@given(text=st.text(max_size=60) | PIECES)
def test_no_text_is_a_fault(attributes: Mapping[str, frozenset[str]], text: str) -> None:
    found, code = [], "INVALID_PARAMETER_VALUE"
    try:
        found = read_filter(text, attributes)
    except MlflowError as error:
        code = error.code

    assert code == "INVALID_PARAMETER_VALUE"
    assert all(clause.is_tag or clause.sign in attributes[clause.key] for clause in found)


@given(text=st.text(max_size=40) | PIECES, bare=st.booleans())
def test_no_order_is_a_fault(text: str, bare: bool) -> None:
    found, code = [], "INVALID_PARAMETER_VALUE"
    try:
        found = read_order([text], MODEL_ORDERS, bare=bare)
    except MlflowError as error:
        code = error.code

    assert code == "INVALID_PARAMETER_VALUE"
    assert {order.key for order in found} <= set(MODEL_ORDERS.values())


@pytest.mark.parametrize("text", [None, ""])
def test_no_filter_is_no_condition(text: str | None) -> None:
    assert read_filter(text, MODEL_ATTRIBUTES) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name = 'it''s'", "it''s"),
        (r"name = 'it\'s'", r"it\'s"),
        ('name = "it\'s"', "it's"),
        ("name = ''", ""),
        ("name = 'AND'", "AND"),
        ("name = ' (x), `y` '", " (x), `y` "),
        ("name = 'a\nb'", "a\nb"),
        ("name = '%_\\\\'", "%_\\\\"),
    ],
)
def test_a_quoted_value_stands_as_it_is_written(text: str, value: str) -> None:
    assert read_filter(text, MODEL_ATTRIBUTES) == [Clause("name", "=", value)]


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("tags.color", "color"),
        ("tag.color", "color"),
        ("tags.`a b`", "a b"),
        ("tags.'a b'", "a b"),
        ('tags."a b"', "a b"),
        ("tags.a.b", "a.b"),
        ("tags.`cesai.base_model`", "cesai.base_model"),
        ("tags.name", "name"),
        ("tags.größe", "größe"),
    ],
)
def test_the_key_of_a_tag_is_bare_or_quoted(key: str, read: str) -> None:
    assert read_filter(f"{key} = 'x'", {}) == [Clause(read, "=", "x", is_tag=True)]


@pytest.mark.parametrize(
    "text",
    [
        " ", "name", "name =", "name = x", "name = 5", "name 'x'", "= 'x'", "'x' = name",
        "name = 'x' OR name = 'y'", "NOT name = 'x'", "(name = 'x')", "name = ('x')",
        "name = 'x", "name = \"x", "name = `x`", "name IN ()", "name IN ('x'", "name IN 'x'",
        "name IN ('x' 'y')", "name IN ('x',)", "name IN (x)", "name < 'x'", "name == 'x'",
        "name <> 'x'", "name NOT LIKE 'x'", "name IS NULL", "color = 'x'", "Name = 'x'",
        "NAME = 'x'", "tags = 'x'", "tags. = 'x'", "tags.a-b = 'x'", "tags.color < 'x'",
        "tags.color IN ('x')", "attribute. = 'x'", "attributes.name = 'x'",
        "attribute.tags.x = 'x'", "name = 'x'; DROP TABLE x", "name = 'x' -- y",
        "name = 'x' /* y */", "source_path = 'x'", "version_number = 1", "run_id = 'x'",
        "name = 'x' AND OR", "\0", "name = 'x' ∧ name = 'y'",
    ],
)  # fmt: skip
def test_what_the_language_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(MlflowError) as refusal:
        read_filter(text, MODEL_ATTRIBUTES)

    assert refusal.value.code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "value", ["'a'", "a", "1.5", "1e3", "0x1", "--1", "", "1" * 19, "(1)", "NULL", "-", "`1`"]
)
def test_a_number_is_a_whole_one(value: str) -> None:
    with pytest.raises(MlflowError):
        read_filter(f"version_number = {value}", VERSION_ATTRIBUTES)


@pytest.mark.parametrize("value", ["7", "'7'", '"7"', "-7", "007"])
def test_a_number_may_be_quoted(value: str) -> None:
    [clause] = read_filter(f"version_number = {value}", VERSION_ATTRIBUTES)

    assert clause.value == int(value.strip("'\""))


def test_a_refusal_says_what_would_be_right() -> None:
    with pytest.raises(MlflowError, match=r"'color' is none of name or tags\.KEY"):
        read_filter("color = 'red'", MODEL_ATTRIBUTES)


def test_the_comparisons_that_are_known_are_named() -> None:
    with pytest.raises(MlflowError, match="name knows the comparisons !=, =, ILIKE, IN, LIKE"):
        read_filter("name > 'x'", MODEL_ATTRIBUTES)


def test_an_endless_filter_is_refused() -> None:
    with pytest.raises(MlflowError, match="20000 characters at most"):
        read_filter("name = '" + "x" * MOST + "'", MODEL_ATTRIBUTES)


@pytest.mark.parametrize(
    "text",
    ["'" * (MOST - 1), '"' * (MOST - 1), "\\'" * (MOST // 2), " " * MOST, "name = '" + "''" * 9000,
     "(" * MOST, "name IN (" + "'x'," * 4000, "`" * (MOST - 1), " \n" * 9000 + "\0"],
)  # fmt: skip
def test_no_filter_takes_long_to_refuse(text: str) -> None:
    began = time.perf_counter()

    with pytest.raises(MlflowError):
        read_filter(text, MODEL_ATTRIBUTES)

    assert time.perf_counter() - began < 1


# Orders -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "order"),
    [
        ("name", Order("shown", False)),
        ("name ASC", Order("shown", False)),
        ("name desc", Order("shown", True)),
        ("name\n DESC", Order("shown", True)),
        ("`name` DESC", Order("shown", True)),
        ('"name"', Order("shown", False)),
        ("attribute.name", Order("shown", False)),
        ("version_number DESC", Order("number", True)),
        ("creation_timestamp", Order("created_at", False)),
        ("last_updated_timestamp", Order("updated_at", False)),
    ],
)
def test_an_order_names_a_column_and_a_way(clause: str, order: Order) -> None:
    assert read_order([clause], VERSION_ORDERS) == [order]


def test_orders_count_from_the_first() -> None:
    assert read_order(["timestamp DESC", "name"], MODEL_ORDERS, bare=True) == [
        Order("updated_at", True),
        Order("shown", False),
    ]


@pytest.mark.parametrize("clause", ["`name`", '"name"', "attribute.name", "attribute.`name`"])
def test_models_are_ordered_by_bare_keys_only(clause: str) -> None:
    with pytest.raises(MlflowError):
        read_order([clause], MODEL_ORDERS, bare=True)


@pytest.mark.parametrize(
    "clause",
    [
        "", " ", "name name", "name DOWN", "name DESC ASC", "name, timestamp", "-name", "Name",
        "description", "source", "run_id", "group", "id", "updated_at", "shown", "`name", "name;",
        "name DESC NULLS LAST", "tags.color", "é", "name\0",
    ],
)  # fmt: skip
def test_an_order_by_anything_else_is_refused(clause: str) -> None:
    with pytest.raises(MlflowError) as refusal:
        read_order([clause], VERSION_ORDERS)

    assert refusal.value.code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("twice", [["name", "name DESC"], ["timestamp", "last_updated_timestamp"]])
def test_a_column_is_named_once(twice: list[str]) -> None:
    with pytest.raises(MlflowError, match="twice"):
        read_order(twice, MODEL_ORDERS)
