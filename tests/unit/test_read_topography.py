"""One reader for every convention: each way of writing the same planet reads as the same array."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gondwana.errors import InputError
from gondwana.formats.topography import read_topography

LAT = np.arange(-85.0, 90.0, 10.0)
LON = np.arange(-175.0, 180.0, 10.0)
Write = Callable[..., Path]


def elevations() -> xr.DataArray:
    """Whole numbers, all different, half of them ocean."""
    values = np.arange(LAT.size * LON.size, dtype=float).reshape(LAT.size, LON.size) * 7 - 2000
    return xr.DataArray(values, dims=("lat", "lon"), coords={"lat": LAT, "lon": LON}, name="topo")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a dataset or array and return where."""

    def _write(data: xr.DataArray | xr.Dataset, **options: object) -> Path:
        path = tmp_path / "given.nc"
        data.to_netcdf(path, **options)
        return path

    return _write


def assert_same(path: Path, **choices: str) -> None:
    read = read_topography(path, **choices).topography
    assert read.dims == ("lat", "lon")
    np.testing.assert_array_equal(read["lat"], LAT)
    np.testing.assert_array_equal(read["lon"], LON)
    np.testing.assert_array_equal(read, elevations())


def test_plain(write: Write) -> None:
    assert_same(write(elevations()))


def test_north_first(write: Write) -> None:
    assert_same(write(elevations().isel(lat=slice(None, None, -1))))


def test_0_to_360(write: Write) -> None:
    field = elevations().roll(lon=18, roll_coords=True)
    assert_same(write(field.assign_coords(lon=field["lon"] % 360.0)))


def test_transposed(write: Write) -> None:
    assert_same(write(elevations().transpose()))


def test_a_time_of_one_record(write: Write) -> None:
    assert_same(write(elevations().expand_dims(time=[60.0])))


def test_two_dimensional_coordinates(write: Write) -> None:
    nav_lon, nav_lat = np.meshgrid(LON, LAT)
    coordinates = {"nav_lat": (("y", "x"), nav_lat), "nav_lon": (("y", "x"), nav_lon)}
    assert_same(write(xr.DataArray(elevations().values, dims=("y", "x"), coords=coordinates)))


def test_odd_names_with_cf_attributes(write: Write) -> None:
    field = elevations().rename(lat="rows", lon="columns")
    field["rows"].attrs["units"] = "degrees_north"
    field["columns"].attrs["units"] = "degrees_east"
    assert_same(write(field))


def test_odd_names_by_choice(write: Write) -> None:
    path = write(elevations().rename(lat="rows", lon="columns"))
    with pytest.raises(InputError, match=r"name its latitudes \(parameter 'lat' of the step"):
        read_topography(path)
    assert_same(path, lat="rows", lon="columns")


def test_packed_integers(write: Write) -> None:
    packed = {"dtype": "int16", "scale_factor": 0.5, "add_offset": 100.0, "_FillValue": -32768}
    assert_same(write(elevations(), encoding={"topo": packed}))


def test_kilometres_by_attribute(write: Write) -> None:
    field = elevations() / 1000.0
    read = read_topography(write(field.assign_attrs(units="km")))
    np.testing.assert_allclose(read.topography, elevations(), rtol=1e-15)
    assert any("kilometres" in note for note in read.notes)


def test_kilometres_unsaid_are_refused_or_told(write: Write) -> None:
    path = write(elevations() / 1000.0)
    with pytest.raises(InputError, match="looks like kilometres"):
        read_topography(path)
    np.testing.assert_allclose(read_topography(path, units="km").topography, elevations())


def test_node_registered(write: Write) -> None:
    lat, lon = np.arange(-90.0, 91.0, 10.0), np.arange(-180.0, 181.0, 10.0)
    values = np.add.outer(lat, np.cos(np.deg2rad(lon))) * 10
    values[:, -1] = values[:, 0]
    read = read_topography(
        write(xr.DataArray(values, dims=("lat", "lon"), coords={"lat": lat, "lon": lon}))
    )
    np.testing.assert_array_equal(read.topography["lon"], lon[:-1])
    np.testing.assert_array_equal(read.topography, values[:, :-1])
    np.testing.assert_array_equal(read.layout.restore(read.topography), values)


def test_several_variables(write: Write) -> None:
    two = xr.Dataset({"first": elevations(), "second": elevations()})
    path = write(two)
    with pytest.raises(InputError, match=r"'first', 'second'.*parameter 'variable' of"):
        read_topography(path)
    assert_same(path, variable="second")
    assert_same(write(two.rename(second="topo")))


@settings(max_examples=30, deadline=None)
@given(
    north_first=st.booleans(),
    west=st.integers(0, 35),
    turns=st.booleans(),
    transposed=st.booleans(),
    repeated=st.booleans(),
)
def test_layout_writes_back_what_was_read(
    tmp_path_factory: pytest.TempPathFactory,
    north_first: bool,
    west: int,
    turns: bool,
    transposed: bool,
    repeated: bool,
) -> None:
    field = elevations().roll(lon=west, roll_coords=True)
    field = field.assign_coords(lon=np.unwrap(field["lon"], period=360) + (360 if turns else 0))
    if repeated:
        again = field.isel(lon=[0])
        field = xr.concat([field, again.assign_coords(lon=again["lon"] + 360)], "lon")
    if north_first:
        field = field.isel(lat=slice(None, None, -1))
    if transposed:
        field = field.transpose()
    path = tmp_path_factory.mktemp("layout") / "given.nc"
    field.to_netcdf(path)
    assert_same(path)
    read = read_topography(path)
    xr.testing.assert_identical(
        read.layout.restore(read.topography).drop_attrs(), field.rename("topo")
    )


BAD_FIELDS: dict[str, tuple[Callable[[xr.DataArray], xr.DataArray], str]] = {
    "nan": (lambda f: f.where(f["lat"] > -60), "108 cells are missing.*-85 and -65.*missing"),
    "inf": (lambda f: f.where(f["lat"] > -60, np.inf), "108 cells are missing, NaN or infinite"),
    "all nan": (lambda f: f * np.nan, "no value is finite"),
    "unit": (lambda f: f.assign_attrs(units="K"), "unit 'K'.*'units' of the step regrid"),
    "fill value undeclared": (lambda f: f.where(f["lat"] > -60, -99999.0), "values reach 99999"),
    "rows repeated": (lambda f: f.assign_coords(lat=[*LAT[:-1], LAT[-2]]), "repeated"),
    "rows shuffled": (lambda f: f.assign_coords(lat=np.roll(LAT, 3)), "not monotonic"),
    "columns repeated": (lambda f: f.assign_coords(lon=[LON[1], *LON[1:]]), "repeated"),
    "columns shuffled": (lambda f: f.assign_coords(lon=[LON[5], *LON[1:]]), "not monotonic"),
    "beyond the pole": (lambda f: f.assign_coords(lat=LAT * 2), "reaches 170"),
    "two turns": (lambda f: f.assign_coords(lon=LON * 2), "spans 700 degrees"),
    "no coordinates": (
        lambda f: f.drop_vars(["lat", "lon"]),
        "no latitude.*name its latitudes .parameter 'lat'",
    ),
    "one row": (lambda f: f.isel(lat=[0]), "no numeric variable over two dimensions"),
    "text": (lambda f: f.astype(str), "no numeric variable"),
    "three dimensions": (
        lambda f: f.expand_dims(time=[0, 1]),
        r"more than two dimensions: .topo. \(2 x 18 x 36\); keep one time",
    ),
}


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_a_bad_field_is_told_in_one_sentence(write: Write, name: str) -> None:
    spoil, message = BAD_FIELDS[name]
    path = write(spoil(elevations()))
    with pytest.raises(InputError, match=message) as told:
        read_topography(path)
    sentence = str(told.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    assert ";" in sentence, "the remedy is missing"
    assert "--" not in sentence, "pages and the API have no such options"


def test_missing_cells_take_their_nearest_neighbour_when_asked(write: Write) -> None:
    field = elevations()
    field[3, 0] = np.nan  # nearest in the same row: across the date line, or the next column
    read = read_topography(write(field), missing="nearest")
    assert float(read.topography[3, 0]) in (float(field[3, 1]), float(field[3, -1]))
    assert any("1 missing cells" in note for note in read.notes)


BAD_BYTES = {
    "empty": (b"", "empty"),
    "text": (b"this is no NetCDF file\n" * 10, "not a NetCDF file"),
    "html": (b"<!doctype html><title>topo.nc</title>", "not a NetCDF file"),
    "HDF5 garbage": (b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 20, "damaged"),
    "classic garbage": (b"CDF\x01" + bytes(range(256)) * 20, "damaged"),
}


@pytest.mark.parametrize("name", BAD_BYTES)
def test_bad_bytes(tmp_path: Path, name: str) -> None:
    content, message = BAD_BYTES[name]
    path = tmp_path / "given.nc"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_topography(path)


@pytest.mark.parametrize("format_", ["NETCDF3_CLASSIC", "NETCDF3_64BIT", "NETCDF4"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_truncated(write: Write, format_: str, share: float) -> None:
    path = write(elevations(), format=format_)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match="cut short"):
        read_topography(path)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_topography(tmp_path / "absent.nc")
    with pytest.raises(InputError, match="is a folder"):
        read_topography(tmp_path)
