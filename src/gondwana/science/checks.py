"""What a check finds and what a fix changed: one shape for reports, files and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import xarray as xr

Status = Literal["pass", "warn", "fail"]
Row = dict[str, float | int | str]


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Attributes
    ----------
    name : str
        Identifier in snake case, for instance ``internal_oceans``.
    status : {"pass", "warn", "fail"}
        ``warn`` is for the modeller to judge; ``fail`` makes files unfit for the simulator.
    summary : str
        One sentence with the figures.
    table : list of dict
        One row a problem, the same keys in every row; units stand in the keys (``area_km2``).
    mask : DataArray or None
        int32 labels on the checked grid: 0 = nothing, k = row k (from 1) of the table.
    fix : str
        What the person can do about it; empty if nothing is to be done.
    """

    name: str
    status: Status
    summary: str
    table: list[Row] = field(default_factory=list)
    mask: xr.DataArray | None = None
    fix: str = ""


def worst(checks: Iterable[Check]) -> Status | None:
    """Return the worst status of some checks; None of none."""
    found = {check.status for check in checks}
    order: tuple[Status, ...] = ("fail", "warn", "pass")
    return next((status for status in order if status in found), None)


@dataclass(frozen=True)
class Change:
    """One change that a step made to the terrain, for the report and the provenance.

    Attributes
    ----------
    what : str
        What was done, in the past tense: "filled internal ocean 3".
    why : str
        The rule or the reason given by the person.
    cells : int
        Number of cells whose value changed.
    lon, lat : float
        A representative point, degrees.
    """

    what: str
    why: str
    cells: int
    lon: float
    lat: float
