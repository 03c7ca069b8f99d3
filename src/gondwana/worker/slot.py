"""A place for one job at a time: a thread, its warm child, and its own name."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import cast

from gondwana.errors import GondwanaError
from gondwana.messaging.envelope import Envelope, UndecodableError, decode
from gondwana.messaging.messages import Failed, Task
from gondwana.messaging.transport import Consumer, Delivery, Queue, Transport
from gondwana.steps.contract import Step
from gondwana.worker.children import Bell, Child, ChildDiedError
from gondwana.worker.job import Job
from gondwana.worker.ledger import Ledger
from gondwana.worker.reports import Reports
from gondwana.worker.setup import Setup
from gondwana.worker.telling import failure
from gondwana.worker.tidings import Tidings

_WAIT = 0.5  # seconds between two looks at whether to stop
_WARMING = 300.0  # seconds that a child may take to load its libraries on a busy machine
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Office:
    """What the slots of a worker have in common."""

    transport: Transport
    queue: Queue
    steps: Mapping[str, Step]
    setup: Setup
    reports: Reports
    ledger: Ledger
    heartbeat: float
    stopping: Event


class Slot:
    """A place for one job at a time.

    Parameters
    ----------
    office : Office
    name : str
        The worker's, as the dispatcher knows it: nobody else has or had it.
    """

    def __init__(self, office: Office, name: str) -> None:
        self.name = name
        self.ready = Event()
        self._office = office
        self._bell = Bell()
        self._child: Child | None = None
        self._job: Job | None = None
        self._grace: float | None = None
        self._thread = Thread(target=self._work, name=f"gondwana {name}", daemon=True)

    def start(self) -> None:
        """Warm up, and begin to take tasks."""
        self._thread.start()

    def ask_to_stop(self, grace: float) -> None:
        """Take no more tasks, and give the one at work some seconds to end."""
        self._grace = grace
        job = self._job
        if job is not None:
            job.abandon(grace)
        self._bell.ring()

    def join(self) -> None:
        """Wait for the end."""
        if self._thread.is_alive():
            self._thread.join()
        self._bell.close()

    def _work(self) -> None:
        """Take tasks; begin anew, after a pause that grows, when something goes wrong."""
        pauses = _pauses()
        while not self._office.stopping.is_set():
            began = time.monotonic()
            try:
                self._take_tasks()
            except GondwanaError as error:
                _log.warning("%s: %s", self.name, error)
            except ChildDiedError:
                self._tell_of_child()
            except Exception:
                _log.exception("%s failed", self.name)
            finally:
                self._end_child()
            if time.monotonic() - began > _LONGEST_PAUSE:
                pauses = _pauses()
            self._office.stopping.wait(next(pauses))

    def _take_tasks(self) -> None:
        if self._warm_child() is None:
            return
        with self._office.transport.consume(self._office.queue, prefetch=1) as consumer:
            self.ready.set()
            while self._warm_child() is not None:
                delivery = consumer.receive(_WAIT)
                if delivery is not None:
                    self._take(_Held(consumer, delivery))

    def _take(self, held: _Held) -> None:
        envelope = _understood(held)
        if envelope is None:
            return
        task = envelope.data
        attempt = (envelope.runid, envelope.attempt)
        step = self._office.steps.get(task.step)
        is_program = step is not None and (step.run is None or bool(self._office.setup.program))
        job = Job(task, self._bell, is_program=is_program)
        if not self._office.ledger.begin(attempt, job):
            held.let_go(busy=False)
            return
        told = False
        try:
            told = self._run(job, envelope, held)
        finally:
            self._job = None
            self._office.ledger.end(attempt, told=told)

    def _run(self, job: Job, envelope: Envelope[Task], held: _Held) -> bool:
        office = self._office
        tidings = Tidings(envelope, self.name, office.reports, held, self._bell, office.heartbeat)
        self._job = job
        if self._grace is not None:
            job.abandon(self._grace)
        unfit = _unfit(envelope.data, office.steps)
        if unfit is not None:
            tidings.end(unfit)
            return job.settle(tidings)
        # the child may have died while it was idle
        while (child := self._warm_child()) is not None:
            with suppress(ChildDiedError):
                return job.run(child, tidings)
            self._end_child()
        return False

    def _warm_child(self) -> Child | None:
        """Return a child that waits for a task; None if the worker stops.

        Raises
        ------
        ChildDiedError
            It ended instead, or takes too long.
        """
        if self._child is not None and self._child.has_ended():
            self._child = None
        if self._child is None and not self._office.stopping.is_set():
            self._child = child = Child(self._office.setup, self._bell)
            deadline = time.monotonic() + _WARMING
            while child.next_event(_WAIT) is None and not self._office.stopping.is_set():
                if time.monotonic() > deadline:
                    raise ChildDiedError
        return None if self._office.stopping.is_set() else self._child

    def _tell_of_child(self) -> None:
        if self._child is not None:
            how, log = self._child.end(), self._child.log
            _log.warning("%s: its process %s before it was ready\n%s", self.name, how, log[-2000:])

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _understood(held: _Held) -> Envelope[Task] | None:
    """Read a task; what is none becomes a dead letter, of which the dispatcher tells."""
    try:
        envelope = decode(held.delivery.message)
    except UndecodableError as error:
        _log.warning("%s", error)
        held.bury()
        return None
    if not isinstance(envelope.data, Task):
        held.bury()
        return None
    return cast("Envelope[Task]", envelope)


def _unfit(task: Task, steps: Mapping[str, Step]) -> Failed | None:
    """Tell why a task is not for this worker, if it is not."""
    step = steps.get(task.step)
    if step is None or step.worker != task.worker:
        code, reason = "unknown_step", f"this worker knows no step '{task.step}'"
    elif step.version != task.step_version:
        code = "version"
        reason = (
            f"this worker has version {step.version} of '{task.step}', and version "
            f"{task.step_version} is wanted"
        )
    elif set(step.outputs) != set(task.outputs):
        code, reason = "version", f"other files of '{task.step}' are wanted than this worker makes"
    else:
        return None
    remedy = "use the same version of Gondwana, and of its steps, everywhere"
    return failure(task.step, code, reason, remedy, retryable=False)


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2.0 * pause, _LONGEST_PAUSE)


class _Held:
    """A task that is with the broker until it is let go."""

    def __init__(self, consumer: Consumer, delivery: Delivery) -> None:
        self._consumer = consumer
        self.delivery = delivery

    def let_go(self, *, busy: bool) -> None:
        """Acknowledge it; who is busy is sent nothing more until this slot asks for it."""
        if busy:
            self._consumer.pause()
        self._consumer.ack(self.delivery)

    def bury(self) -> None:
        """Make a dead letter of it."""
        self._consumer.reject(self.delivery)
