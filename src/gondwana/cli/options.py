"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
import yaml

from gondwana.errors import ParameterError

Command = TypeVar("Command", bound=Callable[..., Any])

READABLE = click.Path(path_type=Path)


def reading(command: Command) -> Command:
    """Options that say how to read a topography."""
    for option in (
        click.option("--lat", metavar="NAME", help="Latitude variable, where guessing fails."),
        click.option("--lon", metavar="NAME", help="Longitude variable, where guessing fails."),
        click.option("--variable", metavar="NAME", help="Variable that holds the elevation."),
    ):
        command = option(command)
    return command


def settings(words: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read ``step.parameter=value`` words.

    Parameters
    ----------
    words : iterable of str
        Values are YAML: ``10``, ``nearest``, ``[1, 2]``.

    Returns
    -------
    dict
        Values by step and parameter.

    Raises
    ------
    ParameterError
        A word that is not of this form.
    """
    values: dict[str, dict[str, Any]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        step, dot, parameter = name.strip().partition(".")
        if not (equals and dot and step and parameter):
            raise ParameterError(
                f"'{word}' is not of the form step.parameter=value",
                remedy="write for instance --set bathymetry.minimum_depth=20",
                where="--set",
            )
        try:
            values.setdefault(step, {})[parameter] = yaml.safe_load(text)
        except yaml.YAMLError:
            raise ParameterError(
                f"the value of '{name}' is not YAML", remedy="quote it", where="--set"
            ) from None
    return values


def merged(
    base: dict[str, dict[str, Any]], *others: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Lay settings over settings; the later ones win, parameter by parameter."""
    result = {step: dict(values) for step, values in base.items()}
    for other in others:
        for step, values in other.items():
            result.setdefault(step, {}).update(values)
    return result


def given(**values: Any) -> dict[str, Any]:
    """Keep the options that were given."""
    return {name: value for name, value in values.items() if value is not None}
