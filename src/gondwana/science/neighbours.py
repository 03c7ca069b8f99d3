"""The cells beside given cells, across every seam of a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gondwana.science.components import Index
from gondwana.science.kernels import kernel
from gondwana.science.topology import Topology

NORTH, EAST, SOUTH, WEST = 0, 1, 2, 3


@dataclass(frozen=True)
class Seams:
    """The topology of a grid in the form that kernels take.

    Attributes
    ----------
    owners : ndarray of int64
        Owner of each cell, flat; empty where no cell is a copy.
    shape : tuple of int
        (ny, nx).
    wrap : bool
        The last column touches the first.
    """

    owners: Index
    shape: tuple[int, int]
    wrap: bool

    @classmethod
    def of(cls, topology: Topology, shape: tuple[int, int]) -> Seams:
        """Prepare a topology."""
        copies = topology.has_copies
        owners = topology.owners(shape).ravel() if copies else np.empty(0, dtype=np.int64)
        return cls(owners, shape, topology.periodic and not topology.halo)

    def beside(self, cells: Index, way: int) -> Index:
        """Find owners of the neighbours of owned cells (flat), −1 beyond a closed boundary.

        ``way`` is ``NORTH`` (towards larger y), ``EAST``, ``SOUTH`` or ``WEST``.
        """
        return _neighbours(cells, way, self.owners, self.shape, self.wrap)

    def grown(self, cells: Index, width: int, closed: npt.NDArray[np.bool_] | None = None) -> Index:
        """Widen a line of owned cells (flat) to so many cells across.

        It grows to the north and east, then to the south and west, and so on; ``closed`` (flat)
        marks cells that it must not enter.
        """
        for turn in range(width - 1):
            for way in (NORTH, EAST) if turn % 2 == 0 else (SOUTH, WEST):
                beside = self.beside(cells, way)
                beside = beside[beside >= 0]
                if closed is not None:
                    beside = beside[~closed[beside]]
                cells = np.unique(np.concatenate([cells, beside]))
        return cells


@kernel
def neighbour(cell: int, way: int, owners: Index, shape: tuple[int, int], wrap: bool) -> int:
    """Find one neighbour; arguments as in ``Seams``."""
    ny, nx = shape
    j, i = cell // nx, cell % nx
    if way == 0:
        j += 1
    elif way == 1:
        i += 1
    elif way == 2:
        j -= 1
    else:
        i -= 1
    if wrap:
        i = (i + nx) % nx
    if j < 0 or j >= ny or i < 0 or i >= nx:
        return -1
    return int(owners[j * nx + i]) if owners.size else j * nx + i


@kernel
def _neighbours(cells: Index, way: int, owners: Index, shape: tuple[int, int], wrap: bool) -> Index:
    result = np.empty_like(cells)
    for k in range(cells.size):
        result[k] = neighbour(cells[k], way, owners, shape, wrap)
    return result
