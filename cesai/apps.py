"""Django's entry for the app that puts the others together; it has no tables."""

from django.apps import AppConfig


class CesaiConfig(AppConfig):
    name = "cesai"
    verbose_name = "CESAI portal"
