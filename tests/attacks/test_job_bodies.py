"""Jobs that want more than a job may: another user, the daemon's environment, a second run."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from compute.models import Allocation, Job
from tests import make
from tests.at_once import at_once
from tests.attacks.cases import each
from tests.attacks.own import own_allocation
from tests.compute.bodies import job_body, nothing_is_reserved, send_job
from tests.conftest import Caller, calls_as

MIB = 1 << 20
HEAD = "#!/bin/sh\n#SBATCH --gpus=1 --time=5\n"


@pytest.mark.django_db(transaction=True)
def test_one_intent_sent_twenty_times_at_once_under_one_key_is_one_job() -> None:
    allocation = own_allocation()
    member = calls_as(allocation.project.created_by)
    key, body = make.key(), job_body(allocation)
    answers = at_once(*[partial(member.post, "jobs/", body, key=key)] * 20)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Job.objects.count() == 1


def test_a_title_that_holds_an_option_is_refused(member: Caller, allocation: Allocation) -> None:
    answer = send_job(member, allocation, name="train\n#SBATCH --uid=0")
    assert answer.status_code == 400
    assert nothing_is_reserved(allocation)


def test_what_people_call_a_job_never_reaches_the_cluster(
    member: Caller, allocation: Allocation
) -> None:
    send_job(member, allocation, name="$(reboot) ; --uid=0 `id`")
    job = Job.objects.get()
    assert job.token == f"cesai-{job.pk}"
    assert job.name not in job.script + job.token + str(job.environment)


@each(
    "environment",
    [
        {"LD_PRELOAD": "/tmp/x.so"}, {"LD_AUDIT": "/tmp/x.so"}, {"BASH_ENV": "/tmp/x"},
        {"ENV": "/tmp/x"}, {"PATH": "/tmp"}, {"SLURM_JOB_UID": "0"}, {"SPANK_X": "1"},
        {"SBATCH_UID": "0"}, {"A": "1\nLD_PRELOAD=/tmp/x.so"}, {"A": "1\rB=2"}, {"A": "1\0"},
        {"A=B": "1"}, {"A\nB": "1"}, {"A\0": "1"}, {"": "1"}, {"ld_preload": "x"},
        {"BASH_FUNC_ls%%": "() { id; }"}, {"ＬＤ_ＰＲＥＬＯＡＤ": "x"}, {"A": ["x"]},
        {"A": {"b": "c"}}, {"A": None}, ["LD_PRELOAD=x"], "LD_PRELOAD=x",
    ],
)  # fmt: skip
def test_a_variable_that_would_take_over_the_job_is_refused(
    member: Caller, allocation: Allocation, environment: Any
) -> None:
    assert send_job(member, allocation, environment=environment).status_code == 400
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize(
    "name", ["PYTHONSTARTUP", "IFS", "PS4", "PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS"]
)
def test_a_variable_of_the_users_own_shell_does_no_more_than_the_script_may(
    member: Caller, allocation: Allocation, name: str
) -> None:
    """The script is the user's own program already: these give it nothing that it has not."""
    answer = send_job(member, allocation, environment={name: "x"})
    assert answer.status_code == 201
    assert Job.objects.get().environment == {name: "x"}


@each(
    ("script", "status"),
    [
        ("#!/bin/sh\n" + "#" * 5 * MIB, 413),
        ("#!/bin/sh\n" + "#" * MIB, 400),
        ("#!/bin/sh\necho a\0b\n", 400),
        ("#!/bin/sh\r\ntrue\r\n", 400),
        ("#!/bin/sh\ntrue\r\n", 400),
        ("true\n", 400),
        ("\n#!/bin/sh\n", 400),
        (" #!/bin/sh\n", 400),
        ("\ufeff#!/bin/sh\n", 400),
        ("#!\n", 400),
        ("", 400),
    ],
)
@each("name", ["script", "sbatch"])
def test_a_text_that_is_no_script_is_refused(
    member: Caller, allocation: Allocation, script: str, status: int, name: str
) -> None:
    body = job_body(allocation, script=script)
    if name == "sbatch":
        body = {"allocation": str(allocation.pk), "sbatch": script}
    answer = member.post("jobs/", body)
    assert answer.status_code == status
    assert nothing_is_reserved(allocation)


@each(
    "line",
    [
        "#SBATCH --uid=0", "#SBATCH --uid 0", "#SBATCH\t--uid=0", "#SBATCH --ui=0",
        "#SBATCH --gid=0", "#SBATCH --wrap=id", "#SBATCH --wrap 'id'", "#SBATCH --export=ALL",
        "#SBATCH --export=LD_PRELOAD=/x", "#SBATCH --get-user-env", "#SBATCH --propagate=ALL",
        "#SBATCH --qos=high", "#SBATCH -q high", "#SBATCH --reservation=maint",
        "#SBATCH --nice=-100000", "#SBATCH --priority=TOP", "#SBATCH -w node1",
        "#SBATCH --nodelist=node1", "#SBATCH --exclude=x", "#SBATCH --clusters=other",
        "#SBATCH -M other", "#SBATCH --dependency=singleton", "#SBATCH --begin=now+1hour",
        "#SBATCH --mail-user=x@evil.example", "#SBATCH --bb=x", "#SBATCH --container=/x",
        "#SBATCH --account=other", "#SBATCH --partition=debug", "#SBATCH --test-only",
        "#SBATCH --no-kill --uid=0", "#SBATCH --job-name='a' --uid=0", "#SBATCH -J x -- --uid=0",
        "#SBATCH --output=/etc/cron.d/x", "#SBATCH --output=../../x", "#SBATCH -D /root",
        "#SBATCH --open-mode=append", "#SBATCH --comment=cesai-x", "#SBATCH --input=/etc/shadow",
        "#SBATCH hetjob", "#SBATCH --hold --uid=0", "#SBATCH -t 5 -n999999999",
        "#SBATCH --gpus=1 --gpus-per-node=8", "#SBATCH --time=infinite",
        "#SBATCH --time=UNLIMITED",
    ],
)  # fmt: skip
def test_an_option_that_gives_more_than_the_allocation_is_refused_by_its_line(
    member: Caller, allocation: Allocation, line: str
) -> None:
    body = {"allocation": str(allocation.pk), "sbatch": f"{HEAD}{line}\ntrue\n"}
    answer = member.post("jobs/", body)
    assert answer.status_code == 400, answer.content
    assert nothing_is_reserved(allocation)


@each("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_what_only_some_read_as_a_new_line_hides_no_option(
    member: Caller, allocation: Allocation, mark: str
) -> None:
    """sbatch ends lines at LF alone: either all of it is one comment, or it is refused."""
    body = {"allocation": str(allocation.pk), "sbatch": f"{HEAD}# x{mark}#SBATCH --uid=0\ntrue\n"}
    answer = member.post("jobs/", body)
    assert answer.status_code in {201, 400}
    for job in Job.objects.all():
        assert (job.gpus, job.minutes, job.options.get("uid")) == (1, 5, None)


@each(
    "changes",
    [
        {"account": "other"}, {"partition": "debug"}, {"qos": "high"}, {"uid": 0},
        {"state": "running"}, {"slurm_job_id": 1}, {"used_gpu_seconds": 0}, {"user": "lead"},
        {"cluster": "other"}, {"submitted_by": "x"}, {"options": {"uid": 0}}, {"token": "x"},
        {"__class__": "x"}, {"id": make.key()},
    ],
)  # fmt: skip
def test_a_field_that_is_the_portals_own_is_refused_and_not_dropped(
    member: Caller, allocation: Allocation, changes: dict[str, Any]
) -> None:
    answer = send_job(member, allocation, **changes)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(changes))
    assert nothing_is_reserved(allocation)


@each(
    "changes",
    [{"gpus": True}, {"gpus": "1"}, {"gpus": 1.5}, {"gpus": -1}, {"gpus": 0}, {"gpus": 2**63},
     {"gpus": 10**400}, {"minutes": -5}, {"minutes": 2**31}, {"nodes": 0}, {"nodes": [1]},
     {"gpus": None}, {"minutes": {}}, {"array": "0-4000000000"}, {"array": "0-9:0"},
     {"array": "1,1"}, {"array": "0-1%0"}],
)  # fmt: skip
def test_a_size_that_is_none_is_refused(
    member: Caller, allocation: Allocation, changes: dict[str, Any]
) -> None:
    assert send_job(member, allocation, **changes).status_code == 400
    assert nothing_is_reserved(allocation)


@pytest.mark.parametrize("name", ["/dev/null", "/dev/null/../../etc/x", "//dev/null"])
def test_no_output_leaves_the_projects_directory_but_into_nothing(
    member: Caller, allocation: Allocation, name: str
) -> None:
    text = f"{HEAD}#SBATCH --output={name}\ntrue\n"
    answer = member.post("jobs/", {"allocation": str(allocation.pk), "sbatch": text})
    assert (answer.status_code == 201) == (name == "/dev/null")


def test_a_stranger_that_knows_the_allocation_submits_nothing_under_it(
    stranger: Caller, allocation: Allocation
) -> None:
    hidden = send_job(stranger, allocation)
    absent = stranger.post("jobs/", {**job_body(allocation), "allocation": make.key()})
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert nothing_is_reserved(allocation)
