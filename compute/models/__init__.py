"""With which compute: the tables of clusters, pools, requests, allocations and jobs."""

from compute.models.allocations import Allocation, AllocationMove, Balance, CapacityReturn
from compute.models.calls import Call
from compute.models.charging import ChargeRule
from compute.models.checks import AccountingDifference, OddRecord
from compute.models.clusters import Cluster, ClusterHealth, ClusterOperator, Credential
from compute.models.consents import SiteConsent
from compute.models.grants import ExternalGrant, Statement
from compute.models.jobs import Job, JobMove
from compute.models.ledger import LedgerEntry
from compute.models.limits import Limit, LimitMove
from compute.models.maintenance import Maintenance
from compute.models.monthly import MonthlyUse
from compute.models.orphans import Orphan
from compute.models.outages import Outage
from compute.models.pools import CapacityMonth, Pool, Reserve
from compute.models.reports import UsageReport
from compute.models.requests import (
    AwardLine,
    AwardSignature,
    Recusal,
    Request,
    RequestLine,
    RequestMessage,
    RequestMove,
)
from compute.models.templates import JobTemplate, TemplateVersion
from compute.models.told import Told
from compute.models.usage import AccountingCursor, UsageRecord

__all__ = [
    "AccountingCursor",
    "AccountingDifference",
    "Allocation",
    "AllocationMove",
    "AwardLine",
    "AwardSignature",
    "Balance",
    "Call",
    "CapacityMonth",
    "CapacityReturn",
    "ChargeRule",
    "Cluster",
    "ClusterHealth",
    "ClusterOperator",
    "Credential",
    "ExternalGrant",
    "Job",
    "JobMove",
    "JobTemplate",
    "LedgerEntry",
    "Limit",
    "LimitMove",
    "Maintenance",
    "MonthlyUse",
    "OddRecord",
    "Orphan",
    "Outage",
    "Pool",
    "Recusal",
    "Request",
    "RequestLine",
    "RequestMessage",
    "RequestMove",
    "Reserve",
    "SiteConsent",
    "Statement",
    "TemplateVersion",
    "Told",
    "UsageRecord",
    "UsageReport",
]
