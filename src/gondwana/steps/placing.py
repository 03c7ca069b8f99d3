"""Which cells of a grid a place names, and how cells are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.science.components import Index, Mask, label
from gondwana.science.edits import along_line
from gondwana.science.sphere import EARTH_RADIUS, unit_vectors, wrap_longitude
from gondwana.steps.edits import MOST_CELLS, Place, Point
from gondwana.steps.surfaces import Only, Surface

Float = npt.NDArray[np.float64]

_POLE = 90.0
_REACH = 1.5  # sides of a cell, as far as its corners may be from its centre
_ALIKE = 1.5  # times larger or smaller, up to which the cells of two grids stand for each other


def cells_at(points: Sequence[Point], surface: Surface) -> Index:
    """Find the cells (flat, no copies) at places.

    Parameters
    ----------
    points : sequence of (longitude, latitude)
        Degrees.
    surface : Surface

    Raises
    ------
    ParameterError
        One of them lies beyond the grid.
    """
    cells = surface.places.nearest(points)
    beyond = are_beyond(points, cells, surface)
    if beyond.any():
        lon, lat = points[int(np.argmax(beyond))]
        raise ParameterError(
            f"{lat:g} degrees north, {lon:g} east lies beyond the grid",
            remedy="choose a place on it",
        )
    return surface.owners.flat[cells] if surface.topology.has_copies else cells


def are_beyond(points: Sequence[Point] | Float, cells: Index, surface: Surface) -> Mask:
    """Tell which places lie beyond the grid, whose nearest cells are given.

    Parameters
    ----------
    points : sequence of (longitude, latitude)
        Degrees.
    cells : ndarray of int64
    surface : Surface
    """
    lon, lat = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
    if surface.places.is_straight:
        return np.abs(lat) > _POLE
    there = unit_vectors(surface.lon.flat[cells], surface.lat.flat[cells])
    away = np.linalg.norm(unit_vectors(lon, lat) - there, axis=-1)
    reach = _REACH * np.sqrt(surface.area.flat[cells]) / EARTH_RADIUS
    return np.asarray((np.abs(lat) > _POLE) | (away > reach), dtype=np.bool_)


def cells_place(surface: Surface, cells: Index) -> Place:
    """Name cells by their centres and their size.

    Parameters
    ----------
    surface : Surface
    cells : ndarray of int64
        Flat, one or more.

    Raises
    ------
    ParameterError
        They are too many to be named one by one.
    """
    if surface.topology.has_copies:
        cells = np.unique(surface.owners.flat[cells])
    if cells.size > MOST_CELLS:
        raise ParameterError(
            f"holds {cells.size} cells",
            remedy=f"draw a smaller shape: up to {MOST_CELLS} are named one by one",
        )
    lon, lat = wrap_longitude(surface.lon.flat[cells]), surface.lat.flat[cells]
    points = tuple(zip(lon.tolist(), lat.tolist(), strict=True))
    return Place(cells=points, size=float(f"{_size(surface, int(cells[0])):.4g}"))


def _size(surface: Surface, cell: int) -> float:
    """Side of a square as large as a cell, degrees of arc."""
    return float(np.rad2deg(np.sqrt(surface.area.flat[cell]) / EARTH_RADIUS))


def selected(
    place: Place, surface: Surface, values: Float, only: Only = "all", width: int = 1
) -> Mask:
    """Tell which cells a place names.

    Parameters
    ----------
    place : Place
    surface : Surface
    values : ndarray, (ny, nx)
        The field as it stands: ranges of values and connected regions depend on it.
    only : {"all", "land", "ocean"}
    width : int
        Cells across a line.

    Returns
    -------
    ndarray of bool, (ny, nx)
        The same for all copies of a cell.

    Raises
    ------
    ParameterError
        The place cannot be found on this field.
    """
    if place.parts is None:
        mask = _simple(place, surface, values, width)
    else:
        mask = np.zeros(surface.shape, dtype=np.bool_)
        for part in place.parts:
            if part.at is None:
                mask = ~mask
                continue
            other = _simple(part.at, surface, values, 1)
            if part.how == "add":
                mask = mask | other
            else:
                mask = mask & (other if part.how == "intersect" else ~other)
    if only != "all":
        mask = mask & (surface.ocean(values) == (only == "ocean"))
    return mask


def _simple(place: Place, surface: Surface, values: Float, width: int) -> Mask:
    places, topology = surface.places, surface.topology
    if place.line is not None:
        return along_line(place.line, surface.lon, surface.lat, topology, width, places)
    if place.region is not None:
        return _region(place.region, place.of, surface, values)
    if place.box is not None:
        mask = places.in_box(place.box)
    elif place.polygon is not None:
        mask = places.in_polygon(place.polygon)
    elif place.stroke is not None:
        mask = places.under_brush(place.stroke.points, place.stroke.radius)
    elif place.values is not None:
        low, high = place.values
        mask = (values >= low) & (values <= high)
    else:
        points = place.cells if place.cells is not None else (place.point,)
        cells = cells_at([point for point in points if point is not None], surface)
        _refuse_other_sizes(place.size, surface, int(cells[0]))
        mask = np.zeros(surface.shape, dtype=np.bool_)
        mask.flat[cells] = True
    return topology.synchronise(mask)


def _refuse_other_sizes(chosen: float | None, surface: Surface, cell: int) -> None:
    """Refuse cells that were chosen one by one where cells are much larger or smaller."""
    here = _size(surface, cell)
    if chosen is not None and not chosen / _ALIKE <= here <= chosen * _ALIKE:
        raise ParameterError(
            f"names cells {chosen:.2g} degrees wide, and those of this grid are {here:.2g} wide",
            remedy="choose them again on this grid",
        )


def _region(
    point: tuple[float, float], of: Literal["land", "ocean"] | None, surface: Surface, values: Float
) -> Mask:
    """All that is connected with a point: the same sea, land, basin, or all that has a value."""
    cell = int(cells_at([point], surface)[0])
    if not np.isfinite(values.flat[cell]):
        raise ParameterError("there is no value at this place", remedy="choose another one")
    if of is not None and surface.ocean(values).flat[cell] != (of == "ocean"):
        found = "land" if of == "ocean" else "ocean"
        raise ParameterError(
            f"means {of}, and there is {found} at this place", remedy="choose another place"
        )
    if surface.codes:
        alike = values == values.flat[cell]
    elif surface.up or surface.land is not None:
        ocean = surface.ocean(values)
        alike = (ocean if ocean.flat[cell] else ~ocean) & np.isfinite(values)
    else:
        alike = np.isfinite(values)
    labels, _ = label(alike, surface.topology)
    return np.asarray(labels == labels.flat[cell], dtype=np.bool_)
