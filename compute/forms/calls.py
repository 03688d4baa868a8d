"""The shape of a call on its page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.pages import Day, PageForm


class CallForm(PageForm):
    board = forms.CharField(label=_("board"), max_length=120)
    title = forms.CharField(label=_("title"), max_length=200)
    url = forms.URLField(
        label=_("its page"), max_length=200, required=False, assume_scheme="https"
    )
    opens_on = Day(label=_("opens on"), required=False)
    closes_on = Day(
        label=_("closes on"), required=False, help_text=_("Empty: one can ask at any time.")
    )
    text = forms.CharField(
        label=_("what is given, and to whom"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
