"""Soils of the land surface: colour and texture classes."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gondwana.science.checks import Check
from gondwana.science.sampling import nearest_known


def soils(
    topography: xr.DataArray,
    *,
    colour: float | xr.DataArray = 4.0,
    texture: float | xr.DataArray = 3.0,
) -> tuple[xr.Dataset, list[Check]]:
    """Soil colour and texture on the land of a topography.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres; land is z > 0.
    colour : float or DataArray, (lat, lon)
        Class of colour (Wilson and Henderson-Sellers 1985, doi:10.1002/joc.3370050202), the same
        everywhere or as a map on ascending axes of its own, NaN where nothing is known.
    texture : float or DataArray, (lat, lon)
        Class of texture (Zobler 1986), the same.

    Returns
    -------
    fields : Dataset
        ``soilcolor`` and ``soiltext`` on the (lat, lon) of the topography, float64; 0 over
        ocean. Land that a map leaves out takes the nearest class.
    checks : list of Check
        ``map_coverage`` for each map: how much land that concerns.

    Raises
    ------
    InputError
        A map without any value.
    """
    land = topography.to_numpy() > 0.0
    fields, checks = {}, []
    for name, source, title in (
        ("soilcolor", colour, "soil colour"),
        ("soiltext", texture, "soil texture"),
    ):
        if isinstance(source, xr.DataArray):
            lat, lon = topography["lat"].to_numpy(), topography["lon"].to_numpy()
            values, check = nearest_known(source, lat, lon, land, title)
            checks.append(check)
        else:
            values = np.full(land.shape, float(source))
        fields[name] = topography.copy(data=np.where(land, values, 0.0)).drop_attrs()
    return xr.Dataset(fields), checks
