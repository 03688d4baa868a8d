"""Where cities of Europe lie: a gazetteer made from GeoNames."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from projects.geography.names import keys, readings

FILE = Path(__file__).with_name("places.tsv")

# GeoNames' licence, CC BY 4.0, asks for this wherever its positions are shown.
ATTRIBUTION = "GeoNames (geonames.org), CC BY 4.0"

# What the European Union writes for two countries, instead of their ISO codes.
_ISO = {"UK": "GB", "EL": "GR"}


def place_of(city: str, country: str) -> tuple[float, float] | None:
    """Latitude and longitude of a city in a country (ISO 3166-1 alpha-2); None if not known.

    Of a location that names several places ("Bonn / Dortmund") the first one known counts.
    """
    code = country.strip().upper()
    cities = _gazetteer().get(_ISO.get(code, code), {})
    for reading in readings(city):
        for key in keys(reading):
            if key in cities:
                return cities[key]
    return None


@cache
def _gazetteer() -> dict[str, dict[str, tuple[float, float]]]:
    """By country and key; a city's own spelling comes before another one's variant."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    variants = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        country, names, latitude, longitude = line.split("\t")
        cities = found.setdefault(country, {})
        position = float(latitude), float(longitude)
        for name in names.split("|"):
            first, *others = keys(name)
            cities.setdefault(first, position)
            variants += [(cities, key, position) for key in others]
    for cities, key, position in variants:
        cities.setdefault(key, position)
    return found
