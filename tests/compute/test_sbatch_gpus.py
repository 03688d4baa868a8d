"""How many nodes, tasks and GPUs a script asks for in all."""

from __future__ import annotations

import pytest

from compute.sbatch import Asked, Code, ScriptRefused, read_script


def read(options: str) -> Asked:
    return read_script(f"#!/bin/bash\n#SBATCH {options}\nhostname\n")


def codes(options: str) -> list[Code]:
    with pytest.raises(ScriptRefused) as refused:
        read(options)
    return [problem.code for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("options", "per_node", "total", "kind"),
    [
        ("--gres=gpu", 1, 1, None),
        ("--gres=gpu:2", 2, 2, None),
        ("--gres gpu:2", 2, 2, None),
        ("--gres=gpu:a100:2", 2, 2, "a100"),
        ("--gres=gpu:a100", 1, 1, "a100"),
        ("--gres=gpu:A100-SXM4:4", 4, 4, "A100-SXM4"),
        ("--gres=gpu:3g.20gb:1", 1, 1, "3g.20gb"),
        ("--gres=gres:gpu:2", 2, 2, None),
        ("--gres=gres/gpu:2", 2, 2, None),
        ("--gres=gpu:2 -N 3", 2, 6, None),
        ("--gpus-per-node=4", 4, 4, None),
        ("--gpus-per-node=a100:4 --nodes=2", 4, 8, "a100"),
        ("-G 4", None, 4, None),
        ("-G4", None, 4, None),
        ("--gpus=a100:4", None, 4, "a100"),
        ("--gpus=a100", None, 1, "a100"),
        ("--gpus=8 -N 2", 4, 8, None),
        ("--gpus=8 --gpus-per-node=4", 4, 8, None),
        ("--gpus-per-task=2 -n 4", None, 8, None),
        ("--gpus-per-task=a100:1 -n 8 -N 2", 4, 8, "a100"),
        ("--gpus-per-task=1 --ntasks-per-node=4 -N 2", 4, 8, None),
        ("--gpus-per-task=2 -G 8", None, 8, None),
        ("--gpus-per-task=1 -n 8 --gpus-per-node=4", 4, 8, None),
        ("--gres=gpu:4 --gpus-per-node=4 -G 8 -N 2", 4, 8, None),
        ("--gres=gpu:4 -G a100:8", 4, 8, "a100"),
        ("-N 2", None, None, None),
    ],
)
def test_every_spelling_of_gpus_adds_up(
    options: str, per_node: int | None, total: int | None, kind: str | None
) -> None:
    asked = read(options)
    assert (asked.gpus_per_node, asked.gpus, asked.gpu_type) == (per_node, total, kind)


@pytest.mark.parametrize(
    ("options", "nodes", "tasks"),
    [
        ("-n 8", None, 8),
        ("-N 2", 2, None),
        ("--ntasks-per-node=4", None, 4),
        ("-N 2 --ntasks-per-node=4", 2, 8),
        ("-n 8 --ntasks-per-node=4", 2, 8),
        ("-n 9 --ntasks-per-node=4", 3, 9),
        ("-N 2 -n 6 --ntasks-per-node=4", 2, 6),
        ("-G 8 --gpus-per-node=4", 2, None),
        ("-G 8 --gpus-per-node=4 --ntasks-per-node=4", 2, 8),
        ("-G 8 --gpus-per-task=2", None, 4),
        ("-G 8 --gpus-per-task=1 --ntasks-per-node=4", 2, 8),
        ("-n 8 --gpus-per-task=1 --gpus-per-node=4", 2, 8),
    ],
)
def test_nodes_and_tasks_follow_from_each_other(
    options: str, nodes: int | None, tasks: int | None
) -> None:
    asked = read(options)
    assert (asked.nodes, asked.tasks) == (nodes, tasks)


def test_a_total_has_the_line_it_follows_from() -> None:
    asked = read_script("#!/bin/sh\n#SBATCH -N 2\n#SBATCH --gpus-per-node=4\n")
    assert asked.lines == {"nodes": 2, "gpus_per_node": 3, "gpus": 3}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("--gpus=8 --gpus-per-node=3", Code.GPUS_CONTRADICT),
        ("--gpus=8 --gpus-per-node=2 -N 2", Code.GPUS_CONTRADICT),
        ("--gpus=8 --gpus-per-task=1 -n 4", Code.GPUS_CONTRADICT),
        ("--gres=gpu:2 --gpus-per-task=1 -n 4 -N 1", Code.GPUS_CONTRADICT),
        ("--gpus=5 -N 2", Code.GPUS_UNEVEN),
        ("--gpus=5 --gpus-per-task=2", Code.GPUS_UNEVEN),
        ("--gpus-per-task=2", Code.GPUS_WITHOUT_TASKS),
        ("--gpus-per-task=2 --gpus-per-node=2", Code.GPUS_WITHOUT_TASKS),
        ("-N 4 -n 2", Code.TOO_FEW_TASKS),
        ("-N 2 -n 10 --ntasks-per-node=4", Code.TOO_MANY_TASKS),
        ("-N 1000000 --gpus-per-node=2", Code.OUT_OF_RANGE),
        ("--gpus=a100:2,v100:2", Code.SEVERAL_GPU_TYPES),
        ("--gres=gpu:a100:1,gpu:v100:1", Code.SEVERAL_GPU_TYPES),
        ("--gres=gpu:2,nvme:1", Code.OTHER_GRES),
        ("--gres=shard:2", Code.OTHER_GRES),
        ("--gres=none", Code.OTHER_GRES),
        ("--gres=gpu=2", Code.BAD_GPUS),
        ("--gres=gpu:", Code.BAD_GPUS),
        ("--gres=gpu:2(S:0)", Code.BAD_GPUS),
        ("--gres=gpu:2k", Code.BAD_GPUS),
        ("--gres=gpu:a100:b:2", Code.BAD_GPUS),
        ("--gres=gpu:4:a100", Code.BAD_GPUS),
        ("--gres=gpu/a100:2", Code.BAD_GPUS),
        ("--gpus=gpu:4", Code.BAD_GPUS),
        ("--gpus=a100:", Code.BAD_GPUS),
        ("--gpus=:4", Code.BAD_GPUS),
        ("--gpus=a100:x", Code.BAD_GPUS),
        ("--gpus=-1", Code.BAD_GPUS),
        ("--gpus=4k", Code.BAD_GPUS),
        ("--gpus=٤", Code.BAD_GPUS),
        ("--gpus=0", Code.OUT_OF_RANGE),
        ("--gres=gpu:0", Code.OUT_OF_RANGE),
    ],
)
def test_gpus_that_do_not_add_up_are_refused_with_one_reason(options: str, code: Code) -> None:
    assert codes(options) == [code]


def test_a_contradiction_says_both_numbers() -> None:
    with pytest.raises(ScriptRefused) as refused:
        read_script("#!/bin/sh\n#SBATCH --gpus=8\n#SBATCH -N 2 --gpus-per-node=2\n")
    (problem,) = refused.value.problems
    assert (problem.line, problem.option) == (3, "--gpus-per-node=2")
    assert problem.values == {"this": "4", "other": "--gpus=8", "other_line": "2", "that": "8"}


def test_totals_are_not_judged_while_a_number_is_unreadable() -> None:
    assert codes("--nodes=x --gpus-per-node=4 --gpus=8 -n y") == [Code.BAD_NUMBER, Code.BAD_NUMBER]


def test_totals_are_judged_beside_a_refusal_that_does_not_touch_them() -> None:
    assert codes("--mail-type=END --gpus=5 -N 2") == [Code.MAIL, Code.GPUS_UNEVEN]
