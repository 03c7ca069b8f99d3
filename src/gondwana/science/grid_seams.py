"""Finding the seams of a grid from its points: date line, halo columns and north fold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.science.grid_points import degrees_apart
from gondwana.science.sphere import Array
from gondwana.science.topology import Fold, Topology

_SAME_POINT = 1e-3  # degrees by which files in float32 may miss a repeated point


def detect_topology(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Topology:
    """Find halo, fold and closure around the globe from the T points.

    Points repeated within 0.001° count as the same (files in float32 and fold rows that were
    computed twice miss each other by up to 0.0003°).

    Parameters
    ----------
    lon, lat : array_like, (ny, nx)
        T points in degrees.

    Returns
    -------
    Topology
    """
    t = np.stack([np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)], axis=-1)
    ny, nx = t.shape[:2]
    if nx < 5 or ny < 4:
        return Topology(periodic=False)
    step = float(np.median(degrees_apart(t[:, 1:], t[:, :-1])))
    tolerance = min(_SAME_POINT, 0.1 * step)

    def same(one: Array, other: Array) -> bool:
        return bool(np.max(degrees_apart(one, other)) <= tolerance)

    halo = same(t[:, 0], t[:, -2]) and same(t[:, -1], t[:, 1])
    fold: Fold = "none"
    if same(t[-1], t[-2, ::-1]):
        fold = "F"
    elif same(t[-1, 1:], t[-3, :0:-1]):
        fold = "T"
    # without halo the last column must be as far from the first as columns are from each other
    gap = degrees_apart(t[:, -1], t[:, 0])
    usual = 0.5 * (degrees_apart(t[:, 1], t[:, 0]) + degrees_apart(t[:, -1], t[:, -2]))
    closes = bool(np.all(gap <= 1.5 * usual + tolerance) and np.median(gap) > 0.25 * step)
    return Topology(periodic=halo or closes, halo=halo, fold=fold)
