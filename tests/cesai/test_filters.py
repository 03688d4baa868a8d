"""Filters of lists: one that cannot be is refused, as no rows or all rows would mislead."""

from __future__ import annotations

import pytest

from tests.conftest import Caller


@pytest.mark.parametrize(
    "asked",
    [
        "overlaps/?is_settled=0.3",
        "notices/?unread=maybe",
        "orphans/?is_held=null",
        "calls/?closes_on__isnull=no",
        "versions/?number=-8.5",
        "usage/?slurm_job_id=1.5",
        "models/?parameters_min=1.5",
        "models/?group=%1e",
        "jobs/?allocation=%20",
        "limits/?allocation=%20",
        "events/?object_id=%20",
    ],
)
def test_a_word_of_another_type_is_refused_by_name(lead: Caller, asked: str) -> None:
    refused = lead.get(asked)

    [name] = refused.json()["errors"]
    assert (refused.status_code, name) == (400, asked.partition("?")[2].partition("=")[0])


@pytest.mark.parametrize("asked", ["unread=true", "unread=True", "unread=0", "unread="])
def test_yes_and_no_are_read_in_their_usual_spellings(lead: Caller, asked: str) -> None:
    assert lead.get(f"notices/?{asked}").status_code == 200


def test_a_number_beyond_all_measure_finds_nothing(lead: Caller) -> None:
    assert lead.get(f"versions/?number={10**40}").json()["results"] == []
