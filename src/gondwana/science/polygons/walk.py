"""The walk along the edges of polygons through the cells of a mesh of meridians and parallels.

With s = sin φ the area element is dλ ds, so that the part of a polygon between the parallels of
row j and the meridians of column i is, by Green's theorem, the sum over the pieces of its edges in
this column of -∫ (s - sj) dλ where a piece lies in the row, and of -(sj+1 - sj) ∫ dλ where it lies
north of it. An edge is a great circle; it is cut at its northernmost point, at meridians and at
parallels. Nothing is decided about which corner lies in which cell, and the pieces of an edge that
two polygons share are the same for both: overlaps tile the cells of either side.

The area between a piece and a pole is that of a spherical triangle with two sides and the angle d
between them known: with t = tan of half the colatitude,

    E = 2 atan(ta tb sin d / (1 + ta tb cos d)),

taken from the nearer pole, where it keeps all its digits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.science.kernels import kernel
from gondwana.science.sphere import Array

_PI = np.pi
_TURN = 2.0 * np.pi
_STRAIGHT = 1e-13  # radians of longitude below which an edge is a meridian
_AT_POLE = 1e-13  # distance from the axis below which a corner is a pole
_OPPOSITE = 1e-9  # radians by which an edge through a pole may miss a half turn

Counts = npt.NDArray[np.int64]


@kernel
def edge(
    a: Array, b: Array, lon_a: float, lon_b: float,
    meridians: Array, parallels: Array, own: Array, run: Array, box: Counts,
) -> float:  # fmt: skip
    """Add an edge between unit vectors; return how far it goes east, in radians.

    ``meridians`` has for each column's western edge the longitude, its cosine and its sine;
    ``parallels`` for each row's southern edge tan φ, 1 - s and 1 + s; ``box`` the rows and
    (unwrapped) columns touched so far, and a row to begin a search at.
    """
    ahead = _ahead(lon_a, lon_b)
    if abs(ahead) <= _STRAIGHT:
        return ahead
    if ahead > 0.0:
        _eastward(a, b, lon_a, ahead, 1.0, meridians, parallels, own, run, box)
    else:
        _eastward(b, a, lon_b, -ahead, -1.0, meridians, parallels, own, run, box)
    return ahead


@kernel
def _ahead(lon_a: float, lon_b: float) -> float:
    ahead = lon_b - lon_a
    return ahead - _TURN * np.round(ahead / _TURN)  # type: ignore[no-any-return]


@kernel
def meets_pole(a: Array, b: Array, lon_a: float, lon_b: float) -> bool:
    """Tell whether an edge ends at a pole or leads through one: it follows meridians then."""
    return is_pole(a) or is_pole(b) or abs(_ahead(lon_a, lon_b)) >= _PI - _OPPOSITE


@kernel
def is_pole(point: Array) -> bool:
    """Tell whether a unit vector is a pole, whose longitude means nothing."""
    return point[0] * point[0] + point[1] * point[1] <= _AT_POLE * _AT_POLE  # type: ignore[no-any-return]


@kernel
def tangent(point: Array) -> float:
    """Tan of the latitude of a unit vector."""
    across = np.sqrt(point[0] * point[0] + point[1] * point[1])
    return point[2] / across  # type: ignore[no-any-return]


@kernel
def row_of(tan_lat: float, parallels: Array, hint: int) -> int:
    """Row with this latitude; beyond the mesh -1 or the number of rows."""
    ny = parallels.shape[0] - 1
    j = min(max(hint, 0), ny - 1)
    while j >= 0 and tan_lat < parallels[j, 0]:
        j -= 1
    while j < ny and tan_lat >= parallels[j + 1, 0]:
        j += 1
    return j  # type: ignore[no-any-return]


@kernel
def column_of(lon: float, meridians: Array) -> int:
    """Column of a longitude, counted on beyond the last one around the globe."""
    nx = meridians.shape[0] - 1
    start = meridians[0, 0]
    turns = np.floor((lon - start) / _TURN)
    rest = lon - turns * _TURN
    i = int((rest - start) / (meridians[nx, 0] - start) * nx)
    i = min(max(i, 0), nx - 1)
    while i > 0 and rest < meridians[i, 0]:
        i -= 1
    while i < nx - 1 and rest >= meridians[i + 1, 0]:
        i += 1
    return i + int(turns) * nx  # type: ignore[no-any-return]


@kernel
def _widen(box: Counts, j: int, i: int) -> None:
    box[0], box[1] = min(box[0], j), max(box[1], j)
    box[2], box[3] = min(box[2], i), max(box[3], i)


@kernel
def _eastward(
    a: Array, b: Array, lon: float, ahead: float, sign: float,
    meridians: Array, parallels: Array, own: Array, run: Array, box: Counts,
) -> None:  # fmt: skip
    """Walk along an edge from its western end, column by column."""
    dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    nx, ny, nz = a[1] * dz - a[2] * dy, a[2] * dx - a[0] * dz, a[0] * dy - a[1] * dx
    top = np.arctan2(-ny, -nx)  # longitude of the northernmost point of the circle
    steep = np.sqrt(nx * nx + ny * ny) / nz  # tan of its latitude
    columns = meridians.shape[0] - 1
    i = column_of(lon, meridians)
    turns = np.floor(i / columns)
    k = i - int(turns) * columns
    end = lon + ahead
    here, height = lon, tangent(a)
    j = row_of(height, parallels, box[4])
    while True:
        border = meridians[k + 1, 0] + turns * _TURN
        if border < end:
            there = border
            rise = -(nx * meridians[k + 1, 1] + ny * meridians[k + 1, 2]) / nz
        else:
            there, rise = end, tangent(b)
        _widen(box, j, i)
        if there > here:
            peak = top + _TURN * np.round((0.5 * (here + there) - top) / _TURN)
            low = peak - _PI if peak > there else peak + _PI
            turn, extreme = there, rise
            if here < peak < there:
                turn, extreme = peak, steep
            elif here < low < there:
                turn, extreme = low, -steep
            j = _part(
                here, turn, height, extreme, j, i, k, peak, steep, sign, parallels, own, run, box
            )
            if turn < there:
                j = _part(
                    turn, there, extreme, rise, j, i, k, peak, steep, sign, parallels, own, run, box
                )
        if border >= end:
            break
        here, height = there, rise
        i += 1
        k += 1
        if k == columns:
            k, turns = 0, turns + 1.0
    box[4] = j


@kernel
def _part(
    west: float, east: float, start: float, stop: float, j: int, i: int, k: int,
    peak: float, steep: float, sign: float,
    parallels: Array, own: Array, run: Array, box: Counts,
) -> int:  # fmt: skip
    """Add a part that only rises or only falls, within one column, cut at parallels.

    Heights are tan φ. Returns the row where it ends.
    """
    rows = parallels.shape[0] - 1
    here, height = west, start
    while True:
        if stop >= start:
            crosses = j < rows and stop >= parallels[j + 1, 0]
            side = parallels[min(j + 1, rows), 0]
        else:
            crosses = j >= 0 and stop < parallels[max(j, 0), 0]
            side = parallels[max(j, 0), 0]
        if not crosses:
            _piece(here, east, height, stop, j, k, sign, parallels, own, run)
            return j
        ratio = min(max(side / steep, -1.0), 1.0)
        angle = np.arccos(ratio)
        # west of the northernmost point a circle rises, east of it it falls
        there = peak - angle if stop >= start else peak + angle
        there += _TURN * np.round((0.5 * (west + east) - there) / _TURN)
        there = min(max(there, here), east)
        _piece(here, there, height, side, j, k, sign, parallels, own, run)
        here, height = there, side
        j += 1 if stop >= start else -1
        _widen(box, j, i)


@kernel
def _piece(
    west: float, east: float, start: float, stop: float, j: int, k: int, sign: float,
    parallels: Array, own: Array, run: Array,
) -> None:  # fmt: skip
    """Add a piece of an edge within cell (j, k), or north (j = rows) or south of all (j = -1)."""
    d = east - west
    rows = parallels.shape[0] - 1
    if d <= 0.0 or j < 0:
        return
    if j == rows:
        run[rows, k] -= sign * d
        return
    run[j, k] -= sign * d
    north = start + stop > 0.0
    p, q = abs(start), abs(stop)
    # tan of half the distance to the nearer pole, from tan φ
    one = 1.0 / (np.sqrt(1.0 + p * p) + (start if north else -start))
    two = 1.0 / (np.sqrt(1.0 + q * q) + (stop if north else -stop))
    both = one * two
    excess = 2.0 * np.arctan2(both * np.sin(d), 1.0 + both * np.cos(d))
    if north:
        own[j, k] -= sign * (parallels[j, 1] * d - excess)
    else:
        own[j, k] -= sign * (excess - parallels[j, 2] * d)


@kernel
def along_pole(
    lon: float, jump: float, north: bool,
    meridians: Array, parallels: Array, own: Array, run: Array, box: Counts,
) -> None:  # fmt: skip
    """Close a path along a pole, from a longitude so far to the east or (below 0) to the west."""
    rows, columns = parallels.shape[0] - 1, meridians.shape[0] - 1
    west, end = min(lon, lon + jump), max(lon, lon + jump)
    i = column_of(west, meridians)
    if not north:
        _widen(box, 0, i)
        _widen(box, 0, column_of(end, meridians))
        return
    j = rows - 1 if parallels[rows, 0] == np.inf else rows
    turns = np.floor(i / columns)
    k = i - int(turns) * columns
    while west < end:
        east = min(meridians[k + 1, 0] + turns * _TURN, end)
        _widen(box, j, i)
        d = np.copysign(max(east - west, 0.0), jump)
        run[j, k] -= d
        if j < rows:
            own[j, k] -= parallels[j, 1] * d
        west = east
        i += 1
        k += 1
        if k == columns:
            k, turns = 0, turns + 1.0
