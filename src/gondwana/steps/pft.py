"""The step ``pft``: shares of plant functional types on land, for ORCHIDEE."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import xarray as xr
from pydantic import Field

from gondwana.errors import ParameterError
from gondwana.formats.maps import read_map
from gondwana.science.checks import Check
from gondwana.science.vegetation import (
    DEFAULT_BANDS,
    PFT_NAMES,
    vegetation,
    vegetation_from_biomes,
)
from gondwana.steps.contract import Outcome, Step, StepParameters, Task, parameter
from gondwana.steps.layouts import with_axis_attributes

Row = Annotated[tuple[float, ...], Field(min_length=14, max_length=14)]
Shares = Annotated[tuple[float, ...], Field(min_length=13, max_length=13)]


class PftParameters(StepParameters):
    """Vegetation by latitude, or by biome where a map of biomes is given."""

    bands: tuple[Row, ...] = parameter(
        tuple(tuple(float(value) for value in row) for row in DEFAULT_BANDS),
        title="Bands of latitude",
        about="Rows of the upper limit in degrees from the equator and the percentages of PFT 1 to "
        "13; limits ascend to 90, percentages sum to 100.",
        unit="degrees, %",
    )
    southern_bands: tuple[Row, ...] | None = parameter(
        None,
        title="Bands of the southern hemisphere",
        about="The same for the south, where it differs.",
        unit="degrees, %",
    )
    biomes: dict[int, Shares] | None = parameter(
        None,
        title="Biomes",
        about="For each code of the biome map the percentages of PFT 1 to 13.",
        unit="%",
    )


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


STEP = Step(
    name="pft",
    version=1,
    title="Vegetation",
    about="Shares of ORCHIDEE's 13 plant functional types on land, by bands of latitude or by a "
    "map of biomes.",
    inputs=("topography",),
    optional_inputs=("biome_map",),
    outputs=("pft",),
    parameters=PftParameters,
    run=run,
)
