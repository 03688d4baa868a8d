"""Requests in the administration, with the award as the same action that the pages call."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from compute import access
from compute.actions.awards import award
from compute.forms.requests import AwardForm
from compute.models import Request, RequestLine
from projects.admin import ReadOnly
from projects.roles import Verb


class Lines(admin.TabularInline[Any, Any]):
    model = RequestLine
    extra = 0
    can_delete = False


@admin.register(Request)
class Requests(ReadOnly):
    list_display = ("project", "purpose", "state", "due_at", "created_at")
    list_select_related = ("project",)
    list_filter = ("state", "purpose")
    inlines = [Lines]
    actions = ["award_selected"]

    def get_urls(self) -> list[URLPattern]:
        """The award's own page beside the usual ones."""
        page = self.admin_site.admin_view(self.award_page)
        return [path("<uuid:key>/award/", page, name="compute_request_award"), *super().get_urls()]

    @admin.action(description=_("Award the selected request …"))
    def award_selected(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        """Amounts are chosen for one request at a time."""
        if rows.count() != 1:
            self.message_user(request, _("Select one request."), messages.WARNING)
            return None
        return redirect("admin:compute_request_award", rows.get().pk)

    def award_page(self, request: Any, key: str) -> HttpResponse:
        """Amounts per line; a refusal keeps what was typed."""
        row = access.get_request(request.user, key, Verb.AWARD)
        lines = row.lines.select_related("pool__cluster")
        form = AwardForm(request.POST or None, lines=lines, held=True)
        if form.sent_by(request):
            with form.told():
                award(
                    by=request.user,
                    request=row,
                    grants=form.grants(),
                    reason=form.cleaned_data["reason"],
                    exception=form.cleaned_data["exception"],
                    now=timezone.now(),
                )
                self.message_user(request, _("Awarded."), messages.SUCCESS)
                return redirect(reverse("admin:compute_request_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Award"),
            "opts": self.opts,
            "row": row,
            "form": form,
        }
        return TemplateResponse(request, "compute/admin_award.html", context, status=form.status)
