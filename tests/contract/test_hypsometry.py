"""The example in Fortran, built here, against numpy on the bundled Earth."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.provenance import arrays_sha256
from gondwana.science.sphere import EARTH_RADIUS, latitude_edges, row_areas
from gondwana.steps.declaration import read_declaration
from gondwana.steps.execute import Record, StoredFile, execute, validated
from gondwana.steps.registry import STEPS

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the program where nothing else sees it."""
    for tool in ("make", "gfortran", "nf-config"):
        if shutil.which(tool) is None:
            reason = f"{tool} is not installed (Debian: make gfortran libnetcdff-dev)"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
    folder = tmp_path_factory.mktemp("workers") / "hypsometry"
    kept = shutil.ignore_patterns("run")
    shutil.copytree(ROOT / "workers" / "hypsometry", folder, ignore=kept)
    subprocess.run(["make", "-C", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def earth() -> xr.DataArray:
    with xr.open_dataset(ROOT / "src" / "gondwana" / "data" / "earth_1deg.nc") as file:
        name = next(name for name in file.data_vars if file[name].ndim == 2)
        values = file[name].astype("float64").load()
    lat, lon = values.dims
    return values.rename({lat: "lat", lon: "lon"}).sortby("lat").rename("topography")


def run(folder: Path, topography: xr.DataArray, work: Path, **parameters: Any) -> Record:
    file_format = parameters.pop("file_format", "netcdf3")
    path = work / "topography.nc"
    kind = {"netcdf3": "NETCDF3_64BIT", "netcdf4": "NETCDF4"}[file_format]
    topography.to_dataset().to_netcdf(path, format=kind)
    out = work / "out"
    out.mkdir()
    step = read_declaration(folder).step
    given = {"topography": StoredFile.of("topography", path)}
    chosen = validated(step, parameters)
    return execute(step, given, chosen, out, created=NOON, file_format=file_format)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_is_declared_like_any_other() -> None:
    step = STEPS["hypsometry"]
    assert step.worker == "demo-fortran"
    assert step.inputs == ("topography",)
    for name, field in step.parameters.model_fields.items():
        assert field.title and field.description, name


@pytest.mark.parametrize("file_format", ["netcdf3", "netcdf4"])
@pytest.mark.parametrize("height_step", [100.0, 333.5])
def test_it_agrees_with_numpy(
    folder: Path, earth: xr.DataArray, tmp_path: Path, file_format: str, height_step: float
) -> None:
    record = run(folder, earth, tmp_path, height_step=height_step, file_format=file_format)
    found = open_netcdf(record.outputs["hypsometry"].path)
    height = earth.values
    area = row_areas(earth["lat"].values, earth["lon"].values)
    land = height > 0
    levels = found["height"].values
    assert np.allclose(np.diff(levels), height_step)
    assert levels[0] <= height.min() < levels[1]
    assert levels[-2] <= height.max() < levels[-1]
    below = np.array([area[height < level].sum() for level in levels]) / area.sum()
    assert np.allclose(found["share_below"].values, below, atol=1e-12)
    assert found["share_below"].values[-1] == pytest.approx(1.0, abs=1e-12)
    expected = {
        "land_fraction": area[land].sum() / area.sum(),
        "land_height": np.average(height[land], weights=area[land]),
        "ocean_depth": -np.average(height[~land], weights=area[~land]),
        "ocean_volume": -(area * height)[~land].sum(),
    }
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-11), name
    assert float(found["ocean_volume"]) == pytest.approx(1.33e18, rel=0.03)
    assert record.arrays["hypsometry"] == arrays_sha256(found)
    assert found.attrs["gondwana_step"] == "hypsometry 1"


def test_its_tables_say_the_same(folder: Path, earth: xr.DataArray, tmp_path: Path) -> None:
    record = run(folder, earth, tmp_path, band_width=25.0)
    found = open_netcdf(record.outputs["hypsometry"].path)
    curve = table(record.outputs["hypsometric_curve"].path)
    assert [float(row["height_m"]) for row in curve] == list(found["height"].values)
    shares = [float(row["share_below"]) for row in curve]
    assert np.allclose(shares, found["share_below"].values, atol=1e-9)
    bands = table(record.outputs["latitude_bands"].path)
    assert [float(row["south"]) for row in bands] == [-90, -65, -40, -15, 10, 35, 60, 85]
    assert float(bands[-1]["north"]) == 90.0
    total = sum(float(row["area_km2"]) for row in bands)
    assert total == pytest.approx(4e-6 * np.pi * EARTH_RADIUS**2, rel=1e-9)
    edges = latitude_edges(earth["lat"].values)
    for row in bands:
        south, north = float(row["south"]), float(row["north"])
        inside = np.clip(edges, south, north)
        weights = np.repeat(np.diff(np.sin(np.deg2rad(inside)))[:, None], earth.shape[1], axis=1)
        land = earth.values > 0
        share = weights[land].sum() / weights.sum()
        assert float(row["land_fraction"]) == pytest.approx(share, abs=1e-6)
        if weights[~land].sum() > 0:
            depth = -np.average(earth.values[~land], weights=weights[~land])
            assert float(row["ocean_depth_m"]) == pytest.approx(depth, abs=2e-3)
    (check,) = record.checks
    assert (check.name, check.status) == ("area_of_the_globe", "pass")
    assert "% of the globe is land" in record.notes[0]


def test_grids_of_other_kinds(folder: Path, tmp_path: Path) -> None:
    """Rows on the poles, columns from 0 to 360, and a planet without land."""
    lat, lon = np.linspace(-90, 90, 37), np.arange(0, 360, 7.5)
    ocean = xr.DataArray(
        np.full((37, 48), -4000.0), {"lat": lat, "lon": lon}, ("lat", "lon"), "topography"
    )
    record = run(folder, ocean, tmp_path)
    found = open_netcdf(record.outputs["hypsometry"].path)
    assert float(found["land_fraction"]) == 0.0
    assert np.isnan(found["land_height"])
    assert float(found["ocean_depth"]) == pytest.approx(4000.0)
    assert record.checks[0].status == "pass"
    assert {row["land_height_m"] for row in table(record.outputs["latitude_bands"].path)} == {""}


def test_what_it_cannot_use_is_told_in_a_sentence(
    folder: Path, earth: xr.DataArray, tmp_path: Path
) -> None:
    hole = earth.copy()
    hole[3, 4] = np.nan
    cases = {
        "missing values": hole,
        "no variable 'topography'": earth.rename("relief"),
        "do not ascend": earth.sortby("lat", ascending=False),
        "does not cover the globe": earth.isel(lon=slice(0, 300)),
        "too small": earth.isel(lat=slice(0, 2)),
    }
    for number, (told, field) in enumerate(cases.items()):
        work = tmp_path / str(number)
        work.mkdir()
        with pytest.raises(InputError, match=told):
            run(folder, field, work)
