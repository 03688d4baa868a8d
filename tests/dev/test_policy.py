"""Each line of policy is held by a test: what is recorded agrees with the code, and is enough."""

from __future__ import annotations

import subprocess
import sys

from dev import places
from dev.policy import record
from dev.policy.sites import read_source

BEFORE = """
class Rows(QuerySet):
    def visible_to(self, person):
        if sees_everything(person):
            return self
        return self.filter(Q(owner=person) | Q(shared=True))

@login_required
def page(request, key):
    row = get_row(request.user, key, Verb.EDIT_MODEL)
    require(verbs, Verb.AWARD)
    if row.is_own:
        raise NotAllowed("own")
    return render(Rows.visible_to(request.user))
"""


def _keys(text: str) -> dict[str, str]:
    """What is changed, in words, and its digest."""
    sites = read_source("projects/views/new.py", text).sites
    return dict(site.key.split(" #") for site in sites)


def test_each_line_of_policy_can_be_taken_away() -> None:
    assert set(_keys(BEFORE)) == {
        "Rows.visible_to: `sees_everything(person)` always",
        "Rows.visible_to: `sees_everything(person)` never",
        "Rows.visible_to: without `.filter(Q(owner=person) | Q(shared=True))`",
        "Rows.visible_to: without `Q(owner=person)`",
        "Rows.visible_to: without `Q(shared=True)`",
        "page: without log-in",
        "page: `Verb.EDIT_MODEL` is VIEW",
        "page: `require(verbs, Verb.AWARD)` left out",
        "page: `row.is_own` never refused",
        "page: `.visible_to(…)` shows all",
    }


def test_a_line_that_changes_is_another_one_and_all_others_stay() -> None:
    after = BEFORE.replace("shared=True", "shared=person").replace("class", "\n# moved\nclass")
    changed = {
        words for words, digest in _keys(BEFORE).items() if _keys(after).get(words) != digest
    }

    assert changed == {
        "Rows.visible_to: without `.filter(Q(owner=person) | Q(shared=True))`",
        "Rows.visible_to: without `Q(owner=person)`",
        "Rows.visible_to: without `Q(shared=True)`",
    }


def test_all_of_todays_policy_is_recorded_and_nothing_else() -> None:
    assert record.problems() == ""


def test_what_is_not_recorded_breaks_a_test() -> None:
    command = [sys.executable, "-m", "dev.policy", "changed"]
    done = subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
