"""Who may do what: the one table from roles to verbs. Code asks for verbs, never for roles."""

from __future__ import annotations

from collections.abc import Set
from enum import StrEnum


class Role(StrEnum):
    GUEST = "guest"
    MEMBER = "member"
    LEAD = "lead"
    PARTNER_ADMIN = "partner_admin"
    OPERATOR = "operator"
    COORDINATOR = "coordinator"
    QUOTA_ADMIN = "quota_admin"
    AUDITOR = "auditor"
    PORTAL_ADMIN = "portal_admin"


GROUP_ROLES = (Role.GUEST, Role.MEMBER, Role.LEAD)
PORTAL_ROLES = (Role.COORDINATOR, Role.QUOTA_ADMIN, Role.AUDITOR, Role.PORTAL_ADMIN)


class Verb(StrEnum):
    VIEW = "view"
    EDIT_PARTNER = "edit_partner"
    DESCRIBE_GROUP = "describe_group"
    CREATE_GROUP = "create_group"
    MANAGE_MEMBERS = "manage_members"
    CREATE_PROJECT = "create_project"
    EDIT_PROJECT = "edit_project"
    PLAN_MODEL = "plan_model"
    EDIT_MODEL = "edit_model"
    MERGE_MODELS = "merge_models"
    REQUEST_COMPUTE = "request_compute"
    REVIEW_REQUEST = "review_request"
    AWARD = "award"
    CONFIRM_GRANT = "confirm_grant"
    PAUSE_ALLOCATION = "pause_allocation"
    RETURN_HOURS = "return_hours"
    REPORT_USAGE = "report_usage"
    SUBMIT_JOB = "submit_job"
    KEEP_TEMPLATES = "keep_templates"
    KEEP_CALLS = "keep_calls"
    KEEP_INITIATIVES = "keep_initiatives"
    IMPORT_RECORDS = "import_records"
    CANCEL_JOB = "cancel_job"
    READ_SCRIPT = "read_script"
    OPERATE_CLUSTER = "operate_cluster"
    CREATE_CLUSTER = "create_cluster"
    SEE_WORKLIST = "see_worklist"
    HANDLE_CASE = "handle_case"
    ANSWER_CASE = "answer_case"
    JOIN_PROJECT = "join_project"


_GUEST = {Verb.VIEW}
_MEMBER = _GUEST | {Verb.PLAN_MODEL, Verb.EDIT_MODEL, Verb.SUBMIT_JOB, Verb.KEEP_TEMPLATES}
_LEAD = _MEMBER | {
    Verb.DESCRIBE_GROUP,
    Verb.MANAGE_MEMBERS,
    Verb.CREATE_PROJECT,
    Verb.EDIT_PROJECT,
    Verb.REQUEST_COMPUTE,
    Verb.RETURN_HOURS,
    Verb.REPORT_USAGE,
    Verb.CANCEL_JOB,
    Verb.READ_SCRIPT,
    Verb.ANSWER_CASE,
    Verb.JOIN_PROJECT,
}

ROLE_VERBS: dict[Role, frozenset[Verb]] = {
    Role.GUEST: frozenset(_GUEST),
    Role.MEMBER: frozenset(_MEMBER),
    Role.LEAD: frozenset(_LEAD),
    Role.PARTNER_ADMIN: frozenset(
        {
            Verb.VIEW,
            Verb.EDIT_PARTNER,
            Verb.CREATE_GROUP,
            Verb.DESCRIBE_GROUP,
            Verb.MANAGE_MEMBERS,
        }
    ),
    Role.OPERATOR: frozenset(
        {
            Verb.VIEW,
            Verb.OPERATE_CLUSTER,
            Verb.KEEP_TEMPLATES,
            Verb.CONFIRM_GRANT,
            Verb.REPORT_USAGE,
            Verb.PAUSE_ALLOCATION,
            Verb.CANCEL_JOB,
            Verb.READ_SCRIPT,
        }
    ),
    Role.COORDINATOR: frozenset(
        {
            Verb.VIEW,
            Verb.REVIEW_REQUEST,
            Verb.SEE_WORKLIST,
            Verb.MERGE_MODELS,
            Verb.HANDLE_CASE,
            Verb.KEEP_CALLS,
            Verb.KEEP_INITIATIVES,
            Verb.IMPORT_RECORDS,
        }
    ),
    Role.QUOTA_ADMIN: frozenset(
        {
            Verb.VIEW,
            Verb.REVIEW_REQUEST,
            Verb.AWARD,
            Verb.CONFIRM_GRANT,
            Verb.PAUSE_ALLOCATION,
            Verb.RETURN_HOURS,
            Verb.SEE_WORKLIST,
            Verb.IMPORT_RECORDS,
        }
    ),
    Role.AUDITOR: frozenset({Verb.VIEW, Verb.SEE_WORKLIST}),
    Role.PORTAL_ADMIN: frozenset(
        {
            Verb.VIEW,
            Verb.EDIT_PARTNER,
            Verb.CREATE_GROUP,
            Verb.DESCRIBE_GROUP,
            Verb.IMPORT_RECORDS,
            Verb.CREATE_CLUSTER,
        }
    ),
}

SEES_EVERYTHING = frozenset({Role.COORDINATOR, Role.QUOTA_ADMIN, Role.AUDITOR, Role.PORTAL_ADMIN})

# Quota admins and portal admins learn of a confidential pair only through its case's outcome.
SEES_CONFIDENTIAL = frozenset({Role.COORDINATOR, Role.AUDITOR})


NEEDS_SECOND_FACTOR = frozenset({Role.QUOTA_ADMIN, Role.OPERATOR, Role.PORTAL_ADMIN})


class Visibility(StrEnum):
    PUBLIC = "public"
    PARTNERS = "partners"  # any signed-in member of a partner
    PROJECT = "project"  # the project's groups
    GROUP = "group"  # the owning group alone; also what an unknown value means


def verbs_of(roles: Set[Role]) -> frozenset[Verb]:
    """All that a set of roles may do."""
    return frozenset[Verb]().union(*(ROLE_VERBS[role] for role in roles))
