"""The site's consent: without one the portal is not let submit, and ends with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from compute.models import Cluster, SiteConsent
from projects.models import Event
from tests import make
from tests.conftest import Caller

BODY = {"given_by": "Head of HPC", "given_on": "2026-01-01", "reference": "CONTRACT-7"}


def record(caller: Caller, cluster: Cluster, **changes: Any) -> Any:
    return caller.post(f"clusters/{cluster.slug}/consents", {**BODY, **changes})


def connection(cluster: Cluster) -> str:
    cluster.refresh_from_db()
    return str(cluster.connection)


def test_without_one_the_portal_is_not_let_submit(operator: Caller, cluster: Cluster) -> None:
    Cluster.objects.update(connection="observe")
    answer = operator.patch(f"clusters/{cluster.slug}", {"connection": "run"})
    assert answer.status_code == 409
    assert "consent" in answer.json()["errors"]["connection"][0]
    assert connection(cluster) == "observe"


def test_with_one_it_is(operator: Caller, cluster: Cluster) -> None:
    Cluster.objects.update(connection="observe")
    answer = record(operator, cluster)
    assert answer.status_code == 201
    assert answer.json()["recorded_by"] == operator.user.username
    operator.patch(f"clusters/{cluster.slug}", {"connection": "run"})
    assert connection(cluster) == "run"
    assert Event.objects.filter(kind="record_consent", reason="CONTRACT-7").exists()


def test_other_changes_of_the_record_need_none(operator: Caller, cluster: Cluster) -> None:
    assert operator.patch(f"clusters/{cluster.slug}", {"name": "New"}).status_code == 200


def test_withdrawn_the_portal_only_reads_there(operator: Caller, cluster: Cluster) -> None:
    made = record(operator, cluster).json()["id"]
    address = f"clusters/{cluster.slug}/consents/{made}/withdraw"
    assert operator.post(address, {"reason": " "}).status_code == 400
    answer = operator.post(address, {"reason": "The contract ended."})
    assert answer.json()["withdrawn_reason"] == "The contract ended."
    assert connection(cluster) == "observe"
    assert operator.post(address, {"reason": "again"}).status_code == 409


def test_as_long_as_another_holds_it_goes_on(operator: Caller, cluster: Cluster) -> None:
    first = record(operator, cluster).json()["id"]
    record(operator, cluster, reference="CONTRACT-8")
    operator.post(f"clusters/{cluster.slug}/consents/{first}/withdraw", {"reason": "replaced"})
    assert connection(cluster) == "run"


@pytest.mark.parametrize(
    ("field", "value"),
    [("given_on", str(make.today() + timedelta(2))), ("reference", " "), ("given_by", "")],
)
def test_what_is_no_consent_is_refused(
    operator: Caller, cluster: Cluster, field: str, value: str
) -> None:
    answer = record(operator, cluster, **{field: value})
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not SiteConsent.objects.exists()


def test_a_lead_and_a_stranger_neither_read_nor_record_one(
    lead: Caller, stranger: Caller, cluster: Cluster
) -> None:
    for caller in (lead, stranger):
        assert record(caller, cluster).status_code == 403
        assert caller.get(f"clusters/{cluster.slug}/consents").status_code == 403


def test_one_of_another_cluster_is_not_there(operator: Caller, cluster: Cluster) -> None:
    other = make.make_consent(make.make_cluster())
    address = f"clusters/{cluster.slug}/consents/{other.pk}/withdraw"
    assert operator.post(address, {"reason": "over"}).status_code == 404


def test_the_page_records_and_withdraws(operator: Caller, lead: Caller, cluster: Cluster) -> None:
    page = reverse("cluster", args=[cluster.slug])
    sent = {f"consent-{name}": text for name, text in BODY.items()}
    url = reverse("cluster-consent", args=[cluster.slug])
    assert operator.as_browser.post(url, sent).status_code == 302
    assert "CONTRACT-7" in operator.as_browser.get(page).content.decode()
    assert "CONTRACT-7" not in lead.as_browser.get(page).content.decode()
    consent = SiteConsent.objects.get()
    end = reverse("cluster-withdraw", args=[cluster.slug, consent.pk])
    assert operator.as_browser.post(end, {"withdraw-reason": "over"}).status_code == 302
    assert connection(cluster) == "observe"
