"""`cesai submit`: scripts with options of the command line, and the allocation that is meant."""

from __future__ import annotations

from typing import Any

import pytest

from compute.models import Allocation, Job, Pool
from projects.models import Project
from tests import make
from tests.client.conftest import As, Shell
from tests.conftest import Caller

SCRIPT = """#!/bin/bash
#SBATCH --job-name=train
#SBATCH --gpus=2 --time=01:30:00
srun train
"""


def _submit(cesai: Shell, *options: str, text: str = SCRIPT) -> Any:
    cesai.write("job.sh", text)
    return cesai("submit", "job.sh", *options)


def test_a_script_becomes_a_job(cesai: Shell, allocation: Allocation) -> None:
    done = _submit(cesai)
    job = Job.objects.get()

    assert (done.code, done.out) == (0, f"Submitted job {job.pk}\n")
    assert (job.allocation_id, job.script) == (allocation.pk, SCRIPT)
    assert (job.name, job.gpus, job.minutes) == ("train", 2, 90)


def test_for_scripts_the_id_is_printed_alone(cesai: Shell, allocation: Allocation) -> None:
    assert _submit(cesai, "--parsable").out.strip() == str(Job.objects.get().pk)


def test_for_programs_the_job_is_printed(cesai: Shell, allocation: Allocation) -> None:
    shown = _submit(cesai, "--json").json

    assert (shown["id"], shown["state"]) == (str(Job.objects.get().pk), "new")


def test_a_script_is_read_from_standard_input(cesai: Shell, allocation: Allocation) -> None:
    assert cesai("submit", given=SCRIPT).code == 0
    assert Job.objects.get().script == SCRIPT


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--gpus", "4"], {"gpus": 4}),
        (["-G1"], {"gpus": 1}),
        (["--time=10"], {"minutes": 10}),
        (["-t", "2:00:00"], {"minutes": 120}),
        (["-J", "two words"], {"name": "two words"}),
        (["-J", 'a "quoted" \\ name # here'], {"name": 'a "quoted" \\ name # here'}),
        (["--job-name=other", "--gpus=1", "-t5"], {"name": "other", "gpus": 1, "minutes": 5}),
    ],
)
def test_an_option_counts_more_than_the_script(
    cesai: Shell, allocation: Allocation, options: list[str], expected: dict[str, Any]
) -> None:
    done = _submit(cesai, *options)
    assert done.code == 0, done.err
    job = Job.objects.get()

    assert {name: getattr(job, name) for name in expected} == expected


def test_options_that_the_script_lacks_are_added(cesai: Shell, allocation: Allocation) -> None:
    done = _submit(cesai, "--array=0-3%2", "--mem=4G", "--requeue", "-o", "log-%A_%a")
    assert done.code == 0, done.err
    options = Job.objects.get().options

    assert (options["array"], options["memory_mb_per_node"]) == ("0-3%2", 4096)
    assert (options["requeue"], options["output"]) == (True, "log-%A_%a")


def test_lines_keep_their_numbers(cesai: Shell, allocation: Allocation) -> None:
    _submit(cesai, "--gpus=1", "--time=5")
    kept, given = Job.objects.get().script.split("\n"), SCRIPT.split("\n")

    assert (len(kept), kept[3:]) == (len(given), given[3:])


def test_a_script_without_options_gets_them_all_from_the_command(
    cesai: Shell, allocation: Allocation
) -> None:
    done = _submit(cesai, "--gpus=1", "--time=5", text="#!/bin/sh\necho hello\n")
    assert done.code == 0, done.err

    assert Job.objects.get().script == "#!/bin/sh\n#SBATCH --time=5 --gpus=1\necho hello\n"


def test_a_refusal_names_the_line_of_the_file(cesai: Shell, allocation: Allocation) -> None:
    done = _submit(cesai, text=SCRIPT.replace("train\n#", "train\n#SBATCH --qos=long\n#"))

    assert done.code == 3
    assert "line 3, `--qos=long`" in done.err
    assert not Job.objects.exists()


def test_every_line_that_is_in_the_way_is_named(cesai: Shell, allocation: Allocation) -> None:
    text = SCRIPT.replace("train\n#", "train\n#SBATCH --exclusive\n#SBATCH --mail-type=END\n#")
    said = _submit(cesai, text=text).err

    assert "line 3, `--exclusive`" in said
    assert "line 4, `--mail-type=END`" in said


def test_a_refused_option_of_the_command_is_not_blamed_on_a_line(
    cesai: Shell, allocation: Allocation
) -> None:
    done = _submit(cesai, "--time=2h")

    assert done.code == 3
    assert "the command line, `--time=2h`" in done.err
    assert "line 2" not in done.err


def test_a_line_behind_an_added_one_is_named_as_it_stands_in_the_file(
    cesai: Shell, allocation: Allocation
) -> None:
    text = "#!/bin/sh\n# remark\x07\necho\n"
    done = _submit(cesai, "--gpus=1", "--time=5", text=text)

    assert done.code == 3
    assert "line 2." in done.err


def test_a_script_without_a_time_limit_is_refused(cesai: Shell, allocation: Allocation) -> None:
    done = _submit(cesai, text="#!/bin/sh\n#SBATCH --gpus=1\ntrue\n")

    assert done.code == 3
    assert "no time limit" in done.err


def test_a_file_that_is_missing_is_named(cesai: Shell) -> None:
    done = cesai("submit", "nowhere.sh")

    assert done.code == 2
    assert "nowhere.sh cannot be read: No such file" in done.err


def test_a_file_that_is_no_text_is_refused_by_line(cesai: Shell, allocation: Allocation) -> None:
    cesai.write("job.sh", b"#!/bin/sh\n#SBATCH -J caf\xe9\n")
    done = cesai("submit", "job.sh")

    assert done.code == 2
    assert "job.sh, line 2" in done.err


def test_an_unknown_option_is_not_dropped(cesai: Shell, allocation: Allocation) -> None:
    done = _submit(cesai, "--exclusive")

    assert done.code == 2
    assert not Job.objects.exists()


def test_words_behind_the_script_are_not_dropped(cesai: Shell, allocation: Allocation) -> None:
    assert _submit(cesai, "--lr=1").code == 2
    assert _submit(cesai, "epoch").code == 2
    assert not Job.objects.exists()


@pytest.fixture
def south(project: Project, quota_admin: Caller) -> Allocation:
    """A second allocation of the project, on another cluster."""
    cluster = make.make_cluster(slug="south")
    pool = make.make_pool(cluster, partition="fast")
    return make.make_allocation(project, pool, by=quota_admin.user)


def test_of_several_allocations_one_has_to_be_named(
    cesai: Shell, allocation: Allocation, south: Allocation
) -> None:
    done = _submit(cesai)

    assert done.code == 2
    assert str(allocation.pk) in done.err
    assert f"{south.pk} ours on south, 60 GPU-hours left" in done.err
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "options", [["--cluster", "south"], ["--partition=fast"], ["-p", "fast", "--project=ours"]]
)
def test_what_leaves_one_allocation_names_it(
    cesai: Shell, allocation: Allocation, south: Allocation, options: list[str]
) -> None:
    done = _submit(cesai, *options)
    assert done.code == 0, done.err

    assert Job.objects.get().allocation == south


def test_an_allocation_is_named_by_id_or_account(
    cesai: Shell, allocation: Allocation, south: Allocation
) -> None:
    assert _submit(cesai, "--allocation", str(south.pk)).code == 0
    assert _submit(cesai, "--allocation", south.slurm_account).code == 0
    assert _submit(cesai, f"--account={south.slurm_account}").code == 0

    assert {job.allocation_id for job in Job.objects.all()} == {south.pk}


def test_a_script_that_names_its_account_names_the_allocation(
    cesai: Shell, allocation: Allocation, south: Allocation
) -> None:
    text = SCRIPT.replace("--gpus", f"--account={south.slurm_account} --gpus")

    assert _submit(cesai, text=text).code == 0
    assert Job.objects.get().allocation == south


def test_a_foreign_account_is_refused_by_line(cesai: Shell, allocation: Allocation) -> None:
    done = _submit(cesai, text=SCRIPT.replace("--gpus", "--account=rich --gpus"))

    assert done.code == 3
    assert "line 3, `--account=rich`" in done.err


def test_a_foreign_account_of_the_command_is_refused_as_such(
    cesai: Shell, allocation: Allocation
) -> None:
    done = _submit(cesai, "--account=rich")

    assert done.code == 3
    assert "the command line, `--account=rich`" in done.err


def test_without_an_allocation_one_is_told_to_ask(cesai: Shell, project: Project) -> None:
    done = _submit(cesai, "--project=ours", "--cluster=south")

    assert done.code == 2
    assert "no current allocation of project “ours” on cluster “south”" in done.err


def test_what_does_not_fit_is_refused(cesai: Shell, allocation: Allocation) -> None:
    done = _submit(cesai, "--gpus=8", "--time=12:00:00")

    assert done.code == 3
    assert done.err.startswith("Refused: ")


def test_a_size_that_the_pool_does_not_have_is_refused_by_line(
    cesai: Shell, allocation: Allocation
) -> None:
    done = _submit(cesai, text=SCRIPT.replace("01:30:00", "9-0"))

    assert done.code == 3
    assert "job.sh, line 3, `--time=9-0`: A job may run 1 to 1440 minutes here." in done.err


def test_a_size_of_the_command_that_the_pool_does_not_have_is_refused_as_such(
    cesai: Shell, allocation: Allocation
) -> None:
    said = _submit(cesai, "--gpus=9").err

    assert "job.sh, the command line: " in said
    assert "line 3" not in said


def test_a_guest_is_refused(guest: Caller, shell_of: As, allocation: Allocation) -> None:
    assert _submit(shell_of(guest)).code == 3
    assert not Job.objects.exists()


def test_an_intent_acts_once(cesai: Shell, allocation: Allocation) -> None:
    first = _submit(cesai, "--parsable", "--key=one")
    second = _submit(cesai, "--parsable", "--key=one")

    assert (first.code, first.out) == (second.code, second.out)
    assert Job.objects.count() == 1


def test_the_version_that_it_trains_is_kept(
    cesai: Shell, allocation: Allocation, project: Project
) -> None:
    version = make.make_version(make.make_model(project))
    done = _submit(cesai, "--version", str(version.pk))
    assert done.code == 0, done.err

    assert Job.objects.get().version == version


def test_windows_line_ends_are_refused_by_line(cesai: Shell, allocation: Allocation) -> None:
    done = _submit(cesai, text=SCRIPT.replace("\n", "\r\n"))

    assert done.code == 3
    assert "line 1. Lines end as under Windows" in done.err


def test_a_pools_own_partition_may_stand_there(
    cesai: Shell, allocation: Allocation, pool: Pool
) -> None:
    assert _submit(cesai, "-p", pool.partition).code == 0
