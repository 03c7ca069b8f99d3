"""The two grids of a coupling as the coupler sees them: every point, masked or not, numbered.

Flat indices run along the rows of the arrays, i fastest, copies included, so that index + 1 is the
address that OASIS3-MCT uses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.polygons import Mesh
from gondwana.science.sphere import EARTH_RADIUS, Array

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
OceanArea = Literal["polygon", "model"]

_THIN = 1e-6  # of e1t x e2t; a cell with less area is folded on itself


def added_up(cells: Index, values: Array, size: int) -> Array:
    """Add values up by the cell they belong to, (size,)."""
    return np.asarray(np.bincount(cells, values, minlength=size), dtype=np.float64)


@dataclass(frozen=True)
class Points:
    """Points of a grid with their cells.

    Attributes
    ----------
    name : str
        Four letters by which the coupler knows the grid: ``torc``.
    lon, lat : ndarray, (ny, nx)
        Degrees.
    corner_lon, corner_lat : ndarray, (ny, nx, 4)
        Degrees, counter-clockwise, longitudes not wrapped within a cell.
    area : ndarray, (ny, nx)
        Areas that ``areas.nc`` holds and weights are normalised to, m².
    exact : ndarray, (ny, nx)
        Areas of the cells themselves, m²; 0 of copies in an atmosphere.
    active : ndarray of bool, (ny, nx)
        Cells that exchange.
    owner : ndarray of int64, (ny, nx)
        The point that stands for each: of a row at a pole the first, else itself.
    mesh : Mesh or None
        Cells between meridians and parallels; None if the edges are great circles.
    north_first : bool
        The rows run from north to south; those of the mesh from south to north.
    turned : int
        How many cells came with their corners clockwise.
    """

    name: str
    lon: Array
    lat: Array
    corner_lon: Array
    corner_lat: Array
    area: Array
    exact: Array
    active: Mask
    owner: Index
    mesh: Mesh | None = None
    north_first: bool = False
    turned: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ny, nx = self.lon.shape
        return ny, nx

    @property
    def size(self) -> int:
        """Number of points."""
        return int(self.lon.size)

    def owned(self) -> Mask:
        """Points that stand for themselves, (ny, nx)."""
        mine: Mask = self.owner == np.arange(self.size).reshape(self.shape)
        return mine

    def exact_of_owners(self) -> Array:
        """Exact area that each owner stands for, flat; 0 for the others."""
        return added_up(self.owner.ravel(), self.exact.ravel(), self.size)

    def with_active(self, active: Mask) -> Points:
        """Return the same grid with another mask."""
        return replace(self, active=active)


def ocean_points(
    grid: OceanGrid, ocean: Mask, name: str = "torc", area: OceanArea | Array = "polygon"
) -> Points:
    """Take the T points of an ocean grid.

    Parameters
    ----------
    grid : OceanGrid
    ocean : ndarray of bool, (ny, nx)
        Cells that hold water.
    name : str
    area : {"polygon", "model"} or ndarray, (ny, nx)
        What the coupler calls the area of a cell: the exact one of the polygon; e1t x e2t, with
        which NEMO computes; or other areas, m².

    Returns
    -------
    Points
        Copies (halo, fold) and cells that are folded on themselves are not active.

    Raises
    ------
    InputError
        A mask or areas of another size, areas that are not positive, or no water at all.
    """
    if ocean.shape != grid.shape:
        raise InputError(
            f"the mask has {ocean.shape[0]} x {ocean.shape[1]} cells and the ocean grid "
            f"{grid.shape[0]} x {grid.shape[1]}",
            remedy="give files of the same grid",
        )
    signed = polygon_areas(grid.corner_lon, grid.corner_lat)
    clockwise = grid.owned & (signed < 0.0)
    exact = np.abs(signed)
    model = np.asarray(grid.coordinates["e1t"].values * grid.coordinates["e2t"].values)
    active = ocean & grid.owned & (exact > _THIN * model)
    if not active.any():
        raise InputError(
            "the ocean grid holds no water", remedy="give a bathymetry with depths above 0"
        )
    return Points(
        name=name,
        lon=grid.lon,
        lat=grid.lat,
        corner_lon=_turned(grid.corner_lon, clockwise),
        corner_lat=_turned(grid.corner_lat, clockwise),
        area=_declared(area, active, np.where(exact > _THIN * model, exact, model), model),
        exact=exact,
        active=active,
        owner=np.arange(exact.size).reshape(exact.shape),
        turned=grid.turned + int(np.count_nonzero(clockwise & (exact > _THIN * model))),
    )


def _declared(area: OceanArea | Array, active: Mask, polygon: Array, model: Array) -> Array:
    """Areas that were chosen; those of a file are checked, and filled where nothing exchanges."""
    if isinstance(area, str):
        return model if area == "model" else polygon
    if area.shape != polygon.shape:
        raise InputError(
            f"{area.shape[0]} x {area.shape[1]} areas do not fit an ocean grid of "
            f"{polygon.shape[0]} x {polygon.shape[1]} cells",
            remedy="give files of the same grid",
        )
    sound = np.isfinite(area) & (area > 0.0)
    bad = int(np.count_nonzero(active & ~sound))
    if bad:
        raise InputError(
            f"the areas of {bad} ocean cells are not above 0",
            remedy="set ocean_area to polygon or model",
        )
    return np.where(sound, area, polygon)


def lmdz_points(columns: int = 96, intervals: int = 95, name: str = "tlmd") -> Points:
    """Make the grid of LMDZ from the two numbers it is known by.

    Parameters
    ----------
    columns, intervals : int
        Points along a circle of latitude, and intervals from pole to pole: 96 and 95.
    name : str

    Returns
    -------
    Points
        ``intervals + 1`` rows, north first, centres lon = -180 + i 360/columns and
        lat = 90 - j 180/intervals. Rows at the poles have half the height and are one cell each,
        of which the first point is the owner.

    Raises
    ------
    InputError
        Numbers that make no grid.
    """
    if columns < 4 or intervals < 3:
        raise InputError(
            f"there is no LMDZ grid {columns}x{intervals}", remedy="give for instance 96 and 95"
        )
    lon = -180.0 + 360.0 / columns * np.arange(columns)
    lat = 90.0 - 180.0 / intervals * np.arange(intervals + 1)
    lat[-1] = -90.0
    points = regular_points(lon, lat, name=name)
    owner = points.owner.copy()
    owner[0], owner[-1] = owner[0, 0], owner[-1, 0]
    return replace(points, owner=owner)


def regular_points(
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    lon_edges: npt.ArrayLike | None = None,
    lat_edges: npt.ArrayLike | None = None,
    name: str = "tlmd",
) -> Points:
    """Make a grid between meridians and parallels.

    Parameters
    ----------
    lon : array_like, (nx,)
        Centres, degrees, ascending within one turn.
    lat : array_like, (ny,)
        Centres, degrees, ascending or descending.
    lon_edges, lat_edges : array_like, (nx + 1,) and (ny + 1,), optional
        Edges in the order of the centres; half way between them if left out.
    name : str

    Returns
    -------
    Points
        All of them active.

    Raises
    ------
    InputError
        Centres or edges that do not ascend within the globe, or do not fit each other.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if np.abs(lat).max() > 90.0:
        raise InputError(
            f"latitudes of the atmosphere reach {np.abs(lat).max():g}°", remedy="give degrees"
        )
    north_first = bool(lat[0] > lat[-1])
    made = Mesh.of_centres(lon, lat[::-1] if north_first else lat)
    south_to_north = made.south_to_north
    if lat_edges is not None:
        edges = np.asarray(lat_edges, dtype=np.float64)
        south_to_north = edges[::-1] if north_first else edges
    west_to_east = made.west_to_east if lon_edges is None else np.asarray(lon_edges, np.float64)
    mesh = Mesh(west_to_east, np.ascontiguousarray(south_to_north))
    if mesh.shape != (lat.size, lon.size):
        raise InputError(
            f"{mesh.shape} cells between the edges do not fit {lat.size} x {lon.size} centres",
            remedy="give one edge more than centres each way",
        )
    order = slice(None, None, -1) if north_first else slice(None)
    west, south = np.meshgrid(mesh.west_to_east[:-1], mesh.south_to_north[:-1][order])
    east, north = np.meshgrid(mesh.west_to_east[1:], mesh.south_to_north[1:][order])
    x, y = np.meshgrid(lon, lat)
    exact = np.ascontiguousarray(mesh.areas[order]) * EARTH_RADIUS**2
    return Points(
        name=name,
        lon=x,
        lat=y,
        corner_lon=np.stack([west, east, east, west], axis=-1),
        corner_lat=np.stack([south, south, north, north], axis=-1),
        area=exact,
        exact=exact,
        active=np.ones(x.shape, dtype=np.bool_),
        owner=np.arange(x.size).reshape(x.shape),
        mesh=mesh,
        north_first=north_first,
    )


def _turned(corners: Array, clockwise: Mask) -> Array:
    return np.where(clockwise[..., None], corners[..., ::-1], corners)
