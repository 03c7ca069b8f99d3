"""What the step ``internal_oceans`` does: edits, poles and seas without a connection."""

from __future__ import annotations

import xarray as xr

from gondwana.science.checks import Change
from gondwana.science.internal_oceans import resolve_internal_oceans
from gondwana.science.terrain_checks import check_topography
from gondwana.science.terrain_fixes import fix_poles
from gondwana.steps.apply import apply_edits, kept_by_choice, kept_seas
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.internal_oceans import InternalOceansParameters
from gondwana.steps.layouts import with_axis_attributes
from gondwana.steps.surfaces import SeaChoices, Surface, lonlat_surface


def run(task: Task) -> Outcome:
    """Apply edits, then mend the poles, then the seas, and check what is left."""
    chosen: InternalOceansParameters = task.parameters
    topography = task.topography("regridded")
    edited = apply_edits(topography.values, topography_surface(topography, chosen), task.edits)
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
        overrides=kept_seas(topography, edited.kept),
        land_height=chosen.land_height,
        channel_depth=chosen.channel_depth,
        channel_width=chosen.channel_width,
    )
    changes += made
    kept = {"poles"} if chosen.poles == "keep" else set()
    if edited.kept or "keep" in (chosen.policy, chosen.large_policy):
        kept.add("internal_oceans")
    checks = kept_by_choice(check_topography(topography), kept)
    dataset = with_axis_attributes(topography.to_dataset())
    return Outcome({"topography": dataset}, checks, tuple(changes))


def topography_surface(topography: xr.DataArray, chosen: InternalOceansParameters) -> Surface:
    """Take the grid of a topography as one to edit on."""
    lon, lat = topography["lon"].values, topography["lat"].values
    choices = SeaChoices(chosen.land_height, chosen.channel_depth, chosen.channel_width)
    return lonlat_surface(lon, lat, up=1, choices=choices)
