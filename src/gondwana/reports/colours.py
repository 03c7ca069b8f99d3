"""Colour scales of the maps, and small palette images of coloured fields.

The scales are Fabio Crameri's scientific colour maps, read from the tables of their package alone:
its Python module loads a whole plotting library. Index 0 of every image is transparent, so that
missing values show the grey of the page, light or dark.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from gondwana.reports.numbers import Tick, log_ticks, round_ticks, thinned

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]


LOWLAND = 0.6
"""Exponent by which low land gets more of the colours than high land."""


class Scale(Protocol):
    """From values to entries of a palette."""

    @property
    def palette(self) -> Bytes:
        """Colours (n, 3); the first stands for missing values and is not shown."""

    def indices(self, values: Array) -> Bytes:
        """Entries of the palette, same shape as the values; NaN gives 0."""


@dataclass(frozen=True)
class ColourBar:
    """A scale as it is drawn under a map."""

    image: str
    unit: str
    ticks: tuple[Tick, ...]


@cache
def crameri(name: str) -> Bytes:
    """Read one of the scientific colour maps.

    Parameters
    ----------
    name : str
        ``batlow``, ``oleron`` and so on; with ``_r`` the other way round, with ``_light`` that
        without its darkest fifth, with ``_land`` the upper half of it.

    Returns
    -------
    ndarray of uint8, (256, 3) or fewer
    """
    spec = find_spec("cmcrameri")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package cmcrameri is not installed", name="cmcrameri")
    base, _, variant = name.partition("_")
    colours = np.rint(255.0 * np.loadtxt(Path(spec.origin).parent / "cmaps" / f"{base}.txt"))
    parts = {
        "": slice(None),
        "r": slice(None, None, -1),
        "light": slice(None, 51, -1),
        "land": slice(128, None),
    }
    return colours[parts[variant]].astype(np.uint8)


@dataclass(frozen=True)
class Gradual:
    """A colour map stretched over a range, evenly or by its logarithm.

    Attributes
    ----------
    name : str
        See `crameri`.
    low, high : float
        Values at both ends; what lies beyond takes the colour of the end.
    log : bool
        ``low`` must be positive then.
    bend : float
        Below 1, low values get more of the colours (a power law).
    """

    name: str
    low: float
    high: float
    log: bool = False
    bend: float = 1.0

    @property
    def palette(self) -> Bytes:
        """Transparent, then 255 steps of the colour map."""
        colours = crameri(self.name)
        chosen = np.rint(np.linspace(0, len(colours) - 1, 255)).astype(int)
        return np.concatenate([np.zeros((1, 3), np.uint8), colours[chosen]])

    def indices(self, values: Array) -> Bytes:
        """1 at the low end to 255 at the high end."""
        low, high = self.low, self.high
        if self.log:
            low, high = np.log(low), np.log(high)
            values = np.log(np.maximum(values, self.low))
        share = np.clip(np.nan_to_num((values - low) / (high - low)), 0.0, 1.0) ** self.bend
        steps = 1 + np.minimum(np.floor(255.0 * share), 254)
        return np.where(np.isnan(values), 0, steps).astype(np.uint8)

    def bar(self, unit: str, values: Array) -> ColourBar:
        """Draw the scale; its ends say where values lie beyond."""
        ticks = (log_ticks if self.log else round_ticks)(self.low, self.high)
        named = list(thinned([Tick(100 * (t.at / 100) ** self.bend, t.text) for t in ticks]))
        if named and np.nanmax(values) > self.high * (1 + 1e-6) and named[-1].at > 99:
            named[-1] = Tick(named[-1].at, f"≥ {named[-1].text}")
        if named and np.nanmin(values) < self.low - 1e-6 * abs(self.low) and named[0].at < 1:
            named[0] = Tick(named[0].at, f"≤ {named[0].text}")
        return ColourBar(_strip(np.arange(1, 256), self.palette), unit, tuple(named))


@dataclass(frozen=True)
class Relief:
    """Sea and land of a topography: the colours break exactly at the coast, z > 0.

    Attributes
    ----------
    low, high : float
        Metres at both ends, below and above zero; each half is stretched by itself, with more
        colours for lowland than for mountains.
    """

    low: float
    high: float

    @property
    def palette(self) -> Bytes:
        """Transparent, 127 steps of sea, 128 steps of land."""
        return np.concatenate([np.zeros((1, 3), np.uint8), crameri("oleron")[1:]])

    def indices(self, values: Array) -> Bytes:
        """1 to 127 for sea, 128 to 255 for land."""
        filled = np.nan_to_num(values)
        sea = 1 + np.clip(np.floor(127 * (1 - filled / self.low)), 0, 126)
        height = np.clip(filled / self.high, 0.0, 1.0) ** LOWLAND
        land = 128 + np.minimum(np.floor(128 * height), 127)
        steps = np.where(filled > 0, land, sea)
        return np.where(np.isnan(values), 0, steps).astype(np.uint8)

    def bar(self, unit: str) -> ColourBar:
        """Draw the scale with the coast in its middle."""
        sea = [Tick(t.at / 2, t.text) for t in round_ticks(self.low, 0.0, 3)]
        above = round_ticks(0.0, self.high, 3)
        land = [Tick(50 + 50 * (t.at / 100) ** LOWLAND, t.text) for t in above]
        ticks = thinned([tick for tick in sea if tick.at < 49.9] + land)
        return ColourBar(_strip(np.arange(1, 256), self.palette), unit, ticks)


@dataclass(frozen=True)
class Classes:
    """One colour for each of a few whole numbers; all others are not shown."""

    colours: Mapping[int, str]

    @property
    def palette(self) -> Bytes:
        """Transparent, then the colours in the order given."""
        rows = [(0, 0, 0)] + [_rgb(colour) for colour in self.colours.values()]
        return np.array(rows, dtype=np.uint8)

    def indices(self, values: Array) -> Bytes:
        """1 for the first class, and so on."""
        result = np.zeros(values.shape, dtype=np.uint8)
        for index, value in enumerate(self.colours, start=1):
            result[values == value] = index
        return result


def image(values: Array, scale: Scale) -> str:
    """Colour a field.

    Parameters
    ----------
    values : ndarray, (ny, nx)
        The first row is drawn on top; NaN is transparent.
    scale : Scale

    Returns
    -------
    str
        A PNG as a data URI.
    """
    return _png(scale.indices(values), scale.palette)


def hexadecimal(colour: npt.ArrayLike) -> str:
    """Write a colour (3 bytes) as CSS does."""
    red, green, blue = (int(part) for part in np.asarray(colour))
    return f"#{red:02x}{green:02x}{blue:02x}"


def relief_for(values: Array) -> Relief:
    """Choose round ends that hold a topography."""
    return Relief(
        low=min(-500.0, 500.0 * np.floor(np.nanmin(values) / 500.0)),
        high=max(500.0, 500.0 * np.ceil(np.nanmax(values) / 500.0)),
    )


def _strip(indices: npt.NDArray[np.int64], palette: Bytes) -> str:
    return _png(indices.astype(np.uint8)[None, :], palette)


def _png(indices: Bytes, palette: Bytes) -> str:
    picture = Image.fromarray(np.ascontiguousarray(indices))
    picture.putpalette(palette.tobytes())
    stream = io.BytesIO()
    picture.save(stream, format="PNG", transparency=0)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
