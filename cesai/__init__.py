"""The composition root: knows every app, and nobody imports it."""

from cesai.celery import app as celery_app

__all__ = ["celery_app"]
