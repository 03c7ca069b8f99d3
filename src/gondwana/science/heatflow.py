"""Geothermal heat flow through the sea floor, from its depth.

The sea floor deepens and cools as it ages. A plate model gives depth and heat flow as functions
of age; here the depth gives the age and the age the flux. Two models are offered: GDH1 (Stein
and Stein 1992) and that of Parsons and Sclater (1977).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.science.choices import CoolingModel

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PlateModel:
    """Depth and heat flow of the sea floor as functions of its age t in Ma.

    Depth in m: ``ridge + subsidence √t`` while t < ``bend``, then
    ``plate_depth − plate_rise exp(−decay t)``. Flux in mW m⁻²: ``young_flux / √t`` while
    t <= ``flux_bend``, then ``plate_flux + plate_excess exp(−decay t)``.
    """

    ridge: float
    subsidence: float
    bend: float
    plate_depth: float
    plate_rise: float
    young_flux: float
    flux_bend: float
    plate_flux: float
    plate_excess: float
    decay: float

    @property
    def bend_depth(self) -> float:
        """Depth where the square root ends, m."""
        return self.ridge + self.subsidence * float(np.sqrt(self.bend))


GDH1 = PlateModel(2600.0, 365.0, 20.0, 5651.0, 2473.0, 510.0, 55.0, 48.0, 96.0, 0.0278)
"""Stein and Stein (1992), Nature 359, 123-129."""

# The paper gives the flux in heat flow units (41.84 mW m⁻²): 11.3 / √t, then 0.8 + 1.6 exp.
PARSONS_SCLATER = PlateModel(
    2500.0, 350.0, 70.0, 6400.0, 3200.0, 473.0, 120.0, 33.5, 67.0, 1.0 / 62.8
)
"""Parsons and Sclater (1977), J. Geophys. Res. 82, 803-827, doi:10.1029/JB082i005p00803."""

MODELS: dict[str, PlateModel] = {"gdh1": GDH1, "parsons_sclater": PARSONS_SCLATER}

SHELF_DEPTH = 2500.0
"""Sea floor shallower than this, in m, is no plate cooled from a ridge but a margin or plateau."""


def age_from_depth(depth: npt.ArrayLike, model: CoolingModel = "gdh1") -> Array:
    """Age of the sea floor at a depth.

    Parameters
    ----------
    depth : array_like
        Depth in m, positive down.
    model : {"gdh1", "parsons_sclater"}

    Returns
    -------
    ndarray
        Age in Ma, never decreasing with depth: 0 at the ridge depth and above, infinite at the
        depth of the plate and below. Where the two branches of the published depth curve do not
        meet (by 0.4 m in GDH1, 78 m in Parsons and Sclater), the young branch holds as far as
        it goes and the old one never gives less than the age of the bend.
    """
    plate = _model(model)
    depth = np.asarray(depth, dtype=np.float64)
    young = (np.maximum(depth - plate.ridge, 0.0) / plate.subsidence) ** 2
    with np.errstate(divide="ignore"):
        remaining = np.maximum(plate.plate_depth - depth, 0.0) / plate.plate_rise
        old = np.maximum(-np.log(remaining) / plate.decay, plate.bend)
    return np.where(depth <= plate.bend_depth, young, old)


def flux_from_age(age: npt.ArrayLike, model: CoolingModel = "gdh1", *, cap: float = 400.0) -> Array:
    """Heat flow through sea floor of an age.

    Parameters
    ----------
    age : array_like
        Age in Ma; may be infinite (flux of the plate in equilibrium).
    model : {"gdh1", "parsons_sclater"}
    cap : float
        Largest flux in mW m⁻²: the square root has no bound at the ridge.

    Returns
    -------
    ndarray
        Flux in mW m⁻², positive upwards (into the ocean).
    """
    plate = _model(model)
    age = np.asarray(age, dtype=np.float64)
    with np.errstate(divide="ignore"):
        young = plate.young_flux / np.sqrt(age)
    old = plate.plate_flux + plate.plate_excess * np.exp(-plate.decay * age)
    return np.minimum(np.where(age <= plate.flux_bend, young, old), cap)


def heat_flow(
    bathymetry: xr.DataArray,
    *,
    model: CoolingModel = "gdh1",
    shelf: float = 48.0,
    cap: float = 400.0,
) -> xr.DataArray:
    """Geothermal heat flow on the ocean grid.

    Parameters
    ----------
    bathymetry : DataArray, any dims
        Depth in m, positive; 0 = land.
    model : {"gdh1", "parsons_sclater"}
    shelf : float
        Flux where the sea is shallower than 2500 m, mW m⁻².
    cap : float
        Largest flux, mW m⁻²; it also holds from 2500 m to the ridge depth of the model.

    Returns
    -------
    DataArray, same dims
        ``heatflow`` in mW m⁻², float64, positive upwards; 0 on land, above 0 on all ocean.

    Raises
    ------
    InputError
        A depth is negative or not finite.
    ParameterError
        Unknown model, or ``shelf`` or ``cap`` leave ocean without heat flow.
    """
    depth = bathymetry.to_numpy().astype(np.float64)
    bad = ~(np.isfinite(depth) & (depth >= 0.0))
    if bad.any():
        raise InputError(
            f"the bathymetry has {int(bad.sum())} cells that are negative or not finite",
            remedy="give a positive depth in metres on the ocean and 0 on land",
        )
    ocean = depth > 0.0
    flux = flux_from_age(age_from_depth(depth, model), model, cap=cap)
    flux = np.where(depth < SHELF_DEPTH, shelf, flux)
    if not np.all(flux[ocean] > 0.0):
        raise ParameterError(
            f"shelf = {shelf:g} and cap = {cap:g} leave ocean cells without heat flow",
            remedy="give both a value above 0 mW m-2",
        )
    return bathymetry.copy(data=np.where(ocean, flux, 0.0)).rename("heatflow").drop_attrs()


def _model(name: str) -> PlateModel:
    if name not in MODELS:
        raise ParameterError(
            f"heat flow model {name!r} is not known", remedy=f"choose one of {', '.join(MODELS)}"
        )
    return MODELS[name]
