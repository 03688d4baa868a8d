"""Django's entry for the app that knows with which compute."""

from django.apps import AppConfig


class ComputeConfig(AppConfig):
    name = "compute"
    verbose_name = "Clusters, GPU-hours and jobs"
