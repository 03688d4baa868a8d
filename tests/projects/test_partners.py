"""Partners: who takes part is no secret, and nobody changes the list through the API."""

from __future__ import annotations

import pytest

from tests import make
from tests.conftest import Caller, new_client


def test_a_stranger_reads_every_partner(stranger: Caller) -> None:
    partner = make.make_partner("Aachen")

    assert stranger.get(f"partners/{partner.pk}/").json()["name"] == "Aachen"


def test_an_anonymous_caller_is_asked_to_sign_in(db: None) -> None:
    assert new_client().get("/api/v1/partners/").status_code == 401


def test_a_partner_is_found_by_short_name_as_by_id(stranger: Caller) -> None:
    partner = make.make_partner()

    by_slug = stranger.get(f"partners/{partner.slug}/")

    assert by_slug.content == stranger.get(f"partners/{partner.pk}/").content


@pytest.mark.parametrize("key", ["nobody", "%00", "%ff", "9", "{}", "a" * 2000])
def test_a_key_of_no_partner_is_not_there(stranger: Caller, key: str) -> None:
    assert stranger.get(f"partners/{key}/").status_code == 404


def test_partners_are_listed_by_name(stranger: Caller) -> None:
    for name in ("Zwickau", "Aachen"):
        make.make_partner(name)

    names = [row["name"] for row in stranger.get("partners/").json()["results"]]

    assert names == sorted(names)
    assert {"Aachen", "Zwickau"} <= set(names)


def test_partners_are_filtered_by_short_name(stranger: Caller) -> None:
    partner = make.make_partner()

    [found] = stranger.get(f"partners/?slug={partner.slug}").json()["results"]

    assert found["id"] == str(partner.pk)


@pytest.mark.parametrize("method", ["post", "patch", "put", "delete"])
def test_nobody_changes_partners_through_the_api(portal_admin: Caller, method: str) -> None:
    partner = make.make_partner()
    path = "partners/" if method == "post" else f"partners/{partner.pk}/"

    assert getattr(portal_admin, method)(path, {"name": "Mine"}).status_code == 405
