"""Maps of the land's surface: relief for the atmosphere, vegetation and soils."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gondwana.reports.colours import LOWLAND, Array, Classes, Gradual, crameri, hexadecimal, image
from gondwana.reports.figure import Figure, Panel, Raster, Swatch, map_panel
from gondwana.reports.land_maps import land_coast
from gondwana.reports.numbers import Tick, label, round_up
from gondwana.reports.results import Results

PFT = (
    ("bare soil", "#dccba8"),
    ("tropical broadleaf evergreen", "#0e5a34"),
    ("tropical broadleaf raingreen", "#6aa23c"),
    ("temperate needleleaf evergreen", "#20706f"),
    ("temperate broadleaf evergreen", "#35a07c"),
    ("temperate broadleaf summergreen", "#a3cf6b"),
    ("boreal needleleaf evergreen", "#2c4d7d"),
    ("boreal broadleaf summergreen", "#6d90c4"),
    ("boreal needleleaf summergreen", "#a9c3e3"),
    ("C3 grass", "#d9c65a"),
    ("C4 grass", "#e39a3b"),
    ("C3 crops", "#b5682a"),
    ("C4 crops", "#8a3f33"),
)
"""The plant functional types of ORCHIDEE, 1 to 13, and their colours."""

_SHARE_PIXELS = 200


def relief_map(results: Results) -> Figure | None:
    """Draw the relief that the atmosphere's subgrid orography is made from."""
    raster, field = results.raster_of("topo_high_res"), results.field("topo_high_res", "RELIEF")
    if raster is None or field is None:
        return None
    pixels = raster.take(field)
    land = np.where(pixels > 0, pixels, np.nan)
    highest = max(0.0, float(field.max()))
    scale = Gradual("oleron_land", 0.0, round_up(highest), bend=LOWLAND)
    rows, columns = field.shape
    return Figure(
        name="map-relief",
        title="Relief for the atmosphere",
        caption=f"{columns} × {rows} points in the file; 0 m over the ocean, grey here.",
        panels=(
            map_panel(
                raster.window,
                image(land, scale),
                f"Map of the relief of land, up to {label(highest, 4)} m.",
                land_coast(results),
            ),
        ),
        file="topo_high_res.nc",
        bar=scale.bar("m", np.array([0.0, 1.0])),
    )


def vegetation_map(results: Results) -> Figure | None:
    """Draw the most frequent plant functional type, and the share of all types by latitude."""
    raster, fractions = results.raster_of("pft"), results.field("pft", "maxvegetfrac")
    if raster is None or fractions is None:
        return None
    land = np.isfinite(fractions[0])
    dominant = np.where(land, np.argmax(np.nan_to_num(fractions), axis=0) + 1.0, np.nan)
    scale = Classes({k: colour for k, (_, colour) in enumerate(PFT, start=1)})
    window = raster.window
    lat = window.north - (np.arange(raster.rows.size) + 0.5) / raster.rows.size * (
        window.north - window.south
    )
    by_latitude = _by_latitude(np.nan_to_num(fractions)[:, raster.rows], land[raster.rows])
    weight = np.cos(np.deg2rad(lat)) * land[raster.rows].sum(axis=1)
    shares = np.nansum(by_latitude * weight, axis=1) / max(float(weight.sum()), 1e-12)
    named = [f"{PFT[k][0]} {label(100 * s, 2)} %" for k, s in enumerate(shares) if s > 0]
    return Figure(
        name="map-pft",
        title="Vegetation",
        caption="Plant functional types; their shares of the whole land stand in the legend.",
        panels=(
            map_panel(
                window,
                image(raster.take(dominant), scale),
                f"Map of the most frequent plant functional type. On all land: {', '.join(named)}.",
                land_coast(results),
                title="Most frequent type",
            ),
            _shares_panel(by_latitude, scale, raster),
        ),
        file="pft.nc",
        legend=tuple(
            Swatch(f"{k + 1} {PFT[k][0]} ({label(100 * share, 2)} %)", PFT[k][1])
            for k, share in enumerate(shares)
            if share > 0
        ),
        wide=True,
    )


def _by_latitude(fractions: Array, land: Array) -> Array:
    """Average the fraction of every type over the land of each row, (13, ny); NaN without land."""
    cells = land.sum(axis=1)
    sums = np.where(land, fractions, 0.0).sum(axis=2)
    with np.errstate(invalid="ignore"):
        return np.where(cells > 0, sums / np.maximum(cells, 1), np.nan)


def _shares_panel(by_latitude: Array, scale: Classes, raster: Raster) -> Panel:
    upper = np.cumsum(by_latitude, axis=0)
    places = (np.arange(_SHARE_PIXELS) + 0.5) / _SHARE_PIXELS
    types = (upper[:, :, None] < places).sum(axis=0) + 1.0
    types = np.where(np.isfinite(upper[-1])[:, None], np.minimum(types, len(PFT)), np.nan)
    return Panel(
        alt="Share of each plant functional type in the land of every latitude.",
        aspect=0.6,
        image=image(types, scale),
        x_ticks=(Tick(0, "0"), Tick(50, "50"), Tick(100, "100")),
        y_ticks=raster.window.axes()[1],
        x_label="% of land",
        title="All types by latitude",
        style="shares",
    )


def soil_map(results: Results) -> Figure | None:
    """Draw colour and texture of the soil."""
    raster = results.raster_of("soils")
    if raster is None:
        return None
    legend: list[Swatch] = []
    panels = []
    for name, title, colours in (
        ("soilcolor", "soil colour", "bilbao_r"),
        ("soiltext", "soil texture", "turku_r"),
    ):
        field = results.field("soils", name)
        if field is None:
            continue
        field = np.where(np.nan_to_num(field) > 0, np.rint(field), np.nan)
        classes = [int(value) for value in np.unique(field[np.isfinite(field)])]
        scale = Classes(dict(_spread(classes, colours)))
        found = ", ".join(str(value) for value in classes) or "none"
        panels.append(
            map_panel(
                raster.window,
                image(raster.take(field), scale),
                f"Map of the {title}; classes present: {found}.",
                land_coast(results),
                title=title[:1].upper() + title[1:],
            )
        )
        legend += [Swatch(f"{title} {value}", scale.colours[value]) for value in classes]
    return Figure(
        name="map-soils",
        title="Soils",
        caption="Classes as ORCHIDEE numbers them.",
        panels=tuple(panels),
        file="soils.nc",
        legend=tuple(legend),
        wide=True,
    )


def _spread(classes: list[int], colours: str) -> Iterator[tuple[int, str]]:
    """Give each class from 1 to 9 a colour, the same wherever it appears."""
    table = crameri(colours)
    for value in classes:
        yield value, hexadecimal(table[min(255, 40 + 24 * (value - 1))])
