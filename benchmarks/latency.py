"""Time from a person's request to the first line of the step's code.

Run ``python -m benchmarks.latency``. Nothing else is going on; the worker's child is warm.
Embedded: SQLite and the broker in memory, all in this process but the child. Else: a private
RabbitMQ and PostgreSQL (without fsync), dispatcher and worker as processes. What a service does
is part of the time: its transaction is the first thing that happens.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from statistics import median
from threading import Event

import numpy as np
import xarray as xr

from gondwana.dispatcher import transitions
from gondwana.dispatcher.dispatcher import Dispatcher
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.memory import MemoryBroker, MemoryTransport
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.steps.contract import Outcome, Step, StepParameters, Task, parameter
from gondwana.storage import projects, revisions, users
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.migrations import upgrade
from gondwana.worker.worker import Worker
from gondwana.workflow.events import InputChanged, ParametersChanged
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph

ROOT = Path(__file__).resolve().parents[1]
os.environ["PYTHONPATH"] = str(ROOT)  # the child finds the step here

from benchmarks.servers import servers
from private_rabbitmq import eventually

TIMES = 60


class When(StepParameters):
    """Makes the step stale."""

    number: int = parameter(0, title="number", about="Another one for each request.")


def tell_time(task: Task) -> Outcome:
    """Write down when it began."""
    begun = time.time()
    values = xr.DataArray(np.array([begun, float(task.parameters.number)]), dims="x")
    return Outcome({"topography": xr.Dataset({"begun": values})})


STEPS: Mapping[str, Step] = {
    "clock": Step(
        name="clock",
        version=1,
        title="Clock",
        about="Tells when it began.",
        inputs=("source",),
        outputs=("topography",),
        parameters=When,
        run=tell_time,
    )
}
GRAPH = Graph.of(STEPS.values())
SOURCE = "benchmarks.latency:STEPS"


def main() -> None:
    """Print medians and the 95th percentile."""
    folder = tempfile.TemporaryDirectory(prefix="gondwana-bench-")
    with folder as name, embedded(Path(name)) as platform:
        report("embedded", platform)
    with distributed() as platform:
        report("RabbitMQ and PostgreSQL", platform)


def report(way: str, platform: Platform) -> None:
    """Measure one way."""
    taken = sorted(1000.0 * seconds for seconds in measured(platform))
    print(
        f"{way:26} p50 {median(taken):5.1f} ms   p95 {taken[int(0.95 * len(taken))]:5.1f} ms"
        f"   ({len(taken)} requests)",
        flush=True,
    )


def measured(platform: Platform) -> Iterator[float]:
    """Ask again and again, and yield the seconds until the step began."""
    database, store = platform.database, platform.store
    source = store.put(BytesIO(b"source"))
    with database.transaction() as session:
        user = users.create(session, "ada").id
        state = transitions.new_state(platform.graph)
        project = projects.create(session, user, "Eocene", state=state).id
        revisions.add(session, store, project, "source", source.sha256, author_id=user)
        event = InputChanged(at=utc_now(), kind="source", file=File(source.sha256))
        transitions.tell(platform, session, project, event, user)
    begun(platform, project, 0)
    for number in range(1, TIMES + 1):
        time.sleep(0.1)  # idle again
        asked = time.time()
        with database.transaction() as session:
            wanted = ParametersChanged(at=utc_now(), step="clock", parameters={"number": number})
            transitions.tell(platform, session, project, wanted, user)
        yield begun(platform, project, number) - asked


def begun(platform: Platform, project: str, number: int) -> float:
    """Return when the step began that had this number."""
    found: list[float] = []

    def there() -> bool:
        with platform.database.reading() as session:
            revision = revisions.current(session, project).get("topography")
        if revision is None:
            return False
        with platform.store.open(revision.sha256) as file:
            values = xr.open_dataset(BytesIO(file.read()), engine="scipy")["begun"].values
        found[:] = [float(values[0])]
        return int(values[1]) == number

    if not eventually(there):
        raise TimeoutError(f"request {number} was not answered")
    return found[0]


@contextmanager
def embedded(folder: Path) -> Iterator[Platform]:
    """Run everything here."""
    url = f"sqlite:///{folder / 'gondwana.sqlite'}"
    upgrade(url)
    platform = Platform(Database(url), FileStore(str(folder / "files")), GRAPH)
    broker = MemoryBroker()
    with ExitStack() as stack:
        stack.callback(platform.close)
        worker = Worker(
            stack.enter_context(MemoryTransport(broker)),
            platform.store,
            STEPS.values(),
            "python",
            source=SOURCE,
        )
        stack.enter_context(worker)
        transport = stack.enter_context(MemoryTransport(broker))
        stack.enter_context(Dispatcher(platform, transport))
        worker.wait_ready()
        yield platform


@contextmanager
def distributed() -> Iterator[Platform]:
    """Run private servers, and dispatcher and worker as processes."""
    with servers() as (broker, postgres, folder), ExitStack() as stack:
        url, files = postgres.borrow_database(), str(folder / "files")
        for name in ("dispatch", "work"):
            part = start(name, url, files, broker.url)
            stack.callback(part.wait)
            stack.callback(part.terminate)
        platform = Platform(Database(url), FileStore(files), GRAPH)
        stack.callback(platform.close)
        yield platform


def start(*words: str) -> subprocess.Popen[str]:
    """Start a part of this benchmark as a process, and wait until it is ready."""
    part = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.latency", *words], stdout=subprocess.PIPE, text=True
    )
    if part.stdout is None or part.stdout.readline().strip() != "ready":
        raise RuntimeError(f"{words[0]} did not start")
    return part


def be(part: str, url: str, files: str, broker: str) -> None:
    """Be a dispatcher or a worker until told to end."""
    ended = Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with ExitStack() as stack:
        transport = stack.enter_context(RabbitMQTransport(broker, name=part))
        store = FileStore(files)
        if part == "dispatch":
            stack.enter_context(Dispatcher(Platform(Database(url), store, GRAPH), transport))
        else:
            worker = Worker(transport, store, STEPS.values(), "python", source=SOURCE)
            stack.enter_context(worker)
            worker.wait_ready()
        print("ready", flush=True)
        ended.wait()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        be(*sys.argv[1:])
    else:
        main()
