"""All steps, and the graph that follows from what they need and make."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import TopologicalSorter

from gondwana.errors import ParameterError
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
from gondwana.steps.external import declared, join_steps
from gondwana.steps.kinds import KINDS

STEPS: dict[str, Step] = join_steps(
    (
        regrid.STEP,
        internal_oceans.STEP,
        routing.STEP,
        soils.STEP,
        topo_high_res.STEP,
        pft.STEP,
        ocean_grid.STEP,
        bathymetry.STEP,
        passage_problems.STEP,
        sub_basins.STEP,
        heatflow.STEP,
        ahmcoef.STEP,
        calculate_weights.STEP,
    ),
    declared(),
    KINDS,
)
"""By name: those in Python, then those in other languages."""


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
        Steps wanted; all of them by default.

    Returns
    -------
    list of Step
        Ties keep the order of the registry.
    """
    wanted = [step_named(name) for name in (STEPS if names is None else names)]
    needed: dict[str, list[str]] = {}
    while wanted:
        step = wanted.pop()
        if step.name not in needed:
            before = depends_on(step)
            needed[step.name] = [other.name for other in before]
            wanted.extend(before)
    graph = {name: needed[name] for name in STEPS if name in needed}
    return [STEPS[name] for name in TopologicalSorter(graph).static_order()]


def possible_here() -> list[Step]:
    """Return what this machine can do from a topography with nothing but defaults, in order."""
    possible: list[Step] = []
    for step in in_order():
        asks = any(field.is_required() for field in step.parameters.model_fields.values())
        makers = [maker_of(kind) for kind in step.inputs]
        if step.can_run and not asks and all(m in possible for m in makers if m is not None):
            possible.append(step)
    return possible
