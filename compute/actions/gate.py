"""The gate before an award: what a request is for is compared with what others do and plan."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from compute.errors import CaseOpen
from compute.models import Request, RequestLine
from compute.states import DECIDABLE, RequestState
from projects.actions.notices import tell
from projects.models.notices import staff_with
from projects.notices import NoticeKind
from projects.roles import Verb
from registry.actions.cases import add_overlaps, new_pairs, open_case, open_cases_about
from registry.actions.comparing import compare_model
from registry.actions.due import note_asked
from registry.models import Case, Overlap

HOUR = 3600
LOOKS_BACK = timedelta(days=365)  # asking for a part now and a part next month is one ask
NEEDED = ("languages", "tasks", "parameters")
SIMILAR = gettext_noop("A training request for a model much like others was handed in.")
TOO_FEW = gettext_noop("A large training request was handed in with too few facts to compare.")


def pass_gate(request: Request, *, exception: str, now: datetime) -> str:
    """The codes of open cases that an award goes beside; "" if there is none.

    Compares first what nobody compared yet. Raises CaseOpen (409) while a case may hold the award
    back and no exception is given.
    """
    if request.model is None or not request.is_decidable:
        return ""  # what is decided already is refused as that
    _compare_once(request, now)
    cases = open_cases_about([request.model])
    for case in cases:
        if case.holds_at(now) and not exception.strip():
            raise CaseOpen(
                _(
                    "Not awarded yet: case %(code)s is open (due %(due)s)."
                    " Decide it or justify an exception."
                )
                % {"code": case.code, "due": date_format(case.holds_until, "DATE_FORMAT")},
            )
    return " ".join(case.code for case in cases)[:40]


@transaction.atomic
def _compare_once(request: Request, now: datetime) -> None:
    """Compare unless somebody did; the background work may be at it this very moment."""
    locked = Request.objects.select_for_update().values_list("compared_at", flat=True)
    request.compared_at = locked.get(pk=request.pk)
    if request.compared_at is None:
        compare_request(request, now=now)


def compare_waiting(*, now: datetime) -> int:
    """Compare the requests that wait for it, one transaction each; how many there were."""
    done = 0
    for key in list(Request.objects.uncompared().values_list("pk", flat=True)):
        with transaction.atomic():
            rows = Request.objects.uncompared().filter(pk=key)
            request = rows.select_for_update(skip_locked=True, of=("self",)).first()
            if request is not None:
                compare_request(request, now=now)
                done += 1
    return done


@transaction.atomic
def compare_request(request: Request, *, now: datetime) -> None:
    """Compare the facts as they were handed in, and open the cases that follow.

    Similar efforts that both still go on make a case from CESAI_GATE_GPU_HOURS on, too few facts
    from CESAI_GATE_FACTS_GPU_HOURS on; the amounts of a project are summed.
    """
    model = request.model
    if model is not None:
        asked = _hours_of(Q(project=request.project_id), now)
        flagged = compare_model(model=model, now=now, facts=request.facts)
        if request.purpose == Request.Purpose.TRAINING:
            if asked >= settings.GATE_GPU_HOURS:
                _ask_about_pairs(request, new_pairs(flagged), now)
            if asked >= settings.GATE_FACTS_GPU_HOURS and _says_too_little(request):
                _ask_for_facts(request, now)
    Request.objects.filter(pk=request.pk).update(compared_at=now)
    request.compared_at = now


def note_hours(request: Request, *, now: datetime) -> None:
    """Let the stake of the model's pairs follow what is asked for it."""
    if request.model is not None:
        asked = _hours_of(Q(model=request.model_id), now)
        note_asked(request.model, int(asked * HOUR), now=now)


def _ask_about_pairs(request: Request, pairs: list[Overlap], now: datetime) -> None:
    if not pairs or request.model is None:
        return
    known = open_cases_about([request.model])
    if known:
        add_overlaps(by=None, case=known[0], overlaps=pairs, now=now)
    else:
        _tell_held(request, open_case(by=None, overlaps=pairs, because=SIMILAR, now=now), now)


def _ask_for_facts(request: Request, now: datetime) -> None:
    model = request.model
    if model is not None and not open_cases_about([model]):
        _tell_held(request, open_case(by=None, model=model, because=TOO_FEW, now=now), now)


def _tell_held(request: Request, case: Case, now: datetime) -> None:
    """Those who award hear that this one has to wait."""
    tell(
        users=staff_with(Verb.AWARD),
        kind=NoticeKind.REQUEST_HELD,
        path=reverse("request", args=[request.pk]),
        params={"project": request.project.title, "code": case.code},
        now=now,
    )


def _says_too_little(request: Request) -> bool:
    """Whether two of task, languages and size are missing, or what it produces."""
    facts = request.facts or {}
    missing = sum(not facts.get(name) for name in NEEDED)
    return missing > 1 or not facts.get("modality_out")


def _hours_of(which: Q, now: datetime) -> float:
    """GPU-hours of training requests that wait or were awarded within a year."""
    counted = Q(request__state__in=DECIDABLE) | Q(
        request__state=RequestState.AWARDED, request__decided_at__gte=now - LOOKS_BACK
    )
    lines = RequestLine.objects.filter(
        counted,
        request__in=Request.objects.filter(which, purpose=Request.Purpose.TRAINING),
    )
    total = lines.aggregate(total=Sum("gpu_seconds"))["total"] or 0
    return float(total) / HOUR
