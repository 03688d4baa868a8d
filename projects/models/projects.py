"""Projects: what groups do together."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.models.groups import Group
from projects.models.initiatives import FundingShare, Initiative, nearest_shares
from projects.roles import Visibility
from projects.scoping import project_q, sees_everything, shown_q

if TYPE_CHECKING:
    from projects.scoping import Person

# A cluster's UNIX user is `cesai-<slug>`; names there end at 32 characters.
# The names in front are those of a site's own users: cesai-control keeps accounts and runs no job.
SLUG = RegexValidator(
    r"^(?!(?:control|slurm|munge|root|admin|operator|portal)\Z)[a-z][a-z0-9-]{1,23}\Z",
    _(
        "2 to 24 small letters, digits and hyphens, beginning with a letter;"
        " not a site's own name."
    ),
)
VISIBILITY_LABELS = [
    (Visibility.PUBLIC.value, _("everybody")),
    (Visibility.PARTNERS.value, _("members of all partners")),
    (Visibility.PROJECT.value, _("the project's groups")),
    (Visibility.GROUP.value, _("our group only")),
]


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, person: Person) -> Self:
        """Own projects, and those that their groups opened to others."""
        if sees_everything(person):
            return self
        return self.filter(project_q(person) | shown_q(person))

    def of(self, person: Person) -> Self:
        """Projects in which one of the person's groups leads or takes part."""
        return self.filter(project_q(person))


class Project(models.Model):
    """An effort of one lead group and any participating groups."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(_("short name"), max_length=24, unique=True, validators=[SLUG])
    title = models.CharField(_("title"), max_length=200)
    abstract = models.TextField(_("abstract"), blank=True)
    lead_group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="led_projects")
    participants = models.ManyToManyField(
        Group, through="Participation", related_name="joined_projects"
    )
    visibility = models.CharField(
        _("who may see it"),
        max_length=8,
        choices=VISIBILITY_LABELS,
        default=Visibility.PROJECT.value,
    )
    initiative = models.ForeignKey(
        Initiative, on_delete=models.PROTECT, null=True, blank=True, related_name="projects"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z][a-z0-9-]{1,23}$"), name="project_slug_shape"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def unix_user(self) -> str:
        """The UNIX user under which this project's jobs run, on every cluster."""
        return f"cesai-{self.slug}"

    def funded_by(self) -> list[FundingShare]:
        """Its own shares; else those of its initiative, else of the programme of that."""
        return nearest_shares(self, lambda one: list(one.funding.all()))


class Participation(models.Model):
    """A group taking part in another group's project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="participations")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="participations")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "group"], name="participation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.group} in {self.project}"
