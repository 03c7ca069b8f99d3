"""What a person can choose in the science, and what holds if nothing is said.

Words and numbers alone: the steps declare them without loading what computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

BathymetryMethod = Literal["conservative", "bilinear", "nearest"]
CoolingModel = Literal["gdh1", "parsons_sclater"]
OceanPolicy = Literal["fill", "open", "keep"]
PassagePolicy = Literal["keep", "widen", "close"]

LARGE_AREA_KM2 = 1e6
"""Area from which a sea is rather opened than filled."""

PFT_NAMES = (
    "bare soil",
    "tropical broadleaf evergreen",
    "tropical broadleaf raingreen",
    "temperate needleleaf evergreen",
    "temperate broadleaf evergreen",
    "temperate broadleaf summergreen",
    "boreal needleleaf evergreen",
    "boreal broadleaf summergreen",
    "boreal needleleaf summergreen",
    "C3 grass",
    "C4 grass",
    "C3 crops",
    "C4 crops",
)
"""Names of PFT 1 to 13."""

Table = Sequence[Sequence[float]]

DEFAULT_BANDS: Table = (
    (15.0, 0, 75, 25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (35.0, 0, 15, 55, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0),
    (50.0, 0, 0, 0, 0, 70, 30, 0, 0, 0, 0, 0, 0, 0),
    (80.0, 0, 0, 0, 0, 40, 30, 0, 30, 0, 0, 0, 0, 0),
    (90.0, 0, 0, 0, 0, 0, 30, 0, 0, 40, 30, 0, 0, 0),
)
"""Upper limit in degrees from the equator, then the percentages of PFT 1 to 13."""

Polygon = Sequence[tuple[float, float]]
Seeds = Mapping[str, Sequence[Polygon]]


def _box(west: float, south: float, east: float, north: float) -> Polygon:
    return ((west, south), (east, south), (east, north), (west, north))


DEFAULT_SEEDS: Seeds = {
    "atlantic": (
        _box(-65.0, 15.0, -15.0, 60.0),
        _box(-81.0, 10.0, -65.0, 30.0),
        _box(-35.0, -45.0, 5.0, 15.0),
        _box(-55.0, -90.0, 10.0, -45.0),
        _box(-180.0, 70.0, 180.0, 90.0),
    ),
    "pacific": (
        _box(165.0, 0.0, 235.0, 62.0),
        _box(122.0, 0.0, 165.0, 35.0),
        _box(107.0, -6.0, 122.0, 23.0),
        _box(235.0, 0.0, 262.0, 40.0),
        _box(262.0, 0.0, 277.0, 8.0),
        _box(155.0, -45.0, 275.0, 0.0),
        _box(160.0, -90.0, 280.0, -45.0),
    ),
    "indian": (
        _box(50.0, -45.0, 95.0, 10.0),
        _box(95.0, -45.0, 120.0, -10.0),
        _box(120.0, -18.0, 132.0, -9.0),
        _box(30.0, -90.0, 135.0, -45.0),
    ),
}
"""Boxes in the middle of today's oceans, the Arctic with the Atlantic.

In open water the limit runs half way between two seeds: at 67.5°W in Drake Passage, 20°E south
of Africa, 147.5°E south of Tasmania and 66°N in Bering Strait.
"""
