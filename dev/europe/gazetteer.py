"""The cities of the map with their positions and other names, from GeoNames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dev import places
from dev.europe.countries import CODES, ELSEWHERE, WITHOUT_NUMBER
from projects.geography.names import keys, readings
from projects.geography.projection import is_on_map, project

CATALOGUE = places.ROOT / "cesai" / "catalogue"
NAMES = Path(__file__).with_name("names.tsv")
LEAST_PEOPLE = 15_000

COUNTRIES = ({*CODES.values(), *WITHOUT_NUMBER.values()} - ELSEWHERE) | {"GI", "VA"}
# They reach far beyond the map; what lies there is left out.
VAST = {"RU", "TR"}


def text(geonames: dict[str, Any]) -> str:
    """The data file's content: country, names, latitude and longitude of one city a line.

    Of two cities of the same name in a country the better known one has it.
    """
    named = _named()
    cities = _chosen(geonames.values(), named)
    owner: dict[tuple[str, str], int] = {}
    kept: dict[int, list[str]] = {}
    for city in cities:
        number, country = city["geonameid"], city["countrycode"]
        for name in [*_halves(city["name"]), *_checked(city, named.get(_id(city), []))]:
            if owner.setdefault((country, keys(name)[0]), number) == number:
                kept.setdefault(number, []).append(name)
    rows = [_row(city, kept[city["geonameid"]]) for city in cities if city["geonameid"] in kept]
    return "".join(sorted(rows))


def _chosen(
    geonames: Iterable[dict[str, Any]], named: dict[tuple[str, str], list[str]]
) -> list[dict[str, Any]]:
    """The large, those of names.tsv, and those that the catalogue names; the best known first."""
    cities = [city for city in geonames if city["countrycode"] in COUNTRIES]
    cities.sort(key=_fame)
    missing_names, missing_places, chosen = set(named), _in_catalogue(), []
    for city in cities:
        places_meant = {
            (city["countrycode"], key) for name in _all_names(city) for key in keys(name)
        }
        by_name, by_place = _id(city) in missing_names, places_meant & missing_places
        if _is_large(city) or by_name or by_place:
            chosen.append(city)
            missing_names.discard(_id(city))
            missing_places -= by_place
    if missing_names:
        raise ValueError(f"GeoNames does not have {sorted(missing_names)}")
    return chosen


def _fame(city: dict[str, Any]) -> tuple[int, int, int]:
    """Known in more languages, then larger: a district is not taken for the town of its name."""
    return -len(city["alternatenames"]), -city["population"], city["geonameid"]


def _is_large(city: dict[str, Any]) -> bool:
    if city["population"] < LEAST_PEOPLE:
        return False
    at = project(city["latitude"], city["longitude"])
    return city["countrycode"] not in VAST or is_on_map(*at)


def catalogued() -> list[tuple[str, str]]:
    """Country and location of each record of the catalogue that has both."""
    found = []
    for file, field in (("organisations.json", "city"), ("clusters.json", "location")):
        records = json.loads((CATALOGUE / file).read_text(encoding="utf-8"))
        found += [(record["country"], record[field]) for record in records if record[field]]
    return found


def _in_catalogue() -> set[tuple[str, str]]:
    return {
        (country, keys(reading)[0])
        for country, location in catalogued()
        for reading in readings(location)
        if keys(reading)[0]
    }


def _named() -> dict[tuple[str, str], list[str]]:
    """By country and name in GeoNames: other names that people use."""
    found = {}
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        country, names = line.split("\t")
        name, *others = names.split("|")
        found[country, name] = others
    return found


def _id(city: dict[str, Any]) -> tuple[str, str]:
    return city["countrycode"], city["name"]


def _all_names(city: dict[str, Any]) -> Iterator[str]:
    yield city["name"]
    yield from city["alternatenames"]


def _halves(name: str) -> list[str]:
    """The name; of one in two languages both halves."""
    return [part.strip() for part in name.split("/")]


def _checked(city: dict[str, Any], others: list[str]) -> list[str]:
    """Other names, each of which GeoNames knows too and spells differently."""
    known = {key for name in _all_names(city) for key in keys(name)}
    strange = [name for name in others if known.isdisjoint(keys(name))]
    if strange:
        raise ValueError(f"{city['name']}: GeoNames does not know {strange}")
    return others


def _row(city: dict[str, Any], names: list[str]) -> str:
    kept = "|".join(dict.fromkeys(names))
    return f"{city['countrycode']}\t{kept}\t{city['latitude']:.2f}\t{city['longitude']:.2f}\n"
