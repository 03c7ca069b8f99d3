"""Which waiting runs go to the broker next, so that a long queue of one person delays nobody else.

The queues of the broker know no users and are first in, first out. So they are kept short: just
long enough that no worker ever waits. All other runs wait in the database, where users take turns.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterable
from threading import Lock

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from gondwana.dispatcher.perform import SOURCE, send
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.envelope import Envelope
from gondwana.messaging.messages import InputFile, Task
from gondwana.steps.edits import Edit
from gondwana.storage import runs
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Run
from gondwana.storage.words import RunStatus

SHORTEST, LONGEST = 4, 128
"""Tasks of one tag that are with the broker and not taken up: at least and at most."""
_AHEAD = 0.4  # seconds of work

_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


class Pace:
    """How many tasks of each tag are taken up a second, by what was seen lately."""

    def __init__(self) -> None:
        self._taken: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=4 * LONGEST))
        self._lock = Lock()

    def note(self, tag: str) -> None:
        """Count a task that was taken up."""
        with self._lock:
            self._taken[tag].append(time.monotonic())

    def window(self, tag: str) -> int:
        """Return how many tasks are to be with the broker."""
        since = time.monotonic() - 1.0
        with self._lock:
            taken = self._taken[tag]
            while taken and taken[0] < since:
                taken.popleft()
            lately = len(taken)
        return min(max(SHORTEST, int(lately * _AHEAD)), LONGEST)


def feed(platform: Platform, session: Session, pace: Pace, tags: Iterable[str]) -> None:
    """Queue runs that wait, as many as there is room for, users in turn."""
    for tag in sorted(tags):
        room = pace.window(tag) - runs.count_queued(session, tag)
        if room > 0:
            for run in runs.next_waiting(session, tag, room):
                run.status, run.queued = RunStatus.QUEUED, utc_now()
                send(session, _message(platform, run))


def _message(platform: Platform, run: Run) -> Envelope[Task]:
    return Envelope.of(
        task_of(platform, run),
        source=SOURCE,
        project=run.project_id,
        run=run.id,
        attempt=run.attempt,
    )


def task_of(platform: Platform, run: Run) -> Task:
    """Write the task of a run: everything that a worker needs to know."""
    step = platform.graph.steps[run.step]
    return Task(
        step=step.name,
        worker=step.worker,
        step_version=step.version,
        parameters=run.parameters,
        edits=tuple(_EDIT.validate_python(edit) for edit in run.edits),
        inputs={
            kind: InputFile(uri=platform.store.uri(sha256), sha256=sha256)
            for kind, sha256 in run.inputs.items()
        },
        outputs=step.outputs,
        created=run.created,
        timeout=step.timeout,
    )
