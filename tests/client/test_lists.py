"""Lists and single things: for people in tables, for programs as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from compute.models import Allocation, Job, Request
from projects.models import Group, Project
from registry.models import Model
from tests import make
from tests.client.conftest import As, Shell
from tests.conftest import Caller


@pytest.fixture
def job(allocation: Allocation, member: Caller) -> Job:
    script = "#!/bin/sh\n  echo\x1b[2J\n"
    return make.make_job(allocation, by=member.user, name="train", script=script)


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project, name="Salamander", languages=["de"], parameters=7_000_000_000)


@pytest.mark.parametrize(
    ("noun", "titles", "cells"),
    [
        ("partners", "SLUG NAME SECTOR CITY COUNTRY", ["partner-"]),
        ("groups", "GROUP NAME ID", ["Ours"]),
        ("projects", "SLUG TITLE VISIBLE TO SINCE ID", ["ours", "project"]),
        ("models", "MODEL STATE PARAMETERS LANGUAGES LICENCE ID", ["Salamander", "7B", "de"]),
        ("requests", "PROJECT KIND PURPOSE STATE", ["ours", "evaluation", "100"]),
        ("allocations", "PROJECT CLUSTER ACCOUNT STATE LEFT OF UNTIL ID", ["ours", "60"]),
        ("clusters", "SLUG NAME CONNECTION STATE SLURM", ["run"]),
        ("jobs", "NAME STATE PROJECT CLUSTER NUMBER GPUS TIME", ["train", "new", "ours", "00:05"]),
    ],
)
def test_every_noun_is_listed(
    cesai: Shell, job: Job, model: Model, handed_in: Request, noun: str, titles: str,
    cells: list[str],
) -> None:  # fmt: skip
    done = cesai(noun, "list")
    assert done.code == 0, done.err
    head, *rows = done.out.splitlines()

    assert " ".join(head.split()).startswith(titles)
    assert any(all(cell in row for cell in cells) for row in rows)
    listed = cesai(noun, "list", "--json").json
    key = listed[0]["id"]
    assert len(listed) == len(rows)
    assert cesai(noun, "show", key, "--json").json["id"] == key
    assert key in cesai(noun, "show", key).out


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["projects", "list", "--visibility=public"], 0),
        (["projects", "list", "--visibility=project"], 1),
        (["models", "list", "--state=released"], 0),
        (["models", "list", "--state=planned", "--language=de", "--search=Salamander"], 1),
        (["models", "list", "--project=ours"], 1),
        (["jobs", "list", "--state=new,running", "--project=ours"], 1),
        (["jobs", "list", "--state=running"], 0),
        (["jobs", "list", "--cluster=nowhere"], 0),
        (["requests", "list", "--purpose=training"], 0),
        (["requests", "list", "--purpose=evaluation", "--state=submitted"], 1),
        (["clusters", "list", "--connection=none"], 0),
    ],
)
def test_filters_are_options(
    cesai: Shell, job: Job, model: Model, handed_in: Request, arguments: list[str], count: int
) -> None:
    done = cesai(*arguments, "--json")
    assert done.code == 0, done.err
    assert len(done.json) == count


def test_a_filter_takes_an_id_or_a_short_name(cesai: Shell, job: Job, project: Project) -> None:
    by_id = cesai("jobs", "list", "--json", "--project", str(project.pk)).json
    assert by_id == cesai("jobs", "list", "--json", "--project", "ours").json
    assert len(by_id) == 1


def test_a_group_is_named_by_partner_and_group(cesai: Shell, model: Model, group: Group) -> None:
    named = f"{group.partner.slug}/{group.slug}"

    assert len(cesai("models", "list", "--json", "--group", named).json) == 1
    assert cesai("groups", "show", named, "--json").json["id"] == str(group.pk)


def test_a_group_that_is_not_there_is_named(cesai: Shell) -> None:
    done = cesai("models", "list", "--group=nobody")

    assert done.code == 2
    assert "“nobody” names 0 groups" in done.err


def test_a_value_that_a_filter_does_not_know_is_refused(cesai: Shell) -> None:
    done = cesai("jobs", "list", "--state=asleep")

    assert done.code == 3
    assert done.err.startswith("Refused: state: Select a valid choice.")


def test_a_long_list_says_that_there_is_more(cesai: Shell, group: Group) -> None:
    for _ in range(3):
        make.make_project(group)
    done = cesai("projects", "list", "--limit=2", "--json")

    assert len(done.json) == 2
    assert "--all shows all" in done.err
    assert len(cesai("projects", "list", "--limit=2", "--all", "--json").json) == 3


def test_an_empty_list_is_no_failure(cesai: Shell) -> None:
    done = cesai("jobs", "list")

    assert (done.code, done.out) == (0, "")
    assert cesai("jobs", "list", "--json").json == []


def test_a_stranger_sees_nothing_of_ours(
    shell_of: As, stranger: Caller, job: Job, model: Model
) -> None:
    theirs = shell_of(stranger)

    assert theirs("jobs", "list", "--json").json == []
    assert theirs("models", "list", "--json").json == []
    done = theirs("jobs", "show", str(job.pk))
    assert (done.code, done.out) == (3, "")
    assert "no such thing" in done.err


def test_a_job_is_found_by_its_number_on_the_cluster(cesai: Shell, job: Job) -> None:
    Job.objects.update(slurm_job_id=4711)

    assert cesai("status", "4711", "--json").json["id"] == str(job.pk)
    assert cesai("status", "4712").code == 2
    assert cesai("status", "nonsense").code == 2


def test_a_jobs_status_is_for_people(cesai: Shell, job: Job) -> None:
    shown = cesai("status", str(job.pk)).out
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in shown.splitlines()}

    assert (lines["name"], lines["state"], lines["project"]) == ("train", "new", "ours")
    assert lines["size"] == "GPUs 1, nodes 1, time 00:05"
    assert lines["page"] == f"{cesai.url}/jobs/{job.pk}/"


def test_nothing_of_others_acts_on_the_terminal(cesai: Shell, job: Job) -> None:
    shown = cesai("jobs", "show", str(job.pk)).out

    assert "  echo�[2J" in shown
    assert "\x1b" not in shown


def test_who_may_not_read_a_script_gets_none(
    shell_of: As, lead: Caller, member: Caller, guest: Caller, job: Job
) -> None:
    assert cast_script(shell_of(lead), job)
    assert cast_script(shell_of(guest), job) is None


def cast_script(cesai: Shell, job: Job) -> Any:
    return cesai("jobs", "show", str(job.pk), "--json").json["script"]


def test_a_model_is_shown_by_its_name(cesai: Shell, model: Model) -> None:
    assert cesai("models", "show", "Salamander", "--json").json["id"] == str(model.pk)
    assert cesai("models", "show", model.qualified, "--json").json["id"] == str(model.pk)
    assert cesai("models", "show", "Nobody").code == 2
