"""What a training is planned from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.pages import PageForm
from registry.forms.plans import BigCount


class PlannerForm(PageForm):
    parameters = BigCount(
        label=_("parameters"),
        help_text=_("For example 9B. Of a mixture of experts those active for a token."),
    )
    tokens = BigCount(label=_("training tokens"), help_text=_("For example 4T."))
    gpus = forms.IntegerField(
        label=_("GPUs at once"), min_value=1, max_value=1_000_000, initial=64, required=False
    )

    def clean_gpus(self) -> int:
        """Sixty-four unless something else was typed."""
        return self.cleaned_data["gpus"] or 64

    def clean(self) -> dict[str, Any]:
        """Both numbers or none."""
        values: dict[str, Any] = super().clean() or {}
        for name in ("parameters", "tokens"):
            if values.get(name) is None and name not in self.errors:
                self.add_error(name, _("Needed for the estimate."))
        return values
