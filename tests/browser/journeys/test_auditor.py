"""An auditor reads what everybody does and finds nothing that could be changed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from registry.actions.cases import open_case
from registry.actions.comparing import compare_model
from registry.models import Overlap
from tests import make
from tests.browser.journeys.stage import Stage
from tests.browser.journeys.ways import walked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@walked(4)
def test_an_auditor_reads_everything_and_can_change_nothing(stage: Stage) -> None:
    auditor = stage.hands("auditor")
    for path, word in _places(stage).items():
        auditor.open(path)
        auditor.sees(word)
        forms = auditor.page.locator("main form[method=post]")
        assert forms.count() == 0, f"{path}: {forms.first.inner_html()[:200]}"


def _places(stage: Stage) -> dict[str, str]:
    """Where everything of a project stands, and a word that is read there."""
    stage.effort_of_others()
    model = stage.effort_of_ours()
    compare_model(model=model, now=make.now())
    pair = Overlap.objects.get()
    case = open_case(by=stage.people["coordinator"], overlaps=[pair], now=make.now())
    allocation = make.make_allocation(stage.project, stage.pool)
    request = make.make_request(stage.project, stage.pool, justification="Because of this")
    job = make.make_job(allocation, name="training")
    return {
        "/": "Kogge",
        reverse("project", args=["kogge"]): "Kogge",
        reverse("group", args=[stage.group.pk]): "member",
        reverse("model", args=[model.pk]): "Kogge-9B",
        reverse("overlap", args=[pair.pk]): "Hanse-7B",
        reverse("case", args=[case.pk]): "Hanse-7B",
        reverse("request", args=[request.pk]): "Because of this",
        reverse("allocation", args=[allocation.pk]): "Ledger",
        reverse("job", args=[job.pk]): "training",
        reverse("cluster", args=["north"]): "North GPUs",
        reverse("capacity-pool", args=["north-gpu"]): "North GPUs",
    }
