"""The shapes of the API, made from its description by `python -m dev.client_types`.

Answers hold every field; of bodies (`…Request`), what is NotRequired may be left out.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

AboutEnum = Literal["overlap", "missing_facts"]


class AccountingOut(TypedDict):
    read_until: str | None
    compared_at: str | None
    odd_records: list[OddRecordOut]
    differences: list[DifferenceOut]


class AiActOut(TypedDict):
    flop: str | None
    is_estimate: bool
    parameters: int | None
    tokens: int | None
    with_ancestors: str | None
    generates: bool
    indicates_general_purpose: bool | None
    presumes_systemic_risk: bool | None
    modifies: str
    modifier_threshold: str | None
    makes_modifier_a_provider: bool | None


class AllocationOut(TypedDict):
    id: str
    url: str
    project: str
    pool: str
    cluster: str
    origin: OriginEnum
    state: AllocationState
    start: str
    end: str
    gpu_hours: str
    gpu_seconds: int
    slurm_account: str
    unix_user: str
    paused_at: str | None
    pause_reason: str
    balance: BalanceOut
    limit: str
    limit_state: str
    created_at: str


AllocationState = Literal["awarded", "active", "expired", "revoked"]

AnswerEnum = Literal["agrees", "disagrees"]


class AnswerInRequest(TypedDict):
    party: str
    agrees: bool
    text: NotRequired[str]
    confirms_avoided: NotRequired[bool]


class AssignInRequest(TypedDict):
    owner: str | None
    deputy: NotRequired[str | None]
    due_at: str
    waiting_on: WaitingOnEnum | BlankEnum


class AttemptOut(TypedDict):
    at: str
    status: int | None
    problem: ProblemEnum | BlankEnum
    milliseconds: int


class AwardInRequest(TypedDict):
    reason: NotRequired[str]
    exception: NotRequired[str]
    lines: list[AwardLineInRequest]


class AwardLineInRequest(TypedDict):
    line: str
    gpu_hours: float | str
    months: NotRequired[dict[str, float | str]]


class AwardLineOut(TypedDict):
    month: str
    gpu_hours: str
    gpu_seconds: int


class BalanceOut(TypedDict):
    available_gpu_hours: str
    reserved_gpu_hours: str
    used_gpu_hours: str
    available: int
    reserved: int
    used: int


BlankEnum = Literal[""]


class CallInRequest(TypedDict):
    board: str
    title: str
    url: NotRequired[str]
    opens_on: NotRequired[str | None]
    closes_on: NotRequired[str | None]
    text: NotRequired[str]


class CallOut(TypedDict):
    id: str
    address: str
    board: str
    title: str
    url: str
    opens_on: str | None
    closes_on: str | None
    text: str
    as_of: str


class CapacityInRequest(TypedDict):
    months: dict[str, float | str]
    decision: NotRequired[str]


class CapacityOut(TypedDict):
    id: str
    url: str
    pool: str
    month: str
    offered_gpu_hours: str
    granted_gpu_hours: str
    reserved_gpu_hours: str
    free_gpu_hours: str


class CardInRequest(TypedDict):
    card: str


class CardModelInRequest(TypedDict):
    card: str
    group: str
    project: NotRequired[str | None]
    name: str
    visibility: NotRequired[VisibilityEnum]
    state: NotRequired[RegisteredAs]


class CaseInRequest(TypedDict):
    overlaps: list[str]
    reason: NotRequired[str]


class CaseMessageOut(TypedDict):
    id: str
    party: str | None
    is_for_all: bool
    text: str
    source: CaseMessageOutSourceEnum
    sender: str
    by: str
    at: str


CaseMessageOutSourceEnum = Literal["portal", "email"]


class CaseOut(TypedDict):
    id: str
    url: str
    code: str
    about: AboutEnum
    state: CaseState
    waiting_on: WaitingOnEnum | BlankEnum
    opened_at: str
    due_at: str
    holds_until: str
    holds_award: bool
    outcome: OutcomeEnum | BlankEnum
    outcome_reason: str
    decided_at: str | None
    avoided_gpu_hours: RangeOut | None


class CaseReasonInRequest(TypedDict):
    reason: str


CaseState = Literal["open", "contacted", "in_talks", "decided", "closed"]


class CaseWhole(TypedDict):
    id: str
    url: str
    code: str
    about: AboutEnum
    state: CaseState
    waiting_on: WaitingOnEnum | BlankEnum
    opened_at: str
    due_at: str
    holds_until: str
    holds_award: bool
    outcome: OutcomeEnum | BlankEnum
    outcome_reason: str
    decided_at: str | None
    avoided_gpu_hours: RangeOut | None
    opened_because: str
    parties: list[PartyOut]
    overlaps: list[OverlapOut]
    messages: list[CaseMessageOut]
    stake_gpu_hours: RangeOut
    hidden: bool


class ChargeRuleInRequest(TypedDict):
    unit: str
    per: PerEnum
    factor: float | str
    valid_from: str


class ChargeRuleOut(TypedDict):
    version: int
    unit: str
    per: PerEnum
    factor: str
    valid_from: str
    created_at: str


ClassEnum = Literal[
    "duplicate",
    "overlap",
    "reuse_candidate",
    "related",
    "lineage",
    "unrelated",
    "not_enough_information",
]


class ClusterOut(TypedDict):
    id: str
    url: str
    slug: str
    name: str
    partner: str
    description: str
    connection: ConnectionEnum
    limit_mode: LimitModeEnum
    usage_decay: UsageDecayEnum | BlankEnum
    is_simulated: bool
    project_directory: str
    quarantine_minutes: int
    holds: HoldsEnum | BlankEnum
    state: str
    as_of: str | None
    answered_at: str | None
    unreachable_since: str | None
    slurm_version: str
    wire: str
    is_stopped: bool
    stop: str | None
    stopped_at: str | None
    reconciled_at: str | None
    public_record: Any


class CommentInRequest(TypedDict):
    comment: NotRequired[str]


class CommonOut(TypedDict):
    node: NodeOut
    distance: int
    distance_of_other: int


class ComparisonOut(TypedDict):
    is_same_copy: bool
    is_same_architecture: bool
    structure_share: float
    content_share: float | None


class ComputeOut(TypedDict):
    own: ShareOut
    above: list[ShareOut]
    gpu_hours: str
    energy_kwh: str
    unknown: list[str]


ConfidenceEnum = Literal["high", "medium", "low"]


class ConflictOut(TypedDict):
    duty: str
    ancestor: str
    licence: str
    terms: str
    path: list[str]


ConnectionEnum = Literal["none", "observe", "run"]


class ConsentInRequest(TypedDict):
    party: str
    consents: bool


class CorrectionInRequest(TypedDict):
    reason: str


class CountOut(TypedDict):
    deliveries: int


class CredentialInRequest(TypedDict):
    kind: CredentialKind
    token: str


CredentialKind = Literal["control", "run"]


class CredentialOut(TypedDict):
    unix_user: str
    kind: CredentialKind
    expires_at: str
    delivered_at: str


class DatasetInRequest(TypedDict):
    name: str
    visibility: NotRequired[VisibilityEnum]
    languages: NotRequired[list[str]]
    tokens: NotRequired[int | None]
    licence: NotRequired[str]
    homepage: NotRequired[str]
    description: NotRequired[str]
    parents: NotRequired[list[DatasetParentInRequest]]
    group: str
    project: NotRequired[str | None]


DatasetKind = Literal["subset", "filtered", "mixture", "translated", "synthetic", "unknown"]


class DatasetOut(TypedDict):
    id: str
    url: str
    name: str
    group: str
    project: str | None
    visibility: VisibilityEnum
    languages: list[str]
    tokens: int | None
    licence: str
    homepage: str
    description: str
    parents: list[DatasetParentIn]
    created_at: str
    updated_at: str


class DatasetParentIn(TypedDict):
    dataset: str
    kind: DatasetKind


class DatasetParentInRequest(TypedDict):
    dataset: str
    kind: NotRequired[DatasetKind]


class DecideInRequest(TypedDict):
    reason: str
    outcome: OutcomeEnum
    avoided_gpu_hours: NotRequired[HoursInRequest | None]


class DecisionInRequest(TypedDict):
    reason: str


class DeliveryOut(TypedDict):
    id: str
    event: str | None
    kind: str
    state: DeliveryState
    created_at: str
    due_at: str | None
    delivered_at: str | None
    tries: list[AttemptOut]


DeliveryState = Literal["waiting", "delivered", "given_up", "dropped"]


class DerivationInRequest(TypedDict):
    model: NotRequired[str]
    version: NotRequired[str]
    literal: NotRequired[str]
    kind: NotRequired[ParentKind]
    child: str


class DerivationOut(TypedDict):
    id: str
    url: str
    child: str
    parent: str | None
    literal: str
    kind: ParentKind
    is_inferred: bool
    evidence: EvidenceEnum
    verdict: str
    note: str
    created_at: str


class DifferenceOut(TypedDict):
    id: int
    kind: DifferenceOutKindEnum
    allocation: str
    month: str
    slurm_job_id: int
    submit_time: int
    restarts: int
    booked_gpu_seconds: int
    said_gpu_seconds: int
    found_at: str
    last_seen_at: str


DifferenceOutKindEnum = Literal["amount", "not_booked", "gone", "runaway"]


class EdgeOut(TypedDict):
    child: str
    parent: str
    kind: ParentKind
    evidence: str
    is_inferred: bool


class EffortOut(TypedDict):
    id: str
    url: str
    name: str
    qualified: str
    state: ModelState
    group: str
    group_name: str
    partner: str


class EmailInRequest(TypedDict):
    text: str
    party: str
    sender: str


class EventOut(TypedDict):
    id: str
    url: str
    at: str
    actor: str | None
    kind: str
    object_type: str
    object_id: str
    project: str | None
    reason: str
    changes: Any


EvidenceEnum = Literal["declared", "imported", "measured", "verified"]


class FigureInRequest(TypedDict):
    model: NotRequired[str]
    version: NotRequired[str]
    kind: FigureKind
    stage: NotRequired[FigureStage]
    value: NotRequired[float | str | None]
    day: NotRequired[str | None]
    as_of: NotRequired[str]
    note: NotRequired[str]


FigureKind = Literal[
    "parameters",
    "active_parameters",
    "tokens",
    "flop",
    "gpu_hours_grant",
    "gpu_hours_campaign",
    "gpu_hours_final_run",
    "energy_kwh",
    "co2e_kg",
    "released_on",
]


class FigureOut(TypedDict):
    id: str
    url: str
    model: str
    version: str | None
    kind: FigureKind
    stage: FigureStage
    value: str | None
    unit: str
    day: str | None
    source: FigureOutSourceEnum
    confidence: ConfidenceEnum | BlankEnum
    as_of: str
    note: str
    recorded_at: str


FigureOutSourceEnum = Literal["declared", "imported", "derived", "measured"]

FigureStage = Literal["plan", "actual"]


class FingerprintInRequest(TypedDict):
    tensors: list[TensorInRequest]
    shards: NotRequired[list[ShardInRequest]]


class FingerprintOut(TypedDict):
    version: str
    architecture: str
    tensors: int
    parameters: int
    is_packed: bool
    shards: Any
    recorded_at: str


class GrantInRequest(TypedDict):
    project: str
    pool: str
    model: NotRequired[str | None]
    board: str
    reference: str
    decided_on: str
    decision: NotRequired[str]
    amount: str
    conversion: str
    gpu_hours: float | str
    start: str
    end: str
    slurm_account: NotRequired[str]


class GrantOut(TypedDict):
    id: str
    url: str
    project: str
    pool: str
    model: str | None
    board: str
    reference: str
    decided_on: str
    decision: str
    amount: str
    conversion: str
    gpu_hours: str
    start: str
    end: str
    slurm_account: str
    state: GrantOutStateEnum
    registered_by: str
    registered_at: str
    confirmed_by: str | None
    confirmed_at: str | None
    remark: str
    allocation: str | None
    statements: list[StatementOut]


GrantOutStateEnum = Literal["registered", "confirmed", "declined"]


class GroupInRequest(TypedDict):
    partner: str
    name: str
    slug: str
    description: NotRequired[str]
    contact: NotRequired[str]


class GroupOut(TypedDict):
    id: str
    url: str
    partner: str
    partner_slug: str
    slug: str
    name: str
    description: str
    contact: str
    created_at: str


class GroupReferenceRequest(TypedDict):
    group: str


HoldsEnum = Literal["kept", "ignored"]


class HoursInRequest(TypedDict):
    low: float | str
    high: float | str


class InitiativeInRequest(TypedDict):
    slug: str
    name: str
    stage_of: NotRequired[str | None]
    text: NotRequired[str]
    page: NotRequired[str]
    start: NotRequired[str | None]
    end: NotRequired[str | None]
    funding: NotRequired[list[ShareShapeRequest]]


class InitiativeOut(TypedDict):
    id: str
    url: str
    slug: str
    name: str
    stage_of: str | None
    text: str
    page: str
    start: str | None
    end: str | None
    funding: list[ShareShape]
    created_at: str


class InvitationInRequest(TypedDict):
    role: RoleEnum
    group: str
    email: str


class InvitationMade(TypedDict):
    id: str
    url: str
    group: str
    email: str
    role: RoleEnum
    state: str
    created_at: str
    expires_at: str
    link: str


class InvitationOut(TypedDict):
    id: str
    url: str
    group: str
    email: str
    role: RoleEnum
    state: str
    created_at: str
    expires_at: str


class InviteInRequest(TypedDict):
    text: str
    party: str


class JobDetail(TypedDict):
    id: str
    url: str
    name: str
    token: str
    project: str
    allocation: str
    cluster: str
    version: str | None
    state: JobState
    waiting_for: WaitingForEnum | BlankEnum
    reason: str
    reason_text: str
    array: str
    array_tasks: int
    task_states: dict[str, int]
    gpus: int
    nodes: int
    minutes: int
    working_directory: str
    log_path: str
    slurm_job_id: int | None
    submitted_at: str
    started_at: str | None
    ended_at: str | None
    exit_code: int | None
    signal: int | None
    cancel_requested_at: str | None
    reserved_gpu_seconds: int
    reserved_gpu_hours: str
    used_gpu_seconds: int | None
    settled_at: str | None
    as_of: str | None
    warnings: list[str]
    script_sha256: str
    script: str | None


class JobInRequest(TypedDict):
    project: NotRequired[str]
    allocation: NotRequired[str]
    sbatch: NotRequired[str]
    script: NotRequired[str]
    gpus: NotRequired[int]
    nodes: NotRequired[int]
    minutes: NotRequired[int]
    name: NotRequired[str]
    environment: NotRequired[dict[str, str]]
    working_directory: NotRequired[str]
    array: NotRequired[str]
    version: NotRequired[str | None]
    template: NotRequired[str]


class JobOut(TypedDict):
    id: str
    url: str
    name: str
    token: str
    project: str
    allocation: str
    cluster: str
    version: str | None
    state: JobState
    waiting_for: WaitingForEnum | BlankEnum
    reason: str
    reason_text: str
    array: str
    array_tasks: int
    task_states: dict[str, int]
    gpus: int
    nodes: int
    minutes: int
    working_directory: str
    log_path: str
    slurm_job_id: int | None
    submitted_at: str
    started_at: str | None
    ended_at: str | None
    exit_code: int | None
    signal: int | None
    cancel_requested_at: str | None
    reserved_gpu_seconds: int
    reserved_gpu_hours: str
    used_gpu_seconds: int | None
    settled_at: str | None
    as_of: str | None


JobState = Literal[
    "new",
    "sending",
    "known",
    "released",
    "pending",
    "running",
    "completed",
    "failed",
    "cancelled",
    "timeout",
    "node_fail",
    "out_of_memory",
    "preempted",
    "deadline",
    "boot_fail",
    "refused",
    "blocked",
    "unknown",
]


class JoinInRequest(TypedDict):
    text: str
    group: NotRequired[str]


class JoinOut(TypedDict):
    id: str
    project: str
    group: str
    text: str
    asked_at: str
    accepted: bool | None
    answer: str


LedgerAccount = Literal["issued", "available", "reserved", "used"]

LedgerKind = Literal["grant", "reserve", "release", "use", "expire", "correct", "return"]


class LedgerOut(TypedDict):
    id: str
    url: str
    allocation: str
    kind: LedgerKind
    debit: LedgerAccount
    credit: LedgerAccount
    gpu_seconds: int
    gpu_hours: str
    job: str | None
    at: str


class LicenceFlowOut(TypedDict):
    conflicts: list[ConflictOut]
    more: int
    unknown: list[str]


LimitModeEnum = Literal["verify", "apply"]


class LimitOut(TypedDict):
    id: str
    url: str
    allocation: str
    cluster: str
    slurm_account: str
    unix_user: str
    state: LimitState
    desired_gpu_minutes: int
    observed_gpu_minutes: int | None
    is_to_be_closed: bool
    observed_submit_jobs: int | None
    observed_user: bool | None
    as_of: str | None
    verified_at: str | None
    unreachable_since: str | None
    detail: str
    command: str


LimitState = Literal[
    "pending", "applying", "in_force", "set_not_proven", "drifted", "needs_operator"
]


class LineInRequest(TypedDict):
    pool: str
    gpu_hours: float | str
    start: str
    end: str


class LineageOut(TypedDict):
    root: str
    direction: str
    nodes: list[NodeOut]
    edges: list[EdgeOut]
    truncated: bool


LockedEnum = Literal["script", "gpus", "nodes", "minutes", "environment"]


class MaintenanceInRequest(TypedDict):
    start_at: str
    end_at: str
    text: NotRequired[str]


class MaintenanceOut(TypedDict):
    id: str
    cluster: str
    start_at: str
    end_at: str
    text: str


class MarkedOut(TypedDict):
    marked: int


class MembershipOut(TypedDict):
    id: str
    url: str
    group: str
    username: str
    name: str
    role: RoleEnum
    created_at: str


class MergeInRequest(TypedDict):
    into: str
    reason: NotRequired[str]


class MessageInRequest(TypedDict):
    text: str


class MessageOut(TypedDict):
    id: str
    by: str
    text: str
    at: str


MlflowStage = Literal["None", "Staging", "Production", "Archived"]

Modality = Literal[
    "text",
    "code",
    "image",
    "video",
    "speech",
    "audio",
    "tabular",
    "time_series",
    "molecule",
    "earth_observation",
    "embedding",
]


class ModelInRequest(TypedDict):
    name: str
    visibility: NotRequired[VisibilityEnum]
    embargo_until: NotRequired[str | None]
    shows_as_ancestor: NotRequired[bool]
    modality_in: NotRequired[list[Modality]]
    modality_out: NotRequired[list[Modality]]
    architecture: NotRequired[str]
    languages: NotRequired[list[str]]
    domains: NotRequired[list[str]]
    tasks: NotRequired[list[str]]
    training_mode: NotRequired[TrainingModeEnum]
    parameters: NotRequired[int | None]
    active_parameters: NotRequired[int | None]
    tokens: NotRequired[int | None]
    datasets: NotRequired[list[str]]
    window: NotRequired[WindowShapeRequest | None]
    licence: NotRequired[str]
    hub_id: NotRequired[str]
    intended_users: NotRequired[str]
    contact: NotRequired[str]
    description: NotRequired[str]
    group: str
    project: NotRequired[str | None]
    state: NotRequired[RegisteredAs]
    parents: NotRequired[list[ParentInRequest]]


class ModelOut(TypedDict):
    id: str
    url: str
    name: str
    qualified: str
    group: str
    project: str | None
    visibility: VisibilityEnum
    embargo_until: str | None
    state: ModelState
    modality_in: list[str]
    modality_out: list[str]
    architecture: str
    languages: list[str]
    domains: list[str]
    tasks: list[str]
    training_mode: TrainingModeEnum
    parameters: int | None
    active_parameters: int | None
    tokens: int | None
    datasets: list[str]
    window: WindowShape
    licence: str
    hub_id: str
    intended_users: str
    contact: str
    description: str
    missing_facts: list[str]
    created_at: str
    confirmed_at: str
    updated_at: str


ModelState = Literal["planned", "training", "released", "withdrawn", "abandoned"]


class ModelWhole(TypedDict):
    id: str
    url: str
    name: str
    qualified: str
    group: str
    project: str | None
    visibility: VisibilityEnum
    embargo_until: str | None
    state: ModelState
    modality_in: list[str]
    modality_out: list[str]
    architecture: str
    languages: list[str]
    domains: list[str]
    tasks: list[str]
    training_mode: TrainingModeEnum
    parameters: int | None
    active_parameters: int | None
    tokens: int | None
    datasets: list[str]
    window: WindowShape
    licence: str
    hub_id: str
    intended_users: str
    contact: str
    description: str
    missing_facts: list[str]
    created_at: str
    confirmed_at: str
    updated_at: str
    may_become: list[str]
    shows_as_ancestor: bool
    successor: str | None
    merged_into: str | None
    tags: dict[str, str]
    public_record: dict[str, Any]


class MoveInRequest(TypedDict):
    state: ModelState
    reason: NotRequired[str]


NeighbourOut = TypedDict(
    "NeighbourOut",
    {
        "probability": "float",
        "reasons": "list[ReasonOut]",
        "counterfactual": "str",
        "class": "ClassEnum",
        "model": "EffortOut",
        "stake_gpu_hours": "RangeOut",
    },
)


class NeighboursOut(TypedDict):
    results: list[NeighbourOut]
    note: str


class NodeOut(TypedDict):
    id: str
    model: str
    name: str
    number: int | None
    state: str
    owner: str
    licence: str
    depth: int
    is_withdrawn: bool


NoticeKind = Literal[
    "overlap_found",
    "case_opened",
    "case_invited",
    "case_message",
    "case_decided",
    "case_answered",
    "case_reopened",
    "request_submitted",
    "request_returned",
    "request_awarded",
    "request_denied",
    "request_message",
    "request_appealed",
    "award_signed",
    "request_held",
    "watch_matched",
    "join_asked",
    "join_answered",
    "allocation_paused",
    "allocation_resumed",
    "allocation_ended",
    "grant_registered",
    "grant_answered",
    "grant_statement",
    "hours_returned",
    "allocation_lapses",
    "budget_reached",
    "credential_ends",
    "accounting_late",
    "dispatch_stopped",
    "webhook_stopped",
]


class NoticeOut(TypedDict):
    id: str
    url: str
    kind: NoticeKind
    sentence: str
    params: Any
    path: str
    at: str
    read_at: str | None


class OddRecordOut(TypedDict):
    slurm_job_id: int
    submit_time: int
    restarts: int
    slurm_account: str
    why: WhyEnum
    said: Any
    first_seen_at: str
    last_seen_at: str


OriginEnum = Literal["own_pool", "external_grant"]


class OrphanOut(TypedDict):
    id: str
    url: str
    cluster: str
    slurm_job_id: int
    name: str
    unix_user: str
    account: str
    state: str
    is_held: bool
    gpus: int
    submitted_at: str
    first_seen_at: str
    as_of: str


class OutageOut(TypedDict):
    began_at: str
    ended_at: str | None


OutcomeEnum = Literal["merge", "coordinate", "reuse", "proceed", "withdraw"]

OverUseEnum = Literal["stop", "low_priority", "none"]

OverlapOut = TypedDict(
    "OverlapOut",
    {
        "probability": "float",
        "reasons": "list[ReasonOut]",
        "counterfactual": "str",
        "class": "ClassEnum",
        "id": "str",
        "url": "str",
        "a": "EffortOut",
        "b": "EffortOut",
        "stake_gpu_hours": "RangeOut | None",
        "is_settled": "bool",
        "weights_version": "str",
        "as_of": "str",
    },
)


class PaginatedAllocationOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[AllocationOut]


class PaginatedCallOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[CallOut]


class PaginatedCapacityOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[CapacityOut]


class PaginatedCaseOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[CaseOut]


class PaginatedClusterOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[ClusterOut]


class PaginatedDatasetOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[DatasetOut]


class PaginatedDeliveryOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[DeliveryOut]


class PaginatedDerivationOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[DerivationOut]


class PaginatedEventOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[EventOut]


class PaginatedFigureOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[FigureOut]


class PaginatedGrantOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[GrantOut]


class PaginatedGroupOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[GroupOut]


class PaginatedInitiativeOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[InitiativeOut]


class PaginatedInvitationOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[InvitationOut]


class PaginatedJobOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[JobOut]


class PaginatedLedgerOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[LedgerOut]


class PaginatedLimitOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[LimitOut]


class PaginatedMembershipOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[MembershipOut]


class PaginatedModelOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[ModelOut]


class PaginatedNoticeOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[NoticeOut]


class PaginatedOrphanOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[OrphanOut]


class PaginatedOverlapOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[OverlapOut]


class PaginatedPartnerOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[PartnerOut]


class PaginatedPoolOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[PoolOut]


class PaginatedProjectOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[ProjectOut]


class PaginatedRequestOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[RequestOut]


class PaginatedTemplateOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[TemplateOut]


class PaginatedTokenOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[TokenOut]


class PaginatedUsageOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[UsageOut]


class PaginatedUsageReportOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[UsageReportOut]


class PaginatedVersionOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[VersionOut]


class PaginatedWatchOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[WatchOut]


class PaginatedWebhookOutList(TypedDict):
    next: str | None
    previous: str | None
    results: list[WebhookOut]


class ParentInRequest(TypedDict):
    model: NotRequired[str]
    version: NotRequired[str]
    literal: NotRequired[str]
    kind: NotRequired[ParentKind]


ParentKind = Literal[
    "continued_pretraining", "finetune", "adapter", "quantized", "merge", "distilled", "unknown"
]


class PartnerOut(TypedDict):
    id: str
    url: str
    slug: str
    name: str
    ror: str
    sector: SectorEnum
    country: str
    city: str
    public_record: Any
    created_at: str


class PartyOut(TypedDict):
    id: str
    model: EffortOut
    group: str
    invited_at: str | None
    is_introducible: bool | None
    answer: AnswerEnum | BlankEnum
    answer_text: str
    answered_at: str | None
    confirms_avoided: bool


class PatchedClusterChangeRequest(TypedDict):
    name: NotRequired[str]
    description: NotRequired[str]
    connection: NotRequired[ConnectionEnum]
    limit_mode: NotRequired[LimitModeEnum]
    usage_decay: NotRequired[UsageDecayEnum | BlankEnum]
    rest_url: NotRequired[str]
    slurm_cluster: NotRequired[str]
    parent_account: NotRequired[str]
    project_directory: NotRequired[str]
    quarantine_minutes: NotRequired[int]
    sacctmgr: NotRequired[str]


class PatchedDatasetChangeRequest(TypedDict):
    name: NotRequired[str]
    visibility: NotRequired[VisibilityEnum]
    languages: NotRequired[list[str]]
    tokens: NotRequired[int | None]
    licence: NotRequired[str]
    homepage: NotRequired[str]
    description: NotRequired[str]
    parents: NotRequired[list[DatasetParentInRequest]]


class PatchedDerivationChangeRequest(TypedDict):
    kind: NotRequired[ParentKind]


class PatchedModelChangeRequest(TypedDict):
    name: NotRequired[str]
    visibility: NotRequired[VisibilityEnum]
    embargo_until: NotRequired[str | None]
    shows_as_ancestor: NotRequired[bool]
    modality_in: NotRequired[list[Modality]]
    modality_out: NotRequired[list[Modality]]
    architecture: NotRequired[str]
    languages: NotRequired[list[str]]
    domains: NotRequired[list[str]]
    tasks: NotRequired[list[str]]
    training_mode: NotRequired[TrainingModeEnum]
    parameters: NotRequired[int | None]
    active_parameters: NotRequired[int | None]
    tokens: NotRequired[int | None]
    datasets: NotRequired[list[str]]
    window: NotRequired[WindowShapeRequest | None]
    licence: NotRequired[str]
    hub_id: NotRequired[str]
    intended_users: NotRequired[str]
    contact: NotRequired[str]
    description: NotRequired[str]


class PatchedProjectChangeRequest(TypedDict):
    title: NotRequired[str]
    abstract: NotRequired[str]
    visibility: NotRequired[VisibilityEnum]
    initiative: NotRequired[str | None]
    funding: NotRequired[list[ShareShapeRequest]]


class PatchedRoleInRequest(TypedDict):
    role: NotRequired[RoleEnum]


class PatchedSiteRulesRequest(TypedDict):
    over_use: NotRequired[OverUseEnum]
    period: NotRequired[PeriodEnum]
    carries_over: NotRequired[bool]


class PatchedVersionChangeRequest(TypedDict):
    source: NotRequired[str]
    run_id: NotRequired[str]
    run_link: NotRequired[str]
    description: NotRequired[str]


class PatchedWebhookInRequest(TypedDict):
    name: NotRequired[str]
    url: NotRequired[str]
    kinds: NotRequired[list[str]]
    project: NotRequired[str | None]


PerEnum = Literal["gpu", "node"]

PeriodEnum = Literal["window", "month", "quarter"]


class PoolOut(TypedDict):
    id: str
    url: str
    slug: str
    name: str
    cluster: str
    cluster_slug: str
    partition: str
    gpu_type: str
    gpu_count: int
    gpus_per_node: int
    gpu_memory_gb: int | None
    h100_weight: str | None
    gpu_watts: int | None
    max_minutes: int
    over_use: OverUseEnum
    period: PeriodEnum
    carries_over: bool


class PreviewOfAllocation(TypedDict):
    allocation: str
    rows: int
    adds_gpu_hours: str


class PreviewOut(TypedDict):
    allocations: list[PreviewOfAllocation]
    problems: list[PreviewProblem]
    new: int
    corrected: int
    same: int
    steps: int
    without_gpus: int


class PreviewProblem(TypedDict):
    line: int
    detail: str


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[dict[str, Any]]


ProblemEnum = Literal["forbidden", "unknown", "unreachable", "untrusted", "slow", "broken"]


class ProjectInRequest(TypedDict):
    lead_group: str
    slug: str
    title: str
    abstract: NotRequired[str]
    visibility: NotRequired[VisibilityEnum]
    initiative: NotRequired[str | None]


class ProjectOut(TypedDict):
    id: str
    url: str
    slug: str
    title: str
    abstract: str
    lead_group: str
    participants: list[str]
    visibility: VisibilityEnum
    unix_user: str
    initiative: str | None
    funding: list[ShareShape]
    created_at: str


class RangeOut(TypedDict):
    low: float
    high: float


class ReasonInRequest(TypedDict):
    reason: NotRequired[str]


class ReasonOut(TypedDict):
    feature: str
    points: float
    text: str


ReasonsEnum = Literal["replication", "licence", "security", "method", "schedule", "other"]


class RecuseInRequest(TypedDict):
    reason: NotRequired[str]


RegisteredAs = Literal["planned", "training", "released"]


class RemarkInRequest(TypedDict):
    remark: NotRequired[str]


class ReplayInRequest(TypedDict):
    delivery: NotRequired[str]
    since: NotRequired[str]


class RequestInRequest(TypedDict):
    project: str
    kind: NotRequired[RequestKind]
    purpose: RequestPurpose
    model: NotRequired[str | None]
    allocation: NotRequired[str | None]
    return_gpu_hours: NotRequired[float | str]
    lines: NotRequired[list[LineInRequest]]
    justification: NotRequired[str]
    why_not_reuse: NotRequired[WhyNotShapeRequest]


RequestKind = Literal["new", "supplement", "extension", "transfer", "reduction", "termination"]


class RequestLineOut(TypedDict):
    id: str
    pool: str
    start: str
    end: str
    gpu_hours: str
    gpu_seconds: int
    awarded_gpu_hours: str
    months: list[AwardLineOut]
    allocation: str | None


class RequestOut(TypedDict):
    id: str
    url: str
    project: str
    model: str | None
    kind: RequestKind
    allocation: str | None
    return_gpu_hours: str | None
    purpose: RequestPurpose
    state: RequestState
    justification: str
    why_not_reuse: WhyNotShape
    lines: list[RequestLineOut]
    waiting_on: str
    due_at: str | None
    created_at: str
    submitted_at: str | None
    decided_at: str | None
    decision_reason: str
    appealed_at: str | None
    signed_by: str
    awarded_beside: str


RequestPurpose = Literal["training", "evaluation", "data", "inference", "other"]

RequestState = Literal[
    "draft", "submitted", "in_review", "changes_requested", "awarded", "denied", "withdrawn"
]


class ReserveInRequest(TypedDict):
    partner: str
    months: dict[str, float | str]


class ReserveOut(TypedDict):
    partner: str
    month: str
    left_gpu_hours: str


class ReturnInRequest(TypedDict):
    reason: str
    gpu_hours: float | str


RoleEnum = Literal["guest", "member", "lead"]


class SayInRequest(TypedDict):
    text: str
    to: NotRequired[ToEnum]


ScopeEnum = Literal["read", "write"]


class SecretInRequest(TypedDict):
    secret: str


class SecretOut(TypedDict):
    secret: str
    former_until: str


SectorEnum = Literal["research", "industry", "public", "startup", "open_source"]


class ShardInRequest(TypedDict):
    name: str
    sha256: str
    bytes: int


class ShareOut(TypedDict):
    model: str
    name: str
    gpu_hours: str | None
    gpu_hours_kind: str
    energy_kwh: str | None


class ShareShape(TypedDict):
    funder: str
    percent: str


class ShareShapeRequest(TypedDict):
    funder: str
    percent: float | str


class SiteConsentInRequest(TypedDict):
    given_by: str
    given_on: str
    reference: str
    text: NotRequired[str]


class SiteConsentOut(TypedDict):
    id: int
    given_by: str
    given_on: str
    reference: str
    text: str
    recorded_by: str
    recorded_at: str
    withdrawn_at: str | None
    withdrawn_reason: str


class StatementInRequest(TypedDict):
    text: str


class StatementOut(TypedDict):
    id: str
    by: str
    text: str
    at: str


class StopInRequest(TypedDict):
    stop: str


StoppedBecauseEnum = Literal["silent", "gone"]


class SuccessorInRequest(TypedDict):
    successor: str | None


class SwitchInRequest(TypedDict):
    reason: str


class TemplateInRequest(TypedDict):
    script: str
    gpus: NotRequired[int]
    nodes: NotRequired[int]
    minutes: NotRequired[int]
    environment: NotRequired[dict[str, str]]
    locked: NotRequired[list[LockedEnum]]
    note: NotRequired[str]
    name: str
    purpose: TemplatePurpose
    description: NotRequired[str]
    group: NotRequired[str]
    cluster: NotRequired[str]


class TemplateOut(TypedDict):
    id: str
    url: str
    name: str
    purpose: TemplatePurpose
    description: str
    group: str | None
    cluster: str | None
    created_at: str
    retired_at: str | None
    versions: list[TemplateVersionOut]


TemplatePurpose = Literal["pretraining", "finetune", "evaluation", "data", "other"]


class TemplateVersionInRequest(TypedDict):
    script: str
    gpus: NotRequired[int]
    nodes: NotRequired[int]
    minutes: NotRequired[int]
    environment: NotRequired[dict[str, str]]
    locked: NotRequired[list[LockedEnum]]
    note: NotRequired[str]


class TemplateVersionOut(TypedDict):
    number: int
    script: str
    gpus: int
    nodes: int
    minutes: int
    environment: Any
    locked: list[str]
    note: str
    by: str
    created_at: str


class TensorInRequest(TypedDict):
    name: str
    dtype: str
    shape: list[int]
    sha256: NotRequired[str]


ToEnum = Literal["all", "staff"]


class TokenInRequest(TypedDict):
    name: str
    scope: NotRequired[ScopeEnum]
    days: NotRequired[int]
    group: NotRequired[str | None]


class TokenMade(TypedDict):
    id: str
    url: str
    name: str
    username: str
    scope: ScopeEnum
    group: str | None
    prefix: str
    created_at: str
    expires_at: str
    token: str


class TokenOut(TypedDict):
    id: str
    url: str
    name: str
    username: str
    scope: ScopeEnum
    group: str | None
    prefix: str
    created_at: str
    expires_at: str


TrainingModeEnum = Literal[
    "from_scratch",
    "continued",
    "finetune",
    "adapter",
    "distilled",
    "merged",
    "quantized",
    "unknown",
]

UsageDecayEnum = Literal["none", "fades"]


class UsageOut(TypedDict):
    id: str
    url: str
    cluster: str
    allocation: str
    job: str | None
    slurm_job_id: int
    unix_user: str
    state: str
    submitted_at: str | None
    started_at: str | None
    ended_at: str | None
    elapsed: int
    gpus: int
    gpu_seconds: int
    is_foreign: bool
    source: UsageOutSourceEnum
    charged: dict[str, Any] | None
    as_of: str


UsageOutSourceEnum = Literal["slurm", "reported"]


class UsageReportInRequest(TypedDict):
    cluster: str
    text: str
    dry_run: NotRequired[bool]


class UsageReportOut(TypedDict):
    id: str
    url: str
    cluster: str
    by: str
    at: str
    rows: int
    gpu_hours: str
    undone_at: str | None


class VersionInRequest(TypedDict):
    source: str
    run_id: NotRequired[str]
    run_link: NotRequired[str]
    description: NotRequired[str]
    model: str
    parents: NotRequired[list[ParentInRequest]]


class VersionOut(TypedDict):
    id: str
    url: str
    model: str
    number: int | None
    source: str
    run_id: str
    run_link: str
    description: str
    tags: dict[str, str]
    stage: MlflowStage
    aliases: list[str]
    withdrawn_at: str | None
    created_at: str
    updated_at: str


VisibilityEnum = Literal["public", "partners", "project", "group"]

WaitingForEnum = Literal["limit", "pause", "credential", "cluster", "operator"]

WaitingOnEnum = Literal["coordinator", "groups"]


class WatchInRequest(TypedDict):
    name: str
    modality_out: NotRequired[list[Modality]]
    languages: NotRequired[list[str]]
    tasks: NotRequired[list[str]]
    domains: NotRequired[list[str]]
    parameters_min: NotRequired[int | None]
    parameters_max: NotRequired[int | None]


class WatchOut(TypedDict):
    id: str
    url: str
    name: str
    modality_out: list[str]
    languages: list[str]
    tasks: list[str]
    domains: list[str]
    parameters_min: int | None
    parameters_max: int | None
    created_at: str


class WebhookInRequest(TypedDict):
    name: str
    url: str
    kinds: NotRequired[list[str]]
    project: NotRequired[str | None]


class WebhookMade(TypedDict):
    id: str
    self_url: str
    name: str
    url: str
    kinds: list[str]
    project: str | None
    state: WebhookState
    stopped_because: StoppedBecauseEnum | BlankEnum
    failing_since: str | None
    quiet_until: str | None
    former_until: str | None
    created_at: str
    secret: str


class WebhookOut(TypedDict):
    id: str
    self_url: str
    name: str
    url: str
    kinds: list[str]
    project: str | None
    state: WebhookState
    stopped_because: StoppedBecauseEnum | BlankEnum
    failing_since: str | None
    quiet_until: str | None
    former_until: str | None
    created_at: str


WebhookState = Literal["active", "failing", "paused", "stopped"]

WhyEnum = Literal["identity", "negative", "backwards", "too_long", "too_much", "text"]


class WhyNotShape(TypedDict):
    reasons: list[ReasonsEnum]
    text: str


class WhyNotShapeRequest(TypedDict):
    reasons: NotRequired[list[ReasonsEnum]]
    text: NotRequired[str]


class WindowShape(TypedDict):
    start: str | None
    end: str | None


class WindowShapeRequest(TypedDict):
    start: NotRequired[str | None]
    end: NotRequired[str | None]


class AllocationsFilters(TypedDict, total=False):
    pool: str
    pool__cluster__slug: str
    project: str
    project__slug: str
    state: Literal["active", "awarded", "expired", "revoked"]
    state__in: list[str]


class CallsFilters(TypedDict, total=False):
    board: str
    closes_on__gte: str
    closes_on__isnull: bool
    closes_on__lte: str


class CapacityFilters(TypedDict, total=False):
    month: str
    month__gte: str
    month__lte: str
    pool: str
    pool__slug: str


class CasesFilters(TypedDict, total=False):
    code: str
    outcome: Literal["coordinate", "merge", "proceed", "reuse", "withdraw"]
    state: Literal["closed", "contacted", "decided", "in_talks", "open"]
    state__in: list[str]


class ClustersFilters(TypedDict, total=False):
    connection: Literal["none", "observe", "run"]
    slug: str


class DatasetsFilters(TypedDict, total=False):
    group: str
    licence: str
    name: str
    name__icontains: str


class DerivationsFilters(TypedDict, total=False):
    child: str
    evidence: Literal["declared", "imported", "measured", "verified"]
    kind: Literal[
        "adapter",
        "continued_pretraining",
        "distilled",
        "finetune",
        "merge",
        "quantized",
        "unknown",
    ]
    parent: str


class EventsFilters(TypedDict, total=False):
    kind: str
    object_id: str
    project: str


class FiguresFilters(TypedDict, total=False):
    kind: Literal[
        "active_parameters",
        "co2e_kg",
        "energy_kwh",
        "flop",
        "gpu_hours_campaign",
        "gpu_hours_final_run",
        "gpu_hours_grant",
        "parameters",
        "released_on",
        "tokens",
    ]
    model: str
    source: Literal["declared", "derived", "imported", "measured"]
    stage: Literal["actual", "plan"]
    version: str


class GrantsFilters(TypedDict, total=False):
    board: str
    pool: str
    project: str
    project__slug: str
    state: Literal["confirmed", "declined", "registered"]
    state__in: list[str]


class GroupsFilters(TypedDict, total=False):
    partner: str
    partner__slug: str
    slug: str


class InitiativesFilters(TypedDict, total=False):
    parent__slug: str
    slug: str


class InvitationsFilters(TypedDict, total=False):
    group: str


class JobsFilters(TypedDict, total=False):
    allocation: str
    cluster__slug: str
    project: str
    project__slug: str
    slurm_job_id: int
    state: Literal[
        "blocked",
        "boot_fail",
        "cancelled",
        "completed",
        "deadline",
        "failed",
        "known",
        "new",
        "node_fail",
        "out_of_memory",
        "pending",
        "preempted",
        "refused",
        "released",
        "running",
        "sending",
        "timeout",
        "unknown",
    ]
    state__in: list[str]


class LedgerFilters(TypedDict, total=False):
    allocation: str
    job: str
    kind: Literal["correct", "expire", "grant", "release", "reserve", "return", "use"]


class LimitsFilters(TypedDict, total=False):
    allocation: str
    cluster: str
    state: Literal[
        "applying", "drifted", "in_force", "needs_operator", "pending", "set_not_proven"
    ]
    state__in: list[str]


class MembershipsFilters(TypedDict, total=False):
    group: str
    role: Literal["guest", "lead", "member"]


class ModelsFilters(TypedDict, total=False):
    base: Any
    domains: str
    group: str
    hub_id: str
    languages: str
    licence: str
    modality_in: Literal[
        "audio",
        "code",
        "earth_observation",
        "embedding",
        "image",
        "molecule",
        "speech",
        "tabular",
        "text",
        "time_series",
        "video",
    ]
    modality_out: Literal[
        "audio",
        "code",
        "earth_observation",
        "embedding",
        "image",
        "molecule",
        "speech",
        "tabular",
        "text",
        "time_series",
        "video",
    ]
    name: str
    name__icontains: str
    parameters_max: int
    parameters_min: int
    partner: str
    project: Any
    project__slug: Any
    q: str
    qualified: str
    state: Literal["abandoned", "planned", "released", "training", "withdrawn"]
    tasks: str
    training_mode: Literal[
        "adapter",
        "continued",
        "distilled",
        "finetune",
        "from_scratch",
        "merged",
        "quantized",
        "unknown",
    ]


class NoticesFilters(TypedDict, total=False):
    unread: bool


class OrphansFilters(TypedDict, total=False):
    cluster: str
    cluster__slug: str
    is_held: bool
    state: str
    state__in: list[str]


class OverlapsFilters(TypedDict, total=False):
    is_live: bool
    is_settled: bool
    kind: Literal[
        "duplicate",
        "lineage",
        "not_enough_information",
        "overlap",
        "related",
        "reuse_candidate",
        "unrelated",
    ]
    probability__gte: float


class PartnersFilters(TypedDict, total=False):
    country: str
    sector: Literal["industry", "open_source", "public", "research", "startup"]
    slug: str


class PoolsFilters(TypedDict, total=False):
    cluster: str
    cluster__slug: str
    slug: str


class ProjectsFilters(TypedDict, total=False):
    initiative: str
    initiative__slug: str
    lead_group: str
    slug: str
    visibility: Literal["group", "partners", "project", "public"]


class RequestsFilters(TypedDict, total=False):
    kind: Literal["extension", "new", "reduction", "supplement", "termination", "transfer"]
    project: str
    project__slug: str
    purpose: Literal["data", "evaluation", "inference", "other", "training"]
    state: Literal[
        "awarded", "changes_requested", "denied", "draft", "in_review", "submitted", "withdrawn"
    ]
    state__in: list[str]


class TemplatesFilters(TypedDict, total=False):
    cluster: str
    cluster__slug: str
    group: str
    purpose: Literal["data", "evaluation", "finetune", "other", "pretraining"]


class TokensFilters(TypedDict, total=False):
    pass


class UsageReportsFilters(TypedDict, total=False):
    cluster: str
    cluster__slug: str


class UsageFilters(TypedDict, total=False):
    allocation: str
    job: str
    slurm_job_id: int


class VersionsFilters(TypedDict, total=False):
    model: str
    number: int


class WatchesFilters(TypedDict, total=False):
    pass


class WebhooksFilters(TypedDict, total=False):
    pass
