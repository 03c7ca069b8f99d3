"""Smooth fields that are known everywhere, to see what weights do to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from gondwana.science.sphere import Array


def _angles(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    return np.deg2rad(np.asarray(lon, np.float64)), np.deg2rad(np.asarray(lat, np.float64))


def cosine_bell(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Array:
    """2 - cos(π acos(cos φ cos λ) / 1.2 π): one slow wave around the globe."""
    x, y = _angles(lon, lat)
    away = np.arccos(np.clip(np.cos(y) * np.cos(x), -1.0, 1.0))
    return np.asarray(2.0 - np.cos(away / 1.2))


def two_waves(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Array:
    """2 + cos²φ cos 2λ: the spherical harmonic Y(2, 2), smooth."""
    x, y = _angles(lon, lat)
    return np.asarray(2.0 + np.cos(y) ** 2 * np.cos(2.0 * x))


def sixteen_waves(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Array:
    """2 + sin¹⁶2φ cos 16λ: as Y(32, 16), steep at middle latitudes."""
    x, y = _angles(lon, lat)
    return np.asarray(2.0 + np.sin(2.0 * y) ** 16 * np.cos(16.0 * x))


ANALYTIC: dict[str, Callable[[npt.ArrayLike, npt.ArrayLike], Array]] = {
    "cosine_bell": cosine_bell,
    "two_waves": two_waves,
    "sixteen_waves": sixteen_waves,
}
"""By name, each a function of longitude and latitude in degrees."""
