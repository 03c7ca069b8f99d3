"""The envelope of every message: a CloudEvents 1.0 event in JSON, checked both ways.

``encode`` and ``decode`` are the only ways in and out. What cannot be decoded is an error that
keeps the bytes, so that a person can be shown what came.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from textwrap import shorten
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeVar
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
from gondwana.messaging.messages import Data, Id, Sentence, Strict, model_for
from gondwana.messaging.transport import Message

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes of a message; files travel by their URI, so that only edits can make one large."""

CONTENT_TYPE = "application/cloudevents+json"

Utc = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]
AnyData = TypeVar("AnyData", bound=Data)


class Envelope(Strict, Generic[AnyData]):
    """A message with everything a reader needs to know about it.

    ``runid`` and ``attempt`` are extension attributes as CloudEvents allows them.
    """

    specversion: Literal["1.0"] = Field(description="of CloudEvents")
    id: Id = Field(description="of this message; copies of it have the same")
    source: Sentence = Field(min_length=1, description="who sent it")
    type: Sentence = Field(description="the routing key")
    subject: Id = Field(description="the project")
    time: Utc = Field(description="when it was written")
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Sentence = Field(description="name and version of the message's schema")
    runid: Id = Field(description="the run of the step")
    attempt: int = Field(ge=1, description="of the run; what is said of earlier ones is void")
    data: SerializeAsAny[AnyData]

    @classmethod
    def of(cls, data: AnyData, *, source: str, project: str, run: str, attempt: int) -> Self:
        """Write a new message, here and now."""
        return cls(
            specversion="1.0",
            id=uuid4().hex,
            source=source,
            type=data.key,
            subject=project,
            time=datetime.now(UTC),
            dataschema=schema_name(type(data)),
            runid=run,
            attempt=attempt,
            data=data,
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.type != self.data.key:
            raise ValueError(f"its type {self.type!r} is not that of its data, {self.data.key!r}")
        if self.dataschema != schema_name(type(self.data)):
            raise ValueError(f"its schema {self.dataschema!r} is not known here")
        return self


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


def schema_name(model: type[Data]) -> str:
    """Name the schema of a message: the ``$id`` of its file in ``docs/messages``."""
    return f"urn:gondwana:message:{model.name}:{model.version}"


def encode(envelope: Envelope[AnyData], limit: int = SIZE_LIMIT) -> Message:
    """Turn an envelope into bytes.

    Raises
    ------
    MessageTooLargeError
        It has more bytes than the limit.
    """
    body = envelope.model_dump_json().encode()
    if len(body) > limit:
        raise MessageTooLargeError(
            f"the message has {len(body)} bytes, more than {limit}",
            remedy="use fewer or simpler edits",
            where=envelope.type,
        )
    return Message(envelope.id, envelope.type, body)


def decode(message: Message, limit: int = SIZE_LIMIT) -> Envelope[Data]:
    """Turn bytes into an envelope, whose data is of the model that belongs to the routing key.

    Raises
    ------
    UndecodableError
        Too large, not JSON, an unknown type, a field missing, unknown or wrong.
    """
    if len(message.body) > limit:
        raise UndecodableError(f"has {len(message.body)} bytes, more than {limit}", message)
    model = model_for(message.key)
    if model is None:
        raise UndecodableError("is none of our messages", message)
    try:
        envelope = Envelope[model].model_validate_json(message.body)  # type: ignore[valid-type]
    except ValidationError as error:
        raise UndecodableError(_told(error), message) from None
    if envelope.type != message.key:
        raise UndecodableError(f"says that it is {envelope.type}", message)
    return envelope


def _told(error: ValidationError) -> str:
    """Tell the first few things that are wrong; names in it are whatever the sender made up."""
    problems = (
        f"{'.'.join(map(str, detail['loc'])) or 'the body'}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return shorten(", and ".join(islice(problems, 5)), 500, placeholder=" …")
