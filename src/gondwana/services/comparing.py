"""Comparing two revisions: of one kind or two, in one project or two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.services import asking, files
from gondwana.services.files import RevisionInfo
from gondwana.services.uploads import is_netcdf, laid_out, told_by_name

Outcome = Literal["same", "differs", "another shape", "only in the first", "only in the second"]


@dataclass(frozen=True)
class Which:
    """A revision: by default the current one of its kind."""

    project_id: str
    kind: str
    number: int | None = None


@dataclass(frozen=True)
class VariableDifference:
    """How a variable differs between two files.

    Attributes
    ----------
    name : str
    outcome : str
    cells, changed : int
        How many values there are, and how many of them differ.
    largest : float or None
        The largest difference of two numbers.
    """

    name: str
    outcome: Outcome
    cells: int
    changed: int
    largest: float | None


@dataclass(frozen=True)
class Comparison:
    """Two files beside each other.

    Attributes
    ----------
    first, second : RevisionInfo
    same_bytes : bool
    same_arrays : bool
        Whether they hold the same, whatever their attributes say; for files that are not NetCDF,
        as ``same_bytes``.
    variables : tuple of VariableDifference
        Of NetCDF files.
    """

    first: RevisionInfo
    second: RevisionInfo
    same_bytes: bool
    same_arrays: bool
    variables: tuple[VariableDifference, ...]


def compare(platform: Platform, actor: Actor, first: Which, second: Which) -> Comparison:
    """Compare two revisions that one may see.

    Raises
    ------
    NotFoundError
        There is no such project or revision.
    ParameterError
        There is no such kind of file.
    InputError
        One of them cannot be read.
    """
    one, other = (
        files.get(platform, actor, which.project_id, which.kind, which.number)
        for which in (first, second)
    )
    same = one.sha256 == other.sha256
    if not (is_netcdf(one.kind) and is_netcdf(other.kind)):
        return Comparison(one, other, same, same, ())
    stored = {f"first {one.file_name}": one.sha256, f"second {other.file_name}": other.sha256}
    with laid_out(platform, stored) as folder, told_by_name(folder):
        a, b = (str(folder / name) for name in stored)
        found, _ = asking.ask("difference", first=a, second=b)
    variables = tuple(VariableDifference(**told) for told in found["variables"])
    return Comparison(one, other, same, bool(found["same"]), variables)
