"""The step ``sub_basins``: which part of the ocean is Atlantic, Pacific and Indian."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gondwana.science.choices import DEFAULT_SEEDS
from gondwana.steps.contract import Later, Step, StepParameters, Table, parameter
from gondwana.steps.edits import Point

_VERTICES = Table(("Polygon", "Longitude", "Latitude"))
Polygon = Annotated[tuple[Point, ...], Field(min_length=3)]


def _seeds(basin: str) -> tuple[tuple[tuple[float, float], ...], ...]:
    return tuple(tuple(polygon) for polygon in DEFAULT_SEEDS[basin])


class SubBasinsParameters(StepParameters):
    """Polygons that lie in a basin for certain; the rest goes to the nearest by water."""

    atlantic: tuple[Polygon, ...] = parameter(
        _seeds("atlantic"),
        title="Seeds of the Atlantic",
        about="Polygons of (longitude, latitude) in it.",
        unit="degrees",
        table=_VERTICES,
    )
    pacific: tuple[Polygon, ...] = parameter(
        _seeds("pacific"),
        title="Seeds of the Pacific",
        about="Polygons of (longitude, latitude) in it.",
        unit="degrees",
        table=_VERTICES,
    )
    indian: tuple[Polygon, ...] = parameter(
        _seeds("indian"),
        title="Seeds of the Indian Ocean",
        about="Polygons of (longitude, latitude) in it.",
        unit="degrees",
        table=_VERTICES,
    )


STEP = Step(
    name="sub_basins",
    version=1,
    title="Ocean basins",
    about="Divides the ocean into Atlantic, Pacific and Indian: each cell goes to the basin whose "
    "seeds are nearest by water.",
    inputs=("bathy", "coordinates"),
    outputs=("subbasins",),
    parameters=SubBasinsParameters,
    run=Later("gondwana.steps.running.sub_basins"),
    interactive=True,
)
