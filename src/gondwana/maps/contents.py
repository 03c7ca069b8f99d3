"""What a file says of itself, as told to those who must not open it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class VariableHeader:
    """A variable of a file.

    Attributes
    ----------
    name, dtype : str
    dimensions : tuple of str
    shape : tuple of int
    title, unit : str
        ``long_name`` (or ``standard_name``) and ``units``, empty where the file has none.
    attributes : tuple of (str, str)
    drawable : bool
        Numbers over one dimension or more.
    coordinate : bool
        It tells places or times of others.
    """

    name: str
    dtype: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    title: str
    unit: str
    attributes: tuple[tuple[str, str], ...]
    drawable: bool
    coordinate: bool


@dataclass(frozen=True)
class Header:
    """A file without its values.

    Attributes
    ----------
    format : str
    dimensions : tuple of (str, int)
    variables : tuple of VariableHeader
    attributes : tuple of (str, str)
        Of the whole file.
    best : str
        The variable to draw first; empty if there is none to draw.
    """

    format: str
    dimensions: tuple[tuple[str, int], ...]
    variables: tuple[VariableHeader, ...]
    attributes: tuple[tuple[str, str], ...]
    best: str

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Header:
        """Make a header of its JSON values."""
        variables = tuple(
            VariableHeader(
                **{
                    **one,
                    "dimensions": tuple(one["dimensions"]),
                    "shape": tuple(one["shape"]),
                    "attributes": _pairs(one["attributes"]),
                }
            )
            for one in told["variables"]
        )
        return cls(
            format=told["format"],
            dimensions=_pairs(told["dimensions"]),
            variables=variables,
            attributes=_pairs(told["attributes"]),
            best=told["best"],
        )


def _pairs(told: list[list[Any]]) -> tuple[tuple[Any, Any], ...]:
    return tuple((name, value) for name, value in told)
