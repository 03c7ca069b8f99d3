"""Each action of the state machine as rows: runs, revisions, and messages in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from gondwana.messaging.envelope import AnyData, Envelope, encode
from gondwana.messaging.messages import CancelTask as CancelTaskMessage
from gondwana.storage import outbox, revisions
from gondwana.storage.marks import new_id
from gondwana.storage.models import Project, Run
from gondwana.storage.words import OPEN, RunStatus
from gondwana.workflow.actions import (
    Action,
    AwaitPerson,
    CancelTask,
    HoldStep,
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
    RunAction,
    SendTask,
)

if TYPE_CHECKING:
    from gondwana.dispatcher.desk import Desk

SOURCE = "dispatcher"


@dataclass(frozen=True)
class Said:
    """What a message of a worker says beside what the state machine needs to know."""

    run_id: str = ""
    code: str = ""
    log: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """Everything an action needs to be done."""

    desk: Desk
    project: Project
    now: datetime
    said: Said
    author_id: str

    def run_of(self, action: RunAction) -> Run | None:
        """Return the run of an attempt."""
        return self.desk.run_of(self.project.id, action.step, action.attempt)

    def close(self, action: RunAction, status: RunStatus, **told: Any) -> None:
        """Close the run of an attempt, if it is open."""
        run = self.run_of(action)
        if run is None or run.status not in OPEN:
            return
        run.status, run.finished, run.lease_until = status, self.now, None
        for name, value in told.items():
            setattr(run, name, value)


def send(session: Session, envelope: Envelope[AnyData]) -> None:
    """Put a message into the outbox; those about one project leave in order."""
    message = encode(envelope)
    outbox.add(
        session, message_id=message.id, subject=envelope.subject, key=message.key, body=message.body
    )


@singledispatch
def perform(action: Action, scene: Scene) -> None:  # noqa: ARG001
    """Do what the state machine wants."""
    raise TypeError(f"nobody knows how to do {type(action).__name__}")


@perform.register(NothingToDo)
@perform.register(AwaitPerson)
@perform.register(HoldStep)
def _shown_alone(action: Action, scene: Scene) -> None:
    """Do nothing: the state itself tells."""


@perform.register
def _send_task(action: SendTask, scene: Scene) -> None:
    """Open a run; it waits for its turn among the runs of all users (see `feeder`)."""
    run = Run(
        id=new_id(),
        project_id=scene.project.id,
        step=action.step,
        attempt=action.attempt,
        tag=action.tag,
        status=RunStatus.WAITING,
        fingerprint=action.fingerprint,
        parameters=dict(action.parameters),
        inputs={kind: file.sha256 for kind, file in action.inputs.items()},
        edits=[dict(edit) for edit in action.edits],
        author_id=scene.author_id,
    )
    scene.desk.session.add(run)
    scene.desk.keep([run])


@perform.register
def _cancel_task(action: CancelTask, scene: Scene) -> None:
    """Tell the workers; a run that still waits for its turn is with none of them."""
    run = scene.run_of(action)
    if run is not None and run.status is RunStatus.WAITING:
        return
    known = run.id if run is not None else scene.said.run_id
    step = scene.desk.platform.graph.steps[action.step]
    if known:
        told = CancelTaskMessage(step=step.name, worker=step.worker, reason="it is not wanted")
        send(
            scene.desk.session,
            Envelope.of(
                told, source=SOURCE, project=scene.project.id, run=known, attempt=action.attempt
            ),
        )


@perform.register
def _mark_running(action: MarkRunning, scene: Scene) -> None:
    run = scene.run_of(action)
    if run is not None and run.status in (RunStatus.WAITING, RunStatus.QUEUED):
        run.status, run.owner, run.started = RunStatus.RUNNING, action.worker, scene.now
        run.lease_until = scene.now + scene.desk.lease


@perform.register
def _mark_progress(action: MarkProgress, scene: Scene) -> None:
    run = scene.run_of(action)
    if run is not None and run.status is RunStatus.RUNNING:
        run.progress, run.lease_until = action.fraction, scene.now + scene.desk.lease


@perform.register
def _record_revision(action: RecordRevision, scene: Scene) -> None:
    run = scene.run_of(action)
    scene.desk.new_revisions.append(
        revisions.New(
            project_id=scene.project.id,
            kind=action.kind,
            sha256=action.file.sha256,
            arrays_sha256=action.file.arrays,
            step=action.step,
            fingerprint=action.fingerprint,
            run_id=run.id if run is not None else None,
            author_id=run.author_id if run is not None else scene.author_id,
        )
    )


@perform.register
def _mark_done(action: MarkDone, scene: Scene) -> None:
    scene.close(action, RunStatus.DONE, progress=1.0, report=dict(scene.said.report))


@perform.register
def _mark_failed(action: MarkFailed, scene: Scene) -> None:
    scene.close(
        action,
        RunStatus.FAILED,
        code=scene.said.code,
        reason=action.reason,
        hint=action.hint,
        log=scene.said.log,
    )


@perform.register
def _retry_later(action: RetryLater, scene: Scene) -> None:
    """Close the run; the state knows when the next one is due (`transitions.next_due`)."""
    scene.close(
        action,
        RunStatus.FAILED,
        code=scene.said.code,
        reason=action.reason,
        hint=f"it is tried again after {action.delay:g} s",
        log=scene.said.log,
    )


@perform.register
def _mark_cancelled(action: MarkCancelled, scene: Scene) -> None:
    scene.close(action, RunStatus.CANCELLED)


@perform.register
def _mark_lost(action: MarkLost, scene: Scene) -> None:
    scene.close(action, RunStatus.LOST)


@perform.register
def _mark_no_worker(action: MarkNoWorker, scene: Scene) -> None:
    scene.close(action, RunStatus.NO_WORKER)
