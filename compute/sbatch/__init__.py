"""What an sbatch script asks for, read as sbatch itself reads it, or refused line by line."""

from compute.sbatch.arrays import Array, read_array
from compute.sbatch.asked import Asked
from compute.sbatch.problems import BadValue, Code, Problem, ScriptRefused
from compute.sbatch.reader import read_script

__all__ = [
    "Array",
    "Asked",
    "BadValue",
    "Code",
    "Problem",
    "ScriptRefused",
    "read_array",
    "read_script",
]
