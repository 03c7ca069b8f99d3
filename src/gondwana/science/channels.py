"""Channels from an internal ocean to the main ocean, along the path that moves least material."""

from __future__ import annotations

import heapq

import numpy as np

from gondwana.science.components import Index, Labels, Mask
from gondwana.science.kernels import kernel
from gondwana.science.neighbours import Seams, neighbour
from gondwana.science.terrain import Float, Terrain


class Digger:
    """Cuts channels one after the other; seas that a channel touches become open as well.

    Parameters
    ----------
    terrain : Terrain
    labels : ndarray of int32, (ny, nx)
        Oceans of the terrain; 1 is the main ocean, 0 is land.
    closed : ndarray of bool, (ny, nx)
        Cells that no channel may use.
    depth : float
        Depth of the channels in metres.
    width : int
        Width of the channels in cells.
    """

    def __init__(
        self, terrain: Terrain, labels: Labels, closed: Mask, depth: float, width: int
    ) -> None:
        ny, nx = terrain.height.shape
        self._seams = Seams.of(terrain.cells.topology, (ny, nx))
        self.height = terrain.height.flatten()
        self.labels = labels.flatten()
        self._closed = closed.ravel()
        self._area = np.ascontiguousarray(terrain.cells.area).ravel()
        self._floor, self._width = -depth, width
        self._open = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.bool_)
        self._open[1] = True
        self._cost = np.full(ny * nx, np.inf)
        self._before = np.empty(ny * nx, dtype=np.int32)

    def is_open(self, label: int) -> bool:
        """Tell whether a sea reaches the main ocean by now."""
        return bool(self._open[label])

    def dig(self, sea: Index, label: int) -> Index | None:
        """Cut a channel from a sea to the main ocean.

        Parameters
        ----------
        sea : ndarray of int64
            Cells of the sea, flat indices of owners.
        label : int
            Its label.

        Returns
        -------
        ndarray of int64 or None
            Cells that were lowered; None if no way leads to the main ocean.
        """
        path, found = _cheapest_path(
            sea, self.labels, self._open, self._closed, self.height, self._area, self._floor,
            self._seams.owners, self._seams.shape, self._seams.wrap, self._cost, self._before,
        )  # fmt: skip
        if not found:
            return None
        channel = self._seams.grown(path, self._width, self._closed)
        channel = channel[~self._open[self.labels[channel]] & (self.labels[channel] != label)]
        lowered: Index = channel[self.height[channel] > self._floor]
        self.height[lowered] = self._floor
        self._open[label] = True
        touched = np.concatenate([channel, *(self._seams.beside(channel, way) for way in range(4))])
        self._open[self.labels[touched[touched >= 0]]] = True
        self._open[0] = False
        self.labels[channel] = 1
        return lowered


@kernel
def _cheapest_path(
    sea: Index,
    labels: Labels,
    is_open: Mask,
    closed: Mask,
    height: Float,
    area: Float,
    floor: float,
    owners: Index,
    shape: tuple[int, int],
    wrap: bool,
    cost: Float,
    before: Labels,
) -> tuple[Index, bool]:
    """Dijkstra from all cells of a sea; of paths as cheap the one through smaller indices.

    The volume above the floor is the cost of a cell. ``cost`` (infinite everywhere) and
    ``before`` are workspace; the former is left as it was found.
    """
    heap = [(0.0, sea[k]) for k in range(sea.size)]
    touched = [sea[k] for k in range(sea.size)]
    for k in range(sea.size):
        cost[sea[k]] = 0.0
        before[sea[k]] = -1
    goal = -1
    while len(heap) > 0 and goal < 0:
        spent, cell = heapq.heappop(heap)
        if spent > cost[cell]:
            continue
        for way in range(4):
            beside = neighbour(cell, way, owners, shape, wrap)
            if beside < 0 or closed[beside]:
                continue
            if is_open[labels[beside]]:
                goal = cell
                break
            total = spent + max(height[beside] - floor, 0.0) * area[beside]
            if total < cost[beside]:
                cost[beside] = total
                before[beside] = cell
                touched.append(beside)
                heapq.heappush(heap, (total, beside))
    length, cell = 0, goal
    while cell >= 0 and before[cell] >= 0:
        length, cell = length + 1, before[cell]
    path, cell = np.empty(length, dtype=np.int64), goal
    for k in range(length):
        path[k], cell = cell, before[cell]
    for cell in touched:
        cost[cell] = np.inf
    return path, goal >= 0
