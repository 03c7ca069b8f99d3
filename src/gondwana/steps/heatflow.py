"""The step ``heatflow``: heat from the Earth's interior through the sea floor."""

from __future__ import annotations

from gondwana.science.choices import CoolingModel
from gondwana.steps.contract import Later, Step, StepParameters, parameter


class HeatflowParameters(StepParameters):
    """How heat flow follows from depth."""

    model: CoolingModel = parameter(
        "gdh1",
        title="Cooling model",
        about="GDH1 of Stein and Stein (1992), or Parsons and Sclater (1977).",
    )
    shelf: float = parameter(
        48.0,
        title="Flux on shelves",
        about="Where the floor is shallower than young ocean crust can be.",
        unit="mW m⁻²",
        gt=0.0,
        le=1000.0,
    )
    cap: float = parameter(
        400.0,
        title="Largest flux",
        about="The model's flux grows without bound at the ridge.",
        unit="mW m⁻²",
        gt=0.0,
        le=10_000.0,
    )


STEP = Step(
    name="heatflow",
    version=1,
    title="Heat flow",
    about="Takes the age of the sea floor from its depth, and the heat flow from that age.",
    inputs=("bathy", "coordinates"),
    outputs=("heatflow",),
    parameters=HeatflowParameters,
    run=Later("gondwana.steps.running.heatflow"),
)
