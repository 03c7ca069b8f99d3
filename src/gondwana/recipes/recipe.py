"""A build as YAML: what it started from, every parameter and every edit, to be run again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gondwana import __version__
from gondwana.errors import InputError, ParameterError
from gondwana.formats.provenance import file_sha256
from gondwana.formats.writer import Format, write_bytes
from gondwana.steps.edits import Edit
from gondwana.steps.sentences import told

_LARGEST = 20_000_000  # bytes; a recipe is text by hand and edits, nothing more


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """A file the person gave."""

    file: str = Field(description="path, relative to the recipe")
    sha256: str


class Recipe(_Strict):
    """All that decides the results of a build."""

    recipe: Literal[1] = 1
    gondwana: str = __version__
    given: dict[str, Source] = Field(default_factory=dict, description="files by their kind")
    format: Format = "netcdf3"
    steps: dict[str, dict[str, Any]] = Field(default_factory=dict)
    edits: dict[str, tuple[Edit, ...]] = Field(default_factory=dict)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    path : Path
        YAML, as ``gondwana build`` writes it; any part may be left out.

    Returns
    -------
    Recipe

    Raises
    ------
    InputError
        Cannot be read, or is not YAML.
    ParameterError
        An unknown key or an unusable value, named.
    """
    where = str(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("is too large for a recipe", remedy="check the path", where=where)
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", remedy="check the path", where=where
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        line = str(error).splitlines()[0]
        raise InputError(f"is not YAML ({line})", remedy="mend the recipe", where=where) from None
    if not isinstance(values, dict):
        raise InputError("holds no recipe", remedy="see docs/recipe.md", where=where)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise ParameterError(told(error), remedy="see docs/recipe.md", where=where) from None


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe as YAML that a person can read and edit."""
    write_bytes(recipe_text(recipe).encode(), path)


def recipe_text(recipe: Recipe) -> str:
    """Return a recipe as YAML that a person can read and edit."""
    values = recipe.model_dump(mode="json", exclude_none=True, exclude_defaults=False)
    values["edits"] = {
        step: [edit.model_dump(mode="json", exclude_unset=True) for edit in edits]
        for step, edits in recipe.edits.items()
    }
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100))


def source(path: Path, folder: Path) -> Source:
    """Describe a given file for a recipe that will stand in a folder."""
    return Source(file=os.path.relpath(path.resolve(), folder.resolve()), sha256=file_sha256(path))


def locate(wanted: Source, recipe_path: Path) -> Path:
    """Find a file that a recipe names: relative to the recipe, or beside it by its name.

    Parameters
    ----------
    wanted : Source
    recipe_path : Path

    Returns
    -------
    Path

    Raises
    ------
    InputError
        Not found, or not the same bytes as when the recipe was written.
    """
    folder = recipe_path.parent
    for path in (folder / wanted.file, folder / Path(wanted.file).name):
        if path.is_file():
            if file_sha256(path) != wanted.sha256:
                raise InputError(
                    "is not the file that the recipe was written for (its sha256 differs)",
                    remedy="bring back that file, or name this one on the command line",
                    where=str(path),
                )
            return path
    raise InputError(
        f"names {wanted.file}, which is not there",
        remedy="put the file beside the recipe, or name it on the command line",
        where=str(recipe_path),
    )
