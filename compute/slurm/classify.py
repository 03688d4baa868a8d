"""Sorts failed answers by their effect: refused, credential rejected, not reached, ambiguous."""

from __future__ import annotations

from compute.slurm.answers import Answer
from compute.slurm.errors import (
    Ambiguous,
    CredentialRejected,
    NotReached,
    RefusedByCluster,
    SlurmError,
)

HELD = 2042
UNKNOWN_JOB = 2017
# Already ended or ending, as cancel (2021) and release (2084) put it.
FINISHED = frozenset({2021, 2084})
NOTHING_FOUND = 9003
# slurmrestd could not connect to slurmctld, so nothing was handed over.
CONTROLLER_NOT_CONNECTED = 1800
DATABASE_NOT_REACHED = 7000
TOKEN_NOT_ACCEPTED = frozenset({1007, 6000, 6006, 6007})

REFUSALS = {
    2000: "This partition does not exist.",
    2001: "No partition was named and the cluster has no default.",
    2002: "This user may not do that here.",
    2003: "This user's UNIX group may not use the partition.",
    2004: "The nodes asked for are not in this partition.",
    2005: "More processors were asked for than are allowed.",
    2006: "The number of nodes cannot be had.",
    2008: "The size of the job is missing.",
    2009: "The script is missing.",
    2010: "The job belongs to another user.",
    2012: "A path is too long.",
    2014: "No node can give what was asked for.",
    2015: "The partition does not allow what was asked for.",
    UNKNOWN_JOB: "The cluster does not know this job.",
    2018: "A node named in the job does not exist.",
    2025: "The number of tasks is invalid.",
    2029: "A node feature asked for does not exist.",
    2037: "The cluster has switched this operation off.",
    2038: "The dependency cannot be met.",
    2041: "More tasks were asked for than processors.",
    2044: "The memory asked for cannot be had.",
    2045: "This user may not submit under this account in this partition.",
    2046: "The parent account does not exist.",
    2048: "The licence asked for does not exist.",
    2050: "A limit of the account or its QOS forbids the job.",
    2051: "The time limit is missing or too long.",
    2052: "The reservation is not open to this user.",
    2053: "The reservation does not exist.",
    2054: "A time in the job is invalid.",
    2057: "The workload characterisation key is invalid.",
    2063: "The cluster does not accept the job as described.",
    2066: "This QOS does not exist or is not open to the account.",
    2069: "The number of processors is invalid.",
    2070: "The partition is inactive or drained.",
    2072: "The GPU type or count is not one the cluster knows.",
    2074: "The account has used up what the QOS requires.",
    2081: "The array is invalid; the highest task that a cluster takes is often 1000.",
    2101: "The partition is down.",
    2102: "A GPU request stands there twice.",
    2105: "The cluster takes no submissions at present.",
    2113: "The UNIX group is invalid.",
    2115: "A resource asked for is not one the cluster knows.",
    2119: "GPUs were asked for with and without a type.",
    2127: "The environment is missing.",
    7001: "Jobs are active under it.",
    7004: "The name is not one the accounting accepts.",
    7012: "A coordinator may lower or remove a limit but not raise it.",
}


def failure(answer: Answer) -> SlurmError:
    """The error to raise for an answer that is not a success."""
    codes = answer.codes
    if answer.status in (401, 511) or codes & TOKEN_NOT_ACCEPTED or _database_refused(answer):
        return CredentialRejected(answer.words, code=min(codes, default=None))
    for code in sorted(codes & REFUSALS.keys()):
        return RefusedByCluster(f"{REFUSALS[code]} Slurm says: {answer.words}", code=code)
    if answer.complaints and all(_is_about_parsing(code) for code in codes):
        detail = f"The cluster could not read the request: {answer.words}"
        return RefusedByCluster(detail, code=min(codes, default=None))
    if codes == {CONTROLLER_NOT_CONNECTED}:
        return NotReached(answer.words, code=CONTROLLER_NOT_CONNECTED)
    return Ambiguous(answer.words, code=min(codes, default=None))


def _database_refused(answer: Answer) -> bool:
    """From 24.11 on a bad token and a dead slurmdbd share a code; on 24.11 the text tells."""
    return any(
        complaint.code == DATABASE_NOT_REACHED and "authentication" in complaint.text
        for complaint in answer.complaints
    )


def _is_about_parsing(code: int) -> bool:
    return 9000 <= code < 10000 and code != NOTHING_FOUND
