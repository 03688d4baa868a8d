"""Every route of the portal and what each kind of caller gets there; what is missing here is red.

A rule names who succeeds and who may at least see. Everybody else gets 404: to them the object is
not there. Who sees without the right gets 403.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.world import World

OURS = frozenset({"guest", "member", "lead", "partner_admin"})
STAFF = frozenset({"quota_admin", "coordinator", "auditor", "portal_admin"})
OPERATOR = frozenset({"operator"})
STRANGERS = frozenset({"stranger", "loner"})
SIGNED_IN = OURS | STAFF | OPERATOR | STRANGERS
OF_PARTNERS = SIGNED_IN - {"loner", "operator"}
WORKERS = frozenset({"member", "lead"})
LEADS = frozenset({"lead"})
MANAGERS = frozenset({"lead", "partner_admin"})
ON_CLUSTER = OURS | STAFF | OPERATOR
IN_GROUP = frozenset({"guest", "member", "lead"})
CONFIRMS = OPERATOR | {"quota_admin"}
COORDINATOR = frozenset({"coordinator"})
IMPORTERS = frozenset({"coordinator", "quota_admin", "portal_admin"})
CONFIDENTIAL = COORDINATOR | {"auditor"}


@dataclass(frozen=True)
class Rule:
    """One method of one route: who may, who may see it at least, and what success looks like."""

    may: frozenset[str]
    sees: frozenset[str] = field(default_factory=frozenset)
    body: Callable[[World], Any] = lambda world: {}
    query: Callable[[World], str] = lambda world: ""
    status: int = 200
    hidden: int = 404

    def expected(self, caller: str) -> int:
        """The status for a signed-in caller."""
        if caller in self.may:
            return self.status
        return 403 if caller in self.sees else self.hidden


def _list() -> Rule:
    return Rule(may=SIGNED_IN)


def _detail(may: frozenset[str]) -> Rule:
    return Rule(may=may)


def _work(body: Any = None, status: int = 200) -> Rule:
    """What those who edit a model of the group do; the group and the staff see it."""
    return Rule(may=WORKERS, sees=OURS | STAFF, body=body or (lambda world: {}), status=status)


def _handle(body: Any = None, status: int = 200) -> Rule:
    """What coordinators do in a case; its invited group and the staff see it."""
    sees = IN_GROUP | STAFF
    return Rule(may=COORDINATOR, sees=sees, body=body or (lambda world: {}), status=status)


def _answer(body: Any, status: int = 200) -> Rule:
    """What an invited group's lead answers; to others it is no party of theirs."""
    return Rule(may=LEADS, sees=IN_GROUP, body=body, status=status)


Table = dict[str, dict[str, Rule]]

# route name → method → rule. `{pk}` is filled in by World.key(name).
API: Table = {
    "api-partners-list": {"get": _list()},
    "api-partners-detail": {"get": _detail(SIGNED_IN)},
    "api-groups-list": {
        "get": _list(),
        "post": Rule(
            may=frozenset({"partner_admin", "portal_admin"}),
            sees=SIGNED_IN,
            body=lambda w: {"partner": str(w.group.partner_id), "name": "New", "slug": "new"},
            status=201,
        ),
    },
    "api-groups-detail": {"get": _detail(OF_PARTNERS)},
    "api-memberships-list": {"get": _list()},
    "api-memberships-detail": {
        "get": _detail(OURS | STAFF),
        "patch": Rule(may=MANAGERS, sees=OURS | STAFF, body=lambda w: {"role": "guest"}),
        "delete": Rule(may=MANAGERS | {"member"}, sees=OURS | STAFF, status=204),
    },
    "api-invitations-list": {
        "get": _list(),
        "post": Rule(
            may=MANAGERS,
            sees=OF_PARTNERS,
            body=lambda w: {
                "group": str(w.group.pk),
                "email": "new@example.org",
                "role": "member",
            },
            status=201,
        ),
    },
    "api-invitations-detail": {
        "get": _detail(OURS | STAFF),
        "delete": Rule(may=MANAGERS, sees=OURS | STAFF, status=204),
    },
    "api-invitations-accept": {
        # Whoever holds the link may; those of the group belong to it already.
        "post": Rule(
            may=SIGNED_IN - {"guest", "member", "lead"},
            body=lambda w: {"secret": w.secret},
            status=201,
            hidden=409,
        ),
    },
    "api-projects-list": {
        "get": _list(),
        "post": Rule(
            may=LEADS,
            sees=OF_PARTNERS,
            body=lambda w: {"lead_group": str(w.group.pk), "slug": "new", "title": "New"},
            status=201,
        ),
    },
    "api-projects-detail": {
        "get": _detail(OURS | STAFF),
        "patch": Rule(may=LEADS, sees=OURS | STAFF, body=lambda w: {"title": "Other"}),
    },
    "api-projects-participants": {
        "post": Rule(
            may=LEADS, sees=OURS | STAFF, body=lambda w: {"group": str(w.other_group.pk)}
        ),
        "delete": Rule(
            may=LEADS,
            sees=OURS | STAFF,
            body=lambda w: {"group": str(w.other_group.pk)},
            status=409,  # it takes no part
        ),
    },
    "api-projects-join": {
        # The lead may ask, but its group leads the project already.
        "post": Rule(may=LEADS, sees=OURS | STAFF, body=lambda w: {"text": "GPUs"}, status=409)
    },
    "api-tokens-list": {
        "get": _list(),
        "post": Rule(may=SIGNED_IN, body=lambda w: {"name": "mine"}, status=201),
    },
    "api-tokens-detail": {
        "get": _detail(LEADS),
        "delete": Rule(may=LEADS, status=204),
    },
    "api-events-list": {"get": _list()},
    "api-events-detail": {"get": _detail(OURS | STAFF)},
    "api-notices-list": {"get": _list()},
    "api-notices-detail": {"get": _detail(LEADS)},  # to whom the world's notice was told
    "api-notices-read": {"post": Rule(may=LEADS)},
    "api-notices-read-all": {"post": _list()},
    "api-webhooks-list": {
        "get": _list(),
        "post": Rule(may=SIGNED_IN, body=lambda w: w.webhook_body, status=201),
    },
    "api-webhooks-detail": {
        "get": _detail(LEADS),
        "patch": Rule(may=LEADS, body=lambda w: {"name": "other"}),
        "delete": Rule(may=LEADS, status=204),
    },
    "api-webhooks-rotate-secret": {"post": Rule(may=LEADS)},
    "api-webhooks-pause": {"post": Rule(may=LEADS)},
    "api-webhooks-resume": {"post": Rule(may=LEADS, status=409)},  # it is not paused
    "api-webhooks-ping": {"post": Rule(may=LEADS, status=201)},
    "api-webhooks-replay": {
        "post": Rule(may=LEADS, body=lambda w: {"delivery": str(w.delivery.pk)})
    },
    "api-webhooks-deliveries": {"get": _detail(LEADS)},
    "api-models-list": {
        "get": _list(),
        "post": Rule(
            may=WORKERS,
            sees=OF_PARTNERS,
            body=lambda w: {"name": "new", "group": str(w.group.pk)},
            status=201,
        ),
    },
    "api-models-detail": {
        "get": _detail(OURS | STAFF),
        "patch": _work(lambda w: {"licence": "MIT"}),
    },
    "api-models-move": {"post": _work(lambda w: {"state": "released"})},
    "api-models-confirm": {"post": _work()},
    "api-models-merge": {
        "post": Rule(
            may=WORKERS | {"coordinator"},
            sees=OURS | STAFF,
            body=lambda w: {"into": str(w.other_model.pk)},
        )
    },
    "api-models-successor": {"post": _work(lambda w: {"successor": str(w.other_model.pk)})},
    "api-models-certificate": {"get": _work()},
    "api-models-card": {
        "get": _detail(OURS | STAFF),
        "put": _work(lambda w: w.card_body()),
    },
    "api-models-import-card": {
        "post": Rule(
            may=WORKERS,
            sees=OF_PARTNERS,
            body=lambda w: {"name": "new", "group": str(w.group.pk), **w.card_body()},
            status=201,
        ),
    },
    "api-models-lineage": {"get": _detail(OURS | STAFF)},
    "api-models-affected": {"get": _detail(OURS | STAFF)},
    "api-models-common-ancestors": {
        "get": Rule(may=OURS | STAFF, query=lambda w: f"?with={w.base.pk}")
    },
    "api-models-compute": {"get": _detail(OURS | STAFF)},
    "api-models-ai-act": {"get": _detail(OURS | STAFF)},
    "api-models-licence-flow": {"get": _detail(OURS | STAFF)},
    "api-models-overlaps": {"get": _detail(OURS | STAFF)},
    "api-overlaps-list": {"get": _list()},
    "api-overlaps-detail": {"get": _detail(OURS | CONFIDENTIAL)},
    "api-cases-list": {
        "get": _list(),
        "post": Rule(
            may=COORDINATOR,
            sees=SIGNED_IN,
            body=lambda w: {"overlaps": [str(w.free_overlap.pk)]},
            status=201,
        ),
    },
    "api-cases-detail": {"get": _detail(IN_GROUP | STAFF)},
    "api-cases-assign": {
        "post": _handle(
            lambda w: {"owner": None, "due_at": "2030-01-01T00:00:00Z", "waiting_on": ""}
        )
    },
    "api-cases-invite": {"post": _handle(lambda w: {"party": str(w.party.pk), "text": "Hello"})},
    "api-cases-say": {"post": _handle(lambda w: {"text": "Hello"})},
    "api-cases-file-email": {
        "post": _handle(lambda w: {"party": str(w.party.pk), "text": "Hello", "sender": "a@b.c"})
    },
    "api-cases-recuse": {"post": _handle()},
    "api-cases-decide": {"post": _handle(lambda w: {"outcome": "proceed", "reason": "fine"})},
    "api-cases-close": {"post": _handle(status=409)},  # it is not decided
    "api-cases-reopen": {"post": _handle(lambda w: {"reason": "new"}, 409)},  # it is open
    "api-cases-reply": {"post": _answer(lambda w: {"party": str(w.party.pk), "text": "Hello"})},
    "api-cases-agree": {  # there is no outcome yet
        "post": _answer(lambda w: {"party": str(w.party.pk), "agrees": True}, 409)
    },
    "api-cases-consent": {"post": _answer(lambda w: {"party": str(w.party.pk), "consents": True})},
    "api-watches-list": {
        "get": _list(),
        "post": Rule(
            may=SIGNED_IN, body=lambda w: {"name": "mine", "languages": ["de"]}, status=201
        ),
    },
    "api-watches-detail": {"get": _detail(LEADS), "delete": Rule(may=LEADS, status=204)},
    "api-versions-list": {
        "get": _list(),
        "post": _work(lambda w: {"model": str(w.model.pk), "source": "s3://new"}, 201),
    },
    "api-versions-detail": {
        "get": _detail(OURS | STAFF),
        "patch": _work(lambda w: {"description": "Other"}),
    },
    "api-versions-withdraw": {"post": _work()},
    "api-versions-fingerprint": {
        "get": _detail(OURS | STAFF),
        "put": _work(lambda w: w.header_body()),
    },
    "api-versions-compare": {
        "get": Rule(may=OURS | STAFF, query=lambda w: f"?with={w.version.pk}")
    },
    "api-versions-alias": {"put": _work(), "delete": _work()},
    "api-figures-list": {
        "get": _list(),
        "post": _work(lambda w: {"model": str(w.model.pk), "kind": "tokens", "value": "7"}, 201),
    },
    "api-figures-detail": {"get": _detail(OURS | STAFF)},
    "api-derivations-list": {
        "get": _list(),
        "post": _work(lambda w: {"child": str(w.version.pk), "literal": "their/model"}, 201),
    },
    "api-derivations-detail": {
        "get": _detail(OURS | STAFF),
        "patch": _work(lambda w: {"kind": "merge"}),
        "delete": _work(status=204),
    },
    "api-datasets-list": {
        "get": _list(),
        "post": Rule(
            may=WORKERS,
            sees=OF_PARTNERS,
            body=lambda w: {"name": "new", "group": str(w.group.pk)},
            status=201,
        ),
    },
    "api-datasets-detail": {
        "get": _detail(OURS | STAFF),
        "patch": _work(lambda w: {"licence": "MIT"}),
    },
    "api-catalogue-list": {
        "get": _list(),
        "post": Rule(
            may=WORKERS,
            sees=OF_PARTNERS,
            body=lambda w: b'{"type": "dataset", "key": "new", "name": "new"}',
            query=lambda w: f"?group={w.group.pk}",
        ),
    },
    "api-clusters-list": {"get": _list()},
    "api-clusters-detail": {
        "get": _detail(SIGNED_IN - {"loner"}),
        "patch": Rule(
            may=OPERATOR, sees=SIGNED_IN - {"loner"}, body=lambda w: {"name": "Other name"}
        ),
    },
    "api-clusters-enable-dispatch": {
        "post": Rule(may=OPERATOR, sees=SIGNED_IN - {"loner"}, body=lambda w: w.stop())
    },
    "api-clusters-maintenance": {
        "get": _detail(SIGNED_IN - {"loner"}),
        "post": Rule(may=OPERATOR, sees=SIGNED_IN - {"loner"}, body=lambda w: w.away, status=201),
    },
    "api-clusters-maintenance-drop": {
        "delete": Rule(may=OPERATOR, sees=SIGNED_IN - {"loner"}, status=204)
    },
    "api-clusters-accounting": {
        "get": Rule(may=OPERATOR | STAFF - {"portal_admin"}, sees=SIGNED_IN - {"loner"})
    },
    "api-clusters-accounting-correct": {
        "post": Rule(
            may=frozenset({"quota_admin"}),
            sees=SIGNED_IN - {"loner"},
            body=lambda w: {"reason": "seen there"},
            status=204,
        )
    },
    "api-initiatives-list": {
        "get": _list(),
        "post": Rule(
            may=COORDINATOR, sees=SIGNED_IN, body=lambda w: w.initiative_body, status=201
        ),
    },
    "api-initiatives-detail": {
        "get": _detail(SIGNED_IN),
        "put": Rule(may=COORDINATOR, sees=SIGNED_IN, body=lambda w: w.initiative_body),
        "delete": Rule(may=COORDINATOR, sees=SIGNED_IN, status=204),
    },
    "api-calls-list": {
        "get": _list(),
        "post": Rule(may=COORDINATOR, sees=SIGNED_IN, body=lambda w: w.call_body, status=201),
    },
    "api-calls-detail": {
        "get": _detail(SIGNED_IN),
        "put": Rule(may=COORDINATOR, sees=SIGNED_IN, body=lambda w: w.call_body),
        "delete": Rule(may=COORDINATOR, sees=SIGNED_IN, status=204),
    },
    "api-clusters-consents": {
        "get": Rule(may=OPERATOR, sees=SIGNED_IN - {"loner"}),
        "post": Rule(
            may=OPERATOR, sees=SIGNED_IN - {"loner"}, body=lambda w: w.consent_body, status=201
        ),
    },
    "api-clusters-consents-withdraw": {
        "post": Rule(may=OPERATOR, sees=SIGNED_IN - {"loner"}, body=lambda w: {"reason": "over"})
    },
    "api-clusters-outages": {"get": _detail(SIGNED_IN - {"loner"})},
    "api-clusters-stop-submitting": {
        "post": Rule(may=OPERATOR, sees=SIGNED_IN - {"loner"}, body=lambda w: {"reason": "attack"})
    },
    "api-orphans-list": {"get": _list()},
    "api-orphans-detail": {"get": _detail(OPERATOR | STAFF)},
    "api-clusters-credentials": {"get": Rule(may=OPERATOR, sees=SIGNED_IN - {"loner"})},
    "api-clusters-credential": {
        "put": Rule(
            may=OPERATOR,
            sees=SIGNED_IN - {"loner"},
            body=lambda w: {"kind": "run", "token": w.site_token},
            status=204,
        ),
        "delete": Rule(may=OPERATOR, sees=SIGNED_IN - {"loner"}, status=204),
    },
    "api-pools-list": {"get": _list()},
    "api-pools-detail": {
        "get": _detail(SIGNED_IN - {"loner"}),
        "patch": Rule(
            may=OPERATOR, sees=SIGNED_IN - {"loner"}, body=lambda w: {"over_use": "none"}
        ),
    },
    "api-capacity-list": {"get": _list()},
    "api-capacity-detail": {"get": _detail(SIGNED_IN - {"loner"})},
    "api-pools-capacity": {
        "put": Rule(
            may=OPERATOR,
            sees=SIGNED_IN - {"loner"},
            body=lambda w: {"months": {"2030-01": "10"}},
        )
    },
    "api-pools-reserves": {
        "get": _detail(SIGNED_IN - {"loner"}),
        "put": Rule(
            may=frozenset({"quota_admin"}),
            sees=SIGNED_IN - {"loner"},
            body=lambda w: {"partner": str(w.group.partner_id), "months": {}},
        ),
    },
    "api-requests-list": {
        "get": _list(),
        "post": Rule(may=LEADS, sees=OURS | STAFF, body=lambda w: w.request_body(), status=201),
    },
    "api-requests-detail": {
        "get": _detail(OURS | STAFF),
        "put": Rule(  # the lead may, but it was submitted
            may=LEADS, sees=OURS | STAFF, body=lambda w: w.request_body(), status=409
        ),
    },
    "api-requests-submit": {"post": Rule(may=LEADS, sees=OURS | STAFF, status=409)},
    "api-requests-withdraw": {"post": Rule(may=LEADS, sees=OURS | STAFF)},
    "api-requests-review": {
        "post": Rule(
            may=frozenset({"quota_admin", "coordinator"}),
            sees=OURS | STAFF,
            body=lambda w: {"comment": "mine"},
        ),
    },
    "api-requests-send-back": {
        "post": Rule(
            may=frozenset({"quota_admin", "coordinator"}),
            sees=OURS | STAFF,
            body=lambda w: {"comment": "Which data?"},
        ),
    },
    "api-requests-recuse": {
        "post": Rule(
            may=frozenset({"quota_admin", "coordinator"}),
            sees=OURS | STAFF,
            body=lambda w: {"reason": "a friend's"},
        ),
    },
    "api-requests-appeal": {
        "post": Rule(
            may=LEADS, sees=OURS | STAFF, body=lambda w: w.deny({"reason": "you overlooked it"})
        ),
    },
    "api-requests-messages": {
        "get": Rule(may=OURS | STAFF),
        "post": Rule(
            may=LEADS | {"quota_admin", "coordinator"},
            sees=OURS | STAFF,
            body=lambda w: {"text": "when?"},
            status=201,
        ),
    },
    "api-requests-award": {
        "post": Rule(
            may=frozenset({"quota_admin"}), sees=OURS | STAFF, body=lambda w: w.award_body()
        ),
    },
    "api-requests-deny": {
        "post": Rule(
            may=frozenset({"quota_admin"}), sees=OURS | STAFF, body=lambda w: {"reason": "no room"}
        ),
    },
    "api-allocations-list": {"get": _list()},
    "api-allocations-detail": {"get": _detail(ON_CLUSTER)},
    "api-allocations-pause": {
        "post": Rule(
            may=frozenset({"quota_admin"}) | OPERATOR,
            sees=OURS | STAFF,
            body=lambda w: {"reason": "broken"},
        )
    },
    "api-allocations-resume": {
        "post": Rule(
            may=frozenset({"quota_admin"}) | OPERATOR, sees=OURS | STAFF, body=lambda w: w.pause()
        )
    },
    "api-allocations-return-hours": {
        "post": Rule(
            may=frozenset({"quota_admin"}) | LEADS,
            sees=ON_CLUSTER,
            body=lambda w: {"gpu_hours": "1", "reason": "unspent"},
        )
    },
    "api-allocations-end": {
        "post": Rule(
            may=frozenset({"quota_admin"}), sees=ON_CLUSTER, body=lambda w: {"reason": "over"}
        )
    },
    "api-grants-list": {
        "get": _list(),
        "post": Rule(may=LEADS, sees=OURS | STAFF, body=lambda w: w.grant_body(), status=201),
    },
    "api-grants-detail": {"get": _detail(ON_CLUSTER)},
    "api-grants-confirm": {"post": Rule(may=CONFIRMS, sees=OURS | STAFF)},
    "api-grants-decline": {
        "post": Rule(may=CONFIRMS, sees=OURS | STAFF, body=lambda w: {"remark": "other amount"})
    },
    "api-grants-statements": {
        "post": Rule(
            may=frozenset({"quota_admin", "coordinator"}),
            sees=ON_CLUSTER,
            body=lambda w: {"text": "like another"},
            status=201,
        )
    },
    "api-limits-list": {"get": _list()},
    "api-limits-detail": {"get": _detail(ON_CLUSTER)},
    "api-ledger-list": {"get": _list()},
    "api-ledger-detail": {"get": _detail(ON_CLUSTER)},
    "api-usage-reports-list": {
        "get": _list(),
        "post": Rule(
            may=OPERATOR | LEADS,
            sees=OF_PARTNERS,
            body=lambda w: w.report_body(),
            status=201,
        ),
    },
    "api-usage-reports-detail": {"get": _detail(STAFF | OPERATOR)},
    "api-usage-reports-undo": {"post": Rule(may=OPERATOR, sees=STAFF)},
    "api-pools-charge-rules": {
        "get": _detail(SIGNED_IN - {"loner"}),
        "post": Rule(
            may=OPERATOR, sees=SIGNED_IN - {"loner"}, body=lambda w: w.charge_body, status=201
        ),
    },
    "api-limits-confirm": {
        "post": Rule(may=OPERATOR, sees=OURS | STAFF, body=lambda w: w.disconnect())
    },
    "api-usage-list": {"get": _list()},
    "api-usage-detail": {"get": _detail(ON_CLUSTER)},
    "api-templates-list": {
        "get": _list(),
        "post": Rule(may=WORKERS, sees=OF_PARTNERS, body=lambda w: w.template_body, status=201),
    },
    "api-templates-detail": {"get": _detail(IN_GROUP | STAFF)},
    "api-templates-versions": {
        "post": Rule(
            may=WORKERS,
            sees=IN_GROUP | STAFF,
            body=lambda w: {"script": "#!/bin/sh\n"},
            status=201,
        )
    },
    "api-templates-retire": {"post": Rule(may=WORKERS, sees=IN_GROUP | STAFF)},
    "api-jobs-list": {
        "get": _list(),
        "post": Rule(may=WORKERS, sees=ON_CLUSTER, body=lambda w: w.job_body(), status=201),
    },
    "api-jobs-detail": {"get": _detail(ON_CLUSTER)},
    "api-jobs-cancel": {"post": Rule(may=LEADS | OPERATOR, sees=ON_CLUSTER)},
    "api-jobs-send-again": {
        "post": Rule(may=OPERATOR, sees=ON_CLUSTER, body=lambda w: w.lose_job())
    },
}
# MLflow's routes; a rule's body is sent as the query of a GET, with the name of the world's model
# as the caller knows it. Others get 404 and RESOURCE_DOES_NOT_EXIST: to them it is not there.
MLFLOW: Table = {
    "mlflow-create": {
        "post": Rule(may=WORKERS | {"stranger"}, sees=SIGNED_IN, body=lambda w: {"name": "new"}),
    },
    "mlflow-get": {"get": _detail(OURS | STAFF)},
    "mlflow-search": {"get": _list()},
    "mlflow-rename": {"post": _work(lambda w: {"new_name": "new"})},
    "mlflow-update": {"patch": _work(lambda w: {"description": "Other"})},
    "mlflow-delete": {"delete": _work()},
    "mlflow-set-tag": {"post": _work(lambda w: {"key": "k", "value": "v"})},
    "mlflow-delete-tag": {"delete": _work(lambda w: {"key": "k"})},
    "mlflow-latest-versions": {"get": _detail(OURS | STAFF), "post": _detail(OURS | STAFF)},
    "mlflow-alias": {
        "get": Rule(may=OURS | STAFF, body=lambda w: {"alias": w.alias}),
        "post": _work(lambda w: {"alias": "new", "version": "1"}),
        "delete": _work(lambda w: {"alias": w.alias}),
    },
    "mlflow-version-create": {"post": _work(lambda w: {"source": "s3://bucket/new"})},
    "mlflow-version-get": {"get": Rule(may=OURS | STAFF, body=lambda w: {"version": "1"})},
    "mlflow-version-search": {"get": _list()},
    "mlflow-version-update": {"patch": _work(lambda w: {"version": "1", "description": "Other"})},
    "mlflow-version-delete": {"delete": _work(lambda w: {"version": "1"})},
    "mlflow-version-stage": {"post": _work(lambda w: {"version": "1", "stage": "Staging"})},
    "mlflow-version-set-tag": {
        "post": _work(lambda w: {"version": "1", "key": "k", "value": "v"}),
    },
    "mlflow-version-delete-tag": {"delete": _work(lambda w: {"version": "1", "key": "k"})},
    "mlflow-version-uri": {"get": Rule(may=OURS | STAFF, body=lambda w: {"version": "1"})},
    "mlflow-run": {"get": Rule(may=frozenset(), body=lambda w: {"run_id": "x"})},  # it keeps none
}
_SIGNED = SIGNED_IN
_CLUSTER = SIGNED_IN - {"loner"}


def _form(may: frozenset[str], sees: frozenset[str], body: Any = None, status: int = 302) -> Rule:
    """A form that is sent: success redirects, an incomplete one comes back with status 422."""
    return Rule(may=may, sees=sees, body=body or (lambda world: {}), status=status)


def _new(body: Any) -> Rule:
    """A form of something new for the world's group: to others that group is no choice."""
    return Rule(may=WORKERS, body=body, status=302, hidden=400)


# Pages, by session; without log-in each of them leads to the log-in page.
PAGES: Table = {
    "projects": {"get": Rule(may=_SIGNED)},
    "project": {"get": Rule(may=OURS | STAFF)},
    "project-new": {
        "get": Rule(may=LEADS, sees=OF_PARTNERS),
        "post": _form(LEADS, OF_PARTNERS, lambda w: w.project_form),
    },
    "project-edit": {
        "get": Rule(may=LEADS, sees=OURS | STAFF),
        "post": _form(LEADS, OURS | STAFF, lambda w: w.project_form),
    },
    "participant-add": {
        "get": Rule(may=LEADS, sees=OURS | STAFF),
        "post": _form(LEADS, OURS | STAFF, lambda w: {"group": str(w.other_group.pk)}),
    },
    "participant-remove": {"post": _form(LEADS, OURS | STAFF, status=409)},  # it takes no part
    "project-join": {"post": _form(LEADS, OURS | STAFF, lambda w: {"text": "GPUs"})},
    "join-answer": {
        "post": _form(LEADS, IN_GROUP | STAFF | {"stranger"}, lambda w: {"accepts": "yes"})
    },
    "groups": {"get": Rule(may=_SIGNED)},
    "group": {"get": Rule(may=OF_PARTNERS)},
    "invite": {
        "post": _form(MANAGERS, OF_PARTNERS, lambda w: {"email": "a@b.org", "role": "guest"}, 200)
    },
    "invitation-withdraw": {"post": _form(MANAGERS, OURS | STAFF)},
    "membership-role": {"post": _form(MANAGERS, OURS | STAFF, lambda w: {"role": "guest"})},
    "membership-remove": {"post": _form(MANAGERS | {"member"}, OURS | STAFF)},
    "settings": {"get": Rule(may=_SIGNED)},
    "settings-notices": {"post": _form(_SIGNED, frozenset(), lambda w: w.delivery_form)},
    "token-revoke": {"post": _form(LEADS, frozenset())},
    "webhooks": {
        "get": Rule(may=_SIGNED),
        "post": _form(_SIGNED, frozenset(), lambda w: w.webhook_body, 200),
    },
    "webhook": {"get": Rule(may=LEADS)},
    "webhook-edit": {
        "get": Rule(may=LEADS),
        "post": _form(LEADS, frozenset(), lambda w: w.webhook_body),
    },
    "webhook-secret": {"post": _form(LEADS, frozenset(), status=200)},
    "webhook-pause": {"post": _form(LEADS, frozenset())},
    "webhook-resume": {"post": _form(LEADS, frozenset(), status=409)},  # it is not paused
    "webhook-ping": {"post": _form(LEADS, frozenset())},
    "webhook-delete": {"post": _form(LEADS, frozenset())},
    "webhook-again": {"post": _form(LEADS, frozenset())},
    "notices": {"get": Rule(may=_SIGNED)},
    "audit": {"get": Rule(may=_SIGNED)},
    "terms-accept": {"post": _form(_SIGNED, frozenset())},
    "notices-read": {"post": _form(_SIGNED, frozenset())},
    "notice-read": {"post": _form(LEADS, frozenset())},
    "filter-save": {
        "post": _form(_SIGNED, frozenset(), lambda w: {"name": "mine", "query": "state=draft"})
    },
    "filter-drop": {"post": _form(LEADS, frozenset())},
    "models": {"get": Rule(may=_SIGNED)},
    "models-csv": {"get": Rule(may=_SIGNED)},
    "model-compare": {"get": Rule(may=_SIGNED)},
    "model": {"get": Rule(may=OURS | STAFF)},
    "model-plan": {"get": Rule(may=_SIGNED), "post": _new(lambda w: w.plan_form)},
    "model-from-card": {"get": Rule(may=_SIGNED), "post": _new(lambda w: w.new_card_form)},
    "model-edit": {
        "get": Rule(may=WORKERS, sees=OURS | STAFF),
        "post": _form(WORKERS, OURS | STAFF, lambda w: w.plan_form),
    },
    "model-card": {
        "get": Rule(may=WORKERS, sees=OURS | STAFF),
        "post": _form(WORKERS, OURS | STAFF, lambda w: w.card_form),
    },
    "model-card-file": {"get": Rule(may=OURS | STAFF)},
    "model-lineage": {"get": Rule(may=OURS | STAFF)},
    "model-lineage-data": {"get": Rule(may=OURS | STAFF)},
    "model-confirm": {"post": _form(WORKERS, OURS | STAFF)},
    "model-move": {"post": _form(WORKERS, OURS | STAFF, lambda w: {"state": "released"})},
    "model-parent": {
        "post": _form(
            WORKERS, OURS | STAFF, lambda w: {"parent": "their/model", "parent_kind": "finetune"}
        )
    },
    "model-successor": {
        "post": _form(WORKERS, OURS | STAFF, lambda w: {"name": w.other_model.name})
    },
    "model-merge": {
        "post": _form(
            WORKERS | {"coordinator"}, OURS | STAFF, lambda w: {"name": w.other_model.name}
        )
    },
    "model-certificate": {"get": Rule(may=WORKERS, sees=OURS | STAFF)},
    "derivation-remove": {"post": _form(WORKERS, OURS | STAFF)},
    "plan-similar": {"post": Rule(may=_SIGNED, body=lambda w: w.plan_form)},
    "model-join": {"post": _form(LEADS, OURS | STAFF, lambda w: {"text": "GPUs"})},
    "overlaps": {"get": Rule(may=_SIGNED)},
    "overlap": {"get": Rule(may=OURS | CONFIDENTIAL)},
    "overlap-case": {"post": _form(COORDINATOR, _SIGNED)},
    "cases": {"get": Rule(may=_SIGNED)},
    "case": {"get": Rule(may=IN_GROUP | STAFF)},
    "case-say": {"post": _handle(lambda w: {"text": "Hello"}, 302)},
    "case-email": {
        "post": _handle(
            lambda w: {"party": str(w.party.pk), "text": "Hello", "sender": "a@b.c"}, 302
        )
    },
    "case-assign": {"post": _handle(lambda w: {"due_on": "2030-01-01"}, 302)},
    "case-recuse": {"post": _handle(status=302)},
    "case-decide": {"post": _handle(lambda w: {"outcome": "proceed", "reason": "fine"}, 302)},
    "case-close": {"post": _handle(status=409)},
    "case-reopen": {"post": _handle(lambda w: {"text": "new"}, 409)},
    "case-invite": {"post": _handle(lambda w: {"text": "Hello"}, 302)},
    "case-reply": {"post": _answer(lambda w: {"text": "Hello"}, 302)},
    "case-agree": {"post": _answer(lambda w: {"agrees": "yes"}, 409)},
    "case-consent": {"post": _answer(lambda w: {"consents": "yes"}, 302)},
    "watches": {
        "get": Rule(may=_SIGNED),
        "post": _form(_SIGNED, frozenset(), lambda w: {"name": "mine", "languages": "de"}),
    },
    "watch-delete": {"post": _form(LEADS, frozenset())},
    "planner": {"get": Rule(may=_SIGNED, query=lambda w: "parameters=9B&tokens=4T")},
    "requests": {"get": Rule(may=_SIGNED)},
    "request-new": {"get": Rule(may=_SIGNED)},
    "request-line": {"get": Rule(may=_SIGNED)},
    "request": {"get": Rule(may=OURS | STAFF)},
    "request-edit": {"get": Rule(may=LEADS, sees=OURS | STAFF)},
    "request-submit": {"post": _form(LEADS, OURS | STAFF, status=409)},  # it was submitted
    "request-withdraw": {"post": _form(LEADS, OURS | STAFF)},
    "request-review": {"post": _form(frozenset({"quota_admin", "coordinator"}), OURS | STAFF)},
    "request-return": {
        "post": _form(
            frozenset({"quota_admin", "coordinator"}),
            OURS | STAFF,
            lambda w: {"back-comment": "why?"},
        )
    },
    "request-recuse": {
        "post": _form(
            frozenset({"quota_admin", "coordinator"}),
            OURS | STAFF,
            lambda w: {"recuse-comment": "a friend's"},
        )
    },
    "request-appeal": {
        "post": _form(LEADS, OURS | STAFF, lambda w: w.deny({"appeal-comment": "overlooked"}))
    },
    "request-say": {
        "post": _form(
            LEADS | {"quota_admin", "coordinator"}, OURS | STAFF, lambda w: {"say-comment": "?"}
        )
    },
    "request-award": {
        "post": _form(frozenset({"quota_admin"}), OURS | STAFF, lambda w: w.award_form)
    },
    "request-deny": {
        "post": _form(frozenset({"quota_admin"}), OURS | STAFF, lambda w: {"deny-comment": "full"})
    },
    "clusters": {"get": Rule(may=_SIGNED)},
    "cluster": {"get": Rule(may=_CLUSTER)},
    "cluster-edit": {"get": Rule(may=OPERATOR, sees=_CLUSTER)},
    "cluster-maintenance": {
        "post": _form(
            OPERATOR,
            _CLUSTER,
            lambda w: {f"away-{name}": text.removesuffix(":00Z") for name, text in w.away.items()},
        )
    },
    "cluster-maintenance-drop": {"post": _form(OPERATOR, _CLUSTER)},
    "cluster-stop": {"post": _form(OPERATOR, _CLUSTER, lambda w: {"stop-reason": "attack"})},
    "cluster-enable": {"post": _form(OPERATOR, _CLUSTER, lambda w: w.stop())},
    "capacity": {"get": Rule(may=_SIGNED)},
    "capacity-pool": {"get": Rule(may=_CLUSTER | OPERATOR)},
    "capacity-offer": {"post": _form(OPERATOR, _CLUSTER, lambda w: w.months_form("offer"))},
    "capacity-reserve": {
        "post": _form(
            frozenset({"quota_admin"}), _CLUSTER | OPERATOR, lambda w: w.months_form("reserve")
        )
    },
    "allocations": {"get": Rule(may=_SIGNED)},
    "allocation": {"get": Rule(may=ON_CLUSTER)},
    "allocation-pause": {
        "post": _form(
            frozenset({"quota_admin"}) | OPERATOR, OURS | STAFF, lambda w: {"pause-reason": "why"}
        )
    },
    "allocation-resume": {
        "post": _form(frozenset({"quota_admin"}) | OPERATOR, OURS | STAFF, lambda w: w.pause())
    },
    "allocation-return": {
        "post": _form(
            frozenset({"quota_admin"}) | LEADS,
            ON_CLUSTER,
            lambda w: {"return-gpu_hours": "1", "return-reason": "unspent"},
        )
    },
    "allocation-end": {
        "post": _form(frozenset({"quota_admin"}), ON_CLUSTER, lambda w: {"end-reason": "over"})
    },
    "cluster-report": {
        "get": Rule(may=OPERATOR | LEADS, sees=OF_PARTNERS),
        "post": Rule(
            may=OPERATOR | LEADS, sees=OF_PARTNERS, body=lambda w: w.report_form, status=200
        ),
    },
    "report-undo": {"post": _form(OPERATOR, STAFF)},
    "partners": {"get": Rule(may=_SIGNED)},
    "partner": {"get": Rule(may=_SIGNED)},
    "partner-edit": {
        "get": Rule(may=frozenset({"partner_admin", "portal_admin"}), sees=_SIGNED),
        "post": _form(
            frozenset({"partner_admin", "portal_admin"}),
            _SIGNED,
            lambda w: {"name": "New name", "sector": "research"},
        ),
    },
    "map": {"get": Rule(may=_SIGNED)},
    "imports": {
        "get": Rule(may=IMPORTERS, sees=_SIGNED),
        "post": Rule(may=IMPORTERS, sees=_SIGNED, status=400),  # without a file
    },
    "import-carry": {"post": _form(IMPORTERS, _SIGNED, lambda w: w.import_form)},
    "import-undo": {"post": _form(IMPORTERS, STAFF)},
    "find": {"get": Rule(may=_SIGNED, query=lambda w: "q=canary")},
    "group-describe": {
        "get": Rule(may=MANAGERS | {"portal_admin"}, sees=OF_PARTNERS),
        "post": _form(
            MANAGERS | {"portal_admin"}, OF_PARTNERS, lambda w: {"languages": "de", "tasks": ""}
        ),
    },
    "reports": {"get": Rule(may=_SIGNED)},
    "report-csv": {"get": Rule(may=_SIGNED)},
    "report-xlsx": {"get": Rule(may=_SIGNED)},
    "committee": {"get": Rule(may=STAFF - {"portal_admin"}, sees=_SIGNED)},
    "initiatives": {"get": Rule(may=_SIGNED)},
    "initiative": {"get": Rule(may=_SIGNED)},
    "initiative-new": {
        "get": Rule(may=COORDINATOR, sees=_SIGNED),
        "post": _form(COORDINATOR, _SIGNED, lambda w: w.initiative_form),
    },
    "initiative-edit": {
        "get": Rule(may=COORDINATOR, sees=_SIGNED),
        "post": _form(COORDINATOR, _SIGNED, lambda w: w.initiative_form),
    },
    "initiative-drop": {"post": _form(COORDINATOR, _SIGNED)},
    "calls": {"get": Rule(may=_SIGNED)},
    "call-new": {
        "get": Rule(may=COORDINATOR, sees=_SIGNED),
        "post": _form(COORDINATOR, _SIGNED, lambda w: w.call_body),
    },
    "call": {
        "get": Rule(may=COORDINATOR, sees=_SIGNED),
        "post": _form(COORDINATOR, _SIGNED, lambda w: w.call_body),
    },
    "call-drop": {"post": _form(COORDINATOR, _SIGNED)},
    "cluster-consent": {
        "post": _form(
            OPERATOR,
            _CLUSTER,
            lambda w: {f"consent-{name}": text for name, text in w.consent_body.items()},
        )
    },
    "cluster-withdraw": {"post": _form(OPERATOR, _CLUSTER, lambda w: {"withdraw-reason": "no"})},
    "capacity-rules": {
        "post": _form(
            OPERATOR,
            _CLUSTER,
            lambda w: {"rules-over_use": "none", "rules-period": "month", "rules-sure": "on"},
        )
    },
    "cluster-correct": {
        "post": _form(
            frozenset({"quota_admin"}), _CLUSTER, lambda w: {"correct-reason": "seen there"}
        )
    },
    "cluster-charge": {"post": _form(OPERATOR, _CLUSTER, lambda w: w.charge_form)},
    "allocation-confirm": {"post": _form(OPERATOR, OURS | STAFF, lambda w: w.disconnect())},
    "grant-new": {
        "get": Rule(may=_SIGNED),
        "post": Rule(may=LEADS, body=lambda w: w.grant_form, status=302, hidden=400),
    },
    "grant": {"get": Rule(may=ON_CLUSTER)},
    "grant-confirm": {"post": _form(CONFIRMS, OURS | STAFF, lambda w: {"confirm-remark": "yes"})},
    "grant-decline": {"post": _form(CONFIRMS, OURS | STAFF, lambda w: {"decline-remark": "no"})},
    "grant-state": {
        "post": _form(
            frozenset({"quota_admin", "coordinator"}), ON_CLUSTER, lambda w: {"state-text": "hm"}
        )
    },
    "templates": {"get": Rule(may=_SIGNED)},
    "template-new": {
        "get": Rule(may=_SIGNED),
        "post": Rule(may=WORKERS, body=lambda w: w.template_form, status=302, hidden=400),
    },
    "template": {"get": Rule(may=IN_GROUP | STAFF)},
    "template-change": {
        "get": Rule(may=WORKERS, sees=IN_GROUP | STAFF),
        "post": _form(WORKERS, IN_GROUP | STAFF, lambda w: w.template_form),
    },
    "template-retire": {"post": _form(WORKERS, IN_GROUP | STAFF)},
    "jobs": {"get": Rule(may=_SIGNED)},
    "job-new": {"get": Rule(may=WORKERS, status=302, hidden=200)},  # one allocation: no choice
    "job": {"get": Rule(may=ON_CLUSTER)},
    "job-submit": {
        "get": Rule(may=WORKERS, sees=ON_CLUSTER),
        "post": _form(WORKERS, ON_CLUSTER, lambda w: w.job_form),
    },
    "job-cancel": {"post": _form(LEADS | OPERATOR, ON_CLUSTER)},
    "job-send-again": {"post": _form(OPERATOR, ON_CLUSTER, lambda w: w.lose_job())},
}

# Open to everybody, also without log-in; `invitation` to whoever holds the link.
OPEN = {
    "overview",
    "invitation",
    "healthz",
    "readyz",
    "metrics",  # 404 but to the addresses that CESAI_METRICS_ALLOW names
    "api-schema",
    "api-docs",
    "terms",
    "set_language",
    "demo_continue",  # 404 outside the demonstration
    "mlflow-missing",  # always 404, in JSON
}
# The door, and what belongs to the person alone: password, e-mail, second factor, sessions.
LOG_IN = ("account_", "openid_connect_", "mfa_", "usersessions_")
