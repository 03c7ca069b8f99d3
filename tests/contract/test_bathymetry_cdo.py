"""Bathymetry on the real ocean grids against CDO, an independent implementation."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.science.bathymetry import bathymetry, singular_points_on_land
from gondwana.science.ocean_grid import OceanGrid, singular_points
from gondwana.science.sampling import bilinear_at, nearest_at
from gondwana.science.sphere import row_areas
from support import shared_file


@pytest.fixture(scope="module")
def paleorca2() -> OceanGrid:
    return read_ocean_grid(shared_file("grids/paleorca2_40Ma_grid.nc"))


def by_cdo(operator: str, source: xr.Dataset, grid: OceanGrid, folder: Path) -> xr.Dataset:
    """Regrid with CDO onto the centres and corners of an ocean grid."""
    if shutil.which("cdo") is None:
        if os.environ.get("CI"):
            pytest.fail("cdo is not installed")
        pytest.skip("cdo is not installed")
    described = source.assign_coords(
        lat=source.lat.assign_attrs(units="degrees_north"),
        lon=source.lon.assign_attrs(units="degrees_east"),
    )
    described.to_netcdf(folder / "in.nc")
    target = xr.Dataset({"cell": (("y", "x"), np.zeros(grid.shape), {"coordinates": "lon lat"})})
    for name, unit, centre, corner in (
        ("lon", "degrees_east", grid.lon, grid.corner_lon),
        ("lat", "degrees_north", grid.lat, grid.corner_lat),
    ):
        attributes = {"units": unit, "bounds": f"{name}_bounds"}
        target[name] = (("y", "x"), centre, attributes)
        target[f"{name}_bounds"] = (("y", "x", "corner"), corner)
    target.to_netcdf(folder / "grid.nc")
    command = ["cdo", "-s", "-b", "F64", f"{operator},{folder / 'grid.nc'}"]
    subprocess.run([*command, folder / "in.nc", folder / "out.nc"], check=True)
    with xr.open_dataset(folder / "out.nc") as result:
        return result.load()


def test_conservative_means(
    topography_60ma: xr.DataArray, paleorca2: OceanGrid, tmp_path: Path
) -> None:
    """CDO 2.1 lets source cells follow parallels and target cells great circles, as we do."""
    wet = topography_60ma <= 0.0
    source = xr.Dataset({"wet": wet.astype(float), "volume": (-topography_60ma).where(wet, 0.0)})
    theirs = by_cdo("remapcon", source, paleorca2, tmp_path)
    depth, fraction = bathymetry(topography_60ma, paleorca2)
    owned = paleorca2.owned
    their_fraction = theirs["wet"].values
    assert np.abs(their_fraction - fraction.values)[owned].max() < 2e-8
    # cells that are exactly half ocean stand on either side of the limit by rounding
    their_fraction = np.round(their_fraction, 7)
    assert np.array_equal((their_fraction >= 0.5)[owned][182:], (depth.values > 0.0)[owned][182:])
    ocean = owned & (depth.values > 10.0)
    their_depth = theirs["volume"].values[ocean] / theirs["wet"].values[ocean]
    assert ocean.sum() > 15_000
    assert np.abs(their_depth - depth.values[ocean]).max() < 1e-3


def test_nearest_centres(
    topography_60ma: xr.DataArray, paleorca2: OceanGrid, tmp_path: Path
) -> None:
    theirs = by_cdo("remapnn", topography_60ma.to_dataset(), paleorca2, tmp_path)
    ours = nearest_at(topography_60ma, paleorca2.lon, paleorca2.lat)
    # south of 20°N the T points lie on meridians between two columns of the source: a tie
    ties = np.abs(np.mod(paleorca2.lon, 1.0) - 0.5) > 0.4999
    ties |= np.abs(np.mod(paleorca2.lat, 1.0) - 0.5) > 0.4999
    free = paleorca2.owned & ~ties
    assert free.sum() > 5000
    assert np.array_equal(ours[free], theirs["topography"].values[free])


def test_bilinear(topography_60ma: xr.DataArray, paleorca2: OceanGrid, tmp_path: Path) -> None:
    theirs = by_cdo("remapbil", topography_60ma.to_dataset(), paleorca2, tmp_path)
    ours = bilinear_at(topography_60ma, paleorca2.lon, paleorca2.lat)
    # nearer the pole CDO does not interpolate towards a pole value
    inside = paleorca2.owned & (np.abs(paleorca2.lat) < 89.5)
    assert np.abs(ours - theirs["topography"].values)[inside].max() < 1e-6


@pytest.mark.parametrize("name", ["paleorca2_40Ma_grid.nc", "orca2_coordinates.nc"])
@pytest.mark.parametrize("method", ["conservative", "bilinear", "nearest"])
def test_rules_on_the_real_grids(topography_60ma: xr.DataArray, name: str, method: str) -> None:
    grid = read_ocean_grid(shared_file(f"grids/{name}"))
    depth, fraction = bathymetry(topography_60ma, grid, method=method)  # type: ignore[arg-type]
    values = depth.values
    assert (values[0] == 0.0).all()
    assert values[values > 0.0].min() >= 10.0
    assert np.array_equal(values[:, 0], values[:, -2])
    assert np.array_equal(values[:, -1], values[:, 1])
    if grid.topology.fold == "F":
        assert np.array_equal(values[-1], values[-2, ::-1])
    else:
        # 1-based T(i, jpj) = T(jpi-i+2, jpj-2), and row jpj-1 mirrors itself
        assert np.array_equal(values[-1, 1:], values[-3, :0:-1])
        assert np.array_equal(values[-2, 1:], values[-2, :0:-1])
    owned = grid.owned
    # no ocean lies south of these grids; ORCA2 leaves out the middle of Eurasia, then partly sea
    covered = np.sum((fraction.values * grid.area)[owned])
    whole = np.sum(row_areas(topography_60ma.lat, topography_60ma.lon)[topography_60ma <= 0.0])
    assert covered == pytest.approx(whole, rel=0.03)
    assert singular_points_on_land(depth, grid, singular_points(grid)).status == "pass"


def test_singular_points_of_a_grid_without_land(paleorca2: OceanGrid) -> None:
    """The cells at its two northern poles are 20 km long and 150 m wide."""
    depth = xr.DataArray(np.full(paleorca2.shape, 4000.0), dims=("y", "x"))
    check = singular_points_on_land(depth, paleorca2, singular_points(paleorca2))
    assert check.status == "fail"
    assert len(check.table) == 2
    assert check.mask is not None
    for k in (1, 2):
        found = (check.mask.values == k) & paleorca2.owned
        assert found.sum() >= 2
        assert np.abs(paleorca2.lat[found] - 59.9).max() < 0.5
