"""From latitude and longitude to a point of the map: an equal-area view of Europe."""

from __future__ import annotations

from math import cos, radians, sin, sqrt

# Lambert's azimuthal equal-area projection around the centre of ETRS89-LAEA, on a sphere.
CENTRE_LATITUDE, CENTRE_LONGITUDE = 52.0, 10.0
EARTH_RADIUS_KM = 6371.0072
KM_PER_UNIT = 4.0

# The map shows from 1770 km west to 2230 km east and from 2250 km north to 1830 km south.
WEST_KM, NORTH_KM = -1770.0, 2250.0
WIDTH, HEIGHT = 1000, 1020

_SIN, _COS = sin(radians(CENTRE_LATITUDE)), cos(radians(CENTRE_LATITUDE))


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """The point in the map's units, y downwards; outside of the map's frame too.

    The antipode of the centre is a whole circle there; one point of it stands for it.
    """
    north, east = radians(latitude), radians(longitude - CENTRE_LONGITUDE)
    closeness = _SIN * sin(north) + _COS * cos(north) * cos(east)
    if closeness < -1 + 1e-9:
        return _on_paper(0, -2 * EARTH_RADIUS_KM)
    scale = EARTH_RADIUS_KM * sqrt(2 / (1 + closeness))
    x = scale * cos(north) * sin(east)
    y = scale * (_COS * sin(north) - _SIN * cos(north) * cos(east))
    return _on_paper(x, y)


def _on_paper(east_km: float, north_km: float) -> tuple[float, float]:
    return (east_km - WEST_KM) / KM_PER_UNIT, (NORTH_KM - north_km) / KM_PER_UNIT


def is_on_map(x: float, y: float) -> bool:
    """Whether the point lies within the map's frame."""
    return 0 <= x <= WIDTH and 0 <= y <= HEIGHT
