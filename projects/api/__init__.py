"""JSON: partners, groups, memberships, invitations, projects, initiatives, tokens, notices,
webhooks.
"""

from projects.api.groups import (
    GroupResource,
    InvitationResource,
    MembershipResource,
    PartnerResource,
)
from projects.api.own import EventResource, NoticeResource, TokenResource
from projects.api.projects import InitiativeResource, ProjectResource
from projects.api.webhooks import WebhookResource

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
    "webhooks": WebhookResource,
}
