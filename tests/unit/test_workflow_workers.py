"""The state machine, event by event: what workers say, and how runs fail."""

import pytest

from gondwana.workflow import actions as do
from gondwana.workflow import events as on
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph
from workflow_steps import CHAIN, EDITED, Project, chain_in_sync, made_up


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
