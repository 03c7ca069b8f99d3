"""The graph of steps as it is drawn: in layers, with the arrows that nothing else implies."""

from __future__ import annotations

from dataclasses import dataclass

from gondwana.workflow.graph import Graph


@dataclass(frozen=True)
class Drawing:
    """A graph of steps, ready to be drawn.

    Attributes
    ----------
    layers : tuple of tuple of str
        Names of steps; each step stands in the first layer after all that it depends on.
    arrows : tuple of pair of str
        From step to step, without those that follow from others.
    """

    layers: tuple[tuple[str, ...], ...]
    arrows: tuple[tuple[str, str], ...]


def drawing(graph: Graph) -> Drawing:
    """Arrange a graph: steps with many dependants stand in the middle of their layer."""
    depth: dict[str, int] = {}
    for name in graph.order:
        depth[name] = max((depth[other] + 1 for other in graph.depends_on(name)), default=0)
    layers = [
        _middle_out([name for name in graph.order if depth[name] == level], graph)
        for level in range(max(depth.values(), default=-1) + 1)
    ]
    arrows = tuple(
        (other, name)
        for name in graph.order
        for other in graph.depends_on(name)
        if not _is_implied(graph, other, name)
    )
    return Drawing(tuple(layers), arrows)


def _is_implied(graph: Graph, start: str, end: str) -> bool:
    """Tell whether a way leads from start to end over another step."""
    between = (other for other in graph.depends_on(end) if other != start)
    return any(start in graph.upstream(other) for other in between)


def _middle_out(names: list[str], graph: Graph) -> tuple[str, ...]:
    """Put what leads furthest into the middle, and the rest above and below in turn."""
    by_reach = sorted(names, key=lambda name: -len(graph.downstream(name)))
    above, below = by_reach[1::2], by_reach[2::2]
    return (*reversed(above), *by_reach[:1], *below)
