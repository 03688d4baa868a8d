"""The shapes of what a group can do, and of the question who can."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.pages import Filters, PageForm
from registry.forms.plans import Words
from registry.vocabulary import LANGUAGE, TERM


class GroupFilters(Filters):
    q = forms.CharField(max_length=300, required=False)


class CompetencesForm(PageForm):
    languages = Words(
        pattern=LANGUAGE, wrong=_("ISO 639 codes such as de or en."), label=_("Languages")
    )
    tasks = Words(
        pattern=TERM,
        wrong=_("Small letters, digits and hyphens."),
        label=_("Tasks"),
        help_text=_("Such as speech-recognition, translation, code."),
    )
    domains = Words(
        pattern=TERM,
        wrong=_("Small letters, digits and hyphens."),
        label=_("Domains"),
        help_text=_("Such as health, law, administration."),
    )
    text = forms.CharField(
        label=_("in your own words"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Data, tools, experience; what you would bring to a joint effort."),
    )
    is_open = forms.BooleanField(label=_("open to new partners"), required=False, initial=True)
