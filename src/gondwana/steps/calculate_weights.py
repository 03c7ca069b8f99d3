"""Weights that carry fluxes between ocean and atmosphere. Declared; its worker is not there yet."""

from __future__ import annotations

from gondwana.steps.contract import Step, StepParameters, parameter


class CalculateWeightsParameters(StepParameters):
    """What the weights depend on beside the ocean."""

    longitudes: int = parameter(
        96,
        title="atmosphere, longitudes",
        about="Points of the atmosphere's grid along a circle of latitude.",
        unit="points",
        ge=8,
        le=2880,
    )
    latitudes: int = parameter(
        95,
        title="atmosphere, latitudes",
        about="Points of the atmosphere's grid from pole to pole, both included.",
        unit="points",
        ge=7,
        le=1441,
    )


STEP = Step(
    name="calculate_weights",
    version=1,
    title="Coupling weights",
    about="Computes the weights by which OASIS3-MCT carries fluxes between ocean and atmosphere.",
    inputs=("coordinates", "bathy", "subbasins"),
    outputs=("coupling_grids", "coupling_masks", "coupling_areas", "coupling_weights"),
    parameters=CalculateWeightsParameters,
    run=None,
    worker="coupling",
    timeout=3600.0,
)
