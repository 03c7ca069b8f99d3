"""The step ``calculate_weights``: weights by which fluxes go between ocean and atmosphere."""

from __future__ import annotations

from gondwana.steps.contract import Step, StepParameters, parameter


class CalculateWeightsParameters(StepParameters):
    """The grid of the atmosphere."""

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
        about="How many intervals the rows of the atmosphere's grid leave from pole to pole.",
        unit="intervals",
        ge=7,
        le=1441,
    )


STEP = Step(
    name="calculate_weights",
    version=1,
    title="Coupling weights",
    about="Computes the overlaps of the cells of ocean and atmosphere, and from them the weights "
    "by which OASIS3-MCT carries fluxes from one to the other.",
    inputs=("bathy", "subbasins", "coordinates"),
    outputs=("grids", "masks", "areas", "weights_to_atmosphere", "weights_to_ocean"),
    parameters=CalculateWeightsParameters,
    worker="coupling",
    timeout=3600.0,
)
