"""Synthetic planets: fractal topographies that are seamless on the sphere.

The noise is evaluated in three dimensions on the unit sphere, so that neither the date line nor
the poles show. Its ranks are then mapped to an Earth-like hypsometry. The result is for trials,
tests and measurements at any resolution; no plate tectonics is claimed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.kernels import kernel
from gondwana.science.regrid import regular_axes
from gondwana.science.sphere import latitude_edges

Float = npt.NDArray[np.float64]
Noise = npt.NDArray[np.float32]

# Share of the ocean's (land's) area that lies deeper (lower) than a level, after the hypsometric
# curve of the present Earth: abyssal plains, a steep continental slope, shelves, few mountains.
_OCEAN_SHARE = np.array([0.0, 0.02, 0.2, 0.45, 0.7, 0.82, 0.88, 0.92, 1.0])
_OCEAN_LEVEL = np.array([-6200.0, -5700, -5200, -4600, -3900, -3000, -1500, -200, 0])
_LAND_SHARE = np.array([0.0, 0.2, 0.5, 0.75, 0.9, 0.97, 1.0])
_LAND_LEVEL = np.array([0.0, 130, 450, 1000, 1900, 3200, 5000])
_BINS = 1 << 14


def random_planet(
    step: float = 1.0,
    *,
    seed: int,
    shape: tuple[int, int] | None = None,
    land_fraction: float = 0.3,
    spectral_slope: float = 2.4,
    rounding: float = 1.0,
) -> xr.DataArray:
    """Make a topography: continents, shelves, abyssal plains and mountains.

    The octaves of the noise that a coarse grid resolves are the same on a finer one, so that one
    seed is roughly one planet at all resolutions.

    Parameters
    ----------
    step : float
        Size of a cell in degrees; the number of cells is rounded.
    seed : int
        Names the planet; the same seed gives the same bits.
    shape : tuple of int, optional
        (ny, nx) instead of ``step``.
    land_fraction : float
        Share of the sphere's area that is land, met to within one cell.
    spectral_slope : float
        Power of a profile falls with wave number as k**-spectral_slope; about 2 on Earth. Smaller
        is rougher, with more islands and lakes.
    rounding : float
        Elevations are multiples of this, in metres; 0 keeps all digits. Land keeps at least one
        multiple, the ocean is nowhere above 0.

    Returns
    -------
    DataArray, (lat, lon)
        ``topography`` in metres, positive up, no missing values; land is above 0.

    Raises
    ------
    ParameterError
        A land fraction outside (0, 1), a spectral slope outside (1, 4] or a negative rounding.

    Notes
    -----
    Gradient noise after Perlin (1985, doi:10.1145/325165.325247), every octave turned and shifted
    at random against the others.
    """
    _refuse_impossible(land_fraction, spectral_slope, rounding)
    axes = regular_axes(step, step, cells=shape)
    noise = _fractal_noise(axes.lat, axes.lon, seed, (spectral_slope - 1.0) / 2.0)
    area = np.diff(np.sin(np.deg2rad(latitude_edges(axes.lat))))
    sea_share = 1.0 - land_fraction
    share = np.concatenate([_OCEAN_SHARE * sea_share, sea_share + _LAND_SHARE[1:] * land_fraction])
    level = np.concatenate([_OCEAN_LEVEL, _LAND_LEVEL[1:]])
    knots, sea = _quantiles(noise, area / (area.sum() * axes.lon.size), share, sea_share)
    values = np.empty(noise.shape)
    for row, of_row in zip(values, noise, strict=True):
        row[:] = np.interp(of_row, knots, level)
        if rounding > 0:
            row[:] = np.round(row / rounding) * rounding
        smallest = rounding if rounding > 0 else np.finfo(np.float64).tiny
        row[:] = np.where(of_row > sea, np.maximum(row, smallest), np.minimum(row, 0.0)) + 0.0
    coords = {"lat": axes.lat, "lon": axes.lon}
    return xr.DataArray(values, coords, ("lat", "lon"), name="topography")


def _refuse_impossible(land_fraction: float, spectral_slope: float, rounding: float) -> None:
    if not 0.0 < land_fraction < 1.0:
        raise ParameterError(
            f"a land fraction of {land_fraction} is not between 0 and 1",
            remedy="give a share, for instance 0.3",
        )
    if not 1.0 < spectral_slope <= 4.0:
        raise ParameterError(
            f"a spectral slope of {spectral_slope} is not above 1 and at most 4",
            remedy="use about 2 for a planet like the Earth",
        )
    if not rounding >= 0.0:
        raise ParameterError(
            f"elevations cannot be rounded to {rounding} m", remedy="use 0 to keep all digits"
        )


def _fractal_noise(lat: Float, lon: Float, seed: int, hurst: float) -> Noise:
    """Sum of octaves, from the size of a continent down to the cells of the grid."""
    noise = np.zeros((lat.size, lon.size), dtype=np.float32)
    phi, lam = np.deg2rad(lat), np.deg2rad(lon)
    finest = 1.0 / np.deg2rad(180.0 / lat.size)
    random = np.random.default_rng(seed)
    frequency = 1.0
    while frequency <= max(finest, 1.0):
        turn, shift = _rotation(random), random.uniform(0.0, 1024.0, 3)
        salt = np.uint64(random.integers(1 << 32))
        amplitude = frequency**-hurst
        _add_octave(
            noise, np.cos(phi), np.sin(phi), np.cos(lam), np.sin(lam),
            turn, shift, frequency, amplitude, salt,
        )  # fmt: skip
        frequency *= 2.0
    return noise


def _rotation(random: np.random.Generator) -> Float:
    """Return a rotation matrix, uniform among all, from a random unit quaternion."""
    w, x, y, z = random.normal(size=4)
    s = 2.0 / (w * w + x * x + y * y + z * z)
    return np.array(
        [
            [1 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
            [s * (x * y + w * z), 1 - s * (x * x + z * z), s * (y * z - w * x)],
            [s * (x * z - w * y), s * (y * z + w * x), 1 - s * (x * x + y * y)],
        ]
    )


def _quantiles(
    noise: Noise, weight: Float, shares: Float, sea_share: float
) -> tuple[Float, np.float32]:
    """Noise below which given shares of the area lie; exact to one cell for the sea level.

    ``weight`` is the share of the globe of one cell of each row.
    """
    low, high = float(noise.min()), float(noise.max())
    edges = np.linspace(low, high, _BINS + 1)
    scale = _BINS / (high - low)
    amount = np.zeros(_BINS)
    for row, of_row in zip(noise, weight, strict=True):
        amount += of_row * np.bincount(_bin(row, low, scale), minlength=_BINS)
    below = np.concatenate([[0.0], np.cumsum(amount)])
    sea_bin = int(np.clip(np.searchsorted(below, sea_share, side="right") - 1, 0, _BINS - 1))
    inside = [_bin(row, low, scale) == sea_bin for row in noise]
    values = np.concatenate([row[here] for row, here in zip(noise, inside, strict=True)])
    weights = np.repeat(weight, [here.sum() for here in inside])
    order = np.argsort(values, kind="stable")
    reached = below[sea_bin] + np.cumsum(weights[order])
    last = min(int(np.searchsorted(reached, sea_share)), order.size - 1)
    return np.interp(shares, below, edges), values[order[last]]


def _bin(row: Noise, low: float, scale: float) -> npt.NDArray[np.int64]:
    position = (row.astype(np.float64) - low) * scale
    return np.minimum(position.astype(np.int64), _BINS - 1)


@kernel
def _add_octave(
    noise: Noise,
    cos_lat: Float,
    sin_lat: Float,
    cos_lon: Float,
    sin_lon: Float,
    turn: Float,
    shift: Float,
    frequency: float,
    amplitude: float,
    salt: np.uint64,
) -> None:
    """Add gradient noise on a cubic lattice whose edge is 1/frequency of the sphere's radius."""
    gradient = np.empty((8, 3))
    known = np.array([-1.0, -1.0, -1.0e9])
    for j in range(noise.shape[0]):
        for i in range(noise.shape[1]):
            a, b, c = cos_lat[j] * cos_lon[i], cos_lat[j] * sin_lon[i], sin_lat[j]
            x = (turn[0, 0] * a + turn[0, 1] * b + turn[0, 2] * c) * frequency + shift[0]
            y = (turn[1, 0] * a + turn[1, 1] * b + turn[1, 2] * c) * frequency + shift[1]
            z = (turn[2, 0] * a + turn[2, 1] * b + turn[2, 2] * c) * frequency + shift[2]
            u, v, w = np.floor(x), np.floor(y), np.floor(z)
            if u != known[0] or v != known[1] or w != known[2]:
                known[0], known[1], known[2] = u, v, w
                _corner_gradients(gradient, int(u), int(v), int(w), salt)
            x, y, z = x - u, y - v, z - w
            # quintic weights: the noise has a continuous second derivative
            fx = x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
            fy = y * y * y * (y * (y * 6.0 - 15.0) + 10.0)
            fz = z * z * z * (z * (z * 6.0 - 15.0) + 10.0)
            total = 0.0
            for corner in range(8):
                p, q, r = corner & 1, (corner >> 1) & 1, corner >> 2
                slope = (
                    gradient[corner, 0] * (x - p)
                    + gradient[corner, 1] * (y - q)
                    + gradient[corner, 2] * (z - r)
                )
                near_x = fx if p else 1.0 - fx
                near_y = fy if q else 1.0 - fy
                near_z = fz if r else 1.0 - fz
                total += slope * near_x * near_y * near_z
            noise[j, i] += np.float32(amplitude * total)


@kernel
def _corner_gradients(gradient: Float, u: int, v: int, w: int, salt: np.uint64) -> None:
    """Fill in the random vectors at the eight corners of a lattice cell, from a mixing hash."""
    for corner in range(8):
        mixed = np.uint64(u + (corner & 1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= np.uint64(v + ((corner >> 1) & 1)) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed ^= np.uint64(w + (corner >> 2)) * np.uint64(0x165667B19E3779F9)
        mixed += salt
        mixed ^= mixed >> np.uint64(31)
        mixed *= np.uint64(0xD6E8FEB86659FD93)
        mixed ^= mixed >> np.uint64(32)
        for axis in range(3):
            bits = (mixed >> np.uint64(16 * axis)) & np.uint64(0xFFFF)
            gradient[corner, axis] = np.float64(bits) / 32767.5 - 1.0
