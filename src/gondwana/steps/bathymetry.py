"""The step ``bathymetry``: the depth of the ocean on its own grid."""

from __future__ import annotations

from gondwana.science.choices import BathymetryMethod
from gondwana.steps.contract import Later, Step, StepParameters, parameter


class BathymetryParameters(StepParameters):
    """How depths are brought to the ocean grid."""

    method: BathymetryMethod = parameter(
        "conservative",
        title="Method",
        about="Conservative takes the mean depth over the ocean part of each cell; bilinear and "
        "nearest read the topography at its centre.",
    )
    ocean_fraction: float = parameter(
        0.5,
        title="Least ocean fraction",
        about="Share of ocean from which a cell is ocean (conservative method).",
        gt=0.0,
        le=1.0,
    )
    minimum_depth: float = parameter(
        10.0,
        title="Minimum depth",
        about="Ocean shallower than this is made this deep.",
        unit="m",
        ge=0.1,
        le=1000.0,
    )


STEP = Step(
    name="bathymetry",
    version=1,
    title="Bathymetry",
    about="Averages the depth of the ocean over each cell of the ocean grid; a cell is ocean where "
    "at least half of it is.",
    inputs=("topography", "coordinates"),
    outputs=("raw_bathymetry",),
    parameters=BathymetryParameters,
    run=Later("gondwana.steps.running.bathymetry"),
)
