"""A binary heap of whole numbers in a plain array, for compiled loops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.science.kernels import kernel

Packed = npt.NDArray[np.int64]


@kernel
def heap_push(heap: Packed, size: int, entry: int) -> None:
    """Add an entry to a heap of ``size`` entries, whose smallest is the first; room is needed."""
    hole = size
    while hole > 0:
        parent = (hole - 1) >> 1
        above = heap[np.uintp(parent)]
        if above <= entry:
            break
        heap[np.uintp(hole)] = above
        hole = parent
    heap[np.uintp(hole)] = entry


@kernel
def heap_drop(heap: Packed, size: int) -> None:
    """Remove the smallest of ``size`` entries."""
    size -= 1
    entry = heap[np.uintp(size)]
    hole = 0
    child = 1
    while child < size:
        below = heap[np.uintp(child)]
        if child + 1 < size:
            other = heap[np.uintp(child + 1)]
            if other < below:
                below = other
                child += 1
        if below >= entry:
            break
        heap[np.uintp(hole)] = below
        hole = child
        child = 2 * hole + 1
    heap[np.uintp(hole)] = entry
