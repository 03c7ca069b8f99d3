"""Applying a person's edits to a field, whatever grid it is on.

A step applies the saved list when it runs, an editor applies one edit after the other: both by
`apply_edit`, so what one sees is what one gets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.checks import Change, Check
from gondwana.science.choices import OceanPolicy
from gondwana.science.components import Index
from gondwana.science.internal_oceans import fill_sea, open_sea, sea_at
from gondwana.science.sphere import wrap_longitude
from gondwana.science.terrain import Cells, Grid, Terrain
from gondwana.steps.changes import CHANGES
from gondwana.steps.edits import Edit
from gondwana.steps.placing import selected
from gondwana.steps.surfaces import Surface

Float = npt.NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True)
class Applied:
    """What one edit does to a field.

    Attributes
    ----------
    cells : ndarray of int64
        Flat indices of the cells whose value changes, ascending; copies included.
    before, after : ndarray
        Their values.
    change : Change or None
        For the report; None if the edit decides something and changes no cell itself.
    kept : tuple of float, optional
        Point of a sea that is to be kept.
    """

    cells: Index
    before: Float
    after: Float
    change: Change | None = None
    kept: Point | None = None


@dataclass
class Edited:
    """What came of the edits.

    Attributes
    ----------
    values : ndarray, (ny, nx)
    changes : list of Change
    kept : frozenset of (lon, lat)
        Points of seas that are kept by choice.
    """

    values: Float
    changes: list[Change] = field(default_factory=list)
    kept: frozenset[Point] = frozenset()


def apply_edits(values: Float, surface: Surface, edits: Iterable[Edit]) -> Edited:
    """Apply edits in their order, but for those that are switched off.

    Parameters
    ----------
    values : ndarray, (ny, nx)
        The field; it is not changed.
    surface : Surface
    edits : iterable of Edit

    Returns
    -------
    Edited

    Raises
    ------
    ParameterError
        An edit that selects nothing or leaves values that cannot be; with its number.
    """
    result = Edited(values.copy())
    for number, edit in enumerate(edits, start=1):
        if edit.off:
            continue
        try:
            _refuse_variable(edit)
            applied = apply_edit(result.values, surface, edit, result.kept)
        except ParameterError as error:
            where = f"edit {number} of the recipe for this step ({edit.operation})"
            raise error.at(where) from None
        result.values.flat[applied.cells] = applied.after
        if applied.change is not None:
            result.changes.append(applied.change)
        if applied.kept is not None:
            result.kept |= {applied.kept}
    return result


def apply_edit(
    values: Float, surface: Surface, edit: Edit, kept: Collection[Point] = ()
) -> Applied:
    """Find what one edit does.

    Parameters
    ----------
    values : ndarray, (ny, nx)
        The field as it stands, NaN where it has no value; it is not changed.
    surface : Surface
    edit : Edit
    kept : collection of (lon, lat)
        Points of seas that are kept, which no channel of ``open`` may touch.

    Raises
    ------
    ParameterError
        It selects nothing, or would leave values that cannot be.
    """
    _refuse_strangers(surface, edit)
    if edit.at.point is not None and edit.operation in ("fill", "open", "keep"):
        return _decide(values, surface, edit, edit.at.point, kept)
    mask = selected(edit.at, surface, values, edit.only, edit.width)
    if edit.operation == "assign":
        mask = mask & surface.ocean(values)
    known = np.isfinite(values)
    # what is decided for a cell holds for its copies, whatever a file holds there
    mask = surface.topology.synchronise(mask & known) & known
    cells = np.flatnonzero(mask)
    if not cells.size:
        raise ParameterError(
            "selects no cell with a value", remedy="move it, enlarge it, or drop its restriction"
        )
    after = CHANGES[edit.operation](values, surface, edit, cells, mask)
    if surface.topology.has_copies:
        after = after[np.searchsorted(cells, surface.owners.flat[cells])]
    if surface.whole:
        after = np.rint(after)
    _refuse_impossible(after, surface, edit)
    return _applied(values, surface, edit, cells, after)


def _refuse_variable(edit: Edit) -> None:
    """Refuse an edit of a file in the list of a step: it means another field."""
    if edit.variable is not None:
        raise ParameterError(
            f"is meant for '{edit.variable}' of the file '{edit.file}'",
            remedy="make it in the editor of that file",
        )


def _refuse_strangers(surface: Surface, edit: Edit) -> None:
    """Refuse what is no operation of this field: basins take nothing but basins."""
    if surface.codes and edit.operation != "assign":
        raise ParameterError(
            "assigns no basin",
            remedy="use assign here, and other operations on the topography or bathymetry",
        )
    if edit.operation == "assign" and edit.basin not in surface.codes:
        raise ParameterError("assigns a basin", remedy="give it to the step sub_basins")


def kept_by_choice(checks: Iterable[Check], names: Collection[str]) -> tuple[Check, ...]:
    """Turn failures into warnings where the person chose to keep what is found.

    Parameters
    ----------
    checks : iterable of Check
    names : collection of str
        Checks whose findings are kept by choice.

    Returns
    -------
    tuple of Check
    """
    return tuple(
        replace(check, status="warn", summary=f"{check.summary}, kept by choice", fix="")
        if check.name in names and check.status == "fail"
        else check
        for check in checks
    )


def kept_seas(
    field: xr.DataArray, kept: Collection[Point], grid: Grid | None = None
) -> dict[Point, OceanPolicy]:
    """Choose to keep the seas at some points, where there still are any.

    Parameters
    ----------
    field : DataArray
        As `gondwana.science.internal_oceans.resolve_internal_oceans` takes it.
    kept : collection of (lon, lat)
    grid : Grid, optional
        The ocean grid of a bathymetry.
    """
    if not kept:
        return {}
    terrain = Terrain.of(field, grid)
    found: dict[Point, OceanPolicy] = {}
    for point in kept:
        with suppress(ParameterError):  # a later edit has opened or filled it
            sea_at(terrain, *point)
            found[point] = "keep"
    return found


def _decide(
    values: Float, surface: Surface, edit: Edit, point: Point, kept: Collection[Point]
) -> Applied:
    """Fill, open or keep the sea at a point."""
    if surface.up == 0:
        raise ParameterError("there is no sea on this field", remedy="edit the topography")
    terrain = terrain_of(values, surface)
    if edit.operation == "keep":
        sea_at(terrain, *point)
        nothing = np.empty(0, dtype=np.float64)
        return Applied(np.empty(0, dtype=np.int64), nothing, nothing, kept=point)
    choices = surface.choices
    if edit.operation == "fill":
        height = fill_sea(terrain, *point, choices.land_height)
    else:
        says = edit.value is not None
        height = open_sea(
            terrain,
            *point,
            depth=edit.value if edit.value is not None else choices.channel_depth,
            width=edit.width if says else choices.channel_width,
            kept=kept,
        )
    cells = np.flatnonzero(height != terrain.height)
    after = height.flat[cells] * surface.up + 0.0  # adding 0 turns -0.0 into 0.0
    _refuse_impossible(after, surface, edit)
    return _applied(values, surface, edit, cells, after)


def terrain_of(values: Float, surface: Surface) -> Terrain:
    """Take a field as a solid surface; land where it has no value."""
    height = values if surface.up > 0 else -values
    if not np.isfinite(height).all():
        height = np.where(np.isfinite(height), height, 1.0 if surface.up > 0 else 0.0)
    cells = Cells(surface.lon, surface.lat, surface.area, surface.topology)
    return Terrain(height, cells, xr.DataArray(values, dims=("y", "x")), surface.up < 0)


def _refuse_impossible(after: Float, surface: Surface, edit: Edit) -> None:
    if not np.isfinite(after).all():
        raise ParameterError(
            f"{edit.operation} leaves values that are not finite", remedy="choose a smaller value"
        )
    low, high = surface.limits
    if after.size and surface.up < 0 and after.min() < 0.0:
        raise ParameterError("leaves a depth below 0 m", remedy="use 0 for land")
    if after.size and (after.min() < low or after.max() > high):
        wrong = after.max() if after.max() > high else after.min()
        raise ParameterError(
            f"leaves a value of {wrong:.6g}", remedy=f"values go from {low:g} to {high:g}"
        )


def _applied(values: Float, surface: Surface, edit: Edit, cells: Index, after: Float) -> Applied:
    before = values.flat[cells]
    differs = before.view(np.int64) != after.view(np.int64)
    changed, owned = cells[differs], cells
    count = int(changed.size)
    if surface.topology.has_copies:
        owned = cells[surface.owners.flat[cells] == cells]
        count = int(np.count_nonzero(surface.owners.flat[changed] == changed))
    place = owned[0] if owned.size else cells[0] if cells.size else 0
    change = Change(
        told(edit, "m" if surface.up else ""),
        edit.reason or "no reason was given",
        count,
        float(wrap_longitude(surface.lon.flat[place])),
        float(surface.lat.flat[place]),
    )
    return Applied(changed, before[differs], after[differs], change)


def told(edit: Edit, unit: str = "m") -> str:
    """Say what an edit does, for the report: "set 5 m, Ada"."""
    of = f" {unit}" if unit else ""
    what = edit.operation.replace("_", " ")
    if edit.basin is not None:
        what = f"assigned to the {edit.basin} basin"
    elif edit.limits is not None:
        what += f" {edit.limits[0]:g} to {edit.limits[1]:g}{of}"
    elif edit.value is not None:
        what += f" by {edit.value:g}" if edit.operation == "multiply" else f" {edit.value:g}{of}"
    return what + (f", {edit.author}" if edit.author else "")
