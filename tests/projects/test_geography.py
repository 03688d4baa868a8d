"""The map: its projection, its outlines and its gazetteer."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise
from math import hypot, radians, sin
from pathlib import Path

import pytest

from cesai import catalogue
from projects import geography
from projects.geography import shapes
from projects.geography.projection import EARTH_RADIUS_KM, KM_PER_UNIT

Ring = list[tuple[float, float]]

BERLIN, MADRID, WARSAW, OSLO = (52.52, 13.41), (40.42, -3.70), (52.23, 21.01), (59.91, 10.74)

CAPITALS = {
    **{"AD": "Andorra la Vella", "AL": "Tirana", "AT": "Wien", "BA": "Sarajevo", "BE": "Brüssel"},
    **{"BG": "Sofia", "BY": "Minsk", "CH": "Bern", "CY": "Nicosia", "CZ": "Praha", "DE": "Berlin"},
    **{"DK": "København", "EE": "Tallinn", "ES": "Madrid", "FI": "Helsinki", "FR": "Paris"},
    **{"GB": "London", "GR": "Athens", "HR": "Zagreb", "HU": "Budapest", "IE": "Dublin"},
    **{"IS": "Reykjavík", "IT": "Roma", "LI": "Vaduz", "LT": "Vilnius", "LU": "Luxembourg"},
    **{"LV": "Riga", "MD": "Chisinau", "ME": "Podgorica", "MK": "Skopje", "MT": "Valletta"},
    **{"NL": "Amsterdam", "NO": "Oslo", "PL": "Warszawa", "PT": "Lisboa", "RO": "Bucharest"},
    **{"RS": "Belgrade", "RU": "Moscow", "SE": "Stockholm", "SI": "Ljubljana"},
    **{"SK": "Bratislava", "TR": "Ankara", "UA": "Kyiv", "XK": "Pristina"},
}
ON_THE_SHORE = {"DK", "PT"}  # a generalised coast may run through a city


def rings(path: str) -> list[Ring]:
    """The points of a path of our own kind: a start, then steps."""
    assert re.fullmatch(r"(M[-\d. ]+l[-\d. ]+z)+", path)
    found = []
    for part in path.removesuffix("z").split("z"):
        start, steps = part.removeprefix("M").split("l")
        ring = [_pairs(start)[0]]
        for dx, dy in _pairs(steps):
            ring.append((ring[-1][0] + dx, ring[-1][1] + dy))
        found.append(ring)
    return found


def _pairs(text: str) -> Ring:
    numbers = [float(number) for number in re.findall(r"-?(?:\d+(?:\.\d)?|\.\d)", text)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def inside(some: list[Ring], x: float, y: float) -> bool:
    crossings = 0
    for ring in some:
        for a, b in pairwise([*ring, ring[0]]):
            if (a[1] > y) != (b[1] > y):
                crossings += x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    return crossings % 2 == 1


def area_km2(some: list[Ring]) -> float:
    twice = sum(a[0] * b[1] - b[0] * a[1] for r in some for a, b in pairwise([*r, r[0]]))
    return abs(twice) / 2 * KM_PER_UNIT**2


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[Ring]]:
    return {code: rings(path) for code, path in geography.outlines()}


def test_centre_lies_where_the_frame_says() -> None:
    x, y = geography.project(52, 10)
    assert (x, y) == pytest.approx((1770 / 4, 2250 / 4))


def test_centre_meridian_is_straight_and_up_is_north() -> None:
    south, north = geography.project(40, 10), geography.project(65, 10)
    assert south[0] == pytest.approx(north[0]) == pytest.approx(1770 / 4)
    assert north[1] < south[1]


def test_known_points_of_etrs89_laea() -> None:
    """Berlin lies at E 4552, N 3273 km there; the centre at E 4321, N 3210 km."""
    x, y = geography.project(*BERLIN)
    assert x * 4 - 1770 == pytest.approx(4552 - 4321, abs=3)
    assert 2250 - y * 4 == pytest.approx(3273 - 3210, abs=3)


def test_order_of_places() -> None:
    x = {name: geography.project(*at)[0] for name, at in _four().items()}
    y = {name: geography.project(*at)[1] for name, at in _four().items()}
    assert sorted(x, key=x.__getitem__) == ["Madrid", "Oslo", "Berlin", "Warsaw"]
    assert min(y, key=y.__getitem__) == "Oslo"
    assert max(y, key=y.__getitem__) == "Madrid"


def _four() -> dict[str, tuple[float, float]]:
    return {"Berlin": BERLIN, "Madrid": MADRID, "Warsaw": WARSAW, "Oslo": OSLO}


def test_areas_are_kept() -> None:
    """A degree square has its true size at the map's edge as in its middle."""
    for latitude, longitude in ((52.0, 10.0), (36.0, -8.0), (69.0, 25.0)):
        square = [(0.0, 0.0), (0.0, 0.1), (0.1, 0.1), (0.1, 0.0)]
        corners = [geography.project(latitude + a, longitude + b) for a, b in square]
        assert area_km2([corners]) == pytest.approx(_zone(latitude), rel=1e-3)


def _zone(latitude: float) -> float:
    height = sin(radians(latitude + 0.1)) - sin(radians(latitude))
    return EARTH_RADIUS_KM**2 * radians(0.1) * height


@pytest.mark.parametrize("at", [(-52.0, -170.0), (90.0, 0.0), (-90.0, 0.0), (37.4, -122.1)])
def test_far_places_are_not_on_the_map(at: tuple[float, float]) -> None:
    assert not geography.is_on_map(*geography.project(*at))


def test_frame() -> None:
    assert geography.is_on_map(0, 0)
    assert geography.is_on_map(geography.WIDTH, geography.HEIGHT)
    assert not geography.is_on_map(-0.1, 5)
    assert not geography.is_on_map(5, geography.HEIGHT + 0.1)


def test_the_file_has_the_projections_frame() -> None:
    data = json.loads(shapes.FILE.read_text())
    assert (data["width"], data["height"]) == (geography.WIDTH, geography.HEIGHT)


def test_files_are_those_that_were_made() -> None:
    folder = shapes.FILE.parent
    listed = [line.split("  ") for line in (folder / "CHECKSUMS").read_text().splitlines()]
    assert sorted(name for _, name in listed) == ["europe.json", "places.tsv"]
    for digest, name in listed:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_files_are_small() -> None:
    folder = shapes.FILE.parent
    assert (folder / "europe.json").stat().st_size <= 60_000
    assert (folder / "places.tsv").stat().st_size <= 250_000


def test_every_outline_lies_within_the_frame_and_its_bleed(drawn: dict[str, list[Ring]]) -> None:
    bleed = geography.BLEED + 0.05
    for code, some in drawn.items():
        for x, y in (point for ring in some for point in ring):
            assert -bleed <= x <= geography.WIDTH + bleed, code
            assert -bleed <= y <= geography.HEIGHT + bleed, code


def test_countries(drawn: dict[str, list[Ring]]) -> None:
    codes = [code for code, _ in geography.outlines()]
    assert codes == sorted(set(codes))
    assert set(codes) >= set(CAPITALS)
    assert all(len(ring) >= 3 for some in drawn.values() for ring in some)


@pytest.mark.parametrize(
    ("code", "km2"), [("DE", 357_000), ("CH", 41_300), ("PL", 312_700), ("LU", 2_586)]
)
def test_countries_have_their_size(drawn: dict[str, list[Ring]], code: str, km2: float) -> None:
    assert area_km2(drawn[code]) == pytest.approx(km2, rel=0.04)


@pytest.mark.parametrize(("code", "city"), sorted(CAPITALS.items()))
def test_capitals_lie_in_their_countries(
    drawn: dict[str, list[Ring]], code: str, city: str
) -> None:
    at = geography.place_of(city, code)
    assert at
    x, y = geography.project(*at)
    found = [c for c, some in drawn.items() if inside(some, x, y)]
    if code in ON_THE_SHORE:
        shore = min(hypot(a - x, b - y) for ring in drawn[code] for a, b in ring)
        assert shore * KM_PER_UNIT < 15
        assert found in ([], [code])
    else:
        assert found == [code]


def test_crimea_and_northern_cyprus_are_drawn_as_the_law_of_nations_has_them(
    drawn: dict[str, list[Ring]],
) -> None:
    for code, at in (("UA", (44.95, 34.10)), ("CY", (35.25, 33.60))):
        x, y = geography.project(*at)
        assert [c for c, some in drawn.items() if inside(some, x, y)] == [code]


@pytest.mark.parametrize(
    ("country", "spellings"),
    [
        (
            "DE",
            "Köln; Koeln; Koln; KÖLN; Cologne; Ko\u0308ln; Köln-Deutz; 50667 Köln; Köln am Rhein",
        ),
        ("DE", "München; Muenchen; Munich; munchen; D-80331 München"),
        ("DE", "Frankfurt; Frankfurt am Main; Frankfurt/Main; Frankfurt (Main)"),
        ("DE", "Garching; Garching bei München; Garching b. München; Garching near Munich"),
        ("DE", "Sankt Augustin; St. Augustin; St Augustin"),
        ("DE", "Gießen; Giessen"),
        ("CZ", "Prag; Praha; Prague; Praha 6"),
        ("DK", "Aarhus; Århus; Arhus"),
        ("DK", "København; Kobenhavn; Koebenhavn; Kopenhagen; Copenhagen"),
        ("ES", "Donostia; San Sebastián; San Sebastian; Donostia / San Sebastián"),
        ("FI", "Kajaani; Kajaani (Finland); Kajaani, Finland"),
        ("FR", "Saint-Étienne; St Etienne; Saint Etienne; ST-ÉTIENNE"),
        ("IT", "Bologna; Bologna / Casalecchio; Bologna & Roma"),
        ("PL", "Łódź; Lodz; lódz"),
        ("TR", "İzmir; Izmir; Smyrna"),
        ("GR", "Athens; Athen; Αθήνα"),
    ],
)
def test_a_city_in_several_spellings(country: str, spellings: str) -> None:
    places = {name: geography.place_of(name, country) for name in spellings.split("; ")}
    assert None not in places.values(), places
    assert len(set(places.values())) == 1, places


def test_same_name_in_several_places() -> None:
    assert geography.place_of("Freiburg", "DE") == pytest.approx((48.0, 7.85), abs=0.05)
    assert geography.place_of("Freiburg", "CH") == pytest.approx((46.8, 7.15), abs=0.05)
    assert geography.place_of("Salamanca", "ES") == pytest.approx((40.97, -5.66), abs=0.05)
    assert geography.place_of("Halle", "DE") == geography.place_of("Halle (Saale)", "DE")
    assert geography.place_of("Frankfurt (Oder)", "DE") == pytest.approx((52.34, 14.55), abs=0.05)


def test_the_unions_codes_work_too() -> None:
    assert geography.place_of("London", "UK") == geography.place_of("London", "gb")
    assert geography.place_of("Athens", "EL") == geography.place_of("Athens", "GR")


@pytest.mark.parametrize(
    ("city", "country"),
    [
        ("", "DE"),
        ("  ", "DE"),
        ("Atlantis", "DE"),
        ("Berlin", ""),
        ("Berlin", "XX"),
        ("-/(", "DE"),
    ],
)
def test_what_is_not_known(city: str, country: str) -> None:
    assert geography.place_of(city, country) is None


def test_every_european_place_of_the_catalogue_is_found() -> None:
    folder = Path(catalogue.__file__).parent
    drawn_countries = {code for code, _ in geography.outlines()}
    for file, field in (("organisations.json", "city"), ("clusters.json", "location")):
        for record in json.loads((folder / file).read_text()):
            if record["country"] in drawn_countries:
                at = geography.place_of(record[field], record["country"])
                assert at, record[field]
                assert geography.is_on_map(*geography.project(*at))


def test_attribution_names_source_and_licence() -> None:
    assert "GeoNames" in geography.ATTRIBUTION
    assert "CC BY 4.0" in geography.ATTRIBUTION
