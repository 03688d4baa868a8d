"""Allocations, the ledger, limits, jobs and usage: written by actions and sync, read here."""

from __future__ import annotations

from django.contrib import admin

from compute.models import Allocation, Job, LedgerEntry, Limit, UsageRecord
from projects.admin import ReadOnly


@admin.register(Allocation)
class Allocations(ReadOnly):
    list_display = ("project", "pool", "state", "start", "end", "gpu_seconds", "slurm_account")
    list_select_related = ("project", "pool")
    list_filter = ("state",)


@admin.register(LedgerEntry)
class Ledger(ReadOnly):
    list_display = ("at", "kind", "debit", "credit", "gpu_seconds", "allocation_id", "job_id")
    list_filter = ("kind",)
    show_full_result_count = False


@admin.register(Limit)
class Limits(ReadOnly):
    list_display = ("allocation", "state", "desired_gpu_minutes", "observed_gpu_minutes")
    list_select_related = ("allocation__project", "allocation__pool")
    list_filter = ("state",)


@admin.register(Job)
class Jobs(ReadOnly):
    """Without the script: who may read it does so on the job's page."""

    list_display = ("token", "project", "cluster", "state", "gpus", "minutes", "submitted_at")
    list_select_related = ("project", "cluster")
    list_filter = ("state",)
    exclude = ("script", "environment")
    show_full_result_count = False


@admin.register(UsageRecord)
class Usage(ReadOnly):
    list_display = ("cluster", "slurm_job_id", "unix_user", "state", "gpus", "gpu_seconds")
    list_select_related = ("cluster",)
    show_full_result_count = False
