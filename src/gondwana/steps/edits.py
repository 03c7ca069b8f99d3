"""What a person changes by hand, as data: a place, an operation, and who, when and why.

An edit names places in longitude and latitude, so that it can be replayed at another resolution
or on another age. Nothing in it is ever evaluated.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Operation = Literal[
    "set", "add", "multiply", "raise_to", "lower_to", "channel",
    "fill", "open", "keep", "assign",
]  # fmt: skip
Basin = Literal["atlantic", "pacific", "indian"]

Longitude = Annotated[float, Field(ge=-360.0, le=360.0)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0)]
Point = tuple[Longitude, Latitude]

_NEEDS_VALUE = {"set", "add", "multiply", "raise_to", "lower_to", "channel"}
_NEEDS_POINT = {"fill", "open", "keep"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Place(_Strict):
    """Where an edit applies: exactly one of these, in degrees east and north."""

    point: Point | None = None
    cells: tuple[Point, ...] | None = Field(None, min_length=1)
    box: tuple[Longitude, Latitude, Longitude, Latitude] | None = Field(
        None, description="west, south, east, north; west may lie east of east across the date line"
    )
    polygon: tuple[Point, ...] | None = Field(None, min_length=3)
    line: tuple[Point, ...] | None = Field(None, min_length=2)

    @model_validator(mode="after")
    def _exactly_one(self) -> Place:
        if sum(value is not None for value in self.model_dump().values()) != 1:
            raise ValueError("give exactly one of point, cells, box, polygon and line")
        return self


class Edit(_Strict):
    """One edit of one step."""

    operation: Operation
    at: Place
    value: float | None = Field(None, description="metres; a factor for multiply")
    width: int = Field(1, ge=1, le=20, description="cells across a line")
    only: Literal["all", "land", "ocean"] = "all"
    basin: Basin | None = Field(None, description="for assign")
    reason: str = Field("", max_length=2000)
    author: str = Field("", max_length=200)
    time: datetime | None = None

    @model_validator(mode="after")
    def _complete(self) -> Edit:
        if self.operation in _NEEDS_VALUE and self.value is None:
            raise ValueError(f"{self.operation} needs a value")
        if self.operation in _NEEDS_POINT and self.at.point is None:
            raise ValueError(f"{self.operation} needs a point inside the sea")
        if self.operation == "channel" and self.at.line is None:
            raise ValueError("a channel needs a line")
        if self.operation in _NEEDS_POINT and (self.value is not None or self.only != "all"):
            raise ValueError(f"{self.operation} takes the whole sea: no value and no 'only'")
        if self.width != 1 and self.at.line is None:
            raise ValueError("a width needs a line")
        if self.operation == "assign" and (self.value is not None or self.only != "all"):
            raise ValueError("assign takes ocean cells: no value and no 'only'")
        if (self.operation == "assign") != (self.basin is not None):
            raise ValueError("assign needs a basin, and a basin assign")
        return self
