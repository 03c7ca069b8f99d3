"""The graph as it is drawn: layers, and no arrow that another implies."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gondwana.steps.contract import Step, StepParameters
from gondwana.steps.registry import STEPS
from gondwana.web.layers import drawing
from gondwana.workflow.graph import Graph

BARE = Step(
    name="", version=1, title="", about="", inputs=(), outputs=(), parameters=StepParameters
)


def graph_of(*needs: tuple[int, ...]) -> Graph:
    """Return a graph whose step k makes the kind k and needs the kinds that are named."""
    return Graph.of(
        replace(BARE, name=f"s{k}", inputs=tuple(f"k{n}" for n in need), outputs=(f"k{k}",))
        for k, need in enumerate(needs)
    )


def test_a_diamond_with_a_short_cut() -> None:
    found = drawing(graph_of((), (0,), (0,), (1, 2), (0, 3)))
    assert [set(layer) for layer in found.layers] == [{"s0"}, {"s1", "s2"}, {"s3"}, {"s4"}]
    assert set(found.arrows) == {
        ("s0", "s1"), ("s0", "s2"), ("s1", "s3"), ("s2", "s3"), ("s3", "s4"),
    }  # fmt: skip


def test_what_leads_furthest_stands_in_the_middle() -> None:
    found = drawing(graph_of((), (0,), (0,), (0,), (2,), (4,)))
    assert found.layers[1][1] == "s2"


def test_nothing_is_drawn_as_nothing() -> None:
    assert drawing(graph_of()).layers == ()


@given(st.data())
def test_all_steps_stand_after_what_they_need(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    needs = [tuple(data.draw(st.sets(st.integers(0, k - 1)))) if k else () for k in range(count)]
    graph = graph_of(*needs)
    found = drawing(graph)
    layer = {name: k for k, names in enumerate(found.layers) for name in names}
    assert set(layer) == set(graph.steps)
    for name in graph.steps:
        before = [layer[other] for other in graph.depends_on(name)]
        assert layer[name] == max(before, default=-1) + 1
    # the arrows lead to the same as all dependencies do
    drawn = graph_of(*needs)
    reached: dict[str, set[str]] = {}
    for name in drawn.order:
        direct = {start for start, end in found.arrows if end == name}
        reached[name] = direct.union(*(reached[other] for other in direct))
        assert reached[name] == set(graph.upstream(name))


def test_the_arrows_of_the_registry_lead_from_layer_to_later_layer() -> None:
    found = drawing(Graph.of(STEPS.values()))
    layer = {name: k for k, names in enumerate(found.layers) for name in names}
    assert all(layer[start] < layer[end] for start, end in found.arrows)
    assert all(names for names in found.layers)
    assert len(list(pairwise(found.layers))) >= 4
