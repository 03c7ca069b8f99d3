"""Exact integrals of gridded fields over spherical polygons.

A field that is constant in each cell of a longitude-latitude grid is integrated over polygons
whose edges are great circles, without clipping. With s = sin φ the area element is dλ ds, and if
F is the integral of f over λ, Green's theorem gives ∬ f dλ ds = ∮ F ds along the edges. Each
edge is cut where it crosses a meridian or a parallel of the grid; on a piece F is linear in λ,
and on a great circle whose northernmost point is (λm, φm), at the arc θ from there,

    s = sin φm cos θ,   tan(λ - λm) = sin θ / (cos θ cos φm),   ∫ s dλ = atan(tan φm sin θ).

The cost grows with the length of the edges, not with the number of cells inside.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError
from gondwana.science.kernels import kernel
from gondwana.science.sphere import (
    Array,
    is_periodic,
    latitude_edges,
    longitude_edges,
    unit_vectors,
)

_SAME = 1e-13  # points closer than this, in radians, are not told apart
_TURN = 2.0 * np.pi
Place = tuple[float, float]
Hint = npt.NDArray[np.int64]


def polygon_integrals(
    fields: npt.ArrayLike,
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    corner_lon: npt.ArrayLike,
    corner_lat: npt.ArrayLike,
) -> Array:
    """Integrate fields over polygons on the unit sphere.

    Parameters
    ----------
    fields : array_like, (k, ny, nx)
        Values, constant in each cell of a global grid; finite.
    lat, lon : array_like, (ny,) and (nx,)
        Centres of rows and columns, strictly ascending, degrees; rows next to a pole reach it.
    corner_lon, corner_lat : array_like, (..., n)
        Corners of the polygons in order, degrees, any longitude convention. Edges are the short
        great circles between them; a repeated corner counts once.

    Returns
    -------
    ndarray, (k, ...)
        ∬ f dΩ in units of f times steradians; positive for corners that run counter-clockwise
        seen from outside, negative for the others. A field of 1 gives the area. A polygon may
        contain a pole, or have it as a corner or on an edge; it must fit into a hemisphere.

    Raises
    ------
    InputError
        The grid of the fields does not cover the globe, or a corner is not finite.
    """
    values = np.asarray(fields, dtype=np.float64)
    lam, s = _global_edges(lat, lon)
    corner_lon = np.asarray(corner_lon, dtype=np.float64)
    count, n = values.shape[0], corner_lon.shape[-1]
    corners = unit_vectors(corner_lon, corner_lat).reshape(-1, n, 3)
    if not np.all(np.isfinite(corners)):
        raise InputError(
            "a corner of a polygon is not finite", remedy="leave out polygons without corners"
        )
    # fields innermost: a piece of an edge reads all of them at one place
    cumulated = np.zeros((s.size - 1, lam.size, count))
    for k in range(count):
        np.cumsum(values[k] * np.diff(lam), axis=1, out=cumulated[:, 1:, k])
    integrals = np.zeros((corners.shape[0], count))
    _integrate(corners, np.deg2rad(corner_lon).reshape(-1, n), lam, s, cumulated, integrals)
    return np.ascontiguousarray(integrals.T).reshape(count, *corner_lon.shape[:-1])


def _global_edges(lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Array, Array]:
    """Meridians in radians and sines of the parallels that bound the cells."""
    rows = latitude_edges(lat)
    if rows[0] > -90.0 or rows[-1] < 90.0 or not is_periodic(lon):
        raise InputError(
            f"the grid reaches from {rows[0]:g} to {rows[-1]:g} degrees north "
            f"and {'' if is_periodic(lon) else 'not '}around the globe",
            remedy="give a global field",
        )
    s = np.sin(np.deg2rad(rows))
    lam = np.deg2rad(longitude_edges(lon))
    lam[-1] = lam[0] + _TURN
    return lam, s


@kernel
def _integrate(
    corners: Array, corner_lon: Array, lam: Array, s: Array, cumulated: Array, integrals: Array
) -> None:
    """Add ∮ F ds of each polygon to its row of ``integrals``."""
    n = corners.shape[1]
    hint = np.zeros(2, dtype=np.int64)  # row and column where the last search ended
    for p in range(corners.shape[0]):
        vertex, lon, total = corners[p], corner_lon[p], integrals[p]
        start = lon[1] if _is_pole(vertex[0]) else lon[0]
        here = start
        height = 0.0
        for a in range(n):
            b = (a + 1) % n
            ahead = lon[b] - here
            ahead -= _TURN * np.round(ahead / _TURN)
            here = _edge(vertex[a], vertex[b], ahead, here, lam, s, hint, cumulated, total)
            height += vertex[a, 2]
        turns = np.round((here - start) / _TURN)
        if turns != 0.0:
            _close_over_pole(turns, vertex[0, 2], height > 0.0, s, cumulated, total)


@kernel
def _close_over_pole(
    turns: float, start: float, north: bool, s: Array, cumulated: Array, total: Array
) -> None:
    """Close a path once around the globe: to the pole, along it (where ds = 0), and back.

    The two meridians are a full turn apart, so that F differs by the row's total.
    """
    last = cumulated.shape[1] - 1
    for j in range(s.size - 1):
        low, high = s[j], s[j + 1]
        reach = high - max(low, start) if north else low - min(high, start)
        if (reach > 0.0) == north:
            for k in range(total.size):
                total[k] += turns * reach * cumulated[j, last, k]


@kernel
def _edge(
    a: Array, b: Array, ahead: float, here: float,
    lam: Array, s: Array, hint: Hint, cumulated: Array, total: Array,
) -> float:  # fmt: skip
    """Add the edge between two unit vectors; ``here`` is the longitude of its start.

    Returns the longitude of its end, counted on along the polygon; ``ahead`` is how far it lies
    to the east. At a pole the longitude is that of the other end: a jump along the pole adds
    nothing.
    """
    end = here + ahead
    at_pole_a, at_pole_b = _is_pole(a), _is_pole(b)
    if at_pole_a or at_pole_b:
        at = end if at_pole_a else here
        _meridian(at, a[2], b[2], lam, s, hint, cumulated, total)
        return at
    nx, ny, nz = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    size = np.sqrt(nx * nx + ny * ny + nz * nz)
    tilt = np.sqrt(nx * nx + ny * ny)
    if abs(nz) > _SAME:
        if tilt > _SAME * size:  # on the equator ds is 0
            side_a, side_b = (a[0] * ny - a[1] * nx) / tilt, (b[0] * ny - b[1] * nx) / tilt
            circle = (tilt / size, nz / size)
            _arc((side_a, a[2]), (side_b, b[2]), circle, here, end, lam, s, hint, cumulated, total)
    elif abs(ahead) < 1.0:
        _meridian(here, a[2], b[2], lam, s, hint, cumulated, total)
    else:
        pole = 1.0 if a[2] + b[2] > 0.0 else -1.0
        _meridian(here, a[2], pole, lam, s, hint, cumulated, total)
        _meridian(end, pole, b[2], lam, s, hint, cumulated, total)
    return end


@kernel
def _arc(
    start: Place, stop: Place, circle: Place, here: float, end: float,
    lam: Array, s: Array, hint: Hint, cumulated: Array, total: Array,
) -> None:  # fmt: skip
    """Add a great-circle arc in parts that only rise or only fall.

    ``start`` and ``stop`` are (sin θ, s), ``circle`` is (sin φm, cos φm), the latter negative for
    an arc that runs west.
    """
    tilt, flat = circle
    u = np.arctan2(start[0], start[1] / tilt * abs(flat))
    base = here - u if flat > 0.0 else here + u
    if start[0] < 0.0 < stop[0]:
        top = (0.0, tilt)
        _part(start, top, circle, base, here, base, lam, s, hint, cumulated, total)
        _part(top, stop, circle, base, base, end, lam, s, hint, cumulated, total)
    elif stop[0] < 0.0 <= start[0]:
        half, low = np.copysign(np.pi, flat), (0.0, -tilt)
        _part(start, low, circle, base, here, base + half, lam, s, hint, cumulated, total)
        _part(
            low, stop, circle, base + 2.0 * half, base + half, end, lam, s, hint, cumulated, total
        )
    else:
        _part(start, stop, circle, base, here, end, lam, s, hint, cumulated, total)


@kernel
def _part(
    start: Place, stop: Place, circle: Place, base: float, here: float, end: float,
    lam: Array, s: Array, hint: Hint, cumulated: Array, total: Array,
) -> None:  # fmt: skip
    """Add a rising or falling part of an arc, cut at the meridians and parallels of the grid.

    ``base`` is the longitude of the northernmost point; u counts from there along the arc.
    """
    tilt, flat, east = circle[0], abs(circle[1]), circle[1] > 0.0
    rising = stop[1] > start[1]
    i, turns = _column(here, lam, hint)
    j = _row(start[1], rising, s, hint)
    lon_old, s_old, below_old = here, start[1], np.arctan2(tilt * start[0], flat)
    u_end = end - base if east else base - end
    u_row, side = _next_parallel(j, rising, stop[1], tilt, flat, s)
    at_end = False
    while not at_end:
        west_edge = lam[i] + turns * _TURN
        u_col = lam[i + 1] + turns * _TURN - base if east else base - west_edge
        # rows are left by height and columns by longitude: on an arc close to a meridian u
        # cannot tell which of many rows it has reached, but then the order does not matter
        to_row = u_row < np.inf and (u_row <= u_col or u_col >= u_end)
        at_end = not to_row and u_col >= u_end
        if at_end:
            lon, sine, s_new = end, stop[0], stop[1]
        elif to_row:
            lon = base + u_row if east else base - u_row
            sine, s_new = side, s[j + 1] if rising else s[j]
        else:
            lon = base + u_col if east else base - u_col
            sine, cosine = np.sin(u_col) * flat, np.cos(u_col)
            norm = np.sqrt(sine * sine + cosine * cosine)
            sine, s_new = sine / norm, tilt * cosine / norm
        below = np.arctan2(tilt * sine, flat)
        under = below - below_old if east else below_old - below  # ∫ s dλ
        slope = (lon - west_edge) * s_new - (lon_old - west_edge) * s_old - under
        _add(j, i, turns, s_new - s_old, slope, lam, cumulated, total)
        lon_old, s_old, below_old = lon, s_new, below
        if to_row:
            j += 1 if rising else -1
            u_row, side = _next_parallel(j, rising, stop[1], tilt, flat, s)
        elif not at_end:
            i, turns = _beside(i, turns, east, lam)
    hint[0], hint[1] = j, i


@kernel
def _add(
    j: int, i: int, turns: float, rise: float, slope: float,
    lam: Array, cumulated: Array, total: Array,
) -> None:  # fmt: skip
    """Add ∫ F ds of a piece in cell (j, i): F at its western edge x rise + f x ∫ (λ - λi) ds."""
    last = lam.size - 1
    for k in range(total.size):
        at_edge = cumulated[j, i, k]
        value = (cumulated[j, i + 1, k] - at_edge) / (lam[i + 1] - lam[i])
        total[k] += (at_edge + turns * cumulated[j, last, k]) * rise + value * slope


@kernel
def _meridian(
    lon: float,
    s_from: float,
    s_to: float,
    lam: Array,
    s: Array,
    hint: Hint,
    cumulated: Array,
    total: Array,
) -> None:
    """Add a piece of a meridian, where F does not change within a row."""
    i, turns = _column(lon, lam, hint)
    slope = lon - lam[i] - turns * _TURN
    low, high = min(s_from, s_to), max(s_from, s_to)
    for j in range(_row(low, True, s, hint), _row(high, False, s, hint) + 1):
        rise = np.copysign(min(high, s[j + 1]) - max(low, s[j]), s_to - s_from)
        _add(j, i, turns, rise, slope * rise, lam, cumulated, total)


@kernel
def _next_parallel(j: int, rising: bool, s_end: float, tilt: float, flat: float, s: Array) -> Place:
    """Where an arc in row j leaves it: u (infinite if it does not) and sin θ."""
    target = s[j + 1] if rising else s[j]
    if target == s_end or (target < s_end) != rising:
        return np.inf, 0.0
    across = target / tilt
    along = np.sqrt(max(1.0 - across * across, 0.0))
    side = -along if rising else along
    return np.arctan2(side, across * flat), side


@kernel
def _is_pole(point: Array) -> bool:
    """Tell whether a unit vector is a pole; its longitude then means nothing."""
    return abs(point[0]) <= _SAME and abs(point[1]) <= _SAME  # type: ignore[no-any-return]


@kernel
def _row(height: float, rising: bool, s: Array, hint: Hint) -> int:
    """Row at a height, or above (below) it for a path that rises (falls) from a parallel."""
    j = hint[0]
    while j < s.size - 2 and (s[j + 1] < height or (rising and s[j + 1] == height)):
        j += 1
    while j > 0 and (s[j] > height or (not rising and s[j] == height)):
        j -= 1
    hint[0] = j
    return j  # type: ignore[no-any-return]


@kernel
def _column(lon: float, lam: Array, hint: Hint) -> tuple[int, float]:
    """Column at a longitude and the number of turns around the globe before it."""
    turns = np.floor((lon - lam[0]) / _TURN)
    rest = lon - turns * _TURN
    i = hint[1]
    while i < lam.size - 2 and lam[i + 1] <= rest:
        i += 1
    while i > 0 and lam[i] > rest:
        i -= 1
    hint[1] = i
    return i, turns


@kernel
def _beside(i: int, turns: float, east: bool, lam: Array) -> tuple[int, float]:
    """Next column along the globe."""
    last = lam.size - 1
    if east:
        return (i + 1, turns) if i + 1 < last else (0, turns + 1.0)
    return (i - 1, turns) if i > 0 else (last - 1, turns - 1.0)
