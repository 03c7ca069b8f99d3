"""Real ocean grids, grids as other tools write them, and CDO's own areas."""

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import xarray as xr

from gondwana.errors import InputError
from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.ocean_grid import OceanGrid, coordinates_dataset, singular_points
from gondwana.science.sphere import EARTH_RADIUS, great_circle
from gondwana.science.topology import Topology
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from support import shared_file

SPHERE = 4.0 * np.pi * EARTH_RADIUS**2
SCALE_FACTORS = [f"{e}{p}" for e in ("e1", "e2") for p in "tuvf"]


@pytest.fixture(scope="module")
def orca2() -> OceanGrid:
    return read_ocean_grid(shared_file("grids/orca2_coordinates.nc"))


@pytest.fixture(scope="module")
def paleorca2() -> OceanGrid:
    return read_ocean_grid(shared_file("grids/paleorca2_40Ma_grid.nc"))


@pytest.fixture(scope="module")
def own() -> OceanGrid:
    return tripolar_grid(TripolarParameters(6.0))


def as_cf(grid: OceanGrid, layout: str = "yx4") -> xr.Dataset:
    """Write the grid as CF cells, named as CDO does."""
    result = xr.Dataset()
    result["field"] = (("y", "x"), np.ones(grid.shape), {"coordinates": "lat lon"})
    for name, centres, corners, units in (
        ("lon", grid.lon, grid.corner_lon, "degrees_east"),
        ("lat", grid.lat, grid.corner_lat, "degrees_north"),
    ):
        bounds = f"{name}_bnds"
        result[name] = (("y", "x"), centres, {"units": units, "bounds": bounds})
        if layout == "yx4":
            result[bounds] = (("y", "x", "nv4"), corners)
        elif layout == "4yx":
            result[bounds] = (("nv4", "y", "x"), np.moveaxis(corners, -1, 0))
        else:
            square = corners[..., [0, 1, 3, 2]].reshape(*grid.shape, 2, 2)
            result[bounds] = (("two2", "two1", "y", "x"), np.moveaxis(square, (2, 3), (0, 1)))
    return result


def assert_same_cells(one: OceanGrid, other: OceanGrid) -> None:
    assert one.topology == other.topology
    apart = great_circle(one.corner_lon, one.corner_lat, other.corner_lon, other.corner_lat)
    assert apart.max() < 1e-3  # metres
    np.testing.assert_allclose(one.area, other.area, rtol=1e-6)


# --- ORCA2 ---------------------------------------------------------------------------------------


def test_orca2_turns_about_t_points(orca2: OceanGrid) -> None:
    assert orca2.shape == (149, 182)
    assert orca2.topology == Topology(periodic=True, halo=True, fold="T")
    (lon1, lat1, _), (lon2, lat2, _), _ = singular_points(orca2)
    assert (lon1, lat1, lon2, lat2) == pytest.approx((80.0, 50.0, -100.0, 70.0), abs=1e-6)


def test_scale_factors_of_orca2_follow_from_its_points(orca2: OceanGrid) -> None:
    bare = orca2.coordinates.drop_vars(SCALE_FACTORS)
    computed = OceanGrid.from_coordinates(bare).coordinates
    # The file's own are derivatives of formulas, and larger than its points say in pieces that
    # were moved and where straits were narrowed; nearly everywhere else they are the same.
    close = 0
    for name in SCALE_FACTORS:
        error = np.abs(computed[name].values / orca2.coordinates[name].values - 1.0)
        assert np.median(error) < 5e-5, name
        close += np.count_nonzero(error < 2e-3)
    assert close > 0.975 * len(SCALE_FACTORS) * orca2.area.size
    pacific = (np.abs(orca2.lon) > 150.0) & (np.abs(orca2.lat) < 60.0) & (orca2.lat > -78.0)
    for name in ("e1t", "e2t"):
        error = np.abs(computed[name].values / orca2.coordinates[name].values - 1.0)[pacific]
        assert error.max() < 2e-3, name


def test_cells_of_orca2_are_whole(orca2: OceanGrid) -> None:
    assert np.isfinite(orca2.corner_lon).all()
    assert np.isfinite(orca2.corner_lat).all()
    assert (orca2.area > 0).all()
    squares = orca2.coordinates["e1t"].values * orca2.coordinates["e2t"].values
    ratio = (orca2.area / squares)[orca2.owned]
    assert np.mean(np.abs(ratio - 1.0) < 0.01) > 0.97
    # pieces moved towards the Mediterranean leave holes, on land
    assert 0.94 < orca2.area[orca2.owned].sum() / SPHERE < 0.96


# --- PALEORCA2 -----------------------------------------------------------------------------------


def test_paleorca2_turns_about_f_points(paleorca2: OceanGrid) -> None:
    assert paleorca2.shape == (149, 182)
    assert paleorca2.topology == Topology(periodic=True, halo=True, fold="F")
    (lon1, lat1, _), (lon2, lat2, _), south = singular_points(paleorca2)
    assert (lon1, lat1) == pytest.approx((106.0, 60.0), abs=0.1)
    assert (lon2, lat2) == pytest.approx((-74.0, 60.0), abs=0.1)
    assert south == (0.0, -90.0, "South Pole")


def test_polygons_of_paleorca2_cover_the_sphere(paleorca2: OceanGrid) -> None:
    polygons = polygon_areas(paleorca2.corner_lon, paleorca2.corner_lat)
    assert (polygons > 0).all()
    given = paleorca2.owned.copy()
    given[0] = False  # the file has no corners there
    assert polygons[given].sum() / SPHERE == pytest.approx(0.98905, abs=5e-6)
    # with the rebuilt row: all north of its southern edge
    south = np.deg2rad(paleorca2.corner_lat[0, :, :2].mean())
    north = 0.5 * (1.0 - np.sin(south))
    assert polygons[paleorca2.owned].sum() / SPHERE == pytest.approx(north, abs=5e-6)
    np.testing.assert_allclose(paleorca2.corner_lat[0, :, :2], -78.396, atol=0.01)


def test_areas_of_paleorca2_are_those_of_the_file(paleorca2: OceanGrid) -> None:
    with xr.open_dataset(shared_file("grids/paleorca2_40Ma_grid.nc")) as file:
        np.testing.assert_array_equal(paleorca2.area, file["area"].values)


def test_cells_of_paleorca2_share_their_corners(paleorca2: OceanGrid) -> None:
    lon, lat = paleorca2.corner_lon, paleorca2.corner_lat
    for one, other, a, b in (
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1)), 0, 1),
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None)), 0, 3),
    ):
        apart = great_circle(
            lon[one][..., a], lat[one][..., a], lon[other][..., b], lat[other][..., b]
        )
        assert apart.max() < 50.0  # metres; the rows at the fold were computed twice
    # the corner at the North Pole is shared by four cells, two of each side of the fold
    assert np.count_nonzero(np.isclose(lat[-2], 90.0, atol=1e-6)) == 4


@pytest.mark.parametrize("name", ["orca2", "paleorca2", "own"])
def test_coordinates_give_the_grid_back(name: str, request: pytest.FixtureRequest) -> None:
    grid: OceanGrid = request.getfixturevalue(name)
    again = OceanGrid.from_coordinates(coordinates_dataset(grid))
    assert again.topology == grid.topology
    apart = great_circle(again.corner_lon, again.corner_lat, grid.corner_lon, grid.corner_lat)
    assert apart.max() < 50.0
    xr.testing.assert_identical(again.coordinates, grid.coordinates)


# --- grids as other tools write them -------------------------------------------------------------


@pytest.mark.parametrize("layout", ["yx4", "4yx", "22yx"])
def test_corners_are_read_in_any_layout(own: OceanGrid, layout: str, tmp_path: Path) -> None:
    as_cf(own, layout).to_netcdf(tmp_path / "grid.nc")
    assert_same_cells(read_ocean_grid(tmp_path / "grid.nc"), own)


def test_corners_are_found_by_name(own: OceanGrid, tmp_path: Path) -> None:
    dataset = as_cf(own).rename(lon="nav_lon", lat="nav_lat")
    dataset = dataset.rename(lon_bnds="bounds_nav_lon", lat_bnds="bounds_nav_lat")
    for name in ("nav_lon", "nav_lat"):
        del dataset[name].attrs["bounds"]
    dataset.to_netcdf(tmp_path / "grid.nc")
    assert_same_cells(read_ocean_grid(tmp_path / "grid.nc"), own)


def test_nemo_coordinates_with_four_dimensions_and_odd_times(
    own: OceanGrid, tmp_path: Path
) -> None:
    dataset = coordinates_dataset(own).expand_dims(t=1, z=1)
    dataset["time"] = ("t", np.array([0.0]), {"units": "seconds since 0000-01-01 00:00:00"})
    dataset.to_netcdf(tmp_path / "coordinates.nc")
    assert_same_cells(read_ocean_grid(tmp_path / "coordinates.nc"), own)


@pytest.mark.parametrize("units", ["degrees", "radians"])
def test_scrip_files_are_read(own: OceanGrid, units: str, tmp_path: Path) -> None:
    ny, nx = own.shape
    scale = np.deg2rad(1.0) if units == "radians" else 1.0

    def flat(values: npt.NDArray[np.float64], *dims: str) -> tuple[object, ...]:
        shape = (ny * nx, 4) if len(dims) == 2 else (ny * nx,)
        return (dims, values.reshape(shape) * scale, {"units": units})

    xr.Dataset(
        {
            "grid_dims": ("grid_rank", np.array([nx, ny], dtype=np.int32)),
            "grid_center_lon": flat(own.lon, "grid_size"),
            "grid_center_lat": flat(own.lat, "grid_size"),
            "grid_corner_lon": flat(own.corner_lon, "grid_size", "grid_corners"),
            "grid_corner_lat": flat(own.corner_lat, "grid_size", "grid_corners"),
        }
    ).to_netcdf(tmp_path / "scrip.nc")
    assert_same_cells(read_ocean_grid(tmp_path / "scrip.nc"), own)


def test_areas_are_those_of_cdo(own: OceanGrid, tmp_path: Path) -> None:
    as_cf(own).to_netcdf(tmp_path / "grid.nc")
    area = ["cdo", "-s", "-f", "nc4", "-b", "F64", "gridarea", "grid.nc", "area.nc"]
    subprocess.run(area, cwd=tmp_path, check=True)
    with xr.open_dataset(tmp_path / "area.nc") as file:
        radius = 6_371_000.0
        expected = polygon_areas(own.corner_lon, own.corner_lat, radius)
        np.testing.assert_allclose(file["cell_area"].values, expected, rtol=1e-6)


def test_a_grid_that_cdo_wrote(tmp_path: Path) -> None:
    make = ["cdo", "-s", "-f", "nc4", "-setgridtype,curvilinear", "-const,1,r36x18", "grid.nc"]
    subprocess.run(make, cwd=tmp_path, check=True)
    grid = read_ocean_grid(tmp_path / "grid.nc")
    assert grid.shape == (18, 36)
    assert grid.topology == Topology(periodic=True, halo=False, fold="none")
    assert grid.area.sum() == pytest.approx(SPHERE, rel=1e-6)
    np.testing.assert_allclose(grid.corner_lon[9, 0], [-5.0, 5.0, 5.0, -5.0], atol=1e-5)
    subprocess.run(["cdo", "-s", "invertlat", "grid.nc", "turned.nc"], cwd=tmp_path, check=True)
    with pytest.raises(InputError, match="north to south"):
        read_ocean_grid(tmp_path / "turned.nc")


# --- refused -------------------------------------------------------------------------------------


def test_files_that_hold_no_grid_are_refused(own: OceanGrid, tmp_path: Path) -> None:
    path = tmp_path / "grid.nc"

    def refused(dataset: xr.Dataset, match: str) -> None:
        dataset.to_netcdf(path)
        with pytest.raises(InputError, match=match) as caught:
            read_ocean_grid(path)
        assert str(path) in str(caught.value)
        assert caught.value.remedy

    cells = as_cf(own)
    refused(cells.drop_vars("lat_bnds"), "without corners: 'lat' has no bounds")
    refused(cells.drop_vars(["lon", "lat"]), "has no latitude over two dimensions")
    refused(cells.isel(nv4=slice(3)), "the corners 'lat_bnds' have shape .* for cells")
    refused(cells.isel(nv4=slice(3)).isel(y=slice(3)), "the corners")
    hole = cells.copy(deep=True)
    hole["lat_bnds"][5, 5, 0] = np.nan
    refused(hole, "1 of .* values of corners")
    refused(coordinates_dataset(own).drop_vars("gphit"), "has no variable 'gphit'")
    refused(xr.Dataset({"grid_corner_lat": ("n", np.zeros(4))}), "SCRIP grid without 'grid_dims'")
    scrip = {
        "grid_dims": ("rank", np.array([6, 5])),
        "grid_center_lat": ("n", np.zeros(30)),
        "grid_center_lon": ("m", np.zeros(29)),
        "grid_corner_lat": (("n", "c"), np.zeros((30, 4))),
        "grid_corner_lon": (("n", "c"), np.zeros((30, 4))),
    }
    refused(xr.Dataset(scrip), r"SCRIP grid with grid_dims \[6 5\]")
    path.write_bytes(b"lon lat\n")
    with pytest.raises(InputError, match="not a NetCDF file"):
        read_ocean_grid(path)
