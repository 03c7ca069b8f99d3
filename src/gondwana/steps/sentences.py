"""What a model of pydantic does not accept, told in one sentence for a person."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError


def told(error: ValidationError, name: str = "parameter") -> str:
    """Tell a validation error in one sentence.

    Parameters
    ----------
    error : ValidationError
    name : str
        What the fields are for a person, who is told that there is no such one.
    """
    return ", and ".join(_problems(error, name))


def _problems(error: ValidationError, name: str) -> Iterable[str]:
    told_already: set[str] = set()
    for detail in error.errors(include_url=False):
        # a union tells every alternative, whose names hold brackets or hyphens: one is enough
        parts = [str(part) for part in detail["loc"]]
        named = [part for part in parts if part.replace("_", "").isalnum()]
        place = ".".join(named)
        if named != parts and place in told_already:
            continue
        told_already.add(place)
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            yield f"there is no {name} '{place}'"
        else:
            yield f"'{place}': {message[:1].lower()}{message[1:]}" if place else message
