"""What a step is: declared once, and everything else is derived from the declaration.

The command line, the graph of the workflow, the recipe and the documentation read these
declarations. They load nothing that computes: the function of a step is loaded when it is
first run (`Later`). To add a step is to declare it in a module of its own, to write its function in
`running`, and to name it in the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from gondwana.errors import InputError
from gondwana.formats.netcdf import open_netcdf
from gondwana.science.checks import Change, Check
from gondwana.steps.edits import Edit

if TYPE_CHECKING:
    import xarray as xr

    from gondwana.science.ocean_grid import OceanGrid

Progress = Callable[[float, str], None]
"""Told how much is done, from 0 to 1, and in a few words what is being done."""


def silent(_fraction: float, _note: str) -> None:
    """Tell nobody how far a step is."""


class StepParameters(BaseModel):
    """Base of every step's parameters: unknown names are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Table:
    """How the rows of a parameter are shown and what has to hold in them.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns, the code of a row or the number of a group first where there is one.
    total : float or None
        What all columns but the first sum to in each row.
    rises_to : float or None
        The first column rises from above 0, and ends here.
    """

    columns: tuple[str, ...]
    total: float | None = None
    rises_to: float | None = None


def parameter(
    default: Any,
    *,
    title: str,
    about: str,
    unit: str = "",
    table: Table | None = None,
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
    table : Table, optional
        For a parameter that has rows.
    **bounds
        ``ge``, ``gt``, ``le``, ``lt`` and other constraints of pydantic.
    """
    extra: dict[str, Any] = {"unit": unit}
    if table is not None:
        extra["table"] = asdict(table) | {"columns": list(table.columns)}
    return Field(default, title=title, description=about, json_schema_extra=extra, **bounds)


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
    progress : callable
        For steps that take long: ``task.progress(0.25, "searching")``, as often as it likes.
    """

    inputs: Mapping[str, Path]
    parameters: Any
    edits: tuple[Edit, ...] = ()
    progress: Progress = field(default=silent, repr=False)

    def topography(self, kind: str = "topography") -> xr.DataArray:
        """Read a topography that a step wrote: (lat, lon), metres, south first.

        Raises
        ------
        InputError
            Another file, or one from elsewhere that was not brought to this form.
        """
        field = self._variable(kind, "topography", ("lat", "lon"))
        lat, lon = field["lat"].values, field["lon"].values
        if not (np.all(np.diff(lat) > 0) and np.all(np.diff(lon) > 0)):
            raise InputError(
                "is not south first with ascending longitudes",
                remedy="bring it to that form with `gondwana step regrid`",
                where=str(self.inputs[kind]),
            )
        return field

    def bathymetry(self, grid: OceanGrid, kind: str = "bathy") -> xr.DataArray:
        """Read a bathymetry that a step wrote: (y, x), depth in metres, float64, 0 = land.

        Raises
        ------
        InputError
            Another file, depths that are missing or negative, or not those of this grid.
        """
        depth = self._variable(kind, "Bathymetry", ("y", "x")).astype(np.float64)
        if depth.shape != grid.shape:
            raise InputError(
                f"has {depth.shape[0]} x {depth.shape[1]} cells and the ocean grid "
                f"{grid.shape[0]} x {grid.shape[1]}",
                remedy="give files of the same grid",
                where=str(self.inputs[kind]),
            )
        if float(depth.min()) < 0.0:
            raise InputError(
                "has depths below 0", remedy="give positive depths", where=str(self.inputs[kind])
            )
        return depth

    def grid(self) -> OceanGrid:
        """Read the ocean grid.

        Raises
        ------
        InputError
            The file holds no NEMO coordinates.
        """
        from gondwana.science.ocean_grid import OceanGrid  # noqa: PLC0415

        try:
            return OceanGrid.from_coordinates(open_netcdf(self.inputs["coordinates"]))
        except InputError as error:
            raise error.at(str(self.inputs["coordinates"])) from None

    def _variable(self, kind: str, name: str, dims: tuple[str, str]) -> xr.DataArray:
        dataset, where = open_netcdf(self.inputs[kind]), str(self.inputs[kind])
        if name not in dataset or dataset[name].dims != dims:
            raise InputError(
                f"has no variable '{name}' over {dims[0]} and {dims[1]}",
                remedy=f"give the file of the kind '{kind}' that a step wrote",
                where=where,
            )
        field = dataset[name]
        missing = int(np.sum(~np.isfinite(field.values)))
        if missing:
            raise InputError(
                f"{missing} values of '{name}' are missing", remedy="fill them first", where=where
            )
        return field


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
class Later:
    """The function of a step, in a module that is loaded when it is first called.

    Attributes
    ----------
    module : str
        Name of the module; its function is called ``run``.
    """

    module: str

    def load(self) -> Callable[[Task], Outcome]:
        """Load the module, and all that it needs to compute."""
        function: Callable[[Task], Outcome] = import_module(self.module).run
        return function

    def __call__(self, task: Task) -> Outcome:
        """Do the step."""
        return self.load()(task)


@dataclass(frozen=True)
class Step:
    """The declaration of a step.

    It is done by a function or by a program in any language (see `programs`). A step may have
    neither as yet: it stands in the graph and waits for a worker.

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
    run : callable or None
        The function: a task in, an outcome out. It reads its inputs and writes nothing.
    program : Path or None
        An executable file that does it, where there is no function.
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
    run: Callable[[Task], Outcome] | None = field(default=None, repr=False)
    program: Path | None = None
    optional_inputs: tuple[str, ...] = ()
    worker: str = "python"
    interactive: bool = False
    timeout: float = 600.0
    retries: int = 1

    @property
    def can_run(self) -> bool:
        """Whether this machine has what runs it."""
        return self.run is not None or self.program is not None

    def load(self) -> None:
        """Load what the function needs now, so that its first run is as quick as the others."""
        if isinstance(self.run, Later):
            self.run.load()
