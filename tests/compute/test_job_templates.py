"""Job templates: kept by operators and groups, by version, with fields that are fixed or free."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from compute.models import Allocation, Cluster, Job, JobTemplate, TemplateVersion
from projects.models import Event, Group
from projects.roles import Role
from tests import make
from tests.compute.bodies import Calls
from tests.conftest import Caller

SCRIPT = "#!/bin/bash\nsrun python train.py\n"


def body(**changes: Any) -> dict[str, Any]:
    facts = {"script": SCRIPT, "gpus": 4, "minutes": 30, "environment": {"NCCL_DEBUG": "INFO"}}
    about = {"name": "Finetune 7B", "purpose": "finetune", "locked": ["script"]}
    return {**facts, **about, **changes}


@pytest.fixture
def template(lead: Caller, group: Group) -> JobTemplate:
    """Of the group; four GPUs for half an hour, the script fixed."""
    made = lead.post("templates/", body(group=str(group.pk))).json()
    return JobTemplate.objects.get(pk=made["id"])


def submit(caller: Caller, template: JobTemplate, allocation: Allocation, **given: Any) -> Any:
    what = {"template": str(template.pk), "allocation": str(allocation.pk)}
    return caller.post("jobs/", {**what, **given})


def test_a_member_keeps_one_for_the_group(member: Caller, group: Group) -> None:
    answer = member.post("templates/", body(group=str(group.pk)))
    assert answer.status_code == 201
    [version] = answer.json()["versions"]
    assert (version["number"], version["gpus"], version["locked"]) == (1, 4, ["script"])
    assert Event.objects.filter(kind="create_template", actor=member.user).exists()


def test_an_operator_keeps_one_for_the_cluster(
    operator: Caller, member: Caller, cluster: Cluster
) -> None:
    answer = operator.post("templates/", body(cluster=str(cluster.pk)))
    assert answer.status_code == 201
    assert [row["name"] for row in member.get("templates/").json()["results"]] == ["Finetune 7B"]


def test_a_job_is_made_of_it(
    member: Caller, template: JobTemplate, allocation: Allocation
) -> None:
    answer = submit(member, template, allocation, minutes=10)
    assert answer.status_code == 201
    job = Job.objects.get()
    assert (job.gpus, job.minutes, job.script) == (4, 10, SCRIPT)
    assert job.environment == {"NCCL_DEBUG": "INFO"}
    assert job.template == template.newest()


def test_what_is_fixed_is_not_changed(
    member: Caller, template: JobTemplate, allocation: Allocation
) -> None:
    answer = submit(member, template, allocation, script="#!/bin/sh\nrm -r .\n")
    assert answer.status_code == 400
    assert "fixes this" in answer.json()["errors"]["script"][0]
    assert not Job.objects.exists()
    assert submit(member, template, allocation, script=SCRIPT).status_code == 201


def test_the_next_version_leaves_earlier_jobs_as_they_were(
    member: Caller, template: JobTemplate, allocation: Allocation
) -> None:
    submit(member, template, allocation)
    changed = {"script": SCRIPT, "gpus": 8, "note": "whole nodes"}
    answer = member.post(f"templates/{template.pk}/versions", changed)
    assert answer.status_code == 201
    assert [row["number"] for row in answer.json()["versions"]] == [2, 1]
    submit(member, template, allocation)
    jobs = Job.objects.order_by("submitted_at").values_list("gpus", "template__number")
    assert list(jobs) == [(4, 1), (8, 2)]


def test_of_a_retired_one_no_job_is_made(
    member: Caller, template: JobTemplate, allocation: Allocation
) -> None:
    assert member.post(f"templates/{template.pk}/retire", {}).status_code == 200
    assert submit(member, template, allocation).status_code == 400
    assert member.post(f"templates/{template.pk}/retire", {}).status_code == 409
    changed = member.post(f"templates/{template.pk}/versions", {"script": SCRIPT})
    assert changed.status_code == 409


def test_a_clusters_template_is_for_that_cluster_alone(
    operator: Caller, member: Caller, allocation: Allocation
) -> None:
    other = make.make_cluster()
    keeper = make.make_operator(other)
    made = JobTemplate.objects.create(
        name="Other", purpose="other", cluster=other, created_at=make.now()
    )
    TemplateVersion.objects.create(
        template=made, number=1, script=SCRIPT, created_by=keeper, created_at=make.now()
    )
    answer = submit(member, made, allocation)
    assert "another cluster" in answer.json()["errors"]["template"][0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("script", " "),
        ("script", "#!/bin/sh\n#SBATCH --gpus=1\n"),
        ("environment", {"LD_PRELOAD": "x"}),
        ("locked", ["project"]),
        ("nodes", 3),
        ("gpus", 0),
    ],
)
def test_what_no_job_could_be_made_of_is_refused(
    lead: Caller, group: Group, field: str, value: Any
) -> None:
    answer = lead.post("templates/", body(group=str(group.pk), **{field: value}))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not JobTemplate.objects.exists()


def test_it_belongs_to_a_group_or_a_cluster(lead: Caller, group: Group, cluster: Cluster) -> None:
    both = body(group=str(group.pk), cluster=str(cluster.pk))
    assert lead.post("templates/", both).status_code == 400
    assert lead.post("templates/", body()).status_code == 400
    assert lead.post("templates/", body(cluster=str(cluster.pk))).status_code == 403


def test_to_a_stranger_a_groups_template_is_not_there(
    stranger: Caller, template: JobTemplate, allocation: Allocation
) -> None:
    assert stranger.get(f"templates/{template.pk}").status_code == 404
    assert stranger.post(f"templates/{template.pk}/retire", {}).status_code == 404
    assert stranger.get("templates/").json()["results"] == []
    theirs = make.make_allocation(make.make_project(stranger.user.memberships.get().group))
    assert submit(stranger, template, theirs).status_code == 404


def test_the_page_has_the_same_as_a_script_for_ones_own_allocation(
    member: Caller, template: JobTemplate, allocation: Allocation
) -> None:
    page = member.as_browser.get(reverse("template", args=[template.pk])).content.decode()
    for line in (
        "#!/bin/bash\n#SBATCH --job-name=Finetune-7B",
        f"#SBATCH --account={allocation.slurm_account}",
        "#SBATCH --partition=gpu",
        "#SBATCH --gpus=4",
        "#SBATCH --time=00:30:00",
        "export NCCL_DEBUG=INFO\nsrun python train.py",
    ):
        assert line in page


def test_that_script_is_taken_as_it_is(
    member: Caller, template: JobTemplate, allocation: Allocation
) -> None:
    answer = member.as_browser.get(reverse("template", args=[template.pk]))
    sent = {"allocation": str(allocation.pk), "sbatch": answer.context["snippet"]}
    assert member.post("jobs/", sent).status_code == 201
    assert Job.objects.get().gpus == 4


def test_the_form_shows_what_is_fixed_and_keeps_it(
    member: Caller, template: JobTemplate, allocation: Allocation
) -> None:
    url = reverse("job-submit", args=[allocation.pk]) + f"?template={template.pk}"
    page = member.as_browser.get(url).content.decode()
    assert "The template fixes this." in page
    sent = {"gpus": "2", "nodes": "1", "minutes": "5", "script": "#!/bin/sh\nother\n",
            "environment": "", "name": "", "working_directory": ""}  # fmt: skip
    assert member.as_browser.post(url, sent).status_code == 302
    job = Job.objects.get()
    assert (job.gpus, job.minutes, job.script) == (2, 5, SCRIPT)


def test_the_pages_keep_one_change_it_and_retire_it(
    lead: Caller, group: Group, allocation: Allocation
) -> None:
    browser = lead.as_browser
    sent = {"name": "Clean data", "purpose": "data", "owner": f"group:{group.pk}", "gpus": "1",
            "nodes": "1", "minutes": "60", "script": SCRIPT}  # fmt: skip
    assert browser.post(reverse("template-new"), sent).status_code == 302
    made = JobTemplate.objects.get()
    change = reverse("template-change", args=[made.pk])
    assert "srun python train.py" in browser.get(change).content.decode()
    assert browser.post(change, {**sent, "gpus": "2"}).status_code == 302
    assert made.newest().gpus == 2
    assert browser.post(reverse("template-retire", args=[made.pk])).status_code == 302
    assert "Clean data" not in browser.get(reverse("templates")).content.decode()


def test_a_guest_reads_it_and_is_offered_no_job(
    caller: Calls, group: Group, template: JobTemplate, allocation: Allocation
) -> None:
    guest = caller(make.make_member(group, Role.GUEST))
    page = guest.as_browser.get(reverse("template", args=[template.pk])).content.decode()
    assert "srun python train.py" in page
    assert reverse("job-submit", args=[allocation.pk]) not in page
