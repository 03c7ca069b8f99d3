"""Lines of maps as the text of SVG paths, in whole units and relative steps to stay small."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def edges(mask: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_] | None = None) -> str:
    """Draw the edges between the cells of a mask and those outside it.

    Parameters
    ----------
    mask : ndarray of bool, (ny, nx)
        The first row is on top; cells are one unit wide and high.
    known : ndarray of bool, (ny, nx), optional
        Cells that there are; no edge is drawn towards others.

    Returns
    -------
    str
    """
    across = mask[1:] != mask[:-1]
    along = (mask[:, 1:] != mask[:, :-1]).T
    if known is not None:
        across &= known[1:] & known[:-1]
        along &= (known[:, 1:] & known[:, :-1]).T
    parts = [f"M{start} {row + 1}h{length}" for row, start, length in _runs(across)]
    parts += [f"M{column + 1} {start}v{length}" for column, start, length in _runs(along)]
    return "".join(parts)


def _runs(mask: npt.NDArray[np.bool_]) -> Iterable[tuple[int, int, int]]:
    """List row, start and length of every unbroken run along the rows."""
    padded = np.pad(mask, ((0, 0), (1, 1)))
    steps = np.diff(padded.astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    return zip(rows.tolist(), starts.tolist(), (ends - starts).tolist(), strict=True)


def dots(x: npt.ArrayLike, y: npt.ArrayLike) -> str:
    """Draw dots: lines of no length, to be stroked with round ends."""
    pairs = zip(np.rint(x).astype(int).tolist(), np.rint(y).astype(int).tolist(), strict=True)
    return "".join(f"M{a} {b}h0" for a, b in pairs)


def polyline(x: npt.ArrayLike, y: npt.ArrayLike, longest: float) -> str:
    """Draw one line through points; it breaks at NaN and where a step is too long.

    Parameters
    ----------
    x, y : array_like, (n,)
        In units of the drawing.
    longest : float
        A longer step jumps across the seam of the map.

    Returns
    -------
    str
        Empty if there is nothing to draw.
    """
    points = np.stack([np.asarray(x, np.float64), np.asarray(y, np.float64)], axis=1)
    good = np.isfinite(points[:, 0]) & np.isfinite(points[:, 1])
    step = np.abs(np.diff(points, axis=0)).max(axis=1) if len(points) > 1 else np.zeros(0)
    joined = good[1:] & good[:-1] & (np.nan_to_num(step, nan=np.inf) <= longest)
    rounded = np.rint(np.nan_to_num(points)).astype(np.int64)
    pieces = np.split(np.arange(len(points)), np.flatnonzero(~joined) + 1)
    return "".join(trail(rounded[piece]) for piece in pieces if piece.size > 1)


def trail(points: Ints) -> str:
    """Draw one unbroken line through whole points (n, 2), leaving out those on a straight way."""
    if len(points) < 2:
        return ""
    steps = np.diff(points, axis=0)
    moved = np.flatnonzero(steps.any(axis=1)) + 1
    points = points[np.concatenate([[0], moved])]
    if len(points) < 2:
        return ""
    steps = np.diff(points, axis=0)
    turns = (steps[1:, 0] * steps[:-1, 1] != steps[1:, 1] * steps[:-1, 0]) | (
        (steps[1:] * steps[:-1]).sum(axis=1) < 0
    )
    points = points[np.concatenate([[True], turns, [True]])]
    start = points[0]
    legs = " ".join(f"{dx} {dy}" for dx, dy in np.diff(points, axis=0).tolist())
    return f"M{start[0]} {start[1]}l{legs.replace(' -', '-')}"
