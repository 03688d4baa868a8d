"""What happens here, by the names that events carry and that outsiders subscribe to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum


class Topic(StrEnum):
    """What an event is about, for those who choose."""

    REQUESTS = "requests"
    ALLOCATIONS = "allocations"
    JOBS = "jobs"
    MODELS = "models"
    CASES = "cases"
    PROJECTS = "projects"
    GROUPS = "groups"
    CLUSTERS = "clusters"
    PORTAL = "portal"
    ACCESS = "access"


_OF_TOPIC: Mapping[Topic, Mapping[str, str]] = {
    Topic.REQUESTS: {
        "create_request": "A request was begun.",
        "update_request": "A draft was changed.",
        "submit_request": "It was submitted.",
        "review_request": "Its review began.",
        "return_request": "It was sent back for changes.",
        "withdraw_request": "It was withdrawn.",
        "sign_award": "One of two signatures under an award was given.",
        "award": "It was awarded.",
        "award_beside_case": "It was awarded although a case on it is open.",
        "deny_request": "It was denied.",
        "appeal": "The denial was appealed.",
        "recuse": "Somebody takes no part in a decision.",
    },
    Topic.ALLOCATIONS: {
        "pause_allocation": "An allocation was paused.",
        "resume_allocation": "It goes on after a pause.",
        "return_hours": "Unspent GPU-hours were given back.",
        "end_allocation": "It was ended before its time.",
        "confirm_limit": "A site says that it holds the limit.",
        "correct_difference": "A difference to the site's accounting was made good.",
        "report_usage": "Usage of a cluster that is not connected was reported.",
        "undo_report": "Such a report was taken back.",
        "register_grant": "A grant of another board was registered.",
        "confirm_grant": "That grant was confirmed.",
        "decline_grant": "It was declined.",
        "state_on_grant": "Somebody made a statement on it.",
    },
    Topic.JOBS: {
        "submit_job": "A job was submitted.",
        "cancel_job": "Its cancellation was asked for.",
        "send_again": "An operator let it be handed over again.",
        "create_template": "A job template was made.",
        "change_template": "It has a new version.",
        "retire_template": "It is offered no more.",
    },
    Topic.MODELS: {
        "plan_model": "A model was registered.",
        "update_model": "What is said of it changed.",
        "move_model": "It is in another state, such as training or published.",
        "confirm_model": "Its plan was confirmed to be still true.",
        "name_successor": "A successor was named.",
        "merge_models": "Two entries of one effort became one.",
        "move_to_project": "It belongs to another project.",
        "create_version": "A version was registered.",
        "update_version": "What is said of a version changed.",
        "withdraw_version": "A version was withdrawn.",
        "move_stage": "A version is in another stage, in MLflow's words.",
        "set_alias": "An alias names a version.",
        "remove_alias": "An alias was taken away.",
        "set_tag": "A tag was set.",
        "record_figure": "A figure such as its parameters was recorded.",
        "record_fingerprint": "The fingerprint of its weights was recorded.",
        "link_parent": "A derivation was recorded.",
        "unlink_parent": "A derivation was taken back.",
        "change_kind": "A derivation is of another kind.",
        "register_dataset": "A dataset was registered.",
        "update_dataset": "What is said of a dataset changed.",
    },
    Topic.CASES: {
        "open_case": "A case on similar efforts was opened.",
        "add_overlaps": "It covers more pairs.",
        "assign_case": "It has another owner, deputy or date.",
        "invite_group": "A group was invited to it.",
        "consent_to_introduction": "A group agreed to be introduced.",
        "decide_case": "An outcome was proposed.",
        "answer_outcome": "A group answered to the outcome.",
        "close_case": "It was closed.",
        "reopen_case": "It was opened again.",
        "read_confidential": "Somebody of the staff read of a confidential plan.",
    },
    Topic.PROJECTS: {
        "create_project": "A project was made.",
        "update_project": "What is said of it changed.",
        "add_participant": "A group takes part.",
        "remove_participant": "A group takes part no more.",
        "ask_to_join": "A group asks to take part.",
        "answer_join": "That was answered.",
    },
    Topic.GROUPS: {
        "create_group": "A group was made.",
        "describe_group": "What it can do was described.",
        "update_partner": "What is said of a partner changed.",
        "invite_member": "Somebody was invited.",
        "withdraw_invitation": "An invitation was withdrawn.",
        "accept_invitation": "Somebody accepted and is a member.",
        "add_member": "The administration added a member.",
        "change_role": "A member has another role.",
        "remove_member": "A member left or was removed.",
        "join_by_entitlement": "A log-in provider's word made somebody a member.",
        "lose_entitlement": "That word was taken back, or lapsed.",
    },
    Topic.CLUSTERS: {
        "register_cluster": "A cluster was registered.",
        "update_cluster": "What is said of it changed.",
        "enable_dispatch": "It is given jobs.",
        "stop_submitting": "It is given no more jobs.",
        "plan_maintenance": "A maintenance was planned.",
        "drop_maintenance": "That was called off.",
        "set_capacity": "What a pool offers changed.",
        "reserve_capacity": "GPU-hours of a pool were kept back.",
        "set_site_rules": "A pool has other rules.",
        "set_charge_rule": "What is charged for a pool changed.",
        "record_consent": "A site agreed to something.",
        "withdraw_consent": "It agrees no more.",
        "deliver_credential": "A site delivered a credential.",
        "withdraw_credential": "It was withdrawn.",
        "rotate_credentials": "Credentials were sealed with another key.",
    },
    Topic.PORTAL: {
        "keep_call": "A call for requests was announced or changed.",
        "drop_call": "It was dropped.",
        "keep_initiative": "An initiative was made or changed.",
        "drop_initiative": "It was dropped.",
        "import_records": "Records were imported from a spreadsheet.",
        "undo_import": "That was undone.",
    },
    Topic.ACCESS: {
        "create_token": "An access token was made.",
        "revoke_token": "It was revoked.",
        "create_webhook": "A webhook was made.",
        "update_webhook": "It was changed.",
        "rotate_webhook_secret": "It has a new secret.",
        "pause_webhook": "It was paused.",
        "resume_webhook": "It goes on.",
        "delete_webhook": "It was deleted.",
        "publish_terms": "Terms of use were published.",
        "accept_terms": "Somebody accepted them.",
        "map_entitlement": "What an entitlement gives was said.",
        "unmap_entitlement": "It gives that no more.",
        "create_person": "The administration made a log-in.",
        "change_person": "Whether somebody may log in was changed.",
        "set_portalrole": "A role over the whole portal was given or taken.",
        "set_partneradmin": "Somebody became or ceased to be a partner's admin.",
        "set_clusteroperator": "Somebody became or ceased to be a cluster's operator.",
        "drop_second_factor": "A second factor was dropped for somebody who lost it.",
        "erase_person": "A person's data were erased.",
    },
}
KINDS: Mapping[str, str] = {
    kind: said for kinds in _OF_TOPIC.values() for kind, said in kinds.items()
}


def kinds_of(*topics: Topic) -> list[str]:
    """All kinds of these topics."""
    return [kind for topic in topics for kind in _OF_TOPIC[topic]]


def topics_in(kinds: Collection[str]) -> list[Topic]:
    """The topics of which at least one kind is among these; all for none."""
    return [topic for topic in Topic if not kinds or set(kinds) & _OF_TOPIC[topic].keys()]
