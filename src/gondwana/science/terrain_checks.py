"""Checks on a topography or a bathymetry: internal oceans, poles, passages, corners.

Each returns a labelled mask and a table, so that editors, reports and the command line show the
same thing.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from gondwana.science.checks import Check, Row
from gondwana.science.components import Mask
from gondwana.science.internal_oceans import find_oceans
from gondwana.science.passages import ALONG_Y, diagonal_contacts, narrow_passages
from gondwana.science.sphere import wrap_longitude
from gondwana.science.terrain import NORTH_LIMIT, SOUTH_LIMIT, Cells, Float, Terrain, counted, table
from gondwana.science.topology import Topology


def check_topography(topography: xr.DataArray) -> list[Check]:
    """Check a canonical topography.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Metres, positive up; land is above 0.

    Returns
    -------
    list of Check
        ``internal_oceans`` (fail), ``poles`` (fail), ``narrow_passages`` (warn) and
        ``diagonal_contacts`` (warn), in this order.
    """
    return check_terrain(Terrain.of(topography))


def check_bathymetry(
    bathymetry: xr.DataArray, lon: Float, lat: Float, area: Float, topology: Topology
) -> list[Check]:
    """Check a bathymetry on an ocean grid, across its halo and fold.

    Parameters
    ----------
    bathymetry : DataArray, (y, x)
        Depth in metres, positive down; 0 is land.
    lon, lat, area : ndarray, (ny, nx)
        Centres of the cells in degrees, their areas in m².
    topology : Topology
        Seams of the grid.

    Returns
    -------
    list of Check
        As for a topography; cells that repeat others count once.
    """
    return check_terrain(Terrain.of(bathymetry, Cells(lon, lat, area, topology)))


def check_terrain(terrain: Terrain) -> list[Check]:
    """Run all checks on a terrain."""
    return [
        internal_oceans(terrain),
        poles(terrain),
        passages(terrain),
        corners(terrain),
    ]


def internal_oceans(terrain: Terrain) -> Check:
    """Seas that water cannot leave; fails if there is one."""
    oceans = find_oceans(terrain)
    cells = sum(int(row["cells"]) for row in oceans.table)
    area = sum(float(row["area_km2"]) for row in oceans.table)
    found = len(oceans.table)
    return Check(
        name="internal_oceans",
        status="fail" if found else "pass",
        summary=f"{counted(found, 'internal ocean')} ({counted(cells, 'cell')}, {area:.0f} km²)"
        if found
        else "no internal ocean",
        table=oceans.table,
        mask=terrain.labelled(oceans.internal),
        fix="fill, open or keep each internal ocean" if found else "",
    )


def poles(terrain: Terrain) -> Check:
    """Cells south of 78°S that are ocean, and a mixture north of 86°N; fails on either."""
    lat = terrain.cells.lat
    south = terrain.ocean & (lat < SOUTH_LIMIT)
    rows: list[Row] = []
    summaries = []
    labels = np.zeros(south.shape, dtype=np.int32)
    if south.any():
        rows.append(_polar_row(terrain, f"south of {-SOUTH_LIMIT:g}°S", lat < SOUTH_LIMIT, south))
        labels[south] = len(rows)
        summaries.append(f"{counted(int(rows[-1]['ocean_cells']), 'ocean cell')} south of 78°S")
    cap = lat > NORTH_LIMIT
    wrong = minority(terrain, cap)
    if wrong.any():
        rows.append(_polar_row(terrain, f"north of {NORTH_LIMIT:g}°N", cap, wrong))
        labels[wrong] = len(rows)
        summaries.append(
            f"{counted(int(rows[-1]['land_cells']), 'land cell')} and "
            f"{counted(int(rows[-1]['ocean_cells']), 'ocean cell')} north of 86°N"
        )
    return Check(
        name="poles",
        status="fail" if rows else "pass",
        summary="; ".join(summaries) or "the South Pole is land, the North Pole all land or ocean",
        table=rows,
        mask=terrain.labelled(labels),
        fix="make the south land, and the north what most of it is" if rows else "",
    )


def minority(terrain: Terrain, region: Mask) -> Mask:
    """Cells of a region that are not what most of its area is (land, if it is even)."""
    ocean, land = terrain.ocean & region, region & ~terrain.ocean
    area = terrain.cells.area.flat
    if area[terrain.once(ocean)].sum() > area[terrain.once(land)].sum():
        return land
    return ocean


def _polar_row(terrain: Terrain, place: str, region: Mask, wrong: Mask) -> Row:
    cells = terrain.once(wrong)
    lon, lat = terrain.cells.lon.flat[cells[0]], terrain.cells.lat.flat[cells[0]]
    ocean = bool(terrain.ocean.flat[cells[0]])
    return {
        "place": place,
        "ocean_cells": int(terrain.once(region & terrain.ocean).size),
        "land_cells": int(terrain.once(region & ~terrain.ocean).size),
        "wrong_area_km2": float(terrain.cells.area.flat[cells].sum() / 1e6),
        "lon": float(wrap_longitude(lon)),
        "lat": float(lat),
        "suggestion": "make land" if ocean else "make ocean",
    }


def passages(terrain: Terrain) -> Check:
    """Straits one cell wide; warns, since the ocean model does compute them, if poorly."""
    found = narrow_passages(terrain.ocean, terrain.cells.topology)
    cells = terrain.once(found.labels > 0)
    cells = cells[np.argsort(found.labels.flat[cells], kind="stable")]
    size = np.bincount(found.labels.flat[cells], minlength=found.count + 1)[1:]
    first = np.cumsum(size) - size
    middle = cells[first + size // 2]
    along_y = found.along.flat[middle] == ALONG_Y
    rows = table(
        cells=size,
        along=np.where(along_y, "north-south", "east-west"),
        min_depth_m=-np.maximum.reduceat(terrain.height.flat[cells], first) + 0.0,
        lon=wrap_longitude(terrain.cells.lon.flat[middle]),
        lat=terrain.cells.lat.flat[middle],
    )
    return Check(
        name="narrow_passages",
        status="warn" if rows else "pass",
        summary=f"{counted(found.count, 'passage')} one cell wide ({counted(cells.size, 'cell')})"
        if rows
        else "no passage is one cell wide",
        table=rows,
        mask=terrain.labelled(found.labels),
        fix="keep, widen or close each passage" if rows else "",
    )


def corners(terrain: Terrain) -> Check:
    """Ocean cells that touch only at a corner; warns. A cell of two contacts shows the first."""
    pairs = diagonal_contacts(terrain.ocean, terrain.cells.topology)
    lon, lat = wrap_longitude(terrain.cells.lon.flat[pairs]), terrain.cells.lat.flat[pairs]
    labels = np.zeros(terrain.height.shape, dtype=np.int32)
    for k in range(len(pairs), 0, -1):
        labels.flat[pairs[k - 1]] = k
    rows = table(lon=lon[:, 0], lat=lat[:, 0], other_lon=lon[:, 1], other_lat=lat[:, 1])
    return Check(
        name="diagonal_contacts",
        status="warn" if rows else "pass",
        summary=f"{counted(len(rows), 'pair')} of ocean cells touching only at a corner"
        if rows
        else "no ocean cells touch only at a corner",
        table=rows,
        mask=terrain.labelled(terrain.cells.topology.synchronise(labels)),
        fix="lower or raise one of the two land cells beside the corner" if rows else "",
    )
