"""All problems of a kind mended at once: one after the other, each in what the ones before left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gondwana.editors import problems
from gondwana.editors.overlays import Findings, look
from gondwana.editors.problems import Kind
from gondwana.errors import GondwanaError, ParameterError
from gondwana.science.components import Index
from gondwana.science.terrain import Float
from gondwana.steps.apply import apply_edit
from gondwana.steps.edits import Edit
from gondwana.steps.surfaces import Surface

MOST = 100
"""Problems that are mended at once; nobody looks at more of them before agreeing."""

Kept = frozenset[tuple[float, float]]


def mend_all(
    values: Float,
    surface: Surface,
    parameters: Mapping[str, Any],
    kept: Kept,
    kind: Kind,
    fix: str,
    reason: str,
) -> list[Edit]:
    """Return the edits that mend all problems of a kind.

    Mending one may mend another, or make a new one: the field is looked at again after each. What
    cannot be mended this way is left.

    Parameters
    ----------
    values : ndarray, (ny, nx)
        They are not changed.
    surface : Surface
    parameters : mapping
        Of the step whose problems these are.
    kept : frozenset
        Places of the seas that are kept.
    kind, fix, reason : str
        As in `problems.fix_of`.

    Raises
    ------
    ParameterError
        None of them can be mended this way.
    """
    values = values.copy()
    edits: list[Edit] = []
    tried: set[tuple[float, float]] = set()
    findings = look(values, surface, parameters, kept)
    # those that are made on the way are mended too, but not without end
    for _ in range(min(2 * len(problems.table(findings, kind)), MOST)):
        problem = _next(findings, kind, tried)
        if problem is None:
            break
        try:
            edit = problems.fix_of(findings, problem, fix, values, surface, reason)
            applied = apply_edit(values, surface, edit, kept)
        except GondwanaError:
            continue
        edits.append(edit)
        values.flat[applied.cells] = applied.after
        kept |= {applied.kept} if applied.kept is not None else set()
        findings = look(values, surface, parameters, kept, findings)
    if not edits:
        raise ParameterError("none of them can be mended so", remedy="choose another way")
    return edits


def outcome(values: Float, surface: Surface, edits: list[Edit], kept: Kept) -> tuple[Index, Float]:
    """Return the cells that edits would change, and their new values.

    Raises
    ------
    GondwanaError
        One of them cannot be applied.
    """
    after = values.copy()
    for edit in edits:
        applied = apply_edit(after, surface, edit, kept)
        after.flat[applied.cells] = applied.after
        kept |= {applied.kept} if applied.kept is not None else set()
    cells = np.flatnonzero(after.view(np.int64) != values.view(np.int64))
    return cells, after.flat[cells]


def _next(
    findings: Findings, kind: Kind, tried: set[tuple[float, float]]
) -> problems.Problem | None:
    for number, row in enumerate(problems.table(findings, kind), start=1):
        place = (float(row["lon"]), float(row["lat"]))
        if place not in tried:
            tried.add(place)
            return problems.Problem(kind, number)
    return None
