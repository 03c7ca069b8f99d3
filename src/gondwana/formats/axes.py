"""Finding the variable and its latitude and longitude in a file that may say little about them.

An explicit choice always wins; then CF attributes and well-known names decide; what stays
ambiguous is asked, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cf_xarray  # noqa: F401  (registers the ``.cf`` accessor)
import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError
from gondwana.formats.candidates import (
    UnclearError,
    coordinates_for,
    is_map,
    maps_of,
    without_map,
)

_ELEVATION_STANDARD_NAMES = {
    "surface_altitude",
    "height",
    "height_above_mean_sea_level",
    "height_above_reference_ellipsoid",
    "height_above_geopotential_datum",
    "bedrock_altitude",
    "ground_level_altitude",
}
_ELEVATION_NAMES = {
    "topo", "topography", "z", "elevation", "elev", "relief", "altitude", "height", "orog",
    "bedrock", "dem", "hgt", "bathymetry_and_topography", "rel", "paleotopography",
}  # fmt: skip
_LATITUDE_NAMES = {"lat", "latitude", "nav_lat", "y", "lats", "j"}
_LONGITUDE_NAMES = {"lon", "longitude", "nav_lon", "x", "long", "lons", "i"}
_SEAM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Axes:
    """Coordinates of a regular variable.

    Attributes
    ----------
    lat_dim, lon_dim : str
        Names of the two dimensions.
    lat, lon : ndarray
        Coordinates in degrees, in the file's own order.
    repeats_column : bool
        The last column is the first one again, 360 degrees on.
    """

    lat_dim: str
    lon_dim: str
    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    repeats_column: bool


def find_variable(dataset: xr.Dataset, wanted: str | None, where: str) -> str:
    """Choose the variable that holds the elevations.

    Parameters
    ----------
    dataset : Dataset
        As read from the file.
    wanted : str or None
        The person's choice.
    where : str
        Name of the file, for the error.

    Returns
    -------
    str

    Raises
    ------
    InputError
        No such variable, none with two dimensions, or several and none stands out.
    """
    candidates = maps_of(dataset)
    listed = ", ".join(f"'{name}'" for name in candidates)
    if wanted is not None:
        if wanted not in dataset.variables:
            remedy = f"choose one of {listed}" if candidates else "choose another file"
            raise UnclearError(
                "variable", f"has no variable '{wanted}'", remedy=remedy, where=where
            )
        if not is_map(dataset[wanted]):
            raise UnclearError(
                "variable",
                f"the variable '{wanted}' is not a numeric map over two dimensions",
                remedy=f"choose one of {listed}" if candidates else "choose another file",
                where=where,
            )
        return wanted
    if not candidates:
        raise without_map(dataset, where)
    if len(candidates) == 1:
        return candidates[0]
    telling = [name for name in candidates if _looks_like_elevation(dataset[name])]
    if len(telling) == 1:
        return telling[0]
    raise UnclearError(
        "variable",
        f"has several variables: {listed}",
        remedy="choose the elevation " + _by("variable"),
        where=where,
    )


def find_axes(dataset: xr.Dataset, name: str, lon: str | None, lat: str | None) -> Axes:
    """Find the latitude and longitude of a variable and check them.

    Parameters
    ----------
    dataset : Dataset
        As read from the file.
    name : str
        The variable.
    lon, lat : str or None
        The person's choice of coordinate variables.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        No coordinates, not regular, not monotonic, repeated, or beyond the globe.
    """
    variable = dataset[name].squeeze(drop=True)
    lat_name = lat or _guess(dataset, variable, "latitude", _LATITUDE_NAMES, "lat")
    lon_name = lon or _guess(dataset, variable, "longitude", _LONGITUDE_NAMES, "lon")
    for coordinate, about in ((lat_name, "lat"), (lon_name, "lon")):
        if coordinate not in dataset.variables:
            raise UnclearError(
                about,
                f"has no coordinate variable '{coordinate}'",
                remedy=f"name an existing one {_by(about)}",
            )
        if not np.issubdtype(dataset[coordinate].dtype, np.number):
            raise UnclearError(
                about,
                f"the coordinate '{coordinate}' is not numeric",
                remedy=f"name another {_by(about)}",
            )
    lat_dim, lat_values = _one_dimensional(dataset, variable, lat_name, 0)
    lon_dim, lon_values = _one_dimensional(dataset, variable, lon_name, 1)
    if lat_dim == lon_dim:
        raise UnclearError(
            "lat",
            "latitude and longitude run along the same dimension",
            remedy="name others (parameters 'lat' and 'lon' of the step regrid)",
        )
    _check_latitude(lat_values, lat_name)
    return Axes(lat_dim, lon_dim, lat_values, lon_values, _check_longitude(lon_values, lon_name))


def only_with_coordinates(dataset: xr.Dataset, name: str) -> xr.Dataset:
    """Keep a variable and what may be its coordinates, before anything else is loaded.

    Parameters
    ----------
    dataset : Dataset
        As opened.
    name : str
        The variable.

    Returns
    -------
    Dataset
        With all variables of one or two dimensions that lie along those of the variable only.
    """
    dims = set(dataset[name].dims)
    others = [
        key for key in dataset.variables
        if key != name and dataset[key].ndim <= 2 and set(dataset[key].dims) <= dims
    ]  # fmt: skip
    return dataset[[name, *others]]


def _by(parameter: str) -> str:
    """Tell where a person says it: the same in a recipe, in a form and on the command line."""
    return f"(parameter '{parameter}' of the step regrid)"


def _looks_like_elevation(variable: xr.DataArray) -> bool:
    standard = str(variable.attrs.get("standard_name", "")).lower()
    name = str(variable.name).lower()
    return standard in _ELEVATION_STANDARD_NAMES or name in _ELEVATION_NAMES


def _guess(
    dataset: xr.Dataset, variable: xr.DataArray, what: str, names: set[str], about: str
) -> str:
    """CF attributes first, then names, among coordinates that span only the variable's dims."""
    fitting = coordinates_for(dataset, variable)
    declared = [key for key in dataset.cf.coordinates.get(what, []) if key in fitting]
    named = [key for key in fitting if key.lower() in names]
    found = declared or named
    one_dimensional = [key for key in found if dataset[key].ndim == 1]
    found = one_dimensional or found
    if len(found) == 1:
        return found[0]
    problem = f"has no {what}" if not found else f"has several {what}s: {', '.join(found)}"
    raise UnclearError(about, problem, remedy=f"name its {what}s {_by(about)}")


def _one_dimensional(
    dataset: xr.Dataset, variable: xr.DataArray, name: str, axis: int
) -> tuple[str, npt.NDArray[np.float64]]:
    """Return a coordinate as one dimension and its values, also from a 2-D regular array."""
    coordinate = dataset[name].squeeze(drop=True)
    values = np.asarray(coordinate.values, dtype=np.float64)
    if not np.all(np.isfinite(values)):
        raise InputError(f"the coordinate '{name}' has missing values", remedy="mend the file")
    if coordinate.ndim == 1 and coordinate.dims[0] in variable.dims:
        return str(coordinate.dims[0]), values
    if coordinate.ndim == 2 and set(coordinate.dims) == set(variable.dims):
        for along, dim in enumerate(coordinate.dims):
            line = np.moveaxis(values, along, 0)
            if np.allclose(line, line[:, :1], atol=1e-4) and np.ptp(line[:, 0]) > 0:
                return str(dim), line[:, 0]
        raise InputError(
            f"the coordinate '{name}' is curvilinear",
            remedy="regrid the file to a regular longitude-latitude grid first",
        )
    kind = ("latitude", "longitude")[axis]
    raise UnclearError(
        kind[:3],
        f"the {kind} '{name}' does not lie along a dimension of the variable",
        remedy=f"name another {_by(kind[:3])}",
    )


def _check_latitude(lat: npt.NDArray[np.float64], name: str) -> None:
    steps = np.diff(lat)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        what = "has repeated values" if np.any(steps == 0) else "is not monotonic"
        raise InputError(f"the latitude '{name}' {what}", remedy="sort the rows of the file")
    if np.abs(lat).max() > 90.0 + _SEAM_TOLERANCE:
        raise UnclearError(
            "lat",
            f"the latitude '{name}' reaches {np.abs(lat).max():g}",
            remedy="name the right coordinate " + _by("lat"),
        )


def _check_longitude(lon: npt.NDArray[np.float64], name: str) -> bool:
    """Check one turn of longitudes; tell whether the last column repeats the first."""
    unwrapped = np.unwrap(lon, period=360.0)
    steps = np.diff(unwrapped)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        what = "has repeated values" if np.any(steps == 0) else "is not monotonic"
        raise InputError(f"the longitude '{name}' {what}", remedy="sort the columns of the file")
    span = abs(unwrapped[-1] - unwrapped[0])
    if span > 360.0 + _SEAM_TOLERANCE:
        raise InputError(
            f"the longitude '{name}' spans {span:g} degrees",
            remedy="keep one turn of the globe only",
        )
    return bool(span >= 360.0 - _SEAM_TOLERANCE)
