"""What an address or a form says about a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gondwana.errors import ParameterError
from gondwana.maps.views import View

SLICE = "slice."
"""Beginning of the names of fields that choose a slice of another dimension."""

_NUMBERS = ("low", "high", "centre")
_SWITCHES = ("reverse", "log", "symmetric")
_LINES = ("coast", "graticule")
_SHOWN = "shown"
"""A hidden field of the form: with it, a box without a tick means no."""


def view_of(given: Mapping[str, str], width: int) -> View:
    """Read a view.

    Parameters
    ----------
    given : mapping
        Values of the address, or of a form; what is empty is left to the field.
    width : int
        Pixels, if none are given.

    Raises
    ------
    ParameterError
        One of them cannot be used.
    """
    chosen: dict[str, Any] = {"width": _whole(given, "width", width)}
    chosen |= {name: given[name] for name in ("variable", "colours") if given.get(name)}
    if given.get("projection"):
        chosen["projection"] = given["projection"]
    for name in _NUMBERS:
        if given.get(name, "").strip():
            chosen[name] = _number(given, name)
    chosen["steps"] = _whole(given, "steps", 0)
    chosen |= {name: given.get(name) == "on" for name in _SWITCHES}
    is_form = _SHOWN in given
    for name in _LINES:
        chosen[name] = given.get(name, "off" if is_form else "on") == "on"
    chosen["index"] = tuple(
        (name.removeprefix(SLICE), _whole(given, name, 0))
        for name in sorted(given)
        if name.startswith(SLICE)
    )
    return View(**chosen)


def _number(given: Mapping[str, str], name: str) -> float:
    try:
        return float(given[name].strip().replace("−", "-").replace(",", "."))
    except ValueError:
        raise ParameterError(f"'{name}' of the map is no number", remedy="give a number") from None


def _whole(given: Mapping[str, str], name: str, otherwise: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise ParameterError(f"'{name}' of the map is no number", remedy="give a whole number")
    return int(text)
