"""Django's entry for the app that puts the others together; it has no tables."""

from django.apps import AppConfig


class CesaiConfig(AppConfig):
    name = "cesai"
    verbose_name = "CESAI portal"

    def ready(self) -> None:
        """Tell the registry what only higher apps know."""
        from compute.access import check_allocation  # noqa: PLC0415 (tables are ready only now)
        from registry.actions import tag_meaning  # noqa: PLC0415

        tag_meaning.CHECKS[tag_meaning.ALLOCATION] = check_allocation
