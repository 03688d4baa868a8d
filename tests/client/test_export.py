"""`cesai export`: whole lists as files for other programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from cesai_client.cli.streams import BROKEN_OFF
from compute.models import Allocation
from projects.models import Group, Project
from tests import make
from tests.client.conftest import As, Shell
from tests.conftest import Caller


def test_a_list_is_written_row_by_row(cesai: Shell, allocation: Allocation) -> None:
    done = cesai("export", "allocations")
    assert done.code == 0, done.err

    assert [json.loads(line) for line in done.out.splitlines()] == cesai(
        "allocations", "list", "--json"
    ).json


def test_a_list_is_written_as_a_table(cesai: Shell, project: Project) -> None:
    Project.objects.update(title='a, "b"\nc')
    [row] = csv.DictReader(io.StringIO(cesai("export", "projects", "--format=csv").out))

    assert (row["id"], row["slug"], row["title"]) == (str(project.pk), "ours", 'a, "b"\nc')


def test_characters_that_end_lines_elsewhere_stay_in_their_row(
    cesai: Shell, project: Project
) -> None:
    Project.objects.update(title="a\u2028b\x85c")
    [line] = cesai("export", "projects").out.rstrip("\n").split("\n")

    assert json.loads(line)["title"] == "a\u2028b\x85c"


def test_filters_narrow_it(cesai: Shell, project: Project, group: Group) -> None:
    make.make_project(group)
    done = cesai("export", "projects", "--filter", "slug=ours")

    assert [json.loads(line)["slug"] for line in done.out.splitlines()] == ["ours"]


def test_a_file_appears_once_it_is_whole(cesai: Shell, project: Project) -> None:
    assert cesai("export", "projects", "-o", "all.jsonl").code == 0
    assert json.loads((cesai.home / "all.jsonl").read_text())["slug"] == "ours"

    cesai.write("kept.jsonl", "before")
    assert cesai("export", "projects", "-o", "kept.jsonl", "--filter=visibility=x").code == 3
    assert (cesai.home / "kept.jsonl").read_text() == "before"
    assert sorted(path.name for path in cesai.home.glob("*.jsonl*")) == ["all.jsonl", "kept.jsonl"]


def test_a_stranger_exports_nothing_of_ours(
    shell_of: As, stranger: Caller, project: Project
) -> None:
    assert "ours" not in shell_of(stranger)("export", "projects").out


@pytest.mark.parametrize("arguments", [["nowhere"], ["../admin"], ["jobs", "--filter", "state"]])
def test_what_cannot_be_exported_is_refused(cesai: Shell, arguments: list[str]) -> None:
    done = cesai("export", *arguments)

    assert done.code in {2, 3}
    assert done.out == ""


@pytest.mark.parametrize(
    ("end", "broken"),
    [
        (b'{"id":"1"}\n{"type":"/problems/broken-off","title":"x"}\n', True),
        (b"id,name\n1,a\n# Broken off after 1 rows; ask again.\n", True),
        (b'id,name\n1,a\n"# Broken off, after all"\n', True),
        (b'{"id":"1","type":"/problems/"}\n', False),
        (b'id,name\n1,"a\n# not the end"\n2,b\n', False),
        (b"", False),
    ],
)
def test_a_list_that_was_broken_off_is_known_by_its_end(end: bytes, broken: bool) -> None:
    assert bool(BROKEN_OFF.search(end)) is broken
