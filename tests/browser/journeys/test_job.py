"""A member submits jobs, watches one to its end, and the model shows what it took."""

from __future__ import annotations

import pytest

from compute.models import Job
from tests import make
from tests.browser.journeys.hands import Hands
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import walked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SBATCH = """#!/bin/bash
#SBATCH --job-name=training
#SBATCH --gpus=2 --time=10
# simulate: seconds=1
srun train
"""


@walked(3)
def test_a_script_runs_to_its_end_and_the_model_shows_its_hours(stage: Stage) -> None:
    stage.effort_of_ours()
    _allocation_in_force(stage)
    member = stage.hands("member")
    member.open("/")
    member.follow("Submit a job")
    member.fill("sbatch script", SBATCH)
    member.choose("trains the model", "Kogge-9B")
    member.press("Submit")
    member.sees("accepted")
    _run(stage, member)
    member.reload()
    member.sees("completed")
    member.sees("returned")
    member.open(member.page.url)
    member.follow("Kogge-9B", within="Record")
    member.sees("measured", within="Figures")
    member.sees("booked from the clusters' accounting, over the jobs you can see")


@walked(4)
def test_a_job_is_described_by_fields(stage: Stage) -> None:
    _allocation_in_force(stage)
    member = stage.hands("member")
    member.open("/")
    member.follow("Submit a job")
    member.follow("separate fields")
    member.fill("name", "by-fields")
    member.fill("GPUs over all nodes", "2")
    member.fill("script", "#!/bin/bash\ntrue\n")
    member.press("Submit")
    member.sees("by-fields")
    member.sees("accepted")
    assert Job.objects.get().gpus == 2


def _allocation_in_force(stage: Stage) -> None:
    make.make_allocation(stage.project, stage.pool, in_force=False)
    stage.site.sync()


def _run(stage: Stage, member: Hands) -> None:
    """Passes over the cluster until the job's use is booked."""
    for _each in range(40):
        stage.site.sync()
        if Job.objects.get().settled_at:
            return
        member.page.wait_for_timeout(250)
    pytest.fail("the job did not end")
