"""Importing spreadsheets: choose a file, look at what it would do, carry it out, take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from compute.actions.import_grants import grants_reader, import_grants
from projects.access import fetch, require_portal
from projects.actions.imports import (
    GROUPS,
    PARTNERS,
    Look,
    Reader,
    Rows,
    carry_out,
    look_at,
    undo_import,
)
from projects.errors import Conflict
from projects.models import Import, User
from projects.pages import PageForm, SignedIn
from projects.roles import Verb
from projects.sheets import MOST_ROWS, read_sheet

MOST = 50
SHOWN = 100
READERS: dict[str, Reader] = {
    reader.kind.value: reader for reader in (PARTNERS, GROUPS, grants_reader())
}


class ImportForm(PageForm):
    kind = forms.ChoiceField(label=gettext_lazy("what the rows are"), choices=Import.Kind.choices)
    file = forms.FileField(
        label=gettext_lazy("spreadsheet"),
        help_text=gettext_lazy("CSV or XLSX; the first row names the columns."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )


class CarryOutForm(PageForm):
    """What was looked at, sent back as it was read."""

    kind = forms.ChoiceField(choices=Import.Kind.choices, widget=forms.HiddenInput)
    file_name = forms.CharField(max_length=200, widget=forms.HiddenInput)
    rows = forms.CharField(widget=forms.HiddenInput, max_length=4_000_000)

    def clean_rows(self) -> Rows:
        """Raises ValidationError for what no look of ours has sent."""
        try:
            rows = orjson.loads(self.cleaned_data["rows"])
        except orjson.JSONDecodeError as wrong:
            raise forms.ValidationError(_("Choose the file again.")) from wrong
        if not _are_rows(rows):
            raise forms.ValidationError(_("Choose the file again."))
        found: Rows = rows
        return found


@login_required
def import_page(request: SignedIn) -> HttpResponse:
    """Choose a file and see what it would do; what was imported before."""
    require_portal(request.user, Verb.IMPORT_RECORDS)
    form = ImportForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {}
    if form.sent_by(request):
        with form.told():
            rows = read_sheet(form.cleaned_data["file"])
            kind = form.cleaned_data["kind"]
            look = look_at(READERS[kind], rows)
            file_name = form.cleaned_data["file"].name
            sent = {"kind": kind, "file_name": file_name, "rows": orjson.dumps(rows).decode()}
            context = {"look": look, "shown": _shown(look), "send": CarryOutForm(initial=sent)}
            context["file_name"] = file_name
    return _show(request, form, **context)


@require_POST
@login_required
def carry(request: SignedIn) -> HttpResponse:
    """Do what was looked at."""
    require_portal(request.user, Verb.IMPORT_RECORDS)
    form = CarryOutForm(request.POST)
    if form.sent_by(request):
        with form.told():
            done = _carry(request.user, timezone.now(), **form.cleaned_data)
            count = len(done.made)
            said = ngettext("%(n)s record was imported.", "%(n)s records were imported.", count)
            messages.success(request, said % {"n": count})
            return redirect("imports")
    return _show(request, ImportForm(), refused=form)


@require_POST
@login_required
def undo(request: SignedIn, key: str) -> HttpResponse:
    """Take one back, as far as nothing came of it."""
    done = fetch(Import.objects.visible_to(request.user), key)
    require_portal(request.user, Verb.IMPORT_RECORDS)
    try:
        done = undo_import(by=request.user, done=done, now=timezone.now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("imports")
    if done.kept:
        messages.warning(request, _("Taken back but for what is named beside it."))
    else:
        messages.success(request, _("Taken back."))
    return redirect("imports")


def _carry(by: User, now: datetime, *, kind: str, file_name: str, rows: Rows) -> Import:
    if kind == Import.Kind.GRANTS:
        return import_grants(by=by, rows=rows, file_name=file_name, now=now)
    return carry_out(by=by, reader=READERS[kind], rows=rows, file_name=file_name, now=now)


def _show(request: SignedIn, form: PageForm, **more: Any) -> HttpResponse:
    done = Import.objects.visible_to(request.user).select_related("by", "undone_by")
    refused = more.get("refused", form)
    context = {
        "form": form,
        "done": done[:MOST],
        "columns": [(reader.kind.label, reader) for reader in READERS.values()],
        "refused": refused,
        **more,
    }
    return render(request, "cesai/imports.html", context, status=refused.status)


def _shown(look: Look) -> list[Any]:
    return [*look.new, *look.changed][:SHOWN]


def _are_rows(rows: object) -> bool:
    return (
        isinstance(rows, list)
        and 0 < len(rows) <= MOST_ROWS
        and all(
            isinstance(row, dict)
            and all(isinstance(value, str) for value in row.values())
            and not any("\0" in text for text in (*row, *row.values()))
            for row in rows
        )
    )
