"""Pages of cases: the list, one case, and what is done in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, Sum
from django.db.models.functions import Round
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.access import portal_verbs
from projects.errors import NotThere
from projects.models.notices import staff_with
from projects.pages import PageForm, SignedIn, page_of
from projects.roles import Verb
from projects.sheets import csv_of, wants_csv
from registry.access import get_case, get_party
from registry.actions import cases, talks
from registry.actions.readings import note_reading
from registry.forms.cases import (
    AnswerForm,
    AssignForm,
    CaseFilters,
    DecideForm,
    EmailForm,
    TalkForm,
)
from registry.models import Case, CaseParty
from registry.models.case_sight import CaseSight, sight_of
from registry.models.cases import CASE_LABELS
from registry.views.overlaps import pair_context
from registry.vocabulary import CaseState

COLUMNS = {
    "code": "code", "about": "about", "state": "state", "waiting_on": "waiting_on",
    "opened_at": "opened_at", "due_at": "due_at", "outcome": "outcome",
    **{f"avoided_{end}_gpu_hours": Round(F(f"avoided_{end}") / 3600.0, 1)
       for end in ("low", "high")},
}  # fmt: skip
SPEECH = {"all": talks.say_to_all, "staff": talks.note_for_staff}


@login_required
def case_list(request: SignedIn) -> HttpResponseBase:
    """What is handled, by whom, until when; and what was avoided, confirmed by the groups."""
    filters = CaseFilters(request.GET)
    rows = Case.objects.visible_to(request.user)
    chosen = rows.filter(**filters.chosen())
    if wants_csv(request):
        return csv_of("cases", chosen, COLUMNS)
    page = page_of(chosen.select_related("owner"), request.GET, by="opened_at")
    avoided = rows.confirmed().aggregate(low=Sum("avoided_low"), high=Sum("avoided_high"))
    context = {
        "page": page,
        "filters": filters,
        "avoided": avoided,
        "now": timezone.now(),
        "staff": Verb.SEE_WORKLIST in portal_verbs(request.user),
    }
    return render(request, "registry/cases.html", context)


@login_required
def case_page(request: SignedIn, key: str) -> HttpResponse:
    """The same work, and who should talk?"""
    case = get_case(request.user, key)
    note_reading(by=request.user, about=case, now=timezone.now())
    return _show(request, case)


@require_POST
@login_required
def invite(request: SignedIn, key: str, party: str) -> HttpResponse:
    """Write to one group; from then on it sees the case."""
    case = get_case(request.user, key, Verb.HANDLE_CASE)
    row = _party(case, party)
    form = TalkForm(request.POST)
    return _acted(
        request, case, form, "talk",
        act=lambda: talks.invite_group(
            by=request.user, party=row, text=form.cleaned_data["text"], now=timezone.now()
        ),
        said=_("Written. The group sees the case now, and its own effort in it."),
    )  # fmt: skip


@require_POST
@login_required
def say(request: SignedIn, key: str) -> HttpResponse:
    """A word to all invited groups, or a note for the staff."""
    case = get_case(request.user, key, Verb.HANDLE_CASE)
    form = TalkForm(request.POST)
    speak = SPEECH.get(request.POST.get("to", "staff"), talks.note_for_staff)
    return _acted(
        request, case, form, "talk",
        act=lambda: speak(
            by=request.user, case=case, text=form.cleaned_data["text"], now=timezone.now()
        ),
        said=_("Kept."),
    )  # fmt: skip


@require_POST
@login_required
def reply(request: SignedIn, key: str, party: str) -> HttpResponse:
    """A group's word to the coordinators."""
    case = get_case(request.user, key)
    own = get_party(request.user, case, party)
    form = TalkForm(request.POST)
    return _acted(
        request, case, form, "talk",
        act=lambda: talks.answer_in_case(
            by=request.user, party=own, text=form.cleaned_data["text"], now=timezone.now()
        ),
        said=_("Sent to the coordinators."),
    )  # fmt: skip


@require_POST
@login_required
def file_email(request: SignedIn, key: str) -> HttpResponse:
    """Keep what a group answered by e-mail."""
    case = get_case(request.user, key, Verb.HANDLE_CASE)
    form = EmailForm(request.POST, case=case)
    return _acted(
        request, case, form, "email",
        act=lambda: talks.file_email(by=request.user, now=timezone.now(), **form.cleaned_data),
        said=_("Filed."),
    )  # fmt: skip


@require_POST
@login_required
def assign(request: SignedIn, key: str) -> HttpResponse:
    """Who handles it, and until when."""
    case = get_case(request.user, key, Verb.HANDLE_CASE)
    form = AssignForm(request.POST, people=staff_with(Verb.HANDLE_CASE))
    return _acted(
        request, case, form, "assigning",
        act=lambda: cases.assign_case(
            by=request.user, case=case, now=timezone.now(), **form.assignment()
        ),
        said=_("Assigned."),
    )  # fmt: skip


@require_POST
@login_required
def recuse(request: SignedIn, key: str) -> HttpResponse:
    """Stand aside."""
    case = get_case(request.user, key, Verb.HANDLE_CASE)
    reason = request.POST.get("reason", "")[:10_000]
    cases.recuse(by=request.user, case=case, reason=reason, now=timezone.now())
    messages.success(request, _("You stand aside; the confidential side is hidden from you."))
    return redirect("case", case.pk)


@require_POST
@login_required
def decide(request: SignedIn, key: str) -> HttpResponse:
    """Recommend an outcome."""
    case = get_case(request.user, key, Verb.HANDLE_CASE)
    form = DecideForm(request.POST)
    return _acted(
        request, case, form, "deciding",
        act=lambda: cases.decide_case(
            by=request.user, case=case, now=timezone.now(), **form.decision()
        ),
        said=_("Recommended. The groups are asked whether they agree."),
    )  # fmt: skip


@require_POST
@login_required
def close(request: SignedIn, key: str) -> HttpResponse:
    """Put a decided case away."""
    case = get_case(request.user, key, Verb.HANDLE_CASE)
    cases.close_case(by=request.user, case=case, now=timezone.now())
    return redirect("case", case.pk)


@require_POST
@login_required
def reopen(request: SignedIn, key: str) -> HttpResponse:
    """Take a decided case up again."""
    case = get_case(request.user, key, Verb.HANDLE_CASE)
    form = TalkForm(request.POST)
    return _acted(
        request, case, form, "reopening",
        act=lambda: cases.reopen_case(
            by=request.user, case=case, reason=form.cleaned_data["text"], now=timezone.now()
        ),
        said=_("The case is open again."),
    )  # fmt: skip


@require_POST
@login_required
def agree(request: SignedIn, key: str, party: str) -> HttpResponse:
    """A group's answer to the outcome."""
    case = get_case(request.user, key)
    own = get_party(request.user, case, party)
    form = AnswerForm(request.POST)
    return _acted(
        request, case, form, "answering",
        act=lambda: talks.answer_outcome(
            by=request.user, party=own, now=timezone.now(), **form.answer()
        ),
        said=_("Your answer is kept with the outcome."),
    )  # fmt: skip


@require_POST
@login_required
def consent(request: SignedIn, key: str, party: str) -> HttpResponse:
    """Whether the other side may know who this group is."""
    case = get_case(request.user, key)
    own = get_party(request.user, case, party)
    talks.consent_to_introduction(
        by=request.user,
        party=own,
        consents=request.POST.get("consents") == "yes",
        now=timezone.now(),
    )
    messages.success(request, _("Kept. You can take it back at any time."))
    return redirect("case", case.pk)


def _acted(
    request: SignedIn,
    case: Case,
    form: PageForm,
    name: str,
    *,
    act: Callable[[], object],
    said: str,
) -> HttpResponse:
    """Act and go back to the case; what was refused stays typed."""
    if form.sent_by(request):
        with form.told():
            act()
            messages.success(request, said)
            return redirect("case", case.pk)
    return _show(request, get_case(request.user, str(case.pk)), **{name: form})


def _show(request: SignedIn, case: Case, **sent: PageForm) -> HttpResponse:
    user = request.user
    sight = sight_of(case, user)
    context: dict[str, Any] = {
        "case": case,
        "sight": sight,
        "now": timezone.now(),
        "parties": _rows(sight),
        "moves": case.moves.select_related("by"),
        "case_labels": CASE_LABELS,
        "is_decided": case.state == CaseState.DECIDED,
        "talk": TalkForm(auto_id="talk-%s"),
        "email": EmailForm(case=case, auto_id="email-%s"),
        "answering": AnswerForm(auto_id="answer-%s"),
        "deciding": DecideForm(auto_id="decide-%s"),
        "reopening": TalkForm(auto_id="reopen-%s"),
        "assigning": AssignForm(
            people=staff_with(Verb.HANDLE_CASE) if sight.is_handler else [],
            initial={
                "owner": case.owner_id,
                "deputy": case.deputy_id,
                "due_on": case.due_at.date(),
                "waiting_on": case.waiting_on,
            },
        ),
        "refused": next(iter(sent.values()), None),
        **(pair_context(sight.overlaps[0], user) if sight.overlaps else {}),
        **sent,
    }
    status = next((form.status for form in sent.values()), 200)
    return render(request, "registry/case.html", context, status=status)


def _rows(sight: CaseSight) -> list[dict[str, Any]]:
    """The parties that the reader may know, each with a form of its own."""
    return [
        {"party": party, "talk": TalkForm(auto_id=f"to-{number}-%s")}
        for number, party in enumerate(sight.parties)
    ]


def _party(case: Case, key: str) -> CaseParty:
    row = case.parties.select_related("case", "group", "model").filter(pk=key).first()
    if row is None:
        raise NotThere
    return row
