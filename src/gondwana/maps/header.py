"""What a file says of itself: its dimensions, variables and attributes, in plain bounded text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from gondwana.formats.netcdf import open_netcdf
from gondwana.maps.contents import Header, VariableHeader

MOST_VARIABLES = 500
MOST_ATTRIBUTES = 100
LONGEST_TEXT = 2000
"""Letters of an attribute that are told; what is longer is cut."""

_SIGNATURES = {
    b"CDF\x01": "NetCDF-3 classic",
    b"CDF\x02": "NetCDF-3, 64-bit offset",
    b"CDF\x05": "NetCDF-3, 64-bit data",
}
_COORDINATE_UNITS = ("degrees_north", "degrees_east", "degree_north", "degree_east")
_COORDINATE_NAMES = {
    "lat", "lon", "latitude", "longitude", "nav_lat", "nav_lon", "navlat", "navlon", "nav_lev",
    "time", "time_counter", "time_steps",
}  # fmt: skip


def read_header(path: Path) -> Header:
    """Read all of a file but its values.

    Raises
    ------
    InputError
        It is not NetCDF, or is damaged.
    """
    headers: list[Header] = []

    def told(file: xr.Dataset) -> xr.Dataset:
        headers.append(header_of(file, _format(path)))
        return xr.Dataset()

    open_netcdf(path, mask=False, choose=told)
    return headers[0]


def header_of(file: xr.Dataset, written_as: str = "") -> Header:
    """Tell what an open file holds."""
    names = list(file.variables)[:MOST_VARIABLES]
    variables = tuple(_variable(str(name), file.variables[name]) for name in names)
    return Header(
        format=written_as,
        dimensions=tuple((_text(name), int(size)) for name, size in file.sizes.items()),
        variables=variables,
        attributes=_attributes(file.attrs),
        best=_best(variables),
    )


def _best(variables: tuple[VariableHeader, ...]) -> str:
    """Choose a variable over two dimensions that is no coordinate, or what comes next to that."""

    def rank(variable: VariableHeader) -> tuple[bool, bool]:
        flat = sum(size > 1 for size in variable.shape) < 2
        return flat, variable.coordinate

    drawable = [variable for variable in variables if variable.drawable]
    return min(drawable, key=rank).name if drawable else ""


def _variable(name: str, variable: xr.Variable) -> VariableHeader:
    attributes = {**variable.attrs, **_encoded(variable)}
    is_number = variable.dtype.kind in "iuf" or variable.dtype.kind == "b"
    unit = _text(attributes.get("units", ""))
    return VariableHeader(
        name=name,
        dtype=str(variable.dtype),
        dimensions=tuple(_text(dim) for dim in variable.dims),
        shape=tuple(int(size) for size in variable.shape),
        title=_text(attributes.get("long_name") or attributes.get("standard_name") or ""),
        unit="" if unit == "1" else unit,
        attributes=_attributes(attributes),
        drawable=is_number and variable.ndim > 0 and variable.size > 0,
        coordinate=_is_coordinate(name, variable, unit),
    )


def _is_coordinate(name: str, variable: xr.Variable, unit: str) -> bool:
    lower = name.lower()
    return (
        (variable.ndim == 1 and variable.dims[0] == name)
        or lower in _COORDINATE_NAMES
        or unit.lower() in _COORDINATE_UNITS
        or lower.endswith(("_bnds", "_bounds", ".lon", ".lat", ".clo", ".cla"))
        or lower.startswith(("bounds_", "glam", "gphi"))
    )


def _encoded(variable: xr.Variable) -> Mapping[str, Any]:
    kept = ("coordinates", "scale_factor", "add_offset")
    return {name: variable.encoding[name] for name in kept if name in variable.encoding}


def _attributes(attributes: Mapping[Any, Any]) -> tuple[tuple[str, str], ...]:
    pairs = list(attributes.items())[:MOST_ATTRIBUTES]
    return tuple((_text(name), _text(value)) for name, value in pairs)


def _text(value: Any) -> str:
    """Write any attribute so that it can be shown: no control letters, not too long."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, np.ndarray):
        more = " …" if value.size > 50 else ""
        value = ", ".join(str(part) for part in value.ravel()[:50]) + more
    text = str(value)
    cut = text[:LONGEST_TEXT] + (" …" if len(text) > LONGEST_TEXT else "")
    kept = (c if c.isprintable() or c in "\n\t" else "\ufffd" for c in cut)
    return "".join(kept).strip()


def _format(path: Path) -> str:
    with path.open("rb") as file:
        return _SIGNATURES.get(file.read(4), "NetCDF-4 (HDF5)")
