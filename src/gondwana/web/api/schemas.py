"""The forms of what is sent and answered, as JSON schemas with the words of our docstrings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from gondwana.web.api.routes import Form, Raw, Route, adapter

_REFERENCE = "#/components/schemas/{model}"
_ATTRIBUTES = re.compile(r"\s*\n\s*Attributes\n\s*-+\n")
_NAMED = re.compile(r"^(\w+(?:, \w+)*)(?: : .*)?$")


class Schemas(NamedTuple):
    """The forms of a collection of routes.

    Attributes
    ----------
    of : mapping
        Schema of what was declared, by mode and declaration.
    components : mapping
        What those refer to, by name.
    """

    of: dict[tuple[JsonSchemaMode, Any], dict[str, Any]]
    components: dict[str, Any]

    def fields(self, model: type[BaseModel]) -> tuple[dict[str, Any], list[str]]:
        """Return the schemas of the fields of what is sent, and which of them are required."""
        whole = self.of["validation", model]
        if "$ref" in whole:
            whole = self.components[whole["$ref"].rsplit("/", 1)[-1]]
        return whole["properties"], whole.get("required", [])


class _Plain(GenerateJsonSchema):
    """Without titles that only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def schemas_of(routes: Iterable[Route]) -> Schemas:
    """Find the forms of all that routes are sent and answer."""
    wanted: dict[tuple[JsonSchemaMode, Any], TypeAdapter[Any]] = {}
    for route in routes:
        for mode, kind in _kinds(route):
            wanted[mode, kind] = adapter(kind)
    numbered = list(wanted.items())
    found, definitions = TypeAdapter.json_schemas(
        [(number, mode, known) for number, ((mode, _), known) in enumerate(numbered)],
        ref_template=_REFERENCE,
        schema_generator=_Plain,
    )
    told = {
        (mode, kind): _told(found[number, mode])
        for number, ((mode, kind), _) in enumerate(numbered)
    }
    return Schemas(told, _told(definitions.get("$defs", {})))


def bodies_of(route: Route) -> tuple[Any, ...]:
    """Return all forms in which a route takes what is sent."""
    if route.body is None:
        return ()
    return route.body if isinstance(route.body, tuple) else (route.body,)


def _kinds(route: Route) -> Iterable[tuple[JsonSchemaMode, Any]]:
    if route.answer is not None and not isinstance(route.answer, Raw):
        yield "serialization", route.answer
    if route.query is not None:
        yield "validation", route.query
    for body in bodies_of(route):
        if isinstance(body, Form):
            yield "validation", body.texts
        elif not isinstance(body, Raw):
            yield "validation", body


def _told(schema: Any) -> Any:
    """Spread the docstring of a class over its fields."""
    if isinstance(schema, list):
        return [_told(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    known = {name: _told(value) for name, value in schema.items()}
    text = known.get("description")
    if isinstance(text, str):
        about, attributes = _halves(text)
        known["description"] = _markdown(about)
        for name, said in _fields(attributes).items():
            if name in known.get("properties", {}):
                known["properties"][name] = {"description": said} | known["properties"][name]
    return known


def _halves(text: str) -> tuple[str, str]:
    found = _ATTRIBUTES.search(text)
    return (text, "") if found is None else (text[: found.start()], text[found.end() :])


def _fields(attributes: str) -> dict[str, str]:
    """Return what a docstring says of each attribute; the lines that say it are indented."""
    said: dict[str, list[str]] = {}
    names: list[str] = []
    for line in attributes.splitlines():
        heading = _NAMED.match(line)
        if heading is not None:
            names = heading.group(1).split(", ")
        elif line.startswith(" "):
            for name in names:
                said.setdefault(name, []).append(line.strip())
    return {name: _markdown(" ".join(lines)) for name, lines in said.items()}


def _markdown(text: str) -> str:
    return text.replace("``", "`")
