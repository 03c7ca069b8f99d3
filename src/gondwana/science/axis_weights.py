"""Weights that carry values from one axis of a longitude-latitude grid to another.

Regridding between such grids separates into rows and columns; here is one axis at a time, for
each method. The weights of every target cell sum to 1 and none of them is zero, so that missing
values spread no further than they must.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.science.sphere import is_periodic, latitude_edges, longitude_edges, wrap_longitude

Float = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_SAME = 1e-9  # two points nearer than this share of a cell are one point
_SLIVER = 1e-11  # share of a target cell below which an overlap is rounding


@dataclass(frozen=True)
class AxisWeights:
    """Which source cells each target cell draws on.

    Attributes
    ----------
    first : ndarray of int64, (m + 1,)
        The entries of target cell k are ``first[k]:first[k + 1]``.
    source : ndarray of int64
        Source cells; on rows of bilinear weights 0 is the South Pole, 1 the first row, and the
        last the North Pole.
    weight : ndarray
        Weights, without unit.
    """

    first: Index
    source: Index
    weight: Float

    @classmethod
    def of_entries(cls, target: Index, source: Index, weight: Float, size: int) -> AxisWeights:
        """Collect entries that are sorted by target cell."""
        first = np.searchsorted(target, np.arange(size + 1)).astype(np.int64)
        return cls(first, source.astype(np.int64), weight)


def nearest_rows(source: Float, target: Float) -> AxisWeights:
    """Nearest row; of two equally near the one nearer the equator, or the northern of both."""
    left, fraction = _between(_inside_rows(source, target), source)
    equatorward = np.abs(source[left + 1]) <= np.abs(source[left]) + _SAME
    tie = np.abs(fraction - 0.5) < _SAME
    return _single(left + np.where(tie, equatorward, fraction > 0.5))


def nearest_columns(source: Float, target: Float) -> AxisWeights:
    """Nearest column; of two equally near the western."""
    left, right, fraction = _columns_around(source, target)
    return _single(np.where(fraction > 0.5 + _SAME, right, left))


def bilinear_rows(source: Float, target: Float) -> AxisWeights:
    """Linear weights between rows; entry 0 is a South Pole row, entry ny + 1 a North Pole row.

    Between the last centres and a pole that the grid reaches, the pole row takes part; beyond
    the last centres of a grid that ends elsewhere the last row holds.
    """
    edges = latitude_edges(source)
    ticks, rows = source, np.arange(1, source.size + 1)
    if edges[0] == -90.0 and source[0] > -90.0:
        ticks, rows = np.append(-90.0, ticks), np.append(0, rows)
    if edges[-1] == 90.0 and source[-1] < 90.0:
        ticks, rows = np.append(ticks, 90.0), np.append(rows, source.size + 1)
    places = np.clip(_inside_rows(source, target), ticks[0], ticks[-1])
    left, fraction = _between(places, ticks)
    return _pairs(rows[left], rows[left + 1], fraction)


def bilinear_columns(source: Float, target: Float) -> AxisWeights:
    """Linear weights between columns, around the globe where the source goes around it."""
    left, right, fraction = _columns_around(source, target)
    return _pairs(left, right, fraction)


def conservative_rows(source: Float, target: Float) -> AxisWeights:
    """Overlap of rows by area, as a share of the part of the target row that is covered."""
    have, want = latitude_edges(source), latitude_edges(target)
    return _overlaps(have, np.arange(source.size), want[:-1], want[1:], "latitude")


def conservative_columns(source: Float, target: Float) -> AxisWeights:
    """Overlap of columns by width, around the globe where the source goes around it."""
    have, want = longitude_edges(source), longitude_edges(target)
    west = wrap_longitude(want[:-1], have[0])
    cells, gap = np.arange(source.size), [-1]
    twice = np.concatenate([have, have + 360.0])
    return _overlaps(
        twice, np.concatenate([cells, gap, cells]), west, west + np.diff(want), "longitude"
    )


def _overlaps(edges: Float, cells: Index, low: Float, high: Float, name: str) -> AxisWeights:
    """Weights of the intervals between ``edges`` (cell −1: no data) in each of [low, high]."""
    start = np.maximum(np.searchsorted(edges, low, side="right") - 1, 0)
    count = np.maximum(np.searchsorted(edges, high, side="left") - start, 0)
    count = np.minimum(count, cells.size - start)
    target = np.repeat(np.arange(low.size), count)
    interval = np.arange(target.size) - np.repeat(np.cumsum(count) - count, count)
    interval += np.repeat(start, count)
    bottom = np.maximum(edges[interval], low[target])
    top = np.minimum(edges[interval + 1], high[target])
    kept = (top - bottom > _SLIVER * (high - low)[target]) & (cells[interval] >= 0)
    target, interval, bottom, top = target[kept], interval[kept], bottom[kept], top[kept]
    weight = np.deg2rad(top - bottom)
    if name == "latitude":
        weight = 2.0 * np.cos(np.deg2rad(0.5 * (top + bottom))) * np.sin(0.5 * weight)
    total = np.bincount(target, weight, minlength=low.size)
    _refuse_outside(total > 0.0, 0.5 * (low + high), name)
    return AxisWeights.of_entries(target, cells[interval], weight / total[target], low.size)


def _columns_around(source: Float, target: Float) -> tuple[Index, Index, Float]:
    """Columns to the west and to the east of each target, and how far it lies between them."""
    if is_periodic(source):
        circle = np.append(source, source[0] + 360.0)
        left, fraction = _between(wrap_longitude(target, source[0]), circle)
        return left, (left + 1) % source.size, fraction
    edges = longitude_edges(source)
    places = wrap_longitude(target, edges[0] - _SAME)
    _refuse_outside(places <= edges[-1] + _SAME, target, "longitude")
    left, fraction = _between(np.clip(places, source[0], source[-1]), source)
    return left, left + 1, fraction


def _inside_rows(source: Float, target: Float) -> Float:
    edges = latitude_edges(source)
    _refuse_outside(
        (target >= edges[0] - _SAME) & (target <= edges[-1] + _SAME), target, "latitude"
    )
    return np.asarray(target, dtype=np.float64)


def _between(places: Float, ticks: Float) -> tuple[Index, Float]:
    """Tick before each place and the share of the way to the next one."""
    left = np.clip(np.searchsorted(ticks, places, side="right") - 1, 0, ticks.size - 2)
    fraction = (places - ticks[left]) / (ticks[left + 1] - ticks[left])
    fraction = np.where(fraction < _SAME, 0.0, np.where(fraction > 1.0 - _SAME, 1.0, fraction))
    return left, fraction


def _refuse_outside(inside: npt.NDArray[np.bool_], target: Float, name: str) -> None:
    if not np.all(inside):
        outside = target[~inside]
        raise ParameterError(
            f"{outside.size} target {name}s ({outside[0]:.6g} … {outside[-1]:.6g}) lie outside "
            "the data",
            remedy="regrid within the data's own limits",
        )


def _single(source: Index) -> AxisWeights:
    return AxisWeights(np.arange(source.size + 1), source, np.ones(source.size))


def _pairs(left: Index, right: Index, fraction: Float) -> AxisWeights:
    target = np.repeat(np.arange(left.size), 2)
    source = np.column_stack([left, right]).ravel()
    weight = np.column_stack([1.0 - fraction, fraction]).ravel()
    used = weight > 0.0
    return AxisWeights.of_entries(target[used], source[used], weight[used], left.size)
