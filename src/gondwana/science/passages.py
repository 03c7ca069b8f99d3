"""Places where the sea is too narrow for the grid: passages one cell wide, and mere corners.

The ocean model still computes a strait one cell wide, but poorly (side-wall friction, averaged
Coriolis terms); through two cells that touch at a corner it exchanges nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gondwana.science.components import Index, Labels, Mask, label
from gondwana.science.topology import Topology

ALONG_Y, ALONG_X = 1, 2


@dataclass(frozen=True)
class Passages:
    """Narrow passages of an ocean.

    Attributes
    ----------
    labels : ndarray of int32, (ny, nx)
        0, or the number of the passage: cells of one strait that follow each other share it.
        1 is the longest; ties go by the first cell in storage order.
    along : ndarray of int8, (ny, nx)
        ``ALONG_Y`` where water passes between the neighbours in y (north-south on a
        longitude-latitude grid), ``ALONG_X`` where between those in x, 0 elsewhere.
    count : int
        Number of passages.
    """

    labels: Labels
    along: npt.NDArray[np.int8]
    count: int


def narrow_passages(ocean: Mask, topology: Topology) -> Passages:
    """Find ocean cells with ocean on either side along the passage and land on either side across.

    The 3 x 3 template [[0, 1, 0], [−1, 1, −1], [0, 1, 0]] and its transpose, matched in full
    (sum 5, with ocean = 1 and land = −1). Beyond a pole or another closed boundary counts as
    land: no water passes there.

    Parameters
    ----------
    ocean : ndarray of bool, (ny, nx)
    topology : Topology
        Seams of the grid; copies follow their owners.

    Returns
    -------
    Passages
    """
    ocean = topology.synchronise(ocean)
    ring = topology.padded(ocean, False)
    south, north, west, east = ring[:-2, 1:-1], ring[2:, 1:-1], ring[1:-1, :-2], ring[1:-1, 2:]
    along_y = ocean & south & north & ~(west | east)
    along_x = ocean & west & east & ~(south | north)
    along = along_y.astype(np.int8) + along_x.astype(np.int8) * np.int8(ALONG_X)
    along = topology.synchronise(along)
    labels, count = label(along != 0, topology)
    return Passages(labels, along, count)


def diagonal_contacts(ocean: Mask, topology: Topology) -> Index:
    """Find pairs of ocean cells that touch only at a corner, between two land cells.

    Parameters
    ----------
    ocean : ndarray of bool, (ny, nx)
    topology : Topology
        Seams of the grid; every contact is told once, between owners.

    Returns
    -------
    ndarray of int64, (n, 2)
        Flat indices of the two cells, the smaller first, in ascending order.
    """
    ny, nx = ocean.shape
    ocean = topology.synchronise(ocean)
    east = np.roll(ocean, -1, axis=1)
    if topology.halo or not topology.periodic:
        ocean, east = ocean[:, :-1], east[:, :-1]
    sw, se, nw, ne = ocean[:-1], east[:-1], ocean[1:], east[1:]
    split = (sw == ne) & (se == nw) & (sw != se)
    row, west = np.nonzero(split)
    rising = sw[split]
    one = row * nx + np.where(rising, west, (west + 1) % nx)
    other = (row + 1) * nx + np.where(rising, (west + 1) % nx, west)
    pairs = np.column_stack([one, other])
    if topology.has_copies:
        pairs = topology.owners((ny, nx)).ravel()[pairs]
    # at the pivot of an F fold a corner may join a cell with itself
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return np.unique(np.sort(pairs, axis=1), axis=0)
