"""Which of the atlas's areas are drawn, and as part of which country."""

from __future__ import annotations

from dev.europe.topology import Country, Point, Ring, points

# ISO 3166-1: numeric, as the atlas has it, to alpha-2.
CODES = {
    **{"008": "AL", "020": "AD", "040": "AT", "112": "BY", "056": "BE", "070": "BA", "100": "BG"},
    **{"191": "HR", "196": "CY", "203": "CZ", "208": "DK", "233": "EE", "234": "FO", "246": "FI"},
    **{"250": "FR", "276": "DE", "300": "GR", "831": "GG", "348": "HU", "352": "IS", "372": "IE"},
    **{"833": "IM", "380": "IT", "832": "JE", "428": "LV", "438": "LI", "440": "LT", "442": "LU"},
    **{"470": "MT", "498": "MD", "492": "MC", "499": "ME", "528": "NL", "807": "MK", "578": "NO"},
    **{"616": "PL", "620": "PT", "642": "RO", "643": "RU", "674": "SM", "688": "RS", "703": "SK"},
    **{"705": "SI", "724": "ES", "752": "SE", "756": "CH", "792": "TR", "804": "UA", "826": "GB"},
    # Neighbours, for the Mediterranean to have a southern coast.
    **{"012": "DZ", "504": "MA", "788": "TN"},
    "248": "FI",  # Åland
}
WITHOUT_NUMBER = {"Kosovo": "XK", "N. Cyprus": "CY"}
ELSEWHERE = {"DZ", "MA", "TN"}

# The atlas draws who holds land. Crimea belongs to Ukraine; this lies in its middle.
CRIMEA = (34.3, 45.3)


def rings_by_code(countries: list[Country], lines: list[list[Point]]) -> dict[str, list[Ring]]:
    """The rings of each country's polygons, by its code."""
    found: dict[str, list[Ring]] = {}
    for country in countries:
        code = CODES.get(country.number) or WITHOUT_NUMBER.get(country.name)
        for polygon in country.polygons if code else []:
            owner = "UA" if contains(points(polygon[0], lines), CRIMEA) else code
            assert owner
            found.setdefault(owner, []).extend(polygon)
    return found


def contains(ring: list[Point], point: Point) -> bool:
    """Whether the point lies within the ring."""
    x, y = point
    inside = False
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        if (a[1] > y) != (b[1] > y) and x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]):
            inside = not inside
    return inside
