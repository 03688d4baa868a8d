"""Groups say what they can do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid
from projects.models import Group, User
from projects.models.events import record_event
from registry.languages import NAMES
from registry.models import Competences
from registry.terms import DOMAINS, TASKS, nearest, same_word

MOST = 40


@transaction.atomic
def describe_group(
    *,
    by: User,
    group: Group,
    languages: Sequence[str] = (),
    tasks: Sequence[str] = (),
    domains: Sequence[str] = (),
    text: str = "",
    is_open: bool = True,
    now: datetime,
) -> Competences:
    """Put these in the place of what the group said before.

    Raises Invalid for words that are no tasks, domains or languages, naming near ones.
    """
    values = {
        "languages": _known("languages", languages, NAMES),
        "tasks": _known("tasks", [same_word(word) for word in tasks], TASKS),
        "domains": _known("domains", [same_word(word) for word in domains], DOMAINS),
    }
    kept, _is_new = Competences.objects.update_or_create(
        group=group, defaults={**values, "text": text, "is_open": is_open, "updated_at": now}
    )
    record_event(by=by, kind="describe_group", about=group, now=now)
    return kept


def _known(field: str, words: Sequence[str], table: object) -> list[str]:
    among = list(table)  # type: ignore[call-overload]
    found = list(dict.fromkeys(words))
    if len(found) > MOST:
        _refuse(field, _("At most %(n)s of them.") % {"n": MOST})
    for word in found:
        if word not in among:
            near = ", ".join(nearest(word, among))
            _refuse(
                field,
                _("“%(word)s” is none of the words here. Perhaps: %(near)s.")
                % {"word": word, "near": near or "–"},
            )
    return found


def _refuse(field: str, sentence: object) -> None:
    raise Invalid(sentence, fields={field: [sentence]})
