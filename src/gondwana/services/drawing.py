"""What is drawn of files, by the process that looks into them for `asking`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from gondwana.errors import GondwanaError
from gondwana.maps.differences import Difference, difference
from gondwana.maps.fields import MOST_CELLS, Field, read_field
from gondwana.maps.header import read_header
from gondwana.maps.pictures import Picture, draw, thumbnail
from gondwana.maps.profiles import profile
from gondwana.maps.projections import projection
from gondwana.maps.rasters import MOST_COAST, coast_lines, graticule_lines, raster, rim_line
from gondwana.maps.scales import is_relief, scale_for
from gondwana.maps.statistics import Statistics, cell_areas, river_basins, statistics
from gondwana.maps.views import View
from gondwana.reports.colours import hexadecimal

Asked = Mapping[str, Any]
Found = dict[str, Any]

_DIGITS = 7  # significant ones of a value in a profile: single precision


def describe(asked: Asked) -> Found:
    """Tell what a file says of itself."""
    return asdict(read_header(Path(asked["path"])))


def picture(asked: Asked) -> tuple[Found, bytes]:
    """Draw a field."""
    view = View.from_json(asked["view"])
    field = _field(asked, view)
    drawn = draw(field, view, _coast(asked, field) if view.coast else None)
    return _about(field) | _drawn(drawn), drawn.png


def field(asked: Asked) -> tuple[Found, bytes]:
    """Lay a field on a map: its values, and the lines of coast, graticule and rim."""
    view = View.from_json(asked["view"])
    read = _field(asked, view)
    laid = raster(read, view)
    shown = projection(view.projection, view.centre)
    lines: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}
    if read.has_places and asked["lines"]:
        coast = read if is_relief(read) else _coast(asked, read, MOST_COAST)
        if coast is not None and coast.values.size > MOST_COAST:
            coast = _field(asked, view, MOST_COAST)
        lines = {"graticule": graticule_lines(shown), "rim": rim_line(shown)}
        if coast is not None:
            lines["coast"] = coast_lines(coast, shown)
    height, width = laid.values.shape
    scale = scale_for(read, View())
    known = read.values[np.isfinite(read.values)]
    found = _about(read) | {
        "width": width,
        "height": height,
        "extent": asdict(laid.extent),
        "places": read.has_places,
        "lines": {name: list(part.shape) for name, part in lines.items()},
        "legend": scale.legend(read.unit, read.values),
        "scale": {
            "kind": scale.kind,
            "colours": scale.colours,
            "palette": [hexadecimal(colour) for colour in scale.palette],
            "blank_zero": scale.blank_zero,
        },
        "lowest": float(known.min()) if known.size else None,
        "highest": float(known.max()) if known.size else None,
    }
    return found, b"".join(part.tobytes() for part in (laid.values, *lines.values()))


def difference_of(asked: Asked) -> tuple[Found, bytes]:
    """Compare two fields: a map of the second less the first, and numbers about both."""
    view = View.from_json(asked["view"])
    first = _field(asked["first"], view)
    second = _field(asked["second"], replace(view, variable=asked["second_variable"]))
    area, _ = cell_areas(first, _beside(asked["first"]))
    apart = difference(first, second, area)
    chosen = replace(view, symmetric=view.low is None and view.high is None)
    coast = first if is_relief(first) else _coast(asked["first"], first)
    drawn = draw(apart.field, chosen, coast)
    one, other = (
        statistics(part, _beside(asked[which])) | river_basins(Path(asked[which]["path"]))
        for which, part in (("first", first), ("second", second))
    )
    return _about(first) | _drawn(drawn) | _apart(apart, second) | {"rows": _rows(one, other)}, (
        drawn.png
    )


def along(asked: Asked) -> Found:
    """Cut a field along a line."""
    view = View.from_json(asked["view"])
    read = _field(asked, view)
    (x0, y0), (x1, y1) = asked["start"], asked["end"]
    cut = profile(read, (float(x0), float(y0)), (float(x1), float(y1)), int(asked["samples"]))
    return _about(read) | {
        "distance": [round(value, 3) for value in cut.distance.tolist()],
        "lon": [round(value, 4) for value in cut.lon.tolist()],
        "lat": [round(value, 4) for value in cut.lat.tolist()],
        "values": [_told(value) for value in cut.values.tolist()],
    }


def small(asked: Asked) -> tuple[Found, bytes]:
    """Draw a small picture of a topography."""
    return {}, thumbnail(read_field(Path(asked["path"]), most_cells=MOST_COAST * 4))


QUESTIONS: dict[str, Callable[[Asked], Found | tuple[Found, bytes]]] = {
    "describe": describe,
    "picture": picture,
    "field": field,
    "difference_of": difference_of,
    "profile": along,
    "thumbnail": small,
}


def _field(asked: Asked, view: View, most_cells: int = MOST_CELLS) -> Field:
    return read_field(
        Path(asked["path"]), view.variable, dict(view.index), _beside(asked), most_cells
    )


def _beside(asked: Asked) -> list[Path]:
    return [Path(path) for path in asked["beside"]]


def _coast(asked: Asked, drawn: Field, most_cells: int = MOST_CELLS) -> Field | None:
    """Read the topography whose coast is drawn: the first one that can be used."""
    if is_relief(drawn) or not drawn.has_places:
        return None
    for path in asked["coast"]:
        with suppress(GondwanaError):
            coast = read_field(Path(path), most_cells=most_cells)
            if coast.has_places:
                return coast
    return None


def _about(read: Field) -> Found:
    return {
        "variable": read.name,
        "title": read.title,
        "unit": read.unit,
        "axes": [asdict(axis) for axis in read.axes],
        "shape": list(read.shape),
        "step": read.step,
    }


def _drawn(drawn: Picture) -> Found:
    names = ("width", "height", "legend", "lowest", "highest", "missing")
    return {name: getattr(drawn, name) for name in names}


def _apart(apart: Difference, second: Field) -> Found:
    return {
        "same_grid": apart.same_grid,
        "second_shape": list(second.shape),
        "cells": apart.cells,
        "changed": apart.changed,
        "share": apart.share,
        "largest": apart.largest,
        "place": None if apart.place is None else list(apart.place),
        "places": apart.field.has_places,
    }


def _rows(one: Statistics, other: Statistics) -> list[Found]:
    nothing = (None, "")
    return [
        {
            "name": name,
            "unit": one.get(name, other.get(name, nothing))[1],
            "first": one.get(name, nothing)[0],
            "second": other.get(name, nothing)[0],
        }
        for name in dict.fromkeys([*one, *other])
    ]


def _told(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None
