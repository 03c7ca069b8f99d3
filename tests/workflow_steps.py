"""Made-up steps and a notation for actions, shared by the tests of the workflow."""

from datetime import UTC, datetime, timedelta

from gondwana.steps.contract import Outcome, Step, StepParameters, Task
from gondwana.workflow import actions as do
from gondwana.workflow import events as on
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph
from gondwana.workflow.invariants import broken_by_state, broken_by_transition
from gondwana.workflow.model import ProjectState, shown
from gondwana.workflow.state import handle
from gondwana.workflow.tasks import Policy

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Level(StepParameters):
    level: int = 0


class LevelToGive(StepParameters):
    level: int


def never_run(_: Task) -> Outcome:
    raise AssertionError("the pure machine runs nothing")


def made_up(
    name: str, needs: str = "", makes: str | None = None, *, asks: bool = False, **more: object
) -> Step:
    """Declare a step; by default it makes a kind of its own name."""
    declared = {
        "version": 1,
        "title": name,
        "about": name,
        "outputs": tuple((name if makes is None else makes).split()),
        "parameters": LevelToGive if asks else Level,
        "run": never_run,
    }
    return Step(name=name, inputs=tuple(needs.split()), **(declared | more))


DIAMOND = Graph.of(
    [
        made_up("top", "given"),
        made_up("left", "top"),
        made_up("right", "top"),
        made_up("bottom", "left right"),
    ]
)

CHAIN = Graph.of([made_up("first", "given"), made_up("last", "first")])
EDITED = Graph.of(
    [
        made_up("first", "given"),
        made_up("edited", "first", interactive=True),
        made_up("last", "edited"),
    ]
)


class Project:
    """A project that is told events and answers with actions in a short notation."""

    def __init__(self, graph: Graph, policy: Policy | None = None) -> None:
        self.graph = graph
        self.state = ProjectState.new(graph)
        self.policy = policy or Policy()
        self.now = NOON

    def tell(self, kind: type[on.Event], /, **about: object) -> list[str]:
        return [noted(action) for action in self.do(kind, **about)]

    def do(self, kind: type[on.Event], /, **about: object) -> tuple[do.Action, ...]:
        self.now += timedelta(seconds=1)
        event = kind(at=self.now, **about)
        before = self.state
        transition = handle(self.graph, before, event, self.policy)
        assert broken_by_transition(self.graph, before, event, transition) == []
        assert broken_by_state(self.graph, transition.state) == []
        self.state = transition.state
        return transition.actions

    def upload(self, kind: str, content: str) -> list[str]:
        return self.tell(on.InputChanged, kind=kind, file=File(content))

    def start(self, step: str, worker: str = "w") -> list[str]:
        attempt = self.state.steps[step].attempt
        return self.tell(on.TaskStarted, step=step, attempt=attempt, worker=worker)

    def finish(self, step: str, content: str, attempt: int | None = None) -> list[str]:
        """Let the current attempt be done, each output with this content after its own name."""
        outputs = {kind: File(f"{kind}-{content}") for kind in self.graph.steps[step].outputs}
        attempt = self.state.steps[step].attempt if attempt is None else attempt
        return self.tell(on.TaskDone, step=step, attempt=attempt, outputs=outputs)

    def run(self, step: str, content: str) -> list[str]:
        self.start(step)
        return self.finish(step, content)

    def fail(self, step: str, reason: str = "it broke", *, retryable: bool = False) -> list[str]:
        attempt = self.state.steps[step].attempt
        return self.tell(
            on.TaskFailed, step=step, attempt=attempt, reason=reason, retryable=retryable
        )

    def shown(self) -> dict[str, str]:
        return dict(shown(self.graph, self.state))


def chain_in_sync() -> Project:
    project = Project(CHAIN)
    project.upload("given", "g")
    project.run("first", "a")
    project.run("last", "a")
    return project


def noted(action: do.Action) -> str:
    """Write an action in short: ``send left 1 top=top-a``."""
    match action:
        case do.SendTask(inputs=inputs):
            files = " ".join(f"{kind}={file.sha256}" for kind, file in inputs.items())
            verb, more = "send", f" {files}"
        case do.CancelTask(worker=worker):
            verb, more = "cancel", f" {worker}".rstrip()
        case do.MarkRunning(worker=worker):
            verb, more = "running", f" {worker}"
        case do.MarkProgress(fraction=fraction):
            verb, more = "progress", f" {fraction:g}"
        case do.RecordRevision(file=file):
            verb, more = "record", f" {file.sha256}"
        case do.MarkFailed(reason=reason):
            verb, more = "failed", f": {reason}"
        case do.RetryLater(delay=delay):
            verb, more = "retry", f" in {delay:g} s"
        case do.AwaitPerson():
            verb, more = "await", ""
        case do.HoldStep():
            verb, more = "hold", ""
        case do.NothingToDo(why=why):
            verb, more = "nothing", f": {why}"
        case _:
            verb, more = type(action).__name__.removeprefix("Mark").lower(), ""
    attempt = f" {action.attempt}" if isinstance(action, do.RunAction) else ""
    return f"{verb} {action.step}{attempt}{more}"
