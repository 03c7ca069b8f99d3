"""The step ``passage_problems``: edits, straits and seas on the ocean grid."""

from __future__ import annotations

from gondwana.science.choices import LARGE_AREA_KM2, OceanPolicy, PassagePolicy
from gondwana.steps.contract import Later, Step, StepParameters, parameter


class PassageProblemsParameters(StepParameters):
    """What becomes of narrow passages and of seas on the ocean grid."""

    passages: PassagePolicy = parameter(
        "keep",
        title="Narrow passages",
        about="Keep straits that are one cell wide, widen them to two cells, or close them.",
    )
    policy: OceanPolicy = parameter(
        "fill",
        title="Seas without a connection",
        about="Turn seas that the ocean grid cut off into land, open them by a channel, or keep "
        "them.",
    )
    large_policy: OceanPolicy = parameter(
        "open",
        title="Large seas without a connection",
        about="The same for seas that are at least as large as the limit below.",
    )
    large_area: float = parameter(
        LARGE_AREA_KM2,
        title="Large from",
        about="Area from which a sea is large.",
        unit="km²",
        ge=0.0,
    )
    channel_depth: float = parameter(
        50.0, title="Depth of channels", about="Depth of channels that are cut.", unit="m", gt=0.0
    )
    channel_width: int = parameter(
        1, title="Width of channels", about="Width of channels.", unit="cells", ge=1, le=20
    )


STEP = Step(
    name="passage_problems",
    version=2,
    title="Straits and seas on the ocean grid",
    about="Finds straits that are one cell wide, cells that touch at a corner and seas without a "
    "connection on the ocean grid, across its halo and fold, and mends them as asked.",
    inputs=("raw_bathymetry", "coordinates"),
    outputs=("bathy",),
    parameters=PassageProblemsParameters,
    run=Later("gondwana.steps.running.passage_problems"),
    interactive=True,
)
