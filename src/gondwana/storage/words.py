"""The words for how things stand, as they are stored."""

from __future__ import annotations

from enum import StrEnum


class RunStatus(StrEnum):
    """How a run stands."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    NO_WORKER = "no worker"


OPEN = (RunStatus.WAITING, RunStatus.QUEUED, RunStatus.RUNNING)
"""Runs that are not over; a step has one of them at most."""


class Role(StrEnum):
    """What a user may do."""

    USER = "user"
    ADMIN = "admin"


class Access(StrEnum):
    """What somebody may do with another's project."""

    VIEW = "view"
    EDIT = "edit"
