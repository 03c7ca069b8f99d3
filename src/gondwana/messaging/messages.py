"""What each message says: one model for the data of each, with the routing key it is sent under.

These are the only messages there are. Schemas and the AsyncAPI page are derived from them.
"""

from __future__ import annotations

from math import isfinite
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)

from gondwana.errors import ParameterError
from gondwana.formats.writer import Format
from gondwana.steps.edits import Edit

EXCHANGE = "preprocessing"
PRESENT = "workers.present"
EVENTS = ("started", "progress", "done", "failed", "cancelled")
CANCEL = "cancel"

_WORD = "[a-z][a-z0-9_-]{0,63}"
_RESERVED = (*EVENTS, CANCEL)


def _free(tag: str) -> str:
    if tag in _RESERVED:
        raise ValueError(f"'{tag}' ends the key of another message")
    return tag


def _finite(value: JsonValue) -> JsonValue:
    # the bounds of the model do not reach into free JSON values
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inside:
        _finite(one)
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a number has to be finite")
    return value


Word = Annotated[str, StringConstraints(pattern=f"^{_WORD}$")]
Tag = Annotated[
    Word,
    AfterValidator(_free),
    Field(json_schema_extra={"pattern": f"^(?!({'|'.join(_RESERVED)})$){_WORD}$"}),
]
Json = Annotated[JsonValue, AfterValidator(_finite)]
Id = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Uri = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Sentence = Annotated[str, StringConstraints(max_length=2000)]
WorkerName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$")]
Places = Annotated[int, Field(ge=0, le=10_000)]
LOG_LIMIT = 65_536
"""Characters of a worker's log that travel in a message; the last ones are the useful ones."""


class Strict(BaseModel):
    """Base of everything in a message: no unknown field, no silent conversion, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class InputFile(Strict):
    """Where a worker finds an input, and how it knows that it is the right one."""

    uri: Uri = Field(description="where to read it; any scheme that fsspec knows")
    sha256: Sha256 = Field(description="checksum of the file's bytes, lower-case hexadecimal")


class OutputFile(Strict):
    """Where a worker has put an output."""

    uri: Uri = Field(description="where it was put")
    sha256: Sha256 = Field(description="checksum of the file's bytes, lower-case hexadecimal")
    size: int = Field(ge=0, description="bytes")
    arrays_sha256: Sha256 | None = Field(
        None, description="checksum of names, dimensions, types and values alone"
    )


class CheckOutcome(Strict):
    """What a step checked, and how it turned out."""

    name: Word
    status: Literal["pass", "warn", "fail"]
    summary: Sentence
    fix: Sentence = ""
    table: tuple[dict[str, float | int | str], ...] = ()


class ChangeMade(Strict):
    """One change that a step made to the terrain."""

    what: Sentence
    why: Sentence
    cells: int = Field(ge=0)
    lon: float
    lat: float


class Content(Strict):
    """Base of what a message says."""

    name: ClassVar[str]
    version: ClassVar[int] = 1

    @property
    def key(self) -> str:
        """The routing key of the message."""
        raise NotImplementedError


class Data(Content):
    """Base of the data of a message about a run of a step."""

    last: ClassVar[str] = ""

    step: Word = Field(description="the step concerned")

    @property
    def key(self) -> str:
        """The routing key of the message."""
        return ".".join(filter(None, (EXCHANGE, self.step, self.last)))


class StepRequested(Data):
    """A run of a step is wanted; the dispatcher decides when, and sends it to a worker."""

    name: ClassVar[str] = "requested"

    author: Sentence = Field("", description="who asked; empty for the engine itself")
    asked: bool = Field(
        True, description="somebody asks for the step; if not, something it may need has changed"
    )


class CancelRequested(Data):
    """A run is to be cancelled; the dispatcher decides, and tells the workers."""

    name: ClassVar[str] = "cancel"
    last: ClassVar[str] = CANCEL

    author: Sentence = ""
    reason: Sentence = ""


class Task(Data):
    """A run for one of the workers with a tag: everything it needs to know, and no more."""

    name: ClassVar[str] = "task"

    worker: Tag = Field(description="tag of the workers that can do it")
    step_version: int = Field(ge=1, description="version of the step; a worker refuses others")
    parameters: dict[str, Json] = Field(description="every parameter of the step, by name")
    edits: tuple[Edit, ...] = Field((), description="what a person changed by hand, in order")
    inputs: dict[Word, InputFile] = Field(description="by kind")
    outputs: tuple[Word, ...] = Field(min_length=1, description="kinds to be made")
    file_format: Format = "netcdf3"
    created: AwareDatetime = Field(description="the time that outputs tell of themselves")
    timeout: float = Field(gt=0.0, description="seconds after which the worker stops the job")

    @property
    def key(self) -> str:
        """The routing key of the message."""
        return task_key(self.step, self.worker)


class CancelTask(Data):
    """Told to every worker with a tag: the one that runs this attempt stops it."""

    name: ClassVar[str] = "cancel_task"

    worker: Tag
    reason: Sentence = ""

    @property
    def key(self) -> str:
        """The routing key of the message."""
        return f"{task_key(self.step, self.worker)}.{CANCEL}"


class Started(Data):
    """A worker has taken up the task."""

    name: ClassVar[str] = "started"
    last: ClassVar[str] = "started"

    worker: Sentence = Field(description="name of this worker: machine and process")


class Progress(Data):
    """How far a running job is; a lost one does not matter."""

    name: ClassVar[str] = "progress"
    last: ClassVar[str] = "progress"

    fraction: float | None = Field(None, ge=0.0, le=1.0, description="null where it is not known")
    note: Sentence = ""


class Done(Data):
    """The step ran to its end, and its outputs are stored."""

    name: ClassVar[str] = "done"
    last: ClassVar[str] = "done"

    outputs: dict[Word, OutputFile] = Field(description="by kind")
    checks: tuple[CheckOutcome, ...] = ()
    changes: tuple[ChangeMade, ...] = ()
    notes: tuple[Sentence, ...] = ()
    seconds: float = Field(ge=0.0, description="wall time of the job")


class Failed(Data):
    """The step ended without outputs; the reason is for a person, the log for a developer."""

    name: ClassVar[str] = "failed"
    last: ClassVar[str] = "failed"

    code: Word = Field(description="kind of failure: bad_input, bad_parameter, timeout, crash, …")
    reason: Sentence = Field(min_length=1, description="one sentence for a person")
    remedy: Sentence = Field("", description="what to do about it")
    retryable: bool = Field(description="whether it may pass by itself")
    log: str = Field("", max_length=LOG_LIMIT, description="the end of the log")


class Cancelled(Data):
    """The worker has stopped the job because it was told to."""

    name: ClassVar[str] = "cancelled"
    last: ClassVar[str] = "cancelled"

    reason: Sentence = ""


class WorkerPresent(Content):
    """A worker tells of itself: at its start, every ten seconds and at its end; none matters."""

    name: ClassVar[str] = "present"

    worker: WorkerName = Field(description="name of this worker; no other has or had it")
    tag: Tag = Field(description="of the tasks that it takes")
    places: Places = Field(description="jobs that it can do at a time")
    busy: Places = Field(description="jobs that it is doing")
    seconds: float = Field(ge=0.0, le=1e10, description="since its start")
    release: str = Field("", pattern="^[ -~]{0,60}$", description="of the program, for a person")
    leaving: bool = Field(False, description="this is its end, and nothing more will be heard")

    @property
    def key(self) -> str:
        """The routing key of the message."""
        return PRESENT


MESSAGES: dict[str, type[Content]] = {
    model.name: model
    for model in (
        StepRequested,
        Task,
        Started,
        Progress,
        Done,
        Failed,
        Cancelled,
        CancelRequested,
        CancelTask,
        WorkerPresent,
    )
}

_ABOUT_RUNS = [model for model in MESSAGES.values() if issubclass(model, Data)]


def task_key(step: str, worker: str) -> str:
    """Return the routing key of a task; a tag that reads as an event is refused.

    Raises
    ------
    ParameterError
        The tag is one of the words that end the other keys.
    """
    if worker in _RESERVED:
        raise ParameterError(
            f"'{worker}' cannot be the tag of a worker", remedy="choose another", where=step
        )
    return f"{EXCHANGE}.{step}.{worker}"


def model_for(key: str) -> type[Content] | None:
    """Return the model of the messages sent under a routing key; None for a key of no message."""
    if key == PRESENT:
        return WorkerPresent
    match key.split("."):
        case [exchange, _] if exchange == EXCHANGE:
            return StepRequested
        case [exchange, _, last] if exchange == EXCHANGE:
            by_last = {model.last: model for model in _ABOUT_RUNS if model.last}
            return by_last.get(last, Task)
        case [exchange, _, _, last] if (exchange, last) == (EXCHANGE, CANCEL):
            return CancelTask
        case _:
            return None
