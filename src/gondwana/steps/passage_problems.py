"""The step ``passage_problems``: edits, straits and seas on the ocean grid."""

from __future__ import annotations

import xarray as xr

from gondwana.science.bathymetry import singular_points_on_land
from gondwana.science.checks import Change
from gondwana.science.internal_oceans import LARGE_AREA_KM2, Policy, resolve_internal_oceans
from gondwana.science.ocean_grid import OceanGrid, singular_points
from gondwana.science.terrain_checks import check_bathymetry
from gondwana.science.terrain_fixes import PassagePolicy, resolve_passages
from gondwana.steps.apply import Surface, apply_edits, kept_by_choice
from gondwana.steps.contract import Outcome, Step, StepParameters, Task, parameter
from gondwana.steps.geography import grid_of, on_ocean_grid


class PassageProblemsParameters(StepParameters):
    """What becomes of narrow passages and of seas on the ocean grid."""

    passages: PassagePolicy = parameter(
        "keep",
        title="Narrow passages",
        about="Keep straits that are one cell wide, widen them to two cells, or close them.",
    )
    policy: Policy = parameter(
        "fill",
        title="Seas without a connection",
        about="Turn seas that the ocean grid cut off into land, open them by a channel, or keep "
        "them.",
    )
    large_policy: Policy = parameter(
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


def run(task: Task) -> Outcome:
    """Apply edits, then mend straits, then seas, and check what NEMO will see."""
    chosen: PassageProblemsParameters = task.parameters
    grid = grid_of(task.open("coordinates"))
    depth = task.open("raw_bathymetry")["Bathymetry"].astype("float64").drop_attrs()
    surface = Surface(grid.lon, grid.lat, grid.topology, up=-1)
    edited = apply_edits(depth.values, surface, task.edits)
    depth = depth.copy(data=edited.values)
    depth, straits = resolve_passages(depth, chosen.passages, grid=grid)
    depth, seas = resolve_internal_oceans(
        depth,
        chosen.policy,
        large_policy=chosen.large_policy,
        large_area_km2=chosen.large_area,
        overrides=edited.seas,
        channel_depth=chosen.channel_depth,
        channel_width=chosen.channel_width,
        grid=grid,
    )
    changes: list[Change] = [*edited.changes, *straits, *seas]
    checks = check_bathymetry(depth, grid.lon, grid.lat, grid.area, grid.topology)
    checks.append(singular_points_on_land(depth, grid, singular_points(grid)))
    keeps = "keep" in (chosen.policy, chosen.large_policy, *edited.seas.values())
    judged = kept_by_choice(checks, {"internal_oceans"} if keeps else set())
    return Outcome({"bathy": bathy_dataset(depth, grid)}, judged, tuple(changes))


def bathy_dataset(depth: xr.DataArray, grid: OceanGrid) -> xr.Dataset:
    """Arrange a bathymetry as NEMO reads it (``bathy_meter.nc``).

    Parameters
    ----------
    depth : DataArray, (y, x)
        Metres, positive; 0 = land.
    grid : OceanGrid

    Returns
    -------
    Dataset
        ``Bathymetry`` with ``nav_lon`` and ``nav_lat``, float32.
    """
    attributes = {"units": "m", "positive": "down", "long_name": "depth of the sea floor"}
    return on_ocean_grid({"Bathymetry": (("y", "x"), depth.values, attributes)}, grid)


STEP = Step(
    name="passage_problems",
    version=1,
    title="Straits and seas on the ocean grid",
    about="Finds straits that are one cell wide, cells that touch at a corner and seas without a "
    "connection on the ocean grid, across its halo and fold, and mends them as asked.",
    inputs=("raw_bathymetry", "coordinates"),
    outputs=("bathy",),
    parameters=PassageProblemsParameters,
    run=run,
    interactive=True,
)
