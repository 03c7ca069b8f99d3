"""Files as IPSL tools read them, saying where they come from."""

import json
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from gondwana.errors import TargetError
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.provenance import Provenance, arrays_sha256, canonical_json, file_sha256
from gondwana.formats.writer import Format, write_dataset

ORIGIN = Provenance(
    step="routing 1",
    parameters={"rule": "drop", "mouths": 199},
    inputs={"topography.nc": "ab" * 32},
    edits=({"operation": "fill", "author": "Ada", "reason": "no lake"},),
    created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)


def dataset() -> xr.Dataset:
    values = np.array([[1.5, np.nan], [3.0, -4.0]], dtype=np.float32)
    lat = np.array([[0.1, 0.2], [0.3, 0.4]])
    return xr.Dataset({"trip": (("y", "x"), values, {"units": "1"}), "gphit": (("y", "x"), lat)})


@pytest.mark.parametrize(
    ("file_format", "model"), [("netcdf3", "NETCDF3_64BIT_OFFSET"), ("netcdf4", "NETCDF4")]
)
def test_missing_values_and_types(tmp_path: Path, file_format: Format, model: str) -> None:
    path = tmp_path / "x.nc"
    write_dataset(dataset(), path, ORIGIN, file_format)
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        assert file.data_model == model
        trip = file["trip"]
        assert trip.dtype == np.float32
        assert trip._FillValue == np.float32(1e20) == trip.missing_value
        assert trip[0, 1] == np.float32(1e20)
        assert file["gphit"].dtype == np.float64
        assert "_FillValue" not in file["gphit"].ncattrs()
        assert file.Conventions == "CF-1.8"


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "x.nc"
    write_dataset(dataset(), path, ORIGIN)
    again = open_netcdf(path)
    xr.testing.assert_equal(again, dataset())
    assert again["trip"].dtype == np.float32
    assert arrays_sha256(again) == arrays_sha256(dataset())


def test_the_file_says_where_it_comes_from(tmp_path: Path) -> None:
    path = tmp_path / "x.nc"
    write_dataset(dataset(), path, ORIGIN)
    attributes = open_netcdf(path).attrs
    assert json.loads(attributes["gondwana_parameters"]) == {"rule": "drop", "mouths": 199}
    assert json.loads(attributes["gondwana_inputs"]) == {"topography.nc": "ab" * 32}
    assert json.loads(attributes["gondwana_edits"])[0]["author"] == "Ada"
    assert attributes["gondwana_step"] == "routing 1"
    assert attributes["date_created"] == "2026-01-02T03:04:05Z"
    assert "numba" in json.loads(attributes["software_versions"])


def test_the_checksum_of_arrays_sees_values_and_names_but_no_attributes() -> None:
    same = dataset().assign_attrs(history="later")
    other = dataset()
    other["trip"][0, 0] = np.nextafter(np.float32(1.5), np.float32(2.0))
    assert arrays_sha256(same) == arrays_sha256(dataset())
    assert arrays_sha256(other) != arrays_sha256(dataset())
    assert arrays_sha256(dataset().rename(trip="trap")) != arrays_sha256(dataset())


def test_same_bytes_for_the_same_build_time(tmp_path: Path) -> None:
    for name in ("a.nc", "b.nc"):
        write_dataset(dataset(), tmp_path / name, ORIGIN)
    assert file_sha256(tmp_path / "a.nc") == file_sha256(tmp_path / "b.nc")


def test_canonical_json_does_not_depend_on_order() -> None:
    assert canonical_json({"b": 1, "a": [1.5]}) == canonical_json({"a": [1.5], "b": 1})


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="another place"):
        write_dataset(dataset(), tmp_path / "absent" / "x.nc", ORIGIN)
