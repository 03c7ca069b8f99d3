"""Overlaps of polygons with the cells of a mesh of meridians and parallels: exact, both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError
from gondwana.science.kernels import kernel
from gondwana.science.polygons.fan import fan_area
from gondwana.science.polygons.mesh import Mesh
from gondwana.science.polygons.walk import Counts, along_pole, edge, is_pole, meets_pole
from gondwana.science.sphere import Array, unit_vectors

_LEAST = 1e-13  # of a cell of the mesh; rounding leaves less
_POLE = 89.99999999999  # degrees beyond which a parallel is a pole


@dataclass(frozen=True)
class Overlaps:
    """Which cells of two grids overlap, and by how much.

    Attributes
    ----------
    one, other : ndarray of int64, (n,)
        Flat index of the polygon (ascending) and of the cell that it overlaps.
    area : ndarray, (n,)
        Area that both share, steradians.
    """

    one: Counts
    other: Counts
    area: Array

    def keep(self, wanted: npt.NDArray[np.bool_]) -> Overlaps:
        """Return those that are wanted."""
        return Overlaps(self.one[wanted], self.other[wanted], self.area[wanted])


def mesh_overlaps(mesh: Mesh, corner_lon: npt.ArrayLike, corner_lat: npt.ArrayLike) -> Overlaps:
    """Overlaps of polygons with the cells of a mesh.

    Parameters
    ----------
    mesh : Mesh
        Its cells are numbered row by row, from the south.
    corner_lon, corner_lat : array_like, (m, n)
        Corners of m polygons in order, degrees, any longitude convention; either way round. Edges
        are the short great circles between them. A repeated corner counts once. A polygon may
        contain a pole, or have it as a corner or on an edge; it must fit into a hemisphere, and
        its edges may not cross.

    Returns
    -------
    Overlaps
        ``one`` are the polygons, ``other`` the cells of the mesh. Less than 1e-13 of a cell is
        left out.

    Raises
    ------
    InputError
        Corners that are not finite, or too few.
    """
    lon, lat = checked_corners(corner_lon, corner_lat)
    # the same corner has the same bits in every polygon; whole turns come off exactly
    lon = lon - 360.0 * np.floor((lon + 180.0) / 360.0)
    one, other, area = _overlaps(
        unit_vectors(lon, lat), np.deg2rad(lon), *_borders(mesh), mesh.heights, mesh.areas
    )
    return Overlaps(one, other, area)


def checked_corners(corner_lon: npt.ArrayLike, corner_lat: npt.ArrayLike) -> tuple[Array, Array]:
    """Refuse corners that make no polygons.

    Raises
    ------
    InputError
        Corners that are not finite, or too few.
    """
    lon = np.asarray(corner_lon, dtype=np.float64)
    lat = np.asarray(corner_lat, dtype=np.float64)
    if lon.ndim != 2 or lon.shape != lat.shape or lon.shape[1] < 3:
        raise InputError(
            f"corners of shapes {lon.shape} and {lat.shape} make no polygons",
            remedy="give three or more corners for each cell",
        )
    if not (np.all(np.isfinite(lon)) and np.all(np.abs(lat) <= 90.0)):
        raise InputError(
            "a corner of a cell is no place on the globe",
            remedy="leave out cells without corners, and give degrees",
        )
    return lon, lat


def _borders(mesh: Mesh) -> tuple[Array, Array]:
    """Meridians and parallels as `walk.edge` wants them; a gap in the east is a column more."""
    lon = np.deg2rad(mesh.west_to_east)
    if mesh.around:
        lon[-1] = lon[0] + 2.0 * np.pi
    else:
        lon = np.append(lon, lon[0] + 2.0 * np.pi)
    meridians = np.stack([lon, np.cos(lon), np.sin(lon)], axis=1)
    lat = mesh.south_to_north
    angle = np.deg2rad(lat)
    tangents = np.tan(angle)
    tangents[lat > _POLE], tangents[lat < -_POLE] = np.inf, -np.inf
    to_north = 2.0 * np.sin(0.5 * np.deg2rad(90.0 - lat)) ** 2
    to_south = 2.0 * np.sin(0.5 * np.deg2rad(90.0 + lat)) ** 2
    return meridians, np.stack([tangents, to_north, to_south], axis=1)


@kernel
def _overlaps(
    corners: Array, lon: Array, meridians: Array, parallels: Array, heights: Array, areas: Array
) -> tuple[Counts, Counts, Array]:
    """Walk around every polygon, then read off what it shares with the cells it came by."""
    rows, columns = parallels.shape[0] - 1, meridians.shape[0] - 1
    own, run = np.zeros((rows, columns)), np.zeros((rows + 1, columns))
    box = np.zeros(5, dtype=np.int64)
    size = 4 * corners.shape[0] + 2 * areas.size + 64
    one, other = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    area = np.empty(size)
    found = 0
    for p in range(corners.shape[0]):
        box[0], box[1], box[2], box[3] = rows + 1, -1, 1 << 40, -(1 << 40)
        _around(corners[p], lon[p], meridians, parallels, own, run, box)
        if box[3] < box[2]:
            continue  # a line or a point
        box[0], box[1] = max(box[0], 0), min(box[1], rows)
        room = (box[1] - box[0] + 1) * min(box[3] - box[2] + 1, columns)
        if found + room > size:
            size = 2 * size + room
            one, other, area = _longer(one, size), _longer(other, size), _longer(area, size)
        found = _read(p, own, run, box, heights, areas, one, other, area, found)
    return one[:found].copy(), other[:found].copy(), area[:found].copy()


@kernel
def _longer(values: Array, size: int) -> Array:
    longer = np.empty(size, dtype=values.dtype)
    longer[: values.size] = values
    return longer


@kernel
def _around(
    corners: Array, lon: Array,
    meridians: Array, parallels: Array, own: Array, run: Array, box: Counts,
) -> None:  # fmt: skip
    """Walk along the edges of a polygon; a path that does not come back is closed at the pole.

    Counter-clockwise around the north pole is east, around the south pole west.
    """
    n = corners.shape[0]
    total, start = 0.0, 0.0
    for v in range(n):
        w = v + 1 if v + 1 < n else 0
        a, b = corners[v], corners[w]
        if not meets_pole(a, b, lon[v], lon[w]):
            total += edge(a, b, lon[v], lon[w], meridians, parallels, own, run, box)
        elif not is_pole(a):
            start = lon[v]
    if abs(total) > 1e-9:
        north = (total > 0.0) == (fan_area(corners, n) > 0.0)
        along_pole(start, -total, north, meridians, parallels, own, run, box)


@kernel
def _read(
    p: int, own: Array, run: Array, box: Counts, heights: Array, areas: Array,
    one: Counts, other: Counts, area: Array, found: int,
) -> int:  # fmt: skip
    """Note the overlaps of polygon p and wipe the slate; returns how many there are by now."""
    rows, columns = own.shape
    nx = areas.shape[1]
    for i in range(box[2], min(box[3], box[2] + columns - 1) + 1):
        k = i % columns
        above = 0.0
        for j in range(box[1], box[0] - 1, -1):
            if j < rows:
                share = own[j, k] + heights[j] * above
                own[j, k] = 0.0
                if k < nx and abs(share) > _LEAST * areas[j, k]:
                    one[found], other[found], area[found] = p, j * nx + k, abs(share)
                    found += 1
            above += run[j, k]
            run[j, k] = 0.0
    return found
