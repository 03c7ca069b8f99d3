"""Internal oceans: finding the seas that water cannot leave, and filling or opening them.

All 4-connected components of the ocean but the largest by area are internal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.channels import Digger
from gondwana.science.checks import Change, Row
from gondwana.science.choices import LARGE_AREA_KM2, OceanPolicy
from gondwana.science.components import Index, Labels, Mask, label
from gondwana.science.sphere import wrap_longitude
from gondwana.science.terrain import Float, Grid, Terrain, counted, table

Point = tuple[float, float]

_MAIN = 1


@dataclass(frozen=True)
class Oceans:
    """The oceans of a terrain.

    Attributes
    ----------
    labels : ndarray of int32, (ny, nx)
        0 land, 1 the main ocean, k + 1 the internal ocean of row k (from 1) of the table.
    internal : ndarray of int32, (ny, nx)
        0 outside internal oceans, else the row of the table.
    table : list of dict
        Internal oceans by decreasing area: cells, area (km²), the box of their cell centres
        (degrees; west > east if it crosses the date line), depths (m), the centre of the
        deepest cell, and what is suggested: fill, or open a large one.
    """

    labels: Labels
    internal: Labels
    table: list[Row]


def find_oceans(terrain: Terrain) -> Oceans:
    """Label the main ocean and the internal ones, and describe the latter."""
    labels, count = label(terrain.ocean, terrain.cells.topology, terrain.cells.area)
    internal = np.zeros_like(labels)
    if count <= _MAIN:
        return Oceans(labels, internal, [])
    # few cells are internal: the array of the globe is passed over only once
    cells = np.flatnonzero(labels > _MAIN)
    internal.flat[cells] = labels.flat[cells] - np.int32(_MAIN)
    return Oceans(labels, internal, _describe(terrain, internal, terrain.without_copies(cells)))


def resolve_internal_oceans(
    field: xr.DataArray,
    policy: OceanPolicy = "fill",
    *,
    large_policy: OceanPolicy = "open",
    large_area_km2: float = LARGE_AREA_KM2,
    overrides: Mapping[Point, OceanPolicy] | None = None,
    land_height: float = 1.0,
    channel_depth: float = 50.0,
    channel_width: int = 1,
    grid: Grid | None = None,
) -> tuple[xr.DataArray, list[Change]]:
    """Fill or open internal oceans, so that one ocean is left.

    Seas to fill are filled first; then the others are opened by decreasing area (of the same
    area: by the first cell in storage), each with a channel along the path that moves least
    material (height above the channel's floor times area; of paths as cheap the one through
    cells that come first in storage). A channel may cross a sea that was filled; it never
    touches a kept sea, nor turns land into ocean south of 78°S or north of 86°N. Shallow cells
    of other seas on its way are deepened, those of the sea itself and of the main ocean are not.

    Parameters
    ----------
    field : DataArray
        Topography (lat, lon), m, positive up; with ``grid`` bathymetry (y, x), m, positive down.
    policy : {"fill", "open", "keep"}
        What becomes of internal oceans.
    large_policy : {"fill", "open", "keep"}
        What becomes of those of at least ``large_area_km2``.
    large_area_km2 : float
        Square kilometres.
    overrides : mapping of (lon, lat) to policy, optional
        A point in a sea (degrees) decides for this sea.
    land_height : float
        Height of filled cells in metres, above 0; on an ocean grid land is 0.
    channel_depth : float
        Depth of channels in metres, positive.
    channel_width : int
        Width of channels in cells.
    grid : Grid, optional
        The ocean grid of a bathymetry.

    Returns
    -------
    field : DataArray
        A new field; cells that were not changed keep their bits.
    changes : list of Change
        One for each sea that was filled or opened.

    Raises
    ------
    ParameterError
        A value out of range, a point outside every internal ocean, or a sea that no channel can
        open.
    """
    _refuse_impossible(policy, large_policy, land_height, channel_depth, channel_width)
    terrain = Terrain.of(field, grid)
    oceans = find_oceans(terrain)
    wanted, reasons = _policies(oceans, policy, large_policy, large_area_km2)
    for (lon, lat), own_policy in (overrides or {}).items():
        row = _row_at(terrain, oceans, lon, lat)
        wanted[row], reasons[row] = own_policy, f"chosen for the sea at {_place(lon, lat)}"
    fill = _rows_with(wanted, "fill")
    height = terrain.height.copy()
    height[fill[oceans.internal]] = terrain.land_height(land_height)
    changes = [
        _change("filled", oceans.table[k - 1], reasons[k], int(oceans.table[k - 1]["cells"]))
        for k in np.flatnonzero(fill).tolist()
    ]
    terrain = terrain.changed(height)
    labels = np.where(fill[oceans.internal], np.int32(0), oceans.labels)
    kept = _rows_with(wanted, "keep")[oceans.internal]
    opened, channels = _open(terrain, labels, wanted, kept, channel_depth, channel_width)
    for k, cells in channels.items():
        changes.append(_change("opened", oceans.table[k - 1], reasons[k], cells))
    return opened.field(), changes


def sea_at(terrain: Terrain, lon: float, lat: float) -> tuple[Labels, int]:
    """Find the internal ocean at a point.

    Parameters
    ----------
    terrain : Terrain
    lon, lat : float
        Degrees.

    Returns
    -------
    labels : ndarray of int32, (ny, nx)
        0 land, 1 the main ocean, then the internal ones by decreasing area.
    label : int
        Of the one at the point.

    Raises
    ------
    ParameterError
        There is none.
    """
    labels, _ = label(terrain.ocean, terrain.cells.topology, terrain.cells.area)
    found = int(labels.flat[terrain.cell_at(lon, lat)])
    if found <= _MAIN:
        raise _no_sea(lon, lat)
    return labels, found


def fill_sea(terrain: Terrain, lon: float, lat: float, land_height: float = 1.0) -> Float:
    """Turn the internal ocean at a point into land; heights in metres, positive up.

    Raises
    ------
    ParameterError
        There is none.
    """
    labels, sea = sea_at(terrain, lon, lat)
    height = terrain.height.copy()
    height[labels == sea] = terrain.land_height(land_height)
    return height


def open_sea(
    terrain: Terrain,
    lon: float,
    lat: float,
    *,
    depth: float = 50.0,
    width: int = 1,
    kept: Collection[Point] = (),
) -> Float:
    """Cut a channel from the internal ocean at a point to the main ocean.

    Parameters
    ----------
    terrain : Terrain
    lon, lat : float
        Degrees.
    depth : float
        Metres, positive.
    width : int
        Cells.
    kept : collection of (lon, lat)
        Points in seas that no channel may touch.

    Returns
    -------
    ndarray, (ny, nx)
        Heights in metres, positive up.

    Raises
    ------
    ParameterError
        There is no such sea, or no way to the ocean.
    """
    labels, sea = sea_at(terrain, lon, lat)
    left = [int(labels.flat[terrain.cell_at(*point)]) for point in kept]
    shut = np.isin(labels, [one for one in left if one > _MAIN and one != sea])
    digger = Digger(
        terrain, labels, _with_rim(terrain, shut) | terrain.beyond_limits(), depth, width
    )
    if digger.dig(terrain.once(labels == sea), sea) is None:
        raise _no_way(lon, lat)
    height: Float = digger.height.reshape(terrain.height.shape)
    return terrain.cells.topology.synchronise(height)


def _with_rim(terrain: Terrain, seas: Mask) -> Mask:
    """Seas with the cells around them."""
    ring = terrain.cells.topology.padded(seas, False)
    return seas | ring[:-2, 1:-1] | ring[2:, 1:-1] | ring[1:-1, :-2] | ring[1:-1, 2:]


def _no_sea(lon: float, lat: float) -> ParameterError:
    return ParameterError(
        f"there is no internal ocean at {_place(lon, lat)}",
        remedy="give a point inside an internal ocean, or leave it out",
    )


def _no_way(lon: float, lat: float) -> ParameterError:
    return ParameterError(
        f"no channel can open the internal ocean at {_place(lon, lat)}: every way touches "
        "a kept sea or land at the poles",
        remedy="fill that sea, or open the kept one",
    )


def _open(
    terrain: Terrain,
    labels: Labels,
    wanted: dict[int, OceanPolicy],
    kept: Mask,
    depth: float,
    width: int,
) -> tuple[Terrain, dict[int, int]]:
    """Open seas by decreasing area; returns how many cells were lowered for each."""
    rows = [k for k in sorted(wanted) if wanted[k] == "open"]
    if not rows:
        return terrain, {}
    seas = terrain.members(labels, int(labels.max()))
    closed = _with_rim(terrain, kept) | terrain.beyond_limits()
    digger = Digger(terrain, labels, closed, depth, width)
    channels: dict[int, int] = {}
    for k in rows:
        if digger.is_open(k + _MAIN):
            channels[k] = 0
            continue
        sea = seas[k]
        lowered = digger.dig(sea, k + _MAIN)
        if lowered is None:
            lon, lat = terrain.cells.lon.flat[sea[0]], terrain.cells.lat.flat[sea[0]]
            raise _no_way(float(lon), float(lat))
        channels[k] = lowered.size
    return terrain.changed(digger.height.reshape(terrain.height.shape)), channels


def _policies(
    oceans: Oceans, policy: OceanPolicy, large_policy: OceanPolicy, large_area_km2: float
) -> tuple[dict[int, OceanPolicy], dict[int, str]]:
    """Policy and its reason for each row of the table, from 1."""
    wanted: dict[int, OceanPolicy] = {}
    reasons: dict[int, str] = {}
    for k, row in enumerate(oceans.table, start=1):
        large = float(row["area_km2"]) >= large_area_km2
        wanted[k] = large_policy if large else policy
        size = "at least" if large else "less than"
        reasons[k] = f"internal oceans of {size} {large_area_km2:,.0f} km²: {wanted[k]}"
    return wanted, reasons


def _rows_with(wanted: dict[int, OceanPolicy], policy: OceanPolicy) -> Mask:
    return np.array([False, *(wanted[k] == policy for k in sorted(wanted))])


def _row_at(terrain: Terrain, oceans: Oceans, lon: float, lat: float) -> int:
    row = int(oceans.internal.flat[terrain.cell_at(lon, lat)])
    if row == 0:
        raise _no_sea(lon, lat)
    return row


def _change(verb: str, sea: Row, why: str, cells: int) -> Change:
    lon, lat = float(sea["lon"]), float(sea["lat"])
    size = f"{counted(int(sea['cells']), 'cell')} ({float(sea['area_km2']):.0f} km²)"
    what = f"{verb} the internal ocean of {size} at {_place(lon, lat)}"
    return Change(what, why, cells, lon, lat)


def _place(lon: float, lat: float) -> str:
    return f"{abs(lat):.1f}°{'S' if lat < 0 else 'N'} {abs(lon):.1f}°{'W' if lon < 0 else 'E'}"


def _refuse_impossible(
    policy: str, large_policy: str, land_height: float, depth: float, width: int
) -> None:
    problems = {
        f"there is no policy {policy!r}": policy not in get_args(OceanPolicy),
        f"there is no policy {large_policy!r} for large seas": large_policy
        not in get_args(OceanPolicy),
        f"land cannot have a height of {land_height} m": not land_height > 0.0,
        f"a channel cannot have a depth of {depth} m": not depth > 0.0,
        f"a channel cannot be {width} cells wide": width < 1,
    }
    for problem, found in problems.items():
        if found:
            raise ParameterError(
                problem, remedy="policies are fill, open and keep; sizes must be positive"
            )


def _describe(terrain: Terrain, internal: Labels, cells: Index) -> list[Row]:
    """One row for each internal ocean; vectorised, since a fine planet may have thousands."""
    sea = internal.flat[cells] - np.int32(1)
    depth = -terrain.height.flat[cells] + 0.0
    lon = wrap_longitude(terrain.cells.lon.flat[cells])
    lat = terrain.cells.lat.flat[cells]
    by_depth = np.lexsort((cells, -depth, sea))
    first = np.searchsorted(sea[by_depth], np.arange(sea.max() + 1))
    deepest = by_depth[first]
    last = np.append(first[1:], sea.size) - 1
    west, east = _boxes(sea, lon, first, last)
    by_lat = np.lexsort((lat, sea))
    number = np.bincount(sea)
    area = np.bincount(sea, terrain.cells.area.flat[cells]) / 1e6
    return table(
        cells=number,
        area_km2=area,
        west=west,
        south=lat[by_lat][first],
        east=east,
        north=lat[by_lat][last],
        min_depth_m=depth[by_depth][last],
        max_depth_m=depth[deepest],
        lon=lon[deepest],
        lat=lat[deepest],
    )


def _boxes(sea: Labels, lon: Float, first: Index, last: Index) -> tuple[Float, Float]:
    """Western and eastern end of each sea: the two sides of the widest gap in its longitudes."""
    order = np.lexsort((lon, sea))
    sea, lon = sea[order], lon[order]
    following = np.roll(lon, -1)
    following[last] = lon[first] + 360.0
    widest = np.lexsort((lon - following, sea))[first]
    after = np.where(widest == last[sea[widest]], first[sea[widest]], widest + 1)
    return lon[after], lon[widest]
