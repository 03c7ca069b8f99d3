"""HDF5 files that lead outside of themselves are refused before anything is read.

HDF5 lets a file name others: raw data in any file of the machine, links, virtual datasets. Whoever
sends such a file would read with our eyes what they may not see.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gondwana.errors import InputError

_MOST = 20_000
"""Groups and variables that a file may have."""


def refuse_what_leads_outside(path: Path) -> None:
    """Refuse a file that refers to others.

    Parameters
    ----------
    path : Path
        An HDF5 file, as NetCDF-4 is one.

    Raises
    ------
    InputError
        It holds raw data elsewhere, a link, a virtual dataset, or more than any honest file.
    OSError, RuntimeError, ValueError
        It is damaged.
    """
    import h5py  # noqa: PLC0415

    seen: set[int] = set()
    with h5py.File(path, "r", locking=False) as file:
        groups = [file["/"]]
        while groups:
            group = groups.pop()
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise _refusal(path, name)
                kind = group.get(name, getclass=True)
                if kind is h5py.Dataset:
                    _refuse_dataset(h5py.h5d.open(group.id, name.encode()), path, name)
                elif kind is h5py.Group and _is_new(group[name], seen):
                    groups.append(group[name])
                if len(seen) + len(groups) > _MOST:
                    raise _refusal(path, name)


def _is_new(group: Any, seen: set[int]) -> bool:
    """Tell whether a group was not met before: groups may hold each other in a circle."""
    import h5py  # noqa: PLC0415

    address = int(h5py.h5o.get_info(group.id).addr)
    if address in seen:
        return False
    seen.add(address)
    return True


def _refuse_dataset(dataset: Any, path: Path, name: str) -> None:
    import h5py  # noqa: PLC0415

    made = dataset.get_create_plist()
    if made.get_external_count() or made.get_layout() == h5py.h5d.VIRTUAL:
        raise _refusal(path, name)


def _refusal(path: Path, name: str) -> InputError:
    return InputError(
        f"'{name}' is kept in another file, or refers to one",
        remedy="write all of it into one file, for example with `nccopy`",
        where=str(path),
    )
