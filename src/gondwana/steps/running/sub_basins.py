"""What the step ``sub_basins`` does: which part of the ocean is Atlantic, Pacific and Indian."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.science.checks import Change, Check
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sub_basins import sub_basins
from gondwana.steps.apply import Surface, selected
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.edits import Edit
from gondwana.steps.layouts import on_ocean_grid
from gondwana.steps.sub_basins import SubBasinsParameters

Codes = npt.NDArray[np.int8]
VARIABLES = {"atlantic": "atlmsk", "pacific": "pacmsk", "indian": "indmsk"}


def run(task: Task) -> Outcome:
    """Grow the basins from their seeds, then apply the person's own assignments."""
    chosen: SubBasinsParameters = task.parameters
    grid = task.grid()
    ocean = task.bathymetry(grid) > 0
    seeds = {name: getattr(chosen, name) for name in VARIABLES}
    found = sub_basins(ocean, grid, seeds)
    codes, changes = _assigned(found.codes.values, ocean.values, grid, task.edits)
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
    return Outcome({"subbasins": dataset}, (found.check, partition), tuple(changes))


def _assigned(
    codes: Codes, ocean: npt.NDArray[np.bool_], grid: OceanGrid, edits: tuple[Edit, ...]
) -> tuple[Codes, list[Change]]:
    surface = Surface(grid.lon, grid.lat, grid.topology, up=-1)
    numbers = {name: number for number, name in enumerate(VARIABLES, start=1)}
    changes: list[Change] = []
    codes = codes.copy()
    for position, edit in enumerate(edits, start=1):
        if edit.basin is None:
            raise ParameterError(
                f"edit {position} ({edit.operation}) assigns no basin",
                remedy="use assign here, and other operations on the topography or bathymetry",
            )
        mask = selected(edit.at, surface, edit.width) & ocean
        if not mask.any():
            raise ParameterError(
                f"edit {position} (assign) selects no ocean cell", remedy="move or enlarge it"
            )
        number = numbers[edit.basin]
        cells = int(np.sum(mask & grid.owned & (codes != number)))
        codes[mask] = number
        row, column = np.argwhere(mask)[0]
        changes.append(
            Change(
                f"assigned to the {edit.basin} basin" + (f" by {edit.author}" * bool(edit.author)),
                edit.reason or "no reason was given",
                cells,
                float(grid.lon[row, column]),
                float(grid.lat[row, column]),
            )
        )
    return codes, changes
