"""Names that people give: what may be one, how they are compared, and how a free one is found."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from itertools import count

from gondwana.errors import ParameterError

LONGEST = 100


def clean_name(name: str) -> str:
    """Return a name as it is kept.

    Raises
    ------
    ParameterError
        Empty, too long, or with something in it that cannot be seen or parts a path.
    """
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    if not clean:
        raise ParameterError("the name is empty", remedy="give one")
    if len(clean) > LONGEST:
        raise ParameterError(f"the name is longer than {LONGEST} letters", remedy="shorten it")
    # controls, marks of direction, surrogates, unassigned: what cannot be seen can deceive
    if any(unicodedata.category(letter).startswith("C") or letter in "/\\" for letter in clean):
        raise ParameterError(
            "the name holds a slash or a letter that cannot be seen", remedy="leave it out"
        )
    return clean


def compared(name: str) -> str:
    """Return the form in which names are equal that differ by letter case alone."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: itself, or with a number behind it."""
    for number in count(2):
        if name not in taken:
            return name
        tail = f" ({number})"
        base = name.removesuffix(f" ({number - 1})") if number > 2 else name
        name = base[: LONGEST - len(tail)] + tail
    raise AssertionError  # never reached: count has no end
