"""What came from the broker, as events of the state machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from gondwana.dispatcher.perform import Said
from gondwana.messaging.envelope import Envelope, UndecodableError, decode
from gondwana.messaging.messages import (
    Cancelled,
    CancelRequested,
    Data,
    Done,
    Failed,
    Progress,
    Started,
    StepRequested,
    Task,
)
from gondwana.messaging.transport import Delivery, Message
from gondwana.storage.errors import FileDamagedError, FileMissingError
from gondwana.storage.files import FileStore
from gondwana.workflow import events
from gondwana.workflow.freshness import File


@dataclass(frozen=True)
class Inbound:
    """A message that was understood.

    Attributes
    ----------
    message_id, project_id : str
    event : Event
    said : Said
    author_id : str
        Who asked, as the message says; empty if it does not.
    once : bool
        A copy of the message would change something again, so that its id has to be remembered.
    beat : bool
        It says that a worker is alive and nothing else.
    """

    message_id: str
    project_id: str
    event: events.Event
    said: Said = field(default_factory=Said)
    author_id: str = ""
    once: bool = False
    beat: bool = False


def understood(delivery: Delivery, store: FileStore, now: datetime) -> Inbound:
    """Read a message of the dispatcher's queue; of a result, every file is looked at.

    Raises
    ------
    UndecodableError
        It is none of our messages, or not for a dispatcher.
    StoreUnavailableError
        The files of a result cannot be looked at now.
    """
    envelope = decode(delivery.message)
    data = envelope.data
    match data:
        case StepRequested(asked=False):
            event: events.Event = events.Checked(at=now)
        case StepRequested():
            event = events.Requested(at=now, step=data.step)
        case CancelRequested():
            event = events.CancelRequested(at=now, step=data.step)
        case _:
            event = _told_by_worker(envelope, delivery.message, store, now)
    asked = isinstance(data, StepRequested | CancelRequested)
    return Inbound(
        message_id=envelope.id,
        project_id=envelope.subject,
        event=event,
        said=_said(envelope, event),
        author_id=data.author if isinstance(data, StepRequested | CancelRequested) else "",
        once=asked,
        beat=isinstance(data, Progress),
    )


def buried(delivery: Delivery, now: datetime) -> Inbound | None:
    """Read a dead letter as the failure of the run it is about; None if that cannot be known."""
    message = delivery.message
    try:
        envelope = decode(message)
    except UndecodableError as error:
        return _unreadable(message, str(error), now)
    if not isinstance(envelope.data, Task):
        return None
    event = events.TaskFailed(
        at=now,
        step=envelope.data.step,
        attempt=envelope.attempt,
        reason="its task came back from the workers too often",
        hint="see the logs of the workers, then try again",
    )
    said = Said(run_id=envelope.runid, code="dead_letter", log=str(delivery.death))
    return Inbound(envelope.id, envelope.subject, event, said)


def _told_by_worker(
    envelope: Envelope[Data], message: Message, store: FileStore, now: datetime
) -> events.Event:
    data, worker = envelope.data, envelope.source
    match data:
        case Started():
            event: events.Event = events.TaskStarted(
                at=now, step=data.step, attempt=envelope.attempt, worker=worker
            )
        case Progress():
            event = events.TaskProgress(
                at=now,
                step=data.step,
                attempt=envelope.attempt,
                worker=worker,
                fraction=data.fraction or 0.0,
            )
        case Done():
            event = _done(envelope, data, store, now)
        case Failed():
            event = events.TaskFailed(
                at=now,
                step=data.step,
                attempt=envelope.attempt,
                worker=worker,
                reason=data.reason,
                hint=data.remedy,
                retryable=data.retryable,
            )
        case Cancelled():
            event = events.TaskCancelled(
                at=now, step=data.step, attempt=envelope.attempt, worker=worker
            )
        case _:
            raise UndecodableError("is not for a dispatcher", message)
    return event


def _done(envelope: Envelope[Data], data: Done, store: FileStore, now: datetime) -> events.Event:
    wrong = _what_is_wrong(data, store)
    if wrong:
        return events.TaskFailed(
            at=now,
            step=data.step,
            attempt=envelope.attempt,
            worker=envelope.source,
            reason=f"the worker's result cannot be used: {wrong}",
            hint="tell whoever runs the worker",
        )
    outputs = {
        kind: File(file.sha256, file.arrays_sha256 or "") for kind, file in data.outputs.items()
    }
    return events.TaskDone(
        at=now,
        step=data.step,
        attempt=envelope.attempt,
        worker=envelope.source,
        outputs=outputs,
    )


def _what_is_wrong(data: Done, store: FileStore) -> str:
    """Look at the files that a worker says it has stored; empty if all is right."""
    for kind, file in data.outputs.items():
        try:
            size = store.verify(file.sha256)
        except FileMissingError:
            return f"'{kind}' is not in the store (it is said to be at {file.uri})"
        except FileDamagedError:
            return f"'{kind}' has not the checksum that was told"
        if size != file.size:
            return f"'{kind}' has {size} bytes and not {file.size}"
        if store.largest is not None and size > store.largest:
            return f"'{kind}' has {size} bytes, more than the {store.largest} that are taken"
    return ""


def _said(envelope: Envelope[Data], event: events.Event) -> Said:
    match envelope.data:
        case Failed() as data:
            return Said(run_id=envelope.runid, code=data.code, log=data.log)
        case Done() as data if isinstance(event, events.TaskFailed):
            return Said(run_id=envelope.runid, code="bad_output", log=data.model_dump_json())
        case Done() as data:
            told = data.model_dump(mode="json", include={"checks", "changes", "notes", "seconds"})
            return Said(run_id=envelope.runid, report=told)
        case _:
            return Said(run_id=envelope.runid)


def _unreadable(message: Message, problem: str, now: datetime) -> Inbound | None:
    """Find out which run a message that cannot be read is about."""
    words = message.key.split(".")
    try:
        told = json.loads(message.body)
        project, run, attempt = str(told["subject"]), str(told["runid"]), int(told["attempt"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if len(words) < 2:
        return None
    event = events.TaskFailed(
        at=now,
        step=words[1],
        attempt=attempt,
        reason="a message about it cannot be read",
        hint="its worker does not fit this version; tell whoever runs it",
    )
    log = f"{problem}\n{message.body[:2000]!r}"
    return Inbound(message.id, project, event, Said(run_id=run, code="bad_message", log=log))
