"""Licences: which family a written one belongs to, and which duties a descendant does not keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.licences import Duty, Family, conflicts, read_licence

FAMILIES = {
    Family.PERMISSIVE: (
        "Apache-2.0", "apache license 2.0", "MIT", "mit-0", "BSD-3-Clause", "BSD 2-Clause", "ISC",
        "0BSD", "Unlicense", "CC0-1.0", "CC-BY-4.0", "cc-by-3.0", "AFL-3.0", "Zlib", "BSL-1.0",
        "ODC-By-1.0", "PDDL-1.0", "CDLA-Permissive-2.0", "MS-PL", "WTFPL", "PostgreSQL",
        "OpenMDW-1.0", "  mit  ",
    ),
    Family.COPYLEFT: (
        "CC-BY-SA-4.0", "GPL-3.0-or-later", "AGPL-3.0", "LGPL-2.1", "GFDL-1.3", "ODbL-1.0",
        "MPL-2.0", "EPL-2.0", "EUPL-1.2", "OSL-3.0", "CDLA-Sharing-1.0",
    ),
    Family.NON_COMMERCIAL: (
        "CC-BY-NC-4.0", "cc_by_nc_4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0",
        "some non-commercial licence", "noncommercial", "research-only", "Open-Aleph-License",
        "MNPL-0.1", "coqui-public-model-license",
    ),
    Family.RAIL: (
        "openrail", "bigscience-openrail-m", "CreativeML-OpenRAIL-M", "bloom-rail-1.0",
        "bigcode-openrail-m",
    ),
    Family.COMMUNITY: (
        "llama3", "llama3.1", "Meta-Llama-3", "gemma", "Qwen", "tongyi-qianwen", "deepseek",
        "falcon-llm-license", "TII Falcon License", "prior-labs-1.1",
    ),
    Family.PROPRIETARY: ("proprietary", "Closed", "commercial", "CC-BY-ND-4.0"),
    Family.UNKNOWN: ("", "other", "unknown", "our own terms", "???"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "family"), [(text, family) for family, texts in FAMILIES.items() for text in texts]
)
def test_a_written_licence_belongs_to_its_family(text: str, family: Family) -> None:
    assert read_licence(text).family is family


@pytest.mark.parametrize(
    ("text", "duties"),
    [
        ("MIT", set()),
        ("GPL-3.0", {Duty.SHARE_ALIKE}),
        ("CC-BY-NC-4.0", {Duty.NON_COMMERCIAL}),
        ("CC-BY-NC-SA-4.0", {Duty.NON_COMMERCIAL, Duty.SHARE_ALIKE}),
        ("CC-BY-NC-ND-4.0", {Duty.NON_COMMERCIAL, Duty.NO_DERIVATIVES}),
        ("CC-BY-ND-4.0", {Duty.NO_DERIVATIVES}),
        ("openrail", {Duty.USE_RESTRICTIONS}),
        ("llama3", {Duty.NAMED_TERMS}),
        ("proprietary", {Duty.CLOSED}),
        ("", set()),
    ],
)
def test_a_licence_asks_for_its_duties(text: str, duties: set[Duty]) -> None:
    assert read_licence(text).duties == duties


def test_a_licence_stays_as_it_was_written() -> None:
    assert read_licence(" Apache-2.0").text == " Apache-2.0"


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    assert read_licence(text).family in Family


def _missing(own: str, above: str) -> list[Duty]:
    found, _unknown, _more = conflicts("child", {"child": ["base"]}, {"child": own, "base": above})
    return [conflict.duty for conflict in found]


@pytest.mark.parametrize(
    ("own", "above", "missing"),
    [
        ("MIT", "Apache-2.0", []),
        ("GPL-3.0", "MIT", []),
        ("MIT", "GPL-3.0", [Duty.SHARE_ALIKE]),
        ("GPL-3.0", "GPL-3.0", []),
        ("MIT", "CC-BY-NC-4.0", [Duty.NON_COMMERCIAL]),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0", []),
        ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", [Duty.SHARE_ALIKE]),
        ("CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", []),
        ("Apache-2.0", "openrail", [Duty.USE_RESTRICTIONS]),
        ("openrail", "bigscience-openrail-m", []),
        ("Apache-2.0", "llama3", [Duty.NAMED_TERMS]),
        ("llama3", "llama3.1", []),
        ("gemma", "llama3", [Duty.NAMED_TERMS]),
        ("CC-BY-ND-4.0", "CC-BY-ND-4.0", [Duty.NO_DERIVATIVES]),
        ("MIT", "proprietary", [Duty.CLOSED]),
        ("proprietary", "proprietary", []),
        ("proprietary", "GPL-3.0", [Duty.SHARE_ALIKE]),
        ("proprietary", "MIT", []),
        ("", "GPL-3.0", []),  # of its own licence nothing is known, so it breaks none
        ("MIT", "", []),
    ],
)
def test_a_duty_that_is_not_kept_is_a_conflict(own: str, above: str, missing: list[Duty]) -> None:
    assert _missing(own, above) == missing


def test_a_conflict_shows_a_shortest_path_from_the_ancestor_down() -> None:
    parents = {"child": ["a", "b"], "a": ["base"], "b": ["c"], "c": ["base"]}
    licences = {"child": "MIT", "a": "MIT", "b": "MIT", "c": "MIT", "base": "GPL-3.0"}

    [conflict] = conflicts("child", parents, licences)[0]

    assert conflict.path == ("base", "a", "child")


def test_a_duty_comes_down_through_one_that_drops_it() -> None:
    licences = {"child": "MIT", "mid": "MIT", "base": "CC-BY-NC-4.0"}

    [conflict] = conflicts("child", {"child": ["mid"], "mid": ["base"]}, licences)[0]

    assert conflict.ancestor == "base"


def test_ancestors_of_unknown_licence_are_listed_once() -> None:
    parents = {"child": ["a", "b"], "a": ["base"], "b": ["base"]}

    _found, unknown, _more = conflicts("child", parents, {"child": "MIT", "a": "MIT", "b": "MIT"})

    assert unknown == ["base"]


def test_of_a_very_long_chain_the_nearest_conflicts_are_shown_and_the_others_counted() -> None:
    size = 10_000
    parents = {str(n): [str(n + 1)] for n in range(size)}
    licences = {"0": "MIT", **{str(n): "CC-BY-NC-4.0" for n in range(1, size + 1)}}
    found, unknown, more = conflicts("0", parents, licences)
    assert [conflict.ancestor for conflict in found] == [str(n) for n in range(1, 101)]
    assert found[-1].path == tuple(str(n) for n in range(100, -1, -1))
    assert (unknown, more) == ([], size - 100)


def test_a_circle_in_what_was_read_ends() -> None:
    found, _unknown, _more = conflicts("a", {"a": ["b"], "b": ["a"]}, {"a": "MIT", "b": "gpl"})
    assert [conflict.path for conflict in found] == [("b", "a")]
