"""All steps, and the graph that follows from what they need and make."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import TopologicalSorter

from gondwana.errors import InputError, ParameterError
from gondwana.steps import (
    ahmcoef,
    bathymetry,
    calculate_weights,
    heatflow,
    internal_oceans,
    ocean_grid,
    passage_problems,
    pft,
    regrid,
    routing,
    soils,
    sub_basins,
    topo_high_res,
)
from gondwana.steps.contract import Step
from gondwana.steps.external import folders, read_step
from gondwana.steps.kinds import KINDS

STEPS: dict[str, Step] = {
    module.STEP.name: module.STEP
    for module in (
        regrid,
        internal_oceans,
        routing,
        soils,
        topo_high_res,
        pft,
        ocean_grid,
        bathymetry,
        passage_problems,
        sub_basins,
        heatflow,
        ahmcoef,
        calculate_weights,
    )
}


def _add_external() -> None:
    """Take in the steps in other languages, each of which may use what those before it make."""
    for folder in folders():
        step, kinds = read_step(folder, KINDS)
        if step.name in STEPS:
            raise InputError(
                f"there is a step '{step.name}' already", remedy="rename it", where=str(folder)
            )
        STEPS[step.name] = step
        KINDS.update({kind.name: kind for kind in kinds})


_add_external()


def step_named(name: str) -> Step:
    """Return a step by its name.

    Raises
    ------
    ParameterError
        No such step; the message lists those there are.
    """
    if name not in STEPS:
        raise ParameterError(f"there is no step '{name}'", remedy=f"choose from {', '.join(STEPS)}")
    return STEPS[name]


def maker_of(kind: str) -> Step | None:
    """Return the step that makes a kind of file; None for what the person gives."""
    return next((step for step in STEPS.values() if kind in step.outputs), None)


def depends_on(step: Step) -> list[Step]:
    """Return the steps that make the inputs of a step, in the order of its inputs."""
    makers = (maker_of(kind) for kind in (*step.inputs, *step.optional_inputs))
    return [maker for maker in makers if maker is not None]


def in_order(names: Iterable[str] | None = None) -> list[Step]:
    """Return the named steps and all they depend on, each after what it needs.

    Parameters
    ----------
    names : iterable of str, optional
        Steps wanted; by default all that are written in Python.

    Returns
    -------
    list of Step
        Ties keep the order of the registry.
    """
    in_python = [name for name, step in STEPS.items() if step.run is not None]
    wanted = [step_named(name) for name in (in_python if names is None else names)]
    needed: dict[str, list[str]] = {}
    while wanted:
        step = wanted.pop()
        if step.name not in needed:
            before = depends_on(step)
            needed[step.name] = [other.name for other in before]
            wanted.extend(before)
    graph = {name: needed[name] for name in STEPS if name in needed}
    return [STEPS[name] for name in TopologicalSorter(graph).static_order()]
