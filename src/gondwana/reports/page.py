"""The report: one self-contained page of maps, checks and tables beside the files of a build."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gondwana.formats.writer import write_bytes
from gondwana.reports import charts, coupling_maps, land_maps, ocean_maps, surface_maps
from gondwana.reports.figure import Figure
from gondwana.reports.key_figures import key_figures, largest_basins
from gondwana.reports.marks import CHANGES, MOST_ROWS, OCEAN_STEPS, row_id, words
from gondwana.reports.numbers import label, place, size
from gondwana.reports.results import Results
from gondwana.steps.registry import STEPS

REPORT = "report.html"

_TEMPLATES = Path(__file__).parent / "templates"
_WORST_FIRST = ("fail", "warn", "pass")

Maker = Callable[[Results], Figure | Iterable[Figure] | None]

SECTIONS: tuple[tuple[str, str, tuple[Maker, ...]], ...] = (
    ("topography", "Topography", (
        land_maps.topography_map, charts.hypsometry, surface_maps.relief_map,
    )),
    ("rivers", "Rivers", (
        land_maps.rivers_map, land_maps.routing_maps, charts.basin_sizes,
    )),
    ("ocean", "Ocean", (
        ocean_maps.bathymetry_map, ocean_maps.cell_size_map, charts.depths,
        ocean_maps.heat_flow_map, ocean_maps.viscosity_map, ocean_maps.basins_map,
    )),
    ("surface", "Vegetation and soils", (
        surface_maps.vegetation_map, surface_maps.soil_map,
    )),
    ("coupling", "Coupling", (
        coupling_maps.ocean_fraction_map, coupling_maps.exchange_map, coupling_maps.runoff_map,
        coupling_maps.row_sums_map, coupling_maps.analytic_maps,
    )),
)  # fmt: skip
"""Name, title and figures of every part of the page with maps."""


@dataclass(frozen=True)
class Section:
    """A part of the page with figures."""

    name: str
    title: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter as the page shows it: its name in the recipe, in words, and its value."""

    name: str
    title: str
    value: str
    unit: str


def write_report(folder: Path, *, title: str, jobs: int = 1) -> None:
    """Write ``report.html`` beside the files of a build.

    Parameters
    ----------
    folder : Path
        With ``checks.json``, ``manifest.json``, ``recipe.yaml`` and any of the NetCDF files;
        whatever is absent is left out of the page.
    title : str
        Name of the topography; shown as text, whatever it contains.
    jobs : int
        Threads that may work at once.

    Raises
    ------
    InputError
        A file is there but cannot be read.
    """
    results = Results(folder, jobs)
    write_bytes(page(results, title).encode(), folder / REPORT)


def page(results: Results, title: str) -> str:
    """Compose the page as text."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "label": label,
        "size": size,
        "words": words,
        "cell": _cell,
        "sentence": _sentence,
    }
    steps = results.checks.get("steps", [])
    return environment.get_template("page.html.j2").render(
        title=title,
        created=_when(results.manifest.get("created")),
        manifest=results.manifest,
        versions=results.manifest.get("versions", {}),
        status=_status(steps),
        key_figures=key_figures(results),
        sections=sections(results),
        outlines=[o for o in (results.land_outline, results.ocean_outline) if o is not None],
        basins=largest_basins(results),
        checks=[pair for pair in _checks(steps) if pair[1]["status"] != "pass"],
        passed=[pair for pair in _checks(steps) if pair[1]["status"] == "pass"],
        changes=[(step, change) for step in steps for change in step["changes"]],
        changes_id=CHANGES,
        notes=[(step, note) for step in steps for note in step["notes"]],
        most_rows=MOST_ROWS,
        row_id=row_id,
        place=place,
        parameters=[(step, _parameters(step)) for step in results.manifest.get("steps", [])],
        recipe=results.recipe,
    )


def sections(results: Results) -> list[Section]:
    """Draw the figures that the files present allow; parts without any are left out."""
    drawn = (
        Section(name, title, tuple(figure for make in makers for figure in _drawn(make(results))))
        for name, title, makers in SECTIONS
    )
    return [section for section in drawn if section.figures]


def _drawn(made: Figure | Iterable[Figure] | None) -> Iterator[Figure]:
    if isinstance(made, Figure):
        yield made
    elif made is not None:
        yield from made


def _checks(steps: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Any]]:
    """Pair steps and checks, the worst first, else in the order of the build."""
    pairs = [(step, check) for step in steps for check in step["checks"]]
    return sorted(pairs, key=lambda pair: _WORST_FIRST.index(pair[1]["status"]))


def _status(steps: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """List identifier and name of the checks of every status, for the line at the top."""
    found: dict[str, list[tuple[str, str]]] = {status: [] for status in _WORST_FIRST}
    named = Counter(check["name"] for step in steps for check in step["checks"])
    for step in steps:
        for check in step["checks"]:
            name = words(check["name"]).lower()
            if named[check["name"]] > 1:
                name += (
                    " on the ocean grid" if step["step"] in OCEAN_STEPS else " in the topography"
                )
            found[check["status"]].append((row_id(step["step"], check["name"], 0), name))
    return found


def _parameters(step: Mapping[str, Any]) -> list[Parameter]:
    known = STEPS[step["step"]].parameters.model_fields if step["step"] in STEPS else {}
    rows = []
    for name, value in step["parameters"].items():
        described = known.get(name)
        extra = described.json_schema_extra if described else None
        unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
        title = (described.title or "") if described else ""
        rows.append(Parameter(name, title or words(name), _shown(value), unit))
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cell(value: Any) -> str:
    """Write a value of a table of problems."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return label(float(value), 6)


def _sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", ":")) else ".")


def _when(created: str | None) -> str:
    if not created:
        return ""
    time = datetime.fromisoformat(created)
    return f"{time.day} {time:%B %Y, %H:%M} UTC"
