"""Edits of a variable of a file: whole numbers, packed ones, what a type can hold, other ages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

from gondwana.errors import GondwanaError, ParameterError
from gondwana.services.editing_bases import surface_of, touched_file, touches, variable_base
from gondwana.services.file_values import ticks
from gondwana.steps.apply import apply_edits
from gondwana.steps.edits import Edit

BOX = {"box": [-20.0, -20.0, 20.0, 20.0]}  # six cells of 20 degrees


def written(path: Path, **about: Any) -> Path:
    """Write a variable ``v`` on a globe of 9 by 18 cells."""
    attributes = about.pop("attributes", {})
    with netCDF4.Dataset(path, "w") as file:
        for name, count in (("lat", 9), ("lon", 18)):
            file.createDimension(name, count)
            axis = file.createVariable(name, "f8", (name,))
            axis.units = f"degrees_{'north' if name == 'lat' else 'east'}"
            axis[:] = np.arange(count) * 20.0 + (-80.0 if name == "lat" else -170.0)
        variable = file.createVariable("v", about.pop("kind", "f4"), ("lat", "lon"), **about)
        variable.setncatts(attributes)
        variable[:] = np.arange(162).reshape(9, 18) % 7
    return path


def edited(path: Path, **edit: Any) -> np.ma.MaskedArray[Any, Any]:
    """Edit ``v`` and read what the new file holds."""
    plain = {"at": BOX, "file": "f", "variable": "v", **edit}
    asked = {
        "path": str(path), "beside": [], "variable": "v", "index": {}, "edits": [plain],
        "author": "ada", "beneath": "b",
    }  # fmt: skip
    _, content = touched_file(asked)
    path.with_name("new.nc").write_bytes(content)
    with netCDF4.Dataset(path.with_name("new.nc")) as file:
        return file["v"][:]


def seen(path: Path, **edit: Any) -> Any:
    """Edit ``v`` as the editor shows it."""
    asked = {"path": str(path), "beside": [], "variable": "v", "index": {}}
    told, block = variable_base(asked)
    surface, values = surface_of(told, np.frombuffer(block, np.float64))
    return apply_edits(values, surface, [Edit.model_validate({"at": BOX, **edit})]).values


@pytest.mark.parametrize("kind", ["i2", "i4", "u1"])
def test_whole_numbers_are_seen_as_they_are_saved(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "a.nc", kind=kind)
    done = edited(path, operation="multiply", value=1.3)
    assert done.dtype == np.dtype(kind)
    assert np.array_equal(done, seen(path, operation="multiply", value=1.3))
    assert done[3:6, 8:10].ravel().tolist() == [8, 0, 4, 5, 0, 1]  # of 6, 0, 3, 4, 0, 1
    done[3:6, 8:10] = [[6, 0], [3, 4], [0, 1]]
    assert np.array_equal(done, np.arange(162).reshape(9, 18) % 7)


@pytest.mark.parametrize(
    ("about", "edit", "told"),
    [
        ({"kind": "i2"}, {"operation": "set", "value": 40_000.0}, "from -32768 to 32767"),
        ({"kind": "u1"}, {"operation": "add", "value": -9.0}, "from 0 to 255"),
        (
            {"kind": "i2", "attributes": {"scale_factor": 0.01}},
            {"operation": "set", "value": 400.0},
            "from -327.68 to 327.67",
        ),
        (
            {"attributes": {"valid_min": 0.0, "valid_max": 1e300}},
            {"operation": "set", "value": 1e39},
            "from 0 to 3.40282e\\+38",
        ),
        ({"fill_value": -9.0}, {"operation": "set", "value": -9.0}, "where there is none"),
        ({"attributes": {"units": "kg"}}, {"operation": "multiply", "value": 1e308}, "finite|1e"),
    ],
)
def test_what_the_file_cannot_hold_is_refused(
    tmp_path: Path, about: dict[str, Any], edit: dict[str, Any], told: str
) -> None:
    path = written(tmp_path / "a.nc", **about)
    before = path.read_bytes()
    with pytest.raises(GondwanaError) as caught:
        edited(path, **edit)
    assert caught.value.remedy
    assert re.search(told, f"{caught.value.problem}; {caught.value.remedy}")
    assert path.read_bytes() == before


def test_packed_values_are_written_packed(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nc", kind="i2", attributes={"scale_factor": 0.5})
    done = edited(path, operation="add", value=0.25)
    assert np.abs(done - seen(path, operation="add", value=0.25)).max() <= 0.25
    assert np.array_equal(done[0], np.arange(18) % 7)


def test_float32_fields_keep_the_bits_that_nobody_touched(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nc")
    done = edited(path, operation="add", value=0.1)
    assert done.dtype == np.float32
    assert np.array_equal(done, seen(path, operation="add", value=0.1).astype(np.float32))
    assert np.count_nonzero(done != np.arange(162).reshape(9, 18) % 7) == 6


def test_a_field_without_places_is_told(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        for name, count in (("a", 5), ("b", 6)):
            file.createDimension(name, count)
        file.createVariable("v", "f4", ("a", "b"))[:] = 1.0
    asked = {"path": str(tmp_path / "a.nc"), "beside": [], "variable": "v", "index": {}}
    with pytest.raises(GondwanaError, match="where its cells lie") as caught:
        variable_base(asked)
    assert "longitudes and latitudes" in caught.value.remedy


def test_a_slice_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nc")
    for wrong in ({"variable": "w"}, {"index": {"time": 3}}):
        asked = {"path": str(path), "beside": [], "variable": "v", "index": {}, **wrong}
        with pytest.raises(ParameterError) as caught:
            variable_base(asked)
        assert caught.value.remedy


def test_a_file_that_another_program_has_changed_since_is_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "r+") as file:
        file.createVariable("name", str, ("lat",))[:] = np.array(list("abcdefghi"), dtype=object)
    edited(path, operation="set", value=3.0)
    new = {"path": str(tmp_path / "new.nc")}
    told, _ = touches(new)
    assert told["beneath"] == "b"
    assert len(told["edits"]) == 1
    with netCDF4.Dataset(new["path"], "r+") as file:
        file.setncattr("title", "what is said of it does not matter")
    assert touches(new)[0] == told
    with netCDF4.Dataset(new["path"], "r+") as file:
        file["v"][2, 3] = 5.0
    assert touches(new)[0] == {}


@pytest.mark.parametrize("said", ["{broken", "[" * 100_000, "7"])
def test_a_file_is_saved_whatever_it_says_of_its_edits(tmp_path: Path, said: str) -> None:
    path = written(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "r+") as file:
        file.setncattr("gondwana_edits", said)
    assert (edited(path, operation="set", value=3.0) == 3.0).any()


def test_places_along_dimensions_have_the_names_of_the_file(tmp_path: Path) -> None:
    coords = {
        "pft": [1, 2, 15],
        "depth": [0.5, 10.0],
        "member": ["a", "b" * 60],
        "gap": [1.0, np.nan],
        "day": np.arange(300.0),
    }
    file = xr.Dataset(coords=coords)
    file["gap"].encoding["_FillValue"] = np.nan
    file.to_netcdf(tmp_path / "a.nc", engine="netcdf4")
    assert ticks(str(tmp_path / "a.nc")) == {
        "pft": ["1", "2", "15"],
        "depth": ["0.5", "10"],
        "member": ["a", "b" * 40],
    }
