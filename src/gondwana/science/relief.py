"""High-resolution relief for the orography of the atmosphere (LMDZ ``Relief.nc``)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gondwana.science.regrid import regrid, regular_axes

STEP = 1.0 / 6.0
"""Size of the cells in degrees: 2160 x 1080 around the globe."""


def relief(topography: xr.DataArray) -> xr.DataArray:
    """Height of the land on cells of a sixth of a degree.

    The ocean counts as 0 m before the interpolation, so that the land does not dip towards the
    sea floor along coasts. In return the height falls to 0 only at the first ocean centre of
    the topography: half a cell of it beyond the coast, heights lie between 0 and the coast's.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres, positive up; global.

    Returns
    -------
    DataArray, (lat=1080, lon=2160)
        ``RELIEF`` in metres, float64, 0 or more, nothing missing; bilinear, periodic, towards
        the mean of the last row at the poles. North first: lat = 90 − (j + ½)/6,
        lon = −180 + (i + ½)/6.
    """
    axes = regular_axes(STEP)
    heights = regrid(topography.clip(min=0.0), axes.lat, axes.lon, "bilinear")
    heights = heights.copy(data=np.maximum(heights.to_numpy(), 0.0))
    return heights.isel(lat=slice(None, None, -1)).rename("RELIEF").drop_attrs()
