"""Reading one field of a file: a variable over two dimensions, with the places of its cells.

Files come from anywhere. What is large is thinned out while it is read, what is missing stays
missing (NaN), and where the places are unknown or make no sense, rows and columns stand for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.formats.netcdf import open_netcdf
from gondwana.maps.coordinates import Places, find_places
from gondwana.maps.grids import Grid, Indexed
from gondwana.maps.header import header_of

Array = npt.NDArray[np.float64]

MOST_CELLS = 4_000_000
"""Cells that are read of a field; of larger ones only every second, third … row and column."""


@dataclass(frozen=True)
class Axis:
    """A dimension that a field is a slice of."""

    name: str
    size: int
    index: int


@dataclass(frozen=True)
class Field:
    """A variable over two dimensions.

    Attributes
    ----------
    name, title, unit : str
    values : ndarray of float64, (ny, nx)
        In the file's own order; NaN where missing.
    grid : Grid
        Places of the cells.
    axes : tuple of Axis
        Other dimensions of the variable, and which slice was taken.
    shape : tuple of int
        Rows and columns in the file.
    step : int
        Every how many rows and columns were read.
    """

    name: str
    title: str
    unit: str
    values: Array
    grid: Grid
    axes: tuple[Axis, ...]
    shape: tuple[int, int]
    step: int

    @property
    def has_places(self) -> bool:
        """Whether the cells lie somewhere on the globe."""
        return not isinstance(self.grid, Indexed)

    def at(self, lon: Array, lat: Array) -> Array:
        """Values of the cells at places in degrees; NaN where there is none."""
        return self.take(self.grid.cells(lon, lat))

    def take(self, cells: npt.NDArray[np.int64]) -> Array:
        """Values of cells by their flat indices; NaN for -1."""
        return np.append(self.values.ravel(), np.nan)[cells]


@dataclass(frozen=True)
class _Plan:
    """The variable that is to be read: its name, the sizes of its dimensions, its own places."""

    name: str
    sizes: dict[str, int]
    places: Places | None

    @property
    def dims(self) -> tuple[str, str]:
        """The last dimensions that are longer than one; no name stands for a length of one."""
        long = [dim for dim, size in self.sizes.items() if size > 1] or list(self.sizes)[-1:]
        rows, columns = ["", "", *long][-2:]
        return rows, columns

    def size(self, dim: str) -> int:
        return self.sizes[dim] if dim else 1


def read_field(
    path: Path,
    variable: str = "",
    index: Mapping[str, int] | None = None,
    beside: Sequence[Path] = (),
    most_cells: int = MOST_CELLS,
) -> Field:
    """Read a field.

    Parameters
    ----------
    path : Path
        A NetCDF file.
    variable : str
        By default the one to draw first.
    index : mapping of str to int, optional
        Which slice of other dimensions to take, from 0; the first by default.
    beside : sequence of Path
        Files that may know the places if this one does not: ocean coordinates, OASIS grids.
    most_cells : int
        How many cells to read at most.

    Raises
    ------
    InputError
        It cannot be read, or there is nothing to draw.
    ParameterError
        No such variable or slice.
    """
    plan = _planned(path, variable)
    places = plan.places or _found_beside(plan, beside)
    dims = places.dims if places else plan.dims
    shape = (plan.size(dims[0]), plan.size(dims[1]))
    step = _step(shape, most_cells)
    axes = _axes(plan, dims, index or {})

    def chosen(file: xr.Dataset) -> xr.Dataset:
        taken = file[plan.name].isel({axis.name: axis.index for axis in axes})
        thin = {dim: slice(None, None, step) for dim in dims if dim}
        return taken.isel(thin).to_dataset(name="field").reset_coords(drop=True)

    data = open_netcdf(path, choose=chosen)["field"]
    values = data.transpose(*(dim for dim in dims if dim)).values.astype(np.float64)
    values = values.reshape(tuple(len(range(0, size, step)) for size in shape))
    values[~np.isfinite(values)] = np.nan
    attributes = data.attrs
    unit = str(attributes.get("units", ""))[:60]
    return Field(
        name=plan.name,
        title=str(attributes.get("long_name") or attributes.get("standard_name") or "")[:200],
        unit="" if unit in {"1", "-", "none"} else unit,
        values=values,
        grid=places.grid(step) if places else Indexed((values.shape[0], values.shape[1])),
        axes=axes,
        shape=shape,
        step=step,
    )


def _check_variable(file: xr.Dataset, name: str, where: str) -> None:
    if not name:
        raise InputError("has no numbers to draw", remedy="choose another file", where=where)
    if name not in file.variables:
        raise ParameterError(f"there is no variable '{name}'", remedy="choose one of the list")
    if file[name].dtype.kind not in "iufb" or file[name].ndim == 0 or file[name].size == 0:
        raise ParameterError(
            f"the variable '{name}' is no field of numbers", remedy="choose another"
        )


def _planned(path: Path, variable: str) -> _Plan:
    plans: list[_Plan] = []

    def looked(file: xr.Dataset) -> xr.Dataset:
        name = variable or header_of(file).best
        _check_variable(file, name, str(path))
        sizes = {str(dim): int(size) for dim, size in file[name].sizes.items()}
        plans.append(_Plan(name, sizes, find_places(file, name)))
        return xr.Dataset()

    open_netcdf(path, choose=looked)
    return plans[0]


def _axes(plan: _Plan, dims: tuple[str, str], index: Mapping[str, int]) -> tuple[Axis, ...]:
    others = [dim for dim in plan.sizes if dim not in dims]
    axes = tuple(Axis(dim, plan.sizes[dim], index.get(dim, 0)) for dim in others)
    for axis in axes:
        if not 0 <= axis.index < axis.size:
            raise ParameterError(
                f"'{axis.name}' has no slice {axis.index}",
                remedy=f"choose from 0 to {axis.size - 1}",
            )
    return axes


def _step(shape: tuple[int, int], most_cells: int) -> int:
    step = 1
    while -(-shape[0] // step) * -(-shape[1] // step) > most_cells:
        step += 1
    return step


def _found_beside(plan: _Plan, beside: Sequence[Path]) -> Places | None:
    """Look for the places of a variable in other files: by its prefix (OASIS), else by shape."""
    shape = (plan.size(plan.dims[0]), plan.size(plan.dims[1]))
    places: list[Places | None] = []

    def looked(other: xr.Dataset) -> xr.Dataset:
        places.append(find_places(other, plan.name, shape, plan.dims))
        return xr.Dataset()

    for path in beside:
        with suppress(InputError):  # it matters to whoever looks at that file
            open_netcdf(path, choose=looked)
    return next((found for found in places if found is not None), None)
