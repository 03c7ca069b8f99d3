"""The colours of a field: chosen from its name and values, or as a reader wants them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gondwana.maps.fields import Field
from gondwana.maps.views import MOST, View
from gondwana.reports.colours import Bytes, Gradual, Relief, crameri, hexadecimal, relief_for
from gondwana.reports.land_maps import BASINS
from gondwana.reports.numbers import log_ticks, round_ticks, thinned

Array = npt.NDArray[np.float64]
Kind = Literal["relief", "gradual", "classes"]

MOST_CLASSES = 12
"""Whole numbers up to which a field counts as classes."""

_LARGEST_CLASS = 5000
_TAILS = (0.5, 99.5)  # per cent of the values within the limits, unless a reader sets them
_DEFAULT, _TWO_SIDED = "batlow", "vik"
_NAMED: dict[str, tuple[str, bool]] = {
    "bathymetry": ("devon_r", False),
    "relief": ("oleron_land", False),
    "maxvegetfrac": ("bamako_r", False),
    "heatflow": ("lajolla_light", True),
    "icof": ("acton", False),
    "topoind": ("lapaz_r", True),
    "hdiff": ("bilbao_r", True),
    "riverl": ("acton_r", False),
}
"""Colours and whether logarithmic, of some variables, as in the report."""
AUTOMATIC = (_DEFAULT, _TWO_SIDED, *(name for name, _ in _NAMED.values()))
"""Colours that a field may get without being asked."""
_FROM_ZERO = {"bathymetry", "relief", "maxvegetfrac", "icof", "riverl", "disto"}
_BLANK_ZERO = {"bathymetry", "relief", "heatflow", "soilcolor", "soiltext"}
"""Variables whose zeros stand for the other side of the coast."""
_LABELS = {"basins"}
_MASK = ("#d5dbe1", "#2a7f9e")
_TRIP = {97: "#8c6bb1", 98: "#9ecae1", 99: "#08519c"}
"""Returns to the sky, flows to the coast, river mouth; 1 to 8 are the directions."""


@dataclass(frozen=True)
class Scale:
    """From values to colours.

    Attributes
    ----------
    kind : {"relief", "gradual", "classes"}
    colours : str
        Name for `gondwana.reports.colours.crameri`.
    low, high : float
        Values at the ends; of classes the first and the last.
    log : bool
    steps : int
        Number of colours.
    classes : tuple of (int, str)
        Whole numbers and their colours; labels without end have none.
    blank_zero : bool
        Zeros are shown as missing.
    reverse : bool
        The colours the other way round.
    """

    kind: Kind
    colours: str
    low: float
    high: float
    log: bool = False
    steps: int = MOST
    classes: tuple[tuple[int, str], ...] = ()
    blank_zero: bool = False
    reverse: bool = False

    @property
    def palette(self) -> Bytes:
        """Colours (n, 3)."""
        if self.kind == "relief":
            halves = self.steps // 2
            relief = crameri("oleron")[1:]
            sea = np.linspace(0, 126, halves).round().astype(int)
            land = np.linspace(127, 254, halves).round().astype(int)
            return np.take(relief, np.concatenate([sea, land]), axis=0)
        if self.kind == "classes":
            colours = [colour for _, colour in self.classes] or BASINS
            return np.array([_rgb(colour) for colour in colours], np.uint8)
        table = crameri(self.colours)[:: -1 if self.reverse else 1]
        places = np.linspace(0, len(table) - 1, self.steps).round().astype(int)
        return np.take(table, places, axis=0)

    def indices(self, values: Array) -> npt.NDArray[np.int64]:
        """Entries of the palette; -1 for missing values and for classes without a colour."""
        entries = self._entries(values)
        return np.where(values == 0, -1, entries) if self.blank_zero else entries

    def _entries(self, values: Array) -> npt.NDArray[np.int64]:
        if self.kind == "classes":
            return self._classes(values)
        if self.kind == "relief":
            fine = Relief(self.low, self.high).indices(values).astype(np.int64) - 1
            half = self.steps // 2
            sea, land = fine * half // 127, half + (fine - 127) * half // 128
            return np.where(fine < 0, -1, np.where(fine < 127, sea, land))
        gradual = Gradual("batlow", self.low, self.high, self.log)
        fine = gradual.indices(values).astype(np.int64) - 1
        return np.where(fine < 0, -1, np.minimum(fine * self.steps // 255, self.steps - 1))

    def _classes(self, values: Array) -> npt.NDArray[np.int64]:
        whole = np.rint(np.nan_to_num(values, nan=-1e9)).astype(np.int64)
        if not self.classes:  # labels: those next in number differ in colour
            return np.where(whole > 0, whole * 3 % len(BASINS), -1)
        table = np.array([value for value, _ in self.classes], dtype=np.int64)
        place = np.clip(np.searchsorted(table, whole), 0, table.size - 1)
        return np.where(table[place] == whole, place, -1)

    def legend(self, unit: str, values: Array) -> dict[str, Any]:
        """Describe the scale for a page, as JSON values.

        Returns
        -------
        dict
            ``kind``, ``unit``, ``low``, ``high``, ``log``; ``colours`` (hexadecimal), ``ticks``
            (``at`` in per cent, ``text``), and ``below`` and ``above`` for whether values lie
            beyond the ends; of classes, ``entries`` (``value``, ``colour``).
        """
        told: dict[str, Any] = {
            "kind": self.kind, "unit": unit, "low": self.low, "high": self.high, "log": self.log,
        }  # fmt: skip
        colours = [hexadecimal(colour) for colour in self.palette]
        if self.kind == "classes":
            return told | {"entries": [{"value": v, "colour": c} for v, c in self.classes]}
        if self.kind == "relief":
            ticks = Relief(self.low, self.high).bar("").ticks
        else:
            ticks = thinned((log_ticks if self.log else round_ticks)(self.low, self.high))
        known = values[np.isfinite(values)]
        slack = 1e-6 * (self.high - self.low)
        return told | {
            "colours": colours,
            "ticks": [{"at": round(tick.at, 3), "text": tick.text} for tick in ticks],
            "below": bool((known < self.low - slack).any()),
            "above": bool((known > self.high + slack).any()),
        }


def scale_for(field: Field, view: View) -> Scale:
    """Choose a scale for a field, within what a reader wants of it.

    Parameters
    ----------
    field : Field
    view : View
    """
    known = field.values[np.isfinite(field.values)]
    chosen = bool(view.colours or view.log or view.symmetric or view.steps)
    limited = view.low is not None or view.high is not None
    if not chosen and is_relief(field):
        relief = relief_for(known)
        low, high = (_given(view.low, relief.low), _given(view.high, relief.high))
        if low < 0 < high:
            return Scale("relief", "oleron", low, high)
    if not chosen and not limited:
        classes = _classes_of(field, known)
        if classes is not None:
            return classes
    return _gradual(field, view, known)


def is_relief(field: Field) -> bool:
    """Tell whether a field has land above 0 and sea below, by name and values."""
    named = field.name.lower() in _RELIEFS or "altitude" in field.title.lower()
    return named and bool((field.values < 0).any() and (field.values > 0).any())


_RELIEFS = {
    "topography", "topo", "relief", "elevation", "elev", "z", "altitude", "height", "orog",
    "bedrock", "paleotopography", "rel", "dem",
}  # fmt: skip


def is_categorical(field: Field) -> bool:
    """Tell whether the values are codes or numbers of things, of which no mean makes sense."""
    name = field.name.lower()
    if name in _LABELS or name == "trip":
        return True
    if field.unit or is_relief(field):
        return False
    known = field.values[np.isfinite(field.values)]
    is_mask = not ((known != 0) & (known != 1)).any()  # the mean of a mask is a share
    return not is_mask and _classes_of(field, known) is not None


def _classes_of(field: Field, known: Array) -> Scale | None:
    name = field.name.lower()
    if not known.size or name in _NAMED or np.abs(known).max() > _LARGEST_CLASS:
        return None
    if (known != np.rint(known)).any():
        return None
    present = [int(value) for value in np.unique(known)]
    blank = name in _BLANK_ZERO
    if name in _LABELS:
        return Scale("classes", "", 1.0, float(present[-1]))
    if len(present) > MOST_CLASSES:
        return None
    shown = [value for value in present if value or not blank] or present
    classes = tuple(_class_colours(name, shown))
    low, high = float(shown[0]), float(shown[-1])
    return Scale("classes", "", low, high, classes=classes, blank_zero=blank)


def _class_colours(name: str, present: list[int]) -> Iterator[tuple[int, str]]:
    if set(present) <= {0, 1}:
        yield from ((value, _MASK[value]) for value in present)
    elif name == "trip":
        turn = crameri("romaO")
        for value in present:
            direction = hexadecimal(turn[(value - 1) * 32 % 256])
            yield value, _TRIP.get(value, direction)
    else:
        table = crameri(_DEFAULT)
        places = np.linspace(30, 220, len(present)).round().astype(int)
        for value, colour in zip(present, table[places], strict=True):
            yield value, hexadecimal(colour)


def _gradual(field: Field, view: View, known: Array) -> Scale:
    name = field.name.lower()
    colours, named_log = _NAMED.get(name, (_DEFAULT, False))
    limited = view.low is not None or view.high is not None
    log = view.log or (named_log and not (view.symmetric or view.colours or limited))
    colours = view.colours or (_TWO_SIDED if view.symmetric else colours)
    blank = name in _BLANK_ZERO and not view.symmetric
    low, high = _limits(known, log, name in _FROM_ZERO, blank)
    low, high = _given(view.low, low), _given(view.high, high)
    if view.symmetric:
        high = max(abs(low), abs(high)) or 1.0
        low, log = -high, False
    if low >= high:  # a reader has set one limit beyond all values
        low, high = (low, low + 1.0) if view.low is not None else (high - 1.0, high)
    if log and low <= 0:
        low = high / 1e3
    steps = view.steps or MOST
    return Scale("gradual", colours, low, high, log, steps, (), blank, view.reverse)


def _limits(known: Array, log: bool, from_zero: bool, blank: bool) -> tuple[float, float]:
    if log:
        known = known[known > 0]
    elif blank:
        known = known[known != 0]
    if not known.size:
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = (float(value) for value in np.percentile(known, _TAILS))
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        low, high = float(known.min()), float(known.max())
    if log:
        return low, max(high, 1.01 * low)
    if from_zero and low >= 0:
        low, high = 0.0, high or 1.0
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        margin = 0.5 * abs(low) or 0.5
        return low - margin, high + margin
    unit = 10.0 ** (math.floor(math.log10(high - low)) - 1)
    return unit * math.floor(low / unit + 1e-9), unit * math.ceil(high / unit - 1e-9)


def _given(wanted: float | None, otherwise: float) -> float:
    return otherwise if wanted is None else float(wanted)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
