"""How the API's description tells of one operation."""

from __future__ import annotations

from drf_spectacular.openapi import AutoSchema

from projects.deprecation import deprecation_of


class Operation(AutoSchema):
    """Says what goes away."""

    def is_deprecated(self) -> bool:
        return deprecation_of(self.view) is not None or super().is_deprecated()

    def get_description(self) -> str:  # type: ignore[override]
        """What the call does; at its end, since when it should not be used."""
        announced = deprecation_of(self.view)
        said = super().get_description() or ""
        return f"{said}\n\n{announced.sentence}".strip() if announced else said
