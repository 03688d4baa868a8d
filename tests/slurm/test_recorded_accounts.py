"""What 24.11.5 and 26.05.5 answered about accounts to a coordinator and others is understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compute.slurm.answers import Answer
from compute.slurm.dialect import Dialect
from compute.slurm.errors import Ambiguous, CredentialRejected, RefusedByCluster
from compute.slurm.rest import WIRES
from tests.slurm.test_recorded import JOB, Replay

RELEASES = ["24.11", "26.05"]
NOT_THERE = Answer(200, {"errors": [], "warnings": [], "associations": []})


class Recorded:
    """The recorded answers of one release."""

    def __init__(self, release: str) -> None:
        path = Path(__file__).parent / "recorded" / f"{release}-accounts.json"
        self._answers: dict[str, Any] = json.loads(path.read_text())

    def answer(self, name: str) -> Answer:
        return Answer(self._answers[name]["status"], self._answers[name]["body"])

    def client(self, *names: str) -> Dialect:
        """A client that finds no association and then gets these answers in turn."""
        return WIRES["v0.0.42"](Replay(NOT_THERE, *map(self.answer, names)), "alpha")


@pytest.fixture(params=RELEASES)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    return Recorded(request.param)


def create_account(client: Dialect) -> None:
    client.create_account(name="cesai-rec", parent="cesai", description="", gpu_minutes=600)


def admit_user(client: Dialect) -> None:
    client.create_user_association(account="cesai-rec", user="cesai-p2")


@pytest.mark.parametrize("name", ["account created", "account created again"])
def test_an_account_that_was_made_or_is_there_is_success(recorded: Recorded, name: str) -> None:
    create_account(recorded.client(name))


@pytest.mark.parametrize("name", ["user admitted", "user admitted again"])
def test_a_user_who_was_let_in_or_is_there_is_success(recorded: Recorded, name: str) -> None:
    admit_user(recorded.client(name))


def test_an_unknown_cluster_has_no_parent_account(recorded: Recorded) -> None:
    with pytest.raises(RefusedByCluster) as refused:
        create_account(recorded.client("account on an unknown cluster"))
    assert refused.value.code == 2046


def test_on_an_unknown_cluster_nobody_is_let_in_and_nothing_said(recorded: Recorded) -> None:
    admit_user(recorded.client("user on an unknown cluster"))


def test_a_coordinator_is_refused_outside_its_tree(recorded: Recorded) -> None:
    with pytest.raises(RefusedByCluster) as account:
        create_account(recorded.client("account outside the tree"))
    with pytest.raises(RefusedByCluster) as user:
        admit_user(recorded.client("user outside the tree"))
    assert (account.value.code, user.value.code) == (2002, 2002)


def test_an_expired_token_is_no_slurmdbd_that_is_away(recorded: Recorded) -> None:
    # 26.05 has the same words for both: only slurmctld tells.
    tokens = ("slurmdbd with an expired token", "partitions with an expired token")
    with pytest.raises(CredentialRejected):
        create_account(recorded.client("account with an expired token", *tokens))


def test_a_slurmdbd_that_is_away_is_no_bad_token() -> None:
    away = Recorded("26.05").answer("account with an expired token")
    fine = Answer(200, {"errors": [], "warnings": [], "partitions": []})
    client = WIRES["v0.0.42"](Replay(away, away, fine), "alpha")
    with pytest.raises(Ambiguous):
        client.records_of(1)


def test_a_paused_account_shows_its_limits_and_takes_no_job(recorded: Recorded) -> None:
    found = recorded.answer("associations of a paused account")
    view = WIRES["v0.0.42"](Replay(found), "alpha").association(account="cesai-rec")
    refusal = recorded.answer("submitted to a paused account")
    with pytest.raises(RefusedByCluster) as refused:
        WIRES["v0.0.42"](Replay(refusal), "alpha").submit_held(JOB)
    assert view is not None
    assert (view.max_submit_jobs, view.gpu_minutes, view.parent) == (0, 300, "cesai")
    assert refused.value.code == 2050
