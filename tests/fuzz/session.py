"""One run of the fuzzer: first each operation by itself, then walks from call to call."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

import hypothesis
from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db import transaction
from django.urls import reverse
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.stateful import run_state_machine_as_test

from tests import make, routes
from tests.fuzz.aiming import Aim, kind_of, unknown_for
from tests.fuzz.description import LINES, routes_of
from tests.fuzz.judge import Judge
from tests.fuzz.portal import Portal
from tests.fuzz.sides import STAFF, Side, Sides, exchanged

STEPS = 30
# Of what these make true the other side may rightly know, so a walk does not begin with them.
OPENING = {"api-projects-participants", "api-invitations-accept", "api-cases-consent"}
# operation → route, method and caller of what has to be done before it.
BEFORE = {
    "POST /api/v1/webhooks/{id}/resume/": ("api-webhooks-pause", "post", "ours"),
    "DELETE /api/v1/projects/{id}/participants/": ("api-projects-participants", "post", "ours"),
    "POST /api/v1/cases/{id}/agree/": ("api-cases-decide", "post", "coordinator"),
    "POST /api/v1/cases/{id}/close/": ("api-cases-decide", "post", "coordinator"),
    "POST /api/v1/cases/{id}/reopen/": ("api-cases-decide", "post", "coordinator"),
    "POST /api/v1/requests/{id}/submit/": ("api-requests-send-back", "post", "quota_admin"),
    "PUT /api/v1/requests/{id}/": ("api-requests-send-back", "post", "quota_admin"),
}
SETTINGS: dict[str, Any] = {
    "database": None,  # what an earlier run found would steer this one
    "deadline": None,
    "phases": [hypothesis.Phase.generate],  # the judge keeps what is found; nothing is shrunk
    "suppress_health_check": list(hypothesis.HealthCheck),
}


class Session:
    """Two tenants and the staff, calling one portal."""

    def __init__(self, schema: Any, portal: Portal, seed: int) -> None:
        self.schema, self.portal, self.seed = schema, portal, seed
        self.random = Random(seed)
        self.sides = Sides()
        self.judge = Judge(self.sides, portal)
        self.routes = routes_of(schema.raw_schema["paths"])
        self.operations = [found.ok() for found in schema.get_all_operations()]

    def each_operation(self, examples: int) -> None:
        """Every operation: as the table of routes calls it, as described, and as refused."""
        for number, operation in enumerate(self.operations):
            rule = self._rule(operation)
            for side in self._callers(rule):
                with self.scene():
                    self._prepare(operation)
                    self.call(self._by_the_table(operation, rule, side), side, is_aimed=False)
            with self.scene():
                self._unguarded(operation, rule)
            for mode in GenerationMode:
                self._generated(operation, mode, examples, self.seed + number)

    def walks(self, until: int) -> None:
        """Walks of the state machine until so many calls were made."""
        session = self
        machine: Any = self.schema.as_state_machine()

        class Walk(machine):  # type: ignore[misc]
            turn = 0

            def setup(self) -> None:
                session.random = Random(session.seed + self.turn)
                self.scene = session.scene()
                self.scene.__enter__()

            def teardown(self) -> None:
                self.scene.__exit__(None, None, None)

            def call(self, case: Any, **_: Any) -> Any:
                side = session.caller_of(case)
                if session.random.random() < 0.2:
                    session.borrow(case, side)
                return session.call(case, side, recorder=self.recorder)

            def validate_response(self, *_: Any, **__: Any) -> None:
                """The session's judge has looked at it."""

        turn = 0
        while self.portal.calls < until:
            turn += 1
            Seeded = hypothesis.seed(self.seed + turn)(type("Walk", (Walk,), {"turn": turn}))
            settings = hypothesis.settings(
                max_examples=min(10, 1 + (until - self.portal.calls) // STEPS),
                stateful_step_count=STEPS,
                **SETTINGS,
            )
            # Ids are new each time, so a walk does not always go the same way again.
            with suppress(hypothesis.errors.Flaky):
                run_state_machine_as_test(Seeded, settings=settings)

    @contextmanager
    def scene(self) -> Iterator[None]:
        """What happens in it is forgotten at its end, in the database and in what sides know."""
        known = {side.name: copy.deepcopy(side.keys) for side in self._tenants}
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        for side in self._tenants:
            side.keys = known[side.name]

    def call(self, case: Any, side: Side, *, recorder: Any = None, is_aimed: bool = True) -> Any:
        """One call as somebody, judged; a second one if it named what is the other side's."""
        aim = Aim(self.sides, side, self.random)
        if is_aimed:
            aim.at(case)
        self._sign(case, side.token)
        answer = case.call()
        self.judge.look_at(case, answer, side, recorder)
        if aim.foreign:
            self._again_with_unknown_ids(case, answer, aim.foreign, side)
        if answer.status_code == 201 and self.sides.other(side):
            self._learn(answer, side)
        return answer

    def caller_of(self, case: Any) -> Side:
        """Mostly whose thing it is, else the other side, or somebody of the staff."""
        owner = self.sides.owner(case.path_parameters.get("id", ""))
        chance = self.random.random()
        if chance < 0.25:
            return self._staff_for(self._rule(case.operation))
        return owner if owner and chance < 0.8 else self.random.choice(self._tenants)

    def borrow(self, case: Any, side: Side) -> None:
        """The body of the table of routes instead of a generated one, which seldom succeeds."""
        route, _method = self._route(case.operation)
        is_positive = case.meta.generation.mode.is_positive
        if route in OPENING or not isinstance(case.body, dict) or not is_positive:
            return
        try:
            body = self._rule(case.operation).body(self.sides.world)
        except (ObjectDoesNotExist, MultipleObjectsReturned):  # an earlier call changed the world
            return
        case.body.clear()
        case.body.update(self.sides.for_side(side, body))

    @property
    def summary(self) -> str:
        """How many answers of which kind there were."""
        codes: Counter[int] = Counter()
        for found in self.judge.statuses.values():
            codes += found
        return (
            f"{self.portal.calls} calls; {dict(sorted(codes.items()))} judged; of another's"
            f" things {self.judge.compared} compared with unknown ones"
        )

    @property
    def unreached(self) -> set[str]:
        """Operations that no call brought to a success."""
        return {
            operation.label
            for operation in self.operations
            if not any(200 <= code < 300 for code in self.judge.statuses.get(operation.label, ()))
        }

    @property
    def _tenants(self) -> list[Side]:
        return [self.sides.ours, self.sides.theirs]

    def _rule(self, operation: Any) -> routes.Rule:
        route, method = self._route(operation)
        return routes.API[route][method]

    def _callers(self, rule: routes.Rule) -> list[Side]:
        """Both tenants, and who of the staff may."""
        may = [self.sides.staff[name] for name in STAFF if name in rule.may]
        return [*self._tenants, *may[:1]]

    def _prepare(self, operation: Any) -> None:
        """Bring our thing into the state in which the call can succeed."""
        name, method, who = BEFORE.get(operation.label, ("", "", ""))
        if name:
            [first] = [o for o in self.operations if self._route(o) == (name, method)]
            side = self.sides.staff.get(who, self.sides.ours)
            self.call(self._by_the_table(first, self._rule(first), side), side, is_aimed=False)

    def _route(self, operation: Any) -> tuple[str, str]:
        method = operation.method.lower()
        return self.routes[operation.path, method], method

    def _staff_for(self, rule: routes.Rule) -> Side:
        may = [name for name in STAFF if name in rule.may]
        return self.sides.staff[self.random.choice(may or STAFF)]

    def _by_the_table(self, operation: Any, rule: routes.Rule, side: Side) -> Any:
        """The call that the table of routes knows to succeed, with the side's own ids."""
        world = self.sides.world
        route, method = self._route(operation)
        path = reverse(route, args=self.sides.for_side(side, world.key(route)))
        both = zip(path.split("/"), operation.path.split("/"), strict=True)
        found = {slot[1:-1]: part for part, slot in both if slot.startswith("{")}
        query = dict(pair.split("=") for pair in rule.query(world).lstrip("?").split("&") if pair)
        body = self.sides.for_side(side, rule.body(world))
        media_type = LINES if isinstance(body, bytes) else "application/json"
        return operation.Case(
            path_parameters=found,
            query=self.sides.for_side(side, query),
            **({"body": body, "media_type": media_type} if method != "get" else {}),
        )

    def _generated(self, operation: Any, mode: Any, examples: int, seed: int) -> None:
        strategy = operation.as_strategy(generation_mode=mode)

        @hypothesis.seed(seed)
        @hypothesis.settings(max_examples=examples, **SETTINGS)
        @hypothesis.given(case=strategy)
        def calls(case: Any) -> None:
            with self.scene():
                self.call(case, self.caller_of(case))

        calls()

    def _unguarded(self, operation: Any, rule: routes.Rule) -> None:
        for token in ("", f"{self.sides.ours.token}x"):
            case = self._by_the_table(operation, rule, self.sides.ours)
            self._sign(case, token)
            self.judge.unguarded(case, case.call())

    def _again_with_unknown_ids(
        self, case: Any, answer: Any, foreign: list[str], side: Side
    ) -> None:
        names = unknown_for(foreign)
        twin = case.operation.Case(
            path_parameters=exchanged(dict(case.path_parameters), names),
            query=exchanged(dict(case.query), names),
            headers=dict(case.headers),
            body=exchanged(case.body, names),
            media_type=case.media_type,
        )
        if not _refuses_by_headers(case):
            twin.headers["Idempotency-Key"] = make.key()
        self.judge.alike(case, answer, twin.call(), names, side)

    def _learn(self, answer: Any, side: Side) -> None:
        """The id of what was made, for the calls that follow."""
        made = answer.json()
        if isinstance(made, dict) and "id" in made and "url" in made:
            self.sides.learn(side, kind_of(answer.request.path_url), str(made["id"]))

    @staticmethod
    def _sign(case: Any, token: str) -> None:
        case.headers.pop("Authorization", None)
        if token:
            case.headers["Authorization"] = f"Bearer {token}"
        if case.method.upper() != "GET" and not _refuses_by_headers(case):
            case.headers["Idempotency-Key"] = make.key()


def _refuses_by_headers(case: Any) -> bool:
    """Whether its headers were made to be refused, a missing or impossible key among them."""
    return bool(case.meta and case.meta.is_negative_at(ParameterLocation.HEADER))
