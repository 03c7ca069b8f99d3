"""Everything in one process tree on one machine: no service has to be installed or started."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gondwana.config import Settings
from gondwana.dispatcher.dispatcher import Dispatcher
from gondwana.dispatcher.platform import Platform, open_platform
from gondwana.dispatcher.recovery import take_up
from gondwana.errors import GondwanaError
from gondwana.messaging.memory import MemoryBroker, MemoryTransport
from gondwana.messaging.topology import worker_queue
from gondwana.worker.worker import Worker

_log = logging.getLogger(__name__)


class AlreadyRunningError(GondwanaError):
    """Another process serves the same data."""

    code = "already_running"
    http_status = 409


@dataclass(frozen=True)
class Embedded:
    """What runs: the platform, and how many unfinished runs were taken up at the start."""

    platform: Platform
    workers: tuple[Worker, ...]
    taken_up: int


@contextmanager
def embedded(settings: Settings, *, jobs: int) -> Iterator[Embedded]:
    """Run dispatcher and workers with a broker in memory, until the block ends.

    Parameters
    ----------
    settings : Settings
    jobs : int
        How many steps run at a time.

    Raises
    ------
    AlreadyRunningError
        Another process does so with the same data.
    GondwanaError
        The database or the store cannot be used.
    """
    with ExitStack() as stack:
        stack.enter_context(_alone(settings.data_folder))
        platform = stack.enter_context(open_platform(settings))
        taken_up = take_up(platform)
        broker = MemoryBroker()
        transport = stack.enter_context(MemoryTransport(broker))
        workers = tuple(_workers(platform, broker, jobs, stack))
        stack.enter_context(Dispatcher(platform, transport))
        for worker in workers:
            # stopped first: what its jobs have to say in their last seconds is still heard
            stack.enter_context(worker)
        yield Embedded(platform, workers, taken_up)


def _workers(
    platform: Platform, broker: MemoryBroker, jobs: int, stack: ExitStack
) -> Iterator[Worker]:
    """Make a worker for every tag that this machine can serve."""
    steps = platform.graph.steps.values()
    for tag in dict.fromkeys(step.worker for step in steps):
        served = [step for step in steps if step.worker == tag]
        if all(step.can_run for step in served):
            transport = stack.enter_context(MemoryTransport(broker))
            # tasks may come before a child is warm, and are not to come back as unroutable
            transport.declare(worker_queue(tag, steps))
            slots = jobs if tag == "python" else 1
            yield Worker(transport, platform.store, steps, tag, jobs=slots)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Make sure that nobody else serves the data of a folder; the lock goes with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "serve.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise AlreadyRunningError(
                f"it is served already by process {file.read().strip() or 'unknown'}",
                remedy="stop that one, or choose another --data-folder",
                where=str(folder),
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
