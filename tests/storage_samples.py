"""Rows and files for tests of what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from threading import Barrier, Thread
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from gondwana.storage import projects, users
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.models import Run
from gondwana.storage.words import OPEN, RunStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LATER = NOON + 60 * SECOND
CLOSED = tuple(status for status in RunStatus if status not in OPEN)
Result = TypeVar("Result")


def put(store: FileStore, content: bytes) -> str:
    """Store some bytes and return their checksum."""
    return store.put(BytesIO(content)).sha256


def new_project(database: Database, name: str = "Eocene", owner: str = "Ada") -> str:
    """Add a project, and its owner if they are new, and return its id."""
    with database.transaction() as session:
        known = {user.name: user for user in users.everybody(session)}
        user = known.get(owner) or users.create(session, owner)
        return projects.create(session, user.id, name).id


def add_run(
    session: Session,
    project_id: str,
    step: str = "routing",
    status: RunStatus = RunStatus.WAITING,
    **about: Any,
) -> Run:
    """Add a run as it stands, with what goes with its status, at noon."""
    goes_with: dict[str, Any] = {"attempt": 1}
    if status is RunStatus.QUEUED:
        goes_with |= {"queued": NOON}
    if status is RunStatus.RUNNING:
        goes_with |= {"owner": "w", "started": NOON, "lease_until": LATER}
    if status in CLOSED:
        goes_with |= {"finished": NOON}
    author = projects.lock(session, project_id).owner_id
    run = Run(
        project_id=project_id,
        step=step,
        status=status,
        **{"author_id": author, **goes_with, **about},
    )
    session.add(run)
    session.flush()
    return run


def at_once(tasks: Iterable[Callable[[], Result]]) -> list[Result]:
    """Run functions in threads that begin together; the first error of any is raised."""
    work = list(tasks)
    barrier = Barrier(len(work))
    results: list[Any] = [None] * len(work)
    errors: list[BaseException] = []

    def run(place: int) -> None:
        barrier.wait(60)
        try:
            results[place] = work[place]()
        except BaseException as error:  # told by the thread that waits
            errors.append(error)

    threads = [Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if errors:
        raise errors[0]
    assert not any(thread.is_alive() for thread in threads)
    return results
