"""Numbers that tell fields apart: ranges, and what land and sea of a topography amount to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gondwana.errors import GondwanaError
from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.formats.topography import KILOMETRES, LIKELY_KILOMETRES, METRES
from gondwana.maps.fields import Field, read_field
from gondwana.maps.grids import Curvilinear, Regular
from gondwana.maps.scales import is_categorical, is_relief
from gondwana.science.components import label
from gondwana.science.grid_seams import detect_topology
from gondwana.science.topology import Topology

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Statistics = dict[str, tuple[float | None, str]]
"""Value and unit by name."""

_CENTIMETRES = {"cm", "centimeter", "centimeters", "centimetre", "centimetres"}


def statistics(field: Field, beside: Sequence[Path] = ()) -> Statistics:
    """Describe a field by numbers.

    Parameters
    ----------
    field : Field
    beside : sequence of Path
        Where an ocean grid may be found, for true areas of its cells.

    Returns
    -------
    dict
        ``lowest``, ``mean`` (by area; not of codes), ``highest``, ``missing`` (cells); of a
        topography ``land_area``, ``land_share``, of it and of a bathymetry ``ocean_area``,
        ``ocean_volume`` and ``mean_depth`` (if the unit is known to be a length),
        ``internal_oceans`` (basins cut off from the largest); of ``basins`` ``river_basins``.
    """
    area, topology = cell_areas(field, beside)
    known = np.isfinite(field.values)
    told = _range(field, area, known)
    if is_categorical(field):
        del told["mean"]
    if is_relief(field) and field.has_places:
        land = field.values > 0
        total = float(area[known].sum())
        land_area = float(area[land].sum())
        told["land_area"] = (land_area / 1e6, "km²")
        told["land_share"] = (100.0 * land_area / total if total else None, "%")
        told |= _ocean(-field.values, known & ~land, area, topology, _metres(field))
    elif field.name.lower() == "bathymetry" and field.has_places:
        told |= _ocean(field.values, field.values > 0, area, topology, _metres(field))
    elif field.name.lower() == "basins":
        told |= _basins(field)
    return told


def river_basins(path: Path) -> Statistics:
    """Count the river basins of a file, whichever of its variables is looked at.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict
        ``river_basins``; nothing if the file has no variable ``basins``.
    """
    with suppress(GondwanaError):
        return _basins(read_field(path, "basins"))
    return {}


def cell_areas(field: Field, beside: Sequence[Path] = ()) -> tuple[Array, Topology]:
    """Areas of the cells in m², 0 for copies of others, and how the cells touch at the seams."""
    grid = field.grid
    if isinstance(grid, Regular):
        east = grid.outline()[0]
        return grid.areas(), Topology(periodic=bool(east[-1] - east[0] > 359.9))
    if not isinstance(grid, Curvilinear):
        return grid.areas(), Topology(periodic=False)
    for path in beside if field.step == 1 else ():
        try:
            ocean = read_ocean_grid(path)
        except GondwanaError:
            continue
        if ocean.shape == grid.shape:
            return np.where(ocean.owned, ocean.area, 0.0), ocean.topology
    try:
        topology = detect_topology(grid.lon, grid.lat)
    except (GondwanaError, ValueError):
        topology = Topology(periodic=False)
    owned = topology.owned(grid.shape)
    return np.where(owned, grid.areas(), 0.0), topology


def _range(field: Field, area: Array, known: Mask) -> Statistics:
    values = field.values[known]
    weight = area[known]
    mean = None
    if values.size:
        even = weight if weight.sum() > 0 else np.ones_like(weight)
        mean = float((values * even).sum() / even.sum())
    return {
        "lowest": (float(values.min()) if values.size else None, field.unit),
        "mean": (mean, field.unit),
        "highest": (float(values.max()) if values.size else None, field.unit),
        "missing": (float(known.size - values.size), ""),
    }


def _basins(field: Field) -> Statistics:
    return {"river_basins": (float(np.unique(field.values[field.values > 0]).size), "")}


def _metres(field: Field) -> float | None:
    """How many metres the unit of a field is; None if nobody can tell."""
    unit = field.unit.strip().lower()
    if unit in KILOMETRES:
        return 1000.0
    if unit in _CENTIMETRES:
        return 0.01
    if unit not in METRES:
        return None
    known = field.values[np.isfinite(field.values)]
    if not unit and known.size and np.abs(known).max() < LIKELY_KILOMETRES:
        return None
    return 1.0


def _ocean(
    depth: Array, sea: Mask, area: Array, topology: Topology, metres: float | None
) -> Statistics:
    size = float(area[sea].sum())
    count = label(sea, topology, area)[1] if sea.any() else 0
    told: Statistics = {"ocean_area": (size / 1e6, "km²")}
    if metres is not None:
        volume = float((depth[sea] * area[sea]).sum()) * metres
        told["ocean_volume"] = (volume / 1e9, "km³")
        told["mean_depth"] = (volume / size if size else None, "m")
    return told | {"internal_oceans": (float(max(0, count - 1)), "")}
