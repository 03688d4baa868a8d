"""Who: the tables of people, partners, groups, projects and what they did."""

from projects.models.events import Event
from projects.models.federation import EntitlementMapping
from projects.models.groups import Group, Invitation, Membership, Partner, PartnerAdmin
from projects.models.idempotency import StoredAnswer
from projects.models.imports import Import
from projects.models.initiatives import FundingShare, Initiative
from projects.models.joining import JoinRequest
from projects.models.notices import Notice, NoticePreference
from projects.models.people import PortalRole, User
from projects.models.projects import Participation, Project
from projects.models.saved_filters import SavedFilter
from projects.models.seals import AuditCheck, Seal
from projects.models.terms import Acceptance, Terms
from projects.models.tokens import AccessToken
from projects.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "Acceptance",
    "AccessToken",
    "AuditCheck",
    "EntitlementMapping",
    "Event",
    "FundingShare",
    "Group",
    "Import",
    "Initiative",
    "Invitation",
    "JoinRequest",
    "Membership",
    "Notice",
    "NoticePreference",
    "Participation",
    "Partner",
    "PartnerAdmin",
    "PortalRole",
    "Project",
    "SavedFilter",
    "Seal",
    "StoredAnswer",
    "Terms",
    "User",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
]
