"""The state machine, event by event: lists of actions checked by hand."""

import pytest

from gondwana.workflow import actions as do
from gondwana.workflow import events as on
from gondwana.workflow.freshness import File, fingerprint
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import Phase, ProjectState, waits_for
from gondwana.workflow.state import handle
from workflow_steps import DIAMOND, NOON, Project, made_up

CHAIN = Graph.of([made_up("first", "given"), made_up("last", "first")])
EDITED = Graph.of(
    [
        made_up("first", "given"),
        made_up("edited", "first", interactive=True),
        made_up("last", "edited"),
    ]
)


def chain_in_sync() -> Project:
    project = Project(CHAIN)
    project.upload("given", "g")
    project.run("first", "a")
    project.run("last", "a")
    return project


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


class TestPeople:
    def test_a_step_with_edits_awaits_a_person(self):
        project = Project(EDITED)
        project.upload("given", "g")
        assert project.run("first", "a") == [
            "record first 1 first-a",
            "done first 1",
            "await edited",
        ]
        assert project.shown()["edited"] == "awaiting you"
        assert project.tell(on.Requested, step="edited") == ["send edited 1 first=first-a"]
        assert project.run("edited", "a")[-1] == "send last 1 edited=edited-a"

    def test_saved_edits_run_and_the_same_edits_again_do_not(self):
        project = Project(EDITED)
        project.upload("given", "g")
        project.run("first", "a")
        edits = ({"operation": "set", "value": 1.0},)
        (task,) = project.do(on.EditsSaved, step="edited", edits=edits)
        assert task.edits == edits
        assert project.tell(on.EditsSaved, step="edited", edits=edits) == [
            "nothing edited: is queued already"
        ]
        project.run("edited", "a")
        assert project.tell(on.EditsSaved, step="edited", edits=edits) == [
            "nothing edited: is fresh"
        ]

    def test_a_changed_input_awaits_the_person_again(self):
        project = Project(EDITED)
        project.upload("given", "g")
        project.run("first", "a")
        project.tell(on.Requested, step="edited")
        project.run("edited", "a")
        project.run("last", "a")
        project.upload("given", "h")
        assert project.shown()["edited"] == "stale"
        assert project.run("first", "b")[-1] == "await edited"
        assert project.shown()["last"] == "stale"

    def test_nobody_is_called_twice_for_the_same(self):
        project = Project(EDITED)
        project.upload("given", "g")
        project.run("first", "a")
        assert project.tell(on.Checked) == ["nothing : nothing is to start"]
        assert project.upload("given", "h") == ["send first 2 given=h"]
        assert project.shown()["edited"] == "never run"
        assert project.run("first", "a") == ["done first 2", "await edited"]

    def test_a_request_waits_for_what_is_before(self):
        project = Project(EDITED)
        assert project.tell(on.Requested, step="edited") == ["nothing edited: waits for first"]
        project.upload("given", "g")
        assert project.run("first", "a")[-1] == "send edited 1 first=first-a"

    def test_edits_for_a_step_that_takes_none(self):
        assert chain_in_sync().tell(on.EditsSaved, step="last", edits=()) == [
            "nothing last: takes no edits"
        ]

    def test_edits_that_are_not_data(self):
        project = Project(EDITED)
        before = project.state
        (action,) = project.tell(on.EditsSaved, step="edited", edits=({"value": float("nan")},))
        assert "nan is not a number" in action
        assert project.state == before

    def test_a_step_with_required_parameters_does_not_start_by_itself(self):
        project = Project(Graph.of([made_up("asking", "given", asks=True)]))
        assert project.upload("given", "g") == ["nothing : nothing is to start"]
        assert project.shown() == {"asking": "never run"}
        assert project.tell(on.Requested, step="asking")[0].startswith(
            "nothing asking: step asking: 'level'"
        )
        assert project.tell(on.ParametersChanged, step="asking", parameters={"level": 1}) == [
            "nothing asking: has to be asked for, since it needs parameters"
        ]
        assert project.tell(on.Requested, step="asking") == ["send asking 1 given=g"]
        project.run("asking", "a")
        assert project.upload("given", "h") == ["send asking 2 given=h"]

    def test_once_asked_for_it_starts_by_itself_though_it_failed(self):
        project = Project(Graph.of([made_up("asking", "given", asks=True)]))
        project.upload("given", "g")
        project.tell(on.Requested, step="asking", parameters={"level": 1})
        project.fail("asking")
        assert project.upload("given", "h") == ["send asking 2 given=h"]

    @pytest.mark.parametrize("values", [{"level": "deep"}, {"colour": 1}])
    def test_bad_parameters_change_nothing(self, values):
        project = chain_in_sync()
        before = project.state
        (action,) = project.tell(on.Requested, step="last", parameters=values)
        assert action.startswith("nothing last: step last:")
        assert project.state == before

    def test_an_unknown_step(self):
        project = chain_in_sync()
        for kind in (on.Requested, on.CancelRequested, on.RetryRequested):
            assert project.tell(kind, step="other") == ["nothing other: there is no such step"]

    def test_an_unknown_kind(self):
        assert chain_in_sync().upload("other", "x") == ["nothing : nothing is to start"]


class TestRequestsHold:
    """What a person asked for is carried out, or ends visibly."""

    def edited(self) -> Project:
        project = Project(EDITED)
        project.upload("given", "g")
        project.run("first", "a")
        project.tell(on.Requested, step="edited")
        return project

    def test_through_a_retry(self):
        project = self.edited()
        project.fail("edited", retryable=True)
        assert project.tell(on.RetryDue, step="edited", attempt=1) == [
            "send edited 2 first=first-a"
        ]

    def test_through_a_loss(self):
        project = self.edited()
        assert project.tell(on.TaskLost, step="edited", attempt=1) == [
            "lost edited 1",
            "send edited 2 first=first-a",
        ]

    def test_through_the_want_of_a_worker(self):
        project = self.edited()
        project.tell(on.TaskUnroutable, step="edited", attempt=1)
        assert project.tell(on.WorkerAvailable, tag="python") == ["send edited 2 first=first-a"]

    def test_through_a_run_that_is_out(self):
        project = self.edited()
        project.tell(on.Requested, step="edited", parameters={"level": 2})
        assert project.finish("edited", "a")[-1] == "send edited 2 first=first-a"

    def test_through_a_run_that_stops_while_an_input_changes(self):
        project = self.edited()
        project.start("edited")
        project.tell(on.CancelRequested, step="edited")
        project.upload("given", "h")
        project.tell(on.Requested, step="edited")
        assert project.tell(on.TaskCancelled, step="edited", attempt=1) == ["cancelled edited 1"]
        assert project.shown()["edited"] == "never run"
        assert project.run("first", "b")[-1] == "send edited 2 first=first-b"

    def test_but_not_beyond_a_failure_of_what_was_asked_for(self):
        project = self.edited()
        project.tell(on.Requested, step="edited")
        assert project.fail("edited") == ["failed edited 1: it broke"]
        assert project.shown()["edited"] == "failed"

    def test_but_not_beyond_a_cancellation(self):
        project = self.edited()
        project.start("edited")
        project.tell(on.Requested, step="edited", parameters={"level": 2})
        project.tell(on.CancelRequested, step="edited")
        assert project.tell(on.TaskCancelled, step="edited", attempt=1) == ["cancelled edited 1"]
        assert project.shown()["edited"] == "cancelled"


class TestChangesWhileItRuns:
    def test_one_more_run_after_it(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        assert project.upload("given", "h") == ["nothing : nothing is to start"]
        assert project.upload("given", "i") == ["nothing : nothing is to start"]
        assert project.finish("first", "a") == [
            "record first 1 first-a",
            "done first 1",
            "send first 2 given=i",
        ]
        assert project.run("first", "b")[-1] == "send last 1 first=first-b"

    def test_a_request_with_new_parameters(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        assert project.tell(on.Requested, step="first", parameters={"level": 2}) == [
            "nothing first: is running already"
        ]
        assert project.finish("first", "a")[-1] == "send first 2 given=g"
        assert project.run("first", "a")[-1] == "send last 1 first=first-a"

    def test_back_again_before_it_ends(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        project.upload("given", "h")
        project.upload("given", "g")
        assert project.finish("first", "a")[-1] == "send last 1 first=first-a"

    def test_an_edited_step_awaits_the_person_after_it(self):
        project = Project(EDITED)
        project.upload("given", "g")
        project.run("first", "a")
        project.tell(on.Requested, step="edited")
        project.start("edited")
        project.upload("given", "h")
        project.run("first", "b")
        assert project.finish("edited", "a") == [
            "record edited 1 edited-a",
            "done edited 1",
            "await edited",
        ]

    def test_a_side_is_not_started_with_a_file_that_is_about_to_change(self):
        """Back to the old parameters while a run with the new is out: it counts as not fresh."""
        project = chain_in_sync()
        project.tell(on.ParametersChanged, step="first", parameters={"level": 1})
        project.tell(on.ParametersChanged, step="first", parameters={"level": 0})
        assert project.tell(on.ParametersChanged, step="last", parameters={"level": 1}) == [
            "nothing last: waits for first"
        ]
        assert project.run("first", "b")[-1] == "send first 3 given=g"
        assert project.run("first", "a")[-1] == "send last 2 first=first-a"


class TestMessages:
    def test_duplicates_change_nothing(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        state = project.state
        assert project.start("first") == ["nothing first: is running already"]
        assert project.state == state
        project.finish("first", "a")
        state = project.state
        assert project.finish("first", "a") == [
            "nothing first: message is of attempt 1, which is over"
        ]
        assert project.fail("first") == ["nothing first: message is of attempt 1, which is over"]
        assert project.start("first") == ["cancel first 1 w"]
        assert project.state == state

    def test_an_old_attempt_changes_nothing(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        assert project.tell(on.WorkerVanished, step="first", attempt=1) == [
            "lost first 1",
            "send first 2 given=g",
        ]
        state = project.state
        nothing = ["nothing first: message is of attempt 1, which is over"]
        about = {"step": "first", "attempt": 1}
        assert project.finish("first", "old", attempt=1) == nothing
        for kind in (
            on.TaskCancelled,
            on.WorkerVanished,
            on.TaskLost,
            on.TaskUnroutable,
            on.TimeLimitPassed,
        ):
            assert project.tell(kind, **about) == nothing
        assert project.tell(on.RetryDue, **about) == ["nothing first: no retry is due"]
        assert project.tell(on.TaskProgress, **about, fraction=0.5, worker="old") == [
            "cancel first 1 old"
        ]
        assert project.state == state
        assert project.run("first", "new")[0] == "record first 2 first-new"

    def test_an_attempt_that_was_never_sent_changes_nothing(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        state = project.state
        assert project.finish("first", "a", attempt=7)[0].startswith("nothing first")
        assert project.state == state

    def test_a_second_worker_with_the_same_attempt_is_told_to_stop(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        assert project.start("first", "one") == ["running first 1 one"]
        assert project.start("first", "two") == ["cancel first 1 two"]
        about = {"step": "first", "attempt": 1, "worker": "two"}
        assert project.tell(on.TaskFailed, **about, reason="no memory") == [
            "nothing first: message another worker has attempt 1"
        ]
        assert project.state.steps["first"].worker == "one"

    def test_the_end_may_come_before_the_start(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        assert project.finish("first", "a")[1] == "done first 1"
        assert project.start("first") == ["cancel first 1 w"]

    def test_progress(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        about = {"step": "first", "attempt": 1, "worker": "w"}
        assert project.tell(on.TaskProgress, **about, fraction=0.5) == [
            "running first 1 w",
            "progress first 1 0.5",
        ]
        behind = ["nothing first: is as far or farther already"]
        assert project.tell(on.TaskProgress, **about, fraction=0.5) == behind
        assert project.tell(on.TaskProgress, **about, fraction=0.25) == behind
        assert project.tell(on.TaskProgress, **about, fraction=float("nan")) == behind
        assert project.tell(on.TaskProgress, **about, fraction=7.0) == ["progress first 1 1"]

    @pytest.mark.parametrize(
        ("outputs", "told"),
        [
            ({}, "nothing"),
            ({"other": File("x")}, "other"),
            ({"first": File("x"), "o": File("y")}, "first, o"),
        ],
    )
    def test_wrong_outputs_fail_the_run(self, outputs, told):
        project = Project(CHAIN)
        project.upload("given", "g")
        assert project.tell(on.TaskDone, step="first", attempt=1, outputs=outputs) == [
            f"failed first 1: the worker returned {told} instead of first"
        ]


class TestFailures:
    def test_bad_input_is_not_tried_again(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        (action,) = project.do(
            on.TaskFailed, step="first", attempt=1, reason="no sea", hint="give a sea"
        )
        assert action == do.MarkFailed("first", 1, "no sea", "give a sea")
        assert project.shown() == {"first": "failed", "last": "never run"}
        assert project.tell(on.Checked) == ["nothing : nothing is to start"]

    def test_what_may_pass_is_tried_again_ever_later(self):
        project = Project(Graph.of([made_up("first", "given", retries=3)]))
        project.upload("given", "g")
        for attempt, delay in enumerate((2, 4, 8), start=1):
            assert project.fail("first", retryable=True) == [f"retry first {attempt} in {delay} s"]
            known = project.state.steps["first"]
            assert (known.retry_at - project.now).total_seconds() == delay
            assert project.tell(on.Checked) == ["nothing : nothing is to start"]
            assert project.tell(on.RetryDue, step="first", attempt=attempt) == [
                f"send first {attempt + 1} given=g"
            ]
        assert project.fail("first", retryable=True) == ["failed first 4: it broke"]

    def test_a_timer_of_an_earlier_retry_is_not_taken_for_this_one(self):
        project = Project(Graph.of([made_up("first", "given", retries=3)]))
        project.upload("given", "g")
        project.fail("first", retryable=True)
        project.tell(on.RetryDue, step="first", attempt=1)
        project.fail("first", retryable=True)
        assert project.tell(on.RetryDue, step="first", attempt=1) == [
            "nothing first: no retry is due"
        ]

    def test_delays_are_bounded(self):
        policy = Project(CHAIN).policy
        assert policy.delay(1) == 2.0
        assert policy.delay(10_000) == 300.0

    def test_a_retry_takes_what_is_current_by_then(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.fail("first", retryable=True)
        assert project.upload("given", "h") == ["send first 2 given=h"]
        assert project.tell(on.RetryDue, step="first", attempt=1) == [
            "nothing first: no retry is due"
        ]
        assert project.fail("first", retryable=True) == ["retry first 2 in 2 s"]

    def test_another_input_is_another_chance(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.fail("first")
        assert project.upload("given", "h") == ["send first 2 given=h"]

    def test_an_edited_step_that_failed_awaits_the_person_only_for_something_new(self):
        project = Project(EDITED)
        project.upload("given", "g")
        project.run("first", "a")
        project.tell(on.Requested, step="edited")
        project.fail("edited")
        assert project.tell(on.Checked) == ["nothing : nothing is to start"]
        assert project.shown()["edited"] == "failed"
        project.upload("given", "h")
        assert project.run("first", "b")[-1] == "await edited"

    def test_nothing_to_retry(self):
        assert chain_in_sync().tell(on.RetryRequested, step="first") == [
            "nothing first: there is nothing to try again"
        ]

    def test_workers_that_vanish(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        for attempt in (1, 2):
            project.start("first")
            assert project.tell(on.WorkerVanished, step="first", attempt=attempt) == [
                f"lost first {attempt}",
                f"send first {attempt + 1} given=g",
            ]
        assert project.tell(on.WorkerVanished, step="first", attempt=3) == [
            "failed first 3: its worker vanished 3 times"
        ]
        assert project.tell(on.RetryRequested, step="first") == ["send first 4 given=g"]
        assert project.state.steps["first"].losses == 0

    def test_a_task_that_is_lost_by_no_fault_is_sent_again_as_often_as_it_takes(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        for attempt in range(1, 20):
            assert project.tell(on.TaskLost, step="first", attempt=attempt) == [
                f"lost first {attempt}",
                f"send first {attempt + 1} given=g",
            ]

    def test_a_task_that_is_lost_waits_for_what_changed_meanwhile(self):
        project = chain_in_sync()
        project.tell(on.ParametersChanged, step="last", parameters={"level": 1})
        project.start("last")
        project.upload("given", "h")
        assert project.tell(on.WorkerVanished, step="last", attempt=2) == ["lost last 2"]
        assert project.run("first", "b")[-1] == "send last 3 first=first-b"

    def test_no_worker(self):
        graph = Graph.of([made_up("first", "given", worker="coupling"), made_up("o", "given")])
        project = Project(graph)
        project.upload("given", "g")
        about = {"step": "first", "attempt": 1}
        assert project.tell(on.TaskUnroutable, **about) == ["noworker first 1"]
        assert project.shown() == {"first": "no worker", "o": "queued"}
        assert project.tell(on.WorkerAvailable, tag="python") == ["nothing : nothing is to start"]
        assert project.tell(on.WorkerAvailable, tag="coupling") == ["send first 2 given=g"]
        assert project.tell(on.WorkerAvailable, tag="coupling") == ["nothing : nothing is to start"]

    def test_a_task_that_came_back_after_it_was_taken_up(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        assert project.tell(on.TaskUnroutable, step="first", attempt=1) == [
            "nothing first: has been taken up by a worker"
        ]


class TestStopping:
    def test_a_running_step(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        assert project.tell(on.CancelRequested, step="first") == ["cancel first 1 w"]
        assert project.shown()["first"] == "running"
        assert project.tell(on.TaskCancelled, step="first", attempt=1) == ["cancelled first 1"]
        assert project.shown()["first"] == "cancelled"
        assert project.upload("given", "h") == ["nothing : nothing is to start"]
        assert project.tell(on.CancelRequested, step="first") == [
            "nothing first: is cancelled already"
        ]
        assert project.tell(on.Requested, step="first") == ["send first 2 given=h"]

    def test_a_result_that_comes_too_late_is_not_taken(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        project.tell(on.CancelRequested, step="first")
        assert project.finish("first", "a") == ["cancelled first 1"]
        assert "first" not in project.state.files

    def test_a_queued_step_is_cancelled_at_once_and_whoever_takes_it_up_is_told(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        assert project.tell(on.CancelRequested, step="first") == [
            "cancel first 1",
            "cancelled first 1",
        ]
        assert project.start("first") == ["cancel first 1 w"]
        assert project.tell(on.RetryRequested, step="first") == ["send first 2 given=g"]

    def test_a_step_asked_for_while_it_stops_runs_after_it(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        project.tell(on.CancelRequested, step="first")
        assert project.tell(on.Requested, step="first") == ["nothing first: is stopping already"]
        assert project.tell(on.WorkerVanished, step="first", attempt=1) == [
            "cancelled first 1",
            "send first 2 given=g",
        ]

    def test_a_worker_that_did_not_hear_is_told_again(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        project.tell(on.CancelRequested, step="first")
        about = {"step": "first", "attempt": 1}
        assert project.tell(on.TaskProgress, **about, fraction=0.5, worker="w") == [
            "cancel first 1 w"
        ]
        assert project.tell(on.TimeLimitPassed, **about) == ["cancel first 1 w"]
        assert project.tell(on.CancelRequested, step="first") == ["cancel first 1 w"]
        assert project.fail("first", retryable=True) == ["cancelled first 1"]

    def test_steps_that_wait(self):
        project = Project(EDITED)
        project.upload("given", "g")
        assert project.tell(on.CancelRequested, step="last") == ["hold last"]
        project.run("first", "a")
        assert project.tell(on.CancelRequested, step="edited") == ["hold edited"]
        assert project.tell(on.CancelRequested, step="first") == [
            "nothing first: has nothing to cancel"
        ]
        project.tell(on.Requested, step="edited")
        assert project.run("edited", "a") == ["record edited 1 edited-a", "done edited 1"]

    def test_a_step_that_is_to_be_tried_again_later(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.fail("first", retryable=True)
        assert project.tell(on.CancelRequested, step="first") == ["hold first"]
        assert project.tell(on.RetryDue, step="first", attempt=1) == [
            "nothing first: no retry is due"
        ]

    def test_a_step_that_failed_has_nothing_to_cancel(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.fail("first")
        assert project.tell(on.CancelRequested, step="first") == [
            "nothing first: has nothing to cancel"
        ]

    def test_the_time_limit(self):
        project = Project(Graph.of([made_up("first", "given", timeout=90.0)]))
        project.upload("given", "g")
        about = {"step": "first", "attempt": 1}
        assert project.tell(on.TimeLimitPassed, **about) == ["nothing first: has not started"]
        project.start("first")
        assert project.tell(on.TimeLimitPassed, **about) == ["cancel first 1 w"]
        assert project.tell(on.TaskCancelled, **about) == [
            "failed first 1: it was stopped after its limit of 90 s"
        ]
        assert project.shown() == {"first": "failed"}

    def test_a_result_that_comes_just_after_the_limit_is_taken(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        project.tell(on.TimeLimitPassed, step="first", attempt=1)
        assert project.finish("first", "a")[:2] == ["record first 1 first-a", "done first 1"]

    def test_cancelled_while_it_stops_for_its_limit(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        project.tell(on.TimeLimitPassed, step="first", attempt=1)
        project.tell(on.CancelRequested, step="first")
        assert project.tell(on.TaskCancelled, step="first", attempt=1) == ["cancelled first 1"]
        assert project.state.steps["first"].reason == ""

    def test_a_worker_that_gives_up_unasked_leaves_it_cancelled(self):
        project = Project(CHAIN)
        project.upload("given", "g")
        project.start("first")
        assert project.tell(on.TaskCancelled, step="first", attempt=1) == ["cancelled first 1"]


def test_a_state_is_a_value():
    state = ProjectState.new(CHAIN)
    event = on.InputChanged(at=NOON, kind="given", file=File("g"))
    one, other = handle(CHAIN, state, event), handle(CHAIN, state, event)
    assert one == other
    assert state == ProjectState.new(CHAIN)
    assert one.state.steps["first"].phase is Phase.QUEUED
    with pytest.raises(TypeError):
        state.files["given"] = File("h")
