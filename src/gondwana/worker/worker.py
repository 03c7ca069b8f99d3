"""The worker: so many places for jobs, each with a warm child and a thread of its own.

A task is acknowledged as soon as a child has it and the dispatcher was told; what happens from
then on is a matter between the dispatcher and the worker that says it has the run. A task that
comes twice is run twice at worst, and recorded once.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from gondwana.errors import GondwanaError
from gondwana.messaging.envelope import Envelope, UndecodableError, decode, encode
from gondwana.messaging.messages import CancelTask, Data, Failed, Progress, Started, Task
from gondwana.messaging.topology import cancel_queue, worker_queue
from gondwana.messaging.transport import (
    BrokerUnavailableError,
    Consumer,
    Delivery,
    Message,
    Transport,
    UnroutableError,
)
from gondwana.steps.contract import Step
from gondwana.storage.files import FileStore
from gondwana.storage.marks import new_id
from gondwana.worker.children import Child, ChildDiedError
from gondwana.worker.job import Job

BEAT = 10.0
"""Seconds between two messages that say that a job is alive."""
_WAIT = 0.5
_SOON = 0.03
"""A job that ends so soon, in seconds, is told about in one go."""
_PAUSES = (0.1, 0.5, 2.0, 5.0, 10.0)
_WARMING = 120.0

_log = logging.getLogger(__name__)


class Worker:
    """A worker for one tag.

    Parameters
    ----------
    transport : Transport
    store : FileStore
        Where the files of tasks are.
    steps : iterable of Step
        All steps; those with the tag are its own.
    tag : str
    jobs : int
        How many run at a time.
    program : Path, optional
        Runs the steps instead of what they declare.
    beat : float
        Seconds between two signs of life of a job.
    """

    def __init__(
        self,
        transport: Transport,
        store: FileStore,
        steps: Iterable[Step],
        tag: str,
        *,
        jobs: int = 1,
        program: Path | None = None,
        beat: float = BEAT,
    ) -> None:
        self._transport = transport
        known = list(steps)
        self.name = f"{socket.gethostname()[:40]}-{os.getpid()}-{new_id()[:8]}"
        self._queue = worker_queue(tag, known)
        self._cancel_queue = cancel_queue(tag, self.name, known)
        self._stopping = Event()
        self._jobs: dict[tuple[str, int], Job] = {}
        self._lock = Lock()
        self._steps = {step.name: step for step in known}
        self._store = store
        self._program = program
        self._places = [_Place(self, f"{self.name}-{place}", beat) for place in range(jobs)]
        self._threads = [
            Thread(target=self._hear_cancellations, name="gondwana cancel", daemon=True),
            *(Thread(target=place.work, name=place.name, daemon=True) for place in self._places),
        ]

    def start(self) -> None:
        """Warm up children and begin to take tasks."""
        for thread in self._threads:
            thread.start()

    def wait_ready(self, timeout: float = _WARMING) -> bool:
        """Wait until every place has a warm child; False if that took too long."""
        deadline = time.monotonic() + timeout
        return all(place.ready.wait(deadline - time.monotonic()) for place in self._places)

    def stop(self) -> None:
        """Take no more tasks and end all jobs: they are begun again elsewhere."""
        self._stopping.set()
        for place in self._places:
            place.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping.is_set()

    def consume(self) -> Consumer:
        """Begin to take tasks, one at a time."""
        return self._transport.consume(self._queue, prefetch=1)

    def publish(self, *messages: Message) -> None:
        """Publish, once."""
        self._transport.publish(*messages)

    def surely(self, work: Callable[[], None]) -> None:
        """Do something until it succeeds, with growing pauses while the broker is away."""
        tries = 0
        while not self.stopping:
            try:
                work()
            except GondwanaError as error:
                if not error.retryable:
                    raise
                _log.warning("%s", error)
                self._stopping.wait(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
            else:
                return

    def begin(self, task: Envelope[Data], data: Task) -> Job | None:
        """Take up a task; None if it is at work here already."""
        job = Job(data, self._steps, self._store, self._program)
        with self._lock:
            key = (task.runid, task.attempt)
            if key in self._jobs:
                return None
            self._jobs[key] = job
        return job

    def end(self, task: Envelope[Data]) -> None:
        """Forget a task."""
        with self._lock:
            self._jobs.pop((task.runid, task.attempt), None)

    def _hear_cancellations(self) -> None:
        while not self.stopping:
            try:
                with self._transport.consume(self._cancel_queue, prefetch=16) as consumer:
                    while not self.stopping:
                        delivery = consumer.receive(_WAIT)
                        if delivery is not None:
                            self._cancel(delivery.message)
                            consumer.ack(delivery)
            except GondwanaError as error:
                _log.warning("%s", error)
                self._stopping.wait(_PAUSES[2])

    def _cancel(self, message: Message) -> None:
        try:
            told = decode(message)
        except UndecodableError as error:
            _log.warning("%s", error)
            return
        if isinstance(told.data, CancelTask):
            with self._lock:
                job = self._jobs.get((told.runid, told.attempt))
            if job is not None:
                job.cancel()


class _Place:
    """A place for one job at a time."""

    def __init__(self, worker: Worker, name: str, beat: float) -> None:
        self._worker = worker
        self.name = name
        self._beat = beat
        self.ready = Event()
        self._child: Child | None = None

    def work(self) -> None:
        """Take tasks until the worker stops."""
        failures = 0
        while not self._worker.stopping:
            try:
                child = self._warm_child()
                with self._worker.consume() as consumer:
                    while not self._worker.stopping and child is not None:
                        failures = 0
                        delivery = consumer.receive(_WAIT)
                        if delivery is not None:
                            self._take(consumer, delivery, child)
                            child = self._warm_child()
            except (GondwanaError, ChildDiedError, OSError) as error:
                _log.warning("%s: %s", self.name, error or "its process ended before any job")
            except Exception:
                _log.exception("%s failed", self.name)
            self._discard()
            if not self._worker.stopping:
                time.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    def stop(self) -> None:
        """End the child."""
        child = self._child
        if child is not None:
            child.stop()

    def _warm_child(self) -> Child | None:
        """Return a child that waits for a job; None if the worker stops."""
        if self._child is not None:
            return self._child
        self._child = child = Child()
        deadline = time.monotonic() + _WARMING
        while not self._worker.stopping and time.monotonic() < deadline:
            event = child.next_event(_WAIT)
            if event is not None:
                self.ready.set()
                return child
        return None

    def _discard(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

    def _take(self, consumer: Consumer, delivery: Delivery, child: Child) -> None:
        try:
            envelope = decode(delivery.message)
        except UndecodableError as error:
            _log.warning("%s", error)
            consumer.reject(delivery)
            return
        if not isinstance(envelope.data, Task):
            consumer.reject(delivery)
            return
        job = self._worker.begin(envelope, envelope.data)
        if job is None:
            consumer.ack(delivery)
            return
        try:
            self._run(consumer, delivery, envelope, job, child)
        finally:
            self._worker.end(envelope)

    def _run(
        self,
        consumer: Consumer,
        delivery: Delivery,
        task: Envelope[Data],
        job: Job,
        child: Child,
    ) -> None:
        """Run a job and tell of it; the task is acknowledged once the dispatcher knows."""
        started = self._message(task, Started(step=task.data.step, worker=self.name))
        told = False
        for said in job.run(child, self._beat, _SOON):
            if said is None or isinstance(said, Progress):
                messages = [] if said is None else [self._message(task, said)]
                told = told or self._tell(consumer, delivery, started)
                if not told:
                    # nobody knows of it, and the task comes again to whoever the broker can reach
                    job.cancel()
                elif messages:
                    self._beat_once(messages[0])
                continue
            if isinstance(said, Failed):
                _log.warning("'%s' failed (%s): %s", task.data.step, said.code, said.reason)
            ending = self._message(task, said)
            if told:
                self._worker.surely(partial(self._worker.publish, ending))
            elif not job.unwanted:
                self._worker.surely(partial(self._worker.publish, started, ending))
                consumer.ack(delivery)
        if job.killed_child:
            self._discard()

    def _tell(self, consumer: Consumer, delivery: Delivery, started: Message) -> bool:
        try:
            self._worker.publish(started)
        except (BrokerUnavailableError, UnroutableError):
            return False
        consumer.ack(delivery)
        return True

    def _beat_once(self, message: Message) -> None:
        try:
            self._worker.publish(message)
        except (BrokerUnavailableError, UnroutableError) as error:
            _log.warning("%s", error)

    def _message(self, task: Envelope[Data], said: Data) -> Message:
        return encode(
            Envelope.of(
                said, source=self.name, project=task.subject, run=task.runid, attempt=task.attempt
            )
        )
