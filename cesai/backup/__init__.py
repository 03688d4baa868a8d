"""Backups: one consistent copy of the database that proves itself when it is restored."""
