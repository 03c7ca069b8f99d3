"""Our files of weights in CDO: it opens them, and applies them as we do; on the 60 Ma case."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from coupling_oracles import curvilinear
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.science.bathymetry import bathymetry
from gondwana.science.flow import analyse
from gondwana.steps.execute import Record, StoredFile, execute, validated
from gondwana.steps.registry import STEPS
from gondwana.steps.running.ocean_grid import rounded
from gondwana.steps.running.routing import routing_dataset
from support import shared_file

KINDS = ("weights_to_atmosphere", "weights_to_ocean", "weights_runoff", "weights_calving")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module", params=["netcdf3", "netcdf4 with the names of ESMF"])
def record(
    request: pytest.FixtureRequest,
    topography_60ma: xr.DataArray,
    tmp_path_factory: pytest.TempPathFactory,
) -> Record:
    folder = tmp_path_factory.mktemp("coupling")
    grid = read_ocean_grid(shared_file("grids/paleorca2_40Ma_grid.nc"))
    depth, _ = bathymetry(topography_60ma, grid)
    datasets = {
        "bathy": xr.Dataset({"Bathymetry": (("y", "x"), depth.values)}),
        "coordinates": rounded(grid),
        "routing": routing_dataset(topography_60ma, analyse(topography_60ma)),
    }
    given = {}
    for kind, dataset in datasets.items():
        dataset.to_netcdf(folder / f"{kind}.nc")
        given[kind] = StoredFile.of(kind, folder / f"{kind}.nc")
    step = STEPS["calculate_weights"]
    file_format, *rest = request.param.split(" ", 1)
    parameters = validated(step, {"esmf": bool(rest)})
    return execute(step, given, parameters, folder, created=NOON, file_format=file_format)


def side(file: xr.Dataset, which: str) -> xr.Dataset:
    nx, ny = file[f"{which}_grid_dims"].values
    centres = [file[f"{which}_grid_center_{a}"].values.reshape(ny, nx) for a in ("lon", "lat")]
    corners = [file[f"{which}_grid_corner_{a}"].values.reshape(ny, nx, 4) for a in ("lon", "lat")]
    return curvilinear(*centres, *corners)


@pytest.mark.parametrize("kind", KINDS)
def test_cdo_applies_them_as_we_do(record: Record, kind: str, tmp_path: Path) -> None:
    path = record.outputs[kind].path
    file = open_netcdf(path)
    source, target = side(file, "src"), side(file, "dst")
    field = np.random.default_rng(11).random(source["field"].shape)
    # CDO uses weights only for a field that is missing where their mask says so
    masked = file["src_grid_imask"].values.reshape(field.shape) == 0
    source["field"].values[:] = np.where(masked, np.nan, field)
    source.to_netcdf(tmp_path / "source.nc")
    target.to_netcdf(tmp_path / "target.nc")
    command = ["cdo", "-b", "F64", f"remap,{tmp_path / 'target.nc'},{path}"]
    command += [str(tmp_path / "source.nc"), str(tmp_path / "out.nc")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    # it would say which weights of its own it uses instead
    assert "Warning" not in done.stderr and "weights from" not in done.stderr
    with xr.open_dataset(tmp_path / "out.nc") as out:
        theirs = out["field"].values
    sent = file["remap_matrix"].values[:, 0] * field.ravel()[file["src_address"].values - 1]
    ours = np.bincount(file["dst_address"].values - 1, sent, minlength=theirs.size)
    reached = np.bincount(file["dst_address"].values - 1, minlength=theirs.size) > 0
    assert reached.sum() > 1000
    assert np.array_equal(np.isfinite(theirs.ravel()), reached)
    assert theirs.ravel()[reached] == pytest.approx(ours[reached], rel=1e-14)


def test_the_certificate_of_the_60_ma_case(record: Record) -> None:
    assert {check.status for check in record.checks} == {"pass"}
    assert {check.name for check in record.checks} >= {
        "weights_of_a_cell", "conservation_to_atmosphere", "conservation_to_ocean",
        "conservation_runoff", "conservation_calving", "coverage", "runoff_ways",
    }  # fmt: skip
