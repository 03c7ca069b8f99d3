# mypy: disable-error-code="no-untyped-call"
# (Panel has no types)
"""What a reader may choose in the viewer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import panel as pn

from gondwana.maps.contents import Header
from gondwana.maps.views import COLOURS, MOST
from gondwana.services.maps import Axis

_STYLE = """
:host { color: var(--ink); font: inherit; font-size: .875rem; }
label { color: var(--quiet); font-size: .8125rem; font-weight: 600; }
.bk-input { background: var(--card); color: var(--ink); border: 1px solid var(--edge);
  border-radius: .45rem; font: inherit; min-height: 2rem; }
.bk-input:focus { border-color: var(--accent); box-shadow: 0 0 0 2px var(--accent-soft); }
.bk-input-group > label.checkbox, input[type="checkbox"] { accent-color: var(--accent); }
.bk-btn { background: var(--card); color: var(--ink); border: 1px solid var(--edge);
  border-radius: .45rem; font: inherit; min-height: 2rem; }
.bk-btn:hover { border-color: var(--accent); }
.bk-btn:focus-visible, input:focus-visible { outline: 2px solid var(--accent); }
select.bk-input { appearance: auto !important; background-image: none !important;
  padding-right: .3rem; }
.noUi-connect, .noUi-handle { background: var(--accent); border-color: var(--accent); }
.noUi-target { background: var(--sunk); border-color: var(--rule); box-shadow: none; }
"""

PROJECTIONS = {
    "Plate Carrée": "plate_carree",
    "Mollweide": "mollweide",
    "North pole": "north",
    "South pole": "south",
}
_RECOLOUR = "window.gondwana.recolour()"
_LOOK: dict[str, Any] = {
    "stylesheets": [_STYLE], "sizing_mode": "stretch_width", "margin": (0, 0, 8, 0),
}  # fmt: skip


class Controls:
    """Widgets; those that wait for nobody act in the browser alone.

    Parameters
    ----------
    wanted : callable
        Called without arguments when another field, or another map of it, is wanted.
    """

    def __init__(self, wanted: Callable[[], None]) -> None:
        self._wanted = wanted
        self.variable = pn.widgets.Select(label="Variable", options=["…"], disabled=True, **_LOOK)
        self._sliders: list[pn.widgets.IntSlider] = []
        self.slices = pn.Column(pn.Spacer(height=0), sizing_mode="stretch_width", margin=0)
        self.projection = pn.widgets.Select(label="Projection", options=PROJECTIONS, **_LOOK)
        self.centre = pn.widgets.IntSlider(
            label="Central meridian (°E)", start=-180, end=180, step=10, value=0, **_LOOK
        )
        for widget, changed in ((self.projection, "value"), (self.centre, "value_throttled")):
            widget.param.watch(self._ask, changed)
        self.variable.param.watch(self._ask, "value")
        self._colours = self._colouring()

    @property
    def all(self) -> pn.Column:
        """Every widget, from top to bottom."""
        return pn.Column(
            self.variable, self.slices, self.projection, self.centre, *self._colours,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    def offer(self, header: Header, chosen: str) -> None:
        """Offer the variables of a file."""
        drawable = [one for one in header.variables if one.drawable]
        titles = {f"{one.name} – {one.title}"[:60] if one.title else one.name: one.name
                  for one in sorted(drawable, key=lambda one: one.coordinate)}  # fmt: skip
        self.variable.param.update(options=titles, value=chosen, disabled=len(titles) < 2)

    def offer_slices(self, axes: Iterable[Axis]) -> None:
        """Offer the slices of a variable."""
        axes = [axis for axis in axes if axis.size > 1]
        known = [(widget.label, widget.end) for widget in self._sliders]
        if known == [(axis.name, axis.size - 1) for axis in axes]:
            return
        sliders: list[pn.widgets.IntSlider] = []
        for axis in axes:
            slider = pn.widgets.IntSlider(
                label=axis.name, start=0, end=axis.size - 1, value=axis.index, **_LOOK
            )
            slider.param.watch(self._ask, "value_throttled")
            sliders.append(slider)
        self._sliders = sliders
        self.slices[:] = [*sliders, pn.Spacer(height=0)]

    def index(self) -> tuple[tuple[str, int], ...]:
        """Return the slices that are chosen."""
        return tuple((slider.label, int(slider.value or 0)) for slider in self._sliders)

    def _ask(self, *_: Any) -> None:
        self._wanted()

    def _colouring(self) -> list[Any]:
        """Make the widgets whose work the browser does alone; it finds them by their tags."""
        suits = {"as they suit the field": ""} | {name: name for name in COLOURS}
        names = {"low": "Lower limit", "high": "Upper limit"}
        limits = [
            pn.widgets.TextInput(label=text, placeholder="auto", tags=[name], **_LOOK)
            for name, text in names.items()
        ]
        steps = pn.widgets.TextInput(
            label=f"Colours, 2 to {MOST}", placeholder="all", tags=["steps"], **_LOOK
        )
        boxes = {
            "reverse": "Colours reversed",
            "log": "Logarithmic",
            "symmetric": "Symmetric limits",
            "coast": "Coast",
            "graticule": "Graticule",
        }
        ticks = [
            pn.widgets.Checkbox(
                label=text, tags=[name], value=name in {"coast", "graticule"}, **_LOOK
            )
            for name, text in boxes.items()
        ]
        colours = pn.widgets.Select(label="Colours", options=suits, tags=["colours"], **_LOOK)
        for widget in (colours, *limits, steps, *ticks):
            widget.jscallback(value=_RECOLOUR)
        row = pn.Row(*limits, sizing_mode="stretch_width", margin=0, styles={"gap": "8px"})
        return [colours, row, steps, *ticks]
