"""The state machine, event by event: what people edit, ask for and change meanwhile."""

import pytest

from gondwana.workflow import events as on
from gondwana.workflow.graph import Graph
from workflow_steps import CHAIN, EDITED, Project, chain_in_sync, made_up


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
