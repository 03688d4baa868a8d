"""JSON Lines: whole catalogues, in and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from projects.access import get_group
from projects.errors import Invalid
from projects.models import Group, User
from projects.roles import Verb
from projects.wire import as_line
from registry.exchange.lines import IN_MEMORY, MEDIA_TYPE, PART, TOTALS, Sent, receive
from registry.exchange.pull import pull
from registry.exchange.push import CREATED, STATUSES, Outcome, Turn, push, totals_of

LINES = {(200, MEDIA_TYPE): OpenApiTypes.STR}


class LinesParser(BaseParser):
    """Hands the body over as it comes in; its lines are read one by one."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The stream itself."""
        return stream


class CatalogueResource(ViewSet):
    parser_classes = [LinesParser]

    @extend_schema(
        operation_id="catalogue_pull",
        parameters=[
            OpenApiParameter(
                "since",
                OpenApiTypes.DATETIME,
                description="Only what changed since, such as the last line's `as_of`.",
            )
        ],
        responses=LINES,
    )
    def list(self, request: Request) -> StreamingHttpResponse:
        """The public catalogue: one JSON object a line, in shapes that can be pushed elsewhere.

        The last line has the type `totals`; without it the answer was cut off.
        """
        lines = pull(_since(request), _addresses(request), timezone.now())
        return _answer(map(as_line, lines), None)

    @extend_schema(
        operation_id="catalogue_push",
        parameters=[
            OpenApiParameter(
                "group", OpenApiTypes.UUID, description="Else the token's home group."
            ),
            OpenApiParameter(
                "dry_run", OpenApiTypes.BOOL, description="Tell all and keep nothing."
            ),
        ],
        request={MEDIA_TYPE: OpenApiTypes.STR},
        responses=LINES,
    )
    def create(self, request: Request) -> StreamingHttpResponse:
        """Take a group's whole catalogue over: one JSON object a line, 64 MiB at most.

        The answer has a line for each, as soon as it is kept, and a last one of totals.
        """
        user: Any = request.user
        is_dry = _yes_or_no(request, "dry_run")
        group = get_group(user, _group_key(request), Verb.PLAN_MODEL)
        sent = receive(_stream(request), announced=_announced(request))
        if is_dry or "Idempotency-Key" in request.headers:
            sent.check_is_short()
        turn = Turn(group)
        lines = _outcomes(user, group, sent, _addresses(request), is_dry=is_dry)
        return _answer(_kept_back(lines) if is_dry else lines, turn)

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        """Lines are lines, and a refusal a problem, whatever the caller would rather read."""
        return super().perform_content_negotiation(request, force=True)


def _stream(request: Request) -> Any:
    """The body; of a call without one Rest Framework asks no parser."""
    body = request.data
    return body if hasattr(body, "read") else BytesIO()


def _announced(request: Request) -> int:
    text = request.META.get("CONTENT_LENGTH") or ""
    return int(text) if text.isdecimal() and len(text) < 20 else 0


def _outcomes(
    user: User, group: Group, sent: Sent, address: Callable[[str, UUID], str], *, is_dry: bool
) -> Iterator[bytes]:
    counts: Counter[str] = Counter({"lines": sent.count, **dict.fromkeys(STATUSES, 0)})
    for outcome in totals_of(push(user, group, sent), counts):
        yield as_line(_told(outcome, address, is_dry=is_dry))
    yield as_line({"type": TOTALS, **counts, "dry_run": is_dry})


def _told(
    outcome: Outcome, address: Callable[[str, UUID], str], *, is_dry: bool
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "line": outcome.line,
        "status": outcome.status,
        "type": outcome.kind,
        "key": outcome.key,
    }
    if outcome.detail:
        return {**told, "detail": outcome.detail, "errors": outcome.errors}
    if outcome.id and not (is_dry and outcome.status == CREATED):  # that id will be another one
        told |= {"id": outcome.id, "url": address(outcome.kind, outcome.id)}
    return told


def _kept_back(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a push that is taken back before any of them is told.

    Told at once, a reader that takes its time would hold the rows that the push locked.
    """
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        with transaction.atomic():
            file.writelines(lines)
            transaction.set_rollback(True)
        file.seek(0)
        while part := file.read(PART):
            yield part


class _Lines:
    """Lines to stream, and a turn that ends with them, also if nobody reads them."""

    def __init__(self, lines: Iterator[bytes], turn: Turn | None) -> None:
        self._lines, self._turn = lines, turn

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._lines
        finally:
            self.close()

    def close(self) -> None:
        if self._turn:
            self._turn.end()


def _answer(lines: Iterator[bytes], turn: Turn | None) -> StreamingHttpResponse:
    return StreamingHttpResponse(_Lines(lines, turn), content_type=MEDIA_TYPE)


def _addresses(request: Request) -> Callable[[str, UUID], str]:
    """What makes the address of an entry out of its type and id."""
    places = {
        kind: request.build_absolute_uri(reverse(f"api-{kind}s-list"))
        for kind in ("dataset", "model", "version", "figure", "derivation")
    }
    return lambda kind, key: f"{places[kind]}{key}/"


def _group_key(request: Request) -> Any:
    """The group that is named, else the token's. Raises Invalid if there is neither."""
    token: Any = request.auth
    key = request.query_params.get("group") or token.group_id
    if not key:
        sentence = _("Name the group whose catalogue this is: ?group=ID.")
        raise Invalid(sentence, fields={"group": [sentence]})
    return key


def _yes_or_no(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "")
    if text not in {"", "true", "false"}:
        sentence = _("This is true or false.")
        raise Invalid(sentence, fields={name: [sentence]})
    return text == "true"


def _since(request: Request) -> datetime | None:
    text = request.query_params.get("since", "")
    if not text:
        return None
    try:
        found = parse_datetime(text)
        if found is not None and timezone.is_aware(found):
            return found.astimezone(UTC)
    except (ValueError, OverflowError):  # no day of the calendar, or beyond its ends
        pass
    sentence = _("A time with its zone, such as 2027-01-31T12:00:00Z.")
    raise Invalid(sentence, fields={"since": [sentence]})
