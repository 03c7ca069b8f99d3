"""What the step ``bathymetry`` does: the depth of the ocean on its own grid."""

from __future__ import annotations

import numpy as np

from gondwana.science.bathymetry import bathymetry
from gondwana.steps.bathymetry import BathymetryParameters
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import on_ocean_grid


def run(task: Task) -> Outcome:
    """Mean depth over the ocean part of each cell."""
    chosen: BathymetryParameters = task.parameters
    grid = task.grid()
    topography = task.topography()
    depth, fraction = bathymetry(
        topography,
        grid,
        method=chosen.method,
        ocean_fraction=chosen.ocean_fraction,
        minimum_depth=chosen.minimum_depth,
    )
    attributes = {"units": "m", "positive": "down", "minimum_depth_m": chosen.minimum_depth}
    dataset = on_ocean_grid(
        {
            "Bathymetry": (("y", "x"), depth.values, attributes),
            "ocean_fraction": (("y", "x"), fraction.values, {"units": "1"}),
        },
        grid,
    )
    wet = int(np.sum((depth.values > 0) & grid.owned))
    return Outcome({"raw_bathymetry": dataset}, notes=(f"{wet} ocean cells",))
