"""The step ``topo_high_res``: the relief of the land at a sixth of a degree, for LMDZ."""

from __future__ import annotations

from gondwana.steps.contract import Later, Step, StepParameters


class TopoHighResParameters(StepParameters):
    """The grid is fixed by LMDZ."""


STEP = Step(
    name="topo_high_res",
    version=1,
    title="Relief",
    about="The height of the land on 2160 x 1080 cells, from which LMDZ takes the orography that "
    "its own grid does not resolve.",
    inputs=("topography",),
    outputs=("topo_high_res",),
    parameters=TopoHighResParameters,
    run=Later("gondwana.steps.running.topo_high_res"),
)
