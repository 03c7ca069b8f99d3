"""The map viewer: one file of a project, looked at from all sides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from bokeh.document import Document
from bokeh.events import Event, RangesUpdate
from jinja2 import Template

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.editors.controls import Controls
from gondwana.editors.plots import (
    hide_profile,
    make_plots,
    show_detail,
    show_profile,
    show_whole,
)
from gondwana.errors import GondwanaError
from gondwana.maps.projections import Extent, projection
from gondwana.maps.views import View
from gondwana.services import maps
from gondwana.services.comparing import Which
from gondwana.services.maps import FieldOnMap

_HERE = Path(__file__).parent
_WIDTH = 960
"""Pixels across the whole map."""
_SAMPLES = 400
_CLOSE = 0.75
"""Share of the map's width below which a part is drawn more closely."""
_THREADS = ThreadPoolExecutor(4, "gondwana viewer")

_T = TypeVar("_T")


def open_viewer(platform: Platform, document: Document) -> None:
    """Fill a document with the viewer of the file that its address names.

    Parameters
    ----------
    platform : Platform
    document : Document
        Of a session whose signed token names its reader as ``user``.
    """
    context = document.session_context
    arguments = getattr(getattr(context, "request", None), "arguments", {})
    payload = getattr(context, "token_payload", {})
    told = {name: values[0].decode(errors="replace") for name, values in arguments.items()}
    number = told.get("revision", "")
    which = Which(
        told.get("project", ""),
        told.get("kind", ""),
        int(number) if number.isascii() and number.isdigit() and len(number) < 8 else None,
    )
    who = Actor(str(payload.get("user", "")), "")
    Viewer(platform, who, which, document, told.get("variable", "")).begin()


class Viewer:
    """One reader's look at one file.

    Whatever has to be read is read in threads, the last wish first; the browser goes on meanwhile.
    """

    def __init__(
        self, platform: Platform, who: Actor, which: Which, document: Document, variable: str
    ) -> None:
        self._ask = partial(_asked, platform, who, which)
        self._document = document
        self._variable = variable
        self._plots = make_plots()
        self._controls = Controls(self._wish)
        self._shown: View | None = None
        self._whole: FieldOnMap | None = None
        self._is_busy = False
        self._todo: dict[str, Callable[[], Any]] = {}

    def begin(self) -> None:
        """Put everything in its place; values come as soon as the page is there."""
        document, plots = self._document, self._plots
        document.title = "Map viewer"
        document.template = _template()
        document.template_variables["version"] = _version()
        self._controls.all.server_doc(document, location=False)
        document.roots[-1].name = "controls"
        document.add_root(plots.map)
        document.add_root(plots.profile)
        plots.map.on_event(RangesUpdate, self._looked_closer)
        plots.ends.on_change("data", self._line_was_drawn)
        self._do("file", self._open)

    def _line_was_drawn(self, _attr: str, _old: Any, _new: Any) -> None:
        self._do("line", self._draw_line)

    def _wish(self) -> None:
        self._do("field", self._draw)

    def _do(self, what: str, how: Callable[[], Any]) -> None:
        """Do something soon; a newer wish of the same kind takes the place of an older one."""
        self._todo[what] = how
        if not self._is_busy:
            self._is_busy = True
            self._document.add_next_tick_callback(self._work)  # type: ignore[arg-type]

    async def _work(self) -> None:
        try:
            while self._todo:
                what = next(iter(self._todo))
                try:
                    await self._todo.pop(what)()
                    self._tell("")
                except GondwanaError as error:
                    self._tell(f"{error.problem[:1].upper()}{error.problem[1:]}; {error.remedy}")
        finally:
            self._is_busy = False

    async def _open(self) -> None:
        found = await _later(self._ask, maps.described)
        names = {one.name for one in found.header.variables if one.drawable}
        chosen = self._variable if self._variable in names else found.header.best
        self._controls.offer(found.header, chosen)
        self._todo.setdefault("field", self._draw)

    async def _draw(self) -> None:
        """Draw the whole map of what is chosen."""
        view = self._view()
        if view == self._shown:
            return
        if self._shown is not None and view.variable != self._shown.variable:
            view = View(view.variable, projection=view.projection, centre=view.centre, width=_WIDTH)
        found = await _later(self._ask, maps.field, view)
        moved = self._shown is None or (view.projection, view.centre) != (
            self._shown.projection, self._shown.centre,
        )  # fmt: skip
        self._shown, self._whole = view, found
        self._controls.offer_slices(found.about.axes)
        plots = self._plots
        if moved:
            hide_profile(plots)
        plots.whole.tags = [
            {
                "legend": dict(found.about.legend),
                "scale": dict(found.scale),
                "title": found.about.title or found.about.variable,
                "unit": found.about.unit,
                "projection": view.projection if found.has_places else "none",
                "centre": view.centre,
                "moved": moved,
            },
            plots.whole.tags[1],
        ]
        show_whole(plots, found)
        if not moved and len(plots.ends.data["x"]) == 2:
            self._todo.setdefault("line", self._draw_line)

    def _looked_closer(self, event: Event) -> None:
        edges = [getattr(event, name) for name in ("x0", "y0", "x1", "y1")]
        if None not in edges:
            self._do("detail", partial(self._draw_detail, Extent(*edges)))

    async def _draw_detail(self, window: Extent) -> None:
        """Draw the part that is looked at, if the whole map does not show every cell of it."""
        view, whole = self._shown, self._whole
        if view is None or whole is None:
            return
        west, south, east, north = whole.extent
        part = window.within(Extent(west, south, east, north))
        every_cell = whole.values.shape == whole.about.shape
        if part is None or every_cell or part.east - part.west > _CLOSE * (east - west):
            return
        closer = View(
            view.variable, view.index, projection=view.projection, centre=view.centre,
            width=_WIDTH, window=part,
        )  # fmt: skip
        show_detail(self._plots, await _later(self._ask, maps.field, closer, lines=False))

    async def _draw_line(self) -> None:
        """Cut the field along the line that was drawn."""
        ends, view = self._plots.ends.data, self._shown
        if view is None or self._whole is None or len(ends["lon"]) < 2:
            hide_profile(self._plots)
            return
        (lon0, lon1), (lat0, lat1) = (
            [float(value) for value in list(ends[name])[:2]] for name in ("lon", "lat")
        )
        found = await _later(
            self._ask, maps.profile, view, (lon0, lat0), (lon1, lat1), samples=_SAMPLES
        )
        x, y = np.array(found.lon), np.array(found.lat)
        if self._whole.has_places:
            shown = projection(view.projection, view.centre)
            x, y = shown.forward(x, y)
            jumps = np.abs(np.diff(x)) > 0.5 * (shown.extent.east - shown.extent.west)
            x[1:][jumps] = np.nan
        show_profile(self._plots, found, x, y)

    def _view(self) -> View:
        controls = self._controls
        return View(
            str(controls.variable.value),
            controls.index(),
            projection=str(controls.projection.value),
            centre=float(controls.centre.value or 0),
            width=_WIDTH,
        )

    def _tell(self, text: str) -> None:
        """Say something below the map."""
        self._plots.profile.tags = [text]


def _asked(
    platform: Platform, who: Actor, which: Which, ask: Callable[..., _T], *about: Any, **more: Any
) -> _T:
    return ask(platform, who, which, *about, **more)


async def _later(do: Callable[..., Any], *about: Any, **more: Any) -> Any:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, partial(do, *about, **more))


@cache
def _template() -> Template:
    page, script = (
        (_HERE / f"viewer.{kind}").read_text(encoding="utf-8") for kind in ("html", "js")
    )
    made: Template = Template(page.replace("/* viewer.js */", script))
    return made


@cache
def _version() -> str:
    """Return what changes with the style of all pages, which browsers keep by its address."""
    return sha256((_HERE.parent / "web" / "static" / "gondwana.css").read_bytes()).hexdigest()[:10]
