"""Connected components of a mask, across every seam of its grid.

Two cells belong together if they share an edge: that is what a C-grid can exchange through.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.science.kernels import kernel
from gondwana.science.topology import Topology

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]
Index = npt.NDArray[np.int64]
Weight = npt.NDArray[np.float64]


def label(mask: Mask, topology: Topology, weight: Weight | None = None) -> tuple[Labels, int]:
    """Label the 4-connected components of a mask.

    Parameters
    ----------
    mask : ndarray of bool, (ny, nx)
        Cells to connect. Copies (halo, fold) follow their owners.
    topology : Topology
        Seams of the grid; its other boundaries are closed.
    weight : ndarray, (ny, nx), optional
        Size of a cell, for instance its area, by which components are ordered; a cell counts 1
        if left out. Copies do not count.

    Returns
    -------
    labels : ndarray of int32, (ny, nx)
        0 outside the mask; 1 is the largest component, and so on. Components of the same size
        are ordered by their first cell in storage order (row by row from the first row).
    count : int
        Number of components.

    Notes
    -----
    Runs of cells are joined with a union-find, in two passes (He, Chao and Suzuki 2008,
    doi:10.1109/TIP.2008.919369).
    """
    shape = (mask.shape[0], mask.shape[1])
    copies = owners = np.empty(0, dtype=np.int64)
    if topology.has_copies:
        mask = topology.synchronise(mask)
        copies = np.flatnonzero(mask & ~topology.owned(shape))
        owners = topology.owners(shape).ravel()[copies]
        weight = np.ones(shape) if weight is None else weight.copy()
        weight[~topology.owned(shape)] = 0.0
    first, start, end = _runs(np.ascontiguousarray(mask))
    one, other = _run_of(copies, first, start, shape[1]), _run_of(owners, first, start, shape[1])
    if topology.periodic and not topology.halo:
        closing = np.flatnonzero(mask[:, 0] & mask[:, -1])
        one = np.concatenate([one, first[closing]])
        other = np.concatenate([other, first[closing + 1] - 1])
    root = np.arange(start.size)
    _join(first, start, end, one, other, root)
    size = np.bincount(root, _weights(first, start, end, weight, shape), start.size)
    roots = np.flatnonzero(root == np.arange(root.size))
    ordered = roots[np.argsort(-size[roots], kind="stable")]
    number = np.zeros(root.size, dtype=np.int32)
    number[ordered] = np.arange(1, roots.size + 1)
    labels = np.zeros(shape, dtype=np.int32)
    _paint(first, start, end, number[root], labels)
    return labels, int(roots.size)


def _rows(first: Index) -> Index:
    """Row of each run."""
    return np.repeat(np.arange(first.size - 1), np.diff(first))


def _run_of(cells: Index, first: Index, start: Index, nx: int) -> Index:
    """Find the runs that hold given cells of the mask (flat indices)."""
    return np.searchsorted(_rows(first) * nx + start, cells, side="right") - 1


def _weights(
    first: Index, start: Index, end: Index, weight: Weight | None, shape: tuple[int, int]
) -> Weight:
    """Size of each run."""
    if weight is None:
        return (end - start).astype(np.float64)
    offset = _rows(first) * shape[1]
    # sums between neighbouring bounds; every second one lies inside a run
    bounds = np.column_stack([start + offset, end + offset]).ravel()
    bounds = bounds[: np.searchsorted(bounds, weight.size)]
    return np.add.reduceat(weight.ravel(), bounds)[::2] if bounds.size else np.zeros(0)


@kernel
def _runs(mask: Mask) -> tuple[Index, Index, Index]:
    """Unbroken runs in each row: index of a row's first run, and columns [start, end) of each."""
    ny, nx = mask.shape
    first = np.empty(ny + 1, dtype=np.int64)
    start = np.empty(ny * (nx // 2 + 1), dtype=np.int64)
    end = np.empty(start.size, dtype=np.int64)
    count = 0
    for j in range(ny):
        first[j] = count
        inside = False
        for i in range(nx):
            if mask[j, i] != inside:
                if inside:
                    end[count] = i
                    count += 1
                else:
                    start[count] = i
                inside = not inside
        if inside:
            end[count] = nx
            count += 1
    first[ny] = count
    return first, start[:count].copy(), end[:count].copy()


@kernel
def _join(first: Index, start: Index, end: Index, one: Index, other: Index, root: Index) -> None:
    """Unite runs that touch between rows, and given pairs; a root is its earliest run."""
    for j in range(1, first.size - 1):
        below = first[j - 1]
        for here in range(first[j], first[j + 1]):
            while below < first[j] and end[below] <= start[here]:
                below += 1
            touching = below
            while touching < first[j] and start[touching] < end[here]:
                _unite(root, here, touching)
                touching += 1
    for k in range(one.size):
        _unite(root, one[k], other[k])
    for run in range(root.size):
        # parents come earlier, so they are flat already
        root[run] = root[root[run]]


@kernel
def _unite(root: Index, one: int, other: int) -> None:
    while root[one] != one:
        root[one] = root[root[one]]
        one = root[one]
    while root[other] != other:
        root[other] = root[root[other]]
        other = root[other]
    if one < other:
        root[other] = one
    else:
        root[one] = other


@kernel
def _paint(first: Index, start: Index, end: Index, number: Labels, labels: Labels) -> None:
    for j in range(first.size - 1):
        for run in range(first[j], first[j + 1]):
            labels[j, start[run] : end[run]] = number[run]
