"""The one door to people, groups and projects: fetch what the caller may see, check the verb."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid, NotAllowed, NotThere
from projects.models import (
    AccessToken,
    Group,
    Initiative,
    Invitation,
    JoinRequest,
    Membership,
    Notice,
    Participation,
    Partner,
    Project,
    SavedFilter,
    Webhook,
)
from projects.roles import Role, Verb, verbs_of

if TYPE_CHECKING:
    from projects.models import User
    from projects.scoping import Person

M = TypeVar("M", bound=Model)
Key = str | UUID


def fetch(rows: QuerySet[M], key: Key, *, slug: str = "") -> M:
    """One row by its UUID, or by the field named `slug`. Raises NotThere, always alike."""
    identifier = as_uuid(key)
    if identifier is not None:
        row = rows.filter(pk=identifier).first()
    else:
        row = rows.filter(**{slug: key}).first() if slug and "\0" not in str(key) else None
    if row is None:
        raise NotThere
    return row


def as_uuid(key: Key) -> UUID | None:
    """The key as a UUID, None if it is not one."""
    if isinstance(key, UUID):
        return key
    try:
        return UUID(key)
    except ValueError:
        return None


def require(verbs: frozenset[Verb], verb: Verb) -> None:
    """Raise NotAllowed unless the verb is among those held."""
    if verb not in verbs:
        raise NotAllowed(_("Your role here does not include this. Ask a lead of the group."))


def portal_verbs(person: Person) -> frozenset[Verb]:
    """What the person may do anywhere."""
    return verbs_of(person.standing.portal_roles) if person.is_authenticated else frozenset()


def group_verbs(person: Person, group: Group) -> frozenset[Verb]:
    """What the person may do to a group and what belongs to it."""
    if not person.is_authenticated:
        return frozenset()
    standing = person.standing
    roles = set(standing.portal_roles)
    if group.pk in standing.group_roles:
        roles.add(standing.group_roles[group.pk])
    if group.partner_id in standing.admin_of:
        roles.add(Role.PARTNER_ADMIN)
    return verbs_of(frozenset(roles))


def project_verbs(person: Person, project: Project) -> frozenset[Verb]:
    """What the person may do to a project: its lead group decides, others take part as members."""
    verbs = group_verbs(person, project.lead_group)
    if not person.is_authenticated or not person.standing.group_roles:
        return verbs
    mine = set(person.standing.group_roles) - {project.lead_group_id}
    joined = Participation.objects.filter(project=project, group__in=mine)
    for group in joined.values_list("group_id", flat=True):
        role = person.standing.group_roles[group]
        verbs |= verbs_of(frozenset({Role.MEMBER if role == Role.LEAD else role}))
    return verbs


def belongs_to(person: Person, project: Project) -> bool:
    """Whether the person is in any of the project's groups: nobody decides on their own asks."""
    return Project.objects.of(person).filter(pk=project.pk).exists()


def require_portal(person: Person, verb: Verb) -> None:
    """For what is not about one object. Raises NotAllowed."""
    require(portal_verbs(person), verb)


def get_partner(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Partner:
    """A partner by UUID or slug. Raises NotThere, NotAllowed."""
    partner = fetch(Partner.objects.all(), key, slug="slug")
    roles = set(person.standing.portal_roles) if person.is_authenticated else set()
    if person.is_authenticated and partner.pk in person.standing.admin_of:
        roles.add(Role.PARTNER_ADMIN)
    if verb is not Verb.VIEW:
        require(verbs_of(frozenset(roles)), verb)
    return partner


def get_group(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Group:
    """A group by UUID. Raises NotThere, NotAllowed."""
    group = fetch(Group.objects.visible_to(person).select_related("partner"), key)
    if verb is not Verb.VIEW:
        require(group_verbs(person, group), verb)
    return group


def get_membership(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Membership:
    """A membership by UUID. Raises NotThere, NotAllowed."""
    rows = Membership.objects.visible_to(person).select_related("group__partner", "user")
    membership = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(group_verbs(person, membership.group), verb)
    return membership


def get_invitation(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Invitation:
    """An invitation by UUID. Raises NotThere, NotAllowed."""
    rows = Invitation.objects.visible_to(person).select_related("group__partner")
    invitation = fetch(rows, key)
    if verb is not Verb.VIEW:
        require(group_verbs(person, invitation.group), verb)
    return invitation


def get_project(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Project:
    """A project by UUID or slug. Raises NotThere, NotAllowed."""
    rows = Project.objects.visible_to(person).select_related(
        "lead_group__partner", "initiative__parent"
    )
    project = fetch(rows, key, slug="slug")
    if verb is not Verb.VIEW:
        require(project_verbs(person, project), verb)
    return project


def get_initiative(person: Person, key: Key, verb: Verb = Verb.VIEW) -> Initiative:
    """An initiative by UUID or slug. Raises NotThere, NotAllowed."""
    rows = Initiative.objects.visible_to(person).select_related("parent")
    initiative = fetch(rows, key, slug="slug")
    if verb is not Verb.VIEW:
        require_portal(person, verb)
    return initiative


def get_join_request(person: Person, key: Key) -> JoinRequest:
    """A wish to join, for those who decide on the project. Raises NotThere, NotAllowed."""
    rows = JoinRequest.objects.visible_to(person)
    asked = fetch(rows.select_related("project__lead_group", "group__partner"), key)
    require(project_verbs(person, asked.project), Verb.EDIT_PROJECT)
    return asked


def joining_group(person: User, key: Key | None) -> Group:
    """The own group that is to join: the one named, or the only one the person leads.

    Raises NotThere, NotAllowed, Invalid if it is not clear which.
    """
    if key:
        return get_group(person, key, Verb.JOIN_PROJECT)
    led = [group for group, role in person.standing.group_roles.items() if role is Role.LEAD]
    if not led:
        raise NotAllowed(_("Only a lead of a group can ask to join. Ask yours."))
    if len(led) > 1:
        sentence = _("You lead several groups: name the one that is to join.")
        raise Invalid(sentence, fields={"group": [sentence]})
    return get_group(person, led[0], Verb.JOIN_PROJECT)


def get_token(person: Person, key: Key) -> AccessToken:
    """One of the caller's own tokens. Raises NotThere."""
    identifier = as_uuid(key)
    mine = AccessToken.objects.filter(user=person.pk, id=identifier)
    token: AccessToken | None = mine.first() if identifier else None
    if token is None:
        raise NotThere
    return token


def get_notice(person: Person, key: Key) -> Notice:
    """One of the caller's own notices. Raises NotThere."""
    return fetch(Notice.objects.visible_to(person), key)


def get_webhook(person: Person, key: Key) -> Webhook:
    """One of the caller's own webhooks. Raises NotThere."""
    return fetch(Webhook.objects.visible_to(person).select_related("owner", "project"), key)


def get_saved_filter(person: Person, key: Key) -> SavedFilter:
    """One of the caller's own saved filters. Raises NotThere."""
    return fetch(SavedFilter.objects.visible_to(person), key)
