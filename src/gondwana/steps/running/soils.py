"""What the step ``soils`` does: colour and texture of the soil, for ORCHIDEE."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gondwana.formats.maps import read_map
from gondwana.science.soils import soils
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import north_first
from gondwana.steps.soils import SoilsParameters


def run(task: Task) -> Outcome:
    """Constants, or the nearest known class of a map."""
    chosen: SoilsParameters = task.parameters
    topography = task.topography()
    given: dict[str, xr.DataArray] = {}
    if "soil_map" in task.inputs:
        given = read_map(task.inputs["soil_map"], ("soilcolor", "soiltext"))
    fields, checks = soils(
        topography,
        colour=given.get("soilcolor", float(chosen.colour)),
        texture=given.get("soiltext", float(chosen.texture)),
    )
    titles = {"soilcolor": "class of soil colour", "soiltext": "class of soil texture"}
    data = {
        name: (("y", "x"), np.asarray(fields[name].values), {"units": "1", "long_name": title})
        for name, title in titles.items()
    }
    lat, lon = topography["lat"].values, topography["lon"].values
    return Outcome({"soils": north_first(data, lat, lon)}, tuple(checks))
