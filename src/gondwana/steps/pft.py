"""The step ``pft``: shares of plant functional types on land, for ORCHIDEE."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gondwana.science.choices import DEFAULT_BANDS, PFT_NAMES
from gondwana.steps.contract import Later, Step, StepParameters, Table, parameter

Row = Annotated[tuple[float, ...], Field(min_length=14, max_length=14)]
Shares = Annotated[tuple[float, ...], Field(min_length=13, max_length=13)]

_PFTS = tuple(f"{number} {name}" for number, name in enumerate(PFT_NAMES, start=1))
_BANDS = Table(("Up to latitude", *_PFTS), total=100.0, rises_to=90.0)


class PftParameters(StepParameters):
    """Vegetation by latitude, or by biome where a map of biomes is given."""

    bands: tuple[Row, ...] = parameter(
        tuple(tuple(float(value) for value in row) for row in DEFAULT_BANDS),
        title="Bands of latitude",
        about="Rows of the upper limit in degrees from the equator and the percentages of PFT 1 to "
        "13; limits ascend to 90, percentages sum to 100.",
        unit="degrees, %",
        table=_BANDS,
    )
    southern_bands: tuple[Row, ...] | None = parameter(
        None,
        title="Bands of the southern hemisphere",
        about="The same for the south, where it differs.",
        unit="degrees, %",
        table=_BANDS,
    )
    biomes: dict[int, Shares] | None = parameter(
        None,
        title="Biomes",
        about="For each code of the biome map the percentages of PFT 1 to 13.",
        unit="%",
        table=Table(("Biome", *_PFTS), total=100.0),
    )


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
    run=Later("gondwana.steps.running.pft"),
)
