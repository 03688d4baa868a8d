"""What a pass logs about a job: its id, the cluster and the pass, and never the site's token."""

from __future__ import annotations

import pytest

from compute.models import Credential, Job
from compute.tasks import sync_one_cluster
from dev.simulator.faults import Fault
from tests.compute.sync.site import Site
from tests.conftest import Log


def test_a_line_about_a_job_names_job_cluster_and_pass(site: Site, job: Job, log: Log) -> None:
    site.plan(Fault.DROP_BEFORE, "job/submit")
    sync_one_cluster("north")
    [line] = log.lines("compute.sync.dispatch")
    assert (line["event"], line["job"]) == ("submission_unanswered", str(job.pk))
    assert (line["cluster"], line["task"]) == ("north", "compute.sync_cluster")
    assert len(line["pass_id"]) == 36


def test_two_passes_have_two_ids(site: Site, job: Job, log: Log) -> None:
    for _ in range(2):
        site.plan(Fault.DROP_BEFORE, "/jobs")
        sync_one_cluster("north")
    ids = {line["pass_id"] for line in log.lines("compute.sync.passes")}
    assert len(ids) == 2


@pytest.mark.parametrize("fault", list(Fault))
def test_whatever_goes_wrong_no_token_is_logged(
    site: Site, job: Job, log: Log, fault: Fault
) -> None:
    for path in ("/ping", "job/submit", "/job/", "/jobs"):
        site.plan(fault, path)
        sync_one_cluster("north")
    tokens = [credential.token() for credential in Credential.objects.all()]
    assert len(tokens) == 2
    assert not any(token in log.text for token in tokens)
