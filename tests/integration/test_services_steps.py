"""Steps through the services: settings, edits, runs, and how a project stands."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gondwana.errors import ParameterError
from gondwana.messaging.messages import Failed, Progress
from gondwana.services import runs, steps
from gondwana.services import status as standing
from gondwana.services.projects import ProjectInfo, overall
from gondwana.services.status import StepStatus, next_thing
from gondwana.storage import outbox, projects
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError
from gondwana.storage.marks import utc_now
from services_world import Place, new_place
from storage_samples import at_once


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def project(place: Place) -> ProjectInfo:
    """Return a project in which the first step was run and a person is awaited."""
    made = place.make()
    place.work()
    return made


EDIT: dict[str, Any] = {"operation": "fill", "at": {"point": [0.0, 10.0]}}


def test_parameters_are_merged_checked_and_marked(place: Place, project: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    before = steps.settings(platform, ada, project.id, "bathymetry")
    after = steps.set_parameters(
        platform, ada, project.id, "bathymetry", {"minimum_depth": 30}, mark=before.mark
    )
    assert after.parameters == {**before.parameters, "minimum_depth": 30.0}
    assert after.mark != before.mark
    with pytest.raises(ConflictError, match="somebody else has changed") as caught:
        steps.set_parameters(
            platform, ada, project.id, "bathymetry", {"minimum_depth": 40}, mark=before.mark
        )
    assert caught.value.http_status == 409
    steps.set_parameters(platform, ada, project.id, "bathymetry", {"minimum_depth": 40})
    reset = steps.set_parameters(
        platform, ada, project.id, "bathymetry", {}, others_to_default=True
    )
    assert reset == before


@pytest.mark.parametrize(
    ("step", "values", "told"),
    [
        ("nonsense", {}, "there is no step 'nonsense'; choose from regrid"),
        ("bathymetry", {"nonsense": 1}, "step bathymetry: there is no parameter 'nonsense'"),
        ("bathymetry", {"minimum_depth": "deep"}, "'minimum_depth'"),
        ("pft", {"bands": [[1, 2]]}, r"'bands\.0'"),
    ],
)
def test_bad_parameters_are_told_in_a_sentence(
    place: Place, project: ProjectInfo, step: str, values: dict[str, Any], told: str
) -> None:
    for deed in (
        lambda: steps.set_parameters(place.platform, place.ada, project.id, step, values),
        lambda: steps.run(place.platform, place.ada, project.id, parameters={step: values}),
    ):
        with pytest.raises(ParameterError, match=told) as caught:
            deed()
        assert "\n" not in str(caught.value)
    place.pump()
    assert place.words(project)["internal_oceans"] == "awaiting you"  # nothing was asked for


def test_edits_are_signed_saved_and_run(place: Place, project: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    saved = steps.save_edits(platform, ada, project.id, "internal_oceans", [EDIT], based_on=0)
    assert saved.number == 1
    (edit,) = saved.edits
    assert edit["author"] == "Ada"
    assert edit["time"].endswith("Z")
    assert "internal_oceans" in place.work()
    own = {**EDIT, "author": "Mary", "time": "2020-01-01T00:00:00Z"}
    saved = steps.save_edits(platform, ada, project.id, "internal_oceans", [edit, own], based_on=1)
    assert [one["author"] for one in saved.edits] == ["Ada", "Mary"]
    history = steps.edits_history(platform, ada, project.id, "internal_oceans")
    assert [(one.number, len(one.edits), one.author) for one in history] == [
        (2, 2, "Ada"), (1, 1, "Ada"),
    ]  # fmt: skip
    undone = steps.save_edits(platform, ada, project.id, "internal_oceans", history[1].edits)
    assert undone.number == 3
    assert undone.edits == (edit,)
    (run,) = runs.history(platform, ada, project.id, "internal_oceans")[-1:]
    assert run.attempt == 1


def test_of_two_who_save_the_same_edits_at_once_one_is_told(
    place: Place, project: ProjectInfo
) -> None:
    def save(reason: str, based_on: int | None) -> str:
        edits = [{**EDIT, "reason": reason}]
        try:
            steps.save_edits(
                place.platform, place.ada, project.id, "sub_basins", _assigned(edits),
                based_on=based_on,
            )  # fmt: skip
        except ConflictError as error:
            assert "make your changes again" in str(error)
            return "told"
        return reason

    outcomes = at_once([lambda: save("one", 0), lambda: save("two", 0)])
    assert sorted(outcomes) in (["one", "told"], ["told", "two"])
    assert "told" not in at_once([lambda: save("three", None), lambda: save("four", None)])
    history = steps.edits_history(place.platform, place.ada, project.id, "sub_basins")
    assert [one.number for one in history] == [3, 2, 1]
    assert {one.edits[0]["reason"] for one in history} >= {"three", "four"}
    now = steps.settings(place.platform, place.ada, project.id, "sub_basins")
    assert (now.number, now.edits) == (3, history[0].edits)


def _assigned(edits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**edit, "operation": "assign", "basin": "indian"} for edit in edits]


@pytest.mark.parametrize(
    ("step", "edits", "told"),
    [
        ("routing", [EDIT], "step routing: takes no edits"),
        ("internal_oceans", [{"operation": "fill"}], "'0.at': field required"),
        ("internal_oceans", [{**EDIT, "code": "import os"}], "'0.code'"),
        ("internal_oceans", ["fill"], "edits of internal_oceans"),
        ("nonsense", [], "there is no step"),
    ],
)
def test_what_is_no_edit_is_refused(
    place: Place, project: ProjectInfo, step: str, edits: list[Any], told: str
) -> None:
    with pytest.raises(ParameterError, match=told):
        steps.save_edits(place.platform, place.ada, project.id, step, edits)
    assert place.words(project)["internal_oceans"] == "awaiting you"


def test_running_all_includes_what_a_person_could_edit(place: Place) -> None:
    project = place.make()
    asked = steps.run(place.platform, place.ada, project.id)
    assert asked.steps == place.platform.graph.order
    assert steps.unheard(place.platform, asked) == len(asked.messages) > len(asked.steps)
    done = place.work()
    assert steps.unheard(place.platform, asked) == 0
    assert {"internal_oceans", "passage_problems", "sub_basins", "ahmcoef"} <= set(done)
    words = place.words(project)
    unserved = {step.name for step in place.steps if step.worker != "python"}
    assert {name for name, word in words.items() if word == "no worker"} == unserved
    assert {name for name, word in words.items() if word == "fresh"} == set(words) - unserved
    assert place.stands(project).next.doing == "start a worker"
    assert place.stands(project).is_settled


def test_running_some_with_parameters(place: Place, project: ProjectInfo) -> None:
    asked = steps.run(
        place.platform, place.ada, project.id, ["routing", "internal_oceans"],
        parameters={"internal_oceans": {"policy": "keep"}},
    )  # fmt: skip
    assert asked.steps == ("internal_oceans", "routing")
    place.work()
    (run,) = runs.history(place.platform, place.ada, project.id, "internal_oceans")
    assert run.parameters["policy"] == "keep"
    assert run.author == "Ada"


def test_cancelling_and_trying_again(place: Place) -> None:
    platform, ada = place.platform, place.ada
    project = place.make()
    with pytest.raises(ConflictError, match="nothing is under way"):
        steps.cancel(platform, ada, project.id)
    place.pump()
    assert steps.cancel(platform, ada, project.id).steps == ("regrid",)
    place.pump()
    assert place.words(project)["regrid"] == "cancelled"
    with pytest.raises(ConflictError, match="'regrid' is cancelled already"):
        steps.cancel(platform, ada, project.id, ["regrid"])
    with pytest.raises(ConflictError, match="'routing' is never run"):
        steps.retry(platform, ada, project.id, ["routing"])
    assert place.stands(project).next.doing == "retry"
    assert steps.retry(platform, ada, project.id).steps == ("regrid",)
    place.work()
    assert place.words(project)["regrid"] == "fresh"
    with pytest.raises(ConflictError, match="nothing failed"):
        steps.retry(platform, ada, project.id)


def test_what_was_just_asked_for_can_be_cancelled_though_nobody_has_heard_it(
    place: Place, project: ProjectInfo
) -> None:
    steps.run(place.platform, place.ada, project.id, ["internal_oceans"])
    steps.cancel(place.platform, place.ada, project.id, ["internal_oceans"])
    place.pump()
    assert place.words(project)["internal_oceans"] == "cancelled"


def test_a_failure_is_shown_with_reason_hint_and_log(place: Place) -> None:
    platform, ada = place.platform, place.ada
    project = place.make()
    place.pump()
    (task,) = place.tasks()
    place.start(task)
    place.say(task, Progress(step="regrid", fraction=0.25))
    place.pump()
    shown = place.stands(project).steps[0]
    assert (shown.shown, shown.progress, shown.worker) == ("running", 0.25, "w-1")
    assert shown.seconds is not None
    assert place.stands(project).next.sentence == "regrid is under way"
    failed = Failed(
        step="regrid", code="bad_input", reason="it is flat", remedy="give another",
        log="Traceback …", retryable=False,
    )  # fmt: skip
    place.say(task, failed)
    place.pump()
    now = place.stands(project)
    shown = now.steps[0]
    assert (shown.shown, shown.reason, shown.hint) == ("failed", "it is flat", "give another")
    assert (now.next.doing, now.next.step) == ("retry", "regrid")
    assert now.steps[1].waits_for == "waits for regrid"
    log = runs.log(platform, ada, project.id, "regrid")
    assert (log.run.reason, log.run.hint, log.log) == ("it is flat", "give another", "Traceback …")
    with place.database.reading() as session:
        assert overall(platform, projects.get(session, project.id)) == "failed"


def test_requests_that_nobody_hears_are_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    project = place.make()
    now = place.stands(project)
    assert (now.unheard, now.is_settled, now.next.doing) == (1, False, "wait")
    monkeypatch.setattr(standing, "PATIENCE", timedelta())
    assert place.stands(project).next.doing == "serve"
    assert "a request waits" in place.stands(project).next.sentence
    with place.database.transaction() as session:
        later = utc_now() + timedelta(hours=1)
        (row,) = outbox.claim(session, "relay", now=utc_now(), until=later)
    with place.database.transaction() as session:
        outbox.mark_published(session, "relay", [row.number], now=utc_now())
    assert place.stands(project).unheard == 1  # on its way to the dispatcher
    with place.database.transaction() as session:
        outbox.publish_again(session, lambda _: True)
    place.pump()
    assert place.stands(project).unheard == 0


def test_how_a_project_stands_is_of_one_moment_and_in_order(
    place: Place, project: ProjectInfo
) -> None:
    now = place.stands(project)
    assert tuple(step.name for step in now.steps) == place.platform.graph.order
    assert now.project == project or now.project.modified > project.modified
    first, second, third = now.steps[:3]
    assert (first.shown, first.attempt, first.before) == ("fresh", 1, ())
    assert first.seconds is not None
    assert (second.shown, second.interactive) == ("awaiting you", True)
    assert (third.shown, third.waits_for) == ("never run", "waits for internal_oceans")
    assert (now.next.doing, now.next.step) == ("edit", "internal_oceans")


def step(name: str, shown: str, waits_for: str = "") -> StepStatus:
    return StepStatus(
        name, name, False, "python", (), shown, 0.0, waits_for, "", "", 1, "", None, None, None
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps_", "doing", "at"),
    [
        ([step("a", "fresh")], "nothing", ""),
        ([step("a", "running"), step("b", "failed")], "retry", "b"),
        ([step("a", "running"), step("b", "awaiting you")], "edit", "b"),
        ([step("a", "never run", "needs a file: source")], "give a file", "a"),
        ([step("a", "stale", "needs other parameters: x")], "set parameters", "a"),
        ([step("a", "never run", "has to be asked for, since")], "run", "a"),
        ([step("a", "queued"), step("b", "never run", "waits for a")], "wait", "a"),
        ([step("a", "cancelled"), step("b", "no worker")], "retry", "a"),
        ([step("a", "stale"), step("b", "never run", "waits for a")], "run", "a"),
        ([step("a", "fresh"), step("b", "no worker", "waits")], "start a worker", "b"),
    ],
)
def test_the_next_thing_to_do(steps_: list[StepStatus], doing: str, at: str) -> None:
    thing = next_thing(steps_)
    assert (thing.doing, thing.step) == (doing, at)
    assert thing.sentence


@pytest.mark.parametrize(
    "edits",
    [
        [EDIT] * 5001,
        [{**EDIT, "file": "pft", "variable": "maxvegetfrac"}],
        [{**EDIT, "reason": "ends\0here"}],
        [{**EDIT, "reason": "half a \ud83d"}],
    ],
)
def test_lists_that_no_step_takes_are_refused(
    place: Place, project: ProjectInfo, edits: list[dict[str, Any]]
) -> None:
    with pytest.raises(ParameterError):
        steps.save_edits(place.platform, place.ada, project.id, "internal_oceans", edits)
    assert steps.edits_history(place.platform, place.ada, project.id, "internal_oceans") == []


@pytest.mark.parametrize("note", ["ends\0here", "half a \ud83d", "x" * 5000])
def test_notes_that_cannot_be_kept_are_refused(
    place: Place, project: ProjectInfo, note: str
) -> None:
    with pytest.raises(ParameterError):
        steps.save_edits(
            place.platform, place.ada, project.id, "internal_oceans", [EDIT], note=note
        )
