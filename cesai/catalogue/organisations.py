"""Organisations of the catalogue as partners, each with a group that holds public records."""

from __future__ import annotations

from typing import Any

from cesai.catalogue.counts import Counts
from cesai.catalogue.reading import slug_of, text
from projects.errors import Invalid
from projects.models import Group, Partner

SECTORS = {
    "research": Partner.Sector.RESEARCH,
    "industry": Partner.Sector.INDUSTRY,
    "public": Partner.Sector.PUBLIC,
    "start-up": Partner.Sector.STARTUP,
    "startup": Partner.Sector.STARTUP,
    "open source community": Partner.Sector.OPEN_SOURCE,
    "open source": Partner.Sector.OPEN_SOURCE,
}
PUBLIC = "public pages and general knowledge"
KEPT = ("description", "confidence", "as_of")
GROUP_SLUG, GROUP_NAME = "public-record", "Public record"


def load_organisations(records: list[dict[str, Any]], counts: Counts) -> None:
    """Create or update a partner for each record; what a partner changed itself is not undone."""
    for record in records:
        with counts.one_record(repr(record.get("short_name"))):
            _load(record, counts)


def group_of(short_name: str) -> Group | None:
    """The group that holds an organisation's public records, None for an unknown organisation."""
    partner = Partner.objects.filter(slug=slug_of(short_name)).first()
    if partner is None:
        return None
    group, _is_new = Group.objects.get_or_create(
        partner=partner,
        slug=GROUP_SLUG,
        defaults={
            "name": GROUP_NAME,
            "description": "Public figures that may be outdated; nobody of the group wrote them.",
        },
    )
    return group


def _load(record: dict[str, Any], counts: Counts) -> None:
    short_name, name = text(record, "short_name"), text(record, "name")
    slug = slug_of(short_name)
    if not slug or not name:
        raise Invalid("a short name and a name are needed")
    sector = SECTORS.get(text(record, "sector"))
    if sector is None:
        raise Invalid(f"the sector “{text(record, 'sector')}” is none of {', '.join(SECTORS)}")
    country = text(record, "country")
    values = {
        "name": name[:200],
        "ror": text(record, "ror")[:64],
        "sector": sector,
        "country": "" if country == "XX" else country[:2],
        "city": text(record, "city")[:100],
        "public_record": {
            "source": text(record, "source") or PUBLIC,
            **{key: record[key] for key in KEPT if record.get(key)},
        },
    }
    partner = Partner.objects.filter(slug=slug).first()
    if partner is None:
        if Partner.objects.filter(name=values["name"]).exists():
            raise Invalid("a partner of that name has another short name")
        Partner.objects.create(slug=slug, **values)
        counts.add(is_new=True, is_changed=False)
        return
    changed = {key: value for key, value in values.items() if getattr(partner, key) != value}
    if changed:
        Partner.objects.filter(pk=partner.pk).update(**changed)
    counts.add(is_new=False, is_changed=bool(changed))
