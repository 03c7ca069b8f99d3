"""Making a tripolar ocean grid of the ORCA kind, with both northern poles where they are wanted.

South of a joining latitude the rows are parallels and the columns meridians, Mercator-like with a
finer equator. North of it the rows are ellipses of the stereographic plane whose foci move out
from the North Pole to the two poles of the grid, and the columns are the curves that cross them
at right angles (after Madec and Imbard, Clim. Dyn. 12, 1996). ``docs/decisions`` has the reasons.

Rows. With x the row counted from the equator, ψ the isometric latitude (sin φ = tanh ψ) and
Δ the step of the columns in radians, dψ/dx = κ Δ k(φ): k = 1 gives square cells, and at the
equator k = k0, the refinement; k = 1 − (1 − k0)(1 − t³(10 − 15 t + 6 t²)), t = |φ|/20° up to 20°.

Cap. Let r = tan((90° − φ)/2) be the distance from the North Pole in the stereographic plane and
rp that of the poles of the grid. A row has semi-axes a = (q + c²/q)/2 along the line of the poles
and b = (q − c²/q)/2 across it, with q = 2 exp(−ψ) and c the distance of its foci. The foci follow
c² = rp² S(t), S = 1 − (1 − t)⁴ (1 + 4 t), t = (ψ − ψj)/(ψe − ψj). At the joining latitude c and
its slope are 0: the ellipse is the parallel, and scale factors are continuous. At the end
q = c = rp, b = 0: the ellipse has become the segment between the poles, and it is the fold. A
column passes the point (a cos θ, b sin θ); it crosses all ellipses at right angles if
dθ/dψ = sin θ cos θ (c²)' / (2 (a² sin²θ + b² cos²θ)), from θ = λ − λp at the joining latitude.
κ, within 1 % of 1, makes the end fall on a row of F points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gondwana.errors import ParameterError
from gondwana.science.grid_points import Points
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import Array, wrap_longitude
from gondwana.science.topology import Topology

JOINING_LATITUDE = 20.0
"""Rows are parallels up to here, degrees north; the refinement of the equator ends here too."""

POLE_LATITUDES = (45.0, 80.0)
"""Latitudes between which the two northern poles may lie, degrees north."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_SUBSTEPS = 2  # Runge-Kutta steps of a column from one half row to the next


@dataclass(frozen=True)
class TripolarParameters:
    """What defines a tripolar grid.

    Attributes
    ----------
    resolution : float
        Nominal width of a cell in degrees; the number of columns is rounded to an even number.
    pole_latitude, pole_longitude : float
        Of one northern pole, degrees; the other lies at the same latitude, 180° further east.
    southern_limit : float
        Latitude of the first row of T points, degrees, kept within half a row.
    equatorial_spacing : float or None
        Height of the cells at the equator in degrees; a quarter of the resolution if None.
    """

    resolution: float = 2.0
    pole_latitude: float = 60.0
    pole_longitude: float = -74.0
    southern_limit: float = -78.0
    equatorial_spacing: float | None = None

    def __post_init__(self) -> None:
        """Refuse values that make no grid."""
        south, north = POLE_LATITUDES
        spacing = self.equatorial_spacing
        _require(0.1 <= self.resolution <= 10.0, "resolution", self.resolution, "0.1 to 10")
        _require(
            south <= self.pole_latitude <= north,
            "pole_latitude",
            self.pole_latitude,
            f"{south:g} to {north:g}",
        )
        _require(
            bool(np.isfinite(self.pole_longitude)),
            "pole_longitude",
            self.pole_longitude,
            "-180 to 180",
        )
        _require(
            -85.0 <= self.southern_limit <= -30.0,
            "southern_limit",
            self.southern_limit,
            "-85 to -30",
        )
        _require(
            spacing is None or 0.1 * self.resolution <= spacing <= self.resolution,
            "equatorial_spacing",
            spacing,
            f"{0.1 * self.resolution:g} to {self.resolution:g}",
        )

    @property
    def columns(self) -> int:
        """Columns around the globe, halo not counted."""
        return 2 * round(180.0 / self.resolution)


def tripolar_grid(parameters: TripolarParameters) -> OceanGrid:
    """Make a tripolar grid with halo columns and a fold about F points (NEMO type 6).

    Parameters
    ----------
    parameters : TripolarParameters

    Returns
    -------
    OceanGrid
        Scale factors are great circles, areas those of the polygons.
    """
    topology = Topology(periodic=True, halo=True, fold="F")
    return OceanGrid.from_points(tripolar_points(parameters), topology)


def tripolar_points(parameters: TripolarParameters) -> Points:
    """Lay out the points of a tripolar grid.

    Parameters
    ----------
    parameters : TripolarParameters

    Returns
    -------
    dict of ndarray, (ny, nx + 2, 2)
        Longitude and latitude of the T, U, V and F points, degrees. T(i) starts at λp − Δλ/2 in
        the halo, so that both poles lie on columns of F points; the last row repeats the one
        before across the fold. Copies are equal bit for bit.
    """
    nx = parameters.columns
    psi, first, last = _half_rows(parameters)
    lon, lat = _doubled(psi, parameters)
    rows = np.arange(2 * first, 2 * last + 4)
    fold = 2 * last + 1
    beyond = rows > fold
    row_index = np.where(beyond, 2 * fold - rows, rows) - 2 * first
    columns = np.arange(-1, 2 * nx + 3)
    column_index = np.where(beyond[:, None], -columns, columns) % (2 * nx)
    doubled = np.stack([lon, lat], axis=-1)[row_index[:, None], column_index]
    return {
        "t": doubled[0::2, 0::2],
        "u": doubled[0::2, 1::2],
        "v": doubled[1::2, 0::2],
        "f": doubled[1::2, 1::2],
    }


def _require(fits: bool, name: str, value: float | None, permitted: str) -> None:
    if not fits:
        raise ParameterError(f"{name} is {value}", remedy=f"choose one from {permitted}")


def _half_rows(parameters: TripolarParameters) -> tuple[Array, int, int]:
    """Isometric latitudes of the rows of T and of V points, alternately, up to the fold.

    Returns
    -------
    psi : ndarray
        Ascending; the first is a T row, the last the fold.
    first, last : int
        First and last row of T points, counted from the equator.
    """
    step = 2.0 * np.pi / parameters.columns
    spacing = parameters.equatorial_spacing
    finest = 0.25 if spacing is None else spacing / parameters.resolution
    end = _fold_isometric(parameters)
    rows_to_end = float(_rows_from_equator(np.array([end]), step, finest)[0])
    last = round(rows_to_end - 0.5)
    stretch = rows_to_end / (last + 0.5)
    south = _isometric(np.array([-parameters.southern_limit]))
    first = -round(float(_rows_from_equator(south, step, finest)[0]) / stretch)
    half_rows = np.arange(2 * max(last + 1, -first) + 1, dtype=np.float64)
    psi = _isometric_of_rows(0.5 * stretch * half_rows, step, finest)
    psi[2 * last + 1] = end
    return np.concatenate([-psi[-2 * first : 0 : -1], psi[: 2 * last + 2]]), first, last


def _isometric(lat: Array) -> Array:
    return np.asarray(np.arctanh(np.sin(np.deg2rad(lat))), dtype=np.float64)


def _fold_isometric(parameters: TripolarParameters) -> float:
    """Isometric latitude at which the ellipse has become the segment between the poles."""
    return -float(np.log(0.5 * np.tan(np.deg2rad(90.0 - parameters.pole_latitude) / 2.0)))


def _relative_height(phi: Array, finest: float) -> Array:
    """Height of cells relative to their width, k(φ); φ in radians."""
    t = np.minimum(np.abs(phi) / np.deg2rad(JOINING_LATITUDE), 1.0)
    return np.asarray(1.0 - (1.0 - finest) * (1.0 - t**3 * (10.0 - 15.0 * t + 6.0 * t**2)))


def _rows_from_equator(psi: Array, step: float, finest: float) -> Array:
    """Rows between the equator and isometric latitudes, for κ = 1: the integral of dψ / (Δ k)."""
    refined = np.deg2rad(JOINING_LATITUDE)
    phi = np.arctan(np.sinh(psi))
    below = 0.5 * np.minimum(phi, refined)[:, None]
    at = below * (_NODES + 1.0)
    integral = np.sum(below * _WEIGHTS / (np.cos(at) * _relative_height(at, finest)), axis=1)
    above = np.maximum(psi - np.arctanh(np.sin(refined)), 0.0)
    return np.asarray((integral + above) / step, dtype=np.float64)


def _isometric_of_rows(rows: Array, step: float, finest: float) -> Array:
    """Invert ``_rows_from_equator`` by Newton's method."""
    psi = rows * step
    for _ in range(50):
        slope = 1.0 / (step * _relative_height(np.arctan(np.sinh(psi)), finest))
        change = (_rows_from_equator(psi, step, finest) - rows) / slope
        psi = np.maximum(psi - change, 0.0)
        if np.max(np.abs(change)) < 1e-15:
            break
    return psi


def _doubled(psi: Array, parameters: TripolarParameters) -> tuple[Array, Array]:
    """Longitudes and latitudes of all points, (half rows, half columns from λp eastwards)."""
    nx = parameters.columns
    half_columns = np.arange(2 * nx)
    lon = np.broadcast_to(half_columns * (180.0 / nx), (psi.size, 2 * nx)).copy()
    lat = np.broadcast_to(np.rad2deg(np.arctan(np.sinh(psi)))[:, None], lon.shape).copy()
    cap = psi > _isometric(np.array([JOINING_LATITUDE]))[0]
    x, y = _cap(psi[cap], parameters)
    # from one quadrant to the four: columns mirrored about 90° and about the line of the poles
    folded = np.minimum(half_columns, 2 * nx - half_columns)
    quadrant = np.minimum(folded, nx - folded)
    x = x[:, quadrant] * np.where(folded > nx // 2, -1.0, 1.0)
    y = y[:, quadrant] * np.where(half_columns > nx, -1.0, 1.0)
    lat[cap] = 90.0 - 2.0 * np.rad2deg(np.arctan(np.hypot(x, y)))
    lon[cap] = np.where(lat[cap] == 90.0, 90.0, np.rad2deg(np.arctan2(y + 0.0, x)))
    return wrap_longitude(lon + parameters.pole_longitude), lat


def _cap(psi: Array, parameters: TripolarParameters) -> tuple[Array, Array]:
    """Points of the rows of the cap in the stereographic plane, columns 0 to 90° from a pole."""
    start = float(_isometric(np.array([JOINING_LATITUDE]))[0])
    end = _fold_isometric(parameters)
    pole = float(np.tan(np.deg2rad(90.0 - parameters.pole_latitude) / 2.0))
    quarter = parameters.columns // 2

    def ellipse(at: float) -> tuple[float, float, float]:
        t = min((at - start) / (end - start), 1.0)
        foci = pole**2 * (1.0 - (1.0 - t) ** 4 * (1.0 + 4.0 * t))
        growth = pole**2 * 20.0 * t * (1.0 - t) ** 3 / (end - start)
        q = 2.0 * np.exp(-at)
        return 0.5 * (q + foci / q), 0.5 * (q - foci / q), growth

    def slope(at: float, log_tan: Array) -> Array:
        a, b, growth = ellipse(at)
        squared = np.exp(2.0 * log_tan)
        return np.asarray(0.5 * growth * (1.0 + squared) / (a * a * squared + b * b))

    # the angle is integrated as ln tan θ, which is smooth where θ itself runs away from the axis
    log_tan = np.log(np.tan(0.5 * np.pi * np.arange(1, quarter) / quarter))
    x, y = np.empty((psi.size, quarter + 1)), np.empty((psi.size, quarter + 1))
    at = start
    for row, target in enumerate(psi):
        step = (float(target) - at) / _SUBSTEPS
        for _ in range(_SUBSTEPS):
            log_tan = _runge_kutta(slope, at, log_tan, step)
            at += step
        at = float(target)
        a, b, _ = ellipse(at)
        b = 0.0 if at == end else b
        cosine = 1.0 / np.sqrt(1.0 + np.exp(2.0 * log_tan))
        sine = cosine * np.exp(log_tan)
        x[row] = a * np.concatenate([[1.0], cosine, [0.0]])
        y[row] = b * np.concatenate([[0.0], sine, [1.0]])
    return x, y


def _runge_kutta(
    slope: Callable[[float, Array], Array], at: float, values: Array, step: float
) -> Array:
    """One classical fourth-order step."""
    k1 = slope(at, values)
    k2 = slope(at + 0.5 * step, values + 0.5 * step * k1)
    k3 = slope(at + 0.5 * step, values + 0.5 * step * k2)
    k4 = slope(at + step, values + step * k3)
    return np.asarray(values + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4))
