"""What an offer is: a file that was sent, what was found in it, and what can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gondwana.storage.models import Offered


@dataclass(frozen=True)
class Problem:
    """Why a file cannot be used as it is read now.

    Attributes
    ----------
    problem, remedy, where : str
        As of every error.
    about : str
        Which part of the reading could mend it, one of `offers.READING`; empty if none can.
    """

    problem: str
    remedy: str
    where: str
    about: str


@dataclass(frozen=True)
class Choice:
    """A variable that can be chosen: its name, and what the file says about it."""

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    units: str
    long_name: str


@dataclass(frozen=True)
class Choices:
    """What can be chosen in a topography: for the elevations, and for longitude and latitude."""

    variables: tuple[Choice, ...]
    coordinates: tuple[Choice, ...]


@dataclass(frozen=True)
class Offer:
    """A file that was sent.

    Attributes
    ----------
    id, kind, name, sha256 : str
    size : int
    reading : mapping
        What was said about how to read it (`offers.READING`).
    found : mapping
        What is in it, as in `uploads.Stored`; of a topography besides ``row_step``,
        ``column_step``, ``west``, ``east`` (degrees), ``south_first``, ``transposed`` and
        ``doubts`` (sentences: what speaks against it, though it can be used).
        Empty if it cannot be used.
    problem : Problem or None
    choices : Choices
    """

    id: str
    kind: str
    name: str
    sha256: str
    size: int
    reading: Mapping[str, Any]
    found: Mapping[str, Any]
    problem: Problem | None
    choices: Choices


def told_of(row: Offered, size: int) -> Offer:
    """Tell an offer whose file has so many bytes."""
    told = row.found
    problem = told.get("problem")
    return Offer(
        id=row.id,
        kind=row.kind,
        name=row.name,
        sha256=row.sha256,
        size=size,
        reading=row.reading,
        found=told.get("found") or {},
        problem=Problem(**problem) if problem else None,
        choices=Choices(_choices(told.get("variables", ())), _choices(told.get("coordinates", ()))),
    )


def _choices(told: Any) -> tuple[Choice, ...]:
    return tuple(
        Choice(**{**one, "dims": tuple(one["dims"]), "shape": tuple(one["shape"])}) for one in told
    )
