"""Numbers as people type them and as pages write them.

A number is understood where it can be read in one way only. ``1 000`` is a thousand, ``1,5`` is one
and a half; ``1,500`` is a thousand and a half for some and one and a half for others, so it is
refused, with words, rather than guessed.
"""

from __future__ import annotations

import math
import re

from gondwana.web.forms.saying import _

_LONGEST = 300  # characters, more than the digits of the largest float
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]+")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SPACED = re.compile(r"[+-]?\d{1,3}( \d{3})+([.,]\d*)?", re.ASCII)
_COMMA = re.compile(r"([+-]?)(\d*),(\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMAS = re.compile(r"[+-]?\d{1,3}((,\d{3}){2,}(\.\d*)?|,\d{3}\.\d*)", re.ASCII)


def number(text: str) -> float:
    """Read a number.

    Parameters
    ----------
    text : str
        As somebody typed it, or as a spreadsheet gave it.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    ValueError
        It is none, or could be read in two ways; its message is for the person.
    """
    plain = _plain(text)
    value = float(plain)
    if not math.isfinite(value):
        raise ValueError(_("is too large for a number"))
    return value


def integer(text: str) -> int:
    """Read a whole number; raises as `number`."""
    plain = _plain(text)
    if plain.lstrip("+-").isdecimal():
        return int(plain)
    value = float(plain)
    if not value.is_integer():
        raise ValueError(_("is not a whole number"))
    return int(value)


def written(value: float) -> str:
    """Write a number so that reading it gives the same again, without needless zeros."""
    if isinstance(value, int):
        return str(value)
    told = repr(value)
    return told.removesuffix(".0")


def _plain(text: str) -> str:
    """Return what was typed as Python writes numbers."""
    text = _SPACES.sub(" ", text.strip()).replace("\u2212", "-")
    if not text:
        raise ValueError(_("is empty"))
    if len(text) > _LONGEST:
        raise ValueError(_("is too long for a number"))
    if _SPACED.fullmatch(text):
        return text.replace(" ", "").replace(",", ".")
    if _PLAIN.fullmatch(text):
        return text
    if _COMMAS.fullmatch(text):
        return text.replace(",", "")
    comma = _COMMA.fullmatch(text)
    if comma is None:
        raise ValueError(_("is not a number"))
    _sign, whole, rest, _power = comma.groups()
    if len(rest) == 3 and 0 < len(whole) <= 3 and whole.strip("0"):
        raise ValueError(
            _(
                "can be read as %(whole)s.%(rest)s or as %(whole)s%(rest)s; write a point before "
                "decimals and nothing between thousands",
                whole=whole,
                rest=rest,
            )
        )
    return text.replace(",", ".")
