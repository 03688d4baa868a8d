"""JSON: partners, groups, memberships, invitations, projects, initiatives, tokens, notices."""

from projects.api.groups import (
    GroupResource,
    InvitationResource,
    MembershipResource,
    PartnerResource,
)
from projects.api.own import EventResource, NoticeResource, TokenResource
from projects.api.projects import InitiativeResource, ProjectResource

RESOURCES = {
    "partners": PartnerResource,
    "groups": GroupResource,
    "memberships": MembershipResource,
    "invitations": InvitationResource,
    "projects": ProjectResource,
    "initiatives": InitiativeResource,
    "tokens": TokenResource,
    "events": EventResource,
    "notices": NoticeResource,
}
