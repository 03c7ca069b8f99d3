"""The page of the map editor, and the Bokeh document behind it.

Bokeh draws the field with its axes and keeps the line to the server. All else on the page is
HTML, drawn and handled by the modules below ``web/static/editor``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from bokeh.document import Document
from bokeh.models import (
    BasicTicker,
    ColumnDataSource,
    ContinuousColorMapper,
    CustomJSTickFormatter,
    LinearColorMapper,
    LogColorMapper,
    Range1d,
)
from bokeh.plotting import figure
from bokeh.settings import settings
from jinja2 import Template

_HERE = Path(__file__).parent
_STATIC = _HERE.parent / "web" / "static"
_MODULES = "editor"
_BOKEH = "js/bokeh.min.js"


@dataclass(frozen=True)
class Figures:
    """What the page is made of.

    Attributes
    ----------
    map : figure
        The working view. Its tags lead to the sources and to both colour mappers.
    asks, answers : ColumnDataSource
        What the browser says (``said``), and what it is told (``said`` and ``block``).
    """

    map: figure
    asks: ColumnDataSource
    answers: ColumnDataSource


def make_document(document: Document) -> Figures:
    """Fill a document with the editor; values come by the answers.

    Parameters
    ----------
    document : Document
    """
    figures = _figures()
    document.title = "Map editor"
    document.template = _template()
    document.template_variables.update(_addresses())
    # a line that is cut is told by the page, which then begins anew
    document.config.update(reconnect_session=False, notify_connection_status=False)
    document.add_root(figures.map)
    return figures


def _figures() -> Figures:
    asks = ColumnDataSource({"said": []}, name="asks")
    answers = ColumnDataSource({"said": [], "block": []}, name="answers")
    # what only the browser changes is not told to the server
    field = ColumnDataSource(
        {"image": [np.full((1, 1), np.nan, np.float32)], "x": [0.0], "y": [0.0],
         "dw": [1.0], "dh": [1.0]},
        name="field", syncable=False,
    )  # fmt: skip
    mappers = [
        LinearColorMapper(palette=["#888888"], nan_color="#00000000", name="even", syncable=False),
        LogColorMapper(
            palette=["#888888"], low=1, high=10, nan_color="#00000000", name="logs", syncable=False
        ),
    ]
    plot = _map(field, mappers[0])
    plot.tags = [asks, answers, *mappers]
    return Figures(map=plot, asks=asks, answers=answers)


def _map(field: ColumnDataSource, mapper: ContinuousColorMapper) -> figure:
    plot = figure(
        name="map",
        x_range=Range1d(start=-180.0, end=180.0, syncable=False),
        y_range=Range1d(start=-90.0, end=90.0, syncable=False),
        sizing_mode="stretch_both",
        toolbar_location=None,
        tools=[],
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border_left=46,
        min_border_right=12,
        min_border_top=10,
        min_border_bottom=26,
        output_backend="canvas",
        syncable=False,
    )
    plot.grid.visible = False
    for axis, name in ((plot.xaxis, "x"), (plot.yaxis, "y")):
        axis.ticker = BasicTicker(mantissas=[1, 2, 3, 6])
        axis.formatter = CustomJSTickFormatter(
            code=f"return window.gondwana ? window.gondwana.tick(tick, '{name}') : ''"
        )
        axis.update(
            major_tick_out=5, major_tick_in=0, minor_tick_line_color=None, syncable=False,
            major_label_text_font_size="12px", axis_line_color=None,
        )  # fmt: skip
    plot.image(
        "image", "x", "y", "dw", "dh", source=field, name="field",
        color_mapper=mapper,  # type: ignore[call-arg]
    )  # fmt: skip
    return plot


@cache
def _template() -> Template:
    made: Template = Template((_HERE / "editor.html").read_text(encoding="utf-8"))
    return made


@cache
def _addresses() -> dict[str, str | list[str]]:
    """Return the addresses of all that the page loads; they change with what they lead to."""
    modules = sorted(path.name for path in (_STATIC / _MODULES).glob("*.js"))
    versioned = {name: _address(f"{_MODULES}/{name}") for name in modules}
    version = _digest(settings.bokehjs_path() / _BOKEH)
    return {
        "theme": _address("theme.js"),
        "look": _address("gondwana.css"),
        "own_look": _address(f"{_MODULES}/editor.css"),
        "bokeh": f"/viewer/static/{_BOKEH}?v={version}",
        "start": versioned["app.js"],
        "modules": list(versioned.values()),
        "imports": json.dumps(
            {"imports": {f"/static/{_MODULES}/{name}": versioned[name] for name in modules}}
        ),
    }


def _address(name: str) -> str:
    return f"/static/{name}?v={_digest(_STATIC / name)}"


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:10]
