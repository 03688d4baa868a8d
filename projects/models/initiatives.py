"""Initiatives: the programmes that projects belong to, and who funds what share."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from uuid import UUID

    from projects.models.projects import Project
    from projects.scoping import Person


class InitiativeQuerySet(models.QuerySet["Initiative"]):
    def visible_to(self, person: Person) -> Self:
        """Programmes are public: everybody who is signed in sees them."""
        return self if person.is_authenticated else self.none()


class Initiative(models.Model):
    """A programme such as a stage of LEAM, IPCEI AI or an AI Gigafactory; coordinators keep it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    # Stages of one programme stand below it; one level and no deeper
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="stages"
    )
    text = models.TextField(_("what it is to achieve"), blank=True)
    url = models.URLField(_("its page"), blank=True)
    start = models.DateField(_("begins on"), null=True, blank=True)
    end = models.DateField(_("ends before"), null=True, blank=True)
    created_at = models.DateTimeField()

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("initiative")
        verbose_name_plural = _("initiatives")
        constraints = [
            models.CheckConstraint(
                condition=Q(start=None) | Q(end=None) | Q(start__lt=F("end")),
                name="initiative_forward",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="initiative_not_own_stage"),
        ]

    def __str__(self) -> str:
        return self.name

    def years(self, today: date) -> tuple[int, int] | None:
        """The first and the last calendar year it touches, open ends up to today; None if open."""
        if self.start is None and self.end is None:
            return None
        first, last = self.start or today, self.end or today
        return first.year, max(first.year, (date.fromordinal(last.toordinal() - 1)).year)


class FundingShare(models.Model):
    """What percentage of an initiative, or of one project otherwise, a funder pays."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, null=True, related_name="funding"
    )
    project = models.ForeignKey(
        "projects.Project", on_delete=models.CASCADE, null=True, related_name="funding"
    )
    funder = models.CharField(_("funder"), max_length=120)
    percent = models.DecimalField(
        _("per cent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
    )

    class Meta:
        ordering = ["-percent", "funder"]
        constraints = [
            models.CheckConstraint(
                condition=Q(initiative=None) ^ Q(project=None), name="share_of_one"
            ),
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100), name="share_is_a_percentage"
            ),
            models.UniqueConstraint(fields=["initiative", "funder"], name="funder_once_there"),
            models.UniqueConstraint(fields=["project", "funder"], name="funder_once_here"),
        ]

    def __str__(self) -> str:
        return f"{self.funder}: {self.percent} %"


def shares_of(projects: Iterable[Project]) -> dict[UUID, list[FundingShare]]:
    """What `Project.funded_by` says of each, in one query; its initiative's parent is read."""
    rows = list(projects)
    programmes = {row.initiative for row in rows if row.initiative}
    programmes |= {one.parent for one in programmes if one.parent}
    found: defaultdict[UUID, list[FundingShare]] = defaultdict(list)
    for share in FundingShare.objects.filter(Q(project__in=rows) | Q(initiative__in=programmes)):
        found[share.project_id or share.initiative_id].append(share)  # type: ignore[index]
    return {row.pk: nearest_shares(row, lambda one: found.get(one.pk, [])) for row in rows}


def nearest_shares(
    project: Project, of: Callable[[Project | Initiative], list[FundingShare]]
) -> list[FundingShare]:
    """Its own shares; else those of its initiative, else of the programme of that."""
    own = of(project)
    initiative = project.initiative
    while not own and initiative is not None:
        own = of(initiative)
        initiative = initiative.parent
    return own
