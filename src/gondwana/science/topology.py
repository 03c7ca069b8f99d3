"""How the cells of a grid touch across its seams: date line, halo columns and north fold.

A longitude-latitude grid closes around the globe. An ORCA grid stores copies of cells instead:
its first and last columns are halo, and its last row (and half of the row before, on a T-pivot
fold) repeats cells of the other side of the fold. Every such copy has one *owner*; all that the
rest of the code needs follows from the map from cells to owners.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

Fold = Literal["none", "T", "F"]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Topology:
    """Seams of a grid with dimensions (y, x).

    Attributes
    ----------
    periodic : bool
        The columns go once around the globe.
    halo : bool
        The first column repeats the last but one, the last repeats the second (ORCA).
    fold : {"none", "T", "F"}
        North fold: "T" turns about a T point (NEMO type 4), "F" about an F point (type 6).
    """

    periodic: bool = True
    halo: bool = False
    fold: Fold = "none"

    @property
    def has_copies(self) -> bool:
        """Some cells of the grid repeat others."""
        return self.halo or self.fold != "none"

    def owners(self, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
        """Flat index of the cell that each cell is a copy of (itself, if it is no copy).

        Parameters
        ----------
        shape : tuple of int
            (ny, nx) of the grid.

        Returns
        -------
        ndarray of int64, (ny, nx)
        """
        ny, nx = shape
        cells = np.arange(ny * nx, dtype=np.int64).reshape(shape)
        if self.fold == "F":
            cells[-1, :] = cells[-2, ::-1]
        elif self.fold == "T":
            cells[-1, 1:] = cells[-3, :0:-1]
            cells[-1, 0] = cells[-3, 2]
            east = np.arange(nx // 2 + 1, nx)
            cells[-2, east] = cells[-2, nx - east]
        if self.halo:
            cells[:, 0] = cells[:, -2]
            cells[:, -1] = cells[:, 1]
        # a halo copy of a fold copy is resolved by following the map once more
        flat = cells.ravel()
        resolved: npt.NDArray[np.int64] = flat[flat[cells]]
        return resolved

    def owned(self, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Tell which cells are no copies: each place on the globe exactly once.

        Parameters
        ----------
        shape : tuple of int
            (ny, nx) of the grid.

        Returns
        -------
        ndarray of bool, (ny, nx)
        """
        owners = self.owners(shape)
        owned: npt.NDArray[np.bool_] = owners == np.arange(owners.size).reshape(shape)
        return owned

    def synchronise(self, field: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Give every copy the value of its owner.

        Parameters
        ----------
        field : ndarray, (ny, nx)

        Returns
        -------
        ndarray, (ny, nx)
            An array of the same type; the field itself where the grid has no copies.
        """
        if not self.has_copies:
            return field
        ny, nx = field.shape
        synchronised: npt.NDArray[Scalar] = field.ravel()[self.owners((ny, nx))]
        return synchronised

    def padded(self, field: npt.NDArray[Scalar], closed: Any) -> npt.NDArray[Scalar]:
        """Surround a field with its true neighbours, one cell wide.

        Parameters
        ----------
        field : ndarray, (ny, nx)
            Values whose copies are synchronised.
        closed : scalar
            Value beyond a boundary that nothing crosses.

        Returns
        -------
        ndarray, (ny + 2, nx + 2)
            Every *owned* cell sees its eight neighbours in this array.
        """
        ring: npt.NDArray[Scalar] = np.pad(field, 1, constant_values=closed)
        if self.periodic and not self.halo:
            ring[1:-1, 0] = field[:, -1]
            ring[1:-1, -1] = field[:, 0]
        return ring
