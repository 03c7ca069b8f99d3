"""What the step ``ocean_grid`` does: a grid with its poles on land, or the person's own grid."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.science.checks import Check
from gondwana.science.grid_poles import place_poles
from gondwana.science.ocean_grid import OceanGrid, coordinates_dataset
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.ocean_grid import OceanGridParameters


def run(task: Task) -> Outcome:
    """Take the grid that was given, or make one for this topography."""
    topography = task.topography()
    if "ocean_grid_file" in task.inputs:
        grid = read_ocean_grid(task.inputs["ocean_grid_file"])
        notes = [f"the grid given, {grid.shape[0]} x {grid.shape[1]}"]
        checks = _corners(grid)
    else:
        grid, notes, checks = _made(task.parameters, topography)
    return Outcome({"coordinates": rounded(grid)}, tuple(checks), (), tuple(notes))


def _corners(grid: OceanGrid) -> list[Check]:
    if not grid.turned:
        return [Check("corners", "pass", "the corners of all cells run counter-clockwise")]
    cells = "1 cell" if grid.turned == 1 else f"{grid.turned} cells"
    return [
        Check(
            "corners",
            "warn",
            f"the corners of {cells} ran clockwise and were turned",
            fix="see on the map that the grid lies where it should; write corners the other way",
        )
    ]


def rounded(grid: OceanGrid) -> xr.Dataset:
    """Round coordinates to 1e-9 degrees and scale factors to 1 mm.

    Sines and cosines differ in their last bit from one processor to another; with these digits
    the file is the same everywhere.

    Parameters
    ----------
    grid : OceanGrid

    Returns
    -------
    Dataset
        NEMO coordinates; scale factors that would become 0 are kept as they are.
    """
    dataset = coordinates_dataset(grid)
    for name, variable in dataset.data_vars.items():
        digits = 3 if str(name).startswith("e") else 9
        values = np.round(variable.values, digits) + 0.0  # no negative zero
        keep = (values == 0.0) & (digits == 3)
        dataset[name] = variable.copy(data=np.where(keep, variable.values, values))
    return dataset


def _made(
    chosen: OceanGridParameters, topography: xr.DataArray
) -> tuple[OceanGrid, list[str], list[Check]]:
    if (chosen.pole_latitude is None) != (chosen.pole_longitude is None):
        raise ParameterError(
            "only one of pole_latitude and pole_longitude is given", remedy="give both or none"
        )
    notes: list[str] = []
    checks: list[Check] = []
    latitude, longitude = chosen.pole_latitude, chosen.pole_longitude
    if latitude is None or longitude is None:
        latitude, longitude, check = _placed(topography, chosen.resolution)
        checks.append(check)
    notes.append(
        f"northern poles at {latitude:.4g}°N, {_east(longitude)} and {_east(longitude + 180)}"
    )
    parameters = TripolarParameters(
        resolution=chosen.resolution,
        pole_latitude=latitude,
        pole_longitude=longitude,
        southern_limit=chosen.southern_limit,
        equatorial_spacing=chosen.equatorial_spacing,
    )
    grid = tripolar_grid(parameters)
    notes.append(f"a tripolar grid of {grid.shape[0]} x {grid.shape[1]}")
    return grid, notes, checks


def _placed(topography: xr.DataArray, resolution: float) -> tuple[float, float, Check]:
    """Find poles on land; on a planet whose north has no coast any poles are as good."""
    name, fix = "pole_placement", "set ocean_grid.pole_latitude and pole_longitude, or give a grid"
    try:
        found = place_poles(topography, resolution)
    except InputError as error:
        usual = TripolarParameters()
        told = f"{error.problem}, so the northern poles stay where they are by default"
        return usual.pole_latitude, usual.pole_longitude, Check(name, "warn", told, fix=fix)
    distances = " and ".join(f"{km:.0f}" for km in found.distances_to_ocean_km)
    check = Check(name, "pass", f"northern poles {distances} km from the ocean")
    if found.warning:
        check = Check(name, "warn", found.warning, fix=fix)
    return found.pole_latitude, found.pole_longitude, check


def _east(longitude: float) -> str:
    wrapped = (longitude + 180.0) % 360.0 - 180.0
    return f"{abs(wrapped):.4g}°{'W' if wrapped < 0 else 'E'}"
