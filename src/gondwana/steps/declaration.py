"""``step.json``: the declaration of a step in any language, with the same fields as one in Python.

It becomes a `Step` like any other, its parameters a model with units, bounds and help. What is
wrong in it is told in a sentence that names the file and the field.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
    model_validator,
)

from gondwana.errors import GondwanaError
from gondwana.steps.contract import Kind, Step, StepParameters, parameter
from gondwana.steps.sentences import told

FILENAME = "step.json"
PROGRAM = "run"
"""The executable file beside ``step.json``, where there is one."""

_LARGEST = 1_000_000  # bytes
_RESERVED = frozenset({"manifest.json", "checks.json", "recipe.yaml", "report.html", "report.json"})

Word = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,62}$")]
Tag = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_-]{0,63}$")]
Filename = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class DeclarationError(GondwanaError):
    """The declaration of a step that cannot be used."""

    code: ClassVar[str] = "bad_step"
    http_status: ClassVar[int] = 500


@dataclass(frozen=True)
class Declaration:
    """A step in another language, the kinds of files that come with it, and where it says so."""

    step: Step
    kinds: tuple[Kind, ...]
    where: Path


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Parameter(_Strict):
    """What all parameters have in common."""

    name: Word
    title: Title
    about: Text
    unit: Annotated[str, StringConstraints(max_length=40)] = ""
    required: bool = False
    default: Any = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.required == (self.default is not None):
            raise ValueError(f"'{self.name}' needs either a default or \"required\": true")
        if self.name.startswith("model_") or hasattr(StepParameters, self.name):
            raise ValueError(f"'{self.name}' cannot be the name of a parameter")
        return self

    def declared(self) -> tuple[Any, Any]:
        """Return the type and the field of the step's model."""
        default = ... if self.required else self.default
        field = parameter(
            default, title=self.title, about=self.about, unit=self.unit, **self._bounds()
        )
        return self._type(), field

    def _type(self) -> Any:
        raise NotImplementedError

    def _bounds(self) -> dict[str, Any]:
        return {}


class _Number(_Parameter):
    type: Literal["number"]
    default: float | None = None
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def _type(self) -> Any:
        return float

    def _bounds(self) -> dict[str, Any]:
        bounds = {"ge": self.at_least, "gt": self.above, "le": self.at_most, "lt": self.below}
        return {name: bound for name, bound in bounds.items() if bound is not None}


class _Integer(_Parameter):
    type: Literal["integer"]
    default: int | None = None
    at_least: int | None = None
    at_most: int | None = None

    def _type(self) -> Any:
        return int

    def _bounds(self) -> dict[str, Any]:
        bounds = {"ge": self.at_least, "le": self.at_most}
        return {name: bound for name, bound in bounds.items() if bound is not None}


class _Text(_Parameter):
    type: Literal["text"]
    default: str | None = None
    longest: Annotated[int, Field(ge=1, le=2000)] = 2000

    def _type(self) -> Any:
        return str

    def _bounds(self) -> dict[str, Any]:
        return {"max_length": self.longest}


class _Choice(_Parameter):
    type: Literal["choice"]
    default: str | None = None
    choices: Annotated[tuple[Text, ...], Field(min_length=1)]

    def _type(self) -> Any:
        return Literal[self.choices]


class _Switch(_Parameter):
    type: Literal["yes/no"]
    default: bool | None = None

    def _type(self) -> Any:
        return bool


_AnyParameter = Annotated[
    _Number | _Integer | _Text | _Choice | _Switch, Field(discriminator="type")
]


class _Kind(_Strict):
    name: Word
    filename: Filename
    title: Title
    published: bool = True

    @model_validator(mode="after")
    def _free(self) -> Self:
        if self.filename in _RESERVED:
            raise ValueError(f"'{self.filename}' is the name of another file among the results")
        return self


class _StepFile(_Strict):
    name: Word
    version: Annotated[int, Field(ge=1)]
    title: Title
    about: Text
    worker: Tag
    inputs: tuple[Word, ...] = ()
    optional_inputs: tuple[Word, ...] = ()
    outputs: Annotated[tuple[Word, ...], Field(min_length=1)]
    kinds: tuple[_Kind, ...] = ()
    parameters: tuple[_AnyParameter, ...] = ()
    interactive: bool = False
    timeout: Annotated[float, Field(gt=0.0, le=30 * 86_400.0)] = 600.0
    retries: Annotated[int, Field(ge=0, le=20)] = 1

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for names in (
            (*self.inputs, *self.optional_inputs),
            self.outputs,
            [kind.name for kind in self.kinds],
            [one.name for one in self.parameters],
        ):
            twice = _twice(names)
            if twice:
                raise ValueError(f"'{twice}' is named twice")
        stray = [kind.name for kind in self.kinds if kind.name not in self.outputs]
        if stray:
            raise ValueError(f"the kind '{stray[0]}' is not among the outputs")
        return self


def read_declaration(folder: Path) -> Declaration:
    """Read the ``step.json`` of a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Declaration
        Its step has a program if an executable file ``run`` stands in the folder.

    Raises
    ------
    DeclarationError
        It cannot be read, or something in it is missing, unknown or wrong.
    """
    path = folder / FILENAME
    try:
        file = _StepFile.model_validate_json(_content(path))
        parameters = _model(file)
    except ValidationError as error:
        raise _broken(told(error, "field"), path) from None
    step = Step(
        name=file.name,
        version=file.version,
        title=file.title,
        about=file.about,
        inputs=file.inputs,
        outputs=file.outputs,
        parameters=parameters,
        program=_program(folder),
        optional_inputs=file.optional_inputs,
        worker=file.worker,
        interactive=file.interactive,
        timeout=file.timeout,
        retries=file.retries,
    )
    kinds = tuple(Kind(one.name, one.filename, one.title, one.published) for one in file.kinds)
    return Declaration(step, kinds, path)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise _broken(f"is larger than {_LARGEST} bytes", path)
        return path.read_bytes()
    except OSError as error:
        raise _broken(f"cannot be read ({error.strerror})", path) from None


def _model(file: _StepFile) -> type[StepParameters]:
    """Make the model of the step's parameters, whose defaults it accepts itself."""
    words = "".join(word.capitalize() for word in file.name.split("_"))
    fields: dict[str, Any] = {one.name: one.declared() for one in file.parameters}
    model: type[StepParameters] = create_model(
        f"{words}Parameters", __base__=StepParameters, __doc__=file.title, **fields
    )
    given = {one.name: one.default for one in file.parameters if not one.required}
    required = {one.name for one in file.parameters if one.required}
    try:
        model.model_validate(given)
    except ValidationError as error:
        wrong = [one for one in error.errors() if one["loc"][0] not in required]
        if wrong:
            raise
    return model


def _program(folder: Path) -> Path | None:
    program = (folder / PROGRAM).absolute()
    return program if program.is_file() and os.access(program, os.X_OK) else None


def _twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _broken(problem: str, path: Path) -> DeclarationError:
    return DeclarationError(problem, remedy="mend it; see docs/workers.md", where=str(path))
