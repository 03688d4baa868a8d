"""With which compute: the tables of clusters, pools, requests, allocations and jobs."""

from compute.models.allocations import Allocation, AllocationMove, Balance
from compute.models.clusters import Cluster, ClusterHealth, ClusterOperator, Credential
from compute.models.jobs import Job, JobMove
from compute.models.ledger import LedgerEntry
from compute.models.limits import Limit, LimitMove
from compute.models.orphans import Orphan
from compute.models.pools import CapacityMonth, Pool
from compute.models.requests import AwardLine, Request, RequestLine, RequestMove
from compute.models.usage import AccountingCursor, UsageRecord

__all__ = [
    "AccountingCursor",
    "Allocation",
    "AllocationMove",
    "AwardLine",
    "Balance",
    "CapacityMonth",
    "Cluster",
    "ClusterHealth",
    "ClusterOperator",
    "Credential",
    "Job",
    "JobMove",
    "LedgerEntry",
    "Limit",
    "LimitMove",
    "Orphan",
    "Pool",
    "Request",
    "RequestLine",
    "RequestMove",
    "UsageRecord",
]
