"""Django's entry for the app that knows which models exist and are planned."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = "Models"
