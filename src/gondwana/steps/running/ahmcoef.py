"""What the step ``ahmcoef`` does: where NEMO's lateral viscosity is lowered near the equator."""

from __future__ import annotations

import numpy as np

from gondwana.science.checks import Check
from gondwana.science.viscosity import viscosity_coefficient
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import on_ocean_grid


def run(task: Task) -> Outcome:
    """Ramp eastwards from each western boundary within 20° of the equator."""
    grid = task.grid()
    ocean = task.bathymetry(grid) > 0
    icof = viscosity_coefficient(ocean, grid.lat, grid.topology)
    attributes = {"units": "%", "long_name": "share of the extratropical lateral viscosity"}
    dataset = on_ocean_grid({"icof": (("y", "x"), icof.values, attributes)}, grid)
    values = dataset["icof"].values
    outside = int(np.sum((values < 0) | (values > 100)))
    lowered = int(np.sum((values < 100) & grid.owned))
    check = Check(
        "viscosity",
        "fail" if outside else "pass",
        f"{outside} values outside 0 to 100 %"
        if outside
        else f"between 0 and 100 %, lowered in {lowered} cells near the equator",
    )
    return Outcome({"ahmcoef": dataset}, (check,))
