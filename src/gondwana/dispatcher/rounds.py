"""What a clock asks for: retries that are due, workers that fell silent, tasks that went astray."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from gondwana.dispatcher.attendance import FORGOTTEN
from gondwana.dispatcher.desk import Desk, ProjectAtWork
from gondwana.dispatcher.feeder import Pace, feed
from gondwana.dispatcher.loops import Loop
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.topology import worker_queue
from gondwana.messaging.transport import BrokerUnavailableError, Transport
from gondwana.storage import inbox, outbox, projects, runs, workers
from gondwana.storage.errors import NotFoundError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Run
from gondwana.workflow.events import (
    Event,
    RetryDue,
    TaskLost,
    TaskUnroutable,
    TimeLimitPassed,
    WorkerAvailable,
    WorkerVanished,
)
from gondwana.workflow.model import Phase

_EVERY = 1.0
_AT_ONCE = 50
_GRACE = timedelta(seconds=15)
"""What a worker has, beyond the time limit that it watches itself, to stop a job and say so."""
_ASTRAY = timedelta(seconds=60)
_JUMP = 5.0
_BEHIND = 1000  # messages in our own queue: what workers say comes late
_REMEMBERED = timedelta(days=7)
_TIDY_EVERY = 3600.0

_log = logging.getLogger(__name__)


class Rounds:
    """Looks around once a second."""

    def __init__(
        self, platform: Platform, transport: Transport, queue: str, pace: Pace, lease: timedelta
    ) -> None:
        self._platform = platform
        self._transport = transport
        self._queue = queue
        self._pace = pace
        self._lease = lease
        self._clock = _Clock()
        self._in_touch: float | None = None
        self._seen: set[str] = set()
        self._tidied = time.monotonic()

    def walk(self, loop: Loop) -> None:
        """Go round until the loop is asked to stop."""
        while not loop.stopping:
            self.go()
            loop.pause(_EVERY)

    def go(self) -> None:
        """Go round once."""
        now = utc_now()
        if self._clock.jumped():
            _log.warning("the clock has jumped; all leases begin anew")
            self._renew_leases(now)
        self._retry(now)
        self._stop_overdue(now)
        self._welcome_workers(now)
        if self._hears_workers():
            self._give_up_silent(now)
            self._find_astray(now)
        self._feed()
        self._tidy(now)

    def _hears_workers(self) -> bool:
        """Tell whether workers could have been heard for as long as a lease."""
        try:
            backlog = self._transport.backlog(self._queue)
        except BrokerUnavailableError:
            self._in_touch = None
            return False
        if backlog is None or backlog.messages > _BEHIND:
            self._in_touch = None
            return False
        if self._in_touch is None:
            self._in_touch = time.monotonic()
        return time.monotonic() - self._in_touch >= self._lease.total_seconds()

    def _renew_leases(self, now: datetime) -> None:
        with self._platform.database.transaction() as session:
            runs.renew_leases(session, until=now + self._lease)

    def _retry(self, now: datetime) -> None:
        with self._platform.database.reading() as session:
            due = projects.due(session, now=now, limit=_AT_ONCE)
        for project_id in due:
            self._handle_due(project_id, now)

    def _handle_due(self, project_id: str, now: datetime) -> None:
        with self._at_work(project_id) as project:
            for name, known in project.state.steps.items():
                is_due = known.retry_at is not None and known.retry_at <= now
                if known.phase is Phase.BACKOFF and is_due:
                    project.handle(RetryDue(at=now, step=name, attempt=known.attempt))

    def _give_up_silent(self, now: datetime) -> None:
        with self._platform.database.reading() as session:
            silent = runs.expired(session, now=now, limit=_AT_ONCE)
        for run in silent:
            _log.warning("worker %s fell silent in a run of '%s'", run.owner, run.step)
            self._handle(run, WorkerVanished(at=now, step=run.step, attempt=run.attempt))

    def _stop_overdue(self, now: datetime) -> None:
        with self._platform.database.reading() as session:
            running = runs.running(session)
        for run in running:
            step = self._platform.graph.steps.get(run.step)
            limit = timedelta(seconds=step.timeout) if step else timedelta()
            if run.started is not None and run.started + limit + _GRACE < now:
                self._handle(run, TimeLimitPassed(at=now, step=run.step, attempt=run.attempt))

    def _find_astray(self, now: datetime) -> None:
        """Send tasks again that are queued for long, though their queue is empty or gone."""
        with self._platform.database.reading() as session:
            old = runs.queued_before(session, now - max(_ASTRAY, self._lease), limit=_AT_ONCE)
        empty: dict[str, bool | None] = {}
        for run in old:
            if run.tag not in empty:
                empty[run.tag] = self._is_empty(run.tag)
            if empty[run.tag] is None:
                event: Event = TaskUnroutable(at=now, step=run.step, attempt=run.attempt)
            elif empty[run.tag]:
                event = TaskLost(at=now, step=run.step, attempt=run.attempt)
            else:
                continue
            _log.warning("the task of attempt %d at '%s' went astray", run.attempt, run.step)
            self._handle(run, event)

    def _welcome_workers(self, now: datetime) -> None:
        """Let steps go again that found no worker, once there is one."""
        for tag in self._tags():
            there = self._is_empty(tag) is not None
            if there and tag not in self._seen:
                self._try_again(tag, now)
            (self._seen.add if there else self._seen.discard)(tag)

    def _try_again(self, tag: str, now: datetime) -> None:
        with self._platform.database.reading() as session:
            waiting = runs.projects_without_worker(session, tag)
        for project_id in waiting:
            with self._at_work(project_id) as project:
                project.handle(WorkerAvailable(at=now, tag=tag))

    def _tags(self) -> Iterable[str]:
        return dict.fromkeys(step.worker for step in self._platform.graph.steps.values())

    def _is_empty(self, tag: str) -> bool | None:
        """Tell whether nothing waits for the workers of a tag; None if they have no queue."""
        steps = self._platform.graph.steps.values()
        backlog = self._transport.backlog(worker_queue(tag, steps).name)
        return None if backlog is None else backlog.messages == 0

    def _handle(self, run: Run, event: Event) -> None:
        with self._at_work(run.project_id) as project:
            project.handle(event)

    @contextmanager
    def _at_work(self, project_id: str) -> Iterator[ProjectAtWork]:
        """Give a project and store what became of it; nothing happens if it is gone."""
        with suppress(NotFoundError), self._platform.database.transaction() as session:
            desk = Desk(self._platform, session, [project_id], lease=self._lease)
            yield desk.project(project_id)
            desk.store()

    def _feed(self) -> None:
        with self._platform.database.reading() as session:
            tags = runs.tags_waiting(session)
        if tags:
            with self._platform.database.transaction() as session:
                feed(self._platform, session, self._pace, tags)

    def _tidy(self, now: datetime) -> None:
        if time.monotonic() - self._tidied < _TIDY_EVERY:
            return
        self._tidied = time.monotonic()
        with self._platform.database.transaction() as session:
            outbox.forget(session, now - _REMEMBERED)
            inbox.forget(session, now - _REMEMBERED)
            workers.forget(session, now - FORGOTTEN)


class _Clock:
    """Notices that the time of day has moved otherwise than time itself."""

    def __init__(self) -> None:
        self._ahead = self._now()

    def jumped(self) -> bool:
        """Tell whether it has since the last call."""
        before, self._ahead = self._ahead, self._now()
        return abs(self._ahead - before) > _JUMP

    @staticmethod
    def _now() -> float:
        return time.time() - time.monotonic()
