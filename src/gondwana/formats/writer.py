"""Writing the files of IPSL tools: 64-bit-offset NetCDF-3 by default, missing values as 1e20."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gondwana.errors import TargetError
from gondwana.formats.figures import figures_as_json
from gondwana.formats.netcdf import NETCDF_LOCK
from gondwana.formats.provenance import Provenance

if TYPE_CHECKING:
    import xarray as xr

Format = Literal["netcdf3", "netcdf4"]

MISSING = np.float32(1e20)
"""The missing value of IPSL tools; ORCHIDEE tells land by ``trip < 1e10``."""

_FORMATS: dict[Format, Literal["NETCDF3_64BIT", "NETCDF4"]] = {
    "netcdf3": "NETCDF3_64BIT",
    "netcdf4": "NETCDF4",
}


def write_dataset(
    dataset: xr.Dataset, path: Path, provenance: Provenance, file_format: Format = "netcdf3"
) -> None:
    """Write one file.

    Parameters
    ----------
    dataset : Dataset
        Variables as they are to be stored; NaN in float32 variables marks missing values.
        Global attributes are kept and completed by the provenance.
    path : Path
        Where to; an existing file is replaced. A name that ends in ``.json`` takes figures, see
        `figures`.
    provenance : Provenance
        Origin, written as global attributes.
    file_format : {"netcdf3", "netcdf4"}
        64-bit-offset classic, or NetCDF-4 with compression.

    Raises
    ------
    TargetError
        The disk is full or may not be written.
    """
    if path.suffix == ".json":
        write_bytes(figures_as_json(dataset, provenance), path)
        return
    stored = dataset.assign_attrs({**dataset.attrs, **provenance.attributes()})
    encoding = {
        str(name): _encoding(variable, file_format) for name, variable in stored.variables.items()
    }
    # made in memory and written by ourselves: on a full disk the HDF5 library takes the whole
    # process down with it
    with NETCDF_LOCK:
        content = stored.to_netcdf(
            engine="netcdf4", format=_FORMATS[file_format], encoding=encoding
        )
    write_bytes(content, path)


def write_bytes(content: bytes | memoryview, path: Path) -> None:
    """Write a file, or say why it cannot be written.

    Raises
    ------
    TargetError
        The disk is full or may not be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise write_failure(error, path) from error


def write_failure(error: OSError, path: Path) -> TargetError:
    """Tell a failed write as something a person can act on."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    reason = "the disk is full" if full else f"cannot be written ({error.strerror})"
    remedy = "free some space" if full else "check the permissions and the free space"
    return TargetError(reason, remedy=f"{remedy}, or choose another place", where=str(path))


def _encoding(variable: xr.Variable, file_format: Format) -> dict[str, Any]:
    """Float32 with the missing value of the field; everything else as it is."""
    encoding: dict[str, Any] = {"_FillValue": None}
    if variable.dtype == np.float32 and variable.ndim >= 2:
        encoding = {"_FillValue": MISSING, "missing_value": MISSING}
    if file_format == "netcdf4" and variable.ndim >= 2:
        encoding |= {"zlib": True, "complevel": 1, "shuffle": True}
    return encoding
