"""Weights by two independent programs, YAC and CDO, in one form for all tests of the coupling."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from pathlib import Path

import mpmath as mp
import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
import xarray as xr

Array = npt.NDArray[np.float64]


def absent(what: str) -> None:
    """Skip a test whose oracle is not installed; fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


def by_yac(source: YacGrid, target: YacGrid, folder: Path) -> sp.csr_array:
    """First-order conservative weights (target, source), normalised by the target's own area."""
    os.environ.setdefault("OMPI_MCA_ess_singleton_isolated", "1")  # importing it aborts without
    try:
        from yac import core  # noqa: PLC0415
    except ImportError:
        absent("yac")
    grids = [grid.made(core, name) for grid, name in ((source, "source"), (target, "target"))]
    fields = [
        core.InterpField(grid.add_coordinates(core.yac_location.YAC_LOC_CELL, *side.centres))
        for grid, side in zip(grids, (source, target), strict=True)
    ]
    stack = core.InterpolationStack()
    stack.add_conservative(order=1, enforced_conserv=False, partial_coverage=True)
    weights = core.compute_weights(stack, *fields)
    path = folder / "yac.nc"
    path.unlink(missing_ok=True)
    sizes = (source.centres[0].size, target.centres[0].size)
    weights.write_to_file(str(path), "source", "target", *sizes)
    return links(path, sizes)


class YacGrid:
    """Cells as YAC takes them; equal corners are one vertex, repeated ones are left out."""

    def __init__(self, lon: Array, lat: Array, parallels: bool) -> None:
        cells, corners = lon.shape
        flat = np.stack([np.mod(lon, 360.0).ravel(), lat.ravel()], axis=1)
        flat[np.abs(flat[:, 1]) >= 90.0, 0] = 0.0
        _, first, number = np.unique(
            np.round(flat, 9), axis=0, return_index=True, return_inverse=True
        )
        self.vertices, number = flat[first], number.reshape(cells, corners)
        kept = number != np.roll(number, 1, axis=1)
        self.counts, self.cells = kept.sum(axis=1), number[kept]
        self.parallels = parallels
        x = np.cos(np.deg2rad(lat)) * np.exp(1j * np.deg2rad(lon))
        middle = (x * kept).sum(axis=1)
        height = (np.sin(np.deg2rad(lat)) * kept).sum(axis=1)
        self.centres = (np.angle(middle), np.arctan2(height, np.abs(middle)))

    def made(self, core: object, name: str) -> object:
        x, y = np.deg2rad(self.vertices).T
        grid = core.BasicGrid.unstruct_new(  # type: ignore[attr-defined]
            name, self.counts, x.copy(), y.copy(), self.cells, lonlat_edges=self.parallels
        )
        numbers = np.arange(self.counts.size)
        grid.set_global_index(core.yac_location.YAC_LOC_CELL, numbers)  # type: ignore[attr-defined]
        return grid


def links(path: Path, sizes: tuple[int, int]) -> sp.csr_array:
    """Read a SCRIP file of weights as a matrix (target, source)."""
    with xr.open_dataset(path) as file:
        matrix = sp.coo_array(
            (
                file["remap_matrix"].values[:, 0],
                (file["dst_address"].values - 1, file["src_address"].values - 1),
            ),
            shape=(sizes[1], sizes[0]),
        )
    return matrix.tocsr()


def by_cdo(source: xr.Dataset, target: xr.Dataset, folder: Path, operator: str = "gencon") -> Path:
    """Let CDO compute weights between the grids of two files; returns the file of weights."""
    if shutil.which("cdo") is None:
        absent("cdo")
    paths = [folder / f"{name}.nc" for name in ("source", "target", "cdo")]
    paths[2].unlink(missing_ok=True)
    for grid, path in zip((source, target), paths[:2], strict=True):
        grid.to_netcdf(path)
    subprocess.run(
        ["cdo", "-s", "-b", "F64", f"{operator},{paths[1]}", paths[0], paths[2]],
        check=True,
        env={**os.environ, "CDO_REMAP_NORM": "destarea"},
    )
    return paths[2]


def curvilinear(lon: Array, lat: Array, corner_lon: Array, corner_lat: Array) -> xr.Dataset:
    """Describe cells to CDO, with a field on them."""
    file = xr.Dataset({"field": (("y", "x"), np.cos(np.deg2rad(lat)), {"coordinates": "lon lat"})})
    for name, unit, centre, corner in (
        ("lon", "degrees_east", lon, corner_lon),
        ("lat", "degrees_north", lat, corner_lat),
    ):
        file[name] = (("y", "x"), centre, {"units": unit, "bounds": f"{name}_bounds"})
        file[f"{name}_bounds"] = (("y", "x", "corner"), corner)
    return file


def regular(lon: Array, lat: Array, lon_edges: Array, lat_edges: Array) -> xr.Dataset:
    """Describe a longitude-latitude grid to CDO, with a field on it."""
    file = xr.Dataset({"field": (("lat", "lon"), np.cos(np.deg2rad(lat))[:, None] + 0 * lon)})
    for name, unit, centre, edges in (
        ("lon", "degrees_east", lon, lon_edges),
        ("lat", "degrees_north", lat, lat_edges),
    ):
        file[name] = ((name,), centre, {"units": unit, "bounds": f"{name}_bounds"})
        file[f"{name}_bounds"] = ((name, "edge"), np.stack([edges[:-1], edges[1:]], axis=1))
    return file


def by_hand(lon: Array, lat: Array, west: float, east: float, south: float, north: float) -> float:
    """Area that a polygon shares with a cell of a mesh, with forty digits, in steradians.

    The integral of sin φ - sin φs over the longitudes of each edge, cut off at the cell, with
    ∫ sin φ dλ = asin(sin φm sin(λ - λm)) on a great circle. No pole may lie in the polygon.
    """
    with mp.workdps(40):
        x, y = ([mp.radians(mp.mpf(float(v))) for v in part] for part in (lon, lat))
        low, high = (mp.radians(mp.mpf(float(v))) for v in (south, north))
        left, right = (mp.radians(mp.mpf(float(v))) for v in (west, east))
        total = mp.mpf(0)
        for k in range(len(x)):
            a, b, ta, tb = x[k], x[(k + 1) % len(x)], mp.tan(y[k]), mp.tan(y[(k + 1) % len(x)])
            b -= 2 * mp.pi * mp.nint((b - a) / (2 * mp.pi))
            sign = -1 if b > a else 1
            if b < a:
                a, b, ta, tb = b, a, tb, ta
            for turn in range(-2, 3) if b > a else ():
                start, stop = max(a, left + 2 * mp.pi * turn), min(b, right + 2 * mp.pi * turn)
                if stop > start:
                    total += sign * _under((a, b, ta, tb), start, stop, low, high)
        return float(total)


def _under(
    edge: tuple[mp.mpf, ...], start: mp.mpf, stop: mp.mpf, low: mp.mpf, high: mp.mpf
) -> mp.mpf:
    a, b, ta, tb = edge
    along = (ta * mp.sin(b) - tb * mp.sin(a)) / mp.sin(b - a)
    across = (tb * mp.cos(a) - ta * mp.cos(b)) / mp.sin(b - a)
    steep, top = mp.hypot(along, across), mp.atan2(across, along)
    cuts = [start, stop]
    for side in (mp.tan(low), mp.tan(high)):
        if abs(side) < steep:
            angle = mp.acos(side / steep)
            for cut in (top - angle, top + angle):
                near = cut + 2 * mp.pi * mp.nint(((start + stop) / 2 - cut) / (2 * mp.pi))
                if start < near < stop:
                    cuts.append(near)
    cuts.sort()
    total, share = mp.mpf(0), steep / mp.sqrt(1 + steep * steep)
    for here, there in itertools.pairwise(cuts):
        height = mp.atan(steep * mp.cos((here + there) / 2 - top))
        if height >= high:
            total += (mp.sin(high) - mp.sin(low)) * (there - here)
        elif height > low:
            total += mp.asin(share * mp.sin(there - top)) - mp.asin(share * mp.sin(here - top))
            total -= mp.sin(low) * (there - here)
    return total
