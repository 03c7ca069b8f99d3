"""Opening any NetCDF file and saying plainly why one cannot be opened.

The libraries that read them take long to load: that happens when the first file is opened.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from gondwana.errors import GondwanaError, InputError
from gondwana.formats.hdf5 import refuse_what_leads_outside
from gondwana.formats.signatures import what_it_is

if TYPE_CHECKING:
    import xarray as xr

NETCDF_LOCK = Lock()
"""Held around every call of the NetCDF library, which is not safe for threads."""

_CLASSIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_SCIPY_READS = (b"CDF\x01", b"CDF\x02")
_HDF5 = b"\x89HDF\r\n\x1a\n"


def open_netcdf(
    path: Path,
    *,
    mask: bool = True,
    choose: Callable[[xr.Dataset], xr.Dataset] | None = None,
) -> xr.Dataset:
    """Read a NetCDF file into memory; the file is closed again.

    Parameters
    ----------
    path : Path
        NetCDF-3 (classic, 64-bit offset, 64-bit data) or NetCDF-4.
    mask : bool
        Turn packed integers and missing values into floats with NaN.
    choose : callable, optional
        Given the dataset before anything is loaded, returns the part to load.

    Returns
    -------
    Dataset
        Times are left undecoded: ocean grids of the field carry units no calendar knows.

    Raises
    ------
    InputError
        No such file, not NetCDF, damaged or cut short.
    """
    import xarray as xr  # noqa: PLC0415

    where = str(path)
    _check_signature(path)
    try:
        if is_hdf5(path):
            refuse_what_leads_outside(path)
        with NETCDF_LOCK, warnings.catch_warnings():
            # a file that declares two missing values is read with both
            warnings.simplefilter("ignore", xr.SerializationWarning)
            with xr.open_dataset(
                path, engine="netcdf4", decode_times=False, mask_and_scale=mask, cache=False
            ) as file:
                return (choose(file) if choose else file).load()
    except GondwanaError:
        raise
    except MemoryError as error:
        raise InputError(
            "does not fit into memory", remedy="coarsen it first", where=where
        ) from error
    except Exception as error:  # the libraries below raise anything on hostile bytes
        raise InputError(
            f"the file is damaged or cut short ({_first_line(error)})",
            remedy="copy or download it again",
            where=where,
        ) from error


def is_hdf5(path: Path) -> bool:
    """Tell whether a file is HDF5, as NetCDF-4 is."""
    with path.open("rb") as file:
        return file.read(len(_HDF5)) == _HDF5


def _check_signature(path: Path) -> None:
    where = str(path)
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except IsADirectoryError as error:
        raise InputError("is a folder", remedy="name a NetCDF file", where=where) from error
    except FileNotFoundError as error:
        raise InputError("no such file", remedy="check the path", where=where) from error
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", remedy="check the permissions", where=where
        ) from error
    if not head:
        raise InputError("the file is empty", remedy="copy or download it again", where=where)
    if head[:4] not in _CLASSIC and not head.startswith(_HDF5):
        name, remedy = what_it_is(head)
        told = f"is not a NetCDF file but {name}" if name else "is not a NetCDF file"
        raise InputError(told, remedy=remedy, where=where)
    if head[:4] in _SCIPY_READS:
        _check_classic_size(path)


def _check_classic_size(path: Path) -> None:
    """Refuse a classic file cut short: the reader itself would take what is missing for zeros."""
    from scipy.io import netcdf_file  # noqa: PLC0415

    try:
        with netcdf_file(path, mmap=False):
            pass
    except Exception as error:  # it raises anything on hostile headers
        raise InputError(
            "the file is cut short or damaged",
            remedy="copy or download it again",
            where=str(path),
        ) from error


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
