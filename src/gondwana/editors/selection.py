"""The cells that are chosen at the moment, and how they were chosen."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.steps.edits import Part, Place
from gondwana.steps.placing import selected
from gondwana.steps.surfaces import Surface

Float = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
How = Literal["new", "add", "subtract", "intersect"]
Only = Literal["all", "land", "ocean"]

MOST_PARTS = 100
_EVERYWHERE = Place(box=(-180.0, -90.0, 180.0, 90.0))


class Selection:
    """A selection that is built by parts: added, subtracted, intersected, inverted."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._nothing: Mask = np.zeros(surface.lon.shape, dtype=np.bool_)
        self.parts: tuple[Part, ...] = ()
        self.only: Only = "all"
        self.mask = self._nothing

    @property
    def place(self) -> Place | None:
        """What is selected, as data; None if nothing is."""
        return _place(self.parts)

    def choose(self, how: How, place: Place, values: Float) -> None:
        """Select a place, alone or together with what is selected.

        Raises
        ------
        ParameterError
            There is nothing at that place, or too many parts; the selection is as it was.
        """
        part = Part(how="add" if how == "new" else how, at=place)
        self._take((part,) if how == "new" else (*self.parts, part), self.only, values)

    def invert(self, values: Float) -> None:
        """Select all that is not selected."""
        self._take((*self.parts, Part(how="invert")), self.only, values)

    def all(self, values: Float) -> None:
        """Select everything."""
        self._take((Part(how="add", at=_EVERYWHERE),), self.only, values)

    def restrict(self, only: Only, values: Float) -> None:
        """Restrict it to land or ocean."""
        self._take(self.parts, only, values)

    def clear(self) -> None:
        """Select nothing."""
        self.parts, self.mask = (), self._nothing

    def again(self, values: Float) -> bool:
        """Select the same after values have changed; tell whether it may be other cells."""
        depends = self.only != "all" or any(
            part.at is not None and (part.at.region is not None or part.at.values is not None)
            for part in self.parts
        )
        if not depends or not self.parts:
            return False
        try:
            self._take(self.parts, self.only, values)
        except ParameterError:
            self.clear()
        return True

    def _take(self, parts: tuple[Part, ...], only: Only, values: Float) -> None:
        if len(parts) > MOST_PARTS:
            raise ParameterError(
                f"a selection has up to {MOST_PARTS} parts", remedy="apply it, or begin a new one"
            )
        place = _place(parts)
        if place is None:
            self.mask = self._nothing
        else:
            self.mask = selected(place, self._surface, values, only)
        self.parts, self.only = parts, only


def _place(parts: tuple[Part, ...]) -> Place | None:
    if len(parts) == 1 and parts[0].how == "add":
        return parts[0].at
    return Place(parts=parts) if parts else None
