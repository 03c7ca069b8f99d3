"""What is wrong with a surface while it is edited: seas, straits, corners, poles.

The same checks as those of the steps, laid over the map as bits and told as a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gondwana.science.checks import Row
from gondwana.science.terrain_checks import corners, internal_oceans, passages, poles
from gondwana.steps.apply import Surface, terrain_of

Float = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]
Marks = npt.NDArray[np.uint8]

SEA, PASSAGE, CONTACT, POLE, SELECTED, CHANGED, PREVIEW, BY_POLICY = (1 << bit for bit in range(8))
"""Bits of the marks that lie over a map."""

FOUND = SEA | PASSAGE | CONTACT | POLE | BY_POLICY
"""Bits that the checks decide."""


@dataclass(frozen=True)
class Findings:
    """What the checks found.

    Attributes
    ----------
    marks : ndarray of uint8, (ny, nx)
        Bits of `FOUND`.
    seas, passages, contacts, poles : list of dict
        The tables of the checks; of a sea also ``policy``, what the step itself would do.
    labels : mapping of str to ndarray of int32, (ny, nx)
        Row of the table (from 1) by cell, for ``seas``, ``passages``, ``contacts``, ``poles``.
    """

    marks: Marks
    seas: list[Row] = field(default_factory=list)
    passages: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    poles: list[Row] = field(default_factory=list)
    labels: Mapping[str, Labels] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each."""
        names = ("seas", "passages", "contacts", "poles")
        return {name: len(getattr(self, name)) for name in names}


def look(
    values: Float,
    surface: Surface,
    parameters: Mapping[str, Any],
    kept: frozenset[tuple[float, float]] = frozenset(),
) -> Findings:
    """Check a field as it stands.

    Parameters
    ----------
    values : ndarray, (ny, nx)
    surface : Surface
        Of one that is no ground (``up`` 0) nothing is found.
    parameters : mapping
        Of the step: ``policy``, ``large_policy``, ``large_area``, ``poles``.
    kept : frozenset of (lon, lat)
        Points of seas that are kept by choice.
    """
    marks = np.zeros(values.shape, dtype=np.uint8)
    if surface.up == 0:
        return Findings(marks)
    terrain = terrain_of(values, surface)
    if not terrain.ocean.any():
        return Findings(marks)
    checks = {
        "seas": internal_oceans(terrain),
        "passages": passages(terrain),
        "contacts": corners(terrain),
        "poles": poles(terrain),
    }
    labels = {
        name: np.asarray(check.mask.values if check.mask is not None else marks, np.int32)
        for name, check in checks.items()
    }
    tables = {name: check.table for name, check in checks.items()}
    for row in tables["seas"]:
        row["policy"] = _policy(row, parameters)
    for lon, lat in kept:
        number = int(labels["seas"].flat[terrain.cell_at(lon, lat)])
        if number:
            tables["seas"][number - 1]["policy"] = "keep"
    for bit, name in ((SEA, "seas"), (PASSAGE, "passages"), (CONTACT, "contacts"), (POLE, "poles")):
        if tables[name]:
            marks[labels[name] > 0] |= np.uint8(bit)
    _mark_policies(marks, tables, labels, parameters)
    return Findings(marks, labels=labels, **tables)


def _policy(row: Row, parameters: Mapping[str, Any]) -> str:
    is_large = float(row["area_km2"]) >= float(parameters.get("large_area", np.inf))
    return str(parameters.get("large_policy" if is_large else "policy", "keep"))


def _mark_policies(
    marks: Marks,
    tables: Mapping[str, list[Row]],
    labels: Mapping[str, Labels],
    parameters: Mapping[str, Any],
) -> None:
    """Mark what the step mends by itself."""
    if tables["seas"]:
        mended = np.array([False, *(row["policy"] != "keep" for row in tables["seas"])])
        marks[mended[labels["seas"]]] |= np.uint8(BY_POLICY)
    if tables["poles"] and parameters.get("poles") == "fix":
        marks[labels["poles"] > 0] |= np.uint8(BY_POLICY)
