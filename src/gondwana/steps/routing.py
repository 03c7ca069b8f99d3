"""The step ``routing``: rivers, their directions, basins and distances, for ORCHIDEE."""

from __future__ import annotations

from typing import Literal

from gondwana.steps.contract import Later, Step, StepParameters, Table, parameter
from gondwana.steps.edits import Point


class RoutingParameters(StepParameters):
    """How water finds its way."""

    rule: Literal["drop", "slope"] = parameter(
        "drop",
        title="Steepest by",
        about="The neighbour with the largest drop in height, or with the steepest slope.",
    )
    endorheic: tuple[Point, ...] = parameter(
        (),
        title="Endorheic depressions",
        about="Points (longitude, latitude) in depressions that keep their water instead of being "
        "filled.",
        unit="degrees",
        table=Table(("Longitude", "Latitude")),
    )
    river_mouths: int = parameter(
        199,
        title="River mouths",
        about="Number of the largest basins that end in a river mouth (99); the rest reach the "
        "coast as diffuse flow (98).",
        ge=0,
        le=100_000,
    )
    radius: float = parameter(
        6370.0,
        title="Radius for distances",
        about="Radius of the Earth in the lengths of rivers; files of the field use 6370 km.",
        unit="km",
        gt=0.0,
    )
    distance: Literal["plane", "great circle"] = parameter(
        "plane",
        title="Length of a step",
        about="Plane: north-south and east-west lengths at the upstream cell's latitude, as files "
        "of the field have it; or along great circles.",
    )


STEP = Step(
    name="routing",
    version=1,
    title="Rivers",
    about="Fills depressions, leads water over flats, and follows every land cell down to the "
    "ocean: flow directions, basins, lengths and slopes of rivers.",
    inputs=("topography",),
    outputs=("routing",),
    parameters=RoutingParameters,
    run=Later("gondwana.steps.running.routing"),
)
