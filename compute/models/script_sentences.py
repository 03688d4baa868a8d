"""What people are told about a script that was not accepted: what, why, what would do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute.sbatch import Code, Problem

_NUMBERS = ("high", "this", "that")

SENTENCES: Mapping[Code, Promise | str] = {
    Code.EMPTY: _("The script is empty; paste it whole, with its first line `#!/bin/bash`."),
    Code.TOO_LARGE: _("The script is larger than 1 MiB. Keep data in files on the cluster."),
    Code.NO_SHEBANG: _("The first line must name an interpreter; begin with `#!/bin/bash`."),
    Code.DOS_LINE_ENDS: _(
        "Lines end as under Windows here, which sbatch refuses too. Save the script with UNIX "
        "line ends (`dos2unix FILE`)."
    ),
    Code.CONTROL_CHARACTER: _(
        "There is an invisible character (%(character)s), often from copying out of a document. "
        "Delete it; only tabs and line ends are taken."
    ),
    Code.WRONG_PREFIX: _("Options begin with `#SBATCH`; write that, or delete the line."),
    Code.UNCLOSED_QUOTE: _("A quotation mark is opened and not closed; close it on this line."),
    Code.LOOSE_BACKSLASH: _(
        "A backslash stands before a blank or the end of the line, where sbatch loses it. Delete "
        "it; put values with blanks into quotation marks, and give each line its own `#SBATCH`."
    ),
    Code.BARE_WORD: _(
        "This is no option: options begin with `-` or `--`. Put `#` before a remark, and values "
        "with blanks into quotation marks."
    ),
    Code.UNKNOWN_OPTION: _("sbatch has no such option; delete it."),
    Code.MISSPELT_OPTION: _("sbatch has no such option; perhaps %(names)s is meant."),
    Code.ABBREVIATED_OPTION: _(
        "What an abbreviation means depends on the release of Slurm; write the option in full: "
        "%(names)s."
    ),
    Code.VALUE_MISSING: _("The value is missing; write it on the same line, as `--option=value`."),
    Code.VALUE_UNEXPECTED: _("This option has no value; delete `=` and what follows."),
    Code.SEVERAL_JOBS: _(
        "A script is one job here, or one array of equal jobs, and no heterogeneous job. Delete "
        "it and submit the script once for each part."
    ),
    Code.OTHER_USER: _("Jobs run as the project's account on the cluster; delete the line."),
    Code.ALLOCATION_DECIDES: _("The allocation decides this; delete the line."),
    Code.ENVIRONMENT: _(
        "The job starts with the variables given at submission, not with those of a shell. Delete "
        "the line, and give variables there or set them in the script."
    ),
    Code.HELD_BY_PORTAL: _("The portal holds and releases each job itself; delete the line."),
    Code.USED_BY_PORTAL: _(
        "The portal recognises its jobs by this field. Delete the line; the job's name is free."
    ),
    Code.MAIL: _("The portal sends the notices; choose them under Settings and delete the line."),
    Code.START_CONDITION: _(
        "The portal cannot attach conditions to a job's start. Delete the line, and submit the "
        "job when it may start."
    ),
    Code.PLACEMENT: _(
        "Which nodes are taken is the cluster's choice within the allocation's partition; delete "
        "the line."
    ),
    Code.WHOLE_NODES: _(
        "Whole nodes would reserve GPUs that nobody asked for. Delete the line, and ask for all "
        "GPUs of a node with `--gpus-per-node`."
    ),
    Code.COMMAND_ONLY: _(
        "This tells the sbatch command what to do, and nothing about the job; delete the line."
    ),
    Code.USE_INSTEAD: _("This cannot be passed on; write `%(instead)s` instead."),
    Code.NOT_PASSED_ON: _(
        "The portal cannot pass this on to every cluster, and leaving it out would change the "
        "job. Delete the line if the job runs without it."
    ),
    Code.BAD_TIME: _(
        "This is no time. Write minutes, `hours:minutes:seconds` or `days-hours:minutes:seconds`."
    ),
    Code.TIME_TOO_LONG: _("This is more than ten years; a number alone means minutes."),
    Code.NO_TIME_LIMIT: _(
        "This means no limit, and every job needs one; write for example `--time=12:00:00`."
    ),
    Code.BAD_NUMBER: _("This is no number; write a whole number, for example 4."),
    Code.OUT_OF_RANGE: _("The number must lie between 1 and %(high)s."),
    Code.NODE_RANGE: _(
        "A range leaves open how many GPU-hours are reserved; write one number of nodes."
    ),
    Code.BAD_MEMORY: _("This is no amount of memory; write for example `--mem=64G`."),
    Code.ALL_MEMORY: _(
        "This means all memory of a node; write the amount needed, for example `--mem=64G`."
    ),
    Code.BAD_GPUS: _(
        "This is no number of GPUs; write for example `--gpus-per-node=4` or "
        "`--gpus-per-node=a100:4`."
    ),
    Code.OTHER_GRES: _("Only GPUs can be asked for; write for example `--gres=gpu:4`."),
    Code.SEVERAL_GPU_TYPES: _("A job has GPUs of one type; write one number, once."),
    Code.BAD_TEXT: _("The value needs 1 to %(high)s characters and no tab."),
    Code.BAD_ARRAY: _(
        "This names no tasks. Write numbers and rising ranges without blanks, for example "
        "`--array=0-9`, `--array=1,3,5-9:2` or `--array=0-99%%4`."
    ),
    Code.BAD_ARRAY_LIMIT: _(
        "After `%%` stands how many tasks may run at once, from 1 on and at the end, for example "
        "`--array=0-99%%4`. Correct it, or delete `%%` and what follows."
    ),
    Code.ARRAY_TASK_TWICE: _("Task %(this)s stands there twice; name each task once."),
    Code.ARRAY_TOO_LARGE: _(
        "An array has at most %(high)s tasks here; submit the script once for each part."
    ),
    Code.ARRAY_INDEX_TOO_HIGH: _("The number of a task is at most %(high)s; count from 0 or 1."),
    Code.CONTRADICTS: _(
        "Line %(other_line)s says otherwise: `%(other)s`. Delete the one that is not meant."
    ),
    Code.GPUS_CONTRADICT: _(
        "This makes %(this)s GPUs in all; line %(other_line)s, `%(other)s`, makes %(that)s. "
        "Change one, or delete it."
    ),
    Code.GPUS_UNEVEN: _(
        "The number of GPUs does not divide evenly with line %(other_line)s, `%(other)s`; choose "
        "numbers that do."
    ),
    Code.GPUS_WITHOUT_TASKS: _("Without a number of tasks this is no total; add `--ntasks`."),
    Code.TOO_FEW_TASKS: _(
        "There are %(this)s tasks for %(that)s nodes (line %(other_line)s, `%(other)s`), and "
        "sbatch would take fewer nodes. Ask for as many nodes as are used."
    ),
    Code.TOO_MANY_TASKS: _(
        "There are %(this)s tasks, more than fit with line %(other_line)s, `%(other)s`. Ask for "
        "more nodes, more tasks per node or fewer tasks."
    ),
}


def reason(code: Code, values: Mapping[str, str]) -> str:
    """What is wrong and what would do, in the reader's language and without a line."""
    numbers = {
        name: number_format(int(values[name]), force_grouping=True)
        for name in _NUMBERS
        if name in values
    }
    return str(SENTENCES[code]) % {**values, **numbers}


def sentence(problem: Problem) -> str:
    """The refusal in the reader's language."""
    why = reason(problem.code, problem.values)
    if not problem.option:
        return gettext("Not accepted: line %(line)d. %(why)s") % {"line": problem.line, "why": why}
    return gettext("Not accepted: line %(line)d, `%(option)s`. %(why)s") % {
        "line": problem.line,
        "option": problem.option,
        "why": why,
    }
