"""Small ocean grids and topographies that several tests of ocean fields use."""

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.science.ocean_grid import OceanGrid


def plain_grid(step: float = 20.0, limit: float = 70.0, halo: bool = False) -> OceanGrid:
    """Cells between meridians and parallels from -limit to limit, first column at the date line."""
    lon = np.arange(-180.0, 180.0, step) + step / 2
    if halo:
        lon = np.concatenate([lon[-1:] - 360.0, lon, lon[:1] + 360.0])
    lat = np.arange(-limit + step / 2, limit, step)
    x, y = np.meshgrid(lon, lat)
    half = step / 2
    corner_lon = np.stack([x - half, x + half, x + half, x - half], axis=-1)
    corner_lat = np.stack([y - half, y - half, y + half, y + half], axis=-1)
    return OceanGrid.from_cells(x, y, corner_lon, corner_lat)


def topography(values: npt.ArrayLike) -> xr.DataArray:
    """Put values on a global grid of cells of equal size, south first."""
    values = np.asarray(values, dtype=np.float64)
    ny, nx = values.shape
    lat = (np.arange(ny) + 0.5) * 180.0 / ny - 90.0
    lon = (np.arange(nx) + 0.5) * 360.0 / nx - 180.0
    return xr.DataArray(values, {"lat": lat, "lon": lon}, ("lat", "lon"), name="topography")
