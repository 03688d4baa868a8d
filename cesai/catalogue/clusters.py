"""Clusters of the catalogue: known, and not connected."""

from __future__ import annotations

from typing import Any

from cesai.catalogue.counts import Counts
from cesai.catalogue.reading import slug_of, text
from compute.models import Cluster, ClusterHealth
from projects.errors import Invalid
from projects.models import Partner

FACTS = (
    "gpu_type", "gpu_count", "gpu_memory_gb", "nodes", "gpus_per_node", "scheduler",
    "rmax_pflops", "rpeak_pflops", "power_mw", "status", "tier", "accounting_unit", "location",
    "country", "confidence", "as_of", "source",
)  # fmt: skip


def load_clusters(records: list[dict[str, Any]], counts: Counts) -> None:
    """Create or update an entry for each record; a connected cluster is never touched."""
    for record in records:
        with counts.one_record(repr(record.get("name"))):
            _load(record, counts)


def _load(record: dict[str, Any], counts: Counts) -> None:
    name, operator = text(record, "name"), text(record, "operator")
    slug = slug_of(name)
    if not slug:
        raise Invalid("a name is needed")
    partner = Partner.objects.filter(slug=slug_of(operator)).first()
    if partner is None:
        raise Invalid(f"its operator “{operator}” is no partner; load organisations first")
    values = {
        "name": name[:120],
        "partner": partner,
        "description": text(record, "description"),
        "public_record": {key: record[key] for key in FACTS if record.get(key) is not None},
    }
    cluster = Cluster.objects.filter(slug=slug).first()
    if cluster is None:
        cluster = Cluster.objects.create(slug=slug, connection=Cluster.Connection.NONE, **values)
        ClusterHealth.objects.create(cluster=cluster)  # every page of clusters reads it
        counts.add(is_new=True, is_changed=False)
        return
    if cluster.connection != Cluster.Connection.NONE:
        raise Invalid("it is connected: its operator keeps its record")
    changed = {key: value for key, value in values.items() if getattr(cluster, key) != value}
    if changed:
        Cluster.objects.filter(pk=cluster.pk).update(**changed)
    counts.add(is_new=False, is_changed=bool(changed))
