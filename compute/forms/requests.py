"""The shapes of requests for GPU-hours and of the decisions on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.fields import BLANK_CHOICE_DASH
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from compute.access import led_projects
from compute.actions.awards import Grant
from compute.actions.kinds import Ask, Asked
from compute.models import Allocation, Pool, Request, RequestLine
from compute.models.requests import STATE_LABELS
from compute.quota import BadAmount, gpu_hours, gpu_seconds
from projects.models import Project, User
from projects.pages import Day, Filters, PageForm
from registry.models import Model
from registry.models.models import BULKY

AGES = [
    ("", _("at any time")),
    ("7", _("a week ago or longer")),
    ("14", _("two weeks ago or longer")),
    ("30", _("thirty days ago or longer")),
]


class GpuHoursField(forms.DecimalField):
    """GPU-hours as typed, whole GPU-seconds as the action takes them."""

    def __init__(self, *, least: int = 1, **options: Any) -> None:
        super().__init__(min_value=0, decimal_places=4, max_digits=16, **options)
        self.least = least

    def clean(self, value: Any) -> Any:
        """GPU-seconds; None for nothing. Raises ValidationError."""
        hours: Any = super().clean(value)
        if hours is None:
            return None
        if hours == 0 and self.least == 0:
            return 0
        try:
            return gpu_seconds(hours)
        except BadAmount as error:
            raise ValidationError(_("An amount above 0 with at most 4 decimals.")) from error


class RequestForm(PageForm):
    aliases = {"why_not_reuse": "why_not_text"}

    project = forms.ModelChoiceField(label=_("project"), queryset=Project.objects.none())
    kind = forms.ChoiceField(
        label=_("kind"), choices=Request.Kind.choices, initial=Request.Kind.NEW, required=False
    )
    purpose = forms.ChoiceField(label=_("purpose"), choices=Request.Purpose.choices)
    allocation = forms.ModelChoiceField(
        label=_("allocation"),
        queryset=Allocation.objects.none(),
        required=False,
        help_text=_("What anything but new GPU-hours is about."),
    )
    return_gpu_hours = GpuHoursField(
        label=_("GPU-hours returned"),
        required=False,
        help_text=_("Of a transfer or a reduction: what goes back to the allocation's pool."),
    )
    model = forms.ModelChoiceField(
        label=_("model"),
        queryset=Model.objects.none(),
        required=False,
        help_text=_("A training request names the planned model it is for."),
    )
    justification = forms.CharField(
        label=_("justification"),
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What the GPU-hours are for, and how you came to the amount."),
    )
    why_not_reasons = forms.MultipleChoiceField(
        label=_("why not reuse or join?"),
        choices=Request.WhyNot.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    why_not_text = forms.CharField(
        label=_("in a sentence"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed for training: why no existing or planned model will do."),
    )

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        led = led_projects(person)
        may = [row.pk for row in led]
        self.offer("project", led)
        if len(may) == 1:
            self.fields["project"].initial = may[0]
        models = Model.objects.visible_to(person).defer(*BULKY)
        self.offer("model", models.filter(group__in=person.standing.group_roles))
        current = Allocation.objects.visible_to(person).current().filter(project__in=may)
        self.offer("allocation", current.select_related("project", "pool"))

    def clean_kind(self) -> str:
        """New GPU-hours unless something else was chosen."""
        return self.cleaned_data["kind"] or Request.Kind.NEW

    def asked(self, lines: Sequence[Ask]) -> Asked:
        """What was typed besides the project, as the action takes it."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != "project"}
        returned = typed.pop("return_gpu_hours")
        return Asked(lines=lines, returned_gpu_seconds=returned, **typed)


class Pools:
    """The pools that every line of a form offers: they are read once, not once a line."""

    def __init__(self, rows: QuerySet[Pool]) -> None:
        self.rows = rows

    @cached_property
    def choices(self) -> list[tuple[Any, str]]:
        """As a field shows them, with the blank one first."""
        shown = (
            (row.pk, f"{row.name} · {row.gpu_type} · {row.cluster.name}") for row in self.rows
        )
        return [*BLANK_CHOICE_DASH, *shown]


class LineForm(forms.Form):
    pool = forms.ModelChoiceField(label=_("pool"), queryset=Pool.objects.none())
    gpu_hours = GpuHoursField(label=_("GPU-hours"))
    start = Day(label=_("from"))
    end = Day(label=_("until before"))

    def __init__(self, *args: Any, pools: Pools, **options: Any) -> None:
        super().__init__(*args, **options)
        self.empty_permitted = True  # a line left blank does not count
        pool: Any = self.fields["pool"]
        pool.queryset = pools.rows
        pool.choices = lambda: pools.choices


# Of more lines than may be, one more is looked at: to show two thousand takes seconds.
LineForms = forms.formset_factory(
    LineForm, extra=0, max_num=50, absolute_max=51, validate_max=True
)


def line_forms(person: User, data: Any = None, *, initial: Iterable[dict[str, Any]] = ()) -> Any:
    """Lines over pools; two are there from the beginning, so that nothing needs scripts."""
    given = list(initial)
    pools = Pools(Pool.objects.visible_to(person).select_related("cluster"))
    forms_of_lines = LineForms(data, initial=given, prefix="lines", form_kwargs={"pools": pools})
    forms_of_lines.extra = max(2 - len(given), 1)
    return forms_of_lines


def asks(lines: Any) -> list[Ask]:
    """The lines that were filled in, as the action takes them."""
    filled = [form.cleaned_data for form in lines if form.cleaned_data]
    return [
        Ask(pool=row["pool"], start=row["start"], end=row["end"], gpu_seconds=row["gpu_hours"])
        for row in filled
    ]


def typed_lines(lines: Iterable[RequestLine]) -> list[dict[str, Any]]:
    """Lines of a request as their form shows them."""
    return [
        {
            "pool": line.pool_id,
            "gpu_hours": gpu_hours(line.gpu_seconds),
            "start": line.start,
            "end": line.end,
        }
        for line in lines
    ]


class AwardForm(PageForm):
    """One amount for each line, at most what was asked; nothing means nothing."""

    def __init__(
        self, *args: Any, lines: Iterable[RequestLine], held: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.lines = {f"line-{line.pk}": line for line in lines}
        for name, line in self.lines.items():
            most = gpu_hours(line.gpu_seconds)
            self.fields[name] = GpuHoursField(
                least=0,
                label=line.pool.name,
                required=False,
                initial=most,
                max_value=most,
                help_text=_("GPU-hours, at most the %(asked)s that are asked")
                % {"asked": number_format(most, force_grouping=True)},
            )
        if held:
            self.fields["exception"] = forms.CharField(
                label=_("why beside the open case"),
                max_length=10_000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("Only to award before the case is decided; the award is marked."),
            )
        self.fields["reason"] = forms.CharField(
            label=_("reason"),
            max_length=10_000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("The applicants read it."),
        )

    def grants(self) -> list[Grant]:
        """What each line is to get."""
        return [Grant(line, self.cleaned_data[name] or 0) for name, line in self.lines.items()]


class CommentForm(PageForm):
    aliases = {"reason": "comment"}

    comment = forms.CharField(
        label=_("in a sentence"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MessageForm(PageForm):
    aliases = {"text": "comment"}

    comment = forms.CharField(
        label=_("message"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _days_ago(days: str) -> datetime:
    return timezone.now() - timedelta(int(days))


class RequestFilters(Filters):
    lookups = {"state": "state", "project": "project__slug", "least": "asked__gte",
               "waiting": "submitted_at__lte"}  # fmt: skip

    state = forms.ChoiceField(
        label=_("state"), choices=[("", _("all")), *STATE_LABELS], required=False
    )
    project = forms.CharField(label=_("project"), max_length=24, required=False)
    pool = forms.SlugField(label=_("pool"), max_length=60, required=False)
    waiting = forms.TypedChoiceField(
        label=_("handed in"), choices=AGES, required=False, coerce=_days_ago, empty_value=None
    )
    least = GpuHoursField(label=_("GPU-hours, at least"), required=False, least=0)

    def chosen(self) -> dict[str, Any]:
        """With requests one of whose lines asks for the pool."""
        found = super().chosen()
        if pool := self.cleaned_data.get("pool"):
            found["pk__in"] = RequestLine.objects.filter(pool__slug=pool).values("request")
        return found
