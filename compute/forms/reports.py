"""The shape of reported usage on a page: a pasted table, or a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compute.usage_table import MOST_CHARACTERS
from projects.pages import PageForm


class UsageReportForm(PageForm):
    text = forms.CharField(
        label=_("table"),
        max_length=MOST_CHARACTERS,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono", "spellcheck": "false"}),
        help_text=_("The first line names the columns. Times without an offset are UTC."),
    )
    table = forms.FileField(label=_("or a file"), required=False)
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """A file takes the place of the text. Raises ValidationError for one that is no text."""
        values: dict[str, Any] = super().clean() or {}
        file = values.pop("table", None)
        if file is not None:
            try:
                values["text"] = file.read(MOST_CHARACTERS * 2).decode("utf-8")
            except UnicodeDecodeError:
                self.add_error("table", _("This file is no text in UTF-8."))
        if "\0" in values.get("text", ""):
            self.add_error("table", _("This file is no text in UTF-8."))
        if not values.get("text", "").strip() and not self.errors:
            self.add_error("text", _("Paste a table, or choose a file."))
        return values
