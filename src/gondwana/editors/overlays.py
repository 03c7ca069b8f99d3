"""What is wrong with a surface while it is edited: seas, straits, corners, poles.

The same checks as those of the steps, laid over the map as bits and told as a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gondwana.science.checks import Check, Row
from gondwana.science.components import Mask
from gondwana.science.kernels import kernel
from gondwana.science.terrain_checks import corners, internal_oceans, passages, poles
from gondwana.steps.apply import terrain_of
from gondwana.steps.surfaces import Surface

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
    known: Findings | None = None,
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
    known : Findings, optional
        Of before, if nothing has changed at the poles since.
    """
    nothing = Findings(np.zeros(values.shape, dtype=np.uint8))
    if surface.up == 0:
        return nothing
    terrain = terrain_of(values, surface)
    if not terrain.ocean.any():
        return nothing
    checks = {
        "seas": internal_oceans(terrain),
        "passages": passages(terrain),
        "contacts": corners(terrain),
    }
    labels = {name: _labels(check) for name, check in checks.items()}
    tables = {name: check.table for name, check in checks.items()}
    if known is not None and "poles" in known.labels:
        labels["poles"], tables["poles"] = known.labels["poles"], known.poles
    else:
        polar = poles(terrain)
        labels["poles"], tables["poles"] = _labels(polar), polar.table
    for row in tables["seas"]:
        row["policy"] = _policy(row, parameters)
    for lon, lat in kept:
        number = int(labels["seas"].flat[terrain.cell_at(lon, lat)])
        if number:
            tables["seas"][number - 1]["policy"] = "keep"
    mended = np.array([False, *(row["policy"] != "keep" for row in tables["seas"])])
    marks = _marked(
        labels["seas"], labels["passages"], labels["contacts"], labels["poles"], mended,
        parameters.get("poles") == "fix",
    )  # fmt: skip
    return Findings(marks, labels=labels, **tables)


def _labels(check: Check) -> Labels:
    if check.mask is None:
        raise ValueError(check.name)
    return np.asarray(check.mask.values, dtype=np.int32)


@kernel
def _marked(
    seas: Labels, passages: Labels, contacts: Labels, poles: Labels, mended: Mask, fixes: bool
) -> Marks:
    """Bits by cell; ``mended`` tells which seas the step itself mends, ``fixes`` the poles."""
    marks = np.zeros(seas.shape, dtype=np.uint8)
    for j in range(seas.shape[0]):
        for i in range(seas.shape[1]):
            bits = 0
            if seas[j, i] > 0:
                bits |= 1
                if mended[seas[j, i]]:
                    bits |= 128
            if passages[j, i] > 0:
                bits |= 2
            if contacts[j, i] > 0:
                bits |= 4
            if poles[j, i] > 0:
                bits |= 8
                if fixes:
                    bits |= 128
            marks[j, i] = bits
    return marks


def _policy(row: Row, parameters: Mapping[str, Any]) -> str:
    is_large = float(row["area_km2"]) >= float(parameters.get("large_area", np.inf))
    return str(parameters.get("large_policy" if is_large else "policy", "keep"))
