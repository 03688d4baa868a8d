"""Publishing terms of use, and saying yes to them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid
from projects.models import Acceptance, Terms, User
from projects.models.events import record_event


@transaction.atomic
def publish_terms(
    *, by: User, text_en: str, text_de: str, in_force_from: datetime, now: datetime
) -> Terms:
    """The next version. From its day on nothing is served to who has not accepted it.

    Raises Invalid if it came into force before the version that it follows.
    """
    before = check_begin(in_force_from)
    highest = before.version if before else 0
    terms = Terms.objects.create(
        version=highest + 1,
        text_en=text_en,
        text_de=text_de,
        in_force_from=in_force_from,
        published_at=now,
        published_by=by,
    )
    changes = {"version": [highest or None, terms.version]}
    record_event(by=by, kind="publish_terms", about=terms, now=now, changes=changes)
    return terms


def check_begin(in_force_from: datetime) -> Terms | None:
    """The version that another follows. Raises Invalid if that one came into force later."""
    before = Terms.objects.order_by("-version").first()
    if before and in_force_from < before.in_force_from:
        words = _("Version %(n)d comes into force later. A new version follows it.")
        sentence = words % {"n": before.version}
        raise Invalid(sentence, fields={"in_force_from": [sentence]})
    return before


@transaction.atomic
def accept_terms(*, by: User, terms: Terms, now: datetime) -> Acceptance:
    """Say yes; saying it twice is saying it once."""
    acceptance, is_new = Acceptance.objects.get_or_create(
        terms=terms, user=by, defaults={"at": now}
    )
    if is_new:
        changes = {"version": [None, terms.version]}
        record_event(by=by, kind="accept_terms", about=terms, now=now, changes=changes)
    return acceptance
