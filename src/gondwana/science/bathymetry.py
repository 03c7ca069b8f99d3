"""Bathymetry: the depth of the ocean in the cells of an ocean grid.

The conservative method takes exact means over the cells; the other two read the topography at
the centres of the cells. The rules that an ocean model needs are the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.cell_means import polygon_integrals
from gondwana.science.checks import Check, Row
from gondwana.science.choices import BathymetryMethod
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sampling import bilinear_at, nearest_at
from gondwana.science.sphere import Array, great_circle

_DEGENERATE = 1e-6  # steradians per steradian: a polygon folded on itself encloses nothing
_SAME_CORNER = 1000.0  # metres by which cells may disagree about a corner they share


def bathymetry(
    topography: xr.DataArray,
    grid: OceanGrid,
    *,
    method: BathymetryMethod = "conservative",
    ocean_fraction: float = 0.5,
    minimum_depth: float = 10.0,
) -> tuple[xr.DataArray, xr.DataArray]:
    """Depth of the ocean on an ocean grid.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres, positive up; global, nothing missing. Ocean is z <= 0.
    grid : OceanGrid
        The ocean grid.
    method : {"conservative", "bilinear", "nearest"}
        *conservative*: exact mean over the T cell, whose edges are great circles, of a
        topography that is constant in each of its own cells; the depth is the mean over the
        part that is ocean. *bilinear*: elevation between the four centres around the T point.
        *nearest*: elevation of the centre nearest to the T point on the sphere.
    ocean_fraction : float
        Smallest share of ocean, in (0, 1], that makes a cell ocean (conservative method).
    minimum_depth : float
        Ocean shallower than this, from 0 on, is made this deep; metres.

    Returns
    -------
    depth : DataArray, (y, x)
        ``Bathymetry`` in metres, positive, float64, rounded to 1e-6; 0 = land. The first row is
        land. Halo and fold repeat their owners.
    fraction : DataArray, (y, x)
        ``ocean_fraction``: share of each cell that is ocean, rounded to 1e-9 (the integrals are
        exact to about 1e-12); 0 or 1 for the methods that read one point. The first row keeps it.

    Raises
    ------
    ParameterError
        An unknown method, or a fraction or depth out of bounds.
    InputError
        The topography does not cover the globe.
    """
    if not 0.0 < ocean_fraction <= 1.0:
        raise ParameterError(
            f"an ocean fraction of {ocean_fraction} is not above 0 and at most 1",
            remedy="give a share of the cell, for instance 0.5",
        )
    if not 0.0 < minimum_depth < np.inf:
        raise ParameterError(
            f"a minimum depth of {minimum_depth} m is not above 0",
            remedy="give a depth in metres, for instance 10",
        )
    if method == "conservative":
        depth, fraction = _conservative(topography, grid, ocean_fraction)
    elif method in ("bilinear", "nearest"):
        sample = bilinear_at if method == "bilinear" else nearest_at
        elevation = sample(topography, grid.lon, grid.lat)
        depth, fraction = -elevation, (elevation <= 0.0).astype(np.float64)
    else:
        raise ParameterError(
            f"there is no method {method!r}", remedy="choose conservative, bilinear or nearest"
        )
    depth = np.where(fraction >= ocean_fraction, np.maximum(depth, minimum_depth), 0.0)
    depth = np.round(depth, 6) + 0.0
    depth[0] = 0.0
    return (
        xr.DataArray(grid.topology.synchronise(depth), dims=("y", "x"), name="Bathymetry"),
        xr.DataArray(grid.topology.synchronise(fraction), dims=("y", "x"), name="ocean_fraction"),
    )


def _conservative(
    topography: xr.DataArray, grid: OceanGrid, ocean_fraction: float
) -> tuple[Array, Array]:
    """Mean depth over the ocean part of each cell, and the share of that part."""
    elevation = topography.to_numpy()
    ocean = elevation <= 0.0
    lat, lon = topography["lat"].to_numpy(), topography["lon"].to_numpy()
    corners = (grid.corner_lon, grid.corner_lat)
    wet, volume = polygon_integrals([ocean, np.where(ocean, -elevation, 0.0)], lat, lon, *corners)
    # two rows and four columns of ones: few crossings, so the area costs next to nothing
    (area,) = polygon_integrals(np.ones((1, 2, 4)), [-45, 45], [-135, -45, 45, 135], *corners)
    usual = np.median(np.abs(area))
    flat = np.abs(area) < _DEGENERATE * usual
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction, depth = wet / area, volume / wet
    if flat.any():  # the pivots of a T fold
        at_point = nearest_at(topography, grid.lon[flat], grid.lat[flat])
        fraction[flat], depth[flat] = at_point <= 0.0, -at_point
    fraction = np.clip(np.round(fraction, 9), 0.0, 1.0) + 0.0
    return np.where(fraction >= ocean_fraction, depth, 0.0), fraction


def singular_points_on_land(
    depth: xr.DataArray, grid: OceanGrid, points: Sequence[tuple[float, float, str]]
) -> Check:
    """Check that the singular points of the grid lie on land.

    Around such a point the cells shrink to nothing and the directions of the grid turn, so that
    no ocean model can run there.

    Parameters
    ----------
    depth : DataArray, (y, x)
        Bathymetry in metres, positive; 0 = land.
    grid : OceanGrid
        The ocean grid.
    points : sequence of (longitude, latitude, name)
        Degrees. A point that lies farther from all cells than they are wide is outside the grid
        and harmless.

    Returns
    -------
    Check
        ``singular_points``; it fails if any of the cells that share the corner nearest to a point
        is ocean. One row a point in ocean; the mask marks the ocean cells.
    """
    water = depth.to_numpy() > 0.0
    mask = np.zeros(water.shape, dtype=np.int32)
    table: list[Row] = []
    for lon, lat, name in points:
        wet = _cells_at(grid, lon, lat) & water
        if wet.any():
            deepest = float(depth.to_numpy()[wet].max())
            table.append({"name": name, "lon": lon, "lat": lat, "depth_m": deepest})
            mask[wet] = len(table)
    names = ", ".join(str(row["name"]) for row in table)
    if not table:
        return Check(
            "singular_points", "pass", f"all {len(points)} singular points of the grid lie on land"
        )
    return Check(
        "singular_points",
        "fail",
        f"{len(table)} of {len(points)} singular points of the grid lie in the ocean: {names}",
        table,
        xr.DataArray(mask, dims=("y", "x"), name="singular_points"),
        "make land there, or make a grid whose poles lie on land",
    )


def _cells_at(grid: OceanGrid, lon: float, lat: float) -> npt.NDArray[np.bool_]:
    """Cells that share the corner nearest to a point; none if the point is outside the grid."""
    to_corner = great_circle(grid.corner_lon, grid.corner_lat, lon, lat).min(axis=-1)
    touching: npt.NDArray[np.bool_] = to_corner <= to_corner.min() + _SAME_CORNER
    to_centre = float(great_circle(grid.lon, grid.lat, lon, lat).min())
    width = float(np.sqrt(grid.area[touching]).max())
    if to_centre > width and to_corner.min() > width:
        touching[:] = False
    return touching
