"""Lateral viscosity of the ocean in the tropics: strong along western boundaries only.

NEMO scales its lateral viscosity by a percentage, ``icof``. Away from the tropics it is 100. In
the tropics the interior must stay almost inviscid for the equatorial undercurrent, while the
western boundary currents need friction.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.science.kernels import kernel
from gondwana.science.topology import Topology

RAMP = (100.0, 96.0, 69.0, 31.0, 4.0, 0.0)
"""Percentages eastwards from a western boundary, cell by cell; the last goes on."""

TROPICS = 20.0
"""Latitude in degrees up to which, included, the viscosity is reduced."""


def viscosity_coefficient(
    ocean: xr.DataArray, latitude: npt.ArrayLike, topology: Topology
) -> xr.DataArray:
    """Percentage of the extratropical lateral viscosity to apply in each cell.

    Parameters
    ----------
    ocean : DataArray of bool, (y, x)
        True on ocean; copies across seams synchronised. A row's neighbours to the west are the
        columns before it.
    latitude : array_like, (y, x)
        Latitude of the cells (gphit), degrees.
    topology : Topology
        Halo columns are left out of the runs and copied afterwards. Where the columns do not
        close around the globe, the western edge of the grid is a coast.

    Returns
    -------
    DataArray, (y, x)
        ``icof`` in %, float64, 0 to 100. Land and everything poleward of 20° is 100. In the
        tropics the first ocean cell east of a coast is 100, the next are 96, 69, 31 and 4, the
        rest is 0; the nearest coast to the west counts. A row without land is 0 all along.
    """
    water = ocean.to_numpy().astype(np.bool_)
    inner = slice(1, -1) if topology.halo else slice(None)
    steps = np.zeros(water.shape, dtype=np.int64)
    steps[:, inner] = _steps_from_coast(
        np.ascontiguousarray(water[:, inner]), topology.periodic or topology.halo, len(RAMP) - 1
    )
    tropical = np.abs(np.asarray(latitude, dtype=np.float64)) <= TROPICS
    percent = np.where(water & tropical, np.array(RAMP)[steps], 100.0)
    return ocean.copy(data=topology.synchronise(percent)).rename("icof").drop_attrs()


@kernel
def _steps_from_coast(
    water: npt.NDArray[np.bool_], periodic: bool, most: int
) -> npt.NDArray[np.int64]:
    """Count the ocean cells between each cell and the next land to the west, at most `most`."""
    ny, nx = water.shape
    steps = np.full((ny, nx), most, dtype=np.int64)
    for j in range(ny):
        # far from any coast, unless the grid's own edge is one; a second turn closes the seam
        count = most if periodic else -1
        for k in range(2 * nx if periodic else nx):
            i = k % nx
            count = min(count + 1, most) if water[j, i] else -1
            steps[j, i] = max(count, 0)
    return steps
