"""The numbers a reader wants first: land, ocean, rivers, grid, heat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gondwana.reports.numbers import label, place
from gondwana.reports.results import Results


@dataclass(frozen=True)
class KeyFigure:
    """A number with its unit, what it is, and a second thought in small print."""

    name: str
    value: str
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Basin:
    """A row of the table of the largest basins."""

    number: int
    area: str
    share: str
    length: str
    outlet: str


def key_figures(results: Results) -> list[KeyFigure]:
    """Compute the figures that the files present allow."""
    return [*_topography(results), *_rivers(results), *_ocean(results)]


def _topography(results: Results) -> Iterator[KeyFigure]:
    if results.elevation is None:
        return
    height, area = results.elevation
    land = height > 0
    share = 100 * float(area[land].sum() / area.sum())
    rows, columns = height.shape
    yield KeyFigure("Land", label(share), "%", f"of the globe; {columns} × {rows} cells")
    if land.any():
        mean = float((height[land] * area[land]).sum() / area[land].sum())
        yield KeyFigure(
            "Mean height of land", label(mean), "m", f"highest {label(float(height.max()), 4)} m"
        )


def _rivers(results: Results) -> Iterator[KeyFigure]:
    trip, areas = results.field("routing", "trip"), results.basin_areas
    distance = results.field("routing", "disto")
    if trip is None or areas is None or not areas.size:
        return
    mouths = int(np.count_nonzero(trip == 99))
    yield KeyFigure("River basins", label(float(areas.size), 6), "", f"{mouths} river mouths")
    yield KeyFigure("Largest basin", label(float(areas.max()) / 1e6), "million km²")
    if distance is not None:
        yield KeyFigure("Longest river", label(float(np.nanmax(distance)), 4), "km")


def _ocean(results: Results) -> Iterator[KeyFigure]:
    view, sea = results.ocean, results.sea
    depth, heat = results.field("bathy", "Bathymetry"), results.field("heatflow", "heatflow")
    if view is not None:
        ny, nx = view.grid.shape
        yield KeyFigure("Ocean grid", f"{nx} × {ny}", "cells")
    if view is None or sea is None or depth is None or not (sea & view.grid.owned).any():
        return
    cells = sea & view.grid.owned
    area = view.grid.area[cells]
    mean = float((depth[cells] * area).sum() / area.sum())
    volume = mean * float(area.sum()) / 1e18
    yield KeyFigure(
        "Mean ocean depth", label(mean, 4), "m", f"{label(volume, 4)} billion km³ on the ocean grid"
    )
    steps = np.minimum(
        view.grid.coordinates["e1t"].values[cells], view.grid.coordinates["e2t"].values[cells]
    )
    least = int(np.argmin(steps))
    where = place(
        round(float(view.grid.lon[cells][least]), 1), round(float(view.grid.lat[cells][least]), 1)
    )
    yield KeyFigure("Smallest ocean cell", label(float(steps[least]) / 1e3), "km", f"at {where}")
    if heat is not None and heat.shape == sea.shape:
        flow = float((heat[cells] * area).sum())
        yield KeyFigure(
            "Mean heat flow",
            label(flow / float(area.sum())),
            "mW m⁻²",
            f"{label(flow / 1e15)} TW in all",
        )


def largest_basins(results: Results, count: int = 10) -> list[Basin]:
    """Describe the largest river basins."""
    areas, basins = results.basin_areas, results.field("routing", "basins")
    trip, distance = results.field("routing", "trip"), results.field("routing", "disto")
    if areas is None or basins is None or trip is None or distance is None:
        return []
    if results.land_grid is None:
        return []
    lon, lat = results.land_grid
    rows = []
    for index in np.argsort(-areas, kind="stable")[:count]:
        inside = basins == index + 1
        outlets = np.argwhere(inside & (trip >= 97))
        where = place(float(lon[outlets[0][1]]), float(lat[outlets[0][0]])) if len(outlets) else ""
        rows.append(
            Basin(
                number=int(index) + 1,
                area=f"{areas[index] / 1e6:.2f}",
                share=f"{100 * areas[index] / areas.sum():.1f}",
                length=label(float(distance[inside].max()), 4),
                outlet=where,
            )
        )
    return rows
