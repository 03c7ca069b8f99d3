"""The step ``ahmcoef``: where NEMO's lateral viscosity is lowered near the equator."""

from __future__ import annotations

from gondwana.steps.contract import Later, Step, StepParameters


class AhmcoefParameters(StepParameters):
    """The rule has no free parameter."""


STEP = Step(
    name="ahmcoef",
    version=1,
    title="Lateral viscosity",
    about="Within 20° of the equator the coefficient is 0 in the open ocean and grows to 100 % at "
    "western boundaries; elsewhere it is 100 %.",
    inputs=("bathy", "coordinates"),
    outputs=("ahmcoef",),
    parameters=AhmcoefParameters,
    run=Later("gondwana.steps.running.ahmcoef"),
)
