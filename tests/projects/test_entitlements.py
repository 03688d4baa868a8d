"""Entitlements as AARC-G069 writes them: only the exact form says anything."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.entitlements import (
    LONGEST,
    Entitlement,
    Source,
    authority_of,
    namespace_of,
    parse,
    trusted,
)

OURS = Source("urn:geant:helmholtz.example", "login.helmholtz.example")
HEAD, TAIL = f"{OURS.namespace}:group:", f"#{OURS.authority}"


def test_a_group() -> None:
    assert parse(f"{HEAD}CESAI{TAIL}") == Entitlement(OURS, ("CESAI",))


def test_a_subgroup_with_a_role() -> None:
    found = parse(f"{HEAD}CESAI:hpc:role=manager{TAIL}")
    assert found == Entitlement(OURS, ("CESAI", "hpc"), "manager")


def test_names_are_percent_decoded() -> None:
    assert parse(f"{HEAD}Gro%C3%9Fe%20Modelle{TAIL}") == Entitlement(OURS, ("Große Modelle",))


def test_schema_namespace_identifier_and_authority_have_no_case() -> None:
    found = parse("URN:Geant:helmholtz.example:group:CESAI#Login.Helmholtz.Example")
    assert found == Entitlement(OURS, ("CESAI",))


def test_names_of_groups_have_case() -> None:
    assert parse(f"{HEAD}cesai{TAIL}") != parse(f"{HEAD}CESAI{TAIL}")


def test_a_role_that_is_percent_encoded_is_a_group() -> None:
    found = parse(f"{HEAD}CESAI:role%3Dlead{TAIL}")
    assert found == Entitlement(OURS, ("CESAI", "role=lead"))


@pytest.mark.parametrize(
    "text",
    ["urn:geant", "geant", "xyz:geant:ns", "urn:-g:ns", "urn:g:ns", "urn:ge_ant:ns", "urn::ns",
     "urn:geant:group", "urn:geant:ns:group:A", "urn:geant:", "urn:geant:a b"],
)  # fmt: skip
def test_what_is_no_namespace_is_none(text: str) -> None:
    assert namespace_of(text) is None


def test_a_namespace_has_one_spelling() -> None:
    assert namespace_of("URN:Geant:Helmholtz.example:x") == "urn:geant:Helmholtz.example:x"


@pytest.mark.parametrize("text", ["", ".x", "x.", "-x", "a_b", "a b", "a/b", "x" * 254])
def test_what_is_no_authority_is_none(text: str) -> None:
    assert authority_of(text) is None


def test_what_is_longer_than_any_of_them_says_nothing() -> None:
    longest = "A" * (LONGEST - len(HEAD) - len(TAIL))

    assert parse(f"{HEAD}{longest}{TAIL}") == Entitlement(OURS, (longest,))
    assert parse(f"{HEAD}{longest}A{TAIL}") is None


MALFORMED: list[Any] = [
    *("", " ", "group", "urn", "urn:", "urn::", "#", "#x", ":group:A#x", "urn:group:A#x"),
    *("urn:geant:group:A#x", "urn:g:ns:group:A#x", "urn:-g:ns:group:A#x"),
    "urn:ge_ant:ns:group:A#x",
    *("urn:geant:ns:group:A", "urn:geant:ns:group:A#", "urn:geant:ns:group:#x"),
    *("urn:geant:ns:group#x", "urn:geant:ns:groups:A#x", "urn:geant:ns:Group:A#x"),
    *("urn:geant:ns:GROUP:A#x", "urn:geant::group:A#x", "urn:geant:ns::group:A#x"),
    *("urn:geant:ns:group::A#x", "urn:geant:ns:group:A:#x", "urn:geant:ns:group:A::B#x"),
    *("urn:geant:ns:group:A#x#y", "urn:geant:ns:group:A##x", "#urn:geant:ns:group:A#x"),
    *("urn:geant:ns:group:A:role=#x", "urn:geant:ns:group:role=lead#x"),
    *("urn:geant:ns:group:A:role=lead:B#x", "urn:geant:ns:group:A:role=a:role=b#x"),
    *("urn:geant:ns:group:role=a:B#x", "urn:geant:ns:group:A:role=a:#x"),
    *("urn:geant:ns:group:A B#x", "urn:geant:ns:group:A\n#x", "urn:geant:ns:group:A\t#x"),
    *("urn:geant:ns:group:A\x00#x", "urn:geant:ns:group:A%00#x", "urn:geant:ns:group:A%0A#x"),
    *("urn:geant:ns:group:A%#x", "urn:geant:ns:group:A%4#x", "urn:geant:ns:group:A%G1#x"),
    *("urn:geant:ns:group:A%ZZ#x", "urn:geant:ns:group:%FF#x", "urn:geant:ns:group:%C3%28#x"),
    *("urn:geant:ns:group:A%3AB#x", "urn:geant:ns:group:A%3Arole%3Dlead#x"),
    *("urn:geant:ns:group:%20A#x", "urn:geant:ns:group:A%20#x", "urn:geant:ns:group:%E2%80%AEA#x"),
    *("urn:geant:ns:group:A?role=lead#x", "urn:geant:ns:group:A?+q#x"),
    "urn:geant:ns:group:A?=q#x",
    *('urn:geant:ns:group:"A"#x', "urn:geant:ns:group:<A>#x", "urn:geant:ns:group:A\\B#x"),
    *("urn:geant:ns:group:[A]#x", "urn:geant:ns:group:{A}#x", "urn:geant:ns:group:A|B#x"),
    *("urn:geant:ns:group:A^#x", "urn:geant:ns:group:`A`#x", "urn:geant:ns:group:Ä#x"),
    *("urn:geant:ns:group:А#x", "urn:geant:ns:group:A#ä.example"),
    *("urn:geant:ns:group:A#-x", "urn:geant:ns:group:A#x-", "urn:geant:ns:group:A#.x"),
    *("urn:geant:ns:group:A#x.", "urn:geant:ns:group:A#x y", "urn:geant:ns:group:A# x"),
    *("urn:geant:ns:group:A#x ", "urn:geant:ns:group:A#x\n", "urn:geant:ns:group:A#x/y"),
    *("urn:geant:ns:group:A#x:y", "urn:geant:ns:group:A#x?y", "urn:geant:ns:group:A#x%2Ey"),
    *("urn:geant:ns:group:A#x@y", "urn:geant:ns:group:A#x,y", "urn:geant:ns:group:A#x\x00"),
    *(" urn:geant:ns:group:A#x", "\nurn:geant:ns:group:A#x", "\ufeffurn:geant:ns:group:A#x"),
    *("url:geant:ns:group:A#x", "urn/geant/ns/group/A#x", "urn;geant;ns;group;A#x"),
    *("https://geant/ns/group/A#x", "urn%3Ageant:ns:group:A#x", "urn:ge ant:ns:group:A#x"),
    *("urn:geant:n s:group:A#x", "urn:geant:ns\n:group:A#x", "urn:geant:ns:group:A:#x"),
    *("urn:geant:ns:role=lead#x", "urn:geant:ns:res:A#x", "urn:geant:ns:group:A;role=lead #x"),
    *(None, True, 1, 1.5, b"urn:geant:ns:group:A#x", [], {}, ["urn:geant:ns:group:A#x"]),
    f"urn:geant:ns:group:{'A' * 2000}#x",
    f"urn:geant:{'n:' * 600}group:A#x",
    f"urn:{'g' * 33}:ns:group:A#x",
    f"urn:geant:ns:group:A#{'x' * 300}",
]  # fmt: skip


def test_there_are_a_hundred_malformed_ones() -> None:
    assert len(MALFORMED) >= 100


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_malformed_says_nothing(text: Any) -> None:
    assert parse(text) is None
    assert trusted([text], [Source("urn:geant:ns", "x")]) == set()


FOREIGN = [
    f"{HEAD}CESAI#login.other.example",
    f"{HEAD}CESAI#helmholtz.example",
    f"{HEAD}CESAI#login.helmholtz.example.evil.example",
    f"urn:geant:other.example:group:CESAI{TAIL}",
    f"urn:geant:helmholtz.example:sub:group:CESAI{TAIL}",
    f"urn:geant:group:CESAI{TAIL}",
    f"urn:mace:helmholtz.example:group:CESAI{TAIL}",
    f"urn:geant:HELMHOLTZ.example:group:CESAI{TAIL}",
    f"urn:geant:other.example:group:{OURS.namespace}:group:CESAI{TAIL}",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_a_foreign_namespace_or_authority_says_nothing(text: str) -> None:
    assert trusted([text, f"{HEAD}OURS{TAIL}"], [OURS]) == {Entitlement(OURS, ("OURS",))}


def test_without_an_allow_list_nobody_says_anything() -> None:
    assert trusted([f"{HEAD}CESAI{TAIL}"], []) == set()


def test_one_alone_may_come_without_a_list() -> None:
    assert trusted(f"{HEAD}CESAI{TAIL}", [OURS]) == {Entitlement(OURS, ("CESAI",))}


@pytest.mark.parametrize("claim", [None, 5, {"a": f"{HEAD}CESAI{TAIL}"}, True])
def test_what_is_no_list_says_nothing(claim: Any) -> None:
    assert trusted(claim, [OURS]) == set()


def test_a_flood_of_them_is_cut() -> None:
    assert trusted(["x"] * 5000 + [f"{HEAD}CESAI{TAIL}"], [OURS]) == set()


names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)


@given(st.lists(names, min_size=1, max_size=4), names | st.just(""))
def test_what_is_written_is_read(path: list[str], role: str) -> None:
    tail = f":role={role}" if role else ""
    text = HEAD + ":".join(quote(name) for name in path) + tail + TAIL
    assert parse(text) == Entitlement(OURS, tuple(path), role)


@given(st.text(max_size=60))
def test_any_text_is_read_or_says_nothing(text: str) -> None:
    found = parse(HEAD + text + TAIL)
    assert found is None or (found.source == OURS and all(found.path))
