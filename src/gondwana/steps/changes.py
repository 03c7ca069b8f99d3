"""The arithmetic of edits: the new values of the cells that a person chose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.science.components import Index, Mask
from gondwana.science.edits import interpolated, smoothed
from gondwana.steps.edits import Edit
from gondwana.steps.placing import are_beyond
from gondwana.steps.surfaces import Surface

Float = npt.NDArray[np.float64]
Change = Callable[[Float, Surface, Edit, Index, Mask], Float]


def _set(_values: Float, _surface: Surface, edit: Edit, cells: Index, _mask: Mask) -> Float:
    return np.full(cells.size, edit.value, dtype=np.float64)


def _add(values: Float, _surface: Surface, edit: Edit, cells: Index, _mask: Mask) -> Float:
    return np.asarray(values.flat[cells] + (edit.value or 0.0))


def _multiply(values: Float, _surface: Surface, edit: Edit, cells: Index, _mask: Mask) -> Float:
    factor = 1.0 if edit.value is None else edit.value
    with np.errstate(over="ignore"):
        return np.asarray(values.flat[cells] * factor)


def _raise(values: Float, surface: Surface, edit: Edit, cells: Index, _mask: Mask) -> Float:
    higher = np.maximum if surface.up >= 0 else np.minimum
    return np.asarray(higher(values.flat[cells], edit.value or 0.0))


def _lower(values: Float, surface: Surface, edit: Edit, cells: Index, _mask: Mask) -> Float:
    lower = np.minimum if surface.up >= 0 else np.maximum
    return np.asarray(lower(values.flat[cells], edit.value or 0.0))


def _clamp(values: Float, _surface: Surface, edit: Edit, cells: Index, _mask: Mask) -> Float:
    low, high = edit.limits or (-np.inf, np.inf)
    return np.asarray(np.clip(values.flat[cells], low, high))


def _smooth(values: Float, surface: Surface, edit: Edit, cells: Index, mask: Mask) -> Float:
    sides = surface.sides(values, edit.only)
    return smoothed(values, mask, edit.times or 1, surface.topology, sides).flat[cells]


def _interpolate(values: Float, surface: Surface, edit: Edit, cells: Index, mask: Mask) -> Float:
    sides = surface.sides(values, edit.only)
    return interpolated(values, mask, surface.topology, sides).flat[cells]


def _channel(values: Float, surface: Surface, edit: Edit, cells: Index, mask: Mask) -> Float:
    depth = edit.value or 0.0
    if depth <= 0.0:
        raise ParameterError("a channel needs a depth above 0 m", remedy="give a larger value")
    floor = edit.model_copy(update={"value": -depth * surface.up})
    return _lower(values, surface, floor, cells, mask)


def _sill(values: Float, surface: Surface, edit: Edit, cells: Index, mask: Mask) -> Float:
    depth = edit.value or 0.0
    if depth < 0.0:
        raise ParameterError("a sill lies below 0 m", remedy="give the depth of its crest")
    crest = edit.model_copy(update={"value": -depth * surface.up})
    return _raise(values, surface, crest, cells, mask)


def _paste(values: Float, surface: Surface, edit: Edit, cells: Index, _mask: Mask) -> Float:
    east, north = edit.shift or (0.0, 0.0)
    points = np.column_stack([surface.lon.flat[cells] - east, surface.lat.flat[cells] - north])
    on_globe = np.column_stack([points[:, 0], np.clip(points[:, 1], -90.0, 90.0)])
    source = surface.places.nearest(on_globe)  # type: ignore[arg-type]
    found = values.flat[source]
    # what comes from beyond the grid or a pole, or has no value, leaves the cell as it is
    there = ~are_beyond(points, source, surface) & np.isfinite(found)
    return np.where(there, found, values.flat[cells])


def _assign(_values: Float, surface: Surface, edit: Edit, cells: Index, _mask: Mask) -> Float:
    return np.full(cells.size, surface.codes[str(edit.basin)])


CHANGES: dict[str, Change] = {
    "set": _set, "add": _add, "multiply": _multiply, "raise_to": _raise, "lower_to": _lower,
    "clamp": _clamp, "smooth": _smooth, "interpolate": _interpolate, "channel": _channel,
    "sill": _sill, "paste": _paste, "assign": _assign,
}  # fmt: skip
"""What each operation makes of the chosen cells: their new values, in the order of the cells."""
