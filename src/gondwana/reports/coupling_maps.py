"""Maps of the coupling: who exchanges with whom, sums of weights, known fields there and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.spatial import cKDTree

from gondwana.reports.colours import Array, Classes, Gradual, Scale, image
from gondwana.reports.figure import GLOBE, Figure, Panel, Swatch, map_panel
from gondwana.reports.numbers import label, round_up
from gondwana.reports.ocean_view import OceanView
from gondwana.reports.results import Results
from gondwana.science.coupling import ANALYTIC, SMALLEST_SHARE
from gondwana.science.sphere import (
    EARTH_RADIUS,
    latitude_edges,
    longitude_edges,
    unit_vectors,
    wrap_longitude,
)

Cells = npt.NDArray[np.int64]

_TITLES = {
    "cosine_bell": "2 − cos(acos(cos φ cos λ) / 1.2)",
    "two_waves": "2 + cos²φ cos 2λ",
    "sixteen_waves": "2 + sin¹⁶2φ cos 16λ",
}
_POLE = 89.999  # degrees from which a row of the atmosphere is a point
_PIXEL = 0.5  # degrees
_EXCHANGE = {
    1: ("ocean", "#5b8fc0"),
    2: ("coast: runoff to the ocean within the cell", "#58a894"),
    3: ("land: runoff by its rivers, or to the nearest coast", "#d9c65a"),
    4: ("land without a way for its runoff", "#c4503c"),
}


@dataclass(frozen=True)
class _Weights:
    """Weights as a file holds them, and the grids they lead from and to."""

    file: xr.Dataset
    source: tuple[int, int]
    target: tuple[int, int]

    @classmethod
    def of(cls, results: Results, kind: str) -> _Weights | None:
        """Take a file of weights; None if it is not among the results."""
        file = results.dataset(kind)
        if file is None:
            return None
        sizes = [file[f"{side}_grid_dims"].values.astype(int).tolist() for side in ("src", "dst")]
        (nx, ny), (mx, my) = sizes
        return cls(file, (ny, nx), (my, mx))

    def applied(self, field: Array) -> Array:
        """Carry a field to the target grid."""
        values = self.file["remap_matrix"].values[:, 0]
        sent = values * field.ravel()[self.file["src_address"].values - 1]
        size = self.target[0] * self.target[1]
        arrived = np.bincount(self.file["dst_address"].values - 1, sent, minlength=size)
        return np.asarray(arrived, dtype=np.float64).reshape(self.target)

    def sums(self) -> Array:
        """Add up the weights to each target cell; NaN where nothing arrives."""
        sums = self.applied(np.ones(self.source))
        return np.where(sums > 0.0, sums, np.nan)

    def place(self, side: str) -> tuple[Array, Array]:
        """Longitudes and latitudes of the points of a side, ``src`` or ``dst``."""
        shape = self.source if side == "src" else self.target
        lon, lat = (
            self.file[f"{side}_grid_center_{axis}"].values.reshape(shape) for axis in ("lon", "lat")
        )
        return lon, lat


def ocean_fraction_map(results: Results) -> Figure | None:
    """Draw how much of each cell of the atmosphere is ocean."""
    cells, fraction = _atmosphere(results)
    if cells is None or fraction is None:
        return None
    ny, nx = fraction.shape
    scale = Gradual("devon_r", 0.0, 1.0)
    seen = np.where(fraction > 0.0, fraction, np.nan)
    return Figure(
        name="map-ocean-fraction",
        title="Ocean within the cells of the atmosphere",
        caption=f"{nx} × {ny} points; grey is land. The line is the coast of the ocean grid.",
        panels=(_panel(results, cells, seen, scale, "share of each cell that is ocean"),),
        file="o2a.nc",
        bar=scale.bar("", np.array([0.0, 1.0])),
    )


def exchange_map(results: Results) -> Figure | None:
    """Draw which way the water of every cell of the atmosphere goes."""
    cells, fraction = _atmosphere(results)
    runoff = _Weights.of(results, "weights_runoff")
    if cells is None or fraction is None or runoff is None or runoff.source != fraction.shape:
        return None
    routed = runoff.file["src_grid_frac"].values.reshape(runoff.source) > 0.0
    # of a row at a pole only the first point sends
    routed |= (np.ptp(fraction, axis=1) == 0.0)[:, None] & routed[:, :1]
    classes = np.where(np.isnan(fraction), np.nan, 1.0)
    classes[fraction <= 1.0 - SMALLEST_SHARE] = 2.0
    classes[fraction < SMALLEST_SHARE] = 3.0
    classes[(classes > 1.0) & ~routed] = 4.0
    counts = {k: int(np.count_nonzero(classes == k)) for k in _EXCHANGE}
    scale = Classes({k: colour for k, (_, colour) in _EXCHANGE.items()})
    told = ", ".join(f"{_EXCHANGE[k][0]} {count} cells" for k, count in counts.items() if count)
    return Figure(
        name="map-exchange",
        title="Cells that exchange",
        caption="Every cell of the atmosphere by what it gives to the ocean.",
        panels=(_panel(results, cells, classes, scale, told),),
        file="rmp_tlmd_to_torc_RUNOFF.nc",
        legend=tuple(
            Swatch(f"{_EXCHANGE[k][0]} ({count})", _EXCHANGE[k][1])
            for k, count in counts.items()
            if count
        ),
    )


def runoff_map(results: Results) -> Figure | None:
    """Draw the area of land whose runoff arrives in each ocean cell."""
    runoff, view = _Weights.of(results, "weights_runoff"), results.ocean
    if runoff is None or view is None or runoff.target != view.grid.shape:
        return None
    fraction = results.field("ocean_fraction", "OceMask")
    if fraction is None or fraction.shape != runoff.source:
        return None
    land = runoff.file["src_grid_area"].values.reshape(runoff.source) * (1.0 - fraction)
    pole = np.abs(runoff.place("src")[1][:, 0]) > _POLE
    land[pole, 0] = land[pole].sum(axis=1)  # such a row is one cell
    land *= EARTH_RADIUS**2 / 1e6
    ocean = runoff.file["dst_grid_area"].values.reshape(runoff.target) * EARTH_RADIUS**2
    arrived = runoff.applied(land) * ocean
    seen = np.where(arrived > 0.0, arrived, np.nan)
    if not np.isfinite(seen).any():
        return None
    most = round_up(float(np.nanmax(seen)))
    # cells one beside the other along the coast: colours that stand out from light and dark land
    scale = Gradual("buda_r", most / 1e3, most, log=True)
    subject = f"land that drains into each coastal ocean cell, up to {label(most)} km²"
    return Figure(
        name="map-runoff-coast",
        title="Where runoff arrives",
        caption="Area of the land whose runoff each ocean cell takes.",
        panels=(_on_ocean(results, view, seen, scale, subject),),
        file="rmp_tlmd_to_torc_RUNOFF.nc",
        bar=scale.bar("km²", seen[np.isfinite(seen)]),
        wide=True,
    )


def row_sums_map(results: Results) -> Figure | None:
    """Draw by how much the weights to each cell miss a sum of 1."""
    up, down = (_Weights.of(results, f"weights_to_{side}") for side in ("atmosphere", "ocean"))
    cells, view = _atmosphere(results)[0], results.ocean
    if up is None or down is None or cells is None or view is None:
        return None
    if down.target != view.grid.shape:
        return None
    scale = Gradual("lajolla_light", -16.0, -8.0)
    off = [np.log10(np.maximum(np.abs(weights.sums() - 1.0), 1e-16)) for weights in (up, down)]
    told = [f"within {10 ** float(np.nanmax(one)):.1g} of 1" for one in off]
    return Figure(
        name="map-row-sums",
        title="Sums of weights",
        caption=f"How far the sum of the weights to each cell lies from 1: to the atmosphere "
        f"{told[0]}, to the ocean {told[1]}. Grey: not reached.",
        panels=(
            _panel(results, cells, off[0], scale, f"sums of weights, {told[0]}", "Atmosphere"),
            _on_ocean(results, view, off[1], scale, f"sums of weights, {told[1]}", "Ocean"),
        ),
        file="weights_certificate.json",
        bar=scale.bar("power of ten", np.concatenate([one.ravel() for one in off])),
        wide=True,
    )


def analytic_maps(results: Results) -> Iterator[Figure]:
    """Draw known fields after they went to the atmosphere and back."""
    up, down = (_Weights.of(results, f"weights_to_{side}") for side in ("atmosphere", "ocean"))
    view = results.ocean
    if up is None or down is None or view is None or up.source != view.grid.shape:
        return
    lon, lat = up.place("src")
    reached, sums = np.isfinite(down.sums()), up.sums()
    for name, field in ANALYTIC.items():
        true = field(lon, lat)
        mean = np.nan_to_num(up.applied(true) / sums)
        back = np.where(reached, down.applied(mean), np.nan)
        off = 100.0 * np.abs(back / true - 1.0)
        known = off[np.isfinite(off)]
        values = Gradual("batlow", 1.0, 3.0)
        errors = Gradual("acton_r", 0.01, 100.0, log=True)
        usual, most = label(float(known.mean()), 2), label(float(known.max()), 2)
        told = f"{usual} % on average, {most} % at most"
        yield Figure(
            name=f"map-there-and-back-{name.replace('_', '-')}",
            title=f"There and back: {_TITLES[name]}",
            caption=f"The field after ocean → atmosphere → ocean; its error is {told}.",
            panels=(_on_ocean(results, view, back, values, "the field that came back"),),
            file="weights_certificate.json",
            bar=values.bar("", np.array([1.0, 3.0])),
        )
        yield Figure(
            name=f"map-error-{name.replace('_', '-')}",
            title=f"Its error: {_TITLES[name]}",
            caption="Relative to the true value at the centre of each cell.",
            panels=(_on_ocean(results, view, np.maximum(off, 1e-9), errors, f"error, {told}"),),
            file="weights_certificate.json",
            bar=errors.bar("%", known),
        )


def _atmosphere(results: Results) -> tuple[Cells | None, Array | None]:
    """Cells of the atmosphere that the pixels of the globe show, and its ocean fraction.

    A pixel without a cell is -1, the fraction of a copy of another cell NaN.
    """
    dataset, fraction = (
        results.dataset("ocean_fraction"),
        results.field("ocean_fraction", "OceMask"),
    )
    if dataset is None or fraction is None:
        return None, None
    lon, lat = dataset["nav_lon"].values, dataset["nav_lat"].values
    turn = np.sort(lon[0])
    once = np.all(np.diff(turn) > 0.0) and turn[-1] - turn[0] < 360.0
    if once and np.all(lon == lon[:1]) and np.all(lat == lat[:, :1]):
        return _in_rows(lon[0], lat[:, 0]), fraction
    runoff = results.dataset("weights_runoff")
    if runoff is None or runoff["src_grid_area"].size != fraction.size:
        return None, None
    places = unit_vectors(lon.ravel(), lat.ravel())
    # copies have neither ocean nor a way for runoff
    by_use = np.argsort(-fraction.ravel() - runoff["src_grid_frac"].values, kind="stable")
    _, first = np.unique(np.round(places[by_use], 9), axis=0, return_index=True)
    own = by_use[first]
    known = np.full(fraction.shape, np.nan)
    known.flat[own] = fraction.flat[own]
    return _nearest(places, own, np.sqrt(runoff["src_grid_area"].values)), known


def _pixels() -> tuple[Array, Array]:
    x, y = (np.arange(0.5 * _PIXEL, turn, _PIXEL) for turn in (360.0, 180.0))
    return np.asarray(x - 180.0, np.float64), np.asarray(90.0 - y, np.float64)


def _in_rows(lon: Array, lat: Array) -> Cells:
    """Cells between meridians and parallels; -1 where there are none."""
    across, up = np.argsort(lon), np.argsort(lat)
    x_edges, y_edges = longitude_edges(lon[across]), latitude_edges(lat[up])
    x, y = _pixels()
    column = np.searchsorted(x_edges, wrap_longitude(x, float(x_edges[0])), side="right") - 1
    row = np.searchsorted(y_edges, y, side="right") - 1
    rows, columns = (
        np.where((found >= 0) & (found < order.size), order[found % order.size], -1)
        for found, order in ((row, up), (column, across))
    )
    cells = rows[:, None] * lon.size + columns
    return np.where((rows[:, None] < 0) | (columns < 0), -1, cells)


def _nearest(places: Array, own: Cells, width: Array) -> Cells:
    """Of some cells those with the nearest centre; -1 where it is farther away than they reach."""
    x, y = _pixels()
    away, found = cKDTree(places[own]).query(unit_vectors(x[None, :], y[:, None]))
    return np.where(away <= 1.5 * width[own[found]], own[found], -1)


def _panel(
    results: Results, cells: Cells, field: Array, scale: Scale, subject: str, title: str = ""
) -> Panel:
    coast = [] if results.ocean_outline is None else [results.ocean_outline.layer]
    shown = np.where(cells < 0, np.nan, field.ravel()[cells])
    return map_panel(GLOBE, image(shown, scale), f"Map: {subject}.", coast, title=title)


def _on_ocean(
    results: Results, view: OceanView, field: Array, scale: Scale, subject: str, title: str = ""
) -> Panel:
    coast = [] if results.ocean_outline is None else [results.ocean_outline.layer]
    picture = image(view.map(field), scale)
    return map_panel(GLOBE, picture, f"Map: {subject}.", coast, title=title)
