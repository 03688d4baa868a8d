"""How the API's description tells of one operation: what it does, and that it goes away."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc

from cesai.wording import said_of_filter, with_words
from projects.deprecation import deprecation_of

GENERAL = ("rest_framework.", "projects.resources")  # whose words fit every resource and none
USUAL = {
    "list": _("A list, newest or first by name first; pages by cursor."),
    "retrieve": _("One of them."),
    "create": _("Make one."),
    "destroy": _("End or withdraw it."),
    "partial_update": _("Change it; what is left out stays as it is."),
}
PLACES = {
    "id": "Its id; of clusters, initiatives, partners, pools and projects also the short name.",
    "name": "The alias.",
    "unix_user": "The UNIX user on the cluster.",
    "consent": "Number of the consent.",
    "difference": "Number of the difference.",
    "planned": "Id of the maintenance.",
}


class Operation(AutoSchema):
    """An action's own words; a list's are those of its resource; else the usual ones."""

    def is_deprecated(self) -> bool:
        return deprecation_of(self.view) is not None or super().is_deprecated()

    def get_description(self) -> str:  # type: ignore[override]
        """What the call does; at its end, since when it should not be used."""
        said = _words(self.view)
        announced = deprecation_of(self.view)
        return f"{said}\n\n{announced.sentence}" if announced else said

    def get_summary(self) -> str:
        """The first sentence, without its end."""
        first = _words(self.view).partition("\n\n")[0].replace("\n", " ")
        return first.partition(". ")[0].partition("; ")[0].rstrip(".")

    def _get_parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super()._get_parameters()
        for one in found:
            if one["in"] == "path":
                one.setdefault("description", PLACES.get(one["name"], ""))
            elif one["in"] == "query":
                text = said_of_filter(one["name"])
                one["description"] = with_words(one.get("description", ""), text)
        return found


def _words(view: Any) -> str:
    """What an action says of itself."""
    action: Any = getattr(view, view.action, None)
    own = get_doc(action)
    if own and not action.__module__.startswith(GENERAL):
        return str(own)
    of_resource = get_doc(type(view)) if type(view).__dict__.get("__doc__") else ""
    return of_resource if view.action == "list" and of_resource else str(USUAL[view.action])
