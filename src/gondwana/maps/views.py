"""How a field is to be looked at: what a reader may choose, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gondwana.errors import ParameterError
from gondwana.maps.projections import NAMES, Extent

COLOURS = (
    "batlow", "batlowW", "oslo", "devon", "lapaz", "acton", "lajolla", "bilbao", "bamako", "turku",
    "davos", "hawaii", "tokyo", "grayC", "roma", "vik", "broc", "cork", "oleron", "romaO", "vikO",
)  # fmt: skip
"""Colour maps to choose from (Fabio Crameri's): even ones, two-sided ones, then cyclic ones."""

SMALLEST, LARGEST = 64, 2400
"""Widths of pictures in pixels."""

FEWEST, MOST = 2, 124
"""Numbers of colours."""


@dataclass(frozen=True)
class View:
    """A way to look at a file; what is empty, None or 0 is chosen from the field itself.

    Attributes
    ----------
    variable : str
    index : tuple of (str, int)
        Slices of other dimensions, from 0.
    colours : str
        One of `COLOURS`.
    reverse : bool
        The colours the other way round.
    low, high : float or None
        Values at the ends of the colours.
    log, symmetric : bool
        Logarithmic scale; limits at equal distances from 0.
    steps : int
        Number of colours.
    projection : str
        One of `gondwana.maps.projections.NAMES`.
    centre : float
        Central meridian, degrees.
    coast, graticule : bool
        Lines over the map.
    width : int
        Pixels.
    window : Extent or None
        Part of the map, in the units of the projection.
    """

    variable: str = ""
    index: tuple[tuple[str, int], ...] = ()
    colours: str = ""
    reverse: bool = False
    low: float | None = None
    high: float | None = None
    log: bool = False
    symmetric: bool = False
    steps: int = 0
    projection: str = "plate_carree"
    centre: float = 0.0
    coast: bool = True
    graticule: bool = True
    width: int = 1440
    window: Extent | None = None

    def __post_init__(self) -> None:
        _check(not self.colours or self.colours in COLOURS, "colours", "one of the list")
        _check(self.projection in NAMES, "projection", f"one of {', '.join(NAMES)}")
        _check(SMALLEST <= self.width <= LARGEST, "width", f"{SMALLEST} to {LARGEST} pixels")
        _check(self.steps == 0 or FEWEST <= self.steps <= MOST, "steps", f"{FEWEST} to {MOST}")
        for name in ("low", "high", "centre"):
            value = getattr(self, name)
            _check(value is None or bool(np.isfinite(value)), name, "a number")
        if self.low is not None and self.high is not None:
            _check(self.low < self.high, "low", "a lower limit below the upper one")
        if self.log:
            limits = [value for value in (self.low, self.high) if value is not None]
            _check(
                all(value > 0 for value in limits), "low", "limits above 0 on a logarithmic scale"
            )
        if self.window is not None:
            edges = (self.window.west, self.window.south, self.window.east, self.window.north)
            good = bool(np.isfinite(edges).all()) and edges[0] < edges[2] and edges[1] < edges[3]
            _check(good, "window", "west below east and south below north")

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> View:
        """Make a view of JSON values.

        Raises
        ------
        ParameterError
            One of them cannot be used.
        """
        window = told.get("window")
        index = tuple((str(name), int(number)) for name, number in told.get("index", ()))
        plain = {**told, "index": index, "window": Extent(**window) if window else None}
        return cls(**plain)


def _check(good: bool, name: str, wanted: str) -> None:
    if not good:
        raise ParameterError(f"'{name}' of the map cannot be used", remedy=f"give {wanted}")
