"""One field less another: where, how much, and on how much of the globe they differ."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gondwana.maps.fields import Field
from gondwana.maps.grids import Curvilinear, Indexed, Regular

Array = npt.NDArray[np.float64]

_SAME_PLACE = 1e-4  # degrees by which the same centre may differ, as single precision does


@dataclass(frozen=True)
class Difference:
    """The second field less the first, at the cells of the first.

    Attributes
    ----------
    field : Field
        NaN where either is missing.
    same_grid : bool
        Otherwise the second was sampled at the first's cells.
    cells, changed : int
        Cells of the first, and those whose value differs or is missing in one alone.
    share : float
        Of the area that changed, from 0 to 1.
    largest : float or None
        The difference that is largest, with its sign.
    place : tuple of float or None
        Its longitude and latitude (column and row if the field has no places).
    """

    field: Field
    same_grid: bool
    cells: int
    changed: int
    share: float
    largest: float | None
    place: tuple[float, float] | None


def difference(first: Field, second: Field, area: Array) -> Difference:
    """Compare two fields.

    Parameters
    ----------
    first, second : Field
    area : ndarray, (ny, nx)
        Of the cells of the first.
    """
    same = _same_grid(first, second)
    other = second.values if same else _sampled(first, second)
    apart = other - first.values
    changed = (other != first.values) & ~(np.isnan(other) & np.isnan(first.values))
    size = np.abs(np.nan_to_num(apart))
    cell = int(np.argmax(size))
    found = size.flat[cell] > 0
    total = float(area.sum())
    return Difference(
        field=replace(first, title=first.title, values=apart),
        same_grid=same,
        cells=int(first.values.size),
        changed=int(changed.sum()),
        share=float(area[changed].sum()) / total if total else 0.0,
        largest=float(apart.flat[cell]) if found else None,
        place=first.grid.place(cell) if found else None,
    )


def _same_grid(first: Field, second: Field) -> bool:
    a, b = first.grid, second.grid
    if first.values.shape != second.values.shape or first.step != second.step:
        return False
    if isinstance(a, Indexed) and isinstance(b, Indexed):
        return True
    pairs = (Regular, Curvilinear)
    if not (isinstance(a, pairs) and type(a) is type(b) and isinstance(b, pairs)):
        return False
    away = np.abs((a.lon - b.lon + 180.0) % 360.0 - 180.0)
    near = (np.nan_to_num(away) <= _SAME_PLACE).all()
    return bool(near and (np.nan_to_num(np.abs(a.lat - b.lat)) <= _SAME_PLACE).all())


def _sampled(first: Field, second: Field) -> Array:
    """Values of the second at the centres of the first, if both lie somewhere; else by index."""
    grid = first.grid
    if isinstance(grid, Regular) and second.has_places:
        lon, lat = np.meshgrid(grid.lon, grid.lat)
        return second.at(lon, lat)
    if isinstance(grid, Curvilinear) and second.has_places:
        return second.at(grid.lon, grid.lat)
    ny, nx = first.values.shape
    rows, columns = second.values.shape
    return second.values[np.ix_(np.arange(ny) * rows // ny, np.arange(nx) * columns // nx)]
