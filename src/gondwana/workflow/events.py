"""What can happen to a project: everything that the state machine is told.

Each event carries the time at which it happened; the machine itself has no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gondwana.workflow.freshness import File


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, and when (UTC)."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class Checked(Event):
    """Nothing happened, but look: at a start, or after steps were raised to a new version."""


@dataclass(frozen=True, kw_only=True)
class WorkerAvailable(Event):
    """A worker that serves a tag has come."""

    tag: str


@dataclass(frozen=True, kw_only=True)
class InputChanged(Event):
    """A file of a kind was added, replaced or, without a file, taken away by a person.

    A file in the place of a step's result stands as that result until something the step
    depends on changes; this is how a restored revision and an imported file are told.
    """

    kind: str
    file: File | None


@dataclass(frozen=True, kw_only=True)
class StepEvent(Event):
    """Something that concerns one step."""

    step: str


@dataclass(frozen=True, kw_only=True)
class Requested(StepEvent):
    """A person asks for a step, with new parameters or with those it has."""

    parameters: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class ParametersChanged(StepEvent):
    """A person changed parameters without asking for a run."""

    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class EditsSaved(StepEvent):
    """A person saved the edits of an interactive step, which asks for its run."""

    edits: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class CancelRequested(StepEvent):
    """A person wants a step to stop, or not to start."""


@dataclass(frozen=True, kw_only=True)
class RetryRequested(StepEvent):
    """A person wants what failed, was cancelled or found no worker to be tried again."""


@dataclass(frozen=True, kw_only=True)
class TaskEvent(StepEvent):
    """Something that concerns one attempt at a step; any other attempt is not touched by it."""

    attempt: int


@dataclass(frozen=True, kw_only=True)
class TaskUnroutable(TaskEvent):
    """The broker gave the task back: no queue, hence no worker."""


@dataclass(frozen=True, kw_only=True)
class TaskLost(TaskEvent):
    """The task is nowhere, by no fault of its own: never delivered, or all was shut down."""


@dataclass(frozen=True, kw_only=True)
class WorkerVanished(TaskEvent):
    """The lease of the attempt ran out: its worker no longer answers."""


@dataclass(frozen=True, kw_only=True)
class TimeLimitPassed(TaskEvent):
    """The attempt runs for longer than its step allows."""


@dataclass(frozen=True, kw_only=True)
class RetryDue(TaskEvent):
    """The delay after a failed attempt is over."""


@dataclass(frozen=True, kw_only=True)
class WorkerMessage(TaskEvent):
    """What a worker says of an attempt; ``worker`` names the one that says it, if known."""

    worker: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskStarted(WorkerMessage):
    """A worker takes the attempt up, or asks whether it may."""


@dataclass(frozen=True, kw_only=True)
class TaskProgress(WorkerMessage):
    """How much is done, from 0 to 1."""

    fraction: float


@dataclass(frozen=True, kw_only=True)
class TaskDone(WorkerMessage):
    """The attempt succeeded; its outputs by kind."""

    outputs: Mapping[str, File] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TaskFailed(WorkerMessage):
    """The attempt failed: why and what to do, for a person; whether another try may help."""

    reason: str
    hint: str = ""
    retryable: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskCancelled(WorkerMessage):
    """The worker stopped the attempt."""
