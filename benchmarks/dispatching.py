"""Steps a second through dispatcher, RabbitMQ and PostgreSQL, beside Celery doing the like.

Run ``python -m benchmarks.dispatching [steps]``. A private RabbitMQ and PostgreSQL are started
(PostgreSQL without fsync, for both). The steps do nothing: what is measured is the way of a step
from being wanted to being recorded as done, once a worker comes. Ours: a chain of ten steps in many
projects, each started by the success of the one before, one dispatcher, one worker that answers at
once. Celery (if it is installed): as many tasks that do nothing and depend on nothing, published
before with confirmation to a quorum queue, acknowledged late, start and result recorded in the same
PostgreSQL by its SQLAlchemy backend, one worker with two processes (timed from its first write).
The rounds alternate; medians are printed.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from statistics import median
from threading import Event
from uuid import uuid4

from sqlalchemy import func, select

from benchmarks.servers import PrivatePostgres, PrivateRabbitMQ, servers
from gondwana.dispatcher import transitions
from gondwana.dispatcher.dispatcher import Dispatcher
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.envelope import Envelope, decode, encode
from gondwana.messaging.messages import Done, OutputFile, Started, Task
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.topology import worker_queue
from gondwana.steps.contract import Step, StepParameters
from gondwana.storage import projects, revisions, users
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Run
from gondwana.storage.words import RunStatus
from gondwana.workflow.events import InputChanged
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph

ROUNDS = 3
LENGTH = int(os.environ.get("GONDWANA_CHAIN", "10"))
STEPS = 3000
LIMIT = 300.0

NOTHING = Step(
    name="s0",
    version=1,
    title="nothing",
    about="Does nothing.",
    inputs=("k",),
    outputs=("k0",),
    parameters=StepParameters,
    run=None,
)
CHAIN = [
    replace(NOTHING, name=f"s{n}", inputs=(f"k{n - 1}" if n else "k",), outputs=(f"k{n}",))
    for n in range(LENGTH)
]


def main() -> None:
    """Print steps a second."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    with servers() as (broker, postgres, folder):
        compare(count, broker, postgres, folder)


def compare(count: int, broker: PrivateRabbitMQ, postgres: PrivatePostgres, folder: Path) -> None:
    """Measure in alternating rounds."""
    ways: dict[str, Callable[[], float]] = {
        "gondwana": lambda: ours(count, broker, postgres, folder)
    }
    if importlib.util.find_spec("celery") is None:
        print("celery is not installed; measured alone")
    else:
        ways["celery"] = lambda: celery(count, broker, postgres, folder)
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, measure in ways.items():
            rates[way].append(count / measure())
            print(f"  {way:10} {rates[way][-1]:7.0f} steps/s", flush=True)
    for way, found in rates.items():
        print(f"{way:10} {median(found):7.0f} steps/s (median of {ROUNDS}, {count} steps)")
    if "celery" in rates:
        print(f"ratio      {median(rates['gondwana']) / median(rates['celery']):7.2f}")


def ours(count: int, broker: PrivateRabbitMQ, postgres: PrivatePostgres, folder: Path) -> float:
    """Return the seconds from the worker's coming to the last step done."""
    url = postgres.borrow_database()
    store = FileStore(str(folder / "files"))
    parts = [start("dispatch", url, str(folder / "files"), broker.url)]
    database = Database(url)
    platform = Platform(database, store, Graph.of(CHAIN))
    try:
        source = store.put(BytesIO(b"source")).sha256
        with database.transaction() as session:
            owners = [users.create(session, f"user {n}").id for n in range(10)]
            made = []
            for n in range(count // LENGTH):
                state = transitions.new_state(platform.graph)
                owner = owners[n % 10]
                made.append((projects.create(session, owner, f"p{n}", state=state).id, owner))
        with RabbitMQTransport(broker.url, name="benchmark") as transport:
            transport.declare(worker_queue("python", CHAIN))
        for project, owner in made:
            with database.transaction() as session:
                revisions.add(session, store, project, "k", source, author_id=owner)
                event = InputChanged(at=utc_now(), kind="k", file=File(source))
                transitions.tell(platform, session, project, event, owner)
        wait_for(lambda: opened(database), len(made))
        parts.append(start("work", url, str(folder / "files"), broker.url))
        began = time.perf_counter()
        wait_for(lambda: done(database), count)
        return time.perf_counter() - began
    finally:
        for part in parts:
            part.terminate()
            part.wait()
        database.close()


def opened(database: Database) -> int:
    """Count the runs that there are."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Run)) or 0


def done(database: Database) -> int:
    """Count the runs that are recorded as done."""
    with database.reading() as session:
        wanted = select(func.count()).where(Run.status == RunStatus.DONE)
        return session.scalar(wanted) or 0


def wait_for(counted: Callable[[], int], count: int, every: float = 0.1) -> None:
    """Wait until so many are counted."""
    deadline = time.monotonic() + LIMIT
    while (found := counted()) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found} of {count} after {LIMIT:g} s")
        time.sleep(every)


def start(*words: str) -> subprocess.Popen[str]:
    """Start a part of this benchmark as a process, and wait until it is ready."""
    part = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.dispatching", *words], stdout=subprocess.PIPE, text=True
    )
    if part.stdout is None or part.stdout.readline().strip() != "ready":
        raise RuntimeError(f"{words[0]} did not start")
    return part


def dispatch(url: str, files: str, broker: str) -> None:
    """Be a dispatcher until told to end."""
    database = Database(url)
    platform = Platform(database, FileStore(files), Graph.of(CHAIN))
    with (
        RabbitMQTransport(broker, name="dispatcher") as transport,
        Dispatcher(platform, transport, lease=timedelta(seconds=60)),
    ):
        until_told()


def work(url: str, files: str, broker: str) -> None:  # noqa: ARG001
    """Be a worker whose steps have done before they have begun."""
    store = FileStore(files)
    file = store.put(BytesIO(b"nothing"))
    output = OutputFile(uri=store.uri(file.sha256), sha256=file.sha256, size=file.size)
    with (
        RabbitMQTransport(broker, name="worker") as transport,
        transport.consume(worker_queue("python", CHAIN), prefetch=32) as consumer,
    ):
        print("ready", flush=True)
        while True:
            first = consumer.receive(1.0)
            taken = [first] if first is not None else []
            while taken and len(taken) < 32 and (more := consumer.receive(0.0)) is not None:
                taken.append(more)
            answers = []
            for delivery in taken:
                task = decode(delivery.message)
                if not isinstance(task.data, Task):
                    continue
                outputs = dict.fromkeys(task.data.outputs, output)
                step = task.data.step
                for said in (
                    Started(step=step, worker="w"),
                    Done(step=step, outputs=outputs, seconds=0.0),
                ):
                    told = Envelope.of(
                        said,
                        source="w",
                        project=task.subject,
                        run=task.runid,
                        attempt=task.attempt,
                    )
                    answers.append(encode(told))
            if answers:
                transport.publish(*answers)
            for delivery in taken:
                consumer.ack(delivery)


def until_told() -> None:
    """Say that all is ready, and wait for the signal to end."""
    ended = Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    print("ready", flush=True)
    ended.wait()


CELERY = """
import os
from celery import Celery
app = Celery("nothing", broker=os.environ["BROKER"], backend="db+" + os.environ["DATABASE"])
app.conf.update(
    task_acks_late=True, task_track_started=True, worker_prefetch_multiplier=32,
    broker_transport_options={"confirm_publish": True}, task_default_queue_type="quorum",
    task_default_queue=os.environ["QUEUE"], worker_detect_quorum_queues=True,
    broker_connection_retry_on_startup=True,
)
@app.task
def nothing(n):
    return {"n": n}
"""


def celery(count: int, broker: PrivateRabbitMQ, postgres: PrivatePostgres, folder: Path) -> float:
    """Return the seconds from the worker's coming to the last result recorded."""
    url = postgres.new_database().replace("postgresql://", "postgresql+psycopg://")
    (folder / "nothing.py").write_text(CELERY)
    environment = {
        **os.environ,
        "BROKER": broker.url,
        "DATABASE": url,
        "QUEUE": f"q{uuid4().hex}",
        "PYTHONPATH": str(folder),
    }
    publish = f"from nothing import nothing\nfor n in range({count}): nothing.delay(n)\n"
    command = [sys.executable, "-c", publish]
    subprocess.run(command, cwd=folder, env=environment, timeout=LIMIT, check=True)
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "nothing", "worker", "-c", "2", "-l", "ERROR"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with psycopg_connection(url) as connection:
            first = "SELECT count(*) FROM pg_tables WHERE tablename = 'celery_taskmeta'"
            wait_for(lambda: connection.execute(first).fetchone()[0], 1, every=0.01)
            began = time.perf_counter()
            query = "SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'"
            wait_for(lambda: connection.execute(query).fetchone()[0], count)
            return time.perf_counter() - began
    finally:
        worker.terminate()
        worker.wait()


def psycopg_connection(url: str):  # type: ignore[no-untyped-def]
    """Connect to where Celery has its results."""
    import psycopg  # noqa: PLC0415

    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        {"dispatch": dispatch, "work": work}[sys.argv[1]](*sys.argv[2:])
    else:
        main()
