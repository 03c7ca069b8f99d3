"""The ocean grid: where its points and cells lie and how they touch across its seams.

Here are the class, its constructors (from NEMO coordinates, from cells with corners, from points),
the poles of a grid, and the NEMO coordinates of any grid. Geometry is in ``grid_points`` and
``grid_cells``, the detection of halo and fold in ``grid_seams``, reading files in
``formats.ocean_grids``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError
from gondwana.science.grid_cells import (
    cell_corners,
    from_south_west,
    mirrored_grid,
    polygon_areas,
    rebuilt,
)
from gondwana.science.grid_points import (
    POSITIONS,
    Points,
    Position,
    midpoint,
    scale_factors,
)
from gondwana.science.grid_seams import detect_topology
from gondwana.science.sphere import Array, wrap_longitude
from gondwana.science.topology import Topology

_FOLDED_AREA = 1e-6  # of e1t x e2t; a polygon below is folded on itself
_LONG_NAMES = {"t": "T points", "u": "U points", "v": "V points", "f": "F points"}


@dataclass(frozen=True)
class OceanGrid:
    """A curvilinear grid of dimensions (y, x), south first.

    Attributes
    ----------
    coordinates : Dataset
        ``glamt`` .. ``glamf`` and ``gphit`` .. ``gphif`` (degrees), ``e1t`` .. ``e1f`` and
        ``e2t`` .. ``e2f`` (metres), float64 on ("y", "x").
    corner_lon, corner_lat : ndarray, (ny, nx, 4)
        Corners of the T cells, degrees, counter-clockwise from the south-west; longitudes are
        not wrapped within a cell. Everywhere finite.
    area : ndarray, (ny, nx)
        Square metres: of the polygon with great-circle edges, or as the file declares it. The
        pivots of a T fold, whose polygons are folded on themselves, have e1t x e2t.
    topology : Topology
        Halo and fold, detected from the coordinates.
    turned : int
        How many cells came with their corners clockwise.
    """

    coordinates: xr.Dataset
    corner_lon: Array
    corner_lat: Array
    area: Array
    topology: Topology
    turned: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, copies included."""
        ny, nx = self.area.shape
        return ny, nx

    @property
    def lon(self) -> Array:
        """Longitudes of the T points, degrees, (ny, nx)."""
        return np.asarray(self.coordinates["glamt"].values, dtype=np.float64)

    @property
    def lat(self) -> Array:
        """Latitudes of the T points, degrees, (ny, nx)."""
        return np.asarray(self.coordinates["gphit"].values, dtype=np.float64)

    @property
    def owned(self) -> npt.NDArray[np.bool_]:
        """Cells that are no copies: each place on the globe exactly once, (ny, nx)."""
        return self.topology.owned(self.shape)

    @classmethod
    def from_coordinates(cls, dataset: xr.Dataset) -> OceanGrid:
        """Build the grid from NEMO coordinates.

        Parameters
        ----------
        dataset : Dataset
            ``glamt`` .. ``gphif`` in degrees, on (y, x) after dimensions of size 1 are dropped.
            ``e1t`` .. ``e2f`` in metres are kept where present, else computed.

        Returns
        -------
        OceanGrid
            Areas are those of the polygons, since such files declare none.

        Raises
        ------
        InputError
            A variable is absent, not finite, or of another shape.
        """
        shape = _plane(dataset, "glamt").shape
        points: Points = {
            p: np.stack([_plane(dataset, f"glam{p}", shape), _plane(dataset, f"gphi{p}", shape)], 2)
            for p in POSITIONS
        }
        topology = detect_topology(points["t"][..., 0], points["t"][..., 1])
        names = [f"{e}{p}" for e in ("e1", "e2") for p in POSITIONS]
        factors = {n: _plane(dataset, n, shape) for n in names if n in dataset}
        if len(factors) < len(names):
            factors = scale_factors(points, topology) | factors
        return _assemble(points, factors, cell_corners(points, topology), None, topology)

    @classmethod
    def from_points(cls, points: Points, topology: Topology) -> OceanGrid:
        """Build the grid from its T, U, V and F points.

        Parameters
        ----------
        points : dict of ndarray, (ny, nx, 2)
            Longitude and latitude in degrees for ``t``, ``u``, ``v``, ``f``.
        topology : Topology
            Known seams.

        Returns
        -------
        OceanGrid
            Scale factors are great circles, areas those of the polygons.
        """
        factors = scale_factors(points, topology)
        return _assemble(points, factors, cell_corners(points, topology), None, topology)

    @classmethod
    def from_cells(
        cls,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        corner_lon: npt.ArrayLike,
        corner_lat: npt.ArrayLike,
        area: npt.ArrayLike | None = None,
    ) -> OceanGrid:
        """Build the grid from centres and corners of cells, as CDO and SCRIP describe grids.

        F points are the north-eastern corners, U and V points the middles of the eastern and
        northern edges, scale factors the great circles between them.

        Parameters
        ----------
        lon, lat : array_like, (ny, nx)
            Centres in degrees, south first.
        corner_lon, corner_lat : array_like, (ny, nx, 4)
            Corners in degrees, either way round and from any corner on. The first row and the
            first column may be NaN: they are rebuilt from their neighbours and the halo.
        area : array_like, (ny, nx), optional
            Areas declared with the grid, square metres; otherwise those of the polygons.

        Returns
        -------
        OceanGrid

        Raises
        ------
        InputError
            Shapes that do not fit, values not finite, or rows that run from north to south.
        """
        shape = np.shape(lon)
        _check_shape(shape, "the centres of the cells")
        shapes = [np.shape(values) for values in (lat, corner_lon, corner_lat)]
        if shapes != [shape, (*shape, 4), (*shape, 4)]:
            raise InputError(
                f"longitudes {shape}, latitudes and corners {shapes} do not fit",
                remedy="give centres on (y, x) and four corners for each cell",
            )
        centres = np.stack(
            [_finite(lon, "longitudes of the cells"), _finite(lat, "latitudes of the cells")],
            axis=-1,
        )
        corners = np.stack([np.asarray(corner_lon), np.asarray(corner_lat)], -1).astype(np.float64)
        _check_rows(centres[..., 1])
        _finite(corners[1:, 1:], "corners of the cells beyond the first row and column")
        corners = np.where(np.isfinite(corners), corners, np.nan)
        signed = polygon_areas(corners[..., 0], corners[..., 1])
        topology = detect_topology(centres[..., 0], centres[..., 1])
        corners = _finite(
            rebuilt(from_south_west(corners), centres, topology), "corners of the cells"
        )
        points: Points = {
            "t": centres,
            "u": midpoint(corners[:, :, 1], corners[:, :, 2]),
            "v": midpoint(corners[:, :, 3], corners[:, :, 2]),
            "f": corners[:, :, 2].copy(),
        }
        for position in ("u", "v", "f"):
            points[position][..., 0] = wrap_longitude(points[position][..., 0])
        declared = None if area is None else _finite(area, "areas of the cells")
        grid = _assemble(points, scale_factors(points, topology), corners, declared, topology)
        clockwise = grid.owned & (signed < -_FOLDED_AREA * grid.area)
        return replace(grid, turned=int(np.count_nonzero(clockwise)))


def singular_points(grid: OceanGrid) -> list[tuple[float, float, str]]:
    """Points where the columns of a grid meet; they must lie on land.

    Parameters
    ----------
    grid : OceanGrid

    Returns
    -------
    list of (lon, lat, name)
        Degrees. The two ends of the fold, or the North Pole on a grid without fold; and the South
        Pole. None on a regional grid.
    """
    if not grid.topology.periodic:
        return []
    south = (0.0, -90.0, "South Pole")
    if grid.topology.fold == "none":
        return [(0.0, 90.0, "North Pole"), south]
    position: Position = "f" if grid.topology.fold == "F" else "t"
    # 1-based, with halo: F(1) and F(jpi/2), or T(2) and T(jpi/2+1), mirror themselves
    nx, shift = grid.shape[1], 0 if grid.topology.fold == "F" else 1
    first = (0 if grid.topology.halo else -1) + shift
    ends = (first, nx // 2 - 1 + shift)
    lon = grid.coordinates[f"glam{position}"].values[-2]
    lat = grid.coordinates[f"gphi{position}"].values[-2]
    poles = [(float(wrap_longitude(lon[i])), float(lat[i])) for i in ends]
    names = ("first northern pole of the grid", "second northern pole of the grid")
    return [(*pole, name) for pole, name in zip(poles, names, strict=True)] + [south]


def coordinates_dataset(grid: OceanGrid) -> xr.Dataset:
    """NEMO coordinates of a grid, with attributes, ready to be written.

    Parameters
    ----------
    grid : OceanGrid

    Returns
    -------
    Dataset
        ``nav_lon``, ``nav_lat``, ``glam*``, ``gphi*`` (degrees), ``e1*``, ``e2*`` (metres) on
        ("y", "x"), float64. Areas are not part of such a file; a grid read back from it has those
        of its polygons.
    """
    source = grid.coordinates
    result = xr.Dataset({"nav_lon": source["glamt"], "nav_lat": source["gphit"]})
    result["nav_lon"].attrs = {"units": "degrees_east", "long_name": "longitude"}
    result["nav_lat"].attrs = {"units": "degrees_north", "long_name": "latitude"}
    kinds = {
        "glam": ("degrees_east", "longitude of the {}"),
        "gphi": ("degrees_north", "latitude of the {}"),
        "e1": ("m", "grid spacing along x at the {}"),
        "e2": ("m", "grid spacing along y at the {}"),
    }
    for kind, (units, long_name) in kinds.items():
        for position in POSITIONS:
            variable = source[f"{kind}{position}"].copy(deep=False)
            variable.attrs = {"units": units, "long_name": long_name.format(_LONG_NAMES[position])}
            result[f"{kind}{position}"] = variable
    return result


def _assemble(
    points: Points,
    factors: dict[str, Array],
    corners: Array,
    area: Array | None,
    topology: Topology,
) -> OceanGrid:
    steepest = float(np.max(np.abs([points[p][..., 1] for p in POSITIONS])))
    if steepest > 90.0 + 1e-6:
        raise InputError(
            f"latitudes of the ocean grid reach {steepest:g}°",
            remedy="check that longitudes and latitudes are not exchanged, and their units",
        )
    _check_rows(points["t"][..., 1])
    variables = {f"glam{p}": points[p][..., 0] for p in POSITIONS}
    variables |= {f"gphi{p}": points[p][..., 1] for p in POSITIONS}
    variables |= {f"{e}{p}": factors[f"{e}{p}"] for e in ("e1", "e2") for p in POSITIONS}
    around = points["t"][:, :, None, 0]
    corner_lon = corners[..., 0] - 360.0 * np.round((corners[..., 0] - around) / 360.0)
    corner_lat = np.ascontiguousarray(corners[..., 1])
    polygons = polygon_areas(corner_lon, corner_lat)
    if float(np.median(polygons)) < 0:
        raise mirrored_grid()
    if area is not None and area.shape != polygons.shape:
        raise InputError(
            f"areas {area.shape} do not fit cells {polygons.shape}",
            remedy="drop the areas; those of the polygons are then used",
        )
    squares = factors["e1t"] * factors["e2t"]
    polygons = np.where(polygons > _FOLDED_AREA * squares, polygons, squares)
    return OceanGrid(
        coordinates=xr.Dataset({name: (("y", "x"), values) for name, values in variables.items()}),
        corner_lon=corner_lon,
        corner_lat=corner_lat,
        area=polygons if area is None else area,
        topology=topology,
    )


def _plane(dataset: xr.Dataset, name: str, shape: tuple[int, ...] | None = None) -> Array:
    if name not in dataset.variables:
        raise InputError(
            f"has no variable '{name}'",
            remedy="give a complete NEMO coordinates file: glam and gphi at t, u, v and f",
        )
    values = _finite(dataset[name].squeeze(drop=True).values, f"'{name}'")
    _check_shape(values.shape, f"'{name}'")
    if shape is not None and values.shape != shape:
        raise InputError(
            f"'{name}' has shape {values.shape}, 'glamt' {shape}",
            remedy="give every variable on the same (y, x)",
        )
    return values


def _check_rows(lat: Array) -> None:
    if float(np.median(np.diff(lat, axis=0))) < 0.0:
        raise InputError(
            "the rows of the grid run from north to south",
            remedy="turn the file with `cdo invertlat`",
        )


def _check_shape(shape: tuple[int, ...], what: str) -> None:
    if len(shape) != 2 or min(shape) < 3:
        raise InputError(
            f"{what} have shape {shape}, which is no grid",
            remedy="give a grid over two dimensions, with at least three rows and columns",
        )


def _finite(values: npt.ArrayLike, what: str) -> Array:
    values = np.asarray(values, dtype=np.float64)
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise InputError(
            f"{bad} of {values.size} values of {what} are not finite",
            remedy="give a complete grid",
        )
    return values
