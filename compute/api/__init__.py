"""JSON: everything about compute, split by noun."""

from compute.api.allocations import (
    AllocationResource,
    LedgerResource,
    LimitResource,
    UsageResource,
)
from compute.api.calls import CallResource
from compute.api.clusters import ClusterResource, OrphanResource
from compute.api.grants import GrantResource
from compute.api.jobs import JobResource
from compute.api.pools import CapacityResource, PoolResource
from compute.api.reports import UsageReportResource
from compute.api.requests import RequestResource
from compute.api.templates import JobTemplateResource

RESOURCES = {
    "calls": CallResource,
    "clusters": ClusterResource,
    "orphans": OrphanResource,
    "pools": PoolResource,
    "capacity": CapacityResource,
    "requests": RequestResource,
    "allocations": AllocationResource,
    "grants": GrantResource,
    "limits": LimitResource,
    "ledger": LedgerResource,
    "usage": UsageResource,
    "usage-reports": UsageReportResource,
    "jobs": JobResource,
    "templates": JobTemplateResource,
}
