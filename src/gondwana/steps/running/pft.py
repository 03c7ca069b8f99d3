"""What the step ``pft`` does: shares of plant functional types on land, for ORCHIDEE."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.formats.maps import read_map
from gondwana.science.checks import Check
from gondwana.science.choices import PFT_NAMES
from gondwana.science.vegetation import vegetation, vegetation_from_biomes
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import with_axis_attributes
from gondwana.steps.pft import PftParameters


def run(task: Task) -> Outcome:
    """Fill the land with the shares of its band or biome."""
    chosen: PftParameters = task.parameters
    topography = task.topography()
    checks: list[Check] = []
    if "biome_map" in task.inputs:
        if chosen.biomes is None:
            raise ParameterError(
                "a map of biomes is given, but no table",
                remedy="set pft.biomes: for each code 13 percentages",
            )
        biomes = read_map(task.inputs["biome_map"], ("biome",))["biome"]
        fractions, check = vegetation_from_biomes(topography, biomes, chosen.biomes)
        checks.append(check)
    else:
        fractions = vegetation(topography, bands=chosen.bands, southern_bands=chosen.southern_bands)
    checks.append(_sums(fractions))
    return Outcome({"pft": _described(fractions)}, tuple(checks))


def _sums(fractions: xr.DataArray) -> Check:
    land = np.isfinite(fractions.values[0, 0])
    total = fractions.values[0].sum(axis=0, dtype=np.float64)
    wrong = int(np.sum(np.abs(total[land] - 1.0) > 1e-6))
    return Check(
        "vegetation_sums",
        "fail" if wrong else "pass",
        f"{wrong} land cells whose shares do not sum to 1"
        if wrong
        else f"shares sum to 1 on all {int(land.sum())} land cells",
    )


def _described(fractions: xr.DataArray) -> xr.Dataset:
    fractions = fractions.astype(np.float32)
    fractions.attrs = {
        "units": "1",
        "long_name": "share of each plant functional type",
        "plant_functional_types": ", ".join(PFT_NAMES),
    }
    dataset = fractions.to_dataset(name="maxvegetfrac")
    dataset = dataset.assign_coords(veget=dataset["veget"].astype(np.int32))
    dataset["veget"].attrs = {"units": "1", "long_name": "number of the plant functional type"}
    return with_axis_attributes(dataset)
