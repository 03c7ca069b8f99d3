"""What the step ``calculate_weights`` does: overlaps of cells, weights, and their certificate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.formats.atmosphere_grids import read_atmosphere_grid
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.oasis import (
    areas_dataset,
    grids_dataset,
    masks_dataset,
    ocean_fraction_dataset,
)
from gondwana.formats.ocean_grids import read_cell_areas
from gondwana.formats.scrip import weights_dataset
from gondwana.science.checks import worst
from gondwana.science.coupling import (
    Calving,
    Certificate,
    Exchange,
    OceanArea,
    Points,
    RiverBasins,
    Runoff,
    calving,
    certify,
    coastal_cells,
    exchange,
    lmdz_points,
    ocean_points,
    regular_points,
    river_links,
    runoff,
    to_atmosphere,
    to_ocean,
)
from gondwana.science.internal_oceans import find_oceans
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import Array
from gondwana.science.terrain import Terrain
from gondwana.steps.calculate_weights import CalculateWeightsParameters
from gondwana.steps.contract import Outcome, Task

Mask = npt.NDArray[np.bool_]

_OF_BASINS = ("nav_lon", "nav_lat", "trip", "basins")
_MEANING = {
    "polygon": "exact areas of the cells, whose edges are great circles",
    "model": "e1t x e2t, as NEMO computes",
    "file": "as the file of the ocean grid declares them",
}


def run(task: Task) -> Outcome:
    """Intersect both grids once; every file follows from that."""
    chosen: CalculateWeightsParameters = task.parameters
    if chosen.ocean_name == chosen.atmosphere_name:
        raise ParameterError(
            f"ocean and atmosphere are both named {chosen.ocean_name}", remedy="give two names"
        )
    grid = task.grid()
    depth = task.bathymetry(grid)
    wet = depth.values > 0.0
    ocean = ocean_points(grid, wet, chosen.ocean_name, _ocean_area(task))
    shared = exchange(ocean, _atmosphere(task))
    task.progress(0.4, "weights")
    intensive, extensive = to_atmosphere(shared, chosen.normalisation), to_ocean(shared)
    water = _runoff(task, shared, wet, grid)
    ice = calving(shared, _without_calving(depth, grid, chosen), chosen.calving_bands)
    task.progress(0.7, "certificate")
    certificate = certify(shared, intensive, extensive, water, ice)
    files = {
        "weights_to_atmosphere": (intensive, shared.covered, shared.fraction),
        "weights_to_ocean": (extensive, shared.fraction, shared.covered),
        "weights_runoff": (water.mapping, _routed(water), _reached(water)),
        "weights_calving": (ice.mapping, _first_points(ice), _reached(ice)),
    }
    outputs = {
        kind: weights_dataset(mapping, source, target, esmf=chosen.esmf)
        for kind, (mapping, source, target) in files.items()
    }
    grids = (ocean, shared.atmosphere)
    outputs |= {
        "grids": grids_dataset(*grids),
        "masks": masks_dataset(*grids),
        "areas": areas_dataset(*grids, meaning=_MEANING[chosen.ocean_area]),
        "ocean_fraction": ocean_fraction_dataset(shared.atmosphere, shared.fraction),
        "weights_certificate": _figures(certificate, chosen),
    }
    return Outcome(outputs, certificate.checks, (), _notes(shared, certificate))


def _ocean_area(task: Task) -> OceanArea | Array:
    """Find what is called the area of an ocean cell; coordinates for NEMO hold none."""
    chosen: CalculateWeightsParameters = task.parameters
    if chosen.ocean_area != "file":
        return chosen.ocean_area
    if "ocean_grid_file" not in task.inputs:
        raise ParameterError(
            "the areas of a file are asked for, but no file of the ocean grid is given",
            remedy="give an ocean grid with areas, or set ocean_area to polygon or model",
        )
    return read_cell_areas(task.inputs["ocean_grid_file"])


def _atmosphere(task: Task) -> Points:
    chosen: CalculateWeightsParameters = task.parameters
    name = chosen.atmosphere_name
    if "atmosphere_grid" in task.inputs:
        return read_atmosphere_grid(task.inputs["atmosphere_grid"], name)
    nx, ny = chosen.atmosphere_longitudes, chosen.atmosphere_latitudes
    if chosen.atmosphere == "lmdz":
        return lmdz_points(nx, ny, name)
    lon = -180.0 + (np.arange(nx) + 0.5) * 360.0 / nx
    lat = 90.0 - (np.arange(ny) + 0.5) * 180.0 / ny
    return regular_points(lon, lat, name=name)


def _runoff(task: Task, shared: Exchange, wet: Mask, grid: OceanGrid) -> Runoff:
    chosen: CalculateWeightsParameters = task.parameters
    coastal = coastal_cells(wet, grid.topology)
    if chosen.runoff == "distance":
        return runoff(shared, coastal, chosen.runoff_distance)
    try:
        basins = _basins(open_netcdf(task.inputs["routing"], choose=_of_basins))
    except InputError as error:
        raise error.at(str(task.inputs["routing"])) from None
    return runoff(shared, coastal, chosen.runoff_distance, river_links(basins, shared, coastal))


def _of_basins(routing: xr.Dataset) -> xr.Dataset:
    return routing[[name for name in _OF_BASINS if name in routing.variables]]


def _basins(routing: xr.Dataset) -> RiverBasins:
    missing = [name for name in _OF_BASINS if name not in routing.variables]
    if missing or any(routing[name].ndim != 2 for name in _OF_BASINS):
        raise InputError(
            f"has no {' and '.join(missing) or 'rows and columns'}",
            remedy="give the file that the step routing wrote",
        )
    return RiverBasins.of_routing(
        routing["nav_lon"].values[0].astype(np.float64),
        routing["nav_lat"].values[::-1, 0].astype(np.float64),
        routing["trip"].values[::-1],
        routing["basins"].values[::-1],
    )


def _without_calving(
    depth: xr.DataArray, grid: OceanGrid, chosen: CalculateWeightsParameters
) -> Mask:
    if chosen.calving_in_closed_seas:
        return np.zeros(grid.shape, dtype=np.bool_)
    closed: Mask = find_oceans(Terrain.of(depth, grid)).internal > 0
    return closed


def _routed(found: Runoff) -> npt.NDArray[np.float64]:
    return (found.sources & ~found.unrouted).astype(np.float64)


def _first_points(found: Calving) -> npt.NDArray[np.float64]:
    first = np.zeros(found.mapping.source.shape)
    first[:, 0] = found.row_area > 0.0
    return first


def _reached(found: Runoff | Calving) -> npt.NDArray[np.float64]:
    return (found.mapping.sums_by_target() > 0.0).astype(np.float64)


def _figures(certificate: Certificate, chosen: CalculateWeightsParameters) -> xr.Dataset:
    """Arrange the certificate; single values, nested by their names."""
    values: dict[str, float | str] = {
        "status": worst(certificate.checks) or "pass",
        "area_of_ocean_cells": _MEANING[chosen.ocean_area],
    }
    for check in certificate.checks:
        values[f"checks/{check.name}/status"] = check.status
        values[f"checks/{check.name}/summary"] = check.summary
    for part, figures in certificate.figures.items():
        values |= {f"{part}/{name}": value for name, value in figures.items()}
    return xr.Dataset({name: ((), np.asarray(value)) for name, value in values.items()})


def _notes(shared: Exchange, certificate: Certificate) -> tuple[str, ...]:
    grids = certificate.figures["grids"]
    links = [int(certificate.figures[k]["links"]) for k in ("to_atmosphere", "to_ocean")]
    ny, nx = shared.atmosphere.shape
    return (
        f"{int(grids['ocean_cells'])} ocean cells and an atmosphere of {nx} x {ny} points",
        f"{links[0]} weights to the atmosphere and {links[1]} to the ocean",
    )
