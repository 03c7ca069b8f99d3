"""Files touched up by hand: a revision that lies beneath, and a list of edits on top of it.

The revision that is written holds both: its edits, and the checksum of what lies beneath. So the
list can be opened again and changed anywhere, and it is applied to what lies beneath, never twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.services import files
from gondwana.services.comparing import Which
from gondwana.services.files import RevisionInfo
from gondwana.services.map_files import Stored, asked, stored_files
from gondwana.services.uploads import Upload
from gondwana.services.wishes import LONGEST_NOTE
from gondwana.steps.edits import Edit

Plain = Mapping[str, Any]
Edits = tuple[Plain, ...]


@dataclass(frozen=True)
class Touched:
    """A file as it is now.

    Attributes
    ----------
    revision : RevisionInfo
        The one that the steps use.
    beneath : RevisionInfo
        The one without the edits; the same if there are none.
    stored : mapping
        Where that one is, and what helps to draw it.
    edits : tuple of mapping
        Of all variables.
    """

    revision: RevisionInfo
    beneath: RevisionInfo
    stored: Stored
    edits: Edits


@dataclass(frozen=True)
class Earlier:
    """Edits that an earlier revision had, before its step made the file anew."""

    number: int
    edits: Edits
    author: str
    created: datetime
    note: str


def touched(platform: Platform, actor: Actor, which: Which) -> Touched:
    """Find what lies beneath a file, and the edits on top.

    Raises
    ------
    NotFoundError, ParameterError, InputError
        As `stored_files`.
    """
    revision, stored = stored_files(platform, actor, which)
    told = _told(platform, revision, stored)
    if told:
        for one in files.history(platform, actor, which.project_id, which.kind):
            if one.sha256 == told["beneath"] and one.number < revision.number:
                _, below = stored_files(
                    platform, actor, Which(which.project_id, which.kind, one.number)
                )
                return Touched(revision, one, below, tuple(told["edits"]))
    return Touched(revision, revision, stored, ())


def of_variable(edits: Sequence[Plain], variable: str, index: Mapping[str, int]) -> Edits:
    """Return the edits of one variable, in one slice of its other dimensions."""
    return tuple(edit for edit in edits if _place(edit) == (variable, dict(index)))


def earlier(
    platform: Platform, actor: Actor, found: Touched, variable: str, index: Mapping[str, int]
) -> Earlier | None:
    """Return the last edits by hand of a file that a step has made anew since.

    Raises
    ------
    NotFoundError, InputError
    """
    now = found.revision
    if not now.step or now.restored_from is not None:
        return None
    for one in files.history(platform, actor, now.project_id, now.kind):
        if one.number >= now.number or one.step:
            continue
        stored: Stored = {"path": [(one.file_name, one.sha256)]}
        edits = of_variable(_told(platform, one, stored).get("edits", ()), variable, index)
        return Earlier(one.number, edits, one.author, one.created, one.note) if edits else None
    return None


def touch(
    platform: Platform,
    actor: Actor,
    which: Which,
    edits: Sequence[Plain],
    place: tuple[str, Mapping[str, int]],
    *,
    based_on: int,
    note: str,
) -> RevisionInfo:
    """Write a revision with other edits of one variable; those of others stay.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    which : Which
    edits : sequence of mapping
        All of this variable.
    place : (str, mapping)
        Name of the variable, and which slice of its other dimensions.
    based_on : int
        Number of the revision that was changed.
    note : str

    Raises
    ------
    ConflictError
        There is a newer revision.
    ParameterError, NotFoundError, ForbiddenError, InputError
    """
    variable, index = place
    found = touched(platform, actor, which)
    others = [edit for edit in found.edits if _place(edit) != (variable, dict(index))]
    about = {"file": which.kind, "variable": variable} | ({"index": dict(index)} if index else {})
    mine = [
        Edit.model_validate({**edit, **about}).model_dump(mode="json", exclude_defaults=True)
        for edit in edits
    ]
    asking = {
        "variable": variable, "index": dict(index), "edits": [*others, *mine],
        "beneath": found.beneath.sha256, "author": actor.name or "somebody",
    }  # fmt: skip
    _, content = asked(platform, "touched_file", {"": found.stored}, asking)
    what = note or f"{len(mine)} edits of {variable} on the map"
    made = files.replace(
        platform,
        actor,
        which.project_id,
        which.kind,
        Upload(found.revision.file_name, BytesIO(content)),
        note=what[:LONGEST_NOTE],
        based_on=based_on,
    )
    return made.revision


def _told(platform: Platform, revision: RevisionInfo, stored: Stored) -> dict[str, Any]:
    """Return what a file that a person gave says of its edits; empty if it says nothing."""
    if revision.step:
        return {}
    found, _ = asked(platform, "touches", {"": {"path": stored["path"]}}, {})
    return found


def _place(edit: Plain) -> tuple[str, dict[str, int]]:
    return str(edit.get("variable", "")), dict(edit.get("index") or {})
