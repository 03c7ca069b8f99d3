"""What the step ``passage_problems`` does: edits, straits and seas on the ocean grid."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gondwana.science.bathymetry import singular_points_on_land
from gondwana.science.checks import Change, Check
from gondwana.science.internal_oceans import resolve_internal_oceans
from gondwana.science.ocean_grid import OceanGrid, singular_points
from gondwana.science.terrain_checks import check_bathymetry
from gondwana.science.terrain_fixes import resolve_passages
from gondwana.steps.apply import apply_edits, kept_by_choice, kept_seas
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import on_ocean_grid
from gondwana.steps.passage_problems import PassageProblemsParameters
from gondwana.steps.surfaces import HIGHEST, SeaChoices, Surface


def run(task: Task) -> Outcome:
    """Apply edits, then mend straits, then seas, and check what NEMO will see."""
    chosen: PassageProblemsParameters = task.parameters
    grid = task.grid()
    depth = task.bathymetry(grid, "raw_bathymetry")
    edited = apply_edits(depth.values, bathymetry_surface(grid, chosen), task.edits)
    least = float(depth.attrs.get("minimum_depth_m", 0.0))
    depth = depth.copy(data=edited.values).drop_attrs()
    depth, straits = resolve_passages(depth, chosen.passages, grid=grid)
    depth, seas = resolve_internal_oceans(
        depth,
        chosen.policy,
        large_policy=chosen.large_policy,
        large_area_km2=chosen.large_area,
        overrides=kept_seas(depth, edited.kept, grid),
        channel_depth=chosen.channel_depth,
        channel_width=chosen.channel_width,
        grid=grid,
    )
    changes: list[Change] = [*edited.changes, *straits, *seas]
    depth, deepened = _within_limits(depth, least, grid)
    changes += deepened
    checks = check_bathymetry(depth, grid.lon, grid.lat, grid.area, grid.topology)
    checks.append(singular_points_on_land(depth, grid, singular_points(grid)))
    checks.append(_limits(depth, least))
    keeps = edited.kept or "keep" in (chosen.policy, chosen.large_policy)
    judged = kept_by_choice(checks, {"internal_oceans"} if keeps else set())
    return Outcome({"bathy": bathy_dataset(depth, grid)}, judged, tuple(changes))


def bathymetry_surface(grid: OceanGrid, chosen: PassageProblemsParameters) -> Surface:
    """Take an ocean grid as one to edit depths on."""
    return Surface(
        grid.lon,
        grid.lat,
        grid.topology,
        up=-1,
        area=grid.area,
        limits=(0.0, HIGHEST),
        choices=SeaChoices(0.0, chosen.channel_depth, chosen.channel_width),
    )


def _within_limits(
    depth: xr.DataArray, least: float, grid: OceanGrid
) -> tuple[xr.DataArray, list[Change]]:
    """Deepen what an edit or a channel left too shallow; the first row stays land."""
    values = np.where((depth.values > 0.0) & (depth.values < least), least, depth.values)
    values[0] = 0.0
    changed = (values != depth.values) & grid.owned
    if not changed.any():
        return depth, []
    row, column = np.argwhere(changed)[0]
    change = Change(
        f"brought the ocean to at least {least:g} m, and the first row to land",
        "the ocean model needs it, whatever an edit or a channel asked for",
        int(changed.sum()),
        float(grid.lon[row, column]),
        float(grid.lat[row, column]),
    )
    return depth.copy(data=values), [change]


def _limits(depth: xr.DataArray, least: float) -> Check:
    """Check what NEMO asks of every cell, which an edit may have broken."""
    first_row = int((depth[0] > 0.0).sum())
    shallow = int(((depth > 0.0) & (depth < least)).sum())
    problems = [
        told
        for count, told in (
            (first_row, f"{first_row} ocean cells in the first row"),
            (shallow, f"{shallow} ocean cells shallower than {least:g} m"),
        )
        if count
    ]
    return Check(
        "ocean_limits",
        "fail" if problems else "pass",
        " and ".join(problems) or f"the first row is land, and no ocean shallower than {least:g} m",
        fix="change the edits that made them" if problems else "",
    )


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
