"""What an sbatch script asks for, read as sbatch itself reads it, or refused line by line."""

from compute.sbatch.asked import Asked
from compute.sbatch.problems import Code, Problem, ScriptRefused
from compute.sbatch.reader import read_script

__all__ = ["Asked", "Code", "Problem", "ScriptRefused", "read_script"]
