"""What a step is: declared once, and everything else is derived from the declaration.

The command line, the graph of the workflow, the recipe and the documentation read these
declarations; to add a step is to add one module and name it in the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xarray as xr
from pydantic import BaseModel, ConfigDict, Field

from gondwana.formats.netcdf import open_netcdf
from gondwana.science.checks import Change, Check
from gondwana.steps.edits import Edit


class StepParameters(BaseModel):
    """Base of every step's parameters: unknown names are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def parameter(
    default: Any,
    *,
    title: str,
    about: str,
    unit: str = "",
    **bounds: Any,
) -> Any:
    """Declare one parameter.

    Parameters
    ----------
    default : object
        Value when nothing is said.
    title, about : str
        A label of a few words, and a sentence in plain words.
    unit : str
        Unit as it is shown; empty for a number without one.
    **bounds
        ``ge``, ``gt``, ``le``, ``lt`` and other constraints of pydantic.
    """
    return Field(
        default, title=title, description=about, json_schema_extra={"unit": unit}, **bounds
    )


@dataclass(frozen=True)
class Kind:
    """A kind of file that travels between steps.

    Attributes
    ----------
    name : str
        Identifier: ``routing``.
    filename : str
        Name in the results: ``routing.nc``.
    title : str
        What it is, in a few words.
    published : bool
        Belongs to the results; otherwise it only passes from one step to the next.
    """

    name: str
    filename: str
    title: str
    published: bool = True


@dataclass(frozen=True)
class Task:
    """What a step's function is given.

    Attributes
    ----------
    inputs : mapping of str to Path
        The file of each input kind; optional inputs that were not given are absent.
    parameters : StepParameters
        Validated values of the step's own model.
    edits : tuple of Edit
        What a person asked for, in order; empty for steps that are not interactive.
    """

    inputs: Mapping[str, Path]
    parameters: Any
    edits: tuple[Edit, ...] = ()

    def open(self, kind: str) -> xr.Dataset:
        """Read an input that a step wrote earlier; NaN marks missing values."""
        return open_netcdf(self.inputs[kind])


@dataclass(frozen=True)
class Outcome:
    """What a step's function returns.

    Attributes
    ----------
    outputs : mapping of str to Dataset
        A dataset for each output kind, typed as it is to be stored.
    checks : sequence of Check
        What was checked, and how it turned out.
    changes : sequence of Change
        What the step changed in the terrain, and why.
    notes : sequence of str
        Sentences for the report: conversions, choices made by a default.
    """

    outputs: Mapping[str, xr.Dataset]
    checks: tuple[Check, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """The declaration of a step.

    Attributes
    ----------
    name : str
        Identifier in snake case, the same in files, messages and pages.
    version : int
        Raised whenever the same input may give other values than before.
    title, about : str
        A label, and a few sentences on what it computes.
    inputs, outputs : tuple of str
        Kinds it needs and makes.
    parameters : type of StepParameters
        Its parameters with units, bounds and help.
    run : callable
        The function: a task in, an outcome out. It reads its inputs and writes nothing.
    optional_inputs : tuple of str
        Kinds it uses if they are there.
    worker : str
        Tag of the workers that can run it.
    interactive : bool
        A person may edit here; without one, a policy among the parameters decides.
    timeout : float
        Seconds after which it is stopped.
    retries : int
        How often a failure that may pass by itself is tried again.
    """

    name: str
    version: int
    title: str
    about: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: type[StepParameters]
    run: Callable[[Task], Outcome] = field(repr=False)
    optional_inputs: tuple[str, ...] = ()
    worker: str = "python"
    interactive: bool = False
    timeout: float = 600.0
    retries: int = 1
