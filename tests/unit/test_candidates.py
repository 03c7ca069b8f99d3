"""What a person can choose from in a file, and what files are that are not NetCDF."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError
from gondwana.formats.candidates import UnclearError, candidates_in
from gondwana.formats.signatures import what_it_is
from gondwana.formats.topography import read_topography

LAT, LON = np.arange(-85.0, 90, 10), np.arange(-175.0, 180, 10)


def heights(**attributes: str) -> xr.DataArray:
    values = np.where(np.abs(LAT)[:, None] < 30, 500.0, -3000.0) * np.ones(LON.size)
    return xr.DataArray(values, {"lat": LAT, "lon": LON}, ("lat", "lon"), attrs=attributes)


def written(tmp_path: Path, data: xr.Dataset) -> Path:
    path = tmp_path / "given.nc"
    data.to_netcdf(path)
    return path


def test_maps_and_coordinates_are_told_as_the_file_describes_them(tmp_path: Path) -> None:
    data = xr.Dataset(
        {
            "a": heights(units="m", long_name="heights\n of\u202e the  Eocene"),
            "mask": heights() > 0,
            "time": ("t", [1.0, 2.0]),
            "deep": heights().expand_dims(level=3),
            "b": heights(standard_name="surface_altitude"),
            "note": 3.0,
        }
    )
    found = candidates_in(written(tmp_path, data))
    assert [one.name for one in found.variables] == ["a", "b"]
    first, last = found.variables[0], found.variables[-1]
    assert (first.dims, first.shape) == (("lat", "lon"), (18, 36))
    assert (first.units, first.long_name) == ("m", "heights of the Eocene")
    assert (last.units, last.long_name) == ("", "surface_altitude")
    assert {one.name for one in found.coordinates} == {"lat", "lon"}


def test_a_file_of_very_many_variables_gives_only_some_to_choose_from(tmp_path: Path) -> None:
    data = xr.Dataset({f"v{number}": heights() for number in range(130)})
    assert len(candidates_in(written(tmp_path, data)).variables) == 100


def test_a_file_without_maps_has_nothing_to_choose(tmp_path: Path) -> None:
    found = candidates_in(written(tmp_path, xr.Dataset({"x": ("t", [1.0])})))
    assert (found.variables, found.coordinates) == ((), ())
    path = tmp_path / "text.nc"
    path.write_text("no")
    with pytest.raises(InputError, match="is not a NetCDF file but a text file"):
        candidates_in(path)


Spoil = Callable[[xr.DataArray], xr.Dataset]
UNCLEAR: dict[str, tuple[Spoil, str]] = {
    "two maps": (lambda z: xr.Dataset({"a": z, "b": z}), "variable"),
    "two latitudes": (
        lambda z: xr.Dataset({"z": z.assign_coords(latitude=("lat", LAT))}),
        "lat",
    ),
    "no longitude": (lambda z: xr.Dataset({"z": z.rename(lon="p")}), "lon"),
    "kelvin": (lambda z: xr.Dataset({"z": z.assign_attrs(units="K")}), "units"),
    "kilometres": (lambda z: xr.Dataset({"z": z / 1000}), "units"),
    "holes": (lambda z: xr.Dataset({"z": z.where(z["lat"] > -60)}), "missing"),
    "nothing": (lambda z: xr.Dataset({"z": z * np.nan}), "variable"),
    "too high": (lambda z: xr.Dataset({"z": z * 100}), "variable"),
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_a_person_could_say_to_mend_it_is_told(tmp_path: Path, name: str) -> None:
    spoil, about = UNCLEAR[name]
    with pytest.raises(UnclearError) as caught:
        read_topography(written(tmp_path, spoil(heights())))
    assert caught.value.about == about


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"PK\x03\x04rest", "a zip archive"),
        (b"\x1f\x8b\x08", "a file packed by gzip"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML>", "a web page"),
        (b"<HTML>", "a web page"),
        (b"lon,lat,z\r\n1,2,3\n", "a text file"),
        (b"GRIB\x00\x00", "a GRIB file"),
        (b"%PDF-1.7", "a PDF document"),
        (b"II*\x00", "a TIFF image"),
        (b"", ""),
        (b"\n \n", ""),
        (bytes(range(128, 200)), ""),
    ],
)
def test_files_are_known_by_how_they_begin(head: bytes, name: str) -> None:
    found, remedy = what_it_is(head)
    assert found == name
    assert remedy
