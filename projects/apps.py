"""Django's entry for the app that knows who people are."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = "People, groups and projects"
