"""A worker tells of itself: that it is there, and how much of it is at work.

Nobody depends on it, and nobody waits for it: a word that does not arrive is followed by another
soon. That a job is alive is told beside it, by the job.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

from gondwana import __version__
from gondwana.messaging.envelope import Presence, encode
from gondwana.messaging.messages import WorkerPresent
from gondwana.worker.reports import Reports


class Attendance:
    """Tells of a worker at its start, again and again, and at its end.

    Parameters
    ----------
    name, tag : str
        The worker's.
    places : int
        How many jobs it can do at a time.
    busy : callable
        Tells how many it is doing.
    reports : Reports
    interval : float
        Seconds between two words.
    """

    def __init__(
        self,
        name: str,
        tag: str,
        places: int,
        busy: Callable[[], int],
        reports: Reports,
        interval: float,
    ) -> None:
        self._name = name
        self._tag = tag
        self._places = places
        self._busy = busy
        self._reports = reports
        self._interval = interval
        self._since = time.monotonic()
        self._over = Event()
        self._thread = Thread(target=self._tell_often, name="gondwana presence", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._since = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._tell(leaving=True)

    def _tell_often(self) -> None:
        while not self._over.is_set():
            self._tell()
            self._over.wait(self._interval)

    def _tell(self, *, leaving: bool = False) -> None:
        said = WorkerPresent(
            worker=self._name,
            tag=self._tag,
            places=self._places,
            busy=self._busy(),
            seconds=time.monotonic() - self._since,
            release=__version__,
            leaving=leaving,
        )
        self._reports.beat(self._name, encode(Presence.of(said)))
