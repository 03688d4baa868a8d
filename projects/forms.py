"""The shapes of what people type about groups, projects and their own tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from projects.models import AccessToken, Group, Membership, Project, User
from projects.models.notices import DELIVERY_LABELS, KIND_LABELS
from projects.models.projects import SLUG, VISIBILITY_LABELS
from projects.notices import Delivery, NoticeKind
from projects.pages import Filters, PageForm
from projects.roles import Role, Visibility

ROLES = Membership._meta.get_field("role").choices or []


class ProjectForm(PageForm):
    title = forms.CharField(label=_("title"), max_length=200)
    abstract = forms.CharField(
        label=_("abstract"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What the project is to achieve; others read it to find partners."),
    )
    visibility = forms.ChoiceField(
        label=_("who may see it"), choices=VISIBILITY_LABELS, initial=Visibility.PROJECT.value
    )


class NewProjectForm(ProjectForm):
    slug = forms.CharField(
        label=_("short name"),
        max_length=24,
        validators=[SLUG],
        help_text=_("Names the UNIX user on the clusters (cesai-…); it cannot be changed later."),
    )
    field_order = ["title", "slug", "abstract", "visibility"]


class ParticipantForm(PageForm):
    group = forms.ModelChoiceField(label=_("group"), queryset=Group.objects.none())

    def __init__(self, *args: Any, person: User, project: Project, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = Group.objects.visible_to(person).exclude(pk=project.lead_group_id)
        field: Any = self.fields["group"]
        field.queryset = rows.exclude(participations__project=project).select_related("partner")
        field.label_from_instance = lambda group: f"{group.name} · {group.partner.name}"


class InvitationForm(PageForm):
    email = forms.EmailField(
        label=_("e-mail"), help_text=_("For your own record; hand the link over yourself.")
    )
    role = forms.ChoiceField(label=_("role"), choices=ROLES, initial=Role.MEMBER.value)


class RoleForm(PageForm):
    role = forms.ChoiceField(label=_("role"), choices=ROLES)


class TokenForm(PageForm):
    name = forms.CharField(
        label=_("name"), max_length=100, help_text=_("Where it is used, for example “pipeline”.")
    )
    scope = forms.ChoiceField(
        label=_("scope"), choices=AccessToken.Scope.choices, initial=AccessToken.Scope.WRITE
    )
    group = forms.ModelChoiceField(
        label=_("home group"),
        queryset=Group.objects.none(),
        required=False,
        help_text=_("Whose models MLflow's clients mean by bare names."),
    )
    days = forms.IntegerField(
        label=_("valid for days"), min_value=1, max_value=365, initial=settings.TOKEN_DAYS
    )

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        own = Group.objects.filter(pk__in=person.standing.group_roles)
        field: Any = self.fields["group"]
        field.queryset = own.select_related("partner")
        field.label_from_instance = lambda group: f"{group.name} · {group.partner.name}"
        if len(person.standing.group_roles) < 2:  # nothing to choose
            del self.fields["group"]


class DeliveryForm(PageForm):
    """One field for each kind of notice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for kind, label in KIND_LABELS:
            self.fields[kind] = forms.ChoiceField(label=label, choices=DELIVERY_LABELS)

    @property
    def choices(self) -> dict[NoticeKind, Delivery]:
        """What was chosen."""
        return {NoticeKind(kind): Delivery(how) for kind, how in self.cleaned_data.items()}


class NoticeFilters(Filters):
    unread = forms.BooleanField(required=False)
    lookups = {"unread": "read_at__isnull"}
