"""What the values of the options mean."""

from __future__ import annotations

import pytest

from compute.sbatch import Asked, Code, ScriptRefused, read_script


def read(options: str) -> Asked:
    return read_script(f"#!/bin/bash\n#SBATCH {options}\nhostname\n")


def code(options: str) -> Code:
    with pytest.raises(ScriptRefused) as refused:
        read(options)
    (problem,) = refused.value.problems
    return problem.code


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1", 1),
        ("90", 90),
        ("01", 1),
        ("1:30", 2),
        ("0:01", 1),
        ("1:60", 2),
        ("30:00", 30),
        ("00:05:00", 5),
        ("1:30:00", 90),
        ("1:30:01", 91),
        ("1:99:99", 161),
        ("0:90:00", 90),
        ("72:00:00", 4320),
        ("1-0", 1440),
        ("2-12", 3600),
        ("1-2:3", 1563),
        ("1-2:3:4", 1564),
        ("1-24:00:00", 2880),
        ("0-0:0:1", 1),
    ],
)
def test_times_are_whole_minutes_rounded_up(text: str, minutes: int) -> None:
    assert read(f"--time={text}").minutes == read(f"-t {text}").minutes == minutes


NO_TIMES = "1h 5m 1.5 +5 -5 1- 1: :30 1:: 1:2:3:4 1-2-3 1-:5 12h30 ٣ 1,5 $T 1d-2"


@pytest.mark.parametrize("text", NO_TIMES.split())
def test_what_is_no_time_is_refused(text: str) -> None:
    assert code(f"--time={text}") is Code.BAD_TIME


@pytest.mark.parametrize("text", ["0", "0:00", "0-0", "infinite", "UNLIMITED", "-1"])
def test_a_job_without_a_time_limit_is_refused(text: str) -> None:
    assert code(f"--time={text}") is Code.NO_TIME_LIMIT


@pytest.mark.parametrize("text", ["999999999", "999999999-0", "3661-0"])
def test_more_than_ten_years_are_refused(text: str) -> None:
    assert code(f"--time={text}") is Code.TIME_TOO_LONG


@pytest.mark.parametrize(
    ("text", "mebibytes"),
    [
        ("1", 1),
        ("4096", 4096),
        ("4G", 4096),
        ("4g", 4096),
        ("4GB", 4096),
        ("4096MB", 4096),
        ("2T", 2 * 1024 * 1024),
        ("1024K", 1),
        ("1500K", 2),
        ("1k", 1),
    ],
)
def test_memory_is_mebibytes_rounded_up(text: str, mebibytes: int) -> None:
    assert read(f"--mem={text}").memory_mb_per_node == mebibytes


@pytest.mark.parametrize("text", ["1.5G", "4GiB", "1P", "64B", "-1", "lots", "4 G'", "4\u212a"])
def test_what_is_no_amount_of_memory_is_refused(text: str) -> None:
    assert code(f'--mem="{text}"') is Code.BAD_MEMORY


def test_all_memory_of_a_node_is_refused() -> None:
    assert code("--mem=0") is Code.ALL_MEMORY


def test_memory_beyond_any_node_is_refused() -> None:
    assert code("--mem=999999999999999T") is Code.OUT_OF_RANGE


COUNTS = [
    ("-N", "--nodes", "nodes"),
    ("-n", "--ntasks", "tasks"),
    ("-c", "--cpus-per-task", "cpus_per_task"),
]


@pytest.mark.parametrize(("short", "long", "field"), COUNTS)
def test_counts_are_read_from_both_spellings(short: str, long: str, field: str) -> None:
    found = [getattr(read(line), field) for line in (f"{short} 12", f"{short}12", f"{long}=12")]
    assert found == [12, 12, 12]


@pytest.mark.parametrize("option", [long for _, long, _ in COUNTS] + ["--ntasks-per-node"])
@pytest.mark.parametrize("text", ["x", "-1", "+4", "1k", "0x4", "4.0", "4e1", "٤", "²", "1:2"])
def test_what_is_no_whole_number_is_refused(option: str, text: str) -> None:
    assert code(f"{option}={text}") is Code.BAD_NUMBER


@pytest.mark.parametrize("option", [long for _, long, _ in COUNTS])
@pytest.mark.parametrize("text", ["0", "1000001", "9999999999999999999"])
def test_counts_beyond_any_cluster_are_refused(option: str, text: str) -> None:
    assert code(f"{option}={text}") is Code.OUT_OF_RANGE


def test_a_number_of_any_length_is_refused_without_harm() -> None:
    assert code(f"-n {'9' * 10_000}") is Code.BAD_NUMBER


def test_a_range_of_one_number_of_nodes_is_that_number() -> None:
    assert read("-N 2-2").nodes == 2


@pytest.mark.parametrize("text", ["1-4", "4-2"])
def test_a_range_of_nodes_is_refused(text: str) -> None:
    assert code(f"--nodes={text}") is Code.NODE_RANGE


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ("-A nlp", "account", "nlp"),
        ("--account=nlp", "account", "nlp"),
        ("-p gpu", "partition", "gpu"),
        ("--partition gpu,long", "partition", "gpu,long"),
        ("-o out/%x-%j.log", "output", "out/%x-%j.log"),
        ("--output=/p/%j.out", "output", "/p/%j.out"),
        ("-e err", "error", "err"),
        ("--error='my err'", "error", "my err"),
        ("-D /p/run", "working_directory", "/p/run"),
        ("--chdir=.", "working_directory", "."),
        ("--requeue", "requeue", True),
        ("--no-requeue", "requeue", False),
        ("-J x", "job_name", "x"),
    ],
)
def test_texts_are_kept_as_written(options: str, field: str, value: object) -> None:
    asked = read(options)
    assert (getattr(asked, field), asked.lines) == (value, {field: 2})


@pytest.mark.parametrize(
    "options",
    [
        "-t 5 --time=6",
        "-N 2 -N 3",
        "-J a -J b",
        "--requeue --no-requeue",
        "--gres=gpu:2 --gpus-per-node=3",
        "-G a100:2 --gres=gpu:v100:2",
        "-o a --output=b",
    ],
)
def test_two_answers_to_one_question_are_refused(options: str) -> None:
    assert code(options) is Code.CONTRADICTS


def test_a_contradiction_names_the_other_line() -> None:
    with pytest.raises(ScriptRefused) as refused:
        read_script("#!/bin/sh\n#SBATCH -t 5\n\n#SBATCH --time=6\n")
    (problem,) = refused.value.problems
    assert (problem.line, problem.values) == (4, {"other": "-t 5", "other_line": "2"})


@pytest.mark.parametrize("options", ["-t 60 --time=1:00:00", "--gres=gpu:2 --gpus-per-node=2"])
def test_the_same_answer_twice_is_taken(options: str) -> None:
    assert read(options).lines
