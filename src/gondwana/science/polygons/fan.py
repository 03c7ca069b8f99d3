"""The area of one polygon of great circles, for compiled loops."""

from __future__ import annotations

import numpy as np

from gondwana.science.kernels import kernel
from gondwana.science.sphere import Array


@kernel
def fan_area(corners: Array, n: int) -> float:
    """Area of the polygon of the first n unit vectors, positive if they run counter-clockwise.

    A fan of triangles, see `grid_cells.polygon_areas`.
    """
    a = corners[0]
    excess = 0.0
    for k in range(1, n - 1):
        b, c = corners[k], corners[k + 1]
        px, py, pz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        qx, qy, qz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        volume = (
            a[0] * (py * qz - pz * qy) + a[1] * (pz * qx - px * qz) + a[2] * (px * qy - py * qx)
        )
        cosines = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
        cosines += b[0] * c[0] + b[1] * c[1] + b[2] * c[2]
        cosines += c[0] * a[0] + c[1] * a[1] + c[2] * a[2]
        excess += 2.0 * np.arctan2(volume, 1.0 + cosines)
    return excess
