"""NetCDF-4 files that refer to others are not read."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError
from gondwana.formats.hdf5 import refuse_what_leads_outside
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.provenance import Origin

SECRET = bytes(range(64))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(SECRET)
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["data"] = np.arange(8)
    return path


def external(file: h5py.File, secret: Path) -> None:
    file.create_dataset("leak", (8, 8), "i1", external=[(str(secret), 0, 64)])


def link(file: h5py.File, secret: Path) -> None:
    file["leak"] = h5py.ExternalLink(str(secret.with_name("other.h5")), "/data")


def soft(file: h5py.File, secret: Path) -> None:
    del secret
    file["leak"] = h5py.SoftLink("/elsewhere")


def virtual(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout((8,), "i8")
    layout[:] = h5py.VirtualSource(str(secret.with_name("other.h5")), "data", (8,))
    file.create_virtual_dataset("leak", layout)


def deep(file: h5py.File, secret: Path) -> None:
    external(file.create_group("a/b/c"), secret)


@pytest.mark.parametrize("how", [external, link, soft, virtual, deep])
def test_a_file_that_leads_outside_is_refused(tmp_path: Path, secret: Path, how: object) -> None:
    path = tmp_path / "evil.nc"
    with h5py.File(path, "w") as file:
        how(file, secret)  # type: ignore[operator]
    with pytest.raises(InputError, match="'leak' is kept in another file"):
        open_netcdf(path)
    assert Origin.of(path, "0" * 64).sources == {"evil.nc": "0" * 64}


def test_groups_in_a_circle_have_an_end(tmp_path: Path) -> None:
    path = tmp_path / "circle.nc"
    with h5py.File(path, "w") as file:
        group = file.create_group("a")
        group["b"] = file["/"]
        group["c"] = group
    refuse_what_leads_outside(path)


def test_an_honest_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "good.nc"
    data = xr.Dataset({"topo": (("lat", "lon"), np.ones((4, 8)))}, {"lat": np.arange(4.0)})
    data.to_netcdf(path, engine="netcdf4")
    assert open_netcdf(path)["topo"].shape == (4, 8)
