"""Numbers in addresses and forms."""

from __future__ import annotations

_LARGEST = 10**9


def whole_number(text: str) -> int:
    """Return a whole number as somebody typed it.

    Raises
    ------
    ValueError
        It is none, or one that no database has a place for.
    """
    value = int(text)
    if abs(value) > _LARGEST:
        raise ValueError(f"{text} is too large")
    return value
