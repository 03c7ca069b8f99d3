"""The drawings of the viewer: the map with its lines, and the profile below it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from bokeh.models import (
    BasicTicker,
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    DataRange1d,
    HoverTool,
    LinearColorMapper,
    LogColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.models.annotations import ColorBar
from bokeh.plotting import figure

from gondwana.editors.palettes import tables
from gondwana.services.maps import FieldOnMap, ProfileOnMap

_EMPTY = np.zeros((1, 1), np.float32) * np.nan
_IMAGE = ("image", "x", "y", "dw", "dh")
_MISSING = "#80848c"


@dataclass(frozen=True)
class Plots:
    """What is drawn, and where it comes from.

    Attributes
    ----------
    map, profile : figure
    whole, detail : ColumnDataSource
        The field on the whole map, and on the part that is looked at closely.
    coast, graticule, globe, cut, values, ends : ColumnDataSource
        Lines over the map; the field along a line; the ends of that line, which the browser sets.
    """

    map: figure
    profile: figure
    whole: ColumnDataSource
    detail: ColumnDataSource
    coast: ColumnDataSource
    graticule: ColumnDataSource
    globe: ColumnDataSource
    cut: ColumnDataSource
    values: ColumnDataSource
    ends: ColumnDataSource


def make_plots() -> Plots:
    """Make the drawings, with nothing in them yet."""
    sources = {
        "whole": ColumnDataSource(_image(_EMPTY, (-180.0, -90.0, 180.0, 90.0)), name="whole"),
        "detail": ColumnDataSource({name: [] for name in _IMAGE}, name="detail"),
        "coast": _pieces(),
        "graticule": _pieces(),
        "globe": ColumnDataSource({"x": [-180, 180, 180, -180], "y": [-90, -90, 90, 90]}),
        "cut": ColumnDataSource({"x": [], "y": []}),
        "values": ColumnDataSource({"distance": [], "value": [], "lon": [], "lat": []}),
        "ends": ColumnDataSource({"x": [], "y": [], "lon": [], "lat": []}, name="ends"),
    }
    return Plots(map=_map(sources), profile=_profile(sources["values"]), **sources)


def show_whole(plots: Plots, found: FieldOnMap) -> None:
    """Draw a field with its lines; what was drawn closely goes."""
    west, south, east, north = found.extent
    rim = found.lines.get("rim", np.zeros((0, 2), np.float32))
    box = {"x": [west, east, east, west], "y": [south, south, north, north]}
    plots.globe.data = {"x": rim[:, 0], "y": rim[:, 1]} if len(rim) else box
    for name, source in (("coast", plots.coast), ("graticule", plots.graticule)):
        lines = found.lines.get(name, np.zeros((0, 4), np.float32))
        source.data = dict(zip(("x0", "y0", "x1", "y1"), lines.T.copy(), strict=True))
    plots.detail.data = {name: [] for name in _IMAGE}
    plots.whole.data = _image(found.values, found.extent, blank=bool(found.scale["blank_zero"]))


def show_detail(plots: Plots, found: FieldOnMap) -> None:
    """Draw a part of the field more closely."""
    plots.detail.data = _image(found.values, found.extent, blank=bool(found.scale["blank_zero"]))


def show_profile(plots: Plots, found: ProfileOnMap, x: np.ndarray, y: np.ndarray) -> None:
    """Draw a line on the map, and the field along it."""
    plots.cut.data = {"x": x, "y": y}
    values = np.array([np.nan if v is None else v for v in found.values], np.float64)
    plots.values.data = {
        "distance": np.array(found.distance),
        "value": values,
        "lon": np.array(found.lon),
        "lat": np.array(found.lat),
    }
    plots.profile.x_range.update(start=0.0, end=max(found.distance[-1], 1e-3))
    plots.profile.yaxis[0].axis_label = f"{found.variable} ({found.unit})".removesuffix(" ()")
    plots.profile.visible = True


def hide_profile(plots: Plots) -> None:
    """Take the line away."""
    plots.cut.data = {"x": [], "y": []}
    plots.profile.visible = False


def _map(sources: dict[str, ColumnDataSource]) -> figure:
    across, up = DataRange1d(range_padding=0), DataRange1d(range_padding=0)
    plot = figure(
        name="map",
        x_range=across,
        y_range=up,
        frame_width=640,
        frame_height=320,
        toolbar_location="above",
        tools=[],
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border=4,
        output_backend="canvas",
    )
    zoom = WheelZoomTool(zoom_on_axis=False)
    plot.add_tools(PanTool(), zoom, ResetTool())
    plot.toolbar.active_scroll = zoom
    plot.toolbar.logo = None
    plot.grid.visible = False
    for axis, sides in ((plot.xaxis, "EW"), (plot.yaxis, "NS")):
        axis.ticker = BasicTicker(mantissas=[1, 2, 3, 6])
        axis.formatter = CustomJSTickFormatter(
            code=f"return window.gondwana.degrees(tick, '{sides[0]}', '{sides[1]}')"
        )
    even = LinearColorMapper(palette=["#888888"], nan_color="#00000000", name="even")
    logs = LogColorMapper(palette=["#888888"], low=1, high=10, nan_color="#00000000", name="logs")
    globe = plot.patch(
        "x", "y", source=sources["globe"], fill_color=_MISSING, fill_alpha=0.28,
        line_color=_MISSING, line_alpha=0.9, name="globe",
    )  # fmt: skip
    # an image listens to its first mapper only: there is one of each, and one of them is seen
    for name, mapper in product(("whole", "detail"), (even, logs)):
        plot.image(
            "image", "x", "y", "dw", "dh", source=sources[name],
            color_mapper=mapper,  # type: ignore[call-arg]
            name=f"{mapper.name} {name}", visible=mapper is even,
        )  # fmt: skip
    plot.segment(
        x0="x0",
        y0="y0",
        x1="x1",
        y1="y1", source=sources["graticule"], line_color="#808890", line_alpha=0.55,
        line_width=0.7, name="graticule",
    )  # fmt: skip
    plot.segment(
        x0="x0",
        y0="y0",
        x1="x1",
        y1="y1", source=sources["coast"], line_color="#20242a", line_width=1.1, name="coast",
    )  # fmt: skip
    for width, colour in ((4, "white"), (2, "#b5179e")):
        plot.line("x", "y", source=sources["cut"], line_width=width, line_color=colour)
    plot.scatter(
        "x", "y", source=sources["ends"], size=11, fill_color="#b5179e", line_color="white",
        line_width=2,
    )  # fmt: skip
    here = ColumnDataSource({"x": [], "y": []}, name="here")
    for size, colour in ((25, "white"), (22, "#111111")):
        plot.scatter("x", "y", source=here, marker="cross", size=size, line_color=colour,
                     line_width=4 if colour == "white" else 2)  # fmt: skip
    across.renderers = up.renderers = [globe]
    for mapper, name in ((even, "even bar"), (logs, "log bar")):
        bar = ColorBar(
            color_mapper=mapper, name=name, orientation="horizontal", height=12, padding=9,
            width=420, location="center", visible=name == "even bar",
            background_fill_color=None, major_tick_line_color=None, bar_line_color=None,
            title_text_font_style="normal",
        )  # fmt: skip
        plot.add_layout(bar, "below")
    # the colours, and both scales, which the browser changes by itself
    sources["whole"].tags = [{}, tables()]
    plot.tags = [even, logs]
    for event in ("mousemove", "tap", "doubletap"):
        plot.js_on_event(event, CustomJS(code="window.gondwana.pointed(cb_obj)"))
    return plot


def _profile(values: ColumnDataSource) -> figure:
    plot = figure(
        name="profile", visible=False, sizing_mode="stretch_width", height=190, tools=[],
        toolbar_location=None, background_fill_color=None, border_fill_color=None,
        outline_line_color=None, min_border=4, x_axis_label="km",
        x_range=Range1d(start=0.0, end=1.0),
    )  # fmt: skip
    line = plot.step(
        "distance", "value", source=values, mode="center", line_width=1.8, line_color="#b5179e"
    )
    places = [("km", "@distance{0}"), ("", "@value{0.[000]}"), ("at", "@lat{0.0}°N @lon{0.0}°E")]
    plot.add_tools(HoverTool(renderers=[line], mode="vline", tooltips=places))
    return plot


def _pieces() -> ColumnDataSource:
    return ColumnDataSource({name: [] for name in ("x0", "y0", "x1", "y1")})


def _image(
    values: np.ndarray, extent: tuple[float, float, float, float], *, blank: bool = False
) -> dict[str, list[np.ndarray] | list[float]]:
    """Return columns of an image; where zeros are not drawn, the values themselves beside it."""
    west, south, east, north = extent
    values = np.ascontiguousarray(values, np.float32)
    shown = {"image": [np.where(values == 0, np.float32(np.nan), values)], "values": [values]}
    return {
        **(shown if blank else {"image": [values]}),
        "x": [west],
        "y": [south],
        "dw": [east - west],
        "dh": [north - south],
    }
