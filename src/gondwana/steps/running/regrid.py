"""What the step ``regrid`` does: read the topography and bring it to the working grid."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gondwana.errors import InputError
from gondwana.formats.topography import TopographyFile, read_topography
from gondwana.science.regrid import regrid, regular_axes
from gondwana.science.sphere import latitude_edges, wrap_longitude
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import with_axis_attributes
from gondwana.steps.regrid import RegridParameters

_GAP = 1.5  # of a usual row or column, from which something is missing in between
_SAME = 1e-6  # degrees within which two grids are the same grid


def run(task: Task) -> Outcome:
    """Read, normalise, refuse what is not a whole globe with an ocean, and regrid."""
    chosen: RegridParameters = task.parameters
    file = read_topography(
        task.inputs["source"],
        chosen.variable,
        chosen.lon,
        chosen.lat,
        units=chosen.units,
        missing=chosen.missing,
    )
    where = f"{task.inputs['source']}, variable '{file.layout.variable}'"
    try:
        require_globe(file.topography)
        regridded, note = _on_working_grid(file, chosen)
        _require_ocean(regridded)
    except InputError as error:
        raise error.at(where) from None
    return Outcome(
        {"regridded": with_axis_attributes(regridded.to_dataset())}, notes=(*file.notes, note)
    )


def require_globe(topography: xr.DataArray) -> None:
    """Refuse a topography that leaves out a part of the globe.

    Raises
    ------
    InputError
        With the limits of what the file covers.
    """
    lat, lon = topography["lat"].values, topography["lon"].values
    remedy = "give a topography of the whole globe"
    rows = np.diff(lat)
    if rows.max() > _GAP * np.median(rows):
        j = int(np.argmax(rows))
        problem = f"has no rows between {lat[j]:g} and {lat[j + 1]:g} degrees north"
        raise InputError(problem, remedy=remedy)
    columns = np.diff(np.append(lon, lon[0] + 360.0))
    if columns.max() > _GAP * np.median(columns):
        i = int(np.argmax(columns))
        east = wrap_longitude(lon[i] + columns[i])
        problem = f"has no columns between {lon[i]:g} and {east:g} degrees east"
        raise InputError(problem, remedy=remedy)
    edges = latitude_edges(lat)
    if (edges[0], edges[-1]) != (-90.0, 90.0):
        problem = f"covers only {edges[0]:g} to {edges[-1]:g} degrees north"
        raise InputError(problem, remedy=remedy)


def _on_working_grid(file: TopographyFile, chosen: RegridParameters) -> tuple[xr.DataArray, str]:
    topography = file.topography
    lat, lon = topography["lat"].values, topography["lon"].values
    own = f"{lat.size} x {lon.size} cells"
    if chosen.resolution == "native":
        return topography, f"kept on its own grid of {own}"
    axes = regular_axes(chosen.resolution)
    if _same(axes.lat, lat) and _same(axes.lon, lon):
        return topography, f"is on the working grid of {own} already"
    regridded = regrid(topography, axes.lat, axes.lon, chosen.method)
    regridded.attrs = topography.attrs
    return (
        regridded.rename("topography"),
        f"regridded ({chosen.method}) from {own} to {axes.lat.size} x {axes.lon.size} cells of "
        f"{axes.step_lat:g} x {axes.step_lon:g} degrees",
    )


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.size == other.size and bool(np.all(np.abs(one - other) < _SAME))


def _require_ocean(topography: xr.DataArray) -> None:
    if not bool((topography.values <= 0).any()):
        raise InputError(
            "has no ocean: every cell lies above 0 m",
            remedy="check that depths are negative, or choose another variable",
        )
