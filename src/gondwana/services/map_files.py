"""Files that maps are made of, and what children have found in them, kept for a while.

Files never change: answers are known by their checksums.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services import asking, files
from gondwana.services.comparing import Which
from gondwana.services.files import RevisionInfo
from gondwana.services.uploads import is_netcdf, laid_out, told_by_name

COAST = ("topography", "regridded", "source")
"""Kinds whose coast is drawn over other maps: the first of them that there is."""
_BESIDE = ("coordinates", "grids", "ocean_grid_file")
"""Kinds that know the places of fields which do not know their own."""
_MOST_KEPT = 64 * 1024**2
_MOST_ANSWERS = 500


Stored = Mapping[str, list[tuple[str, str]]]
"""Name and sha256 of files by what they are for: ``path``, ``coast``, ``beside``."""


def stored_files(
    platform: Platform, actor: Actor, which: Which, *, alone: bool = False
) -> tuple[RevisionInfo, Stored]:
    """Find a file that can be drawn and, unless it stands alone, those that help to draw it.

    Raises
    ------
    NotFoundError
        There is no such project or revision.
    ParameterError
        There is no such kind of file, or it is not NetCDF.
    """
    found = files.get(platform, actor, which.project_id, which.kind, which.number)
    if not is_netcdf(found.kind):
        raise ParameterError(f"'{found.file_name}' is no map", remedy="choose a NetCDF file")
    stored = {"path": [(found.file_name, found.sha256)]}
    if alone:
        return found, stored
    present = {
        one.kind: (one.file_name, one.sha256)
        for one in files.current(platform, actor, which.project_id)
    }
    coasts = [present[kind] for kind in COAST if kind in present]
    beside = [present[kind] for kind in _BESIDE if kind in present and kind != found.kind]
    return found, {**stored, "coast": coasts, "beside": beside}


def asked(
    platform: Platform, question: str, about_files: Mapping[str, Stored], about: Mapping[str, Any]
) -> tuple[dict[str, Any], bytes]:
    """Ask a child about files, unless the answer is still known.

    Parameters
    ----------
    platform : Platform
    question : str
    about_files : mapping
        Files by the name under which the question has them; one without a name stands for the
        question itself.
    about : mapping
        JSON values.

    Raises
    ------
    InputError, ParameterError, BusyError
    """
    key = (question, repr(about_files), repr(about))
    before = known.get(key)
    if before is not None:
        return before
    names: dict[str, str] = {}
    places: dict[str, dict[str, Any]] = {}
    for whose, stored in about_files.items():
        told = {use: [_name(names, *file) for file in listed] for use, listed in stored.items()}
        places[whose] = told
    with laid_out(platform, names) as folder, told_by_name(folder):
        paths = {
            whose: {
                "path": str(folder / told["path"][0]),
                "coast": [str(folder / name) for name in told.get("coast", [])],
                "beside": [str(folder / name) for name in told.get("beside", [])],
            }
            for whose, told in places.items()
        }
        alone = paths.pop("", {})
        answer = asking.ask(question, **alone, **paths, **about)
    known.keep(key, answer)
    return answer


class Known:
    """Answers that were given lately; those longest not asked for go first."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, ...], tuple[dict[str, Any], bytes]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: tuple[str, ...]) -> tuple[dict[str, Any], bytes] | None:
        """Return an answer if it is still known."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def keep(self, key: tuple[str, ...], answer: tuple[dict[str, Any], bytes]) -> None:
        """Keep an answer, unless it is too large to be worth it."""
        with self._lock:
            if len(answer[1]) > _MOST_KEPT // 4 or key in self._answers:
                return
            self._answers[key] = answer
            self._size += len(answer[1])
            while self._size > _MOST_KEPT or len(self._answers) > _MOST_ANSWERS:
                _, (_, block) = self._answers.popitem(last=False)
                self._size -= len(block)


known = Known()


def _name(names: dict[str, str], name: str, sha256: str) -> str:
    """Give a file a name of its own among others, and tell which it is."""
    own = name if names.get(name, sha256) == sha256 else f"{len(names)} {name}"
    names[own] = sha256
    return own
