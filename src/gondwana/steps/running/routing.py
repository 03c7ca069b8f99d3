"""What the step ``routing`` does: rivers, their directions, basins and distances, for ORCHIDEE."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.science.checks import Check
from gondwana.science.flow import Flow, analyse
from gondwana.science.sphere import row_areas
from gondwana.steps.contract import Outcome, Task
from gondwana.steps.layouts import Variable, north_first
from gondwana.steps.routing import RoutingParameters

_SHARE = 1e-9  # of the land's area, by which sums in another order may differ


def run(task: Task) -> Outcome:
    """Analyse the flow and arrange it as ORCHIDEE reads it, north first."""
    chosen: RoutingParameters = task.parameters
    topography = task.topography()
    flow = analyse(
        topography,
        endorheic=chosen.endorheic,
        rule=chosen.rule,
        radius_km=chosen.radius,
        distance=chosen.distance,
        river_mouths=chosen.river_mouths,
    )
    return Outcome(
        {"routing": routing_dataset(topography, flow)}, checks=flow_checks(topography, flow)
    )


def routing_dataset(topography: xr.DataArray, flow: Flow) -> xr.Dataset:
    """Arrange a flow analysis as the file that ORCHIDEE reads.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres, south first.
    flow : Flow
        On the same grid.

    Returns
    -------
    Dataset
        On (y, x), north first, float32: nav_lon, nav_lat, trip, basins, topoind (km), hdiff (m,
        0 over the ocean), riverl (m), orog (m), disto (km), topo (m). Other fields are NaN over
        the ocean.
    """
    land = flow.basins > 0
    fields: dict[str, tuple[npt.NDArray[Any], str, str]] = {
        "trip": (flow.trip, "1", "flow direction; 97 return flow, 98 coastal flow, 99 river mouth"),
        "basins": (flow.basins, "1", "river basin, numbered by decreasing area"),
        "topoind": (flow.topoind, "km", "topographic index"),
        "riverl": (flow.river_length, "m", "distance to the next cell downstream"),
        "orog": (topography.values, "m", "elevation of land"),
        "disto": (flow.distance, "km", "distance to the ocean along the river"),
    }
    data: dict[str, Variable] = {
        name: (("y", "x"), np.where(land, values, np.nan), {"units": unit, "long_name": text})
        for name, (values, unit, text) in fields.items()
    }
    data["hdiff"] = (
        ("y", "x"),
        np.where(land, flow.hdiff, 0.0),
        {"units": "m", "long_name": "drop to the next cell downstream"},
    )
    data["topo"] = (("y", "x"), topography.values, {"units": "m", "long_name": "elevation"})
    return north_first(data, topography["lat"].values, topography["lon"].values)


def flow_checks(topography: xr.DataArray, flow: Flow) -> tuple[Check, ...]:
    """Check what every routing must fulfil.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres, south first.
    flow : Flow
        On the same grid.

    Returns
    -------
    tuple of Check
        Every land cell in one basin, one outlet a basin, areas that add up to the land.
    """
    land = topography.values > 0
    lost = int(np.sum(land != (flow.basins > 0)))
    basins = int(flow.basins.max(initial=0))
    areas = row_areas(topography["lat"].values, topography["lon"].values)
    missing = abs(float(areas[land].sum()) / 1e6 - float(flow.areas.sum()))
    share = missing / max(float(areas[land].sum()) / 1e6, 1.0)
    return (
        Check(
            "every_cell_drains",
            "fail" if lost else "pass",
            f"{lost} cells without a way to an outlet"
            if lost
            else f"all {int(land.sum())} land cells reach an outlet",
        ),
        Check(
            "one_outlet_a_basin",
            "pass" if basins == flow.outlets.size else "fail",
            f"{basins} basins and {flow.outlets.size} outlets",
        ),
        Check(
            "basin_areas",
            "pass" if share < _SHARE else "fail",
            "the areas of all basins add up to the area of the land"
            if share < _SHARE
            else f"the areas of all basins miss the area of the land by {share:.2g} of it",
        ),
    )
