"""What the state machine wants done: instructions to a shell that has a database and a broker.

All actions of one event, and the new state, belong into one transaction; messages leave through
the outbox of that transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gondwana.workflow.freshness import File


@dataclass(frozen=True)
class Action:
    """Something to do about a step."""

    step: str


@dataclass(frozen=True)
class NothingToDo(Action):
    """Nothing follows, and why. The state may have changed all the same."""

    why: str


@dataclass(frozen=True)
class AwaitPerson(Action):
    """Show that the step waits for a person, with the inputs of this fingerprint."""

    fingerprint: str


@dataclass(frozen=True)
class HoldStep(Action):
    """Show the step as cancelled; it has no run that would have to be closed."""


@dataclass(frozen=True)
class RunAction(Action):
    """Something to do about one attempt at a step."""

    attempt: int


@dataclass(frozen=True)
class SendTask(RunAction):
    """Open a run and send its task to the workers with this tag."""

    tag: str
    fingerprint: str
    inputs: Mapping[str, File]
    parameters: Mapping[str, Any]
    edits: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class CancelTask(RunAction):
    """Tell this worker, or with no name whichever has it, to stop the attempt."""

    worker: str = ""


@dataclass(frozen=True)
class MarkRunning(RunAction):
    """The attempt belongs to this worker from now on."""

    worker: str


@dataclass(frozen=True)
class MarkProgress(RunAction):
    """Show how much is done."""

    fraction: float


@dataclass(frozen=True)
class RecordRevision(RunAction):
    """Add a revision of a kind; it is the current one from now on."""

    kind: str
    file: File
    fingerprint: str


@dataclass(frozen=True)
class MarkDone(RunAction):
    """Close the run as done, with the fingerprint it answers."""

    fingerprint: str


@dataclass(frozen=True)
class MarkFailed(RunAction):
    """Close the run as failed and tell the person."""

    reason: str
    hint: str


@dataclass(frozen=True)
class RetryLater(RunAction):
    """Close the run as failed; tell `RetryDue` of it after the delay in seconds."""

    delay: float
    reason: str


@dataclass(frozen=True)
class MarkCancelled(RunAction):
    """Close the run and show the step as cancelled."""


@dataclass(frozen=True)
class MarkLost(RunAction):
    """Close the run as lost; the step is tried again."""


@dataclass(frozen=True)
class MarkNoWorker(RunAction):
    """Close the run and show that no worker serves the tag."""

    tag: str


CLOSING = (MarkDone, MarkFailed, RetryLater, MarkCancelled, MarkLost, MarkNoWorker)
"""Actions after which an attempt is over."""
