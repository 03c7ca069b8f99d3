"""Calving: ice that rows of the atmosphere lose, spread over the ocean of their band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gondwana.errors import ParameterError
from gondwana.science.coupling.exchange import Exchange
from gondwana.science.coupling.grids import Index, Mask, added_up
from gondwana.science.coupling.mappings import Mapping, ordered
from gondwana.science.sphere import Array

MOST_LINKS = 20_000_000
"""More weights than this are no file that a coupler could read."""

BANDS = (-90.0, -55.0, 40.0, 90.0)
"""Latitudes between bands, degrees."""


@dataclass(frozen=True)
class Calving:
    """Weights for calving.

    Attributes
    ----------
    mapping : Mapping
    dry : tuple of (south, north)
        Bands without an ocean cell; ice lost there has no way.
    row_area : ndarray, (ny,)
        Area of each row of the atmosphere, m²; 0 in dry bands.
    """

    mapping: Mapping
    dry: tuple[tuple[float, float], ...]
    row_area: Array


def calving(shared: Exchange, closed: Mask, bands: Sequence[float] = BANDS) -> Calving:
    """Weights by which the zonal mean of a row's calving reaches the ocean.

    Parameters
    ----------
    shared : Exchange
        A row whose cells lie on several parallels goes by its mean latitude.
    closed : ndarray of bool, (ny, nx) of the ocean
        Closed seas, which take none.
    bands : sequence of float
        Latitudes between bands, ascending from -90 to 90. A row or cell belongs to the band
        [south, north) that holds its centre, the north pole to the last one.

    Returns
    -------
    Calving
        Links leave from the first point of each row, which carries the zonal mean (kg s⁻¹ m⁻²);
        Σ over ocean cells of area x weight is the area of the row.

    Raises
    ------
    ParameterError
        Bands that do not ascend from -90 to 90, or too much ocean for too many rows.
    """
    edges = np.asarray(bands, dtype=np.float64)
    if edges.size < 2 or edges[0] != -90.0 or edges[-1] != 90.0 or np.any(np.diff(edges) <= 0):
        raise ParameterError(
            "the bands of calving do not ascend from -90 to 90",
            remedy="give for instance -90, -55, 40, 90",
        )
    atmosphere, ocean = shared.atmosphere, shared.ocean
    nx = atmosphere.shape[1]
    cells = np.flatnonzero(ocean.active & ~closed)
    cell_band = _band(ocean.lat.ravel()[cells], edges)
    lat = atmosphere.lat[:, 0] if atmosphere.mesh is not None else atmosphere.lat.mean(axis=1)
    row_band = _band(lat, edges)
    row_area = atmosphere.exact.sum(axis=1)
    ocean_area = added_up(cell_band, ocean.area.ravel()[cells], edges.size - 1)
    wet = ocean_area > 0.0
    rows = np.flatnonzero(wet[row_band])
    count = int(np.bincount(cell_band, minlength=wet.size)[row_band[rows]].sum())
    if count > MOST_LINKS:
        raise ParameterError(
            f"calving would need {count} weights", remedy="set more and narrower bands"
        )
    takes, gives = _pairs(cell_band, row_band[rows], wet.size)
    source, target = rows[gives] * nx, cells[takes]
    weight = (row_area / np.where(wet, ocean_area, 1.0)[row_band])[source // nx]
    method = "Conservative remapping, calving"
    mapping = ordered(atmosphere, ocean, source, target, weight, "none", method)
    used = np.isin(np.arange(edges.size - 1), row_band)
    dry = tuple(
        (float(edges[k]), float(edges[k + 1])) for k in np.flatnonzero(used & ~wet).tolist()
    )
    return Calving(mapping, dry, np.where(wet[row_band], row_area, 0.0))


def _pairs(one: Index, other: Index, bands: int) -> tuple[Index, Index]:
    """All pairs of the same band, ordered by the first, then by the second."""
    by_band = np.argsort(other, kind="stable")
    sizes = np.bincount(other, minlength=bands)
    first = np.cumsum(sizes) - sizes
    counts = sizes[one]
    begin = np.cumsum(counts) - counts
    takes = np.repeat(np.arange(one.size), counts)
    within = np.arange(takes.size) - np.repeat(begin - first[one], counts)
    return takes, by_band[within]


def _band(lat: Array, edges: Array) -> Index:
    """Band of each latitude, from 0."""
    found = np.searchsorted(edges, lat, side="right") - 1
    return np.clip(found, 0, edges.size - 2).astype(np.int64)
