"""What people were told once, so that they are not told it again."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, models


class ToldQuerySet(models.QuerySet["Told"]):
    def first_time(self, key: str, now: datetime) -> bool:
        """Whether nobody was told this before; from now on somebody was."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO compute_told (key, at) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING",
                [key, now],
            )
            return bool(cursor.rowcount)


class Told(models.Model):
    """One warning, by what it is about and how far it had come."""

    key = models.CharField(max_length=160, primary_key=True)
    at = models.DateTimeField()

    objects = ToldQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key
