"""The files that OASIS3-MCT reads of grids: ``grids.nc``, ``masks.nc``, ``areas.nc``; and LMDZ's.

In OASIS a mask of 0 is an active point, 1 a masked one: the opposite of SCRIP. Corners are stored
as (corner, y, x), longitudes not wrapped within a cell.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.science.coupling import Points

_DEGREES = {"lon": "degrees_east", "lat": "degrees_north"}


def grids_dataset(*grids: Points) -> xr.Dataset:
    """Centres and corners of the points of some grids.

    Parameters
    ----------
    *grids : Points

    Returns
    -------
    Dataset
        For each grid ``XXXX.lon``, ``XXXX.lat`` on (y_XXXX, x_XXXX) and ``XXXX.clo``,
        ``XXXX.cla`` on (crn_XXXX, y_XXXX, x_XXXX), degrees, float64.
    """
    data: dict[str, tuple[tuple[str, ...], npt.NDArray[np.float64], dict[str, str]]] = {}
    for grid in grids:
        y, x, corner = _dims(grid)
        for axis, centres, corners in (
            ("lon", grid.lon, grid.corner_lon),
            ("lat", grid.lat, grid.corner_lat),
        ):
            units = {"units": _DEGREES[axis]}
            what = "longitude" if axis == "lon" else "latitude"
            data[f"{grid.name}.{axis}"] = (
                (y, x), centres, {**units, "long_name": f"{what} of the points"},
            )  # fmt: skip
            data[f"{grid.name}.c{axis[:2]}"] = (
                (corner, y, x),
                np.ascontiguousarray(np.moveaxis(corners, -1, 0)),
                {**units, "long_name": f"{what} of the corners, counter-clockwise"},
            )
    return xr.Dataset(data)


def masks_dataset(*grids: Points) -> xr.Dataset:
    """Masks of some grids: ``XXXX.msk``, int32, 0 = active, 1 = masked."""
    return xr.Dataset(
        {
            f"{grid.name}.msk": (
                _dims(grid)[:2],
                (~grid.active).astype(np.int32),
                {"units": "1", "long_name": "0 = active, 1 = masked"},
            )
            for grid in grids
        }
    )


def areas_dataset(*grids: Points, meaning: str) -> xr.Dataset:
    """Areas of the points of some grids: ``XXXX.srf``, m², float64.

    Parameters
    ----------
    *grids : Points
    meaning : str
        What the areas of the ocean are, for whoever opens the file.
    """
    dataset = xr.Dataset(
        {
            f"{grid.name}.srf": (
                _dims(grid)[:2],
                grid.area,
                {"units": "m2", "long_name": "area of the cell"},
            )
            for grid in grids
        }
    )
    return dataset.assign_attrs(areas_of_the_ocean=meaning)


def ocean_fraction_dataset(grid: Points, fraction: npt.NDArray[np.float64]) -> xr.Dataset:
    """Arrange the fractional mask that LMDZ reads as ``o2a.nc``.

    Parameters
    ----------
    grid : Points
        Of the atmosphere.
    fraction : ndarray, (ny, nx)
        Share of each cell that is ocean.

    Returns
    -------
    Dataset
        ``OceMask`` on (y, x), 0 land to 1 ocean, with nav_lon and nav_lat; float64, so that LMDZ
        computes with the same fraction as the weights.
    """
    return xr.Dataset(
        {
            "nav_lon": (("y", "x"), grid.lon, {"units": "degrees_east", "long_name": "longitude"}),
            "nav_lat": (("y", "x"), grid.lat, {"units": "degrees_north", "long_name": "latitude"}),
            "OceMask": (
                ("y", "x"),
                np.clip(fraction, 0.0, 1.0),
                {"units": "1", "long_name": "fraction of the cell that is ocean"},
            ),
        }
    )


def _dims(grid: Points) -> tuple[str, str, str]:
    return f"y_{grid.name}", f"x_{grid.name}", f"crn_{grid.name}"
