"""The graph of steps, derived from what they declare to need and to make.

Works for any collection of steps, so that a step in another language, or a handful made up by a
test, stand in it like those of the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import ClassVar

from gondwana.errors import GondwanaError
from gondwana.steps.contract import Step


class GraphError(GondwanaError):
    """Steps whose declarations do not fit together."""

    code = "bad_graph"
    http_status: ClassVar[int] = 500


@dataclass(frozen=True)
class Graph:
    """Steps and what leads from one to the next.

    Attributes
    ----------
    steps : mapping of str to Step
        By name, in topological order: each after what it needs.
    makers : mapping of str to str
        For each kind of file the step that makes it; what a person gives is absent.
    """

    steps: Mapping[str, Step]
    makers: Mapping[str, str]
    _before: Mapping[str, tuple[str, ...]]
    _after: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, steps: Iterable[Step]) -> Graph:
        """Derive the graph.

        Parameters
        ----------
        steps : iterable of Step
            In any order.

        Returns
        -------
        Graph

        Raises
        ------
        GraphError
            Two steps have one name or make the same kind, or steps need each other in a circle.
        """
        declared: dict[str, Step] = {}
        makers: dict[str, str] = {}
        for step in steps:
            if step.name in declared:
                raise GraphError(f"two steps are named '{step.name}'", remedy="rename one")
            declared[step.name] = step
            for kind in step.outputs:
                if kind in makers:
                    raise GraphError(
                        f"both '{makers[kind]}' and '{step.name}' make '{kind}'",
                        remedy="let one step make each kind",
                    )
                makers[kind] = step.name
        before = {name: _makers_of(step, makers) for name, step in declared.items()}
        order = _in_order(before)
        after = {name: tuple(n for n in order if name in before[n]) for name in order}
        return cls(
            MappingProxyType({name: declared[name] for name in order}),
            MappingProxyType(makers),
            MappingProxyType(before),
            MappingProxyType(after),
        )

    @property
    def order(self) -> tuple[str, ...]:
        """Names of all steps, each after those it depends on."""
        return tuple(self.steps)

    @property
    def given(self) -> tuple[str, ...]:
        """Kinds that no step makes, in the order they are first needed."""
        return tuple(
            dict.fromkeys(
                kind
                for step in self.steps.values()
                for kind in kinds_of(step)
                if kind not in self.makers
            )
        )

    def depends_on(self, name: str) -> tuple[str, ...]:
        """Return the steps that make the inputs of a step, in the order of its inputs."""
        return self._before[name]

    def dependants(self, name: str) -> tuple[str, ...]:
        """Return the steps that use what a step makes, in topological order."""
        return self._after[name]

    def upstream(self, name: str) -> tuple[str, ...]:
        """Return all that a step depends on, directly or not, in topological order."""
        return self._reached(name, self._before)

    def downstream(self, name: str) -> tuple[str, ...]:
        """Return all that depends on a step, directly or not, in topological order."""
        return self._reached(name, self._after)

    def _reached(self, name: str, edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        reached: set[str] = set()
        ahead = list(edges[name])
        while ahead:
            other = ahead.pop()
            if other not in reached:
                reached.add(other)
                ahead.extend(edges[other])
        return tuple(other for other in self.steps if other in reached)


def kinds_of(step: Step) -> Iterator[str]:
    """Yield every kind a step uses: those it needs, then those it takes if they are there."""
    yield from step.inputs
    yield from step.optional_inputs


def _makers_of(step: Step, makers: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(makers[kind] for kind in kinds_of(step) if kind in makers))


def _in_order(before: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return tuple(TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise GraphError(
            f"steps need each other in a circle: {circle}",
            remedy="take one input away from one of them",
        ) from None
