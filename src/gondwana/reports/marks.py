"""Problems and changes as symbols on a map, each leading to its row in the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gondwana.reports.figure import Mark, Swatch
from gondwana.reports.numbers import label, place

Placing = Callable[[float, float], tuple[float, float] | None]
"""From longitude and latitude to per cent from the top left of a panel; None if out of sight."""

OCEAN_STEPS = frozenset(
    {"ocean_grid", "bathymetry", "passage_problems", "sub_basins", "heatflow", "ahmcoef"}
)
"""Steps whose problems lie on the ocean grid; those of all others are shown on the topography."""

CHANGES = "changes"
"""Name of the section that lists what was changed."""

MOST_ROWS = 400
"""Rows of one check that the page holds; ``checks.json`` has all."""

_SYMBOLS = ("circle", "diamond", "triangle", "square", "cross", "hexagon")
_CHANGE = "plus"
_STATUS = {"warn": "warning", "fail": "failed"}


def marks_of(
    checks: Mapping[str, Any], placing: Placing, *, ocean: bool
) -> tuple[tuple[Mark, ...], tuple[Swatch, ...]]:
    """Mark what the checks found and what was changed.

    Parameters
    ----------
    checks : mapping
        The content of ``checks.json``.
    placing : callable
        Where a place lies in the panel.
    ocean : bool
        On the ocean grid, or on the topography.

    Returns
    -------
    tuple
        Marks, and a legend for them.
    """
    marks: list[Mark | None] = []
    legend: list[Swatch] = []
    symbols = iter(_SYMBOLS * 8)
    for step in checks.get("steps", []):
        if (step["step"] in OCEAN_STEPS) != ocean:
            continue
        for check in step["checks"]:
            found = list(_rows(step["step"], check))
            if found and check["status"] in _STATUS:
                style, symbol = _STATUS[check["status"]], next(symbols)
                marks += [_mark(placing, row, symbol, style, *text) for row, *text in found]
                legend.append(Swatch(f"{words(check['name'])} ({len(found)})", "", symbol, style))
        changes = [change for change in step["changes"] if _placed(change)]
        for change in changes:
            text = f"{change['what']}: {change['why']}"
            marks.append(_mark(placing, change, _CHANGE, "changed", text, CHANGES))
        if changes:
            text = f"changed by {step['title']} ({len(changes)})"
            legend.append(Swatch(text, "", _CHANGE, "changed"))
    return tuple(mark for mark in marks if mark is not None), tuple(legend)


def words(name: str) -> str:
    """Turn an identifier into words: ``internal_oceans`` into "Internal oceans"."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def row_id(step: str, check: str, row: int) -> str:
    """Name of a row of a table, by which links find it."""
    return f"{step}-{check}-{row}"


def _rows(step: str, check: Mapping[str, Any]) -> Iterable[tuple[Mapping[str, Any], str, str]]:
    for number, row in enumerate(check["table"][:MOST_ROWS], start=1):
        if _placed(row):
            facts = ", ".join(
                f"{key.replace('_', ' ')} {label(value, 6) if _is_number(value) else value}"
                for key, value in row.items()
                if key not in ("lon", "lat")
            )
            text = f"{words(check['name'])} at {place(row['lon'], row['lat'])}"
            target = row_id(step, check["name"], number)
            yield row, f"{text}: {facts}" if facts else text, target


def _mark(
    placing: Placing, at: Mapping[str, Any], symbol: str, style: str, text: str, target: str
) -> Mark | None:
    place_in_panel = placing(at["lon"], at["lat"])
    if place_in_panel is None:
        return None
    x, y = place_in_panel
    return Mark(round(x, 2), round(y, 2), symbol, style, text, target)


def _placed(row: Mapping[str, Any]) -> bool:
    return _is_number(row.get("lon")) and _is_number(row.get("lat"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
