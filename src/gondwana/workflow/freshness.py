"""When a result is up to date: a fingerprint of everything that decides it.

A step is fresh if its fingerprint now equals that of its last success. Nothing about it is stored
but the fingerprint itself, so nothing has to be invalidated, and nothing can be forgotten to be.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gondwana.errors import ParameterError
from gondwana.formats.provenance import canonical_json
from gondwana.steps.contract import Step
from gondwana.steps.execute import validated
from gondwana.workflow.graph import kinds_of


@dataclass(frozen=True)
class File:
    """The current file of a kind, known by its checksums.

    Attributes
    ----------
    sha256 : str
        Of its bytes: where it is stored.
    arrays : str
        Of what it holds without attributes (`provenance.arrays_sha256`), if somebody computed it.
        A NetCDF file tells when and from what it was made, so that a run that changes no value
        still gives other bytes; by its arrays it is recognised as the same.
    """

    sha256: str
    arrays: str = ""

    @property
    def content(self) -> str:
        """The checksum that decides whether what depends on the file has to run again."""
        return self.arrays or self.sha256


def fingerprint(
    step: Step,
    parameters: Mapping[str, Any],
    edits: Sequence[Mapping[str, Any]],
    inputs: Mapping[str, str],
) -> str:
    """Tell in one checksum everything that decides the result of a step.

    Parameters
    ----------
    step : Step
    parameters : mapping
        Values by name; those left out take their defaults, as they do when the step runs.
    edits : sequence of mapping
        As JSON values, in the order they are applied.
    inputs : mapping of str to str
        Checksum by kind; kinds that the step does not use are left aside.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ParameterError
        A parameter is missing, unknown, out of bounds or not a JSON value.
    """
    parts = {
        "step": step.name,
        "version": step.version,
        "parameters": canonical_parameters(step, parameters),
        "edits": list(edits),
        "inputs": {kind: inputs[kind] for kind in kinds_of(step) if kind in inputs},
    }
    return hashlib.sha256(canonical_json(canonical(parts)).encode()).hexdigest()


def canonical_parameters(step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return all parameters of a step as JSON values, defaults included.

    Raises
    ------
    ParameterError
        One sentence that names what is wrong.
    """
    return validated(step, values).model_dump(mode="json")


def canonical(value: Any) -> Any:
    """Bring values that mean the same into the same form.

    ``1`` and ``1.0`` become one number, since JSON and other languages do not tell them apart;
    ``-0.0`` becomes 0; tuples become lists; keys that are whole numbers become text. Truth values
    stay apart from 0 and 1.

    Raises
    ------
    ParameterError
        NaN, an infinity, or something that JSON does not know.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, Mapping):
        return _mapping(value)
    raise ParameterError(
        f"a value of type {type(value).__name__} has no form in JSON",
        remedy="use numbers, text, lists and tables",
    )


def _number(value: float) -> int | float:
    if not math.isfinite(value):
        raise ParameterError(f"{value} is not a number to compute with", remedy="give a number")
    return int(value) if value.is_integer() else float(value)


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise ParameterError(f"{key!r} cannot be a name", remedy="use text or a whole number")
        if str(key) in result:
            raise ParameterError(f"'{key}' is there twice", remedy="leave one out")
        result[str(key)] = canonical(item)
    return result
