"""The envelope of every message: a CloudEvents 1.0 event in JSON, checked both ways.

``encode`` and ``decode`` are the only ways in and out. What cannot be decoded is an error that
keeps the bytes, so that a person can be shown what came.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from textwrap import shorten
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar
from uuid import uuid4

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    SerializeAsAny,
    ValidationError,
    model_validator,
)

from gondwana.errors import GondwanaError
from gondwana.messaging.messages import (
    Content,
    Data,
    Id,
    Sentence,
    Strict,
    WorkerPresent,
    model_for,
)
from gondwana.messaging.transport import Message

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes of a message; files travel by their URI, so that only edits can make one large."""

CONTENT_TYPE = "application/cloudevents+json"

Utc = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]
AnyContent = TypeVar("AnyContent", bound=Content)
AnyData = TypeVar("AnyData", bound=Data)
AnyLetter = TypeVar("AnyLetter", bound="Letter[Any]")


class Letter(Strict, Generic[AnyContent]):
    """A message with what a reader needs to know about any."""

    specversion: Literal["1.0"] = Field(description="of CloudEvents")
    id: Id = Field(description="of this message; copies of it have the same")
    source: Sentence = Field(min_length=1, description="who sent it")
    type: Sentence = Field(description="the routing key")
    time: Utc = Field(description="when it was written")
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Sentence = Field(description="name and version of the message's schema")
    data: SerializeAsAny[AnyContent]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.type != self.data.key:
            raise ValueError(f"its type {self.type!r} is not that of its data, {self.data.key!r}")
        if self.dataschema != schema_name(type(self.data)):
            raise ValueError(f"its schema {self.dataschema!r} is not known here")
        return self


class Envelope(Letter[AnyData], Generic[AnyData]):
    """A message about a run of a step.

    ``runid`` and ``attempt`` are extension attributes as CloudEvents allows them.
    """

    subject: Id = Field(description="the project")
    runid: Id = Field(description="the run of the step")
    attempt: int = Field(ge=1, description="of the run; what is said of earlier ones is void")

    @classmethod
    def of(cls, data: AnyData, *, source: str, project: str, run: str, attempt: int) -> Self:
        """Write a new message, here and now."""
        known = _written(data, source)
        return cls(data=data, subject=project, runid=run, attempt=attempt, **known)


class Presence(Letter[WorkerPresent]):
    """A message in which a worker tells of itself."""

    @classmethod
    def of(cls, data: WorkerPresent) -> Self:
        """Write a new message, here and now."""
        return cls(data=data, **_written(data, data.worker))


class UndecodableError(GondwanaError):
    """Bytes that are none of our messages.

    Attributes
    ----------
    message : Message
        As it came.
    """

    code: ClassVar[str] = "bad_message"

    def __init__(self, problem: str, message: Message) -> None:
        super().__init__(problem, remedy="see docs/messages", where=f"message {message.key!r}")
        self.message = message


class MessageTooLargeError(GondwanaError):
    """More than a message may carry."""

    code: ClassVar[str] = "message_too_large"
    http_status: ClassVar[int] = 413


def schema_name(model: type[Content]) -> str:
    """Name the schema of a message: the ``$id`` of its file in ``docs/messages``."""
    return f"urn:gondwana:message:{model.name}:{model.version}"


def encode(letter: Letter[AnyContent], limit: int = SIZE_LIMIT) -> Message:
    """Turn a message into bytes.

    Raises
    ------
    MessageTooLargeError
        It has more bytes than the limit.
    """
    body = letter.model_dump_json().encode()
    if len(body) > limit:
        raise MessageTooLargeError(
            f"the message has {len(body)} bytes, more than {limit}",
            remedy="use fewer or simpler edits",
            where=letter.type,
        )
    return Message(letter.id, letter.type, body)


def decode(message: Message, limit: int = SIZE_LIMIT) -> Envelope[Data]:
    """Turn bytes into an envelope, whose data is of the model that belongs to the routing key.

    Raises
    ------
    UndecodableError
        Too large, not JSON, an unknown type, a field missing, unknown or wrong.
    """
    model = model_for(message.key)
    if model is None or not issubclass(model, Data):
        raise UndecodableError("is none of our messages", message)
    return _read(Envelope[model], message, limit)  # type: ignore[valid-type]


def decode_presence(message: Message) -> Presence:
    """Turn bytes into what a worker tells of itself.

    Raises
    ------
    UndecodableError
        They are something else.
    """
    return _read(Presence, message, SIZE_LIMIT)


def _read(model: type[AnyLetter], message: Message, limit: int) -> AnyLetter:
    if len(message.body) > limit:
        raise UndecodableError(f"has {len(message.body)} bytes, more than {limit}", message)
    try:
        letter = model.model_validate_json(message.body)
    except ValidationError as error:
        raise UndecodableError(_told(error), message) from None
    if letter.type != message.key:
        raise UndecodableError(f"says that it is {letter.type}", message)
    return letter


def _written(data: Content, source: str) -> dict[str, Any]:
    """Return what every new message has."""
    return {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": source,
        "type": data.key,
        "time": datetime.now(UTC),
        "dataschema": schema_name(type(data)),
    }


def _told(error: ValidationError) -> str:
    """Tell the first few things that are wrong; names in it are whatever the sender made up."""
    problems = (
        f"{'.'.join(map(str, detail['loc'])) or 'the body'}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return shorten(", and ".join(islice(problems, 5)), 500, placeholder=" …")
