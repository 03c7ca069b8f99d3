"""What the browser is told: of the field, the edits, the problems, the selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gondwana.editors import problems
from gondwana.editors.history import History
from gondwana.editors.overlays import Findings
from gondwana.editors.palettes import tables
from gondwana.editors.shapes import Canvas
from gondwana.maps.fields import Field
from gondwana.maps.grids import Indexed
from gondwana.maps.scales import scale_for
from gondwana.maps.views import View
from gondwana.reports.colours import hexadecimal
from gondwana.science.terrain import NORTH_LIMIT, SOUTH_LIMIT
from gondwana.services.editing import Opened
from gondwana.steps.edits import Edit, Place

Float = npt.NDArray[np.float64]
Json = dict[str, Any]

_GROUND = (
    "set", "add", "multiply", "raise_to", "lower_to", "clamp", "smooth", "interpolate",
    "channel", "sill", "paste",
)  # fmt: skip
_PLAIN = ("set", "add", "multiply", "clamp", "smooth", "interpolate", "paste")
_MARGIN = 4.0
"""Cells around a problem that is zoomed to."""
_ALIGNED = 4

_TOLD = {
    "operation", "value", "limits", "times", "width", "basin", "reason", "author", "time", "off",
}  # fmt: skip
_DONE = {
    "set": "Set to {value}", "add": "Add {value}", "multiply": "Multiply by {value}",
    "raise_to": "Raise to {value}", "lower_to": "Lower to {value}", "clamp": "Keep within {limits}",
    "smooth": "Smooth {times}", "interpolate": "Interpolate from the rim",
    "channel": "Channel, {value} deep", "sill": "Sill, {value} deep", "paste": "Paste",
    "fill": "Fill a sea", "open": "Open a sea", "keep": "Keep a sea", "assign": "Assign {basin}",
}  # fmt: skip


@dataclass
class Answer:
    """An answer in the making: JSON values, and pieces of arrays."""

    told: Json = field(default_factory=dict)
    pieces: list[tuple[Json, npt.NDArray[Any]]] = field(default_factory=list)

    def put(self, to: str, row: int, column: int, part: npt.NDArray[Any]) -> None:
        """Add a piece of a raster."""
        about = {
            "to": to, "row": row, "column": column, "rows": part.shape[0],
            "columns": part.shape[1], "type": str(part.dtype),
        }  # fmt: skip
        self.pieces.append((about, part))

    def block(self) -> tuple[Json, npt.NDArray[np.uint8]]:
        """Return what is told, and all pieces in one block of bytes."""
        told, parts, start = [], [], 0
        for about, part in self.pieces:
            plain = np.ascontiguousarray(part).view(np.uint8).ravel()
            told.append(about | {"start": start})
            gap = -plain.size % _ALIGNED
            parts += [plain, np.zeros(gap, np.uint8)]
            start += plain.size + gap
        block = np.concatenate(parts) if parts else np.zeros(0, np.uint8)
        return self.told | ({"blocks": told} if told else {}), block


def subject(opened: Opened, canvas: Canvas, values: Float) -> Json:
    """Tell what is edited, and what can be done."""
    ny, nx = values.shape
    known = values[np.isfinite(values)]
    shown = Field(
        opened.variable, opened.title, opened.unit, values, Indexed((ny, nx)), (), (ny, nx), 1
    )
    scale = scale_for(shown, View())
    face = opened.face
    operations = ("assign",) if face == "sub_basins" else (
        _GROUND if opened.surface.up else _PLAIN
    )  # fmt: skip
    return {
        "title": opened.title, "project": opened.project_name,
        "project_id": opened.subject.project_id, "face": face,
        "step": opened.subject.step, "file": opened.subject.file, "unit": opened.unit,
        "variable": opened.variable, "index": dict(opened.subject.index),
        "axes": canvas.axes, "rows": ny, "columns": nx,
        "x": list(canvas.x), "y": list(canvas.y), "up": opened.surface.up,
        "may_change": opened.may_change, "author": opened.author, "operations": list(operations),
        "basins": [
            {"name": name, "code": code, "title": name.capitalize()}
            for name, code in opened.surface.codes.items()
        ],
        "scale": {
            "kind": scale.kind, "colours": scale.colours,
            "blank_zero": scale.blank_zero or face == "sub_basins",
            "palette": [hexadecimal(colour) for colour in scale.palette],
            "legend": scale.legend(opened.unit, values),
        },
        "palettes": tables(),
        "limits": [float(known.min()), float(known.max())] if known.size else [0.0, 1.0],
        "parameters": dict(opened.parameters),
        "variables": [dict(one) for one in opened.variables],
        "earlier": _earlier(opened),
    }  # fmt: skip


def _earlier(opened: Opened) -> Json | None:
    before = opened.earlier
    if before is None:
        return None
    return {
        "number": before.number, "edits": len(before.edits), "author": before.author,
        "created": before.created.isoformat(), "note": before.note,
    }  # fmt: skip


class EditsTold:
    """Tells the list of edits; what was told of one before is not put together again."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._known: dict[int, tuple[Edit, Json, str]] = {}

    def __call__(self, history: History) -> list[Json]:
        """Tell the list as it stands."""
        saved = {self._told(edit)[2] for edit in history.saved}
        told = []
        for number, entry in enumerate(history.entries, start=1):
            _, plain, text = self._told(entry.edit)
            cells = 0 if entry.applied is None else int(entry.applied.cells.size)
            told.append(plain | {
                "number": number, "cells": cells, "conflict": entry.conflict,
                "saved": text in saved,
            })  # fmt: skip
        return told

    def _told(self, edit: Edit) -> tuple[Edit, Json, str]:
        known = self._known.get(id(edit))
        if known is None or known[0] is not edit:
            plain = edit.model_dump(mode="json", include=_TOLD)
            plain |= {"title": title(edit, self._unit), "where": where(edit.at, edit.only)}
            known = (edit, plain, edit.model_dump_json())
            self._known[id(edit)] = known
        return known


def preview(edits: Sequence[Edit], unit: str, cells: int, moved: float) -> str:
    """Say what edits would do: how many cells they change, and how much rock (m³) is moved."""
    what = title(edits[0], unit) if len(edits) == 1 else f"{len(edits)} edits"
    if not cells:
        return f"{what}: no cell changes"
    volume = f"{moved / 1e9:,.0f}".replace(",", "\u202f")
    return f"{what}: {cells} {'cell changes' if cells == 1 else 'cells change'}, {volume} km³ moved"


def title(edit: Edit, unit: str) -> str:
    """Say what an edit does in a few words."""
    of = "" if edit.operation == "multiply" else f" {unit}" if unit not in ("", "1") else ""
    low, high = edit.limits or (0.0, 0.0)
    return _DONE[edit.operation].format(
        value="" if edit.value is None else f"{_written(edit.value)}{of}",
        limits=f"{_written(low)} to {_written(high)}{of}",
        times="once" if (edit.times or 1) == 1 else f"{edit.times} times",
        basin=(edit.basin or "").capitalize(),
    )


def _written(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def where(place: Place, only: str = "all") -> str:
    """Say where an edit applies in a few words."""
    told = _where(place)
    return told if only == "all" else f"{told}, only {only}"


def _where(place: Place) -> str:  # noqa: PLR0911 - one line for each kind of place
    match place.model_dump(exclude_none=True):
        case {"point": point}:
            return spot(*point)
        case {"region": point}:
            return f"all that is connected with {spot(*point)}"
        case {"cells": cells}:
            return (f"{len(cells)} cells at " if len(cells) > 1 else "") + spot(*cells[0])
        case {"box": (west, south, east, north)}:
            if east - west >= 360.0:
                return f"all from {_parallel(south)} to {_parallel(north)}"
            return f"box {spot(west, south)} to {spot(east, north)}"
        case {"values": (low, high)}:
            return f"values from {_written(low)} to {_written(high)}"
        case {"stroke": stroke}:
            return f"brush at {spot(*stroke['points'][0])}"
        case {"line": line}:
            return f"line from {spot(*line[0])} to {spot(*line[-1])}"
        case {"polygon": corners}:
            return f"area of {len(corners)} corners at {spot(*corners[0])}"
    parts = place.parts or ()
    told = [part.how if part.at is None else f"{part.how} {_where(part.at)}" for part in parts]
    return "; ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")


def spot(lon: float, lat: float) -> str:
    """Write a place as people do."""
    east = (lon + 180.0) % 360.0 - 180.0
    return f"{_parallel(lat)} {abs(east):.1f}°{'W' if east < 0 else 'E'}"


def _parallel(lat: float) -> str:
    return f"{abs(lat):.1f}°{'S' if lat < 0 else 'N'}"


def listed(findings: Findings, canvas: Canvas) -> Json:
    """Tell what is wrong, and how many of each."""
    told = []
    for problem in problems.listed(findings):
        about = problems.about(findings, problem)
        told.append(about | {"window": _window(findings, problem, about, canvas)})
    return {
        "counts": findings.counts,
        "problems": told,
        "problems_more": max(0, sum(findings.counts.values()) - problems.SHOWN),
    }


def _window(
    findings: Findings, problem: problems.Problem, about: Mapping[str, Any], canvas: Canvas
) -> list[float]:
    """Part of the map that shows a problem and a little around it."""
    ny, nx = canvas.shape
    if canvas.axes == "index":
        cells = problems.cells_of(findings, problem)
        if not cells.size:
            return [*canvas.x, *canvas.y]
        row, column = np.divmod(cells, nx)
        return [
            float(column.min()) - _MARGIN, float(row.min()) - _MARGIN,
            float(column.max()) + 1 + _MARGIN, float(row.max()) + 1 + _MARGIN,
        ]  # fmt: skip
    lon, lat = about["lon"], about["lat"]
    west, south, east, north = lon, lat, lon, lat
    if problem.kind == "sea":
        row_of = findings.seas[problem.number - 1]
        west, south, east, north = (
            float(row_of[name]) for name in ("west", "south", "east", "north")
        )
        east += 360.0 if east < west else 0.0
    elif problem.kind == "pole":
        west, east = canvas.x
        south, north = (NORTH_LIMIT, 90.0) if lat > 0 else (-90.0, SOUTH_LIMIT)
    around = _MARGIN * max(360.0 / nx, 180.0 / ny)
    return [west - around, south - around, east + around, north + around]
