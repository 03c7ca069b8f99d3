"""What becomes of tasks that were sent: messages of workers, of the broker, and of timers.

A message counts only if it is about the current attempt and, once a worker has that attempt, comes
from this worker. All others change nothing; a worker that still works on something else is told
to stop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from gondwana.workflow.actions import (
    Action,
    CancelTask,
    MarkCancelled,
    MarkDone,
    MarkFailed,
    MarkLost,
    MarkNoWorker,
    MarkProgress,
    MarkRunning,
    NothingToDo,
    RecordRevision,
    RetryLater,
)
from gondwana.workflow.events import (
    RetryDue,
    TaskCancelled,
    TaskDone,
    TaskEvent,
    TaskFailed,
    TaskLost,
    TaskProgress,
    TaskStarted,
    TaskUnroutable,
    TimeLimitPassed,
    WorkerMessage,
    WorkerVanished,
)
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import Phase, ProjectState, StepState

Change = tuple[ProjectState, list[Action]]


@dataclass(frozen=True)
class Policy:
    """How failures are answered.

    Attributes
    ----------
    first_delay, longest_delay : float
        Seconds before the first retry, and at most; it doubles each time.
    losses : int
        How many workers may vanish with a task before it is given up.
    """

    first_delay: float = 2.0
    longest_delay: float = 300.0
    losses: int = 3

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after so many failures."""
        # the power is bounded too, since a float ends at 2**1024
        return min(self.longest_delay, self.first_delay * 2.0 ** min(failures - 1, 60))


def task_changed(graph: Graph, state: ProjectState, event: TaskEvent, policy: Policy) -> Change:
    """Carry out what became of a task."""
    known = state.steps[event.step]
    if isinstance(event, RetryDue):
        return _retry_due(state, event, known)
    if event.attempt != known.attempt or not known.is_open:
        return state, _foreign(event, f"is of attempt {event.attempt}, which is over")
    if isinstance(event, WorkerMessage) and not _may_speak(known, event):
        return state, _foreign(event, f"another worker has attempt {event.attempt}")
    if isinstance(event, WorkerMessage):
        return _told(graph, state, event, known, policy)
    return _noticed(graph, state, event, known, policy)


def _told(
    graph: Graph, state: ProjectState, event: WorkerMessage, known: StepState, policy: Policy
) -> Change:
    """Carry out what the worker that has the current attempt says of it."""
    match event:
        case TaskStarted() | TaskProgress() if known.phase is Phase.STOPPING:
            # the worker does not seem to know yet
            change: Change = state, [CancelTask(event.step, event.attempt, event.worker)]
        case TaskProgress():
            change = _progressed(state, event, known)
        case TaskDone():
            change = _done(graph, state, event, known)
        case TaskFailed():
            change = _failed(graph, state, event, known, policy)
        case TaskCancelled():
            change = _ended(state, event, known)
        case _:
            change = _started(state, event, known)
    return change


def _noticed(
    graph: Graph, state: ProjectState, event: TaskEvent, known: StepState, policy: Policy
) -> Change:
    """Carry out what the broker or a timer noticed of the current attempt."""
    match event:
        case WorkerVanished() | TaskLost():
            change = _lost(state, event, known, policy)
        case TimeLimitPassed():
            change = _too_long(graph, state, event, known)
        case TaskUnroutable() if known.phase is Phase.QUEUED:
            tag = graph.steps[event.step].worker
            left = known.enters(Phase.NO_WORKER, wanted=True)
            change = state.having(event.step, left), [MarkNoWorker(event.step, event.attempt, tag)]
        case _:
            change = state, [NothingToDo(event.step, "has been taken up by a worker")]
    return change


def worker_available(graph: Graph, state: ProjectState, tag: str) -> ProjectState:
    """Let every step go again that found no worker for this tag."""
    for name, known in state.steps.items():
        if known.phase is Phase.NO_WORKER and graph.steps[name].worker == tag:
            state = state.having(name, known.enters(Phase.IDLE))
    return state


def _may_speak(known: StepState, event: WorkerMessage) -> bool:
    return not known.worker or not event.worker or known.worker == event.worker


def _foreign(event: TaskEvent, why: str) -> list[Action]:
    """Answer a message that does not count: whoever is still at work is told to stop."""
    if isinstance(event, TaskStarted | TaskProgress):
        return [CancelTask(event.step, event.attempt, event.worker)]
    return [NothingToDo(event.step, f"message {why}")]


def _started(state: ProjectState, event: WorkerMessage, known: StepState) -> Change:
    if known.phase is Phase.RUNNING and (known.worker or not event.worker):
        return state, [NothingToDo(event.step, "is running already")]
    running = replace(known, phase=Phase.RUNNING, worker=event.worker)
    return state.having(event.step, running), [MarkRunning(event.step, event.attempt, event.worker)]


def _progressed(state: ProjectState, event: TaskProgress, known: StepState) -> Change:
    actions: list[Action] = []
    if known.phase is Phase.QUEUED:
        # the message that it started is lost or still on its way
        state, actions = _started(state, event, known)
        known = state.steps[event.step]
    fraction = min(event.fraction, 1.0)
    if fraction > known.progress:
        state = state.having(event.step, replace(known, progress=fraction))
        actions.append(MarkProgress(event.step, event.attempt, fraction))
    return state, actions or [NothingToDo(event.step, "is as far or farther already")]


def _done(graph: Graph, state: ProjectState, event: TaskDone, known: StepState) -> Change:
    if known.ends_as is Phase.CANCELLED:
        return _ended(state, event, known)
    expected = graph.steps[event.step].outputs
    if set(event.outputs) != set(expected):
        return _given_up(
            state,
            event,
            known,
            f"the worker returned {_listed(tuple(event.outputs))} instead of {_listed(expected)}",
            "the worker does not fit this step; tell whoever runs it",
        )
    new = {
        kind: event.outputs[kind]
        for kind in expected
        if _sha256(state, kind) != event.outputs[kind].sha256
    }
    actions: list[Action] = [
        RecordRevision(event.step, event.attempt, kind, file, known.fingerprint)
        for kind, file in new.items()
    ]
    actions.append(MarkDone(event.step, event.attempt, known.fingerprint))
    done = known.enters(
        Phase.IDLE, succeeded=known.fingerprint, failures=0, losses=0, reason="", hint=""
    )
    return state.holding(new).having(event.step, done), actions


def _sha256(state: ProjectState, kind: str) -> str:
    return state.files[kind].sha256 if kind in state.files else ""


def _failed(
    graph: Graph, state: ProjectState, event: TaskFailed, known: StepState, policy: Policy
) -> Change:
    if known.ends_as is not None:
        return _ended(state, event, known)
    if not event.retryable or known.failures >= graph.steps[event.step].retries:
        return _given_up(state, event, known, event.reason, event.hint)
    failures = known.failures + 1
    delay = policy.delay(failures)
    later = known.enters(
        Phase.BACKOFF,
        wanted=True,
        failures=failures,
        reason=event.reason,
        hint=event.hint,
        retry_at=event.at + timedelta(seconds=delay),
    )
    return state.having(event.step, later), [
        RetryLater(event.step, event.attempt, delay, event.reason)
    ]


def _lost(state: ProjectState, event: TaskEvent, known: StepState, policy: Policy) -> Change:
    if known.ends_as is not None:
        return _ended(state, event, known)
    losses = known.losses + isinstance(event, WorkerVanished)
    if losses >= policy.losses:
        return _given_up(
            state,
            event,
            replace(known, losses=losses),
            f"its worker vanished {losses} times",
            "see the log of the worker, often it lacked memory; then try again",
        )
    again = known.enters(Phase.IDLE, wanted=True, losses=losses)
    return state.having(event.step, again), [MarkLost(event.step, event.attempt)]


def _too_long(graph: Graph, state: ProjectState, event: TaskEvent, known: StepState) -> Change:
    if known.phase is Phase.QUEUED:
        return state, [NothingToDo(event.step, "has not started")]
    if known.phase is Phase.RUNNING:
        limit = graph.steps[event.step].timeout
        stopping = replace(
            known,
            phase=Phase.STOPPING,
            ends_as=Phase.FAILED,
            reason=f"it was stopped after its limit of {limit:g} s",
            hint="try again, or with parameters that ask for less",
        )
        state = state.having(event.step, stopping)
    return state, [CancelTask(event.step, event.attempt, known.worker)]


def _retry_due(state: ProjectState, event: RetryDue, known: StepState) -> Change:
    if known.phase is not Phase.BACKOFF or known.attempt != event.attempt:
        return state, [NothingToDo(event.step, "no retry is due")]
    return state.having(event.step, known.enters(Phase.IDLE)), []


def _ended(state: ProjectState, event: TaskEvent, known: StepState) -> Change:
    """End a run that was to stop: as cancelled, or as failed by its time limit."""
    if known.ends_as is Phase.FAILED:
        return _given_up(state, event, known, known.reason, known.hint)
    phase = Phase.IDLE if known.wanted else Phase.CANCELLED
    ended = known.enters(phase, reason="", hint="")
    return state.having(event.step, ended), [MarkCancelled(event.step, event.attempt)]


def _given_up(
    state: ProjectState, event: TaskEvent, known: StepState, reason: str, hint: str
) -> Change:
    failed = known.enters(Phase.FAILED, reason=reason, hint=hint)
    return state.having(event.step, failed), [MarkFailed(event.step, event.attempt, reason, hint)]


def _listed(kinds: tuple[str, ...]) -> str:
    return ", ".join(kinds) or "nothing"
