"""What is edited on a map: opening it, keeping drafts, saving.

The three interactive steps are edited by lists of edits, which the step applies when it runs. Any
other variable of a file is edited into a new revision of the file, which remembers its edits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gondwana.accounts.permissions import Actor, Right
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services import files, maps, steps, touching
from gondwana.services.comparing import Which
from gondwana.services.door import changing, looking
from gondwana.services.editing_bases import surface_of
from gondwana.services.map_files import asked, stored_files
from gondwana.services.touching import Earlier
from gondwana.steps.surfaces import HIGHEST, SeaChoices, Surface
from gondwana.storage import drafts
from gondwana.storage.errors import NotFoundError

Float = npt.NDArray[np.float64]
Face = Literal["internal_oceans", "passage_problems", "sub_basins", "variable"]
Edits = Sequence[Mapping[str, Any]]

LARGEST_DRAFT = 8 * 1024**2
"""Bytes of a draft as JSON."""

FACES: dict[str, tuple[str, str]] = {
    "internal_oceans": ("regridded", "topography"),
    "passage_problems": ("raw_bathymetry", "Bathymetry"),
    "sub_basins": ("bathy", "basin"),
}
"""What each interactive step edits: kind of the file, and the name of the field."""

_PLANE = 2  # dimensions of a map
_CODES = {"atlantic": 1.0, "pacific": 2.0, "indian": 3.0}


@dataclass(frozen=True)
class Subject:
    """What is edited: an interactive step, or a variable of a file.

    Attributes
    ----------
    project_id : str
    step : str
        Empty if a file is edited.
    file, variable : str
        Kind of the file and name of the variable.
    index : mapping of str to int
        Which slice of other dimensions, from 0.
    """

    project_id: str
    step: str = ""
    file: str = ""
    variable: str = ""
    index: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name of the subject within its project."""
        if self.step:
            return self.step
        slices = [f"{name}={number}" for name, number in sorted(self.index.items())]
        return "/".join((self.file, self.variable, *slices))


@dataclass(frozen=True)
class Opened:
    """A field that can be edited.

    Attributes
    ----------
    subject : Subject
        Of a file with the variable and slice that were found.
    title, project_name : str
    face : str
        Which editor it is.
    values : ndarray, (ny, nx)
        Before any edit; NaN where there is no value.
    surface : Surface
    unit, variable : str
    axes : {"lonlat", "index"}
        Whether the map shows degrees, or columns and rows.
    lon_edges, lat_edges : tuple of float
        Of a map of degrees its ends.
    base : str
        Changes with what lies beneath.
    edits : tuple of mapping
        Those in force.
    number : int
        Of that list (or of the revision of the file).
    parameters : mapping
        Of the step.
    draft : mapping or None
        What this person has not saved yet.
    may_change : bool
    author : str
        Name of this person.
    variables : tuple of mapping
        What else can be edited in the file: ``name``, ``axes`` (name, size, and what
        its places are called, if the file tells it).
    earlier : Earlier, optional
        Edits that the file had before its step made it anew.
    """

    subject: Subject
    title: str
    project_name: str
    face: Face
    values: Float
    surface: Surface
    unit: str
    variable: str
    axes: Literal["lonlat", "index"]
    lon_edges: tuple[float, float]
    lat_edges: tuple[float, float]
    base: str
    edits: tuple[Mapping[str, Any], ...]
    number: int
    parameters: Mapping[str, Any]
    draft: Mapping[str, Any] | None
    may_change: bool
    author: str
    variables: tuple[Mapping[str, Any], ...] = ()
    earlier: Earlier | None = None


@dataclass(frozen=True)
class SavedNow:
    """What was saved last: the list of edits, by whom, when, with which note."""

    number: int
    edits: tuple[Mapping[str, Any], ...]
    author: str
    created: datetime | None
    note: str


def opened(platform: Platform, actor: Actor, subject: Subject) -> Opened:
    """Open what is to be edited.

    Raises
    ------
    NotFoundError
        There is no such project, or the file that is edited is not there yet.
    ParameterError
        Nobody edits this step or variable on a map.
    InputError
        The file cannot be used.
    """
    if subject.step:
        return _opened_step(platform, actor, subject)
    return _opened_variable(platform, actor, subject)


def keep_draft(
    platform: Platform,
    actor: Actor,
    subject: Subject,
    draft: Mapping[str, Any],
    *,
    based_on: int,
    base: str,
) -> datetime:
    """Keep what somebody has done and not saved, in the place of an earlier draft.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    subject : Subject
    draft : mapping
        JSON values.
    based_on : int
        Number of the list that was changed.
    base : str
        Of what was opened.

    Raises
    ------
    ParameterError
        It is too large.
    NotFoundError, ForbiddenError
    """
    content = {**draft, "based_on": based_on, "base": base}
    try:
        size = len(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise ParameterError("a draft holds JSON values", remedy="load the page again") from None
    if size > LARGEST_DRAFT:
        raise ParameterError(
            "there is too much to be kept as a draft", remedy="save it, and go on from there"
        )
    with changing(platform, actor, subject.project_id) as visit:
        kept = drafts.keep(
            visit.session, subject.project_id, visit.actor.user_id, subject.key, content
        )
        return kept.modified


def drop_draft(platform: Platform, actor: Actor, subject: Subject) -> None:
    """Forget what somebody has not saved.

    Raises
    ------
    NotFoundError, ForbiddenError
    """
    with changing(platform, actor, subject.project_id) as visit:
        drafts.drop(visit.session, subject.project_id, visit.actor.user_id, subject.key)


def save(
    platform: Platform,
    actor: Actor,
    subject: Subject,
    edits: Edits,
    *,
    based_on: int,
    note: str = "",
) -> int:
    """Save the edits of a subject; what depends on them runs. The draft is dropped.

    Returns
    -------
    int
        Number of the list, or of the new revision of the file.

    Raises
    ------
    ConflictError
        Somebody else has saved meanwhile.
    ParameterError, NotFoundError, ForbiddenError
    """
    if subject.step:
        kept = steps.save_edits(
            platform, actor, subject.project_id, subject.step, edits, based_on=based_on, note=note
        )
        return kept.number
    which, place = Which(subject.project_id, subject.file), (subject.variable, subject.index)
    made = touching.touch(platform, actor, which, edits, place, based_on=based_on, note=note)
    drop_draft(platform, actor, subject)
    return made.number


def saved(platform: Platform, actor: Actor, subject: Subject) -> SavedNow:
    """Tell what was saved last.

    Raises
    ------
    NotFoundError, ParameterError
    """
    if subject.step:
        lists = steps.edits_history(platform, actor, subject.project_id, subject.step)
        if not lists:
            return SavedNow(0, (), "", None, "")
        now = lists[0]
        return SavedNow(now.number, now.edits, now.author, now.created, now.note)
    found = touching.touched(platform, actor, Which(subject.project_id, subject.file))
    edits = touching.of_variable(found.edits, subject.variable, subject.index)
    last = found.revision
    return SavedNow(last.number, edits, last.author, last.created, last.note)


def beneath(platform: Platform, actor: Actor, subject: Subject) -> str:
    """Return what `Opened.base` would be if the subject were opened now.

    Raises
    ------
    NotFoundError, ParameterError
    """
    if subject.step:
        return _needed(platform, actor, subject).base
    found = touching.touched(platform, actor, Which(subject.project_id, subject.file))
    return found.beneath.sha256


@dataclass(frozen=True)
class _Needed:
    """What an interactive step is edited from."""

    stored: Mapping[str, Any]
    grid: list[tuple[str, str]]
    settings: steps.StepSettings
    about: Mapping[str, Any]
    base: str


def _needed(platform: Platform, actor: Actor, subject: Subject) -> _Needed:
    step = platform.graph.steps.get(subject.step)
    if step is None or subject.step not in FACES:
        raise ParameterError(
            f"'{subject.step}' is not edited on a map", remedy=f"choose from {', '.join(FACES)}"
        )
    kind, _ = FACES[subject.step]
    settings = steps.settings(platform, actor, subject.project_id, subject.step)
    try:
        revision, stored = stored_files(platform, actor, Which(subject.project_id, kind))
        grid = _coordinates(platform, actor, subject) if subject.step != "internal_oceans" else []
    except NotFoundError as error:
        raise NotFoundError(
            f"there is nothing to edit yet: {error.problem}", remedy="let the steps before it run"
        ) from None
    seeds = {name: value for name, value in settings.parameters.items() if name in _CODES}
    about = {"face": subject.step, "seeds": seeds}
    base = _base([revision.sha256, *(sha256 for _, sha256 in grid)], about)
    return _Needed(stored, grid, settings, about, base)


def _opened_step(platform: Platform, actor: Actor, subject: Subject) -> Opened:
    needed = _needed(platform, actor, subject)
    beside = {"path": needed.stored["path"], "beside": needed.grid, "coast": []}
    told, block = asked(platform, "step_base", {"": beside}, needed.about)
    surface, values = surface_of(told, np.frombuffer(block, np.float64))
    parameters = dict(needed.settings.parameters)
    surface = replace(surface, **_rules(subject.step, parameters))
    return _put_together(
        platform, actor, subject, told, values, surface,
        title=platform.graph.steps[subject.step].title, face=subject.step,
        variable=FACES[subject.step][1], base=needed.base, edits=needed.settings.edits,
        number=needed.settings.number, parameters=parameters,
    )  # fmt: skip


def _opened_variable(platform: Platform, actor: Actor, subject: Subject) -> Opened:
    which = Which(subject.project_id, subject.file)
    found = touching.touched(platform, actor, which)
    told, block = asked(platform, "variable_base", {"": found.stored}, _about(subject))
    surface, values = surface_of(told, np.frombuffer(block, np.float64))
    variable, index = told["variable"], told["index"]
    subject = replace(subject, variable=variable, index=index)
    header = maps.described(platform, actor, which).header
    variables = tuple(
        {
            "name": one.name,
            "axes": [
                [name, size, told["ticks"].get(name)]
                for name, size in zip(one.dimensions[:-2], one.shape[:-2], strict=True)
            ],
        }
        for one in header.variables
        if one.drawable and not one.coordinate and len(one.shape) >= _PLANE
    )
    return _put_together(
        platform, actor, subject, told, values, surface,
        title=f"{variable} in {found.revision.file_name}", face="variable",
        variable=variable, base=found.beneath.sha256,
        edits=touching.of_variable(found.edits, variable, index), number=found.revision.number,
        parameters={}, variables=variables,
        earlier=touching.earlier(platform, actor, found, variable, index),
    )  # fmt: skip


def _put_together(
    platform: Platform,
    actor: Actor,
    subject: Subject,
    told: Mapping[str, Any],
    values: Float,
    surface: Surface,
    **about: Any,
) -> Opened:
    with looking(platform, actor, subject.project_id) as visit:
        draft = drafts.get(visit.session, subject.project_id, visit.actor.user_id, subject.key)
        return Opened(
            subject=subject,
            project_name=visit.project.name,
            values=values,
            surface=surface,
            unit=told["unit"],
            axes=told["axes"],
            lon_edges=tuple(told.get("lon_edges", (0.0, 1.0))),
            lat_edges=tuple(told.get("lat_edges", (0.0, 1.0))),
            draft=None if draft is None else draft.content,
            may_change=visit.right >= Right.CHANGE,
            author=visit.actor.name,
            **about,
        )


def _coordinates(platform: Platform, actor: Actor, subject: Subject) -> list[tuple[str, str]]:
    found = files.get(platform, actor, subject.project_id, "coordinates")
    return [(found.file_name, found.sha256)]


def _rules(step: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what holds for the field of a step: codes of basins, or how seas are opened."""
    if step == "sub_basins":
        return {"codes": _CODES, "limits": (0.0, float(len(_CODES)))}
    land = float(parameters.get("land_height", 0.0))
    depth, width = float(parameters["channel_depth"]), int(parameters["channel_width"])
    rules: dict[str, Any] = {"choices": SeaChoices(land, depth, width)}
    return rules if step == "internal_oceans" else rules | {"limits": (0.0, HIGHEST)}


def _about(subject: Subject) -> dict[str, Any]:
    return {"variable": subject.variable, "index": dict(subject.index)}


def _base(checksums: Sequence[str], about: Mapping[str, Any]) -> str:
    told = json.dumps([list(checksums), about], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
