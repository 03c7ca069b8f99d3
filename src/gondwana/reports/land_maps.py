"""Maps of the topography and of the rivers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gondwana.reports.colours import Array, Classes, Gradual, image, relief_for
from gondwana.reports.figure import Figure, Layer, Path, Raster, Swatch, map_panel
from gondwana.reports.lines import dots
from gondwana.reports.marks import marks_of
from gondwana.reports.numbers import label, round_up
from gondwana.reports.results import Results
from gondwana.reports.rivers import CLASSES, COLOURS, basin_colours, river_lines

BASINS = ("#9fc0b0", "#dcbf94", "#b3b0d4", "#cdd39c", "#e2b3aa", "#9dbbd6", "#cabfae", "#bfd8c8")
"""Colours of neighbouring basins, light enough for rivers to stand out."""


def topography_map(results: Results) -> Figure | None:
    """Draw the topography with its coast, and what was found and changed there."""
    raster, field = results.raster_of("topography"), results.field("topography", "topography")
    if raster is None or field is None:
        return None
    scale = relief_for(field)
    marks, legend = marks_of(results.checks, raster.window.place, ocean=False)
    alt = (
        f"Map of the topography, from {label(field.min(), 4)} m in the deepest sea to "
        f"{label(field.max(), 4)} m on the highest land, with the coast."
    )
    coast = land_coast(results)
    return Figure(
        name="map-topography",
        title="Topography",
        caption="Colours break exactly at the coast, z > 0 m; each side has its own scale, finer "
        "for lowland. " + ("Symbols lead to their rows in the tables." if marks else ""),
        panels=(map_panel(raster.window, image(raster.take(field), scale), alt, coast, marks),),
        file="topography.nc",
        bar=scale.bar("m"),
        legend=legend,
        wide=True,
    )


def land_coast(results: Results) -> list[Layer]:
    """Return the coast of the land grid as a layer for any map."""
    return [] if results.land_outline is None else [results.land_outline.layer]


def rivers_map(results: Results) -> Figure | None:
    """Draw basins in colours, rivers as lines by upstream area, and river mouths."""
    raster, basins = results.raster_of("routing"), results.field("routing", "basins")
    rivers, trip = results.rivers, results.field("routing", "trip")
    if raster is None or basins is None or rivers is None or trip is None:
        return None
    colours = basin_colours(np.nan_to_num(basins).astype(np.int64)).astype(np.float64)
    lines = [
        Path(path, f"river river-{k}") for k, path in enumerate(river_lines(rivers), 1) if path
    ]
    mouth_rows, mouth_columns = np.nonzero(trip == 99)
    mouths = dots(2 * mouth_columns + 1, 2 * mouth_rows + 1)
    lines += [Path(mouths, "mouth-rim"), Path(mouths, "mouth")] if mouths else []
    ny, nx = trip.shape
    scale = Classes({k: BASINS[k - 1] for k in range(1, COLOURS + 1)})
    count = int(np.nan_to_num(basins).max())
    legend = [
        Swatch(f"from {label(area)} km²", "", "line", f"river river-{k}")
        for k, area in enumerate(CLASSES, 1)
    ]
    legend.append(Swatch(f"river mouth, trip 99 ({mouth_rows.size})", "", "dot", "mouth"))
    alt = f"Map of {count} river basins in colours, with rivers and {mouth_rows.size} river mouths."
    return Figure(
        name="map-rivers",
        title="River basins and rivers",
        caption="Neighbouring basins differ in colour. Rivers are drawn by the area that drains "
        "through them.",
        panels=(
            map_panel(
                raster.window,
                image(raster.take(colours), scale),
                alt,
                [*land_coast(results), Layer(2 * nx, 2 * ny, tuple(lines))],
            ),
        ),
        file="routing.nc",
        legend=tuple(legend),
        wide=True,
    )


def routing_maps(results: Results) -> Iterator[Figure]:
    """Draw distance to the ocean, topographic index, drop and length of each step."""
    raster = results.raster_of("routing")
    fields = (
        ("disto", "Distance to the ocean", "Along the river.", "km", "batlow", 1.0, False),
        ("topoind", "Topographic index", "√(length³ / drop) of each step: high where water runs "
         "slowly.", "km", "lapaz_r", 1.0, True),
        ("hdiff", "Drop to the next cell", "Height lost to the next cell downstream, at least "
         "5 m.", "m", "bilbao_r", 1.0, True),
        ("riverl", "Length of each step", "Distance to the next cell downstream; metres in the "
         "file.", "km", "acton_r", 1e-3, False),
    )  # fmt: skip
    trip = results.field("routing", "trip")
    for name, title, caption, unit, colours, factor, log in fields:
        field = results.field("routing", name)
        if raster is None or field is None or trip is None:
            continue
        land = np.where(np.isnan(trip), np.nan, field * factor)
        yield _gradual(results, raster, land, name, title, caption, unit, colours, log)


def _gradual(
    results: Results,
    raster: Raster,
    field: Array,
    name: str,
    title: str,
    caption: str,
    unit: str,
    colours: str,
    log: bool,
) -> Figure:
    known = field[np.isfinite(field)]
    low, high = np.percentile(known, (3, 99.5)).tolist() if known.size else (1.0, 2.0)
    low = max(low, 1e-6) if log else 0.0
    scale = Gradual(colours, low, max(round_up(high), 1.001 * low), log)
    alt = (
        f"Map: {title.lower()}, {label(known.min())} to {label(known.max())} {unit}."
        if known.size
        else f"Map: {title.lower()}, no land."
    )
    return Figure(
        name=f"map-{name}",
        title=title,
        caption=caption,
        panels=(
            map_panel(raster.window, image(raster.take(field), scale), alt, land_coast(results)),
        ),
        file=f"routing.nc: {name}",
        bar=scale.bar(unit, known) if known.size else None,
    )
