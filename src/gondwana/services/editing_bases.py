"""What the editors begin with, read by the process that looks into files; and files made anew.

Arrays travel as one block of float64: values, longitudes, latitudes, areas, land. Of a grid of
straight rows and columns only its axes travel.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError, ParameterError
from gondwana.formats.netcdf import NETCDF_LOCK
from gondwana.maps.fields import Field, read_field
from gondwana.maps.grids import Curvilinear, Regular
from gondwana.maps.scales import is_relief
from gondwana.science.grid_seams import detect_topology
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import latitude_edges, longitude_edges, wrap_longitude
from gondwana.science.sub_basins import sub_basins
from gondwana.science.topology import Topology
from gondwana.services.file_values import allowed, overwrite, ticks
from gondwana.steps.apply import apply_edits
from gondwana.steps.contract import StepParameters, Task
from gondwana.steps.edits import Edit
from gondwana.steps.surfaces import HIGHEST, Surface, lonlat_surface

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Asked = Mapping[str, Any]
Base = tuple[dict[str, Any], bytes]

MOST_CELLS = 7_000_000
"""Cells of a field that can be edited: a globe at 0.1 degrees."""

MOST_TOUCHES = 2000
"""Edits of one file."""

_TOUCHED = "gondwana_touched"
"""Attribute of a file with its edits, and the checksum of the file beneath them."""
_LARGEST_LIST = 8 * 1024**2  # characters of that attribute
_EVEN = 1e-3  # of a step, within which rows or columns are evenly spaced
_BASINS = ("atlantic", "pacific", "indian")


def step_base(asked: Asked) -> Base:
    """Read what an interactive step edits: ``topography``, ``bathymetry`` or ``basins``."""
    face = asked["face"]
    task = Task(
        {"regridded": Path(asked["path"]), "raw_bathymetry": Path(asked["path"]),
         "bathy": Path(asked["path"]),
         **({"coordinates": Path(asked["beside"][0])} if asked["beside"] else {})},
        StepParameters(),
    )  # fmt: skip
    if face == "internal_oceans":
        field = task.topography("regridded")
        return _on_axes(
            field.values, field["lon"].values, field["lat"].values, {"unit": "m", "up": 1}
        )
    grid = task.grid()
    if face == "passage_problems":
        depth = task.bathymetry(grid, "raw_bathymetry").values
        return _on_ocean_grid(depth, grid, {"unit": "m", "up": -1})
    ocean = task.bathymetry(grid) > 0
    seeds = {
        name: tuple(tuple((float(x), float(y)) for x, y in one) for one in asked["seeds"][name])
        for name in _BASINS
    }
    codes = sub_basins(ocean, grid, seeds).codes.values.astype(np.float64)
    told, block = _on_ocean_grid(codes, grid, {"unit": "", "up": 0, "has_land": True})
    return told, block + np.ascontiguousarray(~ocean.values, np.float64).tobytes()


def variable_base(asked: Asked) -> Base:
    """Read a variable of any file, on its grid."""
    field = _field(asked)
    found = _oriented(field)
    up = 1 if is_relief(field) else -1 if field.name.lower() == "bathymetry" else 0
    limits, whole = allowed(field, up, asked["path"])
    about: dict[str, Any] = {
        "unit": field.unit, "up": up, "variable": field.name, "title": field.title,
        "index": {axis.name: axis.index for axis in field.axes if axis.size > 1},
        "limits": list(limits), "whole": whole, "ticks": ticks(asked["path"]),
    }  # fmt: skip
    if found is not None:
        rows, columns, lon, lat = found
        return _on_axes(field.values[np.ix_(rows, columns)], lon, lat, about)
    grid = field.grid
    if not isinstance(grid, Curvilinear):
        raise InputError(
            "does not tell where its cells lie, or they are not evenly spaced",
            remedy="give it longitudes and latitudes",
        )
    told = about | {
        "axes": "index", "shape": list(field.values.shape),
        "topology": _topology(detect_topology(grid.lon, grid.lat)),
    }  # fmt: skip
    return told, _bytes(field.values, grid.lon, grid.lat, grid.areas())


def touches(asked: Asked) -> Base:
    """Read the edits that a file was touched up with, and what lies beneath; nothing of others.

    A file whose values another program has changed since is one of others.
    """
    with NETCDF_LOCK, netCDF4.Dataset(asked["path"]) as file:
        said = getattr(file, _TOUCHED, "")
        values = _values_sha256(file) if said else ""
    try:
        told = json.loads(said) if isinstance(said, str) and len(said) <= _LARGEST_LIST else {}
        edits = [Edit.model_validate(edit) for edit in told["edits"][:MOST_TOUCHES]]
        beneath = str(told["beneath"])
        if told["values"] != values:
            return {}, b""
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}, b""
    plain = [edit.model_dump(mode="json", exclude_defaults=True) for edit in edits]
    return {"edits": plain, "beneath": beneath}, b""


def touched_file(asked: Asked) -> Base:
    """Make a file anew with all edits of its variables; returns its bytes."""
    edits = [Edit.model_validate(edit) for edit in asked["edits"]]
    if len(edits) > MOST_TOUCHES:
        raise ParameterError(
            f"a file takes at most {MOST_TOUCHES} edits", remedy="make fewer of them"
        )
    parts = [_edited(asked, part) for part in _by_slice(edits)]
    with TemporaryDirectory(prefix="gondwana-") as folder:
        copy = Path(folder) / "edited.nc"
        copy.write_bytes(Path(asked["path"]).read_bytes())
        try:
            with NETCDF_LOCK, netCDF4.Dataset(copy, "r+") as file:
                for part in parts:
                    overwrite(file, *part)
                _sign(file, asked)
        except (OSError, RuntimeError) as error:
            raise InputError(
                f"cannot be changed ({error})",
                remedy="save it as a NetCDF file that can be written",
            ) from None
        return {"cells": sum(int(changed.sum()) for _, _, changed in parts)}, copy.read_bytes()


def _by_slice(edits: list[Edit]) -> list[list[Edit]]:
    """Group edits by what they change, each group in its order."""
    groups: dict[str, list[Edit]] = {}
    for edit in edits:
        key = json.dumps([edit.variable, edit.index or {}], sort_keys=True)
        groups.setdefault(key, []).append(edit)
    return list(groups.values())


def _edited(asked: Asked, edits: list[Edit]) -> tuple[Field, Array, Mask]:
    """Return one slice of a variable, its values after its edits, and where they differ."""
    one = {**asked, "variable": edits[0].variable, "index": edits[0].index or {}}
    told, block = variable_base(one)
    surface, values = surface_of(told, np.frombuffer(block, np.float64))
    of_field = {"file": None, "variable": None, "index": None}  # this field, as it is known now
    edited = apply_edits(
        values, surface, [edit.model_copy(update=of_field) for edit in edits]
    ).values
    field = _field(one)
    found = _oriented(field)
    new = field.values.copy()
    if found is None:
        new = edited
    else:
        rows, columns, _, _ = found
        new[np.ix_(rows, columns)] = edited
    changed = new != field.values
    changed &= ~(np.isnan(new) & np.isnan(field.values))
    return field, new, changed


def surface_of(told: Mapping[str, Any], block: Array) -> tuple[Surface, Array]:
    """Put together what a base holds: the grid, and the values on it.

    Parameters
    ----------
    told : mapping
    block : ndarray of float64
    """
    ny, nx = told["shape"]
    size = ny * nx
    values = block[:size].reshape(ny, nx)
    limits = tuple(told.get("limits", (-HIGHEST, HIGHEST)))
    topology = Topology(**told["topology"])
    if told["axes"] == "lonlat":
        lon, lat = block[size : size + nx], block[size + nx : size + nx + ny]
        straight = lonlat_surface(lon, lat, up=told["up"], limits=limits)
        return replace(straight, whole=bool(told.get("whole"))), values
    lon, lat, area = (block[k * size : (k + 1) * size].reshape(ny, nx) for k in (1, 2, 3))
    land = block[4 * size : 5 * size].reshape(ny, nx) > 0 if told.get("has_land") else None
    return Surface(
        lon,
        lat,
        topology,
        told["up"],
        area=area,
        land=land,
        limits=limits,
        whole=bool(told.get("whole")),
    ), values


QUESTIONS: dict[str, Callable[[Asked], Base]] = {
    "step_base": step_base,
    "variable_base": variable_base,
    "touches": touches,
    "touched_file": touched_file,
}
"""What can be asked of this part."""


def _on_axes(values: Array, lon: Array, lat: Array, about: dict[str, Any]) -> Base:
    told = about | {
        "axes": "lonlat", "shape": list(values.shape),
        "topology": _topology(Topology()),
        "lon_edges": [float(edge) for edge in longitude_edges(lon)[[0, -1]]],
        "lat_edges": [float(edge) for edge in latitude_edges(lat)[[0, -1]]],
    }  # fmt: skip
    if not (_is_even(lon, 360.0 / lon.size) and _is_even(lat, 0.0)):
        x, y = np.meshgrid(lon, lat)
        grid = Curvilinear(x, y)
        area = Regular(lon, lat).areas()
        told |= {"axes": "index"}
        return told, _bytes(values, grid.lon, grid.lat, area)
    return told, _bytes(values, lon, lat)


def _on_ocean_grid(values: Array, grid: OceanGrid, about: dict[str, Any]) -> Base:
    told = about | {
        "axes": "index", "shape": list(values.shape), "topology": _topology(grid.topology),
    }  # fmt: skip
    return told, _bytes(grid.topology.synchronise(values), grid.lon, grid.lat, grid.area)


def _topology(topology: Topology) -> dict[str, Any]:
    return {"periodic": topology.periodic, "halo": topology.halo, "fold": topology.fold}


def _bytes(*arrays: Array) -> bytes:
    return b"".join(np.ascontiguousarray(array, np.float64).tobytes() for array in arrays)


def _is_even(axis: Array, step: float) -> bool:
    steps = np.diff(axis)
    wanted = step or float(np.median(steps))
    return bool(np.all(np.abs(steps - wanted) <= _EVEN * wanted))


def _field(asked: Asked) -> Field:
    beside = [Path(path) for path in asked["beside"]]
    field = read_field(Path(asked["path"]), asked["variable"], asked["index"], beside, MOST_CELLS)
    strange = asked["index"].keys() - {axis.name for axis in field.axes}
    if strange:
        raise ParameterError(
            f"'{field.name}' has no dimension '{min(strange)}'", remedy="choose a slice that it has"
        )
    if field.step > 1:
        raise InputError(
            f"has {field.shape[0]} x {field.shape[1]} cells",
            remedy="coarsen it before it is edited",
        )
    return field


def _oriented(field: Field) -> tuple[Any, Any, Array, Array] | None:
    """Order of rows and columns, southern row first and longitudes from -180; None without axes."""
    grid = field.grid
    if not isinstance(grid, Regular):
        return None
    lon = np.asarray(wrap_longitude(grid.lon), dtype=np.float64)
    columns, rows = np.argsort(lon, kind="stable"), np.argsort(grid.lat, kind="stable")
    if lon.size < 2 or np.diff(lon[columns]).min() <= 0.0:
        return None
    return rows, columns, lon[columns], grid.lat[rows].astype(np.float64)


def _values_sha256(file: netCDF4.Dataset) -> str:
    """Return the checksum of all values, as they are stored."""
    found = hashlib.sha256()
    file.set_auto_maskandscale(False)
    for name, variable in sorted(file.variables.items()):
        found.update(f"{name} {variable.dtype} {variable.shape} ".encode())
        values = np.asarray(variable[:])
        # of texts an array holds only where they are
        raw = str(values.tolist()).encode() if values.dtype.hasobject else values.tobytes()
        found.update(raw)
    return found.hexdigest()


def _sign(file: netCDF4.Dataset, asked: Asked) -> None:
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    try:
        before = json.loads(getattr(file, "gondwana_edits", "[]") or "[]")
    except (ValueError, TypeError, RecursionError):
        before = []  # of another program
    edits = [*(before if isinstance(before, list) else []), *asked["edits"]]
    file.setncattr("gondwana_edits", json.dumps(edits, sort_keys=True))
    if asked["edits"]:
        touched = {
            "beneath": asked["beneath"], "edits": asked["edits"], "values": _values_sha256(file),
        }  # fmt: skip
        file.setncattr(_TOUCHED, json.dumps(touched, sort_keys=True))
    line = f"{now}: {len(asked['edits'])} edits of {asked['variable']} by {asked['author']}"
    history = getattr(file, "history", "")
    file.setncattr("history", f"{line}\n{history}" if history else line)
