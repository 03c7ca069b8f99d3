"""Checks and report of a project: what ``gondwana build`` tells of its files."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from threading import Lock

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.formats.provenance import canonical_json
from gondwana.services import asking
from gondwana.services.outcome import Outcome, outcome, papers
from gondwana.services.uploads import laid_out, told_by_name

_KEPT = 8
"""Reports that stay in memory, of about a megabyte each."""


def checks(platform: Platform, actor: Actor, project_id: str) -> Outcome:
    """Return what the runs that made the current files of a project have told.

    Raises
    ------
    NotFoundError
        There is no such project.
    """
    return outcome(platform, actor, project_id)


def report(platform: Platform, actor: Actor, project_id: str) -> bytes:
    """Return the report of a project as one HTML page.

    It is drawn in another process, and again only if something in it has changed.

    Raises
    ------
    NotFoundError
        There is no such project.
    InputError
        One of its files, which a person gave in the place of a result, cannot be drawn.
    BusyError
        Too many ask at this time.
    """
    return report_of(platform, outcome(platform, actor, project_id))


def report_of(platform: Platform, found: Outcome) -> bytes:
    """Return the report of what has come of a project; raises as `report`."""
    beside, title = papers(found), found.project.name
    parts = [title, *(sha256(content).hexdigest() for content in beside.values())]
    key = sha256(canonical_json(parts).encode()).hexdigest()
    drawn = _drawn.get(key)
    if drawn is None:
        files = {one.file_name: one.sha256 for one in found.files}
        with laid_out(platform, files) as folder, told_by_name(folder):
            for name, content in beside.items():
                with (folder / name).open("xb") as file:  # never through a link into the store
                    file.write(content)
            _, drawn = asking.ask("report", folder=str(folder), title=title)
        _drawn.keep(key, drawn)
    return drawn


class _Drawn:
    """The reports that were asked for last, by the checksum of what they were drawn from."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
            return self._pages.get(key)

    def keep(self, key: str, page: bytes) -> None:
        with self._lock:
            self._pages[key] = page
            while len(self._pages) > _KEPT:
                self._pages.popitem(last=False)


_drawn = _Drawn()
