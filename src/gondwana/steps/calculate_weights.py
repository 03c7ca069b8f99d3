"""The step ``calculate_weights``: weights by which fluxes go between ocean and atmosphere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gondwana.steps.contract import Later, Step, StepParameters, parameter

Name = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9]{3}$", max_length=4)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]


class CalculateWeightsParameters(StepParameters):
    """The grid of the atmosphere, and what goes by which way."""

    atmosphere: Literal["lmdz", "regular"] = parameter(
        "lmdz",
        title="Grid of the atmosphere",
        about="Lmdz: points on the poles, whose rows are one cell each. Regular: cells of equal "
        "size in degrees. A grid given as a file comes before both.",
    )
    atmosphere_longitudes: int = parameter(
        96,
        title="Longitudes of the atmosphere",
        about="How many points the atmosphere's grid has along a circle of latitude.",
        unit="points",
        ge=8,
        le=2880,
    )
    atmosphere_latitudes: int = parameter(
        95,
        title="Latitudes of the atmosphere",
        about="How many intervals the rows of LMDZ's grid leave from pole to pole (95 or 142); the "
        "number of rows of a regular grid.",
        unit="intervals",
        ge=7,
        le=1441,
    )
    normalisation: Literal["fracarea", "destarea"] = parameter(
        "fracarea",
        title="Normalised by",
        about="Weights to the atmosphere are divided by the ocean part of its cell, so that they "
        "sum to 1, or by the whole cell.",
    )
    ocean_area: Literal["polygon", "model", "file"] = parameter(
        "polygon",
        title="Area of ocean cells",
        about="What areas.nc holds and fluxes are normalised to: the exact area of the cell; "
        "e1t x e2t, with which NEMO computes; or the areas in the file of the ocean grid given.",
    )
    runoff: Literal["rivers", "distance"] = parameter(
        "rivers",
        title="Runoff goes",
        about="From land without coast: by its rivers to their mouths, or to the nearest coastal "
        "ocean cell.",
    )
    runoff_distance: float = parameter(
        400.0,
        title="Farthest coast",
        about="How far the nearest coastal ocean cell may be; runoff from farther away is lost. "
        "Rivers may be longer.",
        unit="km",
        ge=0.0,
        le=20_100.0,
    )
    calving_bands: tuple[Latitude, ...] = parameter(
        (-90.0, -55.0, 40.0, 90.0),
        title="Bands of calving",
        about="Latitudes between the bands over whose ocean the ice that calves is spread.",
        unit="degrees north",
        min_length=2,
        max_length=100,
    )
    calving_in_closed_seas: bool = parameter(
        False,
        title="Calving in closed seas",
        about="Whether seas without a connection to the ocean take a part of it.",
    )
    ocean_name: Name = parameter(
        "torc",
        title="Name of the ocean grid",
        about="Four letters by which OASIS knows the points of the ocean.",
    )
    atmosphere_name: Name = parameter(
        "tlmd",
        title="Name of the atmosphere grid",
        about="Four letters by which OASIS knows the points of the atmosphere.",
    )
    esmf: bool = parameter(
        False,
        title="Names of ESMF too",
        about="Whether files of weights also hold the variables that ESMF's tools read.",
    )


STEP = Step(
    name="calculate_weights",
    version=2,
    title="Coupling weights",
    about="Computes the overlaps of the cells of ocean and atmosphere, and from them the weights "
    "by which OASIS3-MCT carries fluxes from one to the other.",
    inputs=("bathy", "coordinates", "routing"),
    outputs=(
        "grids",
        "masks",
        "areas",
        "weights_to_atmosphere",
        "weights_to_ocean",
        "weights_runoff",
        "weights_calving",
        "ocean_fraction",
        "weights_certificate",
    ),
    parameters=CalculateWeightsParameters,
    run=Later("gondwana.steps.running.calculate_weights"),
    optional_inputs=("atmosphere_grid", "ocean_grid_file"),
    worker="coupling",
    timeout=3600.0,
)
