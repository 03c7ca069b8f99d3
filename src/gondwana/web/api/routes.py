"""How a route of the API is declared: once, beside its function.

From the declaration come the address, the check of what is sent, the form of what is answered, and
its entry in the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

from flask import Blueprint, request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Response

from gondwana.errors import ParameterError
from gondwana.steps.sentences import told
from gondwana.web.api.callers import caller

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Subject = Literal["me", "projects", "sharing", "files", "offers", "steps", "runs", "administration"]

View = TypeVar("View", bound=Callable[..., Any])
Model = TypeVar("Model", bound=BaseModel)

LARGEST_JSON = 4 * 1024 * 1024
"""Bytes of a JSON body at most; only such bodies are read into memory."""

LARGEST_NUMBER = 2**31 - 1
Count = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
Number = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]

_NUL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

api = Blueprint("api", __name__)


class Wanted(BaseModel):
    """Base of what a request may hold: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Raw:
    """A body or an answer that is not JSON.

    Attributes
    ----------
    media : str
        Its type.
    about : str
    headers : mapping of str to str
        What an answer tells beside it, with a sentence about each.
    """

    media: str
    about: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Form:
    """A multipart body: the texts of a model, and files."""

    texts: type[BaseModel]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """A route as it is declared.

    Attributes
    ----------
    method, path : str
        The path as Flask writes it.
    subject : str
    name : str
        Of its function.
    summary, about : str
        From the docstring of its function.
    answer : type, Raw or None
        What comes back: something to be told as JSON, other content, or nothing.
    status : int
        Of a good answer.
    body : type, Raw or tuple
        What is sent: a model as JSON, other content, or a choice of several.
    query : type or None
        What may stand behind the question mark.
    headers : tuple
        Headers that a request may have, with a sentence about each.
    also : tuple of int
        Statuses beside those that come from the rest.
    is_open : bool
        Nobody is asked who they are.
    """

    method: Method
    path: str
    subject: Subject
    name: str
    summary: str
    about: str
    answer: Any
    status: int
    body: Any
    query: type[BaseModel] | None
    headers: tuple[tuple[str, str], ...]
    also: tuple[int, ...]
    is_open: bool


ROUTES: list[Route] = []
"""All routes, in the order of the document."""


def route(
    method: Method,
    path: str,
    subject: Subject,
    *,
    answer: Any = None,
    status: int | None = None,
    body: Any = None,
    query: type[BaseModel] | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    also: tuple[int, ...] = (),
    is_open: bool = False,
) -> Callable[[View], View]:
    """Declare a route. See `Route`.

    Its function is given who asks, the parts of the path, and, where they are declared, a checked
    ``body`` (a model alone) and ``query``.
    """

    def declare(view: View) -> View:
        summary, _, about = (view.__doc__ or "").partition("\n")
        declared = Route(
            method=method,
            path=path,
            subject=subject,
            name=view.__name__,
            summary=summary.rstrip("."),
            about=" ".join(about.split()),
            answer=answer,
            status=status or (HTTPStatus.NO_CONTENT if answer is None else HTTPStatus.OK),
            body=body,
            query=query,
            headers=headers,
            also=also,
            is_open=is_open,
        )
        ROUTES.append(declared)
        api.add_url_rule(path, view.__name__, _answering(declared, view), methods=[method])
        return view

    return declare


def described(
    method: Method, path: str, subject: Subject, name: str, summary: str, **more: Any
) -> Route:
    """Declare a route that the server answers itself, without the Flask application."""
    nothing: dict[str, Any] = {
        "about": "", "status": 200, "body": None, "query": None, "headers": (), "also": (),
        "is_open": False,
    }  # fmt: skip
    declared = Route(method, path, subject, name, summary, **{**nothing, **more})
    ROUTES.append(declared)
    return declared


def read_body(model: type[Model]) -> Model:
    """Return the JSON object that was sent; nothing is an empty one.

    Raises
    ------
    ParameterError
        It is something else, holds an unknown name, or a value out of bounds.
    """
    request.max_content_length = LARGEST_JSON
    data = request.get_data(cache=False)
    if data and not request.is_json:
        raise UnsupportedMediaType("send JSON, with the header 'Content-Type: application/json'")
    if _NUL_IN_JSON.search(data):
        raise ParameterError("a text holds the sign NUL", remedy="leave it out")
    return _checked(lambda: model.model_validate_json(data or b"{}"))


def read_texts(model: type[Model], texts: dict[str, str]) -> Model:
    """Return what stands behind the question mark or in the texts of a form; raises as above."""
    if any("\0" in text for text in texts.values()):
        raise ParameterError("a text holds the sign NUL", remedy="leave it out")
    return _checked(lambda: model.model_validate(texts))


def json_of(kind: Any, value: Any) -> Any:
    """Return a value of a declared kind as it is told in JSON."""
    return adapter(kind).dump_python(value, mode="json")


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return what knows the form of a kind."""
    return TypeAdapter(kind)


def _answering(declared: Route, view: Callable[..., Any]) -> Callable[..., Any]:
    def answer(**parts: str) -> Any:
        given: list[Any] = [] if declared.is_open else [caller()]
        if any("\0" in part for part in parts.values() if isinstance(part, str)):
            raise ParameterError("the address holds the sign NUL", remedy="leave it out")
        named: dict[str, Any] = dict(parts)
        if declared.query is not None:
            named["query"] = read_texts(declared.query, request.args.to_dict())
        elif request.args:
            read_texts(Wanted, request.args.to_dict())
        if isinstance(declared.body, type):
            named["body"] = read_body(declared.body)
        found = view(*given, **named)
        if isinstance(found, Response):
            return found
        if declared.answer is None:
            return "", HTTPStatus.NO_CONTENT
        return json_of(declared.answer, found), declared.status

    return answer


def _checked(check: Callable[[], Model]) -> Model:
    try:
        return check()
    except ValidationError as error:
        raise ParameterError(told(error, "field"), remedy="see /api/v1/openapi.json") from None
