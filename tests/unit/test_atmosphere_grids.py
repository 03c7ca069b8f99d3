"""Grids of an atmosphere as files have them: axes, bounds, cells, and what is no grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from coupling_world import ocean_grid
from gondwana.errors import InputError
from gondwana.formats.atmosphere_grids import read_atmosphere_grid
from gondwana.science.coupling import Points, lmdz_points, regular_points
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from gondwana.services.examining import look

LON, LAT = np.arange(0.0, 360.0, 30.0), np.array([-75.0, -45.0, -15.0, 15.0, 45.0, 75.0])
UNITS = {"lon": "degrees_east", "lat": "degrees_north"}


def axes(
    path: Path, lon: Any = LON, lat: Any = LAT, lon_bounds: Any = None, lat_bounds: Any = None
) -> Path:
    """Write axes, with bounds where there are some."""
    file = xr.Dataset(coords={"lon": ("lon", lon), "lat": ("lat", lat)})
    for name, bounds in (("lon", lon_bounds), ("lat", lat_bounds)):
        file[name].attrs["units"] = UNITS[name]
        if bounds is not None:
            file[name].attrs["bounds"] = f"{name}_bnds"
            file[f"{name}_bnds"] = ((name, f"of_{name}"), np.asarray(bounds))
    file.to_netcdf(path)
    return path


def pairs(edges: Any) -> np.ndarray:
    return np.stack([np.asarray(edges)[:-1], np.asarray(edges)[1:]], axis=1)


def cells(path: Path, lon: Any, lat: Any, corner_lon: Any, corner_lat: Any) -> Path:
    """Write cells with corners."""
    xr.Dataset(
        {
            "lon": (("y", "x"), lon, {"units": UNITS["lon"], "bounds": "lon_bnds"}),
            "lat": (("y", "x"), lat, {"units": UNITS["lat"], "bounds": "lat_bnds"}),
            "lon_bnds": (("y", "x", "c"), corner_lon),
            "lat_bnds": (("y", "x", "c"), corner_lat),
        }
    ).to_netcdf(path)
    return path


def same(one: Points, other: Points) -> bool:
    """Tell whether two grids have the same centres and cells, whole turns aside."""
    shift = np.round((one.lon - other.lon) / 360.0) * 360.0
    return all(
        np.allclose(a, b, rtol=0.0, atol=1e-9)
        for a, b in (
            (one.lon - shift, other.lon),
            (one.lat, other.lat),
            (one.corner_lon - shift[..., None], other.corner_lon),
            (one.corner_lat, other.corner_lat),
            (one.exact / 1e12, other.exact / 1e12),
        )
    )


def corners_of(points: Points) -> tuple[np.ndarray, np.ndarray]:
    return points.corner_lon, points.corner_lat


def test_axes_north_first_with_and_without_bounds(tmp_path: Path) -> None:
    lat = np.array([90.0, 45.0, 0.0, -45.0, -90.0])
    points = read_atmosphere_grid(axes(tmp_path / "a.nc", lat=lat), "tecm")
    assert (points.name, points.shape, points.north_first) == ("tecm", (5, 12), True)
    assert points.corner_lat[0, 0].tolist() == [67.5, 67.5, 90.0, 90.0]
    edges = pairs([90.0, 60.0, 20.0, -20.0, -60.0, -90.0])
    points = read_atmosphere_grid(axes(tmp_path / "b.nc", lat=lat, lat_bounds=edges))
    assert points.corner_lat[1, 0].tolist() == [20.0, 20.0, 60.0, 60.0]
    wrong = axes(tmp_path / "c.nc", lat=lat, lat_bounds=np.zeros((5, 3)))
    with pytest.raises(InputError, match=r"the bounds 'lat_bnds' have shape \(5, 3\)"):
        read_atmosphere_grid(wrong)


def test_lmdz_from_a_file_has_the_cells_of_its_two_numbers(tmp_path: Path) -> None:
    made = lmdz_points(12, 9)
    points = read_atmosphere_grid(axes(tmp_path / "a.nc", made.lon[0], made.lat[:, 0]))
    assert same(points, made) and points.mesh is not None
    assert points.owned().all()  # of a file each point is a cell


@pytest.mark.parametrize("bounds", [
    pairs(np.arange(-15.0, 346.0, 30.0)) % 360.0,  # the first cell from 345 to 15
    pairs(np.arange(-15.0, 346.0, 30.0))[:, ::-1],
    pairs(np.arange(-15.0, 346.0, 30.0)).astype(np.float32) * np.float32(1.0 - 1e-7),
])  # fmt: skip
def test_bounds_however_they_are_written(tmp_path: Path, bounds: np.ndarray) -> None:
    points = read_atmosphere_grid(axes(tmp_path / "a.nc", lon_bounds=bounds))
    assert points.mesh is not None and points.mesh.around
    expected = regular_points(LON, LAT)
    assert points.corner_lon == pytest.approx(expected.corner_lon, abs=1e-4)
    assert points.exact.sum() == pytest.approx(expected.exact.sum(), rel=1e-12)


@pytest.mark.parametrize("half", [14.0, 16.0])
def test_bounds_with_gaps_or_overlaps_are_refused(tmp_path: Path, half: float) -> None:
    wrong = np.stack([LON - half, LON + half], axis=1)
    with pytest.raises(InputError, match=r"'lon_bnds', leave gaps between them, or overlap"):
        read_atmosphere_grid(axes(tmp_path / "a.nc", lon_bounds=wrong))
    wrong = np.stack([LAT - half, LAT + half], axis=1)[::-1]
    with pytest.raises(InputError, match=r"a.nc: .*'lat_bnds', leave gaps"):
        read_atmosphere_grid(axes(tmp_path / "a.nc", lat=LAT[::-1], lat_bounds=wrong))


def test_radians(tmp_path: Path) -> None:
    path = axes(tmp_path / "a.nc", np.deg2rad(LON), np.deg2rad(LAT),
                lat_bounds=np.deg2rad(pairs(np.arange(-90.0, 91.0, 30.0))))  # fmt: skip
    file = xr.load_dataset(path)
    for name in ("lon", "lat"):
        file[name].attrs["units"] = "radians"
    file.to_netcdf(path)
    assert same(read_atmosphere_grid(path), regular_points(LON, LAT))


def test_numbers_of_columns_are_no_longitudes(tmp_path: Path) -> None:
    """Axes called x and y beside the real coordinates."""
    grid = tripolar_grid(TripolarParameters(resolution=10.0))
    path = cells(tmp_path / "a.nc", grid.lon, grid.lat, grid.corner_lon, grid.corner_lat)
    file = xr.load_dataset(path)
    ny, nx = grid.shape
    file.assign_coords(x=np.arange(nx), y=np.arange(ny)).to_netcdf(path)
    points = read_atmosphere_grid(path)
    assert points.mesh is None and np.array_equal(points.lon, grid.lon)


def test_cells_on_meridians_and_parallels_are_taken_as_such(tmp_path: Path) -> None:
    """As two dimensions, as in o2a.nc, without corners, with them, and north first."""
    made = lmdz_points(12, 9)
    path = tmp_path / "a.nc"
    two = {name: (("y", "x"), values) for name, values in
           (("nav_lon", made.lon), ("nav_lat", made.lat))}  # fmt: skip
    xr.Dataset(two).to_netcdf(path)
    assert same(read_atmosphere_grid(path), made)
    shifted = made.lon % 360.0
    order = np.argsort(shifted[0])
    clon, clat = (values[:, order] for values in corners_of(made))
    cells(path, shifted[:, order], made.lat, clon % 360.0, clat)
    points = read_atmosphere_grid(path)
    assert points.mesh is not None and points.turned == 0
    assert points.exact.sum() == pytest.approx(made.exact.sum(), rel=1e-12)
    assert points.corner_lat == pytest.approx(clat)
    cells(path, made.lon, made.lat, made.corner_lon[..., ::-1], made.corner_lat[..., ::-1])
    points = read_atmosphere_grid(path)
    assert same(points, made) and points.turned == made.size


def test_what_is_told_of_a_file_when_it_is_handed_in(tmp_path: Path) -> None:
    path = axes(tmp_path / "a.nc")
    assert look("atmosphere_grid", path, {})["notes"] == [
        "a grid of the atmosphere of 6 x 12 points"
    ]
    made = lmdz_points(12, 9)
    clockwise = (made.corner_lon[..., ::-1], made.corner_lat[..., ::-1])
    cells(path, made.lon, made.lat, *clockwise)
    notes = look("atmosphere_grid", path, {})["notes"]
    assert notes[1] == "corners of 120 cells ran clockwise and are turned"
    inside = slice(1, -1)
    fields = (made.lon, made.lat, *clockwise)
    cells(path, *(values[::-1][inside] for values in fields))
    notes = look("ocean_grid_file", path, {})["notes"]
    assert notes == [
        "an ocean grid of 8 x 12 cells",
        "corners of 96 cells ran clockwise and are turned",
    ]
    xr.Dataset({"z": ("x", np.zeros(3))}).to_netcdf(tmp_path / "none.nc")
    with pytest.raises(InputError, match=r"none\.nc"):
        look("atmosphere_grid", tmp_path / "none.nc", {})


def test_other_cells_are_polygons_in_the_order_of_the_file(tmp_path: Path) -> None:
    grid = tripolar_grid(TripolarParameters(resolution=10.0))
    fields = (grid.lon, grid.lat, grid.corner_lon, grid.corner_lat)
    path = tmp_path / "a.nc"
    points = read_atmosphere_grid(cells(path, *fields))
    assert points.mesh is None and points.turned == 0
    assert np.array_equal(points.active, grid.owned & (points.exact > 0.0))
    assert not points.exact[~grid.owned].any()
    north = read_atmosphere_grid(cells(path, *(values[::-1] for values in fields)))
    for name in ("lon", "lat", "corner_lon", "corner_lat", "area", "exact", "active"):
        assert np.array_equal(getattr(north, name), getattr(points, name)[::-1]), name
    assert np.array_equal(north.owner, points.owner)
    turned = (*fields[:2], grid.corner_lon[..., ::-1], grid.corner_lat[..., ::-1])
    other = read_atmosphere_grid(cells(path, *turned))
    assert other.turned > 0.9 * grid.owned.sum()
    assert np.array_equal(other.active, points.active)


@pytest.mark.parametrize(
    ("lon", "lat", "told"),
    [
        ([0.0, np.nan, 20.0], LAT, "values of 'lon' are missing"),
        (LON[::-1], LAT, "not strictly ascending within one turn"),
        (np.arange(0.0, 361.0, 30.0), LAT, "drop repeated ones"),
        (LON, LAT * 1.3, "latitudes of the atmosphere reach 97.5°"),
        (np.arange(0.0, 360.0, 0.1), np.linspace(-90, 90, 1500), "5400000 points, more than"),
    ],
)
def test_axes_that_make_no_grid(tmp_path: Path, lon: Any, lat: Any, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read_atmosphere_grid(axes(tmp_path / "a.nc", lon, lat))
    assert told in str(caught.value) and "a.nc" in str(caught.value)


def test_cells_without_corners(tmp_path: Path) -> None:
    grid = tripolar_grid(TripolarParameters(resolution=10.0))
    path = cells(tmp_path / "a.nc", grid.lon, grid.lat, grid.corner_lon, grid.corner_lat)
    xr.load_dataset(path).drop_vars("lat_bnds").to_netcdf(tmp_path / "b.nc")
    with pytest.raises(InputError, match="is a grid without corners: 'lat' has no bounds"):
        read_atmosphere_grid(tmp_path / "b.nc")


def test_a_mirrored_grid(tmp_path: Path) -> None:
    grid = ocean_grid()
    lon = grid.lon + 0.1 * grid.lat  # no rows and columns of equal coordinates
    corner_lon = grid.corner_lon + 0.1 * grid.corner_lat
    fields = (lon, grid.lat, corner_lon, grid.corner_lat)
    assert read_atmosphere_grid(cells(tmp_path / "a.nc", *fields)).shape == grid.shape
    with pytest.raises(InputError, match="columns of the grid run from east to west"):
        read_atmosphere_grid(cells(tmp_path / "b.nc", *(v[:, ::-1] for v in fields)))
