"""Reading maps of classes that a person gives beside the topography: soils, biomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from gondwana.errors import InputError
from gondwana.formats.axes import find_axes
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.topography import arranged


def read_map(path: Path, names: tuple[str, ...]) -> dict[str, xr.DataArray]:
    """Read the variables of these names.

    Parameters
    ----------
    path : Path
        NetCDF, regular in longitude and latitude, in any convention of the topography reader.
    names : tuple of str
        Variables to look for.

    Returns
    -------
    dict of str to DataArray, (lat, lon)
        Those found; south first, longitudes ascending within [-180, 180), NaN where missing.

    Raises
    ------
    InputError
        None of them is there, or a coordinate cannot be used.
    """
    dataset = open_netcdf(path)
    found: dict[str, xr.DataArray] = {}
    for name in names:
        if name not in dataset.data_vars:
            continue
        try:
            axes = find_axes(dataset, name, None, None)
        except InputError as error:
            raise error.at(f"{path}, variable '{name}'") from None
        values = dataset[name].squeeze(drop=True).transpose(axes.lat_dim, axes.lon_dim)
        plain = np.asarray(values.values, dtype=np.float64)
        found[name] = arranged(plain, axes, name, dataset[name])[0].rename(name).drop_attrs()
    if not found:
        wanted = " or ".join(f"'{name}'" for name in names)
        raise InputError(
            f"has no variable {wanted}", remedy=f"name the map {wanted}", where=str(path)
        )
    return found
