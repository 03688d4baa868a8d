"""Keeping initiatives and who funds them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from projects.errors import Conflict, Invalid
from projects.models import FundingShare, Initiative, Project, User
from projects.models.events import record_event

MOST_FUNDERS = 20


class Share(NamedTuple):
    """So many per cent of a funder."""

    funder: str
    percent: Decimal


@transaction.atomic
def keep_initiative(
    *,
    by: User,
    initiative: Initiative | None = None,
    slug: str,
    name: str,
    parent: Initiative | None = None,
    text: str = "",
    url: str = "",
    start: date | None = None,
    end: date | None = None,
    funding: Sequence[Share] = (),
    now: datetime,
) -> Initiative:
    """A new initiative, or another one's facts as they are today.

    Raises Invalid for an end before the beginning, stages below stages or more than 100 per cent,
    Conflict if the name or the short name is taken.
    """
    if start and end and end <= start:
        _refuse("end", _("It ends after it begins."))
    _check_parent(initiative, parent)
    others = Initiative.objects.exclude(pk=initiative.pk) if initiative else Initiative.objects
    for field, value in (("slug", slug), ("name", name)):
        if others.filter(**{field: value}).exists():
            sentence = _("“%(value)s” is taken. Choose another.") % {"value": value}
            raise Conflict(sentence, fields={field: [sentence]})
    kept = initiative or Initiative(created_at=now)
    values: dict[str, Any] = {
        "slug": slug, "name": name, "parent": parent, "text": text, "url": url, "start": start,
        "end": end,
    }  # fmt: skip
    for field, value in values.items():
        setattr(kept, field, value)
    kept.save()
    fund(kept, funding)
    record_event(by=by, kind="keep_initiative", about=kept, now=now)
    return kept


@transaction.atomic
def drop_initiative(*, by: User, initiative: Initiative, now: datetime) -> None:
    """It was entered by mistake. Raises Conflict while projects or stages belong to it."""
    if initiative.projects.exists() or initiative.stages.exists():
        raise Conflict(
            _("Projects or stages belong to it. Move them first; one that is over stays.")
        )
    record_event(by=by, kind="drop_initiative", about=initiative, now=now, reason=initiative.name)
    initiative.delete()


def fund(owner: Initiative | Project, shares: Sequence[Share]) -> None:
    """Put these shares in the place of the owner's. Raises Invalid if they cannot be."""
    funders = [share.funder.strip() for share in shares]
    if len(funders) > MOST_FUNDERS:
        _refuse("funding", _("At most %(n)s funders.") % {"n": MOST_FUNDERS})
    if len({funder.casefold() for funder in funders}) < len(funders):
        _refuse("funding", _("Each funder stands once."))
    if any(not Decimal(0) < share.percent <= 100 for share in shares):
        _refuse("funding", _("A share is more than 0 and at most 100 per cent."))
    total = sum((share.percent for share in shares), Decimal(0))
    if total > 100:
        _refuse("funding", _("Together they are %(n)s per cent; at most 100.") % {"n": total})
    owner.funding.all().delete()
    field = "initiative" if isinstance(owner, Initiative) else "project"
    rows = zip(funders, shares, strict=True)
    FundingShare.objects.bulk_create(
        FundingShare(**{field: owner}, funder=funder, percent=share.percent)
        for funder, share in rows
    )


def _check_parent(initiative: Initiative | None, parent: Initiative | None) -> None:
    if parent is None:
        return
    if parent == initiative:
        _refuse("parent", _("It cannot be a stage of itself."))
    if parent.parent_id or (initiative and initiative.stages.exists()):
        _refuse("parent", _("A stage has no stages of its own."))


def _refuse(field: str, sentence: Any) -> None:
    raise Invalid(sentence, fields={field: [sentence]})
