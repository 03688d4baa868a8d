"""Clusters, pools and their operators: records that people keep by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from compute.models import CapacityMonth, Cluster, ClusterHealth, ClusterOperator, Credential, Pool
from projects.admin import Kept, ReadOnly


class Operators(admin.TabularInline[Any, Any]):
    model = ClusterOperator
    extra = 0
    raw_id_fields = ("user",)


@admin.register(Cluster)
class Clusters(Kept):
    """Its address is checked against the allow-list where it is changed, on the cluster's page."""

    list_display = ("name", "slug", "partner", "connection", "limit_mode", "is_simulated")
    list_select_related = ("partner",)
    readonly_fields = ("rest_url", "connection")
    inlines = [Operators]

    def has_add_permission(self, request: Any) -> bool:
        return False


@admin.register(Pool)
class Pools(Kept):
    list_display = ("name", "slug", "cluster", "partition", "gpu_type", "gpu_count")
    list_select_related = ("cluster",)


@admin.register(ClusterHealth)
class Health(ReadOnly):
    list_display = ("cluster", "is_up", "checked_at", "answered_at", "slurm_version")
    list_select_related = ("cluster",)


@admin.register(CapacityMonth)
class Capacity(ReadOnly):
    list_display = ("pool", "month", "offered", "granted")
    list_select_related = ("pool",)
    list_filter = ("pool",)


@admin.register(Credential)
class Credentials(ReadOnly):
    list_display = ("cluster", "unix_user", "kind", "expires_at", "delivered_at")
    list_select_related = ("cluster",)
    exclude = ("sealed_token",)
