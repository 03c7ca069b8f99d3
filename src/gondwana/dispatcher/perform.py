"""Each action of the state machine as rows: runs, revisions, and messages in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gondwana.dispatcher.platform import Platform
from gondwana.messaging.envelope import Envelope, encode
from gondwana.messaging.messages import CancelTask as CancelTaskMessage
from gondwana.messaging.messages import Data
from gondwana.storage import outbox, revisions, runs
from gondwana.storage.models import Project, Run
from gondwana.storage.words import RunStatus
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

    platform: Platform
    session: Session
    project: Project
    now: datetime
    lease: timedelta
    said: Said
    author_id: str

    def run_of(self, action: RunAction) -> Run | None:
        """Return the run of an attempt."""
        wanted = select(Run).where(
            Run.project_id == self.project.id,
            Run.step == action.step,
            Run.attempt == action.attempt,
        )
        return self.session.scalar(wanted)

    def close(self, action: RunAction, status: RunStatus, **told: Any) -> None:
        """Close the run of an attempt."""
        run = self.run_of(action)
        if run is not None:
            runs.finish(self.session, run.id, run.attempt, status, now=self.now, **told)


def send(session: Session, envelope: Envelope[Data]) -> None:
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
    runs.create(
        scene.session,
        scene.project.id,
        action.step,
        attempt=action.attempt,
        tag=action.tag,
        fingerprint=action.fingerprint,
        parameters=action.parameters,
        inputs={kind: file.sha256 for kind, file in action.inputs.items()},
        edits=action.edits,
        author_id=scene.author_id,
    )


@perform.register
def _cancel_task(action: CancelTask, scene: Scene) -> None:
    """Tell the workers; a run that still waits for its turn is with none of them."""
    run = scene.run_of(action)
    if run is not None and run.status is RunStatus.WAITING:
        return
    known = run.id if run is not None else scene.said.run_id
    step = scene.platform.graph.steps[action.step]
    if known:
        told = CancelTaskMessage(step=step.name, worker=step.worker, reason="it is not wanted")
        send(
            scene.session,
            Envelope.of(
                told, source=SOURCE, project=scene.project.id, run=known, attempt=action.attempt
            ),
        )


@perform.register
def _mark_running(action: MarkRunning, scene: Scene) -> None:
    run = scene.run_of(action)
    if run is not None:
        until = scene.now + scene.lease
        runs.lease(scene.session, run.id, run.attempt, action.worker, now=scene.now, until=until)


@perform.register
def _mark_progress(action: MarkProgress, scene: Scene) -> None:
    run = scene.run_of(action)
    if run is not None and run.owner is not None:
        until = scene.now + scene.lease
        runs.heartbeat(
            scene.session, run.id, run.attempt, run.owner, until=until, progress=action.fraction
        )


@perform.register
def _record_revision(action: RecordRevision, scene: Scene) -> None:
    run = scene.run_of(action)
    revisions.add(
        scene.session,
        scene.platform.store,
        scene.project.id,
        action.kind,
        action.file.sha256,
        arrays_sha256=action.file.arrays,
        step=action.step,
        fingerprint=action.fingerprint,
        run_id=run.id if run is not None else None,
        author_id=run.author_id if run is not None else scene.author_id,
    )


@perform.register
def _mark_done(action: MarkDone, scene: Scene) -> None:
    scene.close(action, RunStatus.DONE, report=scene.said.report, log=scene.said.log)


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
