"""Filters of the registry's pages: large counts, FLOP, words of the vocabulary, Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext

from projects.models import Group
from projects.roles import Verb
from registry.formats.markdown import as_safe_html
from registry.languages import language_name
from registry.models import Competences, Figure, Model
from registry.terms import DOMAINS, TASKS
from registry.vocabulary import FigureKind

register = template.Library()
STEPS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))
NEARLY = Decimal("0.999995")  # from here on the smaller step would be rounded to 1000
GROUP_MODELS, FIRST_NAMES = 12, 10
COUNTS = {FigureKind.PARAMETERS, FigureKind.ACTIVE_PARAMETERS, FigureKind.TOKENS}


@register.filter
def short(value: int | Decimal | None) -> str:
    """A large count as people of the field say it: 9.15 B, 4 T; a dash if unknown."""
    if value is None:
        return "–"
    for size, letter in STEPS:
        if value >= size * NEARLY:
            rounded = (Decimal(value) / size).quantize(Decimal("0.01")).normalize()
            return f"{number_format(f'{rounded:f}')}\u00a0{letter}"
    return number_format(f"{Decimal(value).normalize():f}")


@register.filter
def flop(value: Decimal | None) -> SafeString | str:
    """FLOP as a power of ten: 2.2 × 10²³; a dash if unknown."""
    if not value:
        return "–"
    rounded = Decimal(f"{value:.2e}")
    power = rounded.adjusted()
    head = number_format(rounded.scaleb(-power))
    return format_html("{}\u00a0×\u00a010<sup>{}</sup>", head, power)


@register.filter
def figure_value(figure: Figure | None) -> SafeString | str:
    """A figure's value with its unit."""
    if figure is None:
        return "–"
    if figure.kind == FigureKind.RELEASED:
        return date_format(figure.day, "SHORT_DATE_FORMAT") if figure.day else "–"
    if figure.value is None:
        return "–"
    if figure.kind == FigureKind.FLOP:
        return format_html("{} FLOP", flop(figure.value))
    if figure.kind in COUNTS:
        return short(figure.value)
    return format_html('{}<span class="unit">{}</span>', amount(figure.value), figure.unit)


@register.filter
def amount(value: Decimal) -> str:
    """GPU-hours or kWh with as many places as are of use: 1,230, 12.50, 0.037."""
    if value >= 1:
        return number_format(round(value, 0 if value >= 100 else 2), force_grouping=True)
    return number_format(f"{Decimal(f'{value:.2g}'):f}")


@register.filter
def task_words(words: Sequence[str]) -> str:
    """Tasks as people read them."""
    return _words(words, TASKS)


@register.filter
def domain_words(words: Sequence[str]) -> str:
    """Domains as people read them."""
    return _words(words, DOMAINS)


@register.filter
def language_words(codes: Sequence[str]) -> str:
    """Names of languages as people read them."""
    language = get_language() or "en"
    return ", ".join(language_name(code, language) for code in codes)


@register.filter
def markdown(text: str) -> SafeString:
    """Somebody's Markdown as HTML that can do nothing."""
    return as_safe_html(text)


@register.filter
def quoted(text: str) -> str:
    """A text as Python and JSON write it."""
    return json.dumps(text, ensure_ascii=False)


@register.filter
def indent(depth: int) -> str:
    """The class that sets a row of a tree in by its depth."""
    return f"in-{depth}"


def _words(words: Sequence[str], table: Any) -> str:
    language = get_language() or "en"
    return ", ".join(table[w].label(language) if w in table else w for w in words)


HOUR = 3600


@register.filter
def signed(points: float) -> str:
    """Points with their sign, one decimal."""
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return f"{sign}{number_format(round(abs(points), 1), decimal_pos=1)}"


@register.filter
def hours_range(low: int | None, high: int | None) -> str:
    """GPU-seconds from low to high as GPU-hours, two digits each; a dash for nothing."""
    return stake_range(((low or 0) / HOUR, (high or 0) / HOUR))


@register.filter
def stake_range(hours: tuple[float, float]) -> str:
    """A range of GPU-hours, two digits each: no estimate is truer than that."""
    low, high = (_two_digits(value) for value in hours)
    if not high:
        return "–"
    shown = [number_format(value, force_grouping=True) for value in (low, high)]
    return shown[1] if low == high else "–".join(shown)


def _two_digits(value: float) -> int:
    return int(float(f"{value:.2g}"))


@register.filter
def facet(word: str, name: str) -> str:
    """A word of a question or a competence as people read it."""
    language = get_language() or "en"
    if name == "languages":
        return language_name(word, language)
    term = (TASKS if name == "tasks" else DOMAINS).get(word)
    return term.label(language) if term else word


@register.filter
def at(mapping: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping holds under a key, None if nothing."""
    return mapping.get(key)


@register.inclusion_tag("registry/group_work.html", takes_context=True)
def group_work(context: template.Context, group: Group, verbs: frozenset[Verb]) -> dict[str, Any]:
    """What a group can do and the models of it that one may see: pages below know no models."""
    models = Model.objects.visible_to(context["user"]).filter(group=group)
    return {
        "group": group,
        "row": Competences.objects.filter(group=group).first(),
        "models": models[:GROUP_MODELS],
        "may_describe": Verb.DESCRIBE_GROUP in verbs,
    }


@register.filter
def first_names(names: Sequence[str]) -> str:
    """The first ten of a list of names, and how many there are besides."""
    shown, more = ", ".join(names[:FIRST_NAMES]), len(names) - FIRST_NAMES
    if more <= 0:
        return shown
    and_more = ngettext("and %(n)s more", "and %(n)s more", more) % {"n": number_format(more)}
    return f"{shown} {and_more}"
