"""The list of what is wrong, and for each the edits that would mend it."""

from __future__ import annotations

from itertools import islice
from typing import Any, Literal, NamedTuple

import numpy as np

from gondwana.editors.overlays import Findings
from gondwana.errors import ParameterError
from gondwana.science.checks import Row
from gondwana.science.components import Index
from gondwana.science.neighbours import EAST, NORTH, SOUTH, WEST, Seams
from gondwana.science.terrain import NORTH_LIMIT, SOUTH_LIMIT, Float, Terrain, counted
from gondwana.steps.apply import terrain_of
from gondwana.steps.edits import Edit, Place
from gondwana.steps.placing import cells_place
from gondwana.steps.surfaces import Surface

Kind = Literal["sea", "passage", "contact", "pole"]

SHOWN = 200
"""Problems that are told at once."""

_TABLES: dict[Kind, str] = {
    "sea": "seas", "passage": "passages", "contact": "contacts", "pole": "poles",
}  # fmt: skip
_FIXES: dict[Kind, tuple[tuple[str, str], ...]] = {
    "sea": (("fill", "Fill"), ("open", "Open"), ("keep", "Keep")),
    "passage": (("widen", "Widen"), ("close", "Close")),
    "contact": (("join", "Join"), ("part", "Separate")),
}
_LAND = 1.0  # metres above the sea of land that a fix makes
_SHALLOW = 50.0  # metres of water where nothing tells how deep it should be


class Problem(NamedTuple):
    """One row of the tables: ``sea 3`` is the third of the seas."""

    kind: Kind
    number: int

    @property
    def id(self) -> str:
        """Name in messages."""
        return f"{self.kind} {self.number}"


def listed(findings: Findings) -> list[Problem]:
    """List the first problems, the grave ones first."""
    kinds: tuple[Kind, ...] = ("pole", "sea", "contact", "passage")
    sizes = ((kind, len(table(findings, kind))) for kind in kinds)
    every = (Problem(kind, number + 1) for kind, size in sizes for number in range(size))
    return list(islice(every, SHOWN))


def named(findings: Findings, name: str) -> Problem:
    """Find a problem by its name in messages.

    Raises
    ------
    ParameterError
        There is none (any more).
    """
    kind, _, number = name.partition(" ")
    if kind in _TABLES and number.isascii() and number.isdigit():
        found = Problem(kind, int(number))
        if 1 <= found.number <= len(table(findings, found.kind)):
            return found
    raise ParameterError("this problem is not there any more", remedy="choose one from the list")


def about(findings: Findings, problem: Problem) -> dict[str, Any]:
    """Tell of a problem in words, where it is, and how it can be mended."""
    row = table(findings, problem.kind)[problem.number - 1]
    title, detail = _WORDS[problem.kind](row)
    fixes = _FIXES.get(problem.kind) or (("mend", f"{str(row['suggestion']).capitalize()}"),)
    return {
        "id": problem.id,
        "kind": problem.kind,
        "title": title,
        "detail": detail,
        "lon": float(row["lon"]),
        "lat": float(row["lat"]),
        "fixes": [{"name": name, "title": text} for name, text in fixes],
    }


def cells_of(findings: Findings, problem: Problem) -> Index:
    """Cells of a problem (flat), copies included."""
    return np.flatnonzero(findings.labels[_TABLES[problem.kind]] == problem.number)


def fix_of(
    findings: Findings, problem: Problem, fix: str, values: Float, surface: Surface, reason: str
) -> Edit:
    """Return the edit that mends a problem.

    Parameters
    ----------
    findings : Findings
    problem : Problem
    fix : str
        One of the names that `about` lists.
    values : ndarray, (ny, nx)
    surface : Surface
    reason : str
        Why it is done; where it is empty, what is wrong.

    Raises
    ------
    ParameterError
        There is no such fix.
    """
    told = about(findings, problem)
    ways = {one["name"]: one["title"] for one in told["fixes"]}
    if fix not in ways:
        raise ParameterError(f"there is no fix '{fix}' for this", remedy="choose one that is shown")
    reason = reason or f"{ways[fix]} ({told['title']})"
    row = table(findings, problem.kind)[problem.number - 1]
    if problem.kind == "sea":
        place = Place(point=(float(row["lon"]), float(row["lat"])))
        return Edit(operation=fix, at=place, reason=reason)
    terrain = terrain_of(values, surface)
    if problem.kind == "passage":
        cells = terrain.once(findings.labels["passages"] == problem.number)
        return _passage(terrain, surface, cells, row, fix, reason)
    if problem.kind == "contact":
        return _contact(terrain, surface, row, fix, reason)
    return _pole(terrain, surface, row, reason)


def table(findings: Findings, kind: Kind) -> list[Row]:
    """Return the rows of one kind of problem, in the order of their numbers."""
    rows: list[Row] = getattr(findings, _TABLES[kind])
    return rows


def kind_named(name: str) -> Kind:
    """Return a kind by its name.

    Raises
    ------
    ParameterError
        There is none of this name.
    """
    for kind in _TABLES:
        if kind == name:
            return kind
    raise ParameterError("there is no such kind of problem", remedy="choose one from the list")


def _sea_words(row: Row) -> tuple[str, str]:
    policy = {"fill": "the step fills it", "open": "the step opens it", "keep": "it is kept"}
    area = f"{float(row['area_km2']):,.0f}".replace(",", "\u202f")
    return (
        f"Internal sea of {counted(int(row['cells']), 'cell')}",
        f"{area} km², down to {float(row['max_depth_m']):.0f} m; "
        f"{policy.get(str(row['policy']), 'it stays')}",
    )


def _passage_words(row: Row) -> tuple[str, str]:
    return (
        f"Passage one cell wide, {counted(int(row['cells']), 'cell')} long",
        f"water goes {row['along']}, {float(row['min_depth_m']):.0f} m deep at the shallowest",
    )


def _contact_words(_row: Row) -> tuple[str, str]:
    return "Two sea cells that touch at a corner", "no water is exchanged between them"


def _pole_words(row: Row) -> tuple[str, str]:
    place = str(row["place"])
    return (
        f"{place[:1].upper()}{place[1:]}: sea and land",
        f"{counted(int(row['ocean_cells']), 'sea cell')}, "
        f"{counted(int(row['land_cells']), 'land cell')}; {row['suggestion']}",
    )


_WORDS = {
    "sea": _sea_words, "passage": _passage_words, "contact": _contact_words, "pole": _pole_words,
}  # fmt: skip


def _to_land(surface: Surface, place: Place, reason: str, **more: Any) -> Edit:
    value = _LAND if surface.up > 0 else 0.0
    return Edit(operation="set", at=place, value=value, reason=reason, **more)


def _to_sea(surface: Surface, place: Place, depth: float, reason: str, **more: Any) -> Edit:
    value = -depth * surface.up
    return Edit(operation="lower_to", at=place, value=value, reason=reason, **more)


def _passage(
    terrain: Terrain, surface: Surface, cells: Index, row: Row, fix: str, reason: str
) -> Edit:
    if fix == "close":
        return _to_land(surface, cells_place(surface, cells), reason)
    ways = (EAST, WEST) if row["along"] == "north-south" else (NORTH, SOUTH)
    ny, nx = terrain.height.shape
    seams = Seams.of(terrain.cells.topology, (ny, nx))
    sides = [seams.beside(cells, way) for way in ways]
    sides = [side[side >= 0] for side in sides if bool((side >= 0).all())] or [
        side[side >= 0] for side in sides
    ]
    # the side where less has to be dug away
    side = min(sides, key=lambda one: float(terrain.height.flat[one].sum()))
    if not side.size:
        raise ParameterError("there is no cell beside it", remedy="close it, or keep it")
    depth = max(float(row["min_depth_m"]), _LAND)
    return _to_sea(surface, cells_place(surface, side), depth, reason)


def _contact(terrain: Terrain, surface: Surface, row: Row, fix: str, reason: str) -> Edit:
    one = terrain.cell_at(float(row["lon"]), float(row["lat"]))
    other = terrain.cell_at(float(row["other_lon"]), float(row["other_lat"]))
    height = terrain.height.flat
    if fix == "part":
        shallow = one if height[one] >= height[other] else other
        return _to_land(surface, cells_place(surface, np.array([shallow])), reason)
    ny, nx = terrain.height.shape
    seams = Seams.of(terrain.cells.topology, (ny, nx))
    around = [
        {int(seams.beside(np.array([cell]), way)[0]) for way in (NORTH, EAST, SOUTH, WEST)}
        for cell in (one, other)
    ]
    between = sorted(cell for cell in around[0] & around[1] if cell >= 0)
    if not between:
        raise ParameterError("nothing lies between the two cells", remedy="change them by hand")
    low = min(between, key=lambda cell: float(height[cell]))
    depth = max(min(-float(height[one]), -float(height[other])), _LAND)
    return _to_sea(surface, cells_place(surface, np.array([low])), depth, reason)


def _pole(terrain: Terrain, surface: Surface, row: Row, reason: str) -> Edit:
    is_north = float(row["lat"]) > 0
    lat = terrain.cells.lat
    cap = lat > NORTH_LIMIT if is_north else lat < SOUTH_LIMIT
    rows = lat[cap & (terrain.ocean if row["suggestion"] == "make land" else ~terrain.ocean)]
    south, north = float(rows.min()) - 1e-6, float(rows.max()) + 1e-6
    place = Place(box=(-180.0, max(south, -90.0), 180.0, min(north, 90.0)))
    if row["suggestion"] == "make land":
        return _to_land(surface, place, reason, only="ocean")
    depths = -terrain.height[cap & terrain.ocean]
    depth = max(float(np.median(depths)) if depths.size else _SHALLOW, _LAND)
    return _to_sea(surface, place, depth, reason, only="land")
