"""Maps of the ocean grid's fields, drawn where the cells lie on the globe."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gondwana.reports.colours import Array, Classes, Gradual, Scale, image
from gondwana.reports.figure import GLOBE, Figure, Layer, Mark, Note, Panel, Path, Swatch, map_panel
from gondwana.reports.lines import edges
from gondwana.reports.marks import Placing, marks_of
from gondwana.reports.numbers import label, place, round_up
from gondwana.reports.ocean_view import (
    POLAR_UNITS,
    OceanView,
    place_in_polar_view,
    polar_place,
)
from gondwana.reports.results import Results

BASINS = (
    ("atlmsk", "Atlantic", "#5b8fc0"),
    ("pacmsk", "Pacific", "#58a894"),
    ("indmsk", "Indian", "#dba44c"),
)
"""Variables of the sub-basins file, the oceans they stand for, and their colours."""


def bathymetry_map(results: Results) -> Figure | None:
    """Draw depths where the cells lie, with the mesh and the poles of the grid."""
    view, depth, sea = results.ocean, results.field("bathy", "Bathymetry"), results.sea
    if view is None or depth is None or sea is None:
        return None
    field = np.where(sea, depth, np.nan)
    known = field[sea]
    scale = Gradual("devon_r", 0.0, round_up(float(known.max(initial=1.0))))
    subject = "bathymetry" + (f", {_span(known)} m deep" if known.size else ", no ocean")
    on_map, around_pole = view.mesh()
    marks, legend = marks_of(results.checks, GLOBE.place, ocean=True)
    polar_marks, _ = marks_of(results.checks, place_in_polar_view, ocean=True)
    poles = view.poles()
    if poles:
        legend = (Swatch("pole of the grid", "", "pole", "pole"), *legend)
    ny, nx = view.grid.shape
    return Figure(
        name="map-bathymetry",
        title="Bathymetry on the ocean grid",
        caption=f"{nx} × {ny} cells, halo and fold rows included; some of the lines between them "
        "are drawn. Grey: land, or no cell of the grid.",
        panels=(
            _globe(
                results, view, field, scale, subject,
                [Layer(3600, 1800, (Path(on_map, "mesh"),))],
                [*_pole_marks(poles, GLOBE.place), *marks],
            ),
            _polar(
                results, view, field, scale, subject,
                [Layer(POLAR_UNITS, POLAR_UNITS, (Path(around_pole, "mesh"),))],
                [*_pole_marks(poles, place_in_polar_view), *polar_marks],
            ),
        ),
        file="bathy.nc",
        bar=scale.bar("m", known),
        legend=legend,
        wide=True,
    )  # fmt: skip


def cell_size_map(results: Results) -> Figure | None:
    """Draw how large the cells of the ocean grid are."""
    view = results.ocean
    if view is None:
        return None
    size = np.sqrt(view.grid.area) / 1e3
    owned = size[view.grid.owned]
    low, high = np.percentile(owned, (0.5, 99.5)).tolist()
    scale = Gradual("batlow", max(low, 1e-3), max(high, 1.01 * low), log=high > 10 * low)
    subject = f"size of the cells, {_span(owned)} km"
    return Figure(
        name="map-cell-size",
        title="Size of the ocean cells",
        caption="Square root of the area of each cell, land included.",
        panels=(
            _globe(results, view, size, scale, subject),
            _polar(results, view, size, scale, subject),
        ),
        file="coordinates.nc",
        bar=scale.bar("km", owned),
        wide=True,
    )


def heat_flow_map(results: Results) -> Figure | None:
    """Draw the heat that enters the ocean through its floor."""
    view, water = results.ocean, _water(results, "heatflow", "heatflow")
    if view is None or water is None:
        return None
    most = max(100.0, round_up(float(np.nanmax(water))))
    return _map_of(
        results, view, water, Gradual("lajolla_light", 40.0, most, log=True),
        "heatflow", "Heat flow through the sea floor", "mW m⁻²", "heatflow.nc",
        "From the age of the sea floor, which follows from its depth.",
    )  # fmt: skip


def viscosity_map(results: Results) -> Figure | None:
    """Draw the coefficient that lowers the lateral viscosity in the tropics."""
    view, water = results.ocean, _water(results, "ahmcoef", "icof")
    if view is None or water is None:
        return None
    return _map_of(
        results, view, water, Gradual("acton", 0.0, 100.0),
        "icof", "Lateral viscosity", "%", "ahmcoef.nc",
        "Share of the extratropical value; in the tropics it falls eastwards from each western "
        "boundary.",
    )  # fmt: skip


def basins_map(results: Results) -> Figure | None:
    """Draw which ocean each cell belongs to."""
    view = results.ocean
    masks = [results.field("subbasins", name) for name, _, _ in BASINS]
    if view is None or all(mask is None for mask in masks):
        return None
    field = np.full(view.grid.shape, np.nan)
    areas = []
    for number, mask in enumerate(masks, start=1):
        inside = np.zeros(view.grid.shape, bool) if mask is None else np.nan_to_num(mask) > 0.5
        field[inside] = number
        areas.append(float(view.grid.area[inside & view.grid.owned].sum()))
    shares = [100 * area / max(sum(areas), 1.0) for area in areas]
    named = [f"{ocean} ({label(s, 2)} %)" for (_, ocean, _), s in zip(BASINS, shares, strict=True)]
    scale = Classes({k: colour for k, (_, _, colour) in enumerate(BASINS, start=1)})
    return Figure(
        name="map-subbasins",
        title="Ocean basins",
        caption="Every ocean cell belongs to one; the legend gives shares of the ocean's area.",
        panels=(_globe(results, view, field, scale, f"ocean basins, {', '.join(named)}"),),
        file="subbasins.nc",
        legend=tuple(
            Swatch(text, colour) for text, (_, _, colour) in zip(named, BASINS, strict=True)
        ),
    )


def _water(results: Results, kind: str, name: str) -> Array | None:
    """Return a field over the ocean, NaN on land; None if there is nothing to be drawn."""
    field, view = results.field(kind, name), results.ocean
    if field is None or view is None or field.shape != view.grid.shape:
        return None
    water = np.where(field > 0 if results.sea is None else results.sea, field, np.nan)
    return water if np.isfinite(water).any() else None


def _map_of(
    results: Results,
    view: OceanView,
    water: Array,
    scale: Gradual,
    name: str,
    title: str,
    unit: str,
    file: str,
    caption: str,
) -> Figure:
    known = water[np.isfinite(water)]
    subject = f"{title.lower()}, {_span(known)} {unit}"
    return Figure(
        name=f"map-{name}",
        title=title,
        caption=caption,
        panels=(_globe(results, view, water, scale, subject),),
        file=file,
        bar=scale.bar(unit, known),
    )


def _globe(
    results: Results,
    view: OceanView,
    field: Array,
    scale: Scale,
    subject: str,
    layers: Sequence[Layer] = (),
    marks: Sequence[Mark] = (),
) -> Panel:
    coast = [] if results.ocean_outline is None else [results.ocean_outline.layer]
    picture = image(view.map(field), scale)
    return map_panel(GLOBE, picture, f"Map: {subject}.", [*layers, *coast], marks)


def _polar(
    results: Results,
    view: OceanView,
    field: Array,
    scale: Scale,
    subject: str,
    layers: Sequence[Layer] = (),
    marks: Sequence[Mark] = (),
) -> Panel:
    """Draw the view from above the north pole."""
    coast = []
    if results.sea is not None:
        seen = view.polar(results.sea.astype(np.float64))
        line = Path(edges(seen > 0, np.isfinite(seen)), "coast")
        coast = [Layer(seen.shape[1], seen.shape[0], (line,))]
    return Panel(
        alt=f"View from above the north pole: {subject}.",
        aspect=1.0,
        title="From above the north pole",
        image=image(view.polar(field), scale),
        layers=(*layers, *coast),
        marks=tuple(marks),
        notes=_meridians(),
        style="polar",
    )


def _pole_marks(poles: Sequence[tuple[float, float]], placing: Placing) -> list[Mark]:
    seen = [(place(round(lon, 1), round(lat, 1)), placing(lon, lat)) for lon, lat in poles]
    return [
        Mark(round(at[0], 2), round(at[1], 2), "pole", "pole", f"pole of the grid, {text}")
        for text, at in seen
        if at is not None
    ]


def _meridians() -> tuple[Note, ...]:
    notes = []
    for lon, text in ((0, "0°"), (90, "90°E"), (180, "180°"), (-90, "90°W")):
        x, y = polar_place(lon, 46.0)
        notes.append(Note(100 * float(x), 100 * float(y), text))
    return tuple(notes)


def _span(values: Array) -> str:
    return f"{label(float(values.min()), 4)} to {label(float(values.max()), 4)}"
