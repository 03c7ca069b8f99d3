"""Ten thousand runs of one person in the queue: memory of the dispatcher, and others' turns.

Run ``python -m benchmarks.long_queue [runs]``. A private RabbitMQ and PostgreSQL are started. One
person asks for a run in each of so many projects, while no worker is there; then a worker comes,
and ten others ask for one run each.
"""

from __future__ import annotations

import os
import sys
import time
from io import BytesIO
from pathlib import Path

import psutil

os.environ["GONDWANA_CHAIN"] = "1"  # read by the processes and by the import below

from sqlalchemy import func, select

from benchmarks.dispatching import CHAIN, start, wait_for
from benchmarks.servers import PrivatePostgres, PrivateRabbitMQ, servers
from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.topology import worker_queue
from gondwana.storage import projects, revisions, users
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Run
from gondwana.storage.words import RunStatus
from gondwana.workflow.events import InputChanged
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph

RUNS = 10_000
OTHERS = 10


def main() -> None:
    """Print memory and turns."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with servers() as (broker, postgres, folder):
        measure(count, broker, postgres, folder)


def measure(count: int, broker: PrivateRabbitMQ, postgres: PrivatePostgres, folder: Path) -> None:
    """Fill the queue, let it be worked off, and look."""
    url, files = postgres.borrow_database(), str(folder / "files")
    database, store = Database(url), FileStore(files)
    platform = Platform(database, store, Graph.of(CHAIN[:1]))
    with RabbitMQTransport(broker.url, name="benchmark") as transport:
        transport.declare(worker_queue("python", CHAIN))
    dispatcher = start("dispatch", url, files, broker.url)
    watched = psutil.Process(dispatcher.pid)
    try:
        ask(platform, "ada", 10)
        wait_for(lambda: counted(database, None), 10)
        print(f"dispatcher with 10 runs in the queue      {megabytes(watched):6.0f} MB", flush=True)
        ask(platform, "ada", count)
        wait_for(lambda: counted(database, None), count + 10)
        print(f"dispatcher with {count + 10} runs in the queue   {megabytes(watched):6.0f} MB")
        worker = start("work", url, files, broker.url)
        try:
            since = time.monotonic()
            done = counted(database, RunStatus.DONE)
            for n in range(OTHERS):
                ask(platform, f"other {n}", 1)
            wait_for(lambda: others_done(database), OTHERS)
            passed = counted(database, RunStatus.DONE) - done - OTHERS
            print(
                f"{OTHERS} others were done after {time.monotonic() - since:.2f} s, "
                f"with {passed} runs of the first one between"
            )
            most = megabytes(watched)
            while (done := counted(database, RunStatus.DONE)) < count + 10 + OTHERS:
                most = max(most, megabytes(watched))
                time.sleep(0.5)
            seconds = time.monotonic() - since
            print(f"dispatcher at most, while they are done   {most:6.0f} MB")
            print(f"{done} runs in {seconds:.0f} s: {done / seconds:.0f} a second")
        finally:
            worker.terminate()
            worker.wait()
    finally:
        dispatcher.terminate()
        dispatcher.wait()
        database.close()


def ask(platform: Platform, name: str, count: int) -> None:
    """Let somebody give a file to so many new projects."""
    sha256 = platform.store.put(BytesIO(name.encode())).sha256
    with platform.database.transaction() as session:
        known = {user.name: user.id for user in users.everybody(session)}
        user = known.get(name) or users.create(session, name).id
    for n in range(count):
        with platform.database.transaction() as session:
            state = transitions.new_state(platform.graph)
            project = projects.create(session, user, f"{n} {time.time()}", state=state).id
            revisions.add(session, platform.store, project, "k", sha256, author_id=user)
            event = InputChanged(at=utc_now(), kind="k", file=File(sha256))
            transitions.tell(platform, session, project, event, user)


def counted(database: Database, status: RunStatus | None) -> int:
    """Count the runs, of one status or of all."""
    wanted = select(func.count()).select_from(Run)
    if status is not None:
        wanted = wanted.where(Run.status == status)
    with database.reading() as session:
        return session.scalar(wanted) or 0


def others_done(database: Database) -> int:
    """Count the runs of the others that are done."""
    with database.reading() as session:
        first = users.named(session, "ada").id
        wanted = (
            select(func.count())
            .select_from(Run)
            .where(Run.status == RunStatus.DONE, Run.author_id != first)
        )
        return session.scalar(wanted) or 0


def megabytes(process: psutil.Process) -> float:
    """Return the memory that a process has in use."""
    return float(process.memory_info().rss) / 1e6


if __name__ == "__main__":
    main()
