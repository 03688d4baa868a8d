"""What people do by commands: cancel, ask for GPU-hours, join, and see what is left."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compute.models import Allocation, Job, LedgerEntry, Pool, Request
from projects.models import Group, JoinRequest, Project
from tests import make
from tests.client.conftest import As, Shell
from tests.conftest import Caller


@pytest.fixture
def job(allocation: Allocation, member: Caller) -> Job:
    return make.make_job(allocation, by=member.user, name="train")


@pytest.fixture
def leads(shell_of: As, lead: Caller) -> Shell:
    """The shell of a lead, who may ask for GPU-hours."""
    return shell_of(lead)


@pytest.mark.parametrize("command", [["cancel"], ["jobs", "cancel"]])
def test_a_job_is_cancelled(cesai: Shell, job: Job, command: list[str]) -> None:
    done = cesai(*command, str(job.pk))

    assert (done.code, done.out) == (0, f"{job.pk} is being cancelled.\n")
    job.refresh_from_db()
    assert job.cancel_requested_at


def test_several_jobs_are_cancelled_at_once(
    cesai: Shell, allocation: Allocation, job: Job
) -> None:
    other = make.make_job(allocation, by=job.submitted_by)
    done = cesai("cancel", str(job.pk), str(other.pk), "--json")

    assert [row["id"] for row in done.json] == [str(job.pk), str(other.pk)]
    assert all(row["cancel_requested_at"] for row in done.json)


def test_a_job_of_others_is_not_cancelled(cesai: Shell, allocation: Allocation) -> None:
    job = make.make_job(allocation)
    done = cesai("cancel", str(job.pk))

    assert done.code == 3
    assert done.err.startswith("Refused: ")
    job.refresh_from_db()
    assert job.cancel_requested_at is None


def test_cancel_needs_a_job(cesai: Shell) -> None:
    assert cesai("cancel").code == 2


def _asked(of: Pool, **other: Any) -> list[str]:
    given = {
        "project": "ours",
        "purpose": "evaluation",
        "pool": of.slug,
        "gpu_hours": "12.5",
        "start": "2030-01-01",
        "end": "2030-02-01",
        **other,
    }
    return [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]


def test_a_request_is_a_draft(leads: Shell, project: Project, pool: Pool) -> None:
    done = leads("requests", "create", *_asked(pool, justification="benchmarks"))
    assert done.code == 0, done.err
    row = Request.objects.get()

    assert (row.state, row.justification, row.purpose) == ("draft", "benchmarks", "evaluation")
    assert row.lines.get().gpu_seconds == 45_000
    assert f"Request {row.pk}: draft, 12.5 GPU-hours." in done.out
    assert f"cesai requests submit {row.pk}" in done.out


def test_a_request_may_be_handed_in_at_once(leads: Shell, project: Project, pool: Pool) -> None:
    assert leads("requests", "create", *_asked(pool), "--submit").code == 0
    assert Request.objects.get().state == "submitted"


def test_a_request_for_training_names_its_model_and_why_nothing_is_reused(
    leads: Shell, project: Project, pool: Pool
) -> None:
    model = make.make_model(project, name="Salamander")
    why = ["--why-not=method", "--why-not=licence", "--why-not-text=another tokeniser"]
    done = leads("requests", "create", *_asked(pool, purpose="training", model="Salamander"), *why)
    assert done.code == 0, done.err
    row = Request.objects.get()

    assert (row.model, row.why_not_reasons) == (model, ["method", "licence"])
    assert row.why_not_text == "another tokeniser"


def test_a_request_of_several_lines_comes_from_a_file(
    leads: Shell, project: Project, pool: Pool
) -> None:
    line = f"  - {{pool: {pool.slug}, gpu_hours: 5, start: 2030-01-01, end: 2030-02-01}}\n"
    leads.write("ask.yaml", f"project: ours\npurpose: other\nlines:\n{line}{line}")
    done = leads("requests", "create", "--from", "ask.yaml", "--json")
    assert done.code == 0, done.err

    assert [row["gpu_seconds"] for row in done.json["lines"]] == [18_000, 18_000]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"gpu_hours": "many"}, 3, "gpu_hours"),
        ({"purpose": "fun"}, 3, "purpose"),
        ({"pool": "nowhere"}, 3, "no such thing"),
        ({"project": "nowhere"}, 3, "no such thing"),
        ({"project": ""}, 2, "needs a project"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    leads: Shell, project: Project, pool: Pool, change: dict[str, str], code: int, said: str
) -> None:
    done = leads("requests", "create", *_asked(pool, **change))

    assert done.code == code
    assert said in done.err
    assert not Request.objects.exists()


def test_a_draft_is_handed_in_and_taken_back(leads: Shell, project: Project, pool: Pool) -> None:
    key = leads("requests", "create", *_asked(pool), "--json").json["id"]

    assert "submitted" in leads("requests", "submit", key).out
    assert leads("requests", "submit", key).code == 3
    assert "withdrawn" in leads("requests", "withdraw", key).out


def test_a_guest_asks_for_nothing(
    guest: Caller, shell_of: As, project: Project, pool: Pool
) -> None:
    assert shell_of(guest)("requests", "create", *_asked(pool)).code == 3


def test_a_group_asks_to_take_part(stranger: Caller, shell_of: As, project: Project) -> None:
    Project.objects.update(visibility="public")
    theirs = Group.objects.get(memberships__user=stranger.user)
    named = f"{theirs.partner.slug}/{theirs.slug}"
    done = shell_of(stranger)("projects", "join", "ours", "--group", named, "--text", "We too.")
    assert done.code == 0, done.err

    asked = JoinRequest.objects.get()
    assert (asked.project, asked.group, asked.text) == (project, theirs, "We too.")


def test_to_join_what_one_does_not_see_is_not_there(
    stranger: Caller, shell_of: As, project: Project
) -> None:
    theirs = Group.objects.get(memberships__user=stranger.user)
    done = shell_of(stranger)("projects", "join", "ours", f"--group={theirs.pk}", "--text=x")

    assert done.code == 3
    assert not JoinRequest.objects.exists()


def test_the_balance_says_what_is_left(cesai: Shell, job: Job, pool: Pool) -> None:
    done = cesai("balance", "ours")
    [row] = done.out.splitlines()[1:]

    # A job of one GPU and five minutes keeps a twelfth of a GPU-hour.
    left, whole, kept, used, bar = row.split()[3:8]
    assert row.split()[0:3] == ["ours", job.cluster.slug, pool.slug]
    assert (left, whole, kept, used) == ("59.9167", "60", "0.0833", "0")
    assert bar == "·" * 24


def test_the_bar_shows_what_is_used_and_kept(cesai: Shell, allocation: Allocation) -> None:
    make.make_job(allocation, gpus=8, minutes=150)
    bar = cesai("balance").out.splitlines()[1].split()[7]

    assert bar == "▒" * 8 + "·" * 16
    cesai.environment |= {"PYTHONIOENCODING": "ascii"}
    assert cesai("balance").out.splitlines()[1].split()[7] == "+" * 8 + "." * 16


def test_the_balance_is_the_ledgers(cesai: Shell, job: Job, allocation: Allocation) -> None:
    [row] = cesai("balance", "ours", "--json").json
    kept = sum(entry.gpu_seconds for entry in LedgerEntry.objects.filter(job=job, kind="reserve"))

    assert row["balance"]["reserved"] == kept == job.reserved_gpu_seconds
    assert row["id"] == str(allocation.pk)


def test_the_balance_of_what_is_not_there_is_refused(cesai: Shell) -> None:
    assert cesai("balance", "nowhere").code == 3


def test_without_an_allocation_there_is_no_balance(cesai: Shell, project: Project) -> None:
    done = cesai("balance", "ours")

    assert (done.code, done.out) == (0, "")
    assert "no current allocation" in done.err


def test_json_is_whole_and_nothing_else_is_printed(cesai: Shell, job: Job) -> None:
    done = cesai("status", str(job.pk), "--json")

    assert json.loads(done.out)["id"] == str(job.pk)
    assert done.err == ""
