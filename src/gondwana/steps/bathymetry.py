"""The step ``bathymetry``: the depth of the ocean on its own grid."""

from __future__ import annotations

import numpy as np

from gondwana.science.bathymetry import Method, bathymetry
from gondwana.steps.contract import Outcome, Step, StepParameters, Task, parameter
from gondwana.steps.layouts import on_ocean_grid


class BathymetryParameters(StepParameters):
    """How depths are brought to the ocean grid."""

    method: Method = parameter(
        "conservative",
        title="Method",
        about="Conservative takes the mean depth over the ocean part of each cell; bilinear and "
        "nearest read the topography at its centre.",
    )
    ocean_fraction: float = parameter(
        0.5,
        title="Least ocean fraction",
        about="Share of ocean from which a cell is ocean (conservative method).",
        gt=0.0,
        le=1.0,
    )
    minimum_depth: float = parameter(
        10.0,
        title="Minimum depth",
        about="Ocean shallower than this is made this deep.",
        unit="m",
        ge=0.1,
        le=1000.0,
    )


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


STEP = Step(
    name="bathymetry",
    version=1,
    title="Bathymetry",
    about="Averages the depth of the ocean over each cell of the ocean grid; a cell is ocean where "
    "at least half of it is.",
    inputs=("topography", "coordinates"),
    outputs=("raw_bathymetry",),
    parameters=BathymetryParameters,
    run=run,
)
