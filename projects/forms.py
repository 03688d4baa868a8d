"""The shapes of what people type about groups, projects and their own tokens."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from projects.actions.initiatives import Share
from projects.actions.webhooks import Facts
from projects.event_kinds import Topic, kinds_of, topics_in
from projects.models import AccessToken, Group, Initiative, Membership, Partner, Project, User
from projects.models.notices import DELIVERY_LABELS, KIND_LABELS
from projects.models.projects import SLUG, VISIBILITY_LABELS
from projects.models.webhooks import TOPIC_LABELS
from projects.notices import Delivery, NoticeKind
from projects.pages import Day, Filters, PageForm
from projects.roles import Role, Visibility

PERCENT = re.compile(r"(?P<funder>.+?)\s*[:;\t]\s*(?P<percent>\d{1,3}([.,]\d{1,2})?)\s*%?")
COUNTRY = re.compile(r"[A-Z]{2}")
ROLES = Membership._meta.get_field("role").choices or []


class SharesField(forms.CharField):
    """Funders with their per cent, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_("funding"), required=False, max_length=4_000, **options)

    def clean(self, value: Any) -> list[Share]:
        """Raises ValidationError that names the line."""
        shares = []
        for number, line in enumerate(super().clean(value).splitlines(), 1):
            found = PERCENT.fullmatch(line.strip())
            if found:
                percent = Decimal(found["percent"].replace(",", "."))
                shares.append(Share(found["funder"][:120], percent))
            elif line.strip():
                raise forms.ValidationError(
                    _("Line %(n)s is no funder with a colon and its per cent: “%(line)s”.")
                    % {"n": number, "line": line.strip()[:60]}
                )
        return shares

    def prepare_value(self, value: Any) -> Any:
        """Shares as they are typed."""
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(f"{share.funder}: {share.percent:f}" for share in value)


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
    initiative = forms.ModelChoiceField(
        label=_("initiative"),
        queryset=Initiative.objects.all(),
        required=False,
        empty_label=_("none"),
        help_text=_("The programme it belongs to; reports and the roadmap follow it."),
    )


class EditProjectForm(ProjectForm):
    funding = SharesField(
        help_text=_(
            "One funder a line with its per cent, such as “Federal ministry: 60”."
            " Empty: as its initiative."
        )
    )


class NewProjectForm(ProjectForm):
    slug = forms.CharField(
        label=_("short name"),
        max_length=24,
        validators=[SLUG],
        help_text=_("Names the UNIX user on the clusters (cesai-…); it cannot be changed later."),
    )
    field_order = ["title", "slug", "abstract", "visibility"]


class PartnerForm(PageForm):
    name = forms.CharField(label=_("name"), max_length=200)
    sector = forms.ChoiceField(label=_("sector"), choices=Partner.Sector.choices)
    country = forms.RegexField(
        label=_("country"),
        regex=COUNTRY,
        max_length=2,
        required=False,
        help_text=_("Two letters, as DE or FR."),
    )
    city = forms.CharField(
        label=_("city"),
        max_length=100,
        required=False,
        help_text=_("The map shows the partner there."),
    )
    ror = forms.URLField(
        label=_("ROR id"),
        max_length=64,
        required=False,
        assume_scheme="https",
        help_text=_("Its address in the Research Organization Registry."),
    )
    names_agreement = forms.CharField(
        label=_("agreement on names"),
        max_length=200,
        required=False,
        help_text=_(
            "Where it stands that names of your people may be shown to other organisations, such"
            " as an agreement with the works council. As long as this is empty, others read a"
            " code instead of a name."
        ),
    )


class InitiativeForm(PageForm):
    name = forms.CharField(label=_("name"), max_length=120)
    slug = forms.SlugField(label=_("short name"), max_length=40)
    parent = forms.ModelChoiceField(
        label=_("stage of"),
        queryset=Initiative.objects.filter(parent=None),
        required=False,
        empty_label=_("nothing: a programme of its own"),
    )
    text = forms.CharField(
        label=_("what it is to achieve"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    url = forms.URLField(
        label=_("its page"), max_length=200, required=False, assume_scheme="https"
    )
    start = Day(label=_("begins on"), required=False)
    end = Day(label=_("ends before"), required=False)
    funding = SharesField(
        help_text=_("One funder a line with its per cent, such as “Federal ministry: 60”.")
    )


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
        label=_("e-mail"),
        max_length=254,
        help_text=_("For your own record; hand the link over yourself."),
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


class WebhookForm(PageForm):
    """Kinds of events are chosen by topic: nobody ticks ninety boxes."""

    aliases = {"kinds": "topics"}

    name = forms.CharField(
        label=_("name"), max_length=100, help_text=_("What listens there, for example “CI”.")
    )
    url = forms.CharField(
        label=_("address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://hooks.example.org/cesai"}),
        help_text=_("https, and reachable from the internet."),
    )
    topics = forms.TypedMultipleChoiceField(
        label=_("only events about"),
        choices=TOPIC_LABELS,
        coerce=Topic,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: about everything that you may see."),
    )
    project = forms.ModelChoiceField(
        label=_("only of the project"),
        queryset=Project.objects.none(),
        required=False,
        empty_label=_("all"),
    )

    def __init__(
        self, *args: Any, person: User, kinds: Collection[str] = (), **options: Any
    ) -> None:
        """`kinds` are those of a webhook that is changed: they stay while its topics do."""
        super().__init__(*args, **options)
        self.kinds = kinds
        self.fields["topics"].initial = topics_in(kinds) if kinds else []
        self.offer("project", Project.objects.of(person).order_by("title", "id"))

    @property
    def facts(self) -> Facts:
        """What was typed."""
        values = self.cleaned_data
        is_as_before = set(values["topics"]) == set(self.fields["topics"].initial or [])
        kinds = self.kinds if is_as_before else kinds_of(*values["topics"])
        return Facts(values["name"], values["url"], kinds, values["project"])


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


class SavedFilterForm(PageForm):
    name = forms.CharField(label=_("Name of the selection"), max_length=60)


class AuditFilters(Filters):
    lookups = {
        "kind": "kind", "object": "object_id",
        "since": "at__date__gte", "until": "at__date__lte",
    }  # fmt: skip

    actor = forms.CharField(label=_("who"), max_length=150, required=False)
    kind = forms.SlugField(label=_("what"), max_length=40, required=False)
    project = forms.CharField(label=_("project"), max_length=24, required=False)
    object = forms.UUIDField(label=_("about"), required=False)
    since = Day(label=_("from"), required=False)
    until = Day(label=_("until and with"), required=False)
