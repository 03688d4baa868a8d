"""JSON: cases about similar efforts, and what is decided and said in them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects.access import require_portal
from projects.errors import Invalid
from projects.models import User
from projects.resources import Resource
from projects.roles import Verb
from projects.serializers import Nothing
from registry import access
from registry.actions import cases, talks
from registry.actions.readings import note_reading
from registry.models import Case, CaseParty
from registry.models.case_sight import sight_of
from registry.serializers import overlaps as shapes

HOUR = 3600


class CaseResource(Resource):
    shape = shapes.CaseOut
    queryset = Case.objects.none()
    ordering = ("-opened_at", "id")
    filterset_fields = {"state": ["exact", "in"], "outcome": ["exact"], "code": ["exact"]}

    def get_queryset(self) -> QuerySet[Case]:
        return Case.objects.visible_to(self.request.user)

    def get_object(self) -> Case:
        user: Any = self.request.user
        return access.get_case(user, self.kwargs["pk"])

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @extend_schema(responses=shapes.CaseWhole)
    def retrieve(self, request: Request, pk: str) -> Response:
        """A case as far as the caller may read it."""
        case = self.get_object()
        user: Any = request.user
        note_reading(by=user, about=case, now=timezone.now())
        return self._whole(case)

    @extend_schema(request=shapes.CaseIn, responses={201: shapes.CaseWhole})
    def create(self, request: Request) -> Response:
        """Open a case about pairs of similar efforts."""
        user: Any = request.user
        require_portal(user, Verb.HANDLE_CASE)
        body = self.body(shapes.CaseIn)
        rows = [access.get_overlap(user, key) for key in body["overlaps"]]
        made = cases.open_case(by=user, overlaps=rows, because=body["reason"], now=timezone.now())
        return self._whole(made, code=201)

    @extend_schema(request=shapes.AssignIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Say who handles it, by when, and who has the next move."""
        body = self.body(shapes.AssignIn)
        people: Any = {name: _coordinator(body.pop(name), name) for name in ("owner", "deputy")}
        return self._handle(pk, lambda by, case, now: cases.assign_case(
            by=by, case=case, now=now, **people, **body))  # fmt: skip

    @extend_schema(request=shapes.InviteIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def invite(self, request: Request, pk: str) -> Response:
        """Write to one group; from then on it sees the case."""
        body = self.body(shapes.InviteIn)
        return self._handle(pk, lambda by, case, now: talks.invite_group(
            by=by, party=_party(case, body["party"]), text=body["text"], now=now))  # fmt: skip

    @extend_schema(request=shapes.SayIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def say(self, request: Request, pk: str) -> Response:
        """A word to every invited group, or a note for the staff."""
        body = self.body(shapes.SayIn)
        say = talks.say_to_all if body["to"] == "all" else talks.note_for_staff
        return self._handle(
            pk, lambda by, case, now: say(by=by, case=case, text=body["text"], now=now)
        )

    @extend_schema(request=shapes.EmailIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"], url_path="file-email")
    def file_email(self, request: Request, pk: str) -> Response:
        """Keep what a group answered by e-mail."""
        body = self.body(shapes.EmailIn)
        return self._handle(pk, lambda by, case, now: talks.file_email(
            by=by, party=_party(case, body["party"]), sender=body["sender"], text=body["text"],
            now=now))  # fmt: skip

    @extend_schema(request=shapes.RecuseIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def recuse(self, request: Request, pk: str) -> Response:
        """Stand aside; the confidential side is hidden from then on."""
        body = self.body(shapes.RecuseIn)
        return self._handle(
            pk, lambda by, case, now: cases.recuse(by=by, case=case, now=now, **body)
        )

    @extend_schema(request=shapes.DecideIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Recommend an outcome, with a reason and the GPU-hours avoided."""
        body = self.body(shapes.DecideIn)
        avoided = gpu_seconds(body.pop("avoided_gpu_hours"))
        return self._handle(pk, lambda by, case, now: cases.decide_case(
            by=by, case=case, avoided=avoided, now=now, **body))  # fmt: skip

    @extend_schema(request=Nothing, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Put a decided case away."""
        self.body(Nothing)
        return self._handle(pk, lambda by, case, now: cases.close_case(by=by, case=case, now=now))

    @extend_schema(request=shapes.CaseReasonIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take a decided case up again."""
        body = self.body(shapes.CaseReasonIn)
        return self._handle(
            pk, lambda by, case, now: cases.reopen_case(by=by, case=case, now=now, **body)
        )

    @extend_schema(request=shapes.InviteIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, pk: str) -> Response:
        """A group's word to the coordinators."""
        body = self.body(shapes.InviteIn)
        return self._answer(pk, body["party"], lambda by, party, now: talks.answer_in_case(
            by=by, party=party, text=body["text"], now=now))  # fmt: skip

    @extend_schema(request=shapes.AnswerIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def agree(self, request: Request, pk: str) -> Response:
        """A group's agreement or disagreement with the outcome."""
        body = self.body(shapes.AnswerIn)
        return self._answer(pk, body.pop("party"), lambda by, party, now: talks.answer_outcome(
            by=by, party=party, now=now, **body))  # fmt: skip

    @extend_schema(request=shapes.ConsentIn, responses=shapes.CaseWhole)
    @action(detail=True, methods=["post"])
    def consent(self, request: Request, pk: str) -> Response:
        """Whether the other side may know who this group is."""
        body = self.body(shapes.ConsentIn)
        key = body.pop("party")
        return self._answer(pk, key, lambda by, party, now: talks.consent_to_introduction(
            by=by, party=party, now=now, **body))  # fmt: skip

    def _handle(self, pk: str, act: Callable[[User, Case, Any], object]) -> Response:
        user: Any = self.request.user
        act(user, access.get_case(user, pk, Verb.HANDLE_CASE), timezone.now())
        return self._whole(access.get_case(user, pk))

    def _answer(
        self, pk: str, key: str, act: Callable[[User, CaseParty, Any], object]
    ) -> Response:
        user: Any = self.request.user
        party = access.get_party(user, access.get_case(user, pk), key)
        act(user, party, timezone.now())
        return self._whole(access.get_case(user, pk))

    def _whole(self, case: Case, *, code: int = 200) -> Response:
        user: Any = self.request.user
        context = {**self.get_serializer_context(), "sight": sight_of(case, user)}
        return Response(shapes.CaseWhole(case, context=context).data, status=code)


def gpu_seconds(hours: dict[str, Decimal] | None) -> tuple[int, int] | None:
    """A range of GPU-hours as whole GPU-seconds, rounded half-even."""
    if hours is None:
        return None
    low, high = (int((hours[end] * HOUR).to_integral_value()) for end in ("low", "high"))
    return low, high


def _party(case: Case, key: Any) -> CaseParty:
    party = case.parties.select_related("case", "group", "model").filter(pk=key).first()
    if party is None:
        sentence = _("Name a party of this case by its id.")
        raise Invalid(sentence, fields={"party": [sentence]})
    return party


def _coordinator(name: str | None, field: str) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        sentence = _("Nobody has this log-in name.")
        raise Invalid(sentence, fields={field: [sentence]})
    return user
