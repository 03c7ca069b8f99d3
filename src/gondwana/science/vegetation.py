"""Vegetation: the share of each plant functional type (PFT) of ORCHIDEE on land.

Two sources: a table of latitude bands, or a map of biomes with a table from biome to PFTs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.checks import Check
from gondwana.science.choices import DEFAULT_BANDS, PFT_NAMES, Table
from gondwana.science.regrid import Axes, regrid, regular_axes
from gondwana.science.sampling import nearest_known
from gondwana.science.sphere import Array

_TOLERANCE = 1e-6  # percent by which a row may miss 100


def vegetation(
    topography: xr.DataArray,
    *,
    bands: Table = DEFAULT_BANDS,
    southern_bands: Table | None = None,
    step: float = 0.5,
) -> xr.DataArray:
    """Vegetation by bands of latitude.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres, global, of any resolution; land is z > 0.
    bands : sequence of rows
        Upper limit in degrees from the equator, then the percentages of PFT 1 to 13; limits
        ascend to 90, percentages sum to 100.
    southern_bands : sequence of rows, optional
        The same for latitudes below 0; otherwise ``bands`` holds for both hemispheres.
    step : float
        Size of the cells of the map in degrees.

    Returns
    -------
    DataArray, (time_counter=1, veget=13, lat, lon)
        ``maxvegetfrac``, float32, 0 to 1, north first; sums to 1 over veget on land, NaN over
        ocean. A cell is land if the cell of the topography that contains its centre is land
        (ties as in ``regrid``), and takes the first band whose limit is not below the latitude
        of its centre.

    Raises
    ------
    ParameterError
        A table that cannot be used, told by its row.
    """
    table = _checked_bands(bands, "the band table")
    southern = table
    if southern_bands is not None:
        southern = _checked_bands(southern_bands, "the southern band table")
    axes = regular_axes(step)
    shares = np.where(
        (axes.lat < 0.0)[:, None], _shares_at(southern, axes.lat), _shares_at(table, axes.lat)
    )
    land = _land(topography, axes)
    fractions = np.where(land, shares.T[:, :, None], np.nan)
    return _field(fractions, axes)


def vegetation_from_biomes(
    topography: xr.DataArray,
    biomes: xr.DataArray,
    table: Mapping[int, Sequence[float]],
    *,
    step: float = 0.5,
) -> tuple[xr.DataArray, Check]:
    """Vegetation by a map of biomes.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres, global, of any resolution; land is z > 0.
    biomes : DataArray, (lat, lon)
        Codes, global, on ascending axes of any resolution; NaN where there is none.
    table : mapping of code to 13 percentages
        For each biome the percentages of PFT 1 to 13, which sum to 100.
    step : float
        Size of the cells of the map in degrees.

    Returns
    -------
    fractions : DataArray, (time_counter=1, veget=13, lat, lon)
        As from ``vegetation``. Land without a biome takes the nearest one.
    check : Check
        ``map_coverage``: how much land that concerns.

    Raises
    ------
    ParameterError
        A row of the table that cannot be used, or a code on land that the table lacks.
    InputError
        The map holds no biome at all.
    """
    if not table:
        raise ParameterError("the biome table has no rows", remedy="give one for each biome")
    shares = np.array([_checked_shares(row, f"biome {code}") for code, row in table.items()])
    axes = regular_axes(step)
    land = _land(topography, axes)
    codes, check = nearest_known(biomes, axes.lat, axes.lon, land, "biome")
    known = np.array(list(table), dtype=np.float64)
    order = np.argsort(known)
    place = order[np.minimum(np.searchsorted(known, codes, sorter=order), known.size - 1)]
    unknown = land & (known[place] != codes)
    if unknown.any():
        listed = ", ".join(f"{code:g}" for code in np.unique(codes[unknown])[:10])
        raise ParameterError(
            f"{int(unknown.sum())} land cells have biomes that the table lacks: {listed}",
            remedy="add a row for each, or make those cells missing in the map",
        )
    fractions = np.where(land, np.moveaxis(shares[place], -1, 0), np.nan)
    return _field(fractions, axes), check


def _land(topography: xr.DataArray, axes: Axes) -> npt.NDArray[np.bool_]:
    return regrid(topography, axes.lat, axes.lon, "nearest").to_numpy() > 0.0


def _field(fractions: Array, axes: Axes) -> xr.DataArray:
    return xr.DataArray(
        fractions[None, :, ::-1].astype(np.float32),
        {"veget": np.arange(1, len(PFT_NAMES) + 1), "lat": axes.lat[::-1], "lon": axes.lon},
        ("time_counter", "veget", "lat", "lon"),
        name="maxvegetfrac",
    )


def _shares_at(table: Array, lat: Array) -> Array:
    """Shares (ny, 13) of the first band that reaches each latitude."""
    shares: Array = table[np.searchsorted(table[:, 0], np.abs(lat)), 1:]
    return shares


def _checked_bands(bands: Table, name: str) -> Array:
    """Limits and shares (n, 14) of a usable table; shares sum to 1."""
    if len(bands) == 0:
        raise ParameterError(f"{name} has no rows", remedy="give bands up to 90 degrees")
    rows, below = [], 0.0
    for number, band in enumerate(bands, start=1):
        if len(band) != len(PFT_NAMES) + 1:
            raise ParameterError(
                f"row {number} of {name} has {len(band)} columns",
                remedy="give the upper limit in degrees and 13 percentages",
            )
        limit = float(band[0])
        row = f"row {number} of {name} ({below:g} to {limit:g} degrees)"
        if not below < limit <= 90.0:
            raise ParameterError(
                f"{row} does not lie above the row before or ends beyond the pole",
                remedy="let the limits ascend from the equator to 90",
            )
        rows.append(np.concatenate([[limit], _checked_shares(band[1:], row)]))
        below = limit
    if below != 90.0:
        raise ParameterError(
            f"row {len(bands)} of {name}, the last, ends at {below:g} degrees",
            remedy="let it end at 90",
        )
    return np.array(rows)


def _checked_shares(percentages: Sequence[float], row: str) -> Array:
    values = np.asarray(percentages, dtype=np.float64)
    if values.shape != (len(PFT_NAMES),):
        raise ParameterError(
            f"{row} has {values.size} percentages", remedy="give one for each of the 13 PFTs"
        )
    if not np.all((values >= 0.0) & (values <= 100.0)):
        raise ParameterError(
            f"{row} has a percentage that is not between 0 and 100", remedy="correct the row"
        )
    total = float(values.sum())
    if abs(total - 100.0) > _TOLERANCE:
        raise ParameterError(f"{row} sums to {total:g}, not 100", remedy="correct the row")
    shares: Array = values / total
    return shares
