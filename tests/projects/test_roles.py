"""The table of roles: what each may do, word for word, so that no line changes unseen."""

from __future__ import annotations

import pytest

from projects.roles import GROUP_ROLES, PORTAL_ROLES, SEES_EVERYTHING, Role, Verb, verbs_of

GUEST = {"view"}
MEMBER = GUEST | {"plan_model", "edit_model", "submit_job", "keep_templates"}
LEAD = MEMBER | {
    "describe_group",
    "manage_members",
    "create_project",
    "edit_project",
    "request_compute",
    "cancel_job",
    "read_script",
    "answer_case",
    "join_project",
    "return_hours",
    "report_usage",
}
EXPECTED = {
    Role.GUEST: GUEST,
    Role.MEMBER: MEMBER,
    Role.LEAD: LEAD,
    Role.PARTNER_ADMIN: {
        "view",
        "edit_partner",
        "create_group",
        "describe_group",
        "manage_members",
    },
    Role.OPERATOR: {
        "view",
        "operate_cluster",
        "keep_templates",
        "confirm_grant",
        "report_usage",
        "pause_allocation",
        "cancel_job",
        "read_script",
    },
    Role.COORDINATOR: {
        "view",
        "review_request",
        "see_worklist",
        "merge_models",
        "handle_case",
        "keep_calls",
        "keep_initiatives",
        "import_records",
    },
    Role.QUOTA_ADMIN: {
        "view",
        "review_request",
        "award",
        "confirm_grant",
        "pause_allocation",
        "return_hours",
        "see_worklist",
        "import_records",
    },
    Role.AUDITOR: {"view", "see_worklist"},
    Role.PORTAL_ADMIN: {
        "view",
        "edit_partner",
        "create_group",
        "describe_group",
        "import_records",
        "create_cluster",
    },
}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_exactly_this(role: Role) -> None:
    assert verbs_of(frozenset({role})) == EXPECTED[role]


def test_a_stranger_without_any_role_may_do_nothing() -> None:
    assert verbs_of(frozenset()) == frozenset()


def test_roles_add_up() -> None:
    both = verbs_of(frozenset({Role.LEAD, Role.QUOTA_ADMIN}))

    assert both == EXPECTED[Role.LEAD] | EXPECTED[Role.QUOTA_ADMIN]


def test_every_verb_is_somebodys() -> None:
    assert verbs_of(frozenset(Role)) == set(Verb)


def test_only_the_portals_own_staff_see_everything() -> None:
    assert set(PORTAL_ROLES) == SEES_EVERYTHING
    assert SEES_EVERYTHING.isdisjoint({*GROUP_ROLES, Role.PARTNER_ADMIN, Role.OPERATOR})


def test_awarding_and_asking_are_different_hands() -> None:
    assert not [r for r in Role if {Verb.AWARD, Verb.REQUEST_COMPUTE} <= verbs_of(frozenset({r}))]
