"""The headless runner: from a topography to all files, in the order the steps ask for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

from gondwana.errors import ParameterError
from gondwana.formats.writer import Format
from gondwana.recipes.recipe import Recipe, source, write_recipe
from gondwana.recipes.results import write_checks, write_manifest
from gondwana.recipes.staging import MANIFEST, staged
from gondwana.reports.page import write_report
from gondwana.steps.contract import Step, StepParameters
from gondwana.steps.edits import Edit
from gondwana.steps.execute import Record, StoredFile, execute, validated
from gondwana.steps.kinds import GIVEN, KINDS
from gondwana.steps.programs import Watch
from gondwana.steps.registry import STEPS, in_order, possible_here, step_named

Progress = Callable[[str, int, int], None]
"""Told with the name of what begins, how much is done, and how much there is."""


@dataclass(frozen=True)
class Request:
    """What to build.

    Attributes
    ----------
    given : mapping of str to Path
        The person's files by kind (`kinds.GIVEN`): the topography as ``source``; an
        ``ocean_grid_file``, without which a tripolar grid is made; maps.
    parameters : mapping of str to mapping
        Values by step and name; what is left out takes its default.
    edits : mapping of str to tuple of Edit
        By step.
    only : tuple of str
        Keep the files of these steps alone; what they need is computed all the same.
    until : str or None
        Stop after this step.
    file_format : {"netcdf3", "netcdf4"}
    jobs : int
        How many steps may run at once.
    """

    given: Mapping[str, Path]
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    until: str | None = None
    file_format: Format = "netcdf3"
    jobs: int = 2


@dataclass(frozen=True)
class Plan:
    """A request that was found to be sound: steps in order, each with its parameters."""

    steps: tuple[Step, ...]
    parameters: Mapping[str, StepParameters]
    published: frozenset[str]


def plan(request: Request) -> Plan:
    """Check a request before anything runs.

    Parameters
    ----------
    request : Request

    Returns
    -------
    Plan

    Raises
    ------
    ParameterError
        An unknown step or parameter, or a value out of bounds.
    """
    for name in (*request.parameters, *request.edits):
        step_named(name)
    unknown = [kind for kind in request.given if kind not in GIVEN]
    if unknown:
        raise ParameterError(
            f"a file of the kind '{unknown[0]}' is made by a build and cannot be given",
            remedy=f"give only {', '.join(GIVEN)}",
        )
    if request.only and request.until:
        raise ParameterError("--only and --until exclude each other", remedy="use one of them")
    for name, edits in request.edits.items():
        if edits and not STEPS[name].interactive:
            raise ParameterError(
                "takes no edits",
                remedy=f"give them to one of {', '.join(_interactive())}",
                where=f"step {name}",
            )
    wanted = request.only or ((request.until,) if request.until else None)
    possible = possible_here()
    steps = tuple(in_order(wanted) if wanted else possible)
    _refuse_what_cannot_run(steps)
    told_of = {step.name for step in (*possible, *steps)} | set(request.parameters)
    parameters = {
        name: validated(step, request.parameters.get(name, {}))
        for name, step in STEPS.items()
        if name in told_of
    }
    kept = [step_named(name) for name in request.only] or steps
    published = {kind for step in kept for kind in step.outputs if KINDS[kind].published}
    return Plan(steps, parameters, frozenset(published))


def _refuse_what_cannot_run(steps: Iterable[Step]) -> None:
    for step in steps:
        if not step.can_run:
            raise ParameterError(
                f"nothing here can run it: it needs a worker for '{step.worker}'",
                remedy="leave it out, or build its program",
                where=f"step {step.name}",
            )


def build(request: Request, target: Path, progress: Progress | None = None) -> list[Record]:
    """Make every file of a request, and the report, in a folder.

    Parameters
    ----------
    request : Request
    target : Path
        Folder for the results; see `staging.staged`.
    progress : callable, optional

    Returns
    -------
    list of Record
        One a step, in the order of the plan.

    Raises
    ------
    GondwanaError
        Nothing was written then.
    """
    began = time.perf_counter()
    created = datetime.now(UTC).replace(microsecond=0)
    to_do = plan(request)
    given = {kind: StoredFile.of(kind, path) for kind, path in request.given.items()}
    with staged(target, request.given.values()) as folder:
        tell = progress or _silent
        total = len(to_do.steps) + 1
        records = _run_all(request, to_do, given, folder, created, lambda n, d: tell(n, d, total))
        _drop_unpublished(folder, records, to_do.published)
        write_recipe(_recipe(request, to_do, target), folder / "recipe.yaml")
        write_checks(records, folder / "checks.json")
        tell("report", len(to_do.steps), total)
        write_manifest(records, given, to_do.published, created, folder / MANIFEST)
        write_report(folder, title=request.given["source"].name, jobs=request.jobs)
        write_manifest(
            records,
            given,
            to_do.published,
            created,
            folder / MANIFEST,
            seconds=time.perf_counter() - began,
        )
        tell("done", total, total)
    return records


def _run_all(
    request: Request,
    to_do: Plan,
    given: Mapping[str, StoredFile],
    folder: Path,
    created: datetime,
    tell: Callable[[str, int], None],
) -> list[Record]:
    """Run steps as soon as their inputs are there, at most ``jobs`` at once."""
    files = dict(given)
    waiting = list(to_do.steps)
    makes = {kind for step in waiting for kind in step.outputs}
    running: dict[Future[Record], Step] = {}
    stopped = Event()
    records: dict[str, Record] = {}

    def ready(step: Step) -> bool:
        optional = [kind for kind in step.optional_inputs if kind in makes]
        return all(kind in files for kind in (*step.inputs, *optional))

    with ThreadPoolExecutor(max_workers=request.jobs) as pool:
        try:
            while waiting or running:
                for step in [step for step in waiting if ready(step)]:
                    waiting.remove(step)
                    future = _submit(pool, step, files, request, to_do, folder, created, stopped)
                    running[future] = step
                    tell(step.name, len(records))
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    record = future.result()
                    records[running.pop(future).name] = record
                    files.update(record.outputs)
        except BaseException:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [records[step.name] for step in to_do.steps]


def _submit(
    pool: ThreadPoolExecutor,
    step: Step,
    files: Mapping[str, StoredFile],
    request: Request,
    to_do: Plan,
    folder: Path,
    created: datetime,
    stopped: Event,
) -> Future[Record]:
    return pool.submit(
        execute,
        step,
        dict(files),
        to_do.parameters[step.name],
        folder,
        created=created,
        edits=tuple(request.edits.get(step.name, ())),
        file_format=request.file_format,
        watch=Watch(stopped=stopped),
    )


def _drop_unpublished(folder: Path, records: list[Record], published: frozenset[str]) -> None:
    for record in records:
        for kind, stored in record.outputs.items():
            if kind not in published:
                (folder / stored.path.name).unlink()


def _recipe(request: Request, to_do: Plan, target: Path) -> Recipe:
    return Recipe(
        given={kind: source(path, target) for kind, path in request.given.items()},
        format=request.file_format,
        steps={
            name: parameters.model_dump(mode="json")
            for name, parameters in to_do.parameters.items()
        },
        edits=dict(request.edits),
    )


def _interactive() -> list[str]:
    return [step.name for step in STEPS.values() if step.interactive]


def _silent(_name: str, _done: int, _total: int) -> None:
    """Tell nobody."""
