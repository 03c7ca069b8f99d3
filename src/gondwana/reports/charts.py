"""Charts: how heights, depths and basins are distributed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gondwana.reports.colours import Array, crameri, hexadecimal, relief_for
from gondwana.reports.figure import Figure, Layer, Note, Panel, Path, Swatch
from gondwana.reports.numbers import Tick, label, round_ticks, round_up
from gondwana.reports.results import Results

_UNITS = 1000
_DEPTH_BIN = 500.0


def hypsometry(results: Results) -> Figure | None:
    """Draw the share of the globe at every height."""
    if results.elevation is None:
        return None
    height, area = results.elevation
    ends = relief_for(height)
    step = 250.0 if ends.high - ends.low <= 10_000 else 500.0
    bins = np.arange(ends.low, ends.high + step / 2, step)
    # a cell of exactly 0 m is sea: bins hold their upper end, not their lower
    share = 100 * _shares(-height, area, -bins[::-1])[::-1]
    middle = 0.5 * (bins[1:] + bins[:-1])
    colours = [hexadecimal(c) for c in ends.palette[ends.indices(middle)]]
    land = 100 * float(area[height > 0].sum() / area.sum())
    ticks = round_ticks(ends.low, ends.high, 5)
    return _bars(
        "chart-hypsometry",
        "Hypsometry",
        f"Share of the globe in steps of {label(step)} m.",
        f"Histogram of heights by area; {label(land)} % of the globe is land.",
        share,
        colours,
        ticks,
        "height in m",
        "% of the globe",
    )


def basin_sizes(results: Results) -> Figure | None:
    """Draw how much land drains through basins of every size, and how many those are."""
    areas = results.basin_areas
    if areas is None or not areas.size:
        return None
    low = math.floor(2 * math.log10(areas.min())) / 2
    high = math.ceil(2 * math.log10(areas.max()) + 1e-9) / 2
    bins = np.arange(low, high + 0.25, 0.5)
    share = 100 * _shares(np.log10(areas), areas, bins)
    count = np.histogram(np.log10(areas), bins)[0]
    span = bins[-1] - bins[0]
    ticks = tuple(
        Tick(100 * (power - bins[0]) / span, f"10{_superscript(power)}")
        for power in range(math.ceil(bins[0]), math.floor(bins[-1]) + 1)
    )
    return _bars(
        "chart-basins",
        "Sizes of river basins",
        "Share of the land by the size of its basin; numbers tell how many basins there are.",
        f"Histogram of {areas.size} river basins by area; the largest has "
        f"{label(float(areas.max()) / 1e6)} million km².",
        share,
        ["var(--accent)"] * share.size,
        ticks,
        "area of the basin in km²",
        "% of the land",
        [label(float(number), 6) if number else "" for number in count],
    )


def depths(results: Results) -> Figure | None:
    """Draw the share of the ocean at every depth, on the ocean grid and in the topography."""
    sea, view = results.sea, results.ocean
    depth = results.field("bathy", "Bathymetry")
    if sea is None or view is None or depth is None or not sea.any():
        return None
    cells = sea & view.grid.owned
    deepest = float(depth[cells].max())
    if results.elevation is not None:
        deepest = max(deepest, -float(results.elevation[0].min()))
    bins = np.arange(0.0, _DEPTH_BIN * math.ceil(deepest / _DEPTH_BIN) + 1, _DEPTH_BIN)
    share = 100 * _shares(depth[cells], view.grid.area[cells], bins)
    line = None
    if results.elevation is not None:
        height, area = results.elevation
        line = 100 * _shares(-height[height <= 0], area[height <= 0], bins)
    table = crameri("devon_r")
    colours = [hexadecimal(table[int(255 * (k + 1) / share.size)]) for k in range(share.size)]
    return _bars(
        "chart-depths",
        "Depths of the ocean",
        f"Share of the ocean in steps of {label(_DEPTH_BIN)} m: bars on the ocean grid"
        + (", line in the topography." if line is not None else "."),
        "Histogram of depths by area.",
        share,
        colours,
        round_ticks(0.0, float(bins[-1]), 6),
        "depth in m",
        "% of the ocean",
        line=line,
    )


def _shares(values: Array, weights: Array, bins: Array) -> Array:
    total = float(weights.sum())
    inside = np.clip(values, bins[0], bins[-1])
    counts = np.histogram(inside.ravel(), bins, weights=weights.ravel())[0]
    return np.asarray(counts / total if total else counts, dtype=np.float64)


def _bars(
    name: str,
    title: str,
    caption: str,
    alt: str,
    heights: Array,
    colours: Sequence[str],
    x_ticks: tuple[Tick, ...],
    x_label: str,
    y_label: str,
    texts: Sequence[str] = (),
    line: Array | None = None,
) -> Figure:
    """Draw a histogram over the whole width, with an optional line of steps over it."""
    tallest = max(float(heights.max()), 0.0 if line is None else float(line.max()), 1e-9)
    top = round_up(1.08 * tallest)
    edges = np.rint(np.linspace(0, _UNITS, heights.size + 1)).astype(int).tolist()
    tops = np.rint(_UNITS * (1 - heights / top)).astype(int).tolist()
    paths = [
        Path(f"M{west} {_UNITS}V{y}H{east}V{_UNITS}z", "bar", colour)
        for west, east, y, colour in zip(edges[:-1], edges[1:], tops, colours, strict=True)
        if y < _UNITS
    ]
    if line is not None:
        steps = np.rint(_UNITS * (1 - line / top)).astype(int).tolist()
        legs = "".join(f"V{y}H{east}" for y, east in zip(steps, edges[1:], strict=True))
        paths.append(Path(f"M0 {_UNITS}{legs}V{_UNITS}", "step"))
    notes = tuple(
        Note((west + east) / 2 * 100 / _UNITS, 100 * y / _UNITS, text, "over")
        for west, east, y, text in zip(edges[:-1], edges[1:], tops, texts, strict=False)
        if text
    )
    panel = Panel(
        alt=alt,
        aspect=2.0,
        layers=(Layer(_UNITS, _UNITS, tuple(paths)),),
        x_ticks=x_ticks,
        y_ticks=tuple(Tick(100 - t.at, t.text) for t in round_ticks(0.0, top, 4)),
        x_label=x_label,
        y_label=y_label,
        notes=notes,
        style="chart",
    )
    legend = () if line is None else (Swatch("topography", "", "line", "step"),)
    return Figure(name, title, caption, (panel,), legend=legend)


def _superscript(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
