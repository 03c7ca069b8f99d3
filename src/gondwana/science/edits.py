"""Edits of a field by place and operation: what a person draws, as pure functions on arrays.

Places are given in degrees, so that the same edit works on any grid of longitudes and latitudes,
regular or curvilinear.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from gondwana.errors import ParameterError
from gondwana.science.neighbours import Seams
from gondwana.science.sphere import unit_vectors
from gondwana.science.topology import Topology

Float = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Point = tuple[float, float]
Arithmetic = Literal["set", "add", "multiply", "raise_to", "lower_to"]


def cells_at(points: Sequence[Point], lon: Float, lat: Float) -> list[tuple[int, int]]:
    """Find the cells whose centres are nearest to points.

    Parameters
    ----------
    points : sequence of (longitude, latitude)
        Degrees.
    lon, lat : ndarray, (ny, nx)
        Centres of the cells, degrees.

    Returns
    -------
    list of (row, column)
        One a point, in their order.
    """
    tree = cKDTree(unit_vectors(lon, lat).reshape(-1, 3))
    lon_points, lat_points = np.asarray(points, dtype=np.float64).T
    _, nearest = tree.query(unit_vectors(lon_points, lat_points))
    rows, columns = np.unravel_index(np.atleast_1d(nearest), lon.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def in_box(box: tuple[float, float, float, float], lon: Float, lat: Float) -> Mask:
    """Tell which cells have their centre in a box of longitudes and latitudes.

    Parameters
    ----------
    box : tuple
        West, south, east, north in degrees, limits included; a box whose east is not east of
        its west crosses the date line, and one of 360 degrees goes all around.
    lon, lat : ndarray, (ny, nx)
        Centres of the cells, degrees.

    Returns
    -------
    ndarray of bool, (ny, nx)
    """
    west, south, east, north = box
    width = 360.0 if east - west >= 360.0 else (east - west) % 360.0
    across = np.mod(lon - west, 360.0) <= width
    return np.asarray(across & (lat >= south) & (lat <= north), dtype=np.bool_)


def along_line(
    points: Sequence[Point], lon: Float, lat: Float, topology: Topology, width: int = 1
) -> Mask:
    """Find the cells of a channel: joined by their edges from the first point to the last.

    Parameters
    ----------
    points : sequence of (longitude, latitude)
        Corners of a line of great circles, degrees.
    lon, lat : ndarray, (ny, nx)
        Centres of the cells, degrees.
    topology : Topology
        Seams of the grid.
    width : int
        Cells across.

    Returns
    -------
    ndarray of bool, (ny, nx)
    """
    spacing = float(np.deg2rad(min(np.abs(np.diff(lat, axis=0)).max(), 5.0)))
    path: list[tuple[float, float]] = []
    for start, end in pairwise(points):
        path.extend(_great_circle_points(start, end, spacing / 8.0))
    seams = Seams.of(topology, (lon.shape[0], lon.shape[1]))
    owners = topology.owners((lon.shape[0], lon.shape[1])).ravel()
    near = [row * lon.shape[1] + column for row, column in cells_at(path, lon, lat)]
    place = unit_vectors(lon, lat).reshape(-1, 3)
    cells = [int(owners[near[0]])]
    for cell in owners[near].tolist():
        cells += _way(cells[-1], cell, place, seams)
    mask = np.zeros(lon.size, dtype=np.bool_)
    mask[seams.grown(np.unique(np.asarray(cells, dtype=np.int64)), width)] = True
    return topology.synchronise(mask.reshape(lon.shape))


def changed(values: Float, mask: Mask, operation: Arithmetic, value: float, up: int = 1) -> Float:
    """Apply arithmetic to the chosen cells.

    Parameters
    ----------
    values : ndarray, (ny, nx)
        The field.
    mask : ndarray of bool, (ny, nx)
        Where.
    operation : {"set", "add", "multiply", "raise_to", "lower_to"}
        ``raise_to`` leaves what is higher, ``lower_to`` what is lower.
    value : float
        In the field's own unit; a factor for multiply.
    up : {1, -1}
        -1 for a field of depths, where higher ground has the smaller number.

    Returns
    -------
    ndarray, (ny, nx)
        A new array.

    Raises
    ------
    ParameterError
        The result would not be finite.
    """
    higher, lower = (np.maximum, np.minimum) if up > 0 else (np.minimum, np.maximum)
    with np.errstate(over="ignore", invalid="ignore"):
        results = {
            "set": np.full_like(values, value),
            "add": values + value,
            "multiply": values * value,
            "raise_to": higher(values, value),
            "lower_to": lower(values, value),
        }
    result = np.where(mask, results[operation], values)
    if not np.all(np.isfinite(result)):
        raise ParameterError(
            f"{operation} {value:g} leaves values that are not finite",
            remedy="choose a smaller value",
        )
    return result


def _great_circle_points(start: Point, end: Point, step: float) -> list[Point]:
    a, b = unit_vectors(*start), unit_vectors(*end)
    angle = float(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))
    if angle < 1e-12:
        return [start, end]
    fractions = np.linspace(0.0, 1.0, max(2, int(np.ceil(angle / step)) + 1))[:, None]
    points = (np.sin((1 - fractions) * angle) * a + np.sin(fractions * angle) * b) / np.sin(angle)
    lon = np.rad2deg(np.arctan2(points[:, 1], points[:, 0]))
    lat = np.rad2deg(np.arcsin(np.clip(points[:, 2], -1.0, 1.0)))
    return [start, *zip(lon[1:-1].tolist(), lat[1:-1].tolist(), strict=True), end]


def _way(start: int, end: int, place: Float, seams: Seams) -> list[int]:
    """Cells from one to another through edges, a corner being no passage for water."""
    cells: list[int] = []
    here = start
    while here != end and len(cells) < sum(seams.shape):
        beside = np.array([seams.beside(np.array([here]), way)[0] for way in range(4)])
        beside = beside[beside >= 0]
        here = int(beside[np.argmin(np.sum((place[beside] - place[end]) ** 2, axis=1))])
        cells.append(here)
    return cells
