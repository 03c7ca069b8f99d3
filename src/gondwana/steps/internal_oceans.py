"""The step ``internal_oceans``: edits, poles and seas without a connection."""

from __future__ import annotations

from typing import Literal

from gondwana.science.choices import LARGE_AREA_KM2, OceanPolicy
from gondwana.steps.contract import Later, Step, StepParameters, parameter


class InternalOceansParameters(StepParameters):
    """What becomes of seas without a connection, and of the poles."""

    policy: OceanPolicy = parameter(
        "fill",
        title="Internal oceans",
        about="Raise seas without a connection to land, open them by a channel, or keep them.",
    )
    large_policy: OceanPolicy = parameter(
        "open",
        title="Large internal oceans",
        about="The same for seas that are at least as large as the limit below.",
    )
    large_area: float = parameter(
        LARGE_AREA_KM2,
        title="Large from",
        about="Area from which a sea is large.",
        unit="km²",
        ge=0.0,
    )
    land_height: float = parameter(
        1.0, title="Height of new land", about="Height of cells turned to land.", unit="m", gt=0.0
    )
    channel_depth: float = parameter(
        50.0, title="Depth of channels", about="Depth of channels that are cut.", unit="m", gt=0.0
    )
    channel_width: int = parameter(
        1, title="Width of channels", about="Width of channels.", unit="cells", ge=1, le=20
    )
    poles: Literal["fix", "keep"] = parameter(
        "fix",
        title="Poles",
        about="Make the south of 78°S land and the north of 86°N all land or all ocean, as the "
        "ocean grid needs it.",
    )


STEP = Step(
    name="internal_oceans",
    version=2,
    title="Internal oceans and poles",
    about="Finds seas without a connection to the ocean and fills, opens or keeps them; makes the "
    "poles fit the ocean grid; warns of narrow passages and of cells that touch at a corner.",
    inputs=("regridded",),
    outputs=("topography",),
    parameters=InternalOceansParameters,
    run=Later("gondwana.steps.running.internal_oceans"),
    interactive=True,
)
