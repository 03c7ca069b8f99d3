"""How often values occur, kept up to date by what changes instead of counted again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gondwana.science.components import Index
from gondwana.science.kernels import kernel

Float = npt.NDArray[np.float64]

BINS = 96


class Histogram:
    """Counts of values between the lowest and the highest that a field had at first.

    Values beyond them count in the first and the last bin; missing ones do not count.
    """

    def __init__(self, values: Float) -> None:
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        self.low, self.high = low, high if high > low else low + 1.0
        self.counts = _counted(known, self.low, self.high, BINS)
        self.selected = np.zeros(BINS, dtype=np.int64)

    def change(self, before: Float, after: Float) -> None:
        """Take values out, and others in."""
        self.counts += _counted(after, self.low, self.high, BINS)
        self.counts -= _counted(before, self.low, self.high, BINS)

    def select(self, values: Float, cells: Index) -> None:
        """Count the values of some cells."""
        self.selected = _counted(values.flat[cells], self.low, self.high, BINS)

    def told(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "low": self.low,
            "high": self.high,
            "counts": self.counts.tolist(),
            "selected": self.selected.tolist(),
        }


@kernel
def _counted(values: Float, low: float, high: float, bins: int) -> Index:
    counts = np.zeros(bins, dtype=np.int64)
    for k in range(values.size):
        value = values[k]
        if np.isfinite(value):
            place = (value - low) / (high - low) * bins
            counts[int(min(max(place, 0.0), bins - 1.0))] += 1
    return counts
