"""Pages of clusters: what everybody sees of them and what their operators do there."""

from __future__ import annotations

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from compute.models import Cluster, Pool
from tests import make
from tests.conftest import Caller


def _text(caller: Caller, cluster: Cluster) -> str:
    return str(caller.as_browser.get(reverse("cluster", args=[cluster.slug])).content.decode())


def test_credentials_are_listed_for_operators_alone_and_never_shown(
    operator: Caller, member: Caller, cluster: Cluster
) -> None:
    token = make.make_jwt("cesai-ours")
    make.deliver(cluster, "cesai-ours", token)
    assert "cesai-ours" in _text(operator, cluster)
    assert "cesai-ours" not in _text(member, cluster)
    assert token not in _text(operator, cluster)


def test_its_operator_changes_how_it_is_used(operator: Caller, cluster: Cluster) -> None:
    address = reverse("cluster-edit", args=[cluster.slug])
    fields = operator.as_browser.get(address).context["form"].initial
    operator.as_browser.post(address, {**fields, "connection": "observe"})
    cluster.refresh_from_db()
    assert cluster.connection == "observe"


def test_an_address_off_the_list_is_refused_beside_its_field(
    operator: Caller, cluster: Cluster
) -> None:
    address = reverse("cluster-edit", args=[cluster.slug])
    fields = operator.as_browser.get(address).context["form"].initial
    answer = operator.as_browser.post(address, {**fields, "rest_url": "http://10.0.0.1:6820"})
    assert answer.status_code == 400
    assert "The portal may not call http://10.0.0.1:6820" in answer.content.decode()
    assert 'value="http://10.0.0.1:6820"' in answer.content.decode()


def test_free_capacity_stands_on_it_by_month(member: Caller, pool: Pool) -> None:
    assert "1,000" in _text(member, pool.cluster)


@pytest.fixture
def known(db: None) -> Cluster:
    """An entry of the catalogue: public figures of a machine that is not connected."""
    cluster = make.make_cluster(name="Known-1", connection="none")
    cluster.public_record = {
        "status": "operational",
        "gpu_type": "GH200",
        "gpu_count": 24000,
        "power_mw": 11.5,
        "accounting_unit": "core-h",
        "source": "their page",
        "as_of": "2026-01",
    }
    cluster.save()
    return cluster


def _list(caller: Caller) -> str:
    return str(caller.as_browser.get("/clusters/").content.decode())


def test_what_is_only_known_stands_apart_from_what_is_connected(
    member: Caller, known: Cluster, pool: Pool
) -> None:
    connected, catalogue = _list(member).split("Known, not connected")
    assert pool.cluster.name in connected
    assert known.name not in connected
    assert known.name in catalogue
    assert pool.cluster.name not in catalogue


def test_figures_of_the_catalogue_come_with_their_date(member: Caller, known: Cluster) -> None:
    text = _list(member)
    for shown in ("24,000", "11.50 MW", "core-h", "2026-01", "GH200"):
        assert shown in text


def test_what_is_not_running_yet_is_marked_so(member: Caller, known: Cluster) -> None:
    known.public_record["status"] = "planned"
    known.save()
    assert '<span class="tagged">planned</span>' in _list(member)


def test_a_page_of_the_catalogue_says_whose_figures_they_are(
    member: Caller, known: Cluster
) -> None:
    text = " ".join(_text(member, known).split())
    assert "Public figures that may be outdated." in text
    assert "Taken from: their page; as of 2026-01." in text
    assert "24,000 × GH200" in text


def test_a_fact_that_the_catalogue_lacks_is_a_dash(member: Caller, known: Cluster) -> None:
    text = " ".join(_text(member, known).split())
    assert "<dt>Memory per GPU</dt><dd>–</dd>" in text
    assert "<dt>Nodes</dt><dd>–</dd>" in text


def test_a_page_of_the_catalogue_speaks_of_no_health_and_no_limits(
    member: Caller, known: Cluster
) -> None:
    text = _text(member, known)
    assert "Last answer" not in text
    assert "No allocation that you can see lies here." not in text


def test_without_a_catalogue_the_list_has_no_such_part(member: Caller, pool: Pool) -> None:
    assert "Known, not connected" not in _list(member)


@pytest.mark.parametrize("count", [3, 30])
def test_the_catalogue_costs_the_same_however_long_it_is(
    member: Caller, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        cluster = make.make_cluster(connection="none")
        cluster.public_record = {"gpu_type": "h100", "gpu_count": 8, "as_of": "2026-01"}
        cluster.save()
    browser = member.as_browser
    with django_assert_num_queries(6):
        browser.get("/clusters/")


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_costs_the_same_however_long_it_is(
    member: Caller, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        make.make_pool()
    browser = member.as_browser
    with django_assert_num_queries(7):
        browser.get("/clusters/")
