"""What a model does not accept, in plain words for the field where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gondwana.web.forms.cells import Cell
from gondwana.web.forms.saying import _

Context = Mapping[str, Any]

_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")


def told(detail: Mapping[str, Any], cell: Cell | None, unit: str) -> str:
    """Tell one problem that pydantic found.

    Parameters
    ----------
    detail : mapping
        As in ``ValidationError.errors()``.
    cell : Cell or None
        Of the input concerned.
    unit : str
        Of its number.

    Returns
    -------
    str
        What goes on after the name of the field, without a full stop.
    """
    kind, context = str(detail["type"]), detail.get("ctx") or {}
    if kind in _BOUNDS and cell is not None and cell.range:
        return _("has to be %(range)s", range=f"{cell.range} {unit}".strip())
    if kind in _TELLERS:
        return _TELLERS[kind](context)
    message = str(detail["msg"]).removeprefix("Value error, ")
    return _("cannot be used: %(why)s", why=message[:1].lower() + message[1:])


def _missing(_context: Context) -> str:
    return _("has to be given")


def _not_finite(_context: Context) -> str:
    return _("has to be a finite number")


def _not_multiple(context: Context) -> str:
    return _("has to be a multiple of %(step)s", step=context["multiple_of"])


def _text_too_long(context: Context) -> str:
    return _("is longer than %(count)s characters", count=context["max_length"])


def _text_too_short(context: Context) -> str:
    if context["min_length"] == 1:
        return _("is empty")
    return _("needs at least %(count)s characters", count=context["min_length"])


def _too_few(context: Context) -> str:
    if context["min_length"] == 1:
        return _("needs at least one row")
    return _("needs at least %(count)s rows", count=context["min_length"])


def _too_many(context: Context) -> str:
    return _("has more than %(count)s rows", count=context["max_length"])


_TELLERS: Mapping[str, Callable[[Context], str]] = {
    "missing": _missing,
    "finite_number": _not_finite,
    "multiple_of": _not_multiple,
    "string_too_long": _text_too_long,
    "string_too_short": _text_too_short,
    "too_short": _too_few,
    "too_long": _too_many,
}
