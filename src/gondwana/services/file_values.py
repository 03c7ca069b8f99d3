"""What a variable of a file can hold, and writing edited values into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.formats.netcdf import NETCDF_LOCK, open_netcdf
from gondwana.maps.fields import Field
from gondwana.steps.surfaces import HIGHEST

_MOST_TICKS = 200
_LONGEST_TICK = 40

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def allowed(field: Field, up: int, path: str) -> tuple[tuple[float, float], bool]:
    """Return what values may be, and whether they are whole numbers.

    Parameters
    ----------
    field : Field
    up : {1, -1, 0}
        As for `gondwana.steps.surfaces.Surface`.
    path : str
        The file of the field.
    """
    with NETCDF_LOCK, netCDF4.Dataset(path) as file:
        low, high = _representable(file.variables[field.name])
        whole = _is_whole(file.variables[field.name])
    said_low, said_high = _limits(field, up, path)
    return (max(low, said_low), min(high, said_high)), whole


def ticks(path: str) -> dict[str, list[str]]:
    """Return what the places along the dimensions of a file are called, where it tells them.

    Dimensions of more than 200 places, and coordinates that are not known throughout, are left out.
    """
    with NETCDF_LOCK, netCDF4.Dataset(path) as file:
        told = {
            name: np.ma.asarray(variable[:])
            for name, variable in file.variables.items()
            if variable.dimensions == (name,) and variable.size <= _MOST_TICKS
        }
    return {
        name: [_tick(value) for value in values.tolist()]
        for name, values in told.items()
        if not np.ma.is_masked(values)
    }


def _tick(value: object) -> str:
    return (f"{value:g}" if isinstance(value, float) else str(value))[:_LONGEST_TICK]


def _is_whole(variable: netCDF4.Variable[Any]) -> bool:
    packed = {"scale_factor", "add_offset"} & set(variable.ncattrs())
    return bool(np.issubdtype(variable.dtype, np.integer)) and not packed


def _representable(variable: netCDF4.Variable[Any]) -> tuple[float, float]:
    """Lowest and highest value that the file can hold."""
    if np.issubdtype(variable.dtype, np.integer):
        of_type = np.iinfo(variable.dtype)
        low, high = float(of_type.min), float(of_type.max)
    else:
        low, high = float(np.finfo(variable.dtype).min), float(np.finfo(variable.dtype).max)
    factor = float(getattr(variable, "scale_factor", 1.0))
    offset = float(getattr(variable, "add_offset", 0.0))
    ends = sorted((low * factor + offset, high * factor + offset))
    return ends[0], ends[1]


def _limits(field: Field, up: int, path: str) -> tuple[float, float]:
    """Return what values may be: as the file says, or as they are plainly meant."""
    attributes = open_netcdf(Path(path), choose=lambda file: file[[field.name]])[field.name].attrs
    said = attributes.get("valid_range")
    low, high = said if said is not None and np.size(said) == 2 else (None, None)
    low, high = attributes.get("valid_min", low), attributes.get("valid_max", high)
    if low is not None and high is not None and float(low) < float(high):
        return float(low), float(high)
    if up:
        return (0.0, HIGHEST) if up < 0 else (-HIGHEST, HIGHEST)
    known = field.values[np.isfinite(field.values)]
    is_share = known.size and known.min() >= 0.0 and known.max() <= 1.0 and field.unit == ""
    return (0.0, 1.0) if is_share else (-1e15, 1e15)


def overwrite(file: netCDF4.Dataset, field: Field, new: Array, changed: Mask) -> None:
    """Write new values; what has not changed keeps its bits.

    Parameters
    ----------
    file : Dataset
        Open for writing.
    field : Field
        Which slice of which variable.
    new : ndarray, (ny, nx)
    changed : ndarray of bool, (ny, nx)
        Where.

    Raises
    ------
    ParameterError
        The file cannot hold them.
    """
    variable = file.variables[field.name]
    chosen = {axis.name: axis.index for axis in field.axes}
    place = tuple(chosen.get(dim, slice(None)) for dim in variable.dimensions)
    stored = np.ma.asarray(variable[place])
    shape = stored.shape
    flat = stored.reshape(changed.shape) if stored.size == changed.size else None
    if flat is None:
        raise ParameterError("its dimensions are in an order that cannot be written back")
    flat[changed] = new[changed]
    variable[place] = flat.reshape(shape)
    if np.ma.getmaskarray(np.ma.asarray(variable[place])).reshape(changed.shape)[changed].any():
        raise ParameterError(
            "a new value is what this file writes where there is none",
            remedy="choose a value that is a little different",
        )
