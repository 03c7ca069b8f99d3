"""The graph of steps, on made-up steps and on the registry."""

from itertools import pairwise

import pytest

from gondwana.steps import registry
from gondwana.workflow.graph import Graph, GraphError
from workflow_steps import DIAMOND, made_up


def test_a_diamond_whatever_the_order_of_declaration():
    steps = list(DIAMOND.steps.values())
    backwards = Graph.of(reversed(steps))
    assert DIAMOND.order == ("top", "left", "right", "bottom")
    assert backwards.order[0] == "top"
    assert backwards.order[-1] == "bottom"
    for graph in (DIAMOND, backwards):
        assert graph.depends_on("bottom") == ("left", "right")
        assert set(graph.dependants("top")) == {"left", "right"}
        assert set(graph.upstream("bottom")) == {"top", "left", "right"}
        assert set(graph.downstream("top")) == {"left", "right", "bottom"}
        assert graph.given == ("given",)


def test_a_chain_beside_a_short_cut():
    graph = Graph.of([made_up("c", "a b"), made_up("b", "a"), made_up("a", "given")])
    assert graph.order == ("a", "b", "c")
    assert graph.dependants("a") == ("b", "c")
    assert graph.downstream("a") == ("b", "c")
    assert graph.depends_on("a") == ()


def test_optional_inputs_and_several_outputs():
    graph = Graph.of(
        [
            made_up("maker", "given", "one two"),
            made_up("user", "one two", optional_inputs=("map", "three")),
            made_up("late", "given", "three"),
        ]
    )
    assert graph.depends_on("user") == ("maker", "late")
    assert graph.makers == {"one": "maker", "two": "maker", "three": "late", "user": "user"}
    assert graph.given == ("given", "map")


def test_an_empty_graph():
    assert Graph.of([]).order == ()


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([made_up("a"), made_up("a", makes="b")], "two steps are named 'a'"),
        ([made_up("a", makes="x"), made_up("b", makes="x")], "both 'a' and 'b' make 'x'"),
        ([made_up("a", "b"), made_up("b", "c"), made_up("c", "a")], "in a circle"),
        ([made_up("a", "a")], "in a circle: a → a"),
    ],
)
def test_steps_that_do_not_fit_together(steps, told):
    with pytest.raises(GraphError, match=told):
        Graph.of(steps)


def test_a_circle_is_told_in_the_direction_of_the_files():
    with pytest.raises(GraphError) as caught:
        Graph.of([made_up("a", "b"), made_up("b", "c"), made_up("c", "a")])
    circle = caught.value.problem.rpartition(": ")[2].split(" → ")
    assert set(pairwise(circle)) == {("a", "c"), ("c", "b"), ("b", "a")}


def test_the_registry():
    graph = Graph.of(registry.STEPS.values())
    for name, step in registry.STEPS.items():
        assert set(graph.depends_on(name)) == {s.name for s in registry.depends_on(step)}
        for before in graph.depends_on(name):
            assert graph.order.index(before) < graph.order.index(name)
            assert name in graph.dependants(before)
    assert set(graph.given) == {
        "source",
        "ocean_grid_file",
        "soil_map",
        "biome_map",
        "atmosphere_grid",
    }
    assert set(graph.downstream("regrid")) == set(registry.STEPS) - {"regrid"}


def test_the_graph_cannot_be_changed():
    with pytest.raises(TypeError):
        DIAMOND.steps["more"] = made_up("more")
