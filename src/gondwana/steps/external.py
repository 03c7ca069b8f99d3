"""Steps in other languages, declared by a ``step.json`` beside their program.

It says what a Python module says of its step, and everything follows from it in the same way: the
graph, the command line, the forms, the queues.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
    model_validator,
)

from gondwana.errors import InputError
from gondwana.steps.contract import Kind, Step, StepParameters, parameter

VARIABLE = "GONDWANA_STEPS"
"""Folders with further steps, parted as in PATH."""
DECLARATION = "step.json"

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]

_TYPES = {"number": float, "integer": int, "text": str, "yes/no": bool}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclaredParameter(_Strict):
    """One parameter of a step in another language."""

    name: Word
    type: Literal["number", "integer", "text", "yes/no", "choice"]
    title: Text
    about: Text
    unit: str = ""
    default: float | int | str | bool | None = Field(None, description="none: has to be given")
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _choices_where_chosen(self) -> DeclaredParameter:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a choice needs choices, and nothing else has any")
        return self

    def field(self) -> tuple[Any, Any]:
        """Return type and field for a model of pydantic."""
        kind: Any = Literal[self.choices] if self.choices else _TYPES[self.type]
        bounds = {"ge": self.minimum, "le": self.maximum}
        given = {name: value for name, value in bounds.items() if value is not None}
        default = ... if self.default is None else self.default
        return kind, parameter(
            default,
            title=self.title,
            about=self.about,
            unit=self.unit,
            validate_default=True,
            **given,
        )


class DeclaredKind(_Strict):
    """A kind of file that a step in another language makes."""

    filename: FileName
    title: Text


class Declaration(_Strict):
    """What ``step.json`` says."""

    name: Word
    version: int = Field(ge=1)
    title: Text
    about: Text
    worker: Tag
    program: FileName
    inputs: tuple[Word, ...]
    optional_inputs: tuple[Word, ...] = ()
    outputs: dict[Word, DeclaredKind] = Field(min_length=1)
    parameters: tuple[DeclaredParameter, ...] = ()
    timeout: float = Field(600.0, gt=0)
    retries: int = Field(1, ge=0)


def folders() -> list[Path]:
    """Return the folders of all steps in other languages: our own, and those of the environment."""
    named = [Path(name) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    return [found for place in (*_own(), *named) for found in _with_declaration(place)]


def read_step(folder: Path, known: Mapping[str, Kind]) -> tuple[Step, tuple[Kind, ...]]:
    """Read the declaration of a step.

    Parameters
    ----------
    folder : Path
        It holds ``step.json`` and the program.
    known : mapping of str to Kind
        Kinds that there are already.

    Returns
    -------
    Step
    tuple of Kind
        The kinds that it makes.

    Raises
    ------
    InputError
        What is wrong with the declaration, and where.
    """
    path = folder / DECLARATION
    try:
        declared = Declaration.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", remedy="check the folder", where=str(path)
        ) from None
    except ValidationError as error:
        raise InputError(_told(error), remedy="see docs/workers.md", where=str(path)) from None
    kinds = tuple(Kind(name, kind.filename, kind.title) for name, kind in declared.outputs.items())
    _refuse_clashes(declared, kinds, known, path)
    return _step(declared, folder), kinds


def _step(declared: Declaration, folder: Path) -> Step:
    fields: dict[str, Any] = {one.name: one.field() for one in declared.parameters}
    name = "".join(word.title() for word in declared.name.split("_"))
    try:
        model = create_model(f"{name}Parameters", __base__=StepParameters, **fields)
        if not any(field.is_required() for field in model.model_fields.values()):
            model()
    except (ValidationError, TypeError, NameError) as error:
        told = _told(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(
            told, remedy="see docs/workers.md", where=str(folder / DECLARATION)
        ) from None
    return Step(
        name=declared.name,
        version=declared.version,
        title=declared.title,
        about=declared.about,
        inputs=declared.inputs,
        optional_inputs=declared.optional_inputs,
        outputs=tuple(declared.outputs),
        parameters=model,
        run=None,
        program=folder / declared.program,
        worker=declared.worker,
        timeout=declared.timeout,
        retries=declared.retries,
    )


def _refuse_clashes(
    declared: Declaration, kinds: Sequence[Kind], known: Mapping[str, Kind], path: Path
) -> None:
    names = {kind.filename for kind in known.values()}
    for kind in kinds:
        if kind.name in known or kind.filename in names:
            raise InputError(
                f"something else makes '{kind.name}' or {kind.filename} already",
                remedy="choose other names",
                where=str(path),
            )
    own = {kind.name for kind in kinds}
    for name in (*declared.inputs, *declared.optional_inputs):
        if name not in known or name in own:
            raise InputError(
                f"there is no kind of file '{name}' to be used",
                remedy=f"choose from {', '.join(known)}",
                where=str(path),
            )


def _own() -> Iterator[Path]:
    """Find the steps that come with us: beside the sources, or in the package."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "workers", package.parents[1] / "workers"):
        if place.is_dir():
            yield place
            return


def _with_declaration(place: Path) -> Iterator[Path]:
    if (place / DECLARATION).is_file():
        yield place
    elif place.is_dir():
        yield from sorted(path.parent for path in place.glob(f"*/{DECLARATION}"))
    else:
        raise InputError(
            "there is no such folder of steps", remedy=f"mend {VARIABLE}", where=str(place)
        )


def _told(error: ValidationError) -> str:
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return ", and ".join(
        f"'{'.'.join(map(str, detail['loc']))}': {detail['msg'].removeprefix('Value error, ')}"
        for detail in details[:3]
    )
