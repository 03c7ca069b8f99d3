"""How numbers are written for a reader: grouped digits, round ticks, degrees, sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_GROUP = "\u202f"  # narrow no-break space


@dataclass(frozen=True)
class Tick:
    """A label at a place of an axis.

    Attributes
    ----------
    at : float
        Per cent of the axis.
    text : str
    minor : bool
        May be left out where there is little room.
    """

    at: float
    text: str
    minor: bool = False


def label(value: float, digits: int = 3) -> str:
    """Write a number with about so many significant digits and grouped thousands."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(decimals, 6)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", _GROUP).replace("-", "−")


def size(count: int) -> str:
    """Write a number of bytes."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{label(value)} {unit}"
        value /= 1000
    return f"{label(value)} GB"


def place(lon: float, lat: float) -> str:
    """Write a place: 12.5°N 60.5°W."""
    return f"{latitude(lat)} {longitude(lon)}"


def longitude(value: float) -> str:
    """Write a longitude with its side."""
    value = (value + 180.0) % 360.0 - 180.0
    side = "" if value in (0.0, -180.0) else "E" if value > 0 else "W"
    return f"{label(abs(value), 4)}°{side}"


def latitude(value: float) -> str:
    """Write a latitude with its side."""
    side = "" if value == 0.0 else "N" if value > 0 else "S"
    return f"{label(abs(value), 4)}°{side}"


def round_steps(low: float, high: float, most: int = 6) -> list[float]:
    """List round numbers within a range, at most so many intervals."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if power * f >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def round_ticks(low: float, high: float, most: int = 5) -> tuple[Tick, ...]:
    """Place ticks on an even axis."""
    return tuple(
        Tick(100.0 * (value - low) / (high - low), label(value, 6))
        for value in round_steps(low, high, most)
    )


def thinned(ticks: Sequence[Tick], least: float = 12.0) -> tuple[Tick, ...]:
    """Leave out ticks that come closer than so many per cent; the last one is kept."""
    if not ticks:
        return ()
    *others, last = ticks
    kept: list[Tick] = []
    for tick in others:
        if (not kept or tick.at - kept[-1].at >= least) and last.at - tick.at >= least:
            kept.append(tick)
    return (*kept, last)


def log_ticks(low: float, high: float) -> tuple[Tick, ...]:
    """Place ticks on a logarithmic axis: powers of ten, and steps between if those are few."""
    span = math.log10(high / low)
    factors = (1,) if span > 4 else (1, 3) if span > 1.5 else (1, 2, 3, 5, 7)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    values = [factor * 10.0**power for power in powers for factor in factors]
    within = [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
    return tuple(
        Tick(100.0 * math.log10(value / low) / span, label(value, 6))
        for value in (within if len(within) > 1 else round_steps(low, high, 4))
    )


def round_up(value: float) -> float:
    """Find the next round number, for the end of a scale."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    factors = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next(power * f for f in factors if power * f >= value * (1 - 1e-9))


def degree_ticks(west: float, east: float, most: int) -> list[float]:
    """List the meridians or parallels to be named within a range of degrees."""
    span = east - west
    steps = (0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90)
    step = next((s for s in steps if span / s <= most), 90)
    first, last = math.ceil(west / step - 1e-9), math.floor(east / step + 1e-9)
    return [k * step for k in range(first, last + 1)]
