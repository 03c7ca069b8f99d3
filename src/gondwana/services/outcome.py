"""What has come of a project: its current files, and what the runs that made them told.

Reports and archives are made from it, in the words in which a build writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.formats.provenance import software_versions
from gondwana.recipes.recipe import recipe_text
from gondwana.recipes.results import BESIDES, json_bytes, step_as_json
from gondwana.recipes.staging import MANIFEST
from gondwana.science.checks import Change, Check, Status, worst
from gondwana.services import files
from gondwana.services.door import looking
from gondwana.services.files import RevisionInfo
from gondwana.services.projects import ProjectInfo, info_of
from gondwana.services.recipes import RECIPE, Exported, exported_from
from gondwana.steps.contract import Step
from gondwana.steps.kinds import KINDS
from gondwana.storage import revisions
from gondwana.storage.models import Project, Revision, Run
from gondwana.storage.words import RunStatus
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import ProjectState, shown

CHECKS = "checks.json"
REPORT = "report.html"


@dataclass(frozen=True)
class StepOutcome:
    """What has come of a step whose files are the current ones.

    Attributes
    ----------
    step : Step
    shown : str
        How it stands now; the files of one that is not ``fresh`` are those of an earlier run.
    attempt : int
        Number of the run that made the files; 0 if it is no longer known.
    parameters : mapping
        With which they were made.
    checks, changes, notes
        As the run told them.
    seconds : float or None
    finished : datetime or None
    replaced : tuple of RevisionInfo
        Files that a person put in the place of what it makes.
    """

    step: Step
    shown: str
    attempt: int
    parameters: Mapping[str, Any]
    checks: tuple[Check, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    seconds: float | None
    finished: datetime | None
    replaced: tuple[RevisionInfo, ...]

    @property
    def status(self) -> Status | None:
        """The worst status of its checks; None if it checks nothing."""
        return worst(self.checks)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be known of its files beside what the run told."""
        told = [f"{one.file_name} was given by {one.author}" for one in self.replaced]
        if not self.attempt and len(self.replaced) < len(self.step.outputs):
            told.append("what its run told is no longer known")
        if self.shown != "fresh":
            told.append("its files are those of an earlier run and not up to date")
        return tuple(told)


@dataclass(frozen=True)
class Outcome:
    """What has come of a project, as of one moment.

    Attributes
    ----------
    project : ProjectInfo
    exported : Exported
        Its recipe, and what was given to it.
    files : tuple of RevisionInfo
        The current files that a build publishes, and those that a person put in the place of what
        only passes from one step to the next.
    steps : tuple of StepOutcome
        Those of whose files there is one, in the order of the graph.
    """

    project: ProjectInfo
    exported: Exported
    files: tuple[RevisionInfo, ...]
    steps: tuple[StepOutcome, ...]

    @property
    def status(self) -> Status | None:
        """The worst status of all checks; None if there are none."""
        return worst(check for step in self.steps for check in step.checks)


def outcome(platform: Platform, actor: Actor, project_id: str) -> Outcome:
    """Return what has come of a project.

    Raises
    ------
    NotFoundError
        There is no such project.
    """
    with looking(platform, actor, project_id) as visit:
        present = files.present(platform, visit)
        return Outcome(
            project=info_of(visit),
            exported=exported_from(platform, visit, present),
            files=tuple(one for one in present if _belongs(platform.graph, one)),
            steps=tuple(_steps(platform, visit.session, visit.project, present)),
        )


def papers(found: Outcome, report: bytes | None = None) -> dict[str, bytes]:
    """Return what a build writes beside its files, by name: recipe, checks, manifest.

    Parameters
    ----------
    found : Outcome
    report : bytes, optional
        If it is there, it is listed in the manifest.
    """
    written = {RECIPE: recipe_text(found.exported.recipe).encode(), CHECKS: _checks(found)}
    listed = written if report is None else {**written, REPORT: report}
    return {**written, MANIFEST: json_bytes(_manifest(found, listed))}


def _belongs(graph: Graph, one: RevisionInfo) -> bool:
    if one.kind not in graph.makers or one.kind not in KINDS:
        return False
    return KINDS[one.kind].published or not one.step


def _steps(
    platform: Platform, session: Session, project: Project, present: Sequence[RevisionInfo]
) -> Iterable[StepOutcome]:
    """Tell every step of whose files there is one, by the run that made the last of them."""
    state = transitions.state_of(platform, project)
    words = shown(platform.graph, state)
    used = {one.kind for one in present}
    current = [one for one in revisions.current(session, project.id).values() if one.kind in used]
    makers = {one.step: one for one in sorted(current, key=lambda one: one.created) if one.step}
    runs = _runs(session, project, makers)
    for name, step in platform.graph.steps.items():
        made = [one for one in present if one.kind in step.outputs]
        if made:
            yield _told(step, words[name], state, runs.get(name), made)


def _told(
    step: Step, word: str, state: ProjectState, run: Run | None, made: Sequence[RevisionInfo]
) -> StepOutcome:
    report = run.report if run is not None else {}
    return StepOutcome(
        step=step,
        shown=word,
        attempt=run.attempt if run is not None else 0,
        parameters=run.parameters if run is not None else state.steps[step.name].parameters,
        checks=tuple(
            Check(**{**check, "table": list(check["table"])}) for check in report.get("checks", ())
        ),
        changes=tuple(Change(**change) for change in report.get("changes", ())),
        notes=tuple(report.get("notes", ())),
        seconds=report.get("seconds"),
        finished=run.finished if run is not None else None,
        replaced=tuple(one for one in made if not one.step),
    )


def _runs(session: Session, project: Project, makers: Mapping[str, Revision]) -> dict[str, Run]:
    """Find the run that made each revision, by step.

    A revision that was restored, or copied with its project, does not know its run; one of the
    same fingerprint, maybe of the project that was copied, has told the same.
    """
    lineage = _lineage(session, project)
    wanted = select(Run).where(
        Run.project_id.in_(lineage),
        Run.status == RunStatus.DONE,
        Run.fingerprint.in_({one.fingerprint for one in makers.values()} - {""}),
    )
    found: dict[str, tuple[tuple[bool, int, int], Run]] = {}
    for run in session.scalars(wanted.options(defer(Run.log), defer(Run.edits))):
        made = makers.get(run.step)
        if made is None or made.fingerprint != run.fingerprint:
            continue
        rank = (run.id == made.run_id, -lineage.index(run.project_id), run.attempt)
        if run.step not in found or rank > found[run.step][0]:
            found[run.step] = (rank, run)
    return {step: run for step, (_, run) in found.items()}


def _lineage(session: Session, project: Project) -> list[str]:
    """Return the project, that of which it is a copy, and so on."""
    ids = [project.id]
    origin: Project | None = project
    while origin is not None and origin.copied_from is not None:
        ids.append(origin.copied_from)
        origin = session.get(Project, origin.copied_from)
    return ids


def _checks(found: Outcome) -> bytes:
    steps = [
        step_as_json(one.step, one.checks, one.changes, (*one.notes, *one.remarks))
        for one in found.steps
    ]
    return json_bytes({"status": found.status or "pass", "steps": steps})


def _manifest(found: Outcome, besides: Mapping[str, bytes]) -> dict[str, Any]:
    """Tell what `recipes.results.write_manifest` tells of a build."""
    recipe, given = found.exported.recipe, found.exported.files.values()
    made = [one.created for one in (*given, *found.files)]
    seconds = [one.seconds for one in found.steps if one.seconds is not None]
    return {
        "created": max(made, default=found.project.created).isoformat(timespec="seconds"),
        "seconds": round(sum(seconds), 3),
        "versions": software_versions(),
        "inputs": {kind: source.model_dump() for kind, source in recipe.given.items()},
        "files": [
            *(_listed(one) for one in found.files),
            *(
                {
                    "file": name,
                    "title": BESIDES[name],
                    "bytes": len(content),
                    "sha256": sha256(content).hexdigest(),
                }
                for name, content in besides.items()
            ),
        ],
        "steps": [
            {
                "step": one.step.name,
                "version": one.step.version,
                "title": one.step.title,
                "seconds": round(one.seconds or 0.0, 3),
                "parameters": dict(one.parameters),
            }
            for one in found.steps
        ],
    }


def _listed(one: RevisionInfo) -> dict[str, Any]:
    return {
        "file": one.file_name,
        "kind": one.kind,
        "title": one.title,
        "step": one.step,
        "bytes": one.size,
        "sha256": one.sha256,
        "arrays_sha256": one.arrays_sha256 or None,
    }
