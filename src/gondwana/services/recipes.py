"""A project as a recipe, out and in: what it was given, every parameter and every edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError, TargetError
from gondwana.formats.writer import write_failure
from gondwana.recipes.recipe import Recipe, Source, write_recipe
from gondwana.recipes.results import BESIDES
from gondwana.recipes.staging import MANIFEST
from gondwana.services import files, projects
from gondwana.services.door import ProjectVisit, looking
from gondwana.services.files import RevisionInfo
from gondwana.services.projects import Created
from gondwana.services.uploads import TOPOGRAPHY, Upload
from gondwana.services.wishes import good_parameters
from gondwana.steps.edits import Edit
from gondwana.steps.kinds import KINDS
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import StepState

RECIPE = "recipe.yaml"

_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Edit, ...])


@dataclass(frozen=True)
class Exported:
    """A project to be built elsewhere.

    Attributes
    ----------
    recipe : Recipe
    files : mapping of str to RevisionInfo
        What a person gave, by the name of the file that the recipe looks for beside itself.
    replaced : tuple of str
        Kinds in which a file of a person stands in the place of a step's result: a recipe cannot
        tell them, so that a build makes them itself.
    """

    recipe: Recipe
    files: Mapping[str, RevisionInfo]
    replaced: tuple[str, ...]


def exported(platform: Platform, actor: Actor, project_id: str) -> Exported:
    """Return a project as a recipe.

    Steps that this machine cannot run have no place in it, since a build leaves them out.

    Raises
    ------
    NotFoundError
    """
    with looking(platform, actor, project_id) as visit:
        return exported_from(platform, visit, files.present(platform, visit))


def exported_from(
    platform: Platform, visit: ProjectVisit, present: Sequence[RevisionInfo]
) -> Exported:
    """Return a project that somebody looks at as a recipe, with its current files."""
    state = transitions.state_of(platform, visit.project)
    given = {one.kind: one for one in present if one.kind in platform.graph.given}
    names = _names(given, visit.project.file_name)
    steps = platform.graph.steps
    recipe = Recipe(
        given={kind: Source(file=names[kind], sha256=one.sha256) for kind, one in given.items()},
        steps={
            name: good_parameters(steps[name], known.parameters)
            for name, known in state.steps.items()
            if _has_all(platform.graph, name, known)
        },
        edits={
            name: _EDITS.validate_python(known.edits)
            for name, known in state.steps.items()
            if known.edits
        },
    )
    replaced = [one.kind for one in present if one.kind not in given and not one.step]
    return Exported(recipe, {names[kind]: one for kind, one in given.items()}, tuple(replaced))


def export_to(platform: Platform, actor: Actor, project_id: str, folder: Path) -> Exported:
    """Write the recipe of a project, and beside it what a person gave, into a new folder.

    Raises
    ------
    NotFoundError
    TargetError
        The folder holds something, or cannot be written.
    """
    found = exported(platform, actor, project_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise TargetError(
                "holds something already", remedy="choose a new folder", where=str(folder)
            )
    except OSError as error:
        raise write_failure(error, folder) from error
    for name, one in found.files.items():
        platform.store.fetch(one.sha256, folder / name)
    write_recipe(found.recipe, folder / RECIPE)
    return found


def import_recipe(
    platform: Platform, actor: Actor, name: str, recipe: Recipe, uploads: Mapping[str, Upload]
) -> Created:
    """Make a project from a recipe.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    name : str
    recipe : Recipe
    uploads : mapping of str to Upload
        The files that the recipe names, or others in their place, by kind. Whether they have to
        be the very same is told by their ``sha256``.

    Raises
    ------
    ParameterError
        An unknown step or parameter, a value out of bounds, a file that is missing.
    InputError, NameTakenError
        As in `projects.create`.
    """
    missing = [kind for kind in recipe.given if kind not in uploads]
    if missing:
        raise ParameterError(
            f"the recipe names {recipe.given[missing[0]].file}, which was not given",
            remedy="give it as well",
        )
    return projects.create(
        platform, actor, name, uploads, parameters=recipe.steps, edits=recipe.edits
    )


def _names(given: Mapping[str, RevisionInfo], source: str) -> dict[str, str]:
    """Name the files beside a recipe: the topography as its giver did, unless that clashes.

    It may not be called like anything that a build writes, since both may come to lie in one place.
    """
    names = {kind: one.file_name for kind, one in given.items()}
    others = {MANIFEST, *BESIDES, *(kind.filename.casefold() for kind in KINDS.values())}
    if TOPOGRAPHY in names and source and source.casefold() not in others:
        names[TOPOGRAPHY] = source
    return names


def _has_all(graph: Graph, name: str, known: StepState) -> bool:
    """Tell whether a step is part of a build, with parameters that are all there."""
    step = graph.steps[name]
    try:
        good_parameters(step, known.parameters)
    except ParameterError:
        return False
    return step.can_run
