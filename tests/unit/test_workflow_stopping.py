"""The state machine, event by event: steps that are cancelled or take too long."""

from gondwana.workflow import events as on
from gondwana.workflow.graph import Graph
from workflow_steps import CHAIN, EDITED, Project, made_up


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
