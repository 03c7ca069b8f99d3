"""What is found in files: whether they can be used, and how two of them differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.formats.atmosphere_grids import read_atmosphere_grid
from gondwana.formats.candidates import UnclearError, candidates_in
from gondwana.formats.maps import read_map
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.formats.provenance import arrays_sha256
from gondwana.formats.topography import read_topography
from gondwana.steps import regrid
from gondwana.steps.execute import validated
from gondwana.steps.running.regrid import require_globe

Found = dict[str, Any]

_LITTLE = 0.001  # share of the globe


def look(kind: str, path: Path, reading: Mapping[str, Any]) -> Found:
    """Find out whether a file can be used as a kind, and what is in it.

    Parameters
    ----------
    kind : str
    path : Path
    reading : mapping
        For a topography: parameters of the step ``regrid``.

    Raises
    ------
    InputError, ParameterError
        It cannot.
    """
    match kind:
        case "source":
            return _topography(path, reading)
        case "ocean_grid_file":
            grid = read_ocean_grid(path)
            return _others(path, _grid("an ocean grid", grid.shape, "cells", grid.turned))
        case "atmosphere_grid":
            points = read_atmosphere_grid(path)
            told = _grid("a grid of the atmosphere", points.shape, "points", points.turned)
            return _others(path, told)
        case "soil_map":
            return _map(path, ("soilcolor", "soiltext"))
        case "biome_map":
            return _map(path, ("biome",))
    return _others(path, [])


def consider(kind: str, path: Path, reading: Mapping[str, Any]) -> Found:
    """Find out what a file is, whether it can be used as a kind, and what a person could choose.

    Returns
    -------
    dict
        ``found``: as of `look`, or None if it cannot be used so; ``problem``: why not, as in an
        error, with ``about``, the parameter of ``regrid`` that could mend it, or None;
        ``variables`` and ``coordinates``: what can be chosen in a topography.
    """
    told: Found = {"found": None, "problem": None, "variables": [], "coordinates": []}
    try:
        told["found"] = look(kind, path, reading)
    except (InputError, ParameterError) as error:
        told["problem"] = {
            "problem": error.problem,
            "remedy": error.remedy,
            "where": error.where,
            "about": getattr(error, "about", ""),
        }
    if kind == "source":
        with suppress(InputError):
            choices = candidates_in(path)
            told["variables"] = [asdict(one) for one in choices.variables]
            told["coordinates"] = [asdict(one) for one in choices.coordinates]
    return told


def compare(first: Path, second: Path) -> Found:
    """Tell in which variables two files differ, in how many values, and by how much at most."""
    one, other = open_netcdf(first), open_netcdf(second)
    names = sorted({str(name) for name in (*one.variables, *other.variables)})
    return {
        "same": arrays_sha256(one) == arrays_sha256(other),
        "variables": [_difference(name, one, other) for name in names],
    }


def _topography(path: Path, reading: Mapping[str, Any]) -> Found:
    chosen: regrid.RegridParameters = validated(regrid.STEP, reading)  # type: ignore[assignment]
    file = read_topography(
        path, chosen.variable, chosen.lon, chosen.lat, units=chosen.units, missing=chosen.missing
    )
    topography, layout = file.topography, file.layout
    try:
        require_globe(topography)
    except InputError as error:
        raise error.at(f"{path}, variable '{layout.variable}'") from None
    lowest, highest = float(topography.min()), float(topography.max())
    if lowest > 0:
        raise UnclearError(
            "variable",
            "has no ocean: every cell lies above 0 m",
            remedy="check that depths are negative, or choose another variable",
            where=f"{path}, variable '{layout.variable}'",
        )
    area = np.cos(np.deg2rad(topography["lat"].values))
    is_land = (topography.values > 0).mean(axis=1)
    land = float(np.average(is_land, weights=area))
    return {
        "variable": layout.variable,
        "longitude": chosen.lon or layout.lon_name,
        "latitude": chosen.lat or layout.lat_name,
        "rows": topography.sizes["lat"],
        "columns": topography.sizes["lon"],
        "land": land,
        "lowest": lowest,
        "highest": highest,
        "row_step": float(np.median(np.abs(np.diff(layout.lat)))),
        "column_step": float(np.median(np.abs(np.diff(np.unwrap(layout.lon, period=360.0))))),
        "south_first": bool(layout.lat[0] < layout.lat[-1]),
        "west": float(layout.lon.min()),
        "east": float(layout.lon.max()),
        "transposed": layout.transposed,
        "notes": list(file.notes),
        "doubts": _doubts(land),
    }


def _doubts(land: float) -> list[str]:
    """Tell what speaks against a topography that can be used nevertheless."""
    check = "check the variable, its unit and its sign"
    if land == 0:
        return [f"there is no land: no cell lies above 0 m; {check}"]
    if land < _LITTLE:
        return [f"there is hardly any land: {land:.2g} of the globe lies above 0 m; {check}"]
    if land > 1 - _LITTLE:
        return [f"there is hardly any ocean: {1 - land:.2g} of the globe lies below 0 m; {check}"]
    return []


def _map(path: Path, names: tuple[str, ...]) -> Found:
    return _others(path, [f"a map of {', '.join(read_map(path, names))}"])


def _grid(what: str, shape: tuple[int, int], of: str, turned: int) -> list[str]:
    notes = [f"{what} of {shape[0]} x {shape[1]} {of}"]
    if turned:
        notes.append(f"corners of {turned} cells ran clockwise and are turned")
    return notes


def _others(path: Path, notes: list[str]) -> Found:
    dataset = open_netcdf(path)
    return {"variables": sorted(str(name) for name in dataset.data_vars), "notes": notes}


def _difference(name: str, one: xr.Dataset, other: xr.Dataset) -> Found:
    if name not in one.variables or name not in other.variables:
        found = "only in the first" if name in one.variables else "only in the second"
        return {"name": name, "outcome": found, "cells": 0, "changed": 0, "largest": None}
    a, b = one[name].variable, other[name].variable
    told: Found = {"name": name, "cells": int(a.size), "changed": 0, "largest": None}
    if a.dims != b.dims or a.shape != b.shape:
        return told | {"outcome": "another shape"}
    if not (np.issubdtype(a.dtype, np.number) and np.issubdtype(b.dtype, np.number)):
        changed = int(np.sum(a.values != b.values))
        return told | {"outcome": "differs" if changed else "same", "changed": changed}
    apart = a.values != b.values
    if np.issubdtype(a.dtype, np.floating) and np.issubdtype(b.dtype, np.floating):
        apart &= ~(np.isnan(a.values) & np.isnan(b.values))
    if not apart.any():
        return told | {"outcome": "same"}
    with np.errstate(invalid="ignore"):  # infinities
        both = np.abs(a.values[apart].astype(np.float64) - b.values[apart].astype(np.float64))
    finite = both[np.isfinite(both)]
    largest = float(finite.max()) if finite.size else None
    return told | {"outcome": "differs", "changed": int(apart.sum()), "largest": largest}


QUESTIONS: dict[str, Callable[[Mapping[str, Any]], Found]] = {
    "offer": lambda asked: consider(asked["kind"], Path(asked["path"]), asked["reading"]),
    "file": lambda asked: look(asked["kind"], Path(asked["path"]), asked["reading"]),
    "difference": lambda asked: compare(Path(asked["first"]), Path(asked["second"])),
}
