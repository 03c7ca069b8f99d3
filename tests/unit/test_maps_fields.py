"""Reading any field of any file: conventions, curvilinear grids, limits, hostile files."""

import json
from dataclasses import asdict
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.maps.contents import Header
from gondwana.maps.fields import read_field
from gondwana.maps.grids import Curvilinear, Indexed, Regular
from gondwana.maps.header import LONGEST_TEXT, read_header
from gondwana.science.ocean_grid import OceanGrid, coordinates_dataset
from gondwana.science.tripolar import TripolarParameters, tripolar_grid


def saved(data: xr.Dataset, folder: Path, name: str = "x.nc") -> Path:
    path = folder / name
    data.to_netcdf(path, engine="netcdf4", format="NETCDF4")
    return path


def regular(lat: np.ndarray, lon: np.ndarray) -> xr.Dataset:
    """Return a field whose values tell its places: 1000 lat + lon, lon within [-180, 180)."""
    east = (lon + 180.0) % 360.0 - 180.0
    values = 1000.0 * lat[:, None] + east
    return xr.Dataset(
        {"z": (("lat", "lon"), values, {"units": "m"})}, coords={"lat": lat, "lon": lon}
    )


SOUTH = np.arange(-85.0, 90.0, 10.0)
WEST = np.arange(-175.0, 180.0, 10.0)


@pytest.mark.parametrize("lat", [SOUTH, SOUTH[::-1]], ids=["south", "north"])
@pytest.mark.parametrize(
    "lon", [WEST, WEST + 180.0, np.append(WEST, 185.0)], ids=["west", "east", "repeated"]
)
def test_all_conventions_of_regular_grids(tmp_path: Path, lat: np.ndarray, lon: np.ndarray) -> None:
    field = read_field(saved(regular(lat, lon), tmp_path))
    assert (field.name, field.unit, field.shape, field.step) == ("z", "m", (18, lon.size), 1)
    x, y = np.array([0.1, 9.9, -179.9, 179.9, 350.0]), np.array([4.9, -89.9, 89.9, 0.1, 45.0])
    wanted = 1000.0 * np.array([5.0, -85.0, 85.0, 5.0, 45.0]) + [5.0, 5.0, -175.0, 175.0, -5.0]
    np.testing.assert_array_equal(field.at(x, y), wanted)
    np.testing.assert_array_equal(
        field.at(np.array([0.1, np.nan]), np.array([np.nan, 0.0])), [np.nan, np.nan]
    )
    assert field.at(np.array([0.1]), np.array([90.0])) == 85005.0
    assert np.nansum(field.grid.areas()) == pytest.approx(4 * np.pi * 6_371_229.0**2)


def test_two_dimensional_coordinates_of_a_regular_grid(tmp_path: Path) -> None:
    plain = regular(SOUTH[::-1], WEST)
    lon, lat = np.meshgrid(WEST, SOUTH[::-1])
    data = xr.Dataset(
        {
            "nav_lon": (("y", "x"), lon.astype(np.float32)),
            "nav_lat": (("y", "x"), lat.astype(np.float32)),
            "z": (("y", "x"), plain["z"].values),
        }
    )
    field = read_field(saved(data, tmp_path))
    assert isinstance(field.grid, Regular)
    assert field.at(np.array([0.1]), np.array([4.0])) == 5005.0


def test_a_part_of_the_globe(tmp_path: Path) -> None:
    field = read_field(saved(regular(np.arange(40.0, 60.0), np.arange(-10.0, 20.0)), tmp_path))
    x, y = np.array([-10.4, 19.4, -11.0, 20.0, 0.0]), np.array([40.0, 59.4, 50.0, 50.0, 61.0])
    np.testing.assert_array_equal(field.at(x, y), [39990.0, 59019.0, np.nan, np.nan, np.nan])


@pytest.fixture(scope="module")
def grid() -> OceanGrid:
    return tripolar_grid(TripolarParameters(resolution=6.0))


def ocean_file(grid: OceanGrid, folder: Path, *, with_places: bool) -> Path:
    data = xr.Dataset({"depth": (("y", "x"), 1000.0 * grid.lat + np.round(grid.lon))})
    if with_places:
        data["nav_lon"] = (("y", "x"), grid.lon.astype(np.float32))
        data["nav_lat"] = (("y", "x"), grid.lat.astype(np.float32))
    return saved(data, folder, "ocean.nc")


@pytest.mark.parametrize("with_places", [True, False])
def test_the_ocean_grid_has_its_own_places_or_those_of_the_coordinates(
    tmp_path: Path, grid: OceanGrid, with_places: bool
) -> None:
    coordinates = tmp_path / "coordinates.nc"
    coordinates_dataset(grid).to_netcdf(coordinates)
    broken = tmp_path / "broken.nc"
    broken.write_bytes(b"no file of ours")
    path = ocean_file(grid, tmp_path, with_places=with_places)
    field = read_field(path, beside=[broken, coordinates])
    assert isinstance(field.grid, Curvilinear)
    inside = (slice(5, -5, 7), slice(5, -5, 7))
    found = field.at(grid.lon[inside], grid.lat[inside])
    np.testing.assert_allclose(found, field.values[inside])
    lowest = grid.lat.min()
    assert np.isnan(field.at(np.array([0.0]), np.array([lowest - 8.0])))[0]
    # no gap anywhere north of its southern rim, the fold and both of its poles included
    x, y = np.meshgrid(np.arange(-179.5, 180.0, 1.5), np.arange(lowest + 1.0, 89.9, 1.5))
    assert not np.isnan(field.at(x, y)).any()


def test_without_any_places_rows_and_columns_count(tmp_path: Path, grid: OceanGrid) -> None:
    field = read_field(ocean_file(grid, tmp_path, with_places=False))
    assert isinstance(field.grid, Indexed)
    assert not field.has_places
    assert field.at(np.array([3.2]), np.array([4.9])) == field.values[4, 3]
    assert np.isnan(field.at(np.array([-0.1]), np.array([2.0])))[0]


def test_oasis_names_tell_which_places_belong_to_which_field(tmp_path: Path) -> None:
    lon, lat = np.meshgrid(WEST, SOUTH)
    dims = ("y_tlmd", "x_tlmd")
    grids = xr.Dataset(
        {
            "torc.lon": (("y_torc", "x_torc"), lon[:4, :5] + 0.3 * lat[:4, :5]),
            "torc.lat": (("y_torc", "x_torc"), lat[:4, :5]),
            "tlmd.lon": (dims, lon, {"units": "degrees_east"}),
            "tlmd.lat": (dims, lat, {"units": "degrees_north"}),
        }
    )
    masks = xr.Dataset({"tlmd.msk": (dims, (lon > 0).astype(np.int32))})
    beside = saved(grids, tmp_path, "grids.nc")
    field = read_field(saved(masks, tmp_path, "masks.nc"), "tlmd.msk", beside=[beside])
    assert isinstance(field.grid, Regular)
    np.testing.assert_array_equal(
        field.at(np.array([5.0, -5.0]), np.array([45.0, 45.0])), [1.0, 0.0]
    )
    assert isinstance(read_field(beside, "torc.lat").grid, Curvilinear)


def test_slices_of_other_dimensions(tmp_path: Path) -> None:
    values = np.arange(2 * 3 * 18 * 36, dtype=np.float64).reshape(2, 3, 18, 36)
    data = regular(SOUTH, WEST).drop_vars("z")
    data["share"] = (("time", "veget", "lat", "lon"), values)
    path = saved(data, tmp_path)
    field = read_field(path, "share", {"veget": 2})
    assert [(axis.name, axis.size, axis.index) for axis in field.axes] == [
        ("time", 2, 0), ("veget", 3, 2),
    ]  # fmt: skip
    np.testing.assert_array_equal(field.values, values[0, 2])
    for wrong in (3, -1):
        with pytest.raises(ParameterError, match=f"'veget' has no slice {wrong}"):
            read_field(path, "share", {"veget": wrong})


def test_longitude_first_is_turned(tmp_path: Path) -> None:
    data = regular(SOUTH, WEST).transpose("lon", "lat")
    field = read_field(saved(data, tmp_path))
    assert field.values.shape == (18, 36)
    assert field.at(np.array([5.0]), np.array([45.0])) == 45005.0


def test_what_is_missing_stays_missing(tmp_path: Path) -> None:
    data = regular(SOUTH, WEST)
    data["z"][3, 4] = np.nan
    data["z"][5, 6] = np.inf
    path = tmp_path / "x.nc"
    data.to_netcdf(path, encoding={"z": {"_FillValue": 1e20}})
    field = read_field(path)
    assert np.isnan(field.values[3, 4])
    assert np.isnan(field.values[5, 6])
    assert np.isnan(field.values).sum() == 2


def test_large_fields_are_thinned_out(tmp_path: Path) -> None:
    lat, lon = np.arange(-89.5, 90.0), np.arange(-179.5, 180.0)
    path = saved(regular(lat, lon), tmp_path)
    field = read_field(path, most_cells=10_000)
    assert (field.step, field.shape, field.values.shape) == (3, (180, 360), (60, 120))
    np.testing.assert_array_equal(field.values[1, :2], [1000 * -86.5 - 179.5, 1000 * -86.5 - 176.5])
    assert field.at(np.array([-179.0]), np.array([-89.0])) == 1000 * -89.5 - 179.5


def test_odd_types(tmp_path: Path) -> None:
    path = tmp_path / "odd.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("y", 3)
        file.createDimension("x", 4)
        file.createDimension("none", 0)
        file.createDimension("many", None)
        file.createVariable("words", str, ("y",))[:] = np.array(["a", "b", "c"], dtype=object)
        file.createVariable("bytes", "i1", ("y", "x"))[:] = np.arange(12).reshape(3, 4)
        file.createVariable("unsigned", "u8", ("y", "x"))[:] = 2**63
        file.createVariable("letters", "S1", ("y", "x"))
        file.createVariable("line", "f4", ("x",))[:] = [1, 2, 3, 4]
        file.createVariable("scalar", "f4", ())[:] = 3.0
        file.createVariable("empty", "f4", ("many", "x"))
        pair = file.createCompoundType(np.dtype([("a", "f8"), ("b", "f8")]), "pair")
        file.createVariable("both", pair, ("y", "x"))
    np.testing.assert_array_equal(read_field(path, "bytes").values, np.arange(12.0).reshape(3, 4))
    assert read_field(path, "unsigned").values[0, 0] == 2.0**63
    assert read_field(path, "line").values.tolist() == [[1.0, 2.0, 3.0, 4.0]]
    for name in ("words", "letters", "scalar", "empty", "both"):
        with pytest.raises(ParameterError, match=f"'{name}' is no field of numbers"):
            read_field(path, name)
    with pytest.raises(ParameterError, match="no variable 'nothing'"):
        read_field(path, "nothing")
    drawable = {one.name for one in read_header(path).variables if one.drawable}
    assert drawable == {"bytes", "unsigned", "line"}


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (np.array([1.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0])),
        (np.array([1.0, 2.0, 3.0]), np.array([0.0, 5.0, 5.0])),
        (np.array([1.0, 2.0, 300.0]), np.array([0.0, 1.0, 2.0])),
        (np.array([1.0, np.nan, 3.0]), np.array([0.0, 1.0, 2.0])),
        (np.array([1.0, 2.0, 3.0]), np.array([0.0, 2000.0, 4000.0])),
        (np.array([1.0, 2.0, 3.0]), np.array([0.0, 1e30, 2e30])),
    ],
)
def test_coordinates_without_sense_are_left_aside(
    tmp_path: Path, lat: np.ndarray, lon: np.ndarray
) -> None:
    data = xr.Dataset({"z": (("y", "x"), np.ones((3, 3))), "lat": ("y", lat), "lon": ("x", lon)})
    assert not read_field(saved(data, tmp_path)).has_places


def test_nemo_places_that_are_all_zero_are_none(tmp_path: Path) -> None:
    nothing = np.zeros((4, 5))
    data = xr.Dataset(
        {
            "z": (("y", "x"), np.ones((4, 5))),
            "nav_lon": (("y", "x"), nothing),
            "nav_lat": (("y", "x"), nothing),
        }
    )
    assert not read_field(saved(data, tmp_path), "z").has_places


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "page.nc"
    path.write_text("<html><script>alert(1)</script></html>")
    for read in (read_field, read_header):
        with pytest.raises(InputError, match="is not a NetCDF file"):
            read(path)
    whole = saved(regular(SOUTH, WEST), tmp_path, "whole.nc").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged or cut short"):
        read_field(path)
    with pytest.raises(InputError, match="no numbers to draw"):
        read_field(saved(xr.Dataset(attrs={"a": 1}), tmp_path, "empty.nc"))


def test_the_header(tmp_path: Path) -> None:
    data = regular(SOUTH, WEST)
    data["z"].attrs |= {
        "long_name": "<b>height</b>\x00\u202e",
        "valid_range": np.array([-1.0, np.nan]),
        "much": "x" * 10_000,
    }
    data.attrs = {"title": "Eocene", "numbers": np.arange(1000)}
    header = read_header(saved(data, tmp_path))
    assert header.format == "NetCDF-4 (HDF5)"
    assert dict(header.dimensions) == {"lat": 18, "lon": 36}
    assert header.best == "z"
    assert dict(header.attributes)["title"] == "Eocene"
    assert dict(header.attributes)["numbers"].endswith("48, 49 …")
    z = next(one for one in header.variables if one.name == "z")
    assert (z.shape, z.unit, z.dtype, z.drawable, z.coordinate) == (
        (18, 36), "m", "float64", True, False,
    )  # fmt: skip
    assert z.title.startswith("<b>height</b>")
    assert all(letter.isprintable() for letter in z.title)
    assert len(dict(z.attributes)["much"]) <= LONGEST_TEXT + 2
    assert {one.name for one in header.variables if one.coordinate} == {"lat", "lon"}


def test_a_header_goes_through_json(tmp_path: Path) -> None:
    header = read_header(saved(regular(SOUTH, WEST), tmp_path))
    told = json.loads(json.dumps(asdict(header), allow_nan=False))
    assert Header.from_json(told) == header
