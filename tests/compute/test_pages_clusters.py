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


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_costs_the_same_however_long_it_is(
    member: Caller, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _each in range(count):
        make.make_pool()
    browser = member.as_browser
    with django_assert_num_queries(8):
        browser.get("/clusters/")
