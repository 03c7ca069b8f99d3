"""The document of the API (OpenAPI 3.1), made from the declarations of its routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

from flask import jsonify
from werkzeug.wrappers import Response

from gondwana import __version__
from gondwana.web.api.callers import CSRF_HEADER
from gondwana.web.api.routes import ROUTES, Form, Raw, Route, route
from gondwana.web.api.schemas import Schemas, bodies_of, schemas_of
from gondwana.web.visitors import platform
from gondwana.workflow.graph import Graph, kinds_of

_PART = re.compile(r"<(\w+)>")
_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}

_SUBJECTS = {
    "me": "Who you are, and your tokens",
    "projects": "Projects, and how they stand",
    "sharing": "Who else may see or change a project",
    "files": "Files of a project, up and down",
    "offers": "A file that is looked at before a project is made of it",
    "steps": "What is done with the files",
    "runs": "What was done, and what came of it",
    "administration": "For administrators",
}

_ABOUT = """\
All that can be done in the pages, for scripts. `docs/api.md` shows it with examples.

Who you are is told by a token (`Authorization: Bearer gdw_…`), by name and password (Basic), or by
the cookie of the pages; with the cookie, whatever changes something needs the header
`{header}` as well. After many wrong passwords you are asked to wait (429, `Retry-After`).

Every error has one shape, `Error`. Times are in UTC.
"""

_ERROR = {
    "type": "object",
    "description": "What is wrong, and what to do about it.",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "remedy", "where"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string", "description": "a word for programs"},
                "message": {"type": "string"},
                "remedy": {"type": "string", "description": "what to do; may be empty"},
                "where": {"type": "string", "description": "the file or step; may be empty"},
            },
        }
    },
}

_WORDS = {
    206: "A part of the file",
    304: "It is still the file that you have",
    400: "The request or a file in it cannot be used",
    401: "It is not known who asks, or the password or token is wrong",
    403: "You may not do this",
    404: "There is no such thing, or you may not see it",
    409: "Somebody else was quicker, or it is not the time for this",
    413: "Too large",
    415: "Sent in another form than is taken",
    416: "The file has no such part",
    422: "An unknown name, or a value out of bounds",
    429: "Too many wrong passwords: wait",
    507: "No room is left",
}


@route(
    "GET", "/openapi.json", "me",
    answer=Raw("application/json", "This document"), is_open=True,
)  # fmt: skip
def show_document() -> Response:
    """Tell all that the API can do, as OpenAPI 3.1."""
    graph = platform().graph
    return jsonify(document(graph.order, _kinds(graph)))


@cache
def document(steps: tuple[str, ...], kinds: tuple[str, ...]) -> dict[str, Any]:
    """Make the document for an installation.

    Parameters
    ----------
    steps, kinds : tuple of str
        Names of its steps, and of the kinds of files that travel between them.
    """
    schemas = schemas_of(ROUTES)
    parts = _parts(steps, kinds)
    paths: dict[str, dict[str, Any]] = {}
    order = list(_SUBJECTS)
    for declared in sorted(ROUTES, key=lambda one: order.index(one.subject)):
        path = _PART.sub(r"{\1}", declared.path)
        names = _PART.findall(declared.path)
        found = paths.setdefault(path, {})
        if names:
            found["parameters"] = [parts[name] for name in names]
        found[declared.method.lower()] = _operation(declared, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gondwana",
            "version": __version__,
            "description": _ABOUT.format(header=CSRF_HEADER),
        },
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": name, "description": text} for name, text in _SUBJECTS.items()],
        "security": [{"token": []}, {"password": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, "Error": _ERROR},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "gdw_…"},
                "password": {"type": "http", "scheme": "basic"},
                "session": {"type": "apiKey", "in": "cookie", "name": "gondwana"},
            },
        },
    }


def _kinds(graph: Graph) -> tuple[str, ...]:
    steps = graph.steps.values()
    return tuple(dict.fromkeys(kind for one in steps for kind in (*kinds_of(one), *one.outputs)))


def _parts(steps: tuple[str, ...], kinds: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return the parts of addresses, by name."""
    forms: dict[str, tuple[dict[str, Any], str]] = {
        "project_id": (_ID, "id of the project"),
        "kind": ({"type": "string", "enum": list(kinds)}, "kind of file"),
        "step": ({"type": "string", "enum": list(steps)}, "name of the step"),
        "user": ({"type": "string", "minLength": 1}, "name of the user"),
        "token_id": (_ID, "id of the token"),
        "offer_id": (_ID, "id of the offer"),
    }
    return {
        name: {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
        for name, (schema, text) in forms.items()
    }


def _operation(declared: Route, schemas: Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": declared.name,
        "tags": [declared.subject],
        "summary": declared.summary,
    }
    if declared.about:
        told["description"] = declared.about
    if declared.is_open:
        told["security"] = []
    parameters = [*_query(declared, schemas), *_headers(declared)]
    if parameters:
        told["parameters"] = parameters
    if declared.body is not None:
        told["requestBody"] = _body(declared, schemas)
    told["responses"] = _responses(declared, schemas)
    return told


def _query(declared: Route, schemas: Schemas) -> Iterable[dict[str, Any]]:
    if declared.query is None:
        return
    fields, required = schemas.fields(declared.query)
    for name, field in fields.items():
        schema = dict(field)
        about = schema.pop("description", "")
        choices = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
        if choices:  # what may be left out is None for us, which has no form in an address
            (only,) = choices
            schema = only
        if schema.get("default", "") is None:
            del schema["default"]
        told = {"name": name, "in": "query", "required": name in required, "schema": schema}
        yield told | ({"description": about} if about else {})


def _headers(declared: Route) -> Iterable[dict[str, Any]]:
    for name, about in declared.headers:
        yield {"name": name, "in": "header", "description": about, "schema": {"type": "string"}}


def _body(declared: Route, schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    needed = False
    for body in bodies_of(declared):
        if isinstance(body, Raw):
            content[body.media] = {"schema": {"description": body.about}}
            needed = True
        elif isinstance(body, Form):
            content["multipart/form-data"] = {"schema": _form(body, schemas)}
            needed = True
        else:
            content["application/json"] = {"schema": schemas.of["validation", body]}
            needed = needed or bool(schemas.fields(body)[1])
    return {"required": needed, "content": content}


def _form(body: Form, schemas: Schemas) -> dict[str, Any]:
    texts, required = schemas.fields(body.texts)
    files = {
        name: {"type": "string", "contentMediaType": "application/octet-stream"}
        for name in body.files
    }
    return {
        "type": "object",
        "required": [*required, body.files[0]],
        "additionalProperties": False,
        "properties": {**texts, **files},
    }


def _responses(declared: Route, schemas: Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {str(int(declared.status)): _good(declared, schemas)}
    for status in sorted({*declared.also, *_usual(declared)}):
        told[str(status)] = _other(declared, status)
    told["5XX"] = _problem("Something is wrong here, or not there for a while")
    return told


def _usual(declared: Route) -> Iterable[int]:
    """Return the statuses of errors that come from the form of a route."""
    if not declared.is_open:
        yield from (400, 401, 403, 429)
    if "<" in declared.path:
        yield 404
    yield 422
    if any(not isinstance(body, Raw | Form) for body in bodies_of(declared)):
        yield from (413, 415)


def _good(declared: Route, schemas: Schemas) -> dict[str, Any]:
    if declared.answer is None:
        return {"description": "Done"}
    if not isinstance(declared.answer, Raw):
        schema = schemas.of["serialization", declared.answer]
        words = HTTPStatus(declared.status).phrase
        return {"description": words, "content": {"application/json": {"schema": schema}}}
    told: dict[str, Any] = {
        "description": declared.answer.about,
        "content": {declared.answer.media: {}},
    }
    if declared.answer.headers:
        told["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in declared.answer.headers
        }
    return told


def _other(declared: Route, status: int) -> dict[str, Any]:
    if status == HTTPStatus.PARTIAL_CONTENT:
        return {**_good(declared, Schemas({}, {})), "description": _WORDS[status]}
    if status < HTTPStatus.BAD_REQUEST:
        return {"description": _WORDS[status]}
    return _problem(_WORDS[status])


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": words, "content": {"application/json": {"schema": schema}}}
