"""Regridding against CDO, an independent implementation."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gondwana.science.planet import random_planet
from gondwana.science.regrid import Method, regrid

TARGETS = ["r720x360", "r144x72", "r97x49", "n32"]  # the last has Gaussian latitudes


def by_cdo(operator: str, target: str, source: xr.DataArray, folder: Path) -> xr.DataArray:
    if shutil.which("cdo") is None:
        if os.environ.get("CI"):
            pytest.fail("cdo is not installed")
        pytest.skip("cdo is not installed")
    described = source.assign_coords(
        lat=source.lat.assign_attrs(units="degrees_north"),
        lon=source.lon.assign_attrs(units="degrees_east"),
    )
    described.to_netcdf(folder / "in.nc")
    command = ["cdo", "-s", "-b", "F64", f"{operator},{target}"]
    subprocess.run([*command, folder / "in.nc", folder / "out.nc"], check=True)
    with xr.open_dataset(folder / "out.nc") as result:
        return result["topography"].load().sortby("lat")


def both(
    operator: str, method: Method, target: str, source: xr.DataArray, folder: Path
) -> tuple[np.ndarray, np.ndarray]:
    theirs = by_cdo(operator, target, source, folder)
    return theirs.values, regrid(source, theirs.lat, theirs.lon, method).values


@pytest.mark.parametrize("target", TARGETS)
def test_conservative(target: str, tmp_path: Path) -> None:
    planet = random_planet(1.0, seed=21)
    theirs, ours = both("remapcon", "conservative", target, planet, tmp_path)
    assert np.abs(theirs - ours).max() < 1e-6


@pytest.mark.parametrize("target", TARGETS)
def test_bilinear_between_the_outermost_centres(target: str, tmp_path: Path) -> None:
    planet = random_planet(1.0, seed=22)
    theirs, ours = both("remapbil", "bilinear", target, planet, tmp_path)
    lat = by_cdo("remapbil", target, planet, tmp_path).lat
    # nearer a pole the two differ on purpose: CDO does not interpolate towards a pole value
    inside = np.abs(lat.values) <= 89.5
    assert inside.sum() >= 0.95 * inside.size
    assert np.abs(theirs - ours)[inside].max() < 1e-6


def test_nearest_where_nothing_ties(tmp_path: Path) -> None:
    planet = random_planet(1.0, seed=23)
    theirs = by_cdo("remapnn", "r97x49", planet, tmp_path)
    ours = regrid(planet, theirs.lat, theirs.lon, "nearest")
    # of centres as near, and across the pole, either answer is right
    middle = np.abs(theirs.lon.values % 1.0) > 1e-6
    rows = (np.abs(theirs.lat.values % 1.0) > 1e-6) & (np.abs(theirs.lat.values) < 85)
    assert np.array_equal(theirs.values[np.ix_(rows, middle)], ours.values[np.ix_(rows, middle)])
