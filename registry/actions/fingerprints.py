"""Taking the fingerprint of a version's weights, and what it says of the declared lineage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.errors import Invalid
from projects.models import User
from projects.models.events import record_event
from registry import fingerprints
from registry.actions.audience import told_in
from registry.actions.figures import record_measured
from registry.fingerprints import Print, Tensor, Verdict
from registry.models import Derivation, Fingerprint, Version
from registry.vocabulary import Evidence, FigureKind, Source

MOST_TENSORS = 20_000


@transaction.atomic
def record_fingerprint(
    *,
    by: User,
    version: Version,
    tensors: Sequence[Tensor],
    shards: Sequence[dict[str, Any]] = (),
    now: datetime,
) -> Fingerprint:
    """Keep digests of the tensors' names, formats and shapes; the headers themselves are dropped.

    Edges to and from versions with fingerprints become verified where they agree; parameters
    counted from the shapes become a measured figure unless the weights are packed.
    Raises Invalid for a header without tensors or one that names a tensor twice.
    """
    _check(tensors)
    is_packed = fingerprints.is_packed(tensors)
    values = {
        "architecture": fingerprints.architecture_of(tensors),
        "tensors": len(tensors),
        "parameters": fingerprints.parameters_of(tensors),
        "is_packed": is_packed,
        "structure": fingerprints.structure_of(tensors),
        "contents": fingerprints.contents_of(tensors),
        "shards": list(shards),
        "recorded_at": now,
        "recorded_by": by,
    }
    row, _is_new = Fingerprint.objects.update_or_create(version=version, defaults=values)
    if not is_packed and row.parameters:
        record_measured(
            version=version,
            kind=FigureKind.PARAMETERS,
            value=Decimal(row.parameters),
            source=Source.MEASURED,
            note="counted from the shapes of the tensors",
            now=now,
        )
    _verify_edges(version)
    record_event(
        by=by,
        kind="record_fingerprint",
        about=version,
        project=told_in(version.model),
        now=now,
        changes={"architecture": [None, row.architecture]},
    )
    return row


def print_of(row: Fingerprint) -> Print:
    """A stored fingerprint as it is compared."""
    return Print(
        architecture=row.architecture,
        structure=frozenset(row.structure),
        contents=frozenset(row.contents),
        shards=frozenset(shard["sha256"] for shard in row.shards),
        is_packed=row.is_packed,
    )


def verdict_on(edge: Derivation) -> Verdict:
    """What the fingerprints of both ends say of an edge; nothing if one is missing."""
    child = getattr(edge.child, "fingerprint", None)
    parent = getattr(edge.parent, "fingerprint", None) if edge.parent else None
    if child is None or parent is None:
        return Verdict.SAYS_NOTHING
    return fingerprints.judge(edge.kind, print_of(child), print_of(parent))


def _verify_edges(version: Version) -> None:
    """Raise the evidence of edges that agree, and take back what a new fingerprint contradicts."""
    edges = Derivation.objects.filter(Q(child=version) | Q(parent=version), parent__isnull=False)
    for edge in edges.select_related("child__fingerprint", "parent__fingerprint"):
        agrees = verdict_on(edge) is Verdict.AGREES
        if agrees and edge.evidence != Evidence.VERIFIED:
            edge.evidence = Evidence.VERIFIED
        elif not agrees and edge.evidence == Evidence.VERIFIED:
            edge.evidence = Evidence.DECLARED
        else:
            continue
        edge.save(update_fields=["evidence"])


def _check(tensors: Sequence[Tensor]) -> None:
    names = {tensor.name for tensor in tensors}
    if not tensors or len(tensors) > MOST_TENSORS:
        sentence = _(
            "Send 1 to 20,000 tensors, as the headers of the safetensors files name them."
        )
    elif len(names) != len(tensors):
        sentence = _("Each tensor is named once over all files.")
    else:
        return
    raise Invalid(sentence, fields={"tensors": [sentence]})
