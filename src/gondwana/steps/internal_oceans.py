"""The step ``internal_oceans``: edits, poles and seas without a connection."""

from __future__ import annotations

from typing import Literal

import numpy as np
import xarray as xr

from gondwana.science.checks import Change
from gondwana.science.internal_oceans import LARGE_AREA_KM2, Policy, resolve_internal_oceans
from gondwana.science.sphere import is_periodic
from gondwana.science.terrain_checks import check_topography
from gondwana.science.terrain_fixes import fix_poles
from gondwana.science.topology import Topology
from gondwana.steps.apply import Surface, apply_edits, kept_by_choice
from gondwana.steps.contract import Outcome, Step, StepParameters, Task, parameter
from gondwana.steps.layouts import with_axis_attributes


class InternalOceansParameters(StepParameters):
    """What becomes of seas without a connection, and of the poles."""

    policy: Policy = parameter(
        "fill",
        title="Internal oceans",
        about="Raise seas without a connection to land, open them by a channel, or keep them.",
    )
    large_policy: Policy = parameter(
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


def run(task: Task) -> Outcome:
    """Apply edits, then mend the poles, then the seas, and check what is left."""
    chosen: InternalOceansParameters = task.parameters
    topography = task.topography("regridded")
    edited = apply_edits(topography.values, _surface(topography), task.edits)
    topography = topography.copy(data=edited.values)
    changes: list[Change] = list(edited.changes)
    if chosen.poles == "fix":
        topography, made = fix_poles(topography, land_height=chosen.land_height)
        changes += made
    topography, made = resolve_internal_oceans(
        topography,
        chosen.policy,
        large_policy=chosen.large_policy,
        large_area_km2=chosen.large_area,
        overrides=edited.seas,
        land_height=chosen.land_height,
        channel_depth=chosen.channel_depth,
        channel_width=chosen.channel_width,
    )
    changes += made
    kept = {"poles"} if chosen.poles == "keep" else set()
    if "keep" in (chosen.policy, chosen.large_policy, *edited.seas.values()):
        kept.add("internal_oceans")
    checks = kept_by_choice(check_topography(topography), kept)
    dataset = with_axis_attributes(topography.to_dataset())
    return Outcome({"topography": dataset}, checks, tuple(changes))


def _surface(topography: xr.DataArray) -> Surface:
    lon, lat = np.meshgrid(topography["lon"].values, topography["lat"].values)
    return Surface(lon, lat, Topology(periodic=is_periodic(topography["lon"].values)), up=1)


STEP = Step(
    name="internal_oceans",
    version=1,
    title="Internal oceans and poles",
    about="Finds seas without a connection to the ocean and fills, opens or keeps them; makes the "
    "poles fit the ocean grid; warns of narrow passages and of cells that touch at a corner.",
    inputs=("regridded",),
    outputs=("topography",),
    parameters=InternalOceansParameters,
    run=run,
    interactive=True,
)
