"""Each project is one UNIX user: its jobs cannot spend, cancel or read what belongs to another."""

from __future__ import annotations

from compute.models import Job
from tests.real.centre import Centre

SCRIPT = """#!/bin/sh
try() { "$@" >> attempts.log 2>&1; echo "$1 $?" >> attempts; }
export PATH=/usr/bin:/bin
%(bin)s/sbatch --account=%(own)s --output=/dev/null --mem=10 --wrap=true > own 2>&1 && touch can
try %(bin)s/sbatch --account=%(account)s --output=/dev/null --mem=10 --wrap=true
try %(bin)s/scancel %(job)s
try cat %(secret)s
try ls %(directory)s
try %(bin)s/scontrol token username=%(user)s
try %(bin)s/scontrol update jobid=%(job)s timelimit=1
touch done
"""


def test_a_job_cannot_touch_another_projects_account_job_or_files(centre: Centre) -> None:
    mine, theirs = centre.award(3600), centre.award(3600)
    secret = centre.directory(theirs) / "weights"
    secret.write_text("secret")
    centre.directory(theirs).chmod(0o700)
    victim = centre.submit(theirs, 60)
    centre.wait(lambda: Job.objects.filter(pk=victim.pk, state="running").exists())
    victim.refresh_from_db()
    script = SCRIPT % {
        # Newer releases' commands are the job's own there; ours are for root.
        "bin": "/usr/bin" if centre.can_change else centre.real.commands,
        "own": mine.slurm_account,
        "account": theirs.slurm_account,
        "job": victim.slurm_job_id,
        "secret": secret,
        "directory": centre.directory(theirs),
        "user": theirs.unix_user,
    }
    attack = centre.submit(mine, script=script)
    home = centre.directory(mine)
    centre.wait((home / "done").exists)
    assert (home / "can").exists(), (home / "own").read_text()  # or nothing below would be tried
    outcomes = [line.split() for line in (home / "attempts").read_text().splitlines()]
    assert len(outcomes) == 6
    told = (home / "attempts.log").read_text()
    # scancel succeeds on some releases without doing anything: what counts is that it goes on.
    assert {name.rpartition("/")[2] for name, code in outcomes if code == "0"} <= {"scancel"}, told
    assert "secret" not in told
    centre.sync()
    victim.refresh_from_db()
    assert (victim.state, victim.minutes) == ("running", 2)
    centre.wait(lambda: Job.objects.filter(pk=attack.pk, state="completed").exists())
    with centre.client() as client:
        rows = client.jobs()
    assert [row.job_id for row in rows if row.account == theirs.slurm_account] == [
        victim.slurm_job_id
    ]
