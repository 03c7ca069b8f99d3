"""What one input takes: a switch, one of some words, a number, a whole number, or a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from unicodedata import category

from gondwana.web.forms import numbers
from gondwana.web.forms.saying import _

CellKind = Literal["yes/no", "choice", "number", "integer", "text"]

_UNSEEN = ("Cc", "Cs")  # control characters and halves of characters, which no database keeps

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Cell:
    """One input.

    Attributes
    ----------
    kind : str
    optional : bool
        It may be left empty, which means "not set".
    choices : tuple
        Values to choose from; for a number, words that stand for one.
    at_least, above, at_most, below : float or None
        Bounds of a number.
    longest : int or None
        Characters of a text.
    """

    kind: CellKind
    optional: bool = False
    choices: tuple[Any, ...] = ()
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    longest: int | None = None

    @property
    def is_number(self) -> bool:
        """Whether digits are typed."""
        return self.kind in ("number", "integer")

    @property
    def options(self) -> tuple[str, ...]:
        """What there is to choose from, as it is posted."""
        if self.kind == "yes/no":
            return (YES, NO)
        return tuple(write(self, choice) for choice in self.choices)

    @property
    def range(self) -> str:
        """The bounds in words; empty where there are none."""
        low = None if self.at_least is None else numbers.written(self.at_least)
        high = None if self.at_most is None else numbers.written(self.at_most)
        if low is not None and high is not None:
            return _("from %(low)s to %(high)s", low=low, high=high)
        parts = []
        if low is not None:
            parts.append(_("at least %(low)s", low=low))
        if self.above is not None:
            parts.append(_("above %(low)s", low=numbers.written(self.above)))
        if high is not None:
            parts.append(_("at most %(high)s", high=high))
        if self.below is not None:
            parts.append(_("below %(high)s", high=numbers.written(self.below)))
        return ", ".join(parts)


def write(cell: Cell, value: Any) -> str:
    """Write a JSON value as the text that stands in the input; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, int | float) and cell.kind != "text":
        return numbers.written(value)
    return str(value)


def read(cell: Cell, text: str) -> Any:
    """Read what stands in an input; bounds are not looked at.

    Spaces around a text are dropped.

    Raises
    ------
    ValueError
        It is not what the input takes; the message goes on after what was typed.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text and cell.optional:
        return None
    return _READERS[cell.kind](cell, text)


def _chosen(cell: Cell, text: str) -> Any:
    for choice, option in zip(cell.choices, cell.options, strict=True):
        if text == option.strip():
            return choice
    known = ", ".join(cell.options)
    if not text:
        raise ValueError(_("is empty: choose from %(known)s", known=known))
    raise ValueError(_("is not among the choices: %(known)s", known=known))


def _switched(_cell: Cell, text: str) -> bool:
    known: Mapping[str, bool] = {YES: True, NO: False}
    if text not in known:
        raise ValueError(_("is neither yes nor no"))
    return known[text]


def _number(cell: Cell, text: str) -> Any:
    if text in cell.options:
        return _chosen(cell, text)
    try:
        return numbers.integer(text) if cell.kind == "integer" else numbers.number(text)
    except ValueError as error:
        if not cell.choices:
            raise
        words = ", ".join(cell.options)
        raise ValueError(_("%(problem)s or one of %(words)s", problem=error, words=words)) from None


def _text(_cell: Cell, text: str) -> str:
    if any(category(letter) in _UNSEEN and letter not in "\n\t" for letter in text):
        raise ValueError(_("holds a character that cannot be shown"))
    return text


_READERS: Mapping[CellKind, Callable[[Cell, str], Any]] = {
    "yes/no": _switched,
    "choice": _chosen,
    "number": _number,
    "integer": _number,
    "text": _text,
}
