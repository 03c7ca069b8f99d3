"""What a file holds that may be an elevation or a coordinate, for a person who has to choose."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from gondwana.errors import InputError
from gondwana.formats.netcdf import open_netcdf

_MOST = 100
_LONGEST = 120


class UnclearError(InputError):
    """A file that may well be used, once a person says how it is to be read.

    Attributes
    ----------
    about : str
        What they have to say: ``variable``, ``lon``, ``lat``, ``units`` or ``missing``.
    """

    def __init__(self, about: str, problem: str, *, remedy: str, where: str = "") -> None:
        super().__init__(problem, remedy=remedy, where=where)
        self.about = about


def maps_of(dataset: xr.Dataset) -> list[str]:
    """Return the names of the variables that may hold elevations: numbers over two dimensions."""
    return [str(name) for name in dataset.data_vars if is_map(dataset[name])]


def coordinates_for(dataset: xr.Dataset, variable: xr.DataArray) -> list[str]:
    """Return the names of what may be a coordinate: numbers along dimensions of a variable only."""
    return [
        str(key)
        for key, value in dataset.variables.items()
        if value.ndim in (1, 2)
        and key != variable.name
        and set(value.dims) <= set(variable.dims)
        and np.issubdtype(value.dtype, np.number)
    ]


def is_map(variable: xr.DataArray) -> bool:
    """Tell whether a variable holds numbers over two dimensions, others being of size one."""
    sizes = [size for size in variable.shape if size > 1]
    return len(sizes) == 2 and 0 not in variable.shape and np.issubdtype(variable.dtype, np.number)


def without_map(dataset: xr.Dataset, where: str) -> InputError:
    """Tell why no variable of a file is a map."""
    deeper = [
        f"'{name}' ({' x '.join(map(str, variable.shape))})"
        for name, variable in dataset.data_vars.items()
        if sum(size > 1 for size in variable.shape) > 2
    ]
    if deeper:
        return InputError(
            f"has only variables of more than two dimensions: {', '.join(deeper[:5])}",
            remedy="keep one time and one level of it",
            where=where,
        )
    return InputError(
        "has no numeric variable over two dimensions",
        remedy="give a file with elevations over latitude and longitude",
        where=where,
    )


@dataclass(frozen=True)
class Candidate:
    """A variable that can be chosen, as the file itself describes it.

    Attributes
    ----------
    name : str
    dims : tuple of str
    shape : tuple of int
    units, long_name : str
        Empty where the file says nothing.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    units: str
    long_name: str


@dataclass(frozen=True)
class Candidates:
    """What can be chosen in a file: a map for the elevations, and coordinates for it."""

    variables: tuple[Candidate, ...]
    coordinates: tuple[Candidate, ...]


def candidates_in(path: Path) -> Candidates:
    """Look for what can be chosen in a file; only its header is read.

    Raises
    ------
    InputError
        It cannot be opened.
    """
    found: list[Candidates] = []

    def look(file: xr.Dataset) -> xr.Dataset:
        found.append(_among(file))
        return file[[]]

    open_netcdf(path, choose=look)
    return found[0]


def _among(file: xr.Dataset) -> Candidates:
    maps = maps_of(file)[:_MOST]
    names = dict.fromkeys(
        name
        for variable in maps
        for name in coordinates_for(file, file[variable].squeeze(drop=True))
        if name not in maps and file[name].size > 1
    )
    return Candidates(
        tuple(_candidate(file[name]) for name in maps),
        tuple(_candidate(file[name]) for name in list(names)[:_MOST]),
    )


def _candidate(variable: xr.DataArray) -> Candidate:
    return Candidate(
        name=str(variable.name),
        dims=tuple(str(dim) for dim in variable.dims),
        shape=tuple(variable.shape),
        units=_plain(variable.attrs.get("units", "")),
        long_name=_plain(variable.attrs.get("long_name", variable.attrs.get("standard_name", ""))),
    )


def _plain(said: Any) -> str:
    """Return what an attribute says, as it can be shown in a line."""
    text = " ".join(str(said).split())[:_LONGEST]
    return "".join(letter for letter in text if not unicodedata.category(letter).startswith("C"))
