"""Which options are refused, each with its reason."""

from __future__ import annotations

import pytest

from compute.sbatch import Asked, Code, ScriptRefused, read_script
from compute.sbatch.options import IGNORED, INSTEAD, KNOWN, READ, REFUSED, REQUEUE, SHORT

REASONS = [
    ("hetjob", Code.SEVERAL_JOBS),
    ("-N 2 hetjob", Code.SEVERAL_JOBS),
    ("packjob", Code.SEVERAL_JOBS),
    (":", Code.SEVERAL_JOBS),
    ("--uid=0", Code.OTHER_USER),
    ("--gid root", Code.OTHER_USER),
    ("--qos=high", Code.ALLOCATION_DECIDES),
    ("-q high", Code.ALLOCATION_DECIDES),
    ("--reservation=maint", Code.ALLOCATION_DECIDES),
    ("--licenses=matlab", Code.ALLOCATION_DECIDES),
    ("-L matlab:2", Code.ALLOCATION_DECIDES),
    ("--clusters=all", Code.ALLOCATION_DECIDES),
    ("-M other", Code.ALLOCATION_DECIDES),
    ("--nice", Code.ALLOCATION_DECIDES),
    ("--nice=10", Code.ALLOCATION_DECIDES),
    ("--priority=TOP", Code.ALLOCATION_DECIDES),
    ("--wckey=x", Code.ALLOCATION_DECIDES),
    ("--export=ALL", Code.ENVIRONMENT),
    ("--export NONE", Code.ENVIRONMENT),
    ("--export-file=f", Code.ENVIRONMENT),
    ("--get-user-env", Code.ENVIRONMENT),
    ("--get-user-env=10L", Code.ENVIRONMENT),
    ("--propagate=STACK", Code.ENVIRONMENT),
    ("--hold", Code.HELD_BY_PORTAL),
    ("-H", Code.HELD_BY_PORTAL),
    ("--comment='a b'", Code.USED_BY_PORTAL),
    ("--mail-type=END,FAIL", Code.MAIL),
    ("--mail-user=me@example.org", Code.MAIL),
    ("--begin=now+1hour", Code.START_CONDITION),
    ("-b 16:00", Code.START_CONDITION),
    ("--dependency=afterok:12", Code.START_CONDITION),
    ("-d singleton", Code.START_CONDITION),
    ("--deadline=2030-01-01", Code.START_CONDITION),
    ("--time-min=10", Code.START_CONDITION),
    ("--nodelist=n[1-3]", Code.PLACEMENT),
    ("-w n1", Code.PLACEMENT),
    ("--exclude n1", Code.PLACEMENT),
    ("-x n1", Code.PLACEMENT),
    ("--constraint='a100&ib'", Code.PLACEMENT),
    ("-C a100", Code.PLACEMENT),
    ("--switches=1@10", Code.PLACEMENT),
    ("--contiguous", Code.PLACEMENT),
    ("-m block", Code.PLACEMENT),
    ("--exclusive", Code.WHOLE_NODES),
    ("--exclusive=user", Code.WHOLE_NODES),
    ("--wait", Code.COMMAND_ONLY),
    ("-W", Code.COMMAND_ONLY),
    ("--test-only", Code.COMMAND_ONLY),
    ("--wrap='rm -rf x'", Code.COMMAND_ONLY),
    ("--help", Code.COMMAND_ONLY),
    ("--mem-per-cpu=4G", Code.USE_INSTEAD),
    ("--mem-per-gpu=4G", Code.USE_INSTEAD),
    ("--cpus-per-gpu=8", Code.USE_INSTEAD),
    ("--ntasks-per-gpu=1", Code.USE_INSTEAD),
    ("--gpus-per-socket=1", Code.USE_INSTEAD),
    ("--tres-per-task=gres/gpu:1", Code.USE_INSTEAD),
    ("--workdir=/x", Code.USE_INSTEAD),
    ("--signal=B:USR1@120", Code.NOT_PASSED_ON),
    ("--open-mode=append", Code.NOT_PASSED_ON),
    ("--hint=nomultithread", Code.NOT_PASSED_ON),
    ("--threads-per-core=1", Code.NOT_PASSED_ON),
    ("--gpu-bind=closest", Code.NOT_PASSED_ON),
    ("--input=f", Code.NOT_PASSED_ON),
    ("-i f", Code.NOT_PASSED_ON),
    ("-k", Code.NOT_PASSED_ON),
    ("-s", Code.NOT_PASSED_ON),
    ("-O", Code.NOT_PASSED_ON),
    ("--tmp=10G", Code.NOT_PASSED_ON),
    ("--container=/x", Code.NOT_PASSED_ON),
    ("--bb=x", Code.NOT_PASSED_ON),
]


def codes(options: str) -> list[Code]:
    with pytest.raises(ScriptRefused) as refused:
        read_script(f"#!/bin/bash\n#SBATCH {options}\nhostname\n")
    return [problem.code for problem in refused.value.problems]


@pytest.mark.parametrize(("options", "code"), REASONS)
def test_an_option_that_is_not_passed_on_is_refused_once(options: str, code: Code) -> None:
    assert codes(options) == [code]


@pytest.mark.parametrize("name", sorted(REFUSED.keys() | INSTEAD.keys()))
def test_no_refused_option_passes_with_or_without_a_value(name: str) -> None:
    assert len(codes(f"--{name}")) == len(codes(f"--{name}=1")) == 1


def test_the_replacement_is_named() -> None:
    with pytest.raises(ScriptRefused) as refused:
        read_script("#!/bin/bash\n#SBATCH --mem-per-cpu=4G\n")
    assert refused.value.problems[0].values == {"instead": "--mem"}


@pytest.mark.parametrize("name", sorted(IGNORED))
def test_what_changes_only_the_command_is_taken_and_changes_nothing(name: str) -> None:
    assert read_script(f"#!/bin/bash\n#SBATCH --{name}\n") == Asked()


def test_an_option_has_one_treatment() -> None:
    treatments = [*READ, *REQUEUE, *IGNORED, *REFUSED, *INSTEAD]
    assert len(treatments) == len(set(treatments))


def test_every_letter_stands_for_a_known_option() -> None:
    assert set(SHORT.values()) <= KNOWN


def test_every_replacement_is_an_option_that_is_read() -> None:
    assert set(INSTEAD.values()) <= READ.keys()
