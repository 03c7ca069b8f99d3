"""What the step ``sub_basins`` does: which part of the ocean is Atlantic, Pacific and Indian."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.science.checks import Check
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sub_basins import sub_basins
from gondwana.steps.apply import apply_edits
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import on_ocean_grid
from gondwana.steps.sub_basins import SubBasinsParameters
from gondwana.steps.surfaces import Surface

VARIABLES = {"atlantic": "atlmsk", "pacific": "pacmsk", "indian": "indmsk"}


def run(task: Task) -> Outcome:
    """Grow the basins from their seeds, then apply the person's own assignments."""
    chosen: SubBasinsParameters = task.parameters
    grid = task.grid()
    ocean = task.bathymetry(grid) > 0
    seeds = {name: getattr(chosen, name) for name in VARIABLES}
    found = sub_basins(ocean, grid, seeds)
    surface = codes_surface(ocean.values, grid)
    edited = apply_edits(found.codes.values.astype(np.float64), surface, task.edits)
    codes = edited.values
    masks = {
        variable: (
            ("y", "x"),
            codes == number,
            {"units": "1", "long_name": f"1 in the {name.capitalize()} basin"},
        )
        for number, (name, variable) in enumerate(VARIABLES.items(), start=1)
    }
    dataset = on_ocean_grid(masks, grid, names=("navlon", "navlat"))
    total = sum(dataset[variable].values for variable in VARIABLES.values())
    wrong = int(np.sum(total != ocean.values))
    partition = Check(
        "one_basin_a_cell",
        "fail" if wrong else "pass",
        f"{wrong} cells that are in no basin or in several"
        if wrong
        else "every ocean cell is in exactly one basin",
    )
    return Outcome({"subbasins": dataset}, (found.check, partition), tuple(edited.changes))


def codes_surface(ocean: npt.NDArray[np.bool_], grid: OceanGrid) -> Surface:
    """Take an ocean grid as one to paint basins on."""
    codes = {name: float(number) for number, name in enumerate(VARIABLES, start=1)}
    return Surface(
        grid.lon, grid.lat, grid.topology, up=0, area=grid.area, land=~ocean, codes=codes,
        limits=(0.0, float(len(codes))),
    )  # fmt: skip
