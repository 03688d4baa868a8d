"""What holds for every script, whatever stands in it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from compute.sbatch import Asked, Code, ScriptRefused, read_script
from compute.sbatch.options import IGNORED, KNOWN, SHORT
from compute.sbatch.text import directives
from compute.sbatch.values import LONGEST_MINUTES

VALUES = st.sampled_from(
    ["1", "2", "4", "8", "gpu:2", "gpu:a100:4", "a100:2", "1:30", "2-0", "4G", "0", "x", "", "-1"]
) | st.text("09:-,aGk%/ \"'\\#=é", max_size=6)
LONG = st.builds(
    "--{}{}{}".format, st.sampled_from(sorted(KNOWN)), st.sampled_from(["=", " "]), VALUES
)
SHORTS = st.builds(
    "-{}{}{}".format, st.sampled_from(sorted(SHORT)), st.sampled_from(["", " "]), VALUES
)
EASY = (
    "-n8 --ntasks=8 -N2 --gres=gpu:4 -G8 --gpus-per-task=1 -t60 --job-name='a' -vQ --parsable"
    " --ntasks-per-node=4 --requeue --mem=8G -ox -a0-3 --array=0,1,2-3 #remark"
)
GOOD = st.sampled_from(EASY.split())
WORDS = (
    GOOD
    | GOOD
    | GOOD
    | LONG
    | SHORTS
    | st.text("#:-=ab \t\"'\\", max_size=8)
    | st.sampled_from(["hetjob", "--"])
)
LINES = st.lists(WORDS, max_size=3).map(lambda words: "#SBATCH " + " ".join(words))
OTHERS = st.sampled_from(
    ["", "# remark", "  #SBATCH -n 1", "#SLURM -n 1", "#PBS -l x", "hostname"]
)
GOOD_LINES = st.lists(GOOD, min_size=1, max_size=2).map(lambda words: "#SBATCH " + " ".join(words))
SCRIPTS = st.lists(GOOD_LINES | OTHERS, max_size=6).map("\n".join) | st.lists(
    LINES | LINES | OTHERS, max_size=6
).map("\n".join)


def outcome(text: str) -> Asked | ScriptRefused:
    try:
        return read_script(text)
    except ScriptRefused as refused:
        return refused


@given(st.text(max_size=300) | st.text(max_size=300).map("#!/bin/sh\n#SBATCH ".__add__))
def test_any_text_is_read_or_refused_with_a_line_that_exists(text: str) -> None:
    result = outcome(text)
    if isinstance(result, ScriptRefused):
        assert result.problems
        assert all(1 <= p.line <= text.count("\n") + 1 for p in result.problems)


@given(SCRIPTS)
@example("#SBATCH --gpus-per-task=1 --gpus=4")
@example("#SBATCH -t ''")
def test_every_option_line_is_reflected_or_refused(body: str) -> None:
    text = f"#!/bin/sh\n{body}\n"
    result = outcome(text)
    if isinstance(result, ScriptRefused):
        return
    answered = set(result.lines.values())
    for line, rest in directives(text):
        options = rest.split("#")[0].split()
        silent = all(word.lstrip("-") in IGNORED or set(word) <= set("-vQ") for word in options)
        repeated = line not in answered and without(text, line) == result
        assert silent or line in answered or repeated


def without(text: str, line: int) -> Asked | ScriptRefused:
    """The outcome with one line emptied: a repetition may go, anything else may not."""
    lines = text.split("\n")
    lines[line - 1] = "#"
    return outcome("\n".join(lines))


# What only another line can put right.
CURABLE = {Code.GPUS_WITHOUT_TASKS, Code.GPUS_UNEVEN, Code.TOO_FEW_TASKS, Code.TOO_MANY_TASKS}


@given(SCRIPTS, SCRIPTS)
@example("#SBATCH --gpus-per-task=1", "#SBATCH -n8")
def test_a_line_that_is_refused_stays_so_whatever_follows_it(body: str, more: str) -> None:
    text = f"#!/bin/sh\n{body}\n"
    before = outcome(text)
    if not isinstance(before, ScriptRefused) or "hostname" in body:
        return
    if {problem.code for problem in before.problems} - CURABLE:
        assert isinstance(outcome(f"{text}{more}\n"), ScriptRefused)


@given(st.integers(1, LONGEST_MINUTES))
def test_times_survive_every_format(minutes: int) -> None:
    days, rest = divmod(minutes, 24 * 60)
    hours, mins = divmod(rest, 60)
    spellings = [
        f"{minutes}",
        f"{minutes}:00",
        f"{minutes // 60}:{mins:02}:00",
        f"{days}-{hours}:{mins}",
        f"{days}-{hours:02}:{mins:02}:00",
        f"{(minutes - 1) // 60}:{(minutes - 1) % 60}:01",
    ]
    for text in spellings:
        assert read_script(f"#!/bin/sh\n#SBATCH --time={text}").minutes == minutes


@given(nodes=st.integers(1, 64), per_node=st.integers(1, 8), tasks=st.integers(1, 8))
def test_totals_are_consistent_however_they_are_asked(
    nodes: int, per_node: int, tasks: int
) -> None:
    gpus = nodes * per_node
    found = [
        read_script(f"#!/bin/sh\n#SBATCH --ntasks-per-node={tasks} {options}\n")
        for options in (
            f"-N {nodes} --gres=gpu:{per_node}",
            f"-N {nodes} -G {gpus}",
            f"--gpus={gpus} --gpus-per-node={per_node}",
            f"-n {nodes * tasks} --gpus-per-node={per_node}",
        )
    ]
    sizes = {(a.nodes, a.tasks, a.gpus_per_node, a.gpus) for a in found}
    assert sizes == {(nodes, nodes * tasks, per_node, gpus)}
