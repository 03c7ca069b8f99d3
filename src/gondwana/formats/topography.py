"""The one reader of topographies: any NetCDF convention in, the canonical array out, and back.

Canonical means: metres positive up, float64, dimensions ``lat`` (south first) and ``lon``
(ascending within [-180, 180)), no missing value.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.spatial import cKDTree

from gondwana.errors import InputError
from gondwana.formats.axes import Axes, find_axes, find_variable, only_with_coordinates
from gondwana.formats.candidates import UnclearError
from gondwana.formats.choices import Missing, Units
from gondwana.formats.netcdf import open_netcdf
from gondwana.science.sphere import unit_vectors, wrap_longitude

METRES = {"", "m", "meter", "meters", "metre", "metres", "m a.s.l.", "masl"}
KILOMETRES = {"km", "kilometer", "kilometers", "kilometre", "kilometres"}
_HIGHEST = 15_000.0  # metres; nothing on a rocky planet of our size stands or lies beyond
LIKELY_KILOMETRES = 15.0
_UNDECLARED = (-9999.0, 9999.0)  # metres that no place on Earth has, and that many files mean


@dataclass(frozen=True)
class Layout:
    """How the input file arranges its rows and columns, to write back in its own way.

    Attributes
    ----------
    variable, lat_name, lon_name : str
        Names of the variable and of its dimensions.
    lat, lon : ndarray
        The file's own coordinates, degrees.
    rows, columns : ndarray of int
        Canonical row (column) that each row (column) of the file holds; a repeated column
        names the same canonical column twice.
    transposed : bool
        Longitude comes first.
    """

    variable: str
    lat_name: str
    lon_name: str
    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    transposed: bool

    def restore(self, field: xr.DataArray) -> xr.DataArray:
        """Arrange a canonical field as the input file was.

        Parameters
        ----------
        field : DataArray, (lat, lon)
            On the canonical grid of this file.

        Returns
        -------
        DataArray
            With the file's dimension names, orientation, longitudes and repeated column.
        """
        values = field.values[np.ix_(self.rows, self.columns)]
        restored = xr.DataArray(
            values,
            dims=(self.lat_name, self.lon_name),
            coords={
                self.lat_name: (self.lat_name, self.lat, {"units": "degrees_north"}),
                self.lon_name: (self.lon_name, self.lon, {"units": "degrees_east"}),
            },
            name=self.variable,
            attrs=field.attrs,
        )
        return restored.transpose() if self.transposed else restored


@dataclass(frozen=True)
class TopographyFile:
    """A topography as read.

    Attributes
    ----------
    topography : DataArray, (lat, lon)
        Canonical elevations in metres.
    layout : Layout
        How the file itself is arranged.
    notes : tuple of str
        What the reader did to the values: conversions, repeated columns, filled cells.
    """

    topography: xr.DataArray
    layout: Layout
    notes: tuple[str, ...]


def read_topography(
    path: Path,
    variable: str | None = None,
    lon: str | None = None,
    lat: str | None = None,
    *,
    units: Units = "declared",
    missing: Missing = "refuse",
) -> TopographyFile:
    """Read and normalise a topography.

    Parameters
    ----------
    path : Path
        Any NetCDF file: south-up or north-up, -180..180 or 0..360, centred or node-registered,
        packed or not, with or without CF attributes.
    variable, lon, lat : str, optional
        Names that win over any guess.
    units : {"declared", "m", "km"}
        Unit of the values; "declared" believes the file's attribute and takes metres without.
    missing : {"refuse", "nearest"}
        What to do with cells without a finite value; "nearest" takes the nearest finite cell.

    Returns
    -------
    TopographyFile

    Raises
    ------
    InputError
        Anything that keeps the file from being used, with the remedy.
    """
    names: list[str] = []

    def chosen(file: xr.Dataset) -> xr.Dataset:
        names.append(find_variable(file, variable, str(path)))
        return only_with_coordinates(file, names[0])

    dataset = open_netcdf(path, choose=chosen)
    name = names[0]
    where = f"{path}, variable '{name}'"
    try:
        axes = find_axes(dataset, name, lon, lat)
        values = dataset[name].squeeze(drop=True).transpose(axes.lat_dim, axes.lon_dim)
        elevation = np.asarray(values.values, dtype=np.float64)
        notes: list[str] = []
        _tell_repeated_column(elevation, axes, notes)
        elevation = _to_metres(elevation, str(dataset[name].attrs.get("units", "")), units, notes)
        if str(dataset[name].attrs.get("positive", "up")).lower() == "down":
            elevation = -elevation
            notes.append("turned from depths, positive down, to heights")
        canonical, layout = arranged(elevation, axes, name, dataset[name])
        canonical = canonical.rename("topography")
        canonical = _complete(canonical, missing, notes)
        _check_range(canonical)
    except InputError as error:
        raise error.at(where) from None
    return TopographyFile(canonical, layout, tuple(notes))


def arranged(
    values: npt.NDArray[np.float64], axes: Axes, name: str, variable: xr.DataArray
) -> tuple[xr.DataArray, Layout]:
    """Sort rows and columns; a column repeated at the seam is kept once.

    Parameters
    ----------
    values : ndarray, (latitude, longitude)
        In the order of the axes.
    axes : Axes
        Coordinates of the variable.
    name : str
        Its name.
    variable : DataArray
        As it stands in the file, for the order of its dimensions.

    Returns
    -------
    DataArray, (lat, lon)
        South first, longitudes ascending within [-180, 180).
    Layout
        How to go back.
    """
    lat_order = np.argsort(axes.lat, kind="stable")
    unique = axes.lon.size - (1 if axes.repeats_column else 0)
    lon_order = np.argsort(wrap_longitude(axes.lon)[:unique], kind="stable")
    rows, columns = np.empty_like(lat_order), np.empty(axes.lon.size, dtype=np.int64)
    rows[lat_order] = np.arange(lat_order.size)
    columns[lon_order] = np.arange(unique)
    if axes.repeats_column:
        columns[-1] = columns[0]
    layout = Layout(
        variable=name,
        lat_name=axes.lat_dim,
        lon_name=axes.lon_dim,
        lat=axes.lat,
        lon=axes.lon,
        rows=rows,
        columns=columns,
        transposed=variable.dims.index(axes.lon_dim) < variable.dims.index(axes.lat_dim),
    )
    field = xr.DataArray(
        values[np.ix_(lat_order, lon_order)],
        dims=("lat", "lon"),
        coords={"lat": axes.lat[lat_order], "lon": wrap_longitude(axes.lon)[lon_order]},
        attrs={"units": "m", "positive": "up", "long_name": "elevation"},
    )
    return field, layout


def _tell_repeated_column(values: npt.NDArray[np.float64], axes: Axes, notes: list[str]) -> None:
    if axes.repeats_column:
        differing = int(np.sum(values[:, 0] != values[:, -1]))
        notes.append(
            "the last column repeats the first and was dropped"
            + (f" although {differing} of its values differ" if differing else "")
        )


def _to_metres(
    elevation: npt.NDArray[np.float64], declared: str, units: Units, notes: list[str]
) -> npt.NDArray[np.float64]:
    unit = declared.strip().lower() if units == "declared" else units
    if unit in KILOMETRES:
        notes.append("converted from kilometres to metres")
        return elevation * 1000.0
    if unit not in METRES:
        raise UnclearError(
            "units",
            f"the unit '{declared}' is not a length that is known here",
            remedy="say whether they are m or km (parameter 'units' of the step regrid)",
        )
    finite = np.abs(elevation[np.isfinite(elevation)])
    if units == "declared" and finite.size and 0 < finite.max() < LIKELY_KILOMETRES:
        raise UnclearError(
            "units",
            f"no value lies beyond {finite.max():.3g}, which looks like kilometres",
            remedy="say km, or m if it is really that flat (parameter 'units' of the step regrid)",
        )
    return elevation


def _complete(topography: xr.DataArray, missing: Missing, notes: list[str]) -> xr.DataArray:
    bad = ~np.isfinite(topography.values)
    count = int(bad.sum())
    if not count:
        return topography
    if count == bad.size:
        raise UnclearError("variable", "no value is finite", remedy="choose another variable")
    rows, columns = np.nonzero(bad)
    lat, lon = topography["lat"].values, topography["lon"].values
    box = (
        f"between {lat[rows.min()]:g} and {lat[rows.max()]:g} degrees north, "
        f"{lon[columns.min()]:g} and {lon[columns.max()]:g} degrees east"
    )
    if missing == "refuse":
        raise UnclearError(
            "missing",
            f"{count} cells are missing, NaN or infinite, {box}",
            remedy="mend them, or let them take their nearest neighbour's value "
            "(parameter 'missing' of the step regrid: nearest)",
        )
    lon2, lat2 = np.meshgrid(lon, lat)
    points = unit_vectors(lon2, lat2)
    _, nearest = cKDTree(points[~bad]).query(points[bad])
    filled = topography.copy()
    filled.values[bad] = topography.values[~bad][nearest]
    notes.append(f"{count} missing cells took their nearest neighbour's value, {box}")
    return filled


def _check_range(topography: xr.DataArray) -> None:
    marked = [value for value in _UNDECLARED if bool((topography.values == value).any())]
    if marked:
        raise InputError(
            f"some cells hold {marked[0]:g}, which stands for a missing value",
            remedy="declare it as _FillValue in the file",
        )
    highest = float(np.abs(topography.values).max())
    if highest > _HIGHEST:
        raise UnclearError(
            "variable",
            f"values reach {highest:.6g} m, which no topography does",
            remedy="check the unit, or declare the missing value as _FillValue in the file",
        )
