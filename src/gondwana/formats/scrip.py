"""Files of weights as SCRIP has them, which OASIS3-MCT and CDO read, and as ESMF has them.

Addresses count from 1, i fastest. A mask of 1 is a point that takes part, 0 one that does not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.science.coupling import Mapping, Points
from gondwana.science.coupling.grids import Index
from gondwana.science.sphere import EARTH_RADIUS, Array

Variables = dict[str, tuple[tuple[str, ...], npt.NDArray[np.generic], dict[str, str]]]


def weights_dataset(
    mapping: Mapping, source_frac: Array, target_frac: Array, *, esmf: bool = False
) -> xr.Dataset:
    """Arrange weights as a SCRIP file.

    Parameters
    ----------
    mapping : Mapping
    source_frac, target_frac : ndarray, (ny, nx)
        Share of each cell that takes part.
    esmf : bool
        Add the names by which ESMF's tools know weights (``row``, ``col``, ``S`` and the grids
        ``a`` and ``b``); they stand beside those of SCRIP.

    Returns
    -------
    Dataset
        Coordinates in degrees, areas in square radians, addresses int32, weights float64.
    """
    data: Variables = {}
    sides = (
        ("src", "a", mapping.source, mapping.source_cell, source_frac),
        ("dst", "b", mapping.target, mapping.target_cell, target_frac),
    )
    for side, _, grid, cells, frac in sides:
        data |= _grid(side, grid, _linked(grid, cells), frac)
    source, target = mapping.source_cell + 1, mapping.target_cell + 1
    data["src_address"] = (("num_links",), source.astype(np.int32), {})
    data["dst_address"] = (("num_links",), target.astype(np.int32), {})
    data["remap_matrix"] = (("num_links", "num_wgts"), mapping.weight[:, None], {})
    attributes = {
        "title": f"{mapping.source.name} to {mapping.target.name}",
        "normalization": mapping.normalisation,
        "map_method": mapping.method,
        "conventions": "SCRIP",
        "source_grid": mapping.source.name,
        "dest_grid": mapping.target.name,
    }
    if esmf:
        for _, side, grid, cells, frac in sides:
            data |= _esmf_grid(side, grid, _linked(grid, cells), frac)
        data["col"] = (("n_s",), source.astype(np.int32), {"long_name": "source, from 1"})
        data["row"] = (("n_s",), target.astype(np.int32), {"long_name": "target, from 1"})
        data["S"] = (("n_s",), mapping.weight, {"long_name": "weight"})
        attributes["domain_a"], attributes["domain_b"] = mapping.source.name, mapping.target.name
    return xr.Dataset(data, attrs=attributes)


def _linked(grid: Points, cells: Index) -> npt.NDArray[np.int32]:
    """Mask of the points that take part: 1 where there is a link."""
    linked = np.zeros(grid.size, dtype=np.int32)
    linked[cells] = 1
    return linked


def _grid(side: str, grid: Points, linked: npt.NDArray[np.int32], frac: Array) -> Variables:
    size, corners = f"{side}_grid_size", f"{side}_grid_corners"
    ny, nx = grid.shape
    data: Variables = {
        f"{side}_grid_dims": ((f"{side}_grid_rank",), np.array([nx, ny], dtype=np.int32), {})
    }
    for axis, centres, of_corners in (
        ("lat", grid.lat, grid.corner_lat),
        ("lon", grid.lon, grid.corner_lon),
    ):
        units = {"units": "degrees"}
        data[f"{side}_grid_center_{axis}"] = ((size,), centres.ravel(), units)
        data[f"{side}_grid_corner_{axis}"] = ((size, corners), of_corners.reshape(-1, 4), units)
    none = {"units": "unitless"}
    data[f"{side}_grid_imask"] = ((size,), linked, none)
    area = grid.area.ravel() / EARTH_RADIUS**2
    data[f"{side}_grid_area"] = ((size,), area, {"units": "square radians"})
    data[f"{side}_grid_frac"] = ((size,), frac.ravel(), none)
    return data


def _esmf_grid(side: str, grid: Points, linked: npt.NDArray[np.int32], frac: Array) -> Variables:
    size, corners = f"n_{side}", f"nv_{side}"
    degrees = {"units": "degrees"}
    return {
        f"yc_{side}": ((size,), grid.lat.ravel(), degrees),
        f"xc_{side}": ((size,), grid.lon.ravel(), degrees),
        f"yv_{side}": ((size, corners), grid.corner_lat.reshape(-1, 4), degrees),
        f"xv_{side}": ((size, corners), grid.corner_lon.reshape(-1, 4), degrees),
        f"mask_{side}": ((size,), linked, {"units": "unitless"}),
        f"area_{side}": ((size,), grid.area.ravel() / EARTH_RADIUS**2, {"units": "square radians"}),
        f"frac_{side}": ((size,), frac.ravel(), {"units": "unitless"}),
    }
