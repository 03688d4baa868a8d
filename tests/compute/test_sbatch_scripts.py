"""Scripts as people have them, whole, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from compute.sbatch import Array, Asked, Code, ScriptRefused, read_script

SCRIPTS = Path(__file__).parent / "scripts"

ACCEPTED: dict[str, dict[str, object]] = {
    "single_gpu": {
        "job_name": "finetune",
        "minutes": 240,
        "gpus_per_node": 1,
        "gpus": 1,
        "memory_mb_per_node": 65536,
        "cpus_per_task": 8,
    },
    "four_nodes_torchrun": {
        "job_name": "pretrain-7b",
        "account": "cesai_nlp",
        "partition": "gpu",
        "nodes": 4,
        "tasks": 4,
        "tasks_per_node": 1,
        "gpus_per_node": 8,
        "gpus": 32,
        "gpu_type": "a100",
        "cpus_per_task": 96,
        "minutes": 2880,
        "output": "logs/%x-%j.out",
        "error": "logs/%x-%j.err",
    },
    "task_per_gpu": {
        "nodes": 2,
        "tasks": 8,
        "tasks_per_node": 4,
        "gpus_per_node": 4,
        "gpus": 8,
        "cpus_per_task": 16,
        "minutes": 720,
    },
    "total_of_gpus": {"gpus": 16, "minutes": 2160},
    "total_with_type": {
        "nodes": 2,
        "gpus": 8,
        "gpus_per_node": 4,
        "gpu_type": "h100",
        "minutes": 90,
    },
    "several_options_a_line": {
        "nodes": 1,
        "tasks": 4,
        "cpus_per_task": 12,
        "memory_mb_per_node": 122880,
        "minutes": 45,
        "gpus_per_node": 4,
        "gpus": 4,
        "gpu_type": "v100",
        "job_name": "smoke test",
    },
    "python_script": {"minutes": 30, "gpus": 1, "gpus_per_node": 1},
    "commented_header": {"partition": "gpu", "gpus_per_node": 2, "gpus": 2, "minutes": 480},
    "options_below_a_command": {"gpus_per_node": 1, "gpus": 1, "minutes": 60, "unread": (5, 6)},
    "writes_another_script": {"gpus": 1, "minutes": 15, "unread": (5,)},
    "requeue_and_paths": {
        "requeue": True,
        "working_directory": "/scratch/p_nlp/run7",
        "output": "/scratch/p_nlp/run7/out %j.log",
        "gpus_per_node": 2,
        "gpus": 2,
        "gpu_type": "a100",
        "minutes": 5070,
    },
    "quiet_submission": {"gpus": 1, "minutes": 5, "unread": (4,)},
    "tasks_decide_nodes": {
        "nodes": 3,
        "tasks": 12,
        "tasks_per_node": 4,
        "gpus_per_node": 4,
        "gpus": 12,
        "minutes": 360,
        "memory_mb_per_node": 491520,
    },
    "cpu_only": {
        "tasks": 1,
        "cpus_per_task": 32,
        "memory_mb_per_node": 204800,
        "minutes": 1440,
    },
    "array_of_seeds": {
        "job_name": "seeds",
        "array": Array(tuple(range(10)), at_once=2),
        "gpus_per_node": 1,
        "gpus": 1,
        "minutes": 120,
        "output": "seed-%A_%a.out",
    },
    "no_end_of_line": {"gpus_per_node": 1, "gpus": 1, "minutes": 10},
}

REFUSED: dict[str, list[tuple[int, str, Code]]] = {
    "mail_and_qos": [
        (2, "--qos=long", Code.ALLOCATION_DECIDES),
        (3, "--mail-type=BEGIN,END,FAIL", Code.MAIL),
        (4, "--mail-user=kim@example.org", Code.MAIL),
    ],
    "exclusive_nodes": [
        (3, "--exclusive", Code.WHOLE_NODES),
        (4, "--mem=0", Code.ALL_MEMORY),
        (5, "--constraint=a100_80", Code.PLACEMENT),
        (6, "--nodelist=gpu[01-02]", Code.PLACEMENT),
    ],
    "memory_per_cpu": [
        (3, "--cpus-per-gpu=8", Code.USE_INSTEAD),
        (4, "--mem-per-cpu=8000", Code.USE_INSTEAD),
    ],
    "chained": [
        (2, "--dependency=afterok:123456", Code.START_CONDITION),
        (3, "--begin=2030-01-01T20:00", Code.START_CONDITION),
        (4, "--signal=B:USR1@300", Code.NOT_PASSED_ON),
        (5, "--open-mode=append", Code.NOT_PASSED_ON),
    ],
    "heterogeneous": [
        (3, "hetjob", Code.SEVERAL_JOBS),
        (4, "--ntasks=8", Code.CONTRADICTS),
    ],
    "whole_environment": [
        (2, "--export=ALL,HF_HOME=/tmp/hf", Code.ENVIRONMENT),
        (3, "--get-user-env", Code.ENVIRONMENT),
        (4, '--comment="for the paper"', Code.USED_BY_PORTAL),
    ],
    "typing_errors": [
        (2, "--jobname=oops", Code.MISSPELT_OPTION),
        (3, "--time=2h", Code.BAD_TIME),
        (4, "--node=2", Code.ABBREVIATED_OPTION),
        (5, "-gres=gpu:1", Code.UNKNOWN_OPTION),
        (6, "mem=4G", Code.BARE_WORD),
        (7, "--ntasks =", Code.BAD_NUMBER),
        (7, "4", Code.BARE_WORD),
        (8, '--output="logs/%j', Code.UNCLOSED_QUOTE),
    ],
    "two_minds": [(6, "-t 12:00:00", Code.CONTRADICTS)],
    "windows": [(1, "", Code.DOS_LINE_ENDS)],
    "no_interpreter": [(1, "", Code.NO_SHEBANG)],
}


def text_of(name: str) -> str:
    return (SCRIPTS / f"{name}.sh").read_bytes().decode()


def answers(asked: Asked) -> dict[str, object]:
    """What is set, without the line numbers."""
    everything = {name: getattr(asked, name) for name in Asked.__slots__ if name != "lines"}
    return {name: value for name, value in everything.items() if value not in (None, ())}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_script_is_read_as_its_author_meant_it(name: str) -> None:
    assert answers(read_script(text_of(name))) == ACCEPTED[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_script_is_refused_with_every_line_that_is_in_the_way(name: str) -> None:
    with pytest.raises(ScriptRefused) as refused:
        read_script(text_of(name))
    assert [(p.line, p.option, p.code) for p in refused.value.problems] == REFUSED[name]


def test_every_script_in_the_folder_has_an_expected_outcome() -> None:
    assert {path.stem for path in SCRIPTS.iterdir()} == ACCEPTED.keys() | REFUSED.keys()
