"""The stock client holds the same session with a real MLflow server and with the portal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dev.mlflow import Server
from tests.mlflow.compare import problems
from tests.mlflow.differences import DIFFERENCES

if TYPE_CHECKING:
    from projects.models import Project
    from tests.conftest import Caller
    from tests.mlflow.conftest import Hold


def test_every_step_is_answered_alike(
    hold_session: Hold, portal: str, lead: Caller, project: Project, tmp_path: Path
) -> None:
    with Server(tmp_path) as real:
        theirs = hold_session(real.url, "a real server asks for none")
    ours = hold_session(portal, lead.token)
    assert not (found := problems(theirs, ours, DIFFERENCES)), "\n".join(found)
