"""What the pages of all apps share: who asks, refusals told on a form, and lists page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from projects.access import as_uuid
from projects.errors import NotThere, Refused
from projects.models import User

M = TypeVar("M", bound=Model)
PAGE = 50
MOST_LISTED = 100


class SignedIn(HttpRequest):
    """A request behind `login_required`."""

    user: User
    htmx: HtmxDetails


class PageForm(forms.Form):
    """A form on a page; what an action refuses is told on it, and everything typed stays."""

    required_css_class = "required"
    status = 200
    aliases: dict[str, str] = {}  # the action's name of a field → ours

    def offer(self, name: str, rows: QuerySet[Any]) -> None:
        """Let a field's choice be any of the rows, and list the first of them.

        A list of thousands is no choice, and takes a tenth of a millisecond for each of them. The
        one that was chosen already, by an address or before, is listed in any case.
        """
        field: Any = self.fields[name]
        field.queryset = rows

        def listed() -> list[Any]:
            found = list(rows[: MOST_LISTED + 1])
            more = found[MOST_LISTED:]
            found = found[:MOST_LISTED]
            chosen = as_uuid(str(field.prepare_value(self[name].value())))
            if chosen:  # however many there are, so that a long list asks as often as a short one
                found += [row for row in rows.filter(pk=chosen) if row not in found]
            shown = [(row.pk, field.label_from_instance(row)) for row in found]
            blank = [] if field.empty_label is None else [("", field.empty_label)]
            hint = _("The first %(n)d are listed; begin on the page of another to choose it.")
            return [*blank, *shown, *([(hint % {"n": MOST_LISTED}, [])] if more else [])]

        field.choices = listed

    def sent_by(self, request: HttpRequest) -> bool:
        """Whether the form was sent and is complete; an incomplete one answers with 400."""
        if request.method != "POST":
            return False
        if not self.is_valid():
            self.status = 400
        return self.is_valid()

    def carried(self, request: HttpRequest, act: Callable[..., object]) -> bool:
        """Whether the form was sent and the one action took its values; else it tells why not."""
        if self.sent_by(request):
            with self.told():
                act(**self.cleaned_data)
                return True
        return False

    @contextmanager
    def told(self) -> Iterator[None]:
        """Around the one action: a refusal becomes messages on the form, with its status.

        What is not there stays not there: NotThere is passed on.
        """
        try:
            yield
        except NotThere:
            raise
        except Refused as refusal:
            self.status = refusal.status
            self._tell(refusal)

    def _tell(self, refusal: Refused) -> None:
        sentences = [str(refusal.detail)]
        for name, messages in refusal.fields.items():
            field = self.aliases.get(name, name)
            texts = [str(message) for message in messages]
            if field in self.fields:
                self.add_error(field, texts)
            else:
                sentences += [text for text in texts if text not in sentences]
        own = {text for errors in self.errors.values() for text in errors}
        for sentence in sentences:
            if sentence not in own:
                self.add_error(None, sentence)


class Day(forms.DateField):
    """A day as browsers write it."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Filters(forms.Form):
    """A list's filters as its address holds them; `lookups` says which column each means."""

    lookups: dict[str, str] = {}

    def chosen(self) -> dict[str, Any]:
        """Conditions for the query. Raises NotThere for a value that no link of ours has."""
        if not self.is_valid():
            raise NotThere
        values = self.cleaned_data
        return {lookup: values[name] for name, lookup in self.lookups.items() if values.get(name)}


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Part of a list, and the addresses of its neighbours."""

    rows: list[M]
    first: str = ""
    following: str = ""


def page_of(
    rows: QuerySet[M],
    query: QueryDict,
    *,
    by: str,
    size: int = PAGE,
    first_by: Sequence[str] = (),
) -> Page[M]:
    """The newest rows by the column `by`, or those after the row that `?before=` names.

    A page costs the same wherever it lies. `first_by` are columns that are the same in all rows,
    which an index on them has to be told. Raises NotThere for a mark that is no row of the list.
    """
    mark = query.get("before", "")
    if mark:
        last = rows.filter(id=as_uuid(mark)).first() if as_uuid(mark) else None
        if last is None:
            raise NotThere
        at = getattr(last, by)
        rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "id__lt": last.id}))  # type: ignore[attr-defined]
    found = list(rows.order_by(*first_by, f"-{by}", "-id")[: size + 1])
    kept = {name: value for name, value in query.items() if name != "before" and value}
    first = f"?{urlencode(kept)}" if mark else ""
    following = ""
    if len(found) > size:
        following = f"?{urlencode(kept | {'before': found[size - 1].id})}"  # type: ignore[attr-defined]
    return Page(found[:size], first, following)
