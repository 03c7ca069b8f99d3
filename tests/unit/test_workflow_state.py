"""The state machine, event by event: files and parameters that change, checked by hand."""

import pytest

from gondwana.workflow import actions as do
from gondwana.workflow import events as on
from gondwana.workflow.freshness import File, fingerprint
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import Phase, ProjectState, waits_for
from gondwana.workflow.state import handle
from workflow_steps import CHAIN, DIAMOND, NOON, Project, chain_in_sync, made_up


class TestDiamond:
    def test_the_bottom_waits_for_both_sides_and_runs_once(self):
        project = Project(DIAMOND)
        assert project.upload("given", "g") == ["send top 1 given=g"]
        assert project.start("top") == ["running top 1 w"]
        assert project.finish("top", "a") == [
            "record top 1 top-a",
            "done top 1",
            "send left 1 top=top-a",
            "send right 1 top=top-a",
        ]
        assert project.run("right", "a") == ["record right 1 right-a", "done right 1"]
        assert project.run("left", "a") == [
            "record left 1 left-a",
            "done left 1",
            "send bottom 1 left=left-a right=right-a",
        ]
        assert project.run("bottom", "a") == ["record bottom 1 bottom-a", "done bottom 1"]
        assert set(project.shown().values()) == {"fresh"}

    def test_a_change_above_runs_the_bottom_once_more_and_not_twice(self):
        project = Project(DIAMOND)
        project.upload("given", "g")
        for step in ("top", "left", "right", "bottom"):
            project.run(step, "a")
        assert project.upload("given", "h") == ["send top 2 given=h"]
        assert project.shown() == {
            "top": "queued",
            "left": "stale",
            "right": "stale",
            "bottom": "stale",
        }
        project.run("top", "b")
        assert project.run("left", "b") == ["record left 2 left-b", "done left 2"]
        assert project.run("right", "b")[-1] == "send bottom 2 left=left-b right=right-b"

    def test_a_side_that_fails_holds_the_bottom_and_not_the_other_side(self):
        project = Project(DIAMOND)
        project.upload("given", "g")
        project.run("top", "a")
        assert project.fail("left") == ["failed left 1: it broke"]
        assert project.run("right", "a") == ["record right 1 right-a", "done right 1"]
        assert project.shown()["bottom"] == "never run"
        assert waits_for(project.graph, project.state, "bottom") == "waits for left"
        assert project.tell(on.RetryRequested, step="left") == ["send left 2 top=top-a"]
        assert project.run("left", "a")[-1] == "send bottom 1 left=left-a right=right-a"

    def test_a_side_with_the_same_bytes_still_lets_the_bottom_run_for_the_other(self):
        project = Project(DIAMOND)
        project.upload("given", "g")
        for step in ("top", "left", "right", "bottom"):
            project.run(step, "a")
        project.upload("given", "h")
        project.run("top", "b")
        assert project.run("left", "a") == ["done left 2"]
        assert project.run("right", "b")[-1] == "send bottom 2 left=left-a right=right-b"


class TestFreshness:
    def test_a_task_carries_everything(self):
        project = Project(CHAIN)
        project.tell(on.ParametersChanged, step="first", parameters={"level": 4})
        (task,) = project.do(on.InputChanged, kind="given", file=File("g", "arrays"))
        step = CHAIN.steps["first"]
        assert task == do.SendTask(
            step="first",
            attempt=1,
            tag="python",
            fingerprint=fingerprint(step, {"level": 4}, [], {"given": "arrays"}),
            inputs={"given": File("g", "arrays")},
            parameters={"level": 4},
            edits=(),
        )

    def test_the_same_file_again_runs_nothing(self):
        project = chain_in_sync()
        assert project.upload("given", "g") == ["nothing : nothing is to start"]

    def test_identical_bytes_run_nothing_downstream(self):
        project = chain_in_sync()
        project.upload("given", "h")
        assert project.run("first", "a") == ["done first 2"]
        assert project.shown() == {"first": "fresh", "last": "fresh"}

    def test_other_bytes_with_the_same_arrays_are_recorded_and_run_nothing_downstream(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        for number, later in ((1, ["send last 1 first=bytes-1"]), (2, [])):
            outputs = {"first": File(f"bytes-{number}", "arrays")}
            actions = project.tell(on.TaskDone, step="first", attempt=number, outputs=outputs)
            assert actions == [
                f"record first {number} bytes-{number}",
                f"done first {number}",
                *later,
            ]
            if number == 1:
                project.run("last", "a")
                project.upload("given", "h")
        assert project.shown()["last"] == "fresh"

    def test_the_same_bytes_stay_the_same_file(self):
        project = chain_in_sync()
        project.upload("given", "h")
        outputs = {"first": File("first-a", "arrays that nobody had computed before")}
        assert project.tell(on.TaskDone, step="first", attempt=2, outputs=outputs) == [
            "done first 2"
        ]
        assert project.state.files["first"] == File("first-a")

    def test_a_change_and_back_after_a_cancelled_run(self):
        project = chain_in_sync()
        project.tell(on.ParametersChanged, step="last", parameters={"level": 1})
        project.tell(on.CancelRequested, step="last")
        assert project.shown()["last"] == "cancelled"
        project.tell(on.ParametersChanged, step="last", parameters={"level": 0})
        assert project.shown()["last"] == "fresh"
        assert project.tell(on.CancelRequested, step="first") == [
            "nothing first: has nothing to cancel"
        ]

    def test_a_new_version_of_a_step(self):
        project = chain_in_sync()
        project.graph = Graph.of([made_up("first", "given", version=2), made_up("last", "first")])
        assert project.tell(on.Checked) == ["send first 2 given=g"]
        assert project.run("first", "a") == ["done first 2"]

    def test_a_new_step(self):
        project = chain_in_sync()
        before = project.state
        graph = Graph.of([*CHAIN.steps.values(), made_up("more", "last")])
        transition = handle(graph, before, on.Checked(at=NOON))
        assert [action.step for action in transition.actions] == ["more"]
        assert set(transition.state.steps) == {"first", "last", "more"}

    def test_parameters_that_a_new_version_no_longer_takes(self):
        project = chain_in_sync()
        project.graph = Graph.of([made_up("first", "given", asks=True), made_up("last", "first")])
        old = project.state.steps["first"]
        assert old.parameters == {}
        assert project.tell(on.Checked) == ["nothing : nothing is to start"]
        assert project.shown() == {"first": "stale", "last": "stale"}
        assert "needs other parameters" in waits_for(project.graph, project.state, "first")

    def test_an_optional_input_comes_and_goes(self):
        graph = Graph.of([made_up("only", "given", optional_inputs=("map",))])
        project = Project(graph)
        assert project.upload("map", "m") == ["nothing : nothing is to start"]
        assert project.upload("given", "g") == ["send only 1 given=g map=m"]
        project.run("only", "a")
        assert project.tell(on.InputChanged, kind="map", file=None) == ["send only 2 given=g"]

    def test_a_needed_input_that_is_taken_away(self):
        project = chain_in_sync()
        project.tell(on.InputChanged, kind="given", file=None)
        assert project.shown() == {"first": "stale", "last": "stale"}
        assert waits_for(project.graph, project.state, "first") == "needs a file: given"
        assert project.upload("given", "g") == ["nothing : nothing is to start"]
        assert project.shown() == {"first": "fresh", "last": "fresh"}


class TestOwnFiles:
    """A person's file in the place of a result."""

    def test_it_stands_until_something_before_it_changes(self):
        project = chain_in_sync()
        assert project.upload("first", "mine") == ["send last 2 first=mine"]
        assert project.shown()["first"] == "fresh"
        assert project.upload("given", "h") == ["send first 2 given=h"]

    def test_taken_away_it_is_made_again(self):
        project = chain_in_sync()
        project.upload("first", "mine")
        project.run("last", "b")
        assert project.tell(on.InputChanged, kind="first", file=None) == ["send first 2 given=g"]

    def test_a_cancelled_step_stays_cancelled(self):
        project = chain_in_sync()
        project.upload("given", "h")
        project.tell(on.CancelRequested, step="first")
        project.upload("first", "mine")
        project.run("last", "b")
        assert project.tell(on.InputChanged, kind="first", file=None) == [
            "nothing : nothing is to start"
        ]

    def test_not_while_the_step_runs(self):
        project = chain_in_sync()
        project.upload("given", "h")
        assert project.upload("first", "mine") == [
            "nothing first: is running and would replace 'first'"
        ]

    def test_one_of_two_results_only_while_the_other_is_fresh(self):
        project = Project(Graph.of([made_up("first", "given", "one two")]))
        project.upload("given", "g")
        project.run("first", "a")
        assert project.upload("one", "mine") == ["nothing : nothing is to start"]
        assert project.state.files == {
            "given": File("g"),
            "one": File("mine"),
            "two": File("two-a"),
        }
        project.upload("given", "h")
        project.tell(on.CancelRequested, step="first")
        assert project.upload("one", "other") == [
            "nothing first: has to be fresh first: it makes not only 'one'"
        ]

    def test_not_without_what_it_stands_for(self):
        project = Project(CHAIN)
        assert project.upload("first", "mine") == [
            "nothing first: lacks what 'first' would have been made from"
        ]


def test_a_state_is_a_value():
    state = ProjectState.new(CHAIN)
    event = on.InputChanged(at=NOON, kind="given", file=File("g"))
    one, other = handle(CHAIN, state, event), handle(CHAIN, state, event)
    assert one == other
    assert state == ProjectState.new(CHAIN)
    assert one.state.steps["first"].phase is Phase.QUEUED
    with pytest.raises(TypeError):
        state.files["given"] = File("h")
