"""The step ``regrid``: read the topography and bring it to the working grid."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gondwana.formats.choices import Missing, Units
from gondwana.steps.contract import Later, Step, StepParameters, parameter

Resolution = (
    Annotated[float, Field(ge=0.02, le=10.0)] | Literal["native", "1deg", "0.5deg", "1/6deg"]
)


class RegridParameters(StepParameters):
    """How to read the file, and the grid to work on."""

    variable: str | None = parameter(
        None, title="Variable", about="Name of the elevation in the file; found if left out."
    )
    lon: str | None = parameter(
        None, title="Longitude", about="Name of the longitudes; found if left out."
    )
    lat: str | None = parameter(
        None, title="Latitude", about="Name of the latitudes; found if left out."
    )
    units: Units = parameter(
        "declared",
        title="Unit of the values",
        about="Metres or kilometres; 'declared' believes the file and takes metres without a word.",
    )
    missing: Missing = parameter(
        "refuse",
        title="Missing cells",
        about="Refuse a file with missing cells, or let them take their nearest neighbour's value.",
    )
    resolution: Resolution = parameter(
        1.0,
        title="Resolution",
        about="Size of the cells of the working grid, one of 1deg, 0.5deg and 1/6deg, or 'native' "
        "to keep the file's own grid.",
        unit="degrees",
    )
    method: Literal["conservative", "bilinear", "nearest"] = parameter(
        "conservative",
        title="Method",
        about="Conservative keeps the mean over the globe; bilinear is smooth; nearest keeps "
        "values.",
    )


STEP = Step(
    name="regrid",
    version=1,
    title="Working grid",
    about="Reads the topography in whatever convention it has, brings it to metres, south first "
    "and longitudes from -180, and regrids it to the working grid.",
    inputs=("source",),
    outputs=("regridded",),
    parameters=RegridParameters,
    run=Later("gondwana.steps.running.regrid"),
)
