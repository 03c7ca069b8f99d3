"""Applying a person's edits to a field, whatever grid it is on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.science.checks import Change, Check
from gondwana.science.choices import OceanPolicy
from gondwana.science.edits import along_line, cells_at, changed, in_box
from gondwana.science.geometry import contains
from gondwana.science.topology import Topology
from gondwana.steps.edits import Edit, Place

HIGHEST = 15_000.0
"""Metres: nothing on a rocky planet of our size stands higher or lies deeper."""

Float = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Surface:
    """A grid to edit on.

    Attributes
    ----------
    lon, lat : ndarray, (ny, nx)
        Centres of the cells, degrees.
    topology : Topology
        Seams of the grid.
    up : {1, -1}
        1 where values grow upwards (elevation), -1 where they grow downwards (depth).
    """

    lon: Float
    lat: Float
    topology: Topology
    up: int

    def ocean(self, values: Float) -> Mask:
        """Tell ocean from land: at or below 0 m, or deeper than 0 m on an ocean grid."""
        return values <= 0.0 if self.up > 0 else values > 0.0


@dataclass
class Edited:
    """What came of the edits."""

    values: Float
    changes: list[Change] = field(default_factory=list)
    seas: dict[tuple[float, float], OceanPolicy] = field(default_factory=dict)


def apply_edits(values: Float, surface: Surface, edits: Iterable[Edit]) -> Edited:
    """Apply edits in their order.

    Parameters
    ----------
    values : ndarray, (ny, nx)
        Elevation or depth in metres.
    surface : Surface
    edits : iterable of Edit

    Returns
    -------
    Edited
        ``seas`` holds the decisions for single seas, which the policy for seas applies later.

    Raises
    ------
    ParameterError
        An edit that selects nothing or leaves values that cannot be.
    """
    result = Edited(values.copy())
    for number, edit in enumerate(edits, start=1):
        where = f"edit {number} of the recipe for this step ({edit.operation})"
        try:
            _apply(result, surface, edit)
        except ParameterError as error:
            raise error.at(where) from None
    return result


def selected(place: Place, surface: Surface, width: int = 1) -> Mask:
    """Tell which cells a place names.

    Parameters
    ----------
    place : Place
    surface : Surface
    width : int
        Cells across a line.

    Returns
    -------
    ndarray of bool, (ny, nx)
        The same for all copies of a cell.
    """
    lon, lat = surface.lon, surface.lat
    if place.line is not None:
        return along_line(place.line, lon, lat, surface.topology, width)
    if place.box is not None:
        mask = in_box(place.box, lon, lat)
    elif place.polygon is not None:
        vertices = np.asarray(place.polygon, dtype=np.float64)
        mask = contains(vertices[:, 0], vertices[:, 1], lon, lat)
    else:
        points = place.cells if place.cells is not None else (place.point,)
        mask = np.zeros(lon.shape, dtype=np.bool_)
        for cell in cells_at([point for point in points if point is not None], lon, lat):
            mask[cell] = True
        mask.ravel()[surface.topology.owners((lon.shape[0], lon.shape[1]))[mask]] = True
    return surface.topology.synchronise(mask)


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


def _apply(result: Edited, surface: Surface, edit: Edit) -> None:
    operation = edit.operation
    if operation == "fill" or operation == "open" or operation == "keep":  # noqa: PLR1714
        if edit.at.point is not None:
            result.seas[edit.at.point] = operation
        return
    if operation == "assign":
        raise ParameterError("assigns a basin", remedy="give it to the step sub_basins")
    mask = selected(edit.at, surface, edit.width)
    if edit.only != "all":
        mask &= surface.ocean(result.values) == (edit.only == "ocean")
    if not mask.any():
        raise ParameterError(
            "selects no cell", remedy="move it, enlarge it, or drop its restriction"
        )
    value = edit.value if edit.value is not None else 0.0
    if operation == "channel":
        if value <= 0.0:
            raise ParameterError("a channel needs a depth above 0 m", remedy="give a larger value")
        new = changed(result.values, mask, "lower_to", -value * surface.up, surface.up)
    else:
        new = changed(result.values, mask, operation, value, surface.up)
    if surface.up < 0 and new.min() < 0.0:
        raise ParameterError("leaves a depth below 0 m", remedy="use 0 for land")
    if np.abs(new).max() > HIGHEST:
        raise ParameterError(
            f"leaves a value of {np.abs(new).max():.6g} m", remedy="give metres, and less of them"
        )
    owned = surface.topology.owned((mask.shape[0], mask.shape[1]))
    cells = int(np.sum((new != result.values) & owned))
    row, column = np.argwhere(mask & owned)[0]
    amount = f"by {value:g}" if operation == "multiply" else f"{value:g} m"
    what = f"{operation} {amount}" + (f", {edit.author}" if edit.author else "")
    reason = edit.reason or "no reason was given"
    lon, lat = float(surface.lon[row, column]), float(surface.lat[row, column])
    result.changes.append(Change(what, reason, cells, lon, lat))
    result.values = new
