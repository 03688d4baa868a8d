"""Filters that all pages share: form controls, ages, counts, icons and bars."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.actions.saved_filters import LISTS, kept_of
from projects.entitlements import LogInProvider
from projects.models import SavedFilter, User

register = template.Library()

CLASSES: list[tuple[type[forms.Widget], str]] = [
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
]


@register.filter
def named(person: User | None, viewer: User) -> str:
    """How somebody is called to who looks: by name, or by a code."""
    return viewer.name_of(person) if person else ""


@register.filter
def login_named(person: User, viewer: User) -> str:
    """The same for an address: the log-in name, or the key."""
    return viewer.login_name_of(person)


@register.filter
def coded(text: str) -> SafeString:
    """A sentence whose words between backticks are what a machine reads."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:  # the last one has no end
        return format_html("{}", text)
    kinds = ("{}", "<code>{}</code>")
    return format_html("".join(kinds[n % 2] for n in range(len(parts))), *parts)


@register.filter
def control(field: BoundField) -> SafeString:
    """A form's control with its class, joined to its help and its messages for screen readers."""
    widget = field.field.widget
    look = next((name for kind, name in CLASSES if isinstance(widget, kind)), "form-control")
    given = str(widget.attrs.get("class", ""))
    attrs: dict[str, Any] = {"class": f"{look} {given}".strip()}
    described = []
    if field.help_text:
        described.append(f"{field.id_for_label}_help")
    if field.errors:
        described.append(f"{field.id_for_label}_wrong")
        attrs["aria-invalid"] = "true"
    if described and field.id_for_label:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


@register.filter
def is_many(field: BoundField) -> bool:
    """Whether the control is a set of ticks, which needs a legend instead of a label."""
    return isinstance(field.field.widget, (forms.CheckboxSelectMultiple, forms.RadioSelect))


@register.filter
def ago(at: datetime | None) -> str:
    """How long ago, in words: “3 minutes ago”; empty for a time that is not known."""
    if at is None:
        return ""
    seconds = (timezone.now() - at).total_seconds()
    if seconds < 0:
        return _("in %(time)s") % {"time": timesince(timezone.now(), at, depth=1)}
    if seconds < 60:
        whole = int(seconds)
        return ngettext("%(n)d second ago", "%(n)d seconds ago", whole) % {"n": whole}
    return _("%(time)s ago") % {"time": timesince(at, depth=1)}


@register.filter
def moment(at: datetime | None) -> str:
    """A point of time in the reader's spelling and the portal's zone; a dash if unknown."""
    if at is None:
        return "–"
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


@register.filter
def count(value: int | None) -> str:
    """A whole number with the reader's separators; a dash if unknown."""
    return "–" if value is None else number_format(value, force_grouping=True)


@register.filter
def hours_minutes(minutes: int) -> str:
    """Minutes as “2 h 05 min”."""
    whole, rest = divmod(minutes, 60)
    return _("%(h)s h %(m)02d min") % {"h": whole, "m": rest}


@register.filter
def label_in(value: str, labels: Any) -> Any:
    """The label of a value among (value, label) pairs; the value itself if there is none."""
    return dict(labels).get(value, value)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing beside words; it says nothing of its own to screen readers."""
    address = static("vendor/icons/icons.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        address,
        name,
    )


@register.simple_tag
def log_in_ways() -> list[LogInProvider]:
    """The log-in providers that are configured."""
    ways: list[LogInProvider] = settings.LOG_IN_PROVIDERS
    return ways


@register.simple_tag(takes_context=True)
def here(context: template.Context, *names: str) -> SafeString | str:
    """`aria-current` if the page belongs to the part of the portal that begins like this."""
    path = context["request"].path if "request" in context else ""
    found = path == "/" if names == ("/",) else path.startswith(names)
    return format_html(' aria-current="{}"', "page") if found else ""


@register.filter
def in_full(value: Any) -> str:
    """What an event keeps of a field: before → after, or the value as it is."""
    if isinstance(value, list) and len(value) == 2:
        before, after = (_plainly(one) for one in value)
        return f"{before} → {after}"
    return _plainly(value)


def _plainly(value: Any) -> str:
    return value or "–" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def unlocal(value: float) -> str:
    """A number as drawings take it, whatever the reader's language."""
    return f"{value:g}"


@register.inclusion_tag("parts/saved_filters.html", takes_context=True)
def saved_filters(context: template.Context) -> dict[str, Any]:
    """What one keeps of this list's filters, and a way to keep what it shows now."""
    request = context["request"]
    page = request.resolver_match.url_name
    if page not in LISTS:
        return {}
    kept = kept_of(request.GET.urlencode())
    saved = list(SavedFilter.objects.visible_to(request.user).filter(page=page))
    is_saved = any(one.query == kept for one in saved)
    return {"request": request, "csrf_token": context.get("csrf_token"), "page": page,
            "kept": kept, "saved": saved, "is_saved": is_saved}  # fmt: skip
