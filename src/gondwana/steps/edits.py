"""What a person changes by hand, as data: a place, an operation, and who, when and why.

An edit names places in longitude and latitude, so that it can be replayed at another resolution
or on another age. Nothing in it is ever evaluated.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Operation = Literal[
    "set", "add", "multiply", "raise_to", "lower_to", "clamp", "smooth", "interpolate",
    "channel", "sill", "paste", "fill", "open", "keep", "assign",
]  # fmt: skip
Basin = Literal["atlantic", "pacific", "indian"]

Longitude = Annotated[float, Field(ge=-360.0, le=360.0)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]
Point = tuple[Longitude, Latitude]
Name = Annotated[str, Field(min_length=1, max_length=200)]

MOST_CELLS = 100_000
MOST_POINTS = 10_000
MOST_PARTS = 200
MOST_EDITS = 5_000
_TEXT = r"^[^\x00]*$"  # no database keeps the character 0

PLACES = (
    "point", "cells", "box", "polygon", "line", "stroke", "region", "values", "parts",
)  # fmt: skip
"""The ways to say where."""

_NEEDS_VALUE = {"set", "add", "multiply", "raise_to", "lower_to", "channel", "sill"}
_TAKES_VALUE = _NEEDS_VALUE | {"open"}
_NEEDS_POINT = {"fill", "open", "keep"}
_NEEDS_LINE = {"channel", "sill"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Stroke(_Strict):
    """What a brush of some size has passed over."""

    points: tuple[Point, ...] = Field(min_length=1, max_length=MOST_POINTS)
    radius: float = Field(gt=0.0, le=180.0, description="degrees of arc")


class Place(_Strict):
    """Where an edit applies: exactly one of `PLACES`, in degrees east and north."""

    point: Point | None = None
    cells: tuple[Point, ...] | None = Field(None, min_length=1, max_length=MOST_CELLS)
    size: float | None = Field(
        None,
        gt=0.0,
        le=180.0,
        description="of the cells that were chosen, degrees of arc; refused where they are others",
    )
    box: tuple[Longitude, Latitude, Longitude, Latitude] | None = Field(
        None, description="west, south, east, north; west may lie east of east across the date line"
    )
    polygon: tuple[Point, ...] | None = Field(None, min_length=3, max_length=MOST_POINTS)
    line: tuple[Point, ...] | None = Field(None, min_length=2, max_length=MOST_POINTS)
    stroke: Stroke | None = None
    region: Point | None = Field(None, description="all land, or all sea, connected with a point")
    of: Literal["land", "ocean"] | None = Field(
        None, description="what a region consists of; refused where the point is something else"
    )
    values: tuple[float, float] | None = Field(None, description="from, to; both included")
    parts: tuple[Part, ...] | None = Field(
        None, min_length=1, max_length=MOST_PARTS,
        description="added, subtracted, intersected or inverted in turn, from nothing",
    )  # fmt: skip

    @model_validator(mode="after")
    def _exactly_one(self) -> Place:
        if sum(getattr(self, name) is not None for name in PLACES) != 1:
            raise ValueError(f"give exactly one of {', '.join(PLACES)}")
        if self.size is not None and self.cells is None:
            raise ValueError("a size belongs to cells")
        if self.of is not None and self.region is None:
            raise ValueError("'of' belongs to a region")
        if self.values is not None and self.values[0] > self.values[1]:
            raise ValueError("a range of values goes from the lower to the higher one")
        return self


class Part(_Strict):
    """One step of putting a selection together."""

    how: Literal["add", "subtract", "intersect", "invert"]
    at: Place | None = None

    @model_validator(mode="after")
    def _complete(self) -> Part:
        if (self.how == "invert") != (self.at is None):
            raise ValueError("add, subtract and intersect need a place, and invert none")
        if self.at is not None and self.at.parts is not None:
            raise ValueError("parts have no parts")
        return self


class Edit(_Strict):
    """One edit of one step."""

    operation: Operation
    at: Place
    value: float | None = Field(None, description="in the field's unit; a factor for multiply")
    limits: tuple[float, float] | None = Field(None, description="for clamp")
    times: int | None = Field(None, ge=1, le=100, description="for smooth")
    shift: tuple[float, float] | None = Field(
        None, description="for paste: degrees east and north from where the values come"
    )
    width: int = Field(1, ge=1, le=20, description="cells across a line")
    only: Literal["all", "land", "ocean"] = "all"
    basin: Basin | None = Field(None, description="for assign")
    off: bool = Field(False, description="kept in the list, and not applied")
    file: Name | None = Field(None, description="kind of the result that is touched up")
    variable: Name | None = Field(None, description="variable of that file")
    index: dict[Name, Annotated[int, Field(ge=0)]] | None = Field(None, max_length=8)
    reason: str = Field("", max_length=2000, pattern=_TEXT)
    author: str = Field("", max_length=200, pattern=_TEXT)
    time: datetime | None = None

    @model_validator(mode="after")
    def _complete(self) -> Edit:
        operation = self.operation
        needs = {
            "a value": (operation in _NEEDS_VALUE, operation in _TAKES_VALUE, self.value),
            "limits": (operation == "clamp", operation == "clamp", self.limits),
            "times": (False, operation == "smooth", self.times),
            "a shift": (operation == "paste", operation == "paste", self.shift),
            "a basin": (operation == "assign", operation == "assign", self.basin),
        }
        for what, (has_to, may, given) in needs.items():
            if has_to and given is None:
                raise ValueError(f"{operation} needs {what}")
            if not may and given is not None:
                raise ValueError(f"{operation} takes no {what.removeprefix('a ')}")
        if operation in _NEEDS_POINT and self.at.point is None:
            raise ValueError(f"{operation} needs a point inside the sea")
        if operation in _NEEDS_LINE and self.at.line is None:
            raise ValueError(f"a {operation} needs a line")
        if operation in _NEEDS_POINT and self.only != "all":
            raise ValueError(f"{operation} takes the whole sea: no 'only'")
        if self.width != 1 and self.at.line is None and operation != "open":
            raise ValueError("a width needs a line")
        if operation == "assign" and self.only != "all":
            raise ValueError("assign takes ocean cells: no 'only'")
        if self.limits is not None and self.limits[0] > self.limits[1]:
            raise ValueError("limits go from the lower to the higher value")
        if (self.file is None) != (self.variable is None):
            raise ValueError("a file and its variable go together")
        if self.index is not None and self.variable is None:
            raise ValueError("an index needs a variable")
        return self
