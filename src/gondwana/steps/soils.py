"""The step ``soils``: colour and texture of the soil, for ORCHIDEE."""

from __future__ import annotations

from gondwana.steps.contract import Later, Step, StepParameters, parameter


class SoilsParameters(StepParameters):
    """Classes where no map gives them."""

    colour: int = parameter(
        4,
        title="Soil colour",
        about="Class of Wilson and Henderson-Sellers on all land; a map of 'soilcolor' wins.",
        ge=1,
        le=9,
    )
    texture: int = parameter(
        3,
        title="Soil texture",
        about="Class of Zobler on all land; a map of 'soiltext' wins.",
        ge=1,
        le=7,
    )


STEP = Step(
    name="soils",
    version=1,
    title="Soils",
    about="Colour and texture of the soil on land: one class everywhere, or maps.",
    inputs=("topography",),
    optional_inputs=("soil_map",),
    outputs=("soils",),
    parameters=SoilsParameters,
    run=Later("gondwana.steps.running.soils"),
)
