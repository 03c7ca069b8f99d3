"""The worker of one tag: as many slots as jobs may run at a time, and what they have in common.

A slot asks for a task only when its child is free. It tells the dispatcher that the run has begun,
and then lets the broker forget the task: from then on the run is a matter between the two, however
long it takes. A task that comes twice is run once here, and recorded once in any case.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from gondwana.errors import GondwanaError
from gondwana.messaging.envelope import UndecodableError, decode
from gondwana.messaging.messages import CancelTask
from gondwana.messaging.topology import cancel_queue, worker_queue
from gondwana.messaging.transport import Message, Transport
from gondwana.steps.contract import Step
from gondwana.storage.files import FileStore
from gondwana.storage.marks import new_id
from gondwana.worker.ledger import Ledger
from gondwana.worker.presence import Attendance
from gondwana.worker.reports import Reports
from gondwana.worker.setup import REGISTRY, Setup, job_folders, place_of
from gondwana.worker.slot import Office, Slot

HEARTBEAT = 10.0
"""Seconds between two signs of life of a job, and between two of a worker."""
GRACE = 5.0
"""Seconds that a job has to end when its worker stops."""

_WARMING = 120.0
_WAIT = 0.5
_PAUSE = 2.0
_LAST_WORDS = 2.0  # seconds to publish what is left at the end
_CANCELLATIONS = 16
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9-]+")

_log = logging.getLogger(__name__)


class Worker:
    """A worker for one tag.

    Parameters
    ----------
    transport : Transport
    store : FileStore
        Where the files of tasks are; a folder, or a URL with no options beside it.
    steps : iterable of Step
        All steps; those with the tag are its own.
    tag : str
    jobs : int
        How many run at a time.
    program : Path, optional
        Does the steps instead of what they declare.
    heartbeat : float
        Seconds between two signs of life of a job.
    source : str
        Where a child finds the steps: a module, a colon, and the name of a mapping in it.

    Raises
    ------
    ParameterError
        No step has this tag.
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
        heartbeat: float = HEARTBEAT,
        source: str = REGISTRY,
    ) -> None:
        known = list(steps)
        self._transport = transport
        self._store = store
        self._known = {step.name: step for step in known}
        self._queue = worker_queue(tag, known)
        name = _new_name()
        self._names = [f"{name}-{slot}" for slot in range(jobs)]
        self._cancel_queue = cancel_queue(tag, self._names[0], known)
        self._program = program
        self._heartbeat = heartbeat
        self._source = source
        self._stopping = Event()
        self._reports = Reports(transport)
        self._ledger = Ledger()
        self._attendance = Attendance(
            name, tag, jobs, self._ledger.count, self._reports, min(heartbeat, HEARTBEAT)
        )
        self._slots: list[Slot] = []
        self._listener = Thread(target=self._listen, name="gondwana cancel", daemon=True)
        self._listening = Event()
        self._stack = ExitStack()

    @property
    def names(self) -> tuple[str, ...]:
        """What the dispatcher knows it by: a name for each slot."""
        return tuple(self._names)

    def start(self) -> None:
        """Warm up children, and begin to take tasks."""
        folder = self._stack.enter_context(job_folders())
        office = Office(
            transport=self._transport,
            queue=self._queue,
            steps=self._known,
            setup=Setup(
                store=place_of(self._store),
                largest=self._store.largest,
                folder=str(folder),
                program=str(self._program.absolute()) if self._program else None,
                steps=self._source,
            ),
            reports=self._reports,
            ledger=self._ledger,
            heartbeat=self._heartbeat,
            stopping=self._stopping,
        )
        self._slots = [Slot(office, name) for name in self._names]
        self._reports.start()
        self._attendance.start()
        self._listener.start()
        for slot in self._slots:
            slot.start()

    def wait_ready(self, timeout: float = _WARMING) -> bool:
        """Wait until every slot is warm and takes tasks; False if that took too long."""
        deadline = time.monotonic() + timeout
        waited_for = [self._listening, *(slot.ready for slot in self._slots)]
        return all(one.wait(max(0.0, deadline - time.monotonic())) for one in waited_for)

    def stop(self, grace: float = GRACE) -> None:
        """Take no more tasks; jobs that do not end within some seconds are begun again elsewhere.

        Parameters
        ----------
        grace : float
            Seconds. Nothing is told of a job that is ended: its worker falls silent.
        """
        self._stopping.set()
        for slot in self._slots:
            slot.ask_to_stop(grace)
        for slot in self._slots:
            slot.join()
        self._attendance.stop()
        self._reports.stop(_LAST_WORDS)
        if self._listener.is_alive():
            self._listener.join()
        self._stack.close()

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

    def _listen(self) -> None:
        """Hear which runs are to be cancelled."""
        while not self._stopping.is_set():
            try:
                self._hear_cancellations()
            except GondwanaError as error:
                _log.warning("cancellations: %s", error)
            except Exception:
                _log.exception("cancellations cannot be heard")
            self._stopping.wait(_PAUSE)

    def _hear_cancellations(self) -> None:
        with self._transport.consume(self._cancel_queue, _CANCELLATIONS) as consumer:
            self._listening.set()
            while not self._stopping.is_set():
                delivery = consumer.receive(_WAIT)
                if delivery is not None:
                    self._cancel(delivery.message)
                    consumer.ack(delivery)

    def _cancel(self, message: Message) -> None:
        try:
            told = decode(message)
        except UndecodableError as error:
            _log.warning("%s", error)
            return
        if isinstance(told.data, CancelTask):
            self._ledger.cancel((told.runid, told.attempt), told.data.reason)


def _new_name() -> str:
    """Make up the name of a worker, which nobody else has or had."""
    host = _NOT_IN_NAMES.sub("-", socket.gethostname())[:40].strip("-") or "worker"
    return f"{host}-{os.getpid()}-{new_id()[:8]}"
