"""What the step ``heatflow`` does: heat from the Earth's interior through the sea floor."""

from __future__ import annotations

import numpy as np

from gondwana.science.checks import Check
from gondwana.science.heatflow import heat_flow
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.heatflow import HeatflowParameters
from gondwana.steps.layouts import on_ocean_grid


def run(task: Task) -> Outcome:
    """Age from depth, flux from age."""
    chosen: HeatflowParameters = task.parameters
    grid = task.grid()
    depth = task.bathymetry(grid)
    flux = heat_flow(depth, model=chosen.model, shelf=chosen.shelf, cap=chosen.cap)
    attributes = {"units": "mW m-2", "long_name": "geothermal heat flow at the sea floor"}
    dataset = on_ocean_grid(
        {"heatflow": (("time_counter", "y", "x"), flux.values[None], attributes)}, grid
    )
    stored = dataset["heatflow"].values[0]
    ocean = depth.values > 0
    bad = int(np.sum(ocean & ~(stored > 0)) + np.sum(~ocean & (stored != 0)))
    once = ocean & grid.owned
    mean = float(np.average(stored[once], weights=grid.area[once])) if once.any() else 0.0
    check = Check(
        "heat_flow",
        "fail" if bad else "pass",
        f"{bad} cells without a flux above 0 in the ocean and 0 on land"
        if bad
        else f"above 0 in every ocean cell, {mean:.1f} mW m⁻² on average",
    )
    return Outcome({"heatflow": dataset}, (check,))
