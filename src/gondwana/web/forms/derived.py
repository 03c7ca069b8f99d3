"""The fields of a step's form, derived from the model of its parameters.

Whatever can be typed into inputs of its own gets them: switches, choices, numbers, texts, lists,
and tables of rows, of rows by a key, and of rows in groups. The rest is typed as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from flask_babel import lazy_gettext
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from gondwana.steps.contract import Step
from gondwana.web.forms.cells import Cell, CellKind
from gondwana.web.forms.fields import MISSING, Column, Field, Layout

_WIDEST = 40  # columns that a page can show
_BOUNDS = {
    "minimum": "at_least",
    "exclusiveMinimum": "above",
    "maximum": "at_most",
    "exclusiveMaximum": "below",
    "maxLength": "longest",
}

_KINDS: Mapping[str, CellKind] = {
    "boolean": "yes/no",
    "number": "number",
    "integer": "integer",
    "string": "text",
}

Schema = Mapping[str, Any]


def fields_of(step: Step) -> tuple[Field, ...]:
    """Return the fields of a step's form, in the order of its parameters.

    Parameters
    ----------
    step : Step
    """
    return _fields_of(step.parameters)


@cache
def _fields_of(model: Any) -> tuple[Field, ...]:
    schema = model.model_json_schema(schema_generator=_WithKeys)
    defaults = model.model_construct().model_dump(mode="json", warnings=False)
    known = schema.get("$defs", {})
    return tuple(
        _field(name, model.model_fields[name], described, defaults.get(name, MISSING), known)
        for name, described in schema.get("properties", {}).items()
    )


class _WithKeys(GenerateJsonSchema):
    """JSON schema that tells the keys of mappings too, which are texts in JSON."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        described = super().dict_schema(schema)
        if "keys_schema" in schema:
            described["propertyNames"] = self.generate_inner(schema["keys_schema"])
        return described


def _field(
    name: str, declared: FieldInfo, described: Schema, default: Any, known: Mapping[str, Schema]
) -> Field:
    schema, optional = _without_null(_followed(described, known), known)
    extra = declared.json_schema_extra
    hints: Mapping[str, Any] = extra if isinstance(extra, dict) else {}
    table = hints.get("table") or {}
    common: dict[str, Any] = {
        "name": name,
        "title": declared.title or name,
        "about": declared.description or "",
        "unit": hints.get("unit", ""),
        "optional": optional,
        "default": default,
    }
    cell = _cell(schema, known, optional=optional)
    if cell is not None:
        return Field(kind="input", cell=cell, **common)
    line = _cell(schema["items"], known) if _is_list(schema) else None
    if line is not None and not line.optional and line.kind != "yes/no":
        return Field(kind="list", cell=line, **common)
    layout, cells = _table(schema, known)
    if layout is None:
        return Field(kind="json", **common)
    names = table.get("columns") or _column_names(layout, len(cells))
    return Field(
        kind="table",
        layout=layout,
        columns=tuple(map(Column, names, cells)),
        total=table.get("total"),
        rises_to=table.get("rises_to"),
        **common,
    )


def _followed(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """Follow references."""
    seen = 0
    while "$ref" in schema and seen < _WIDEST:
        schema = known[schema["$ref"].rpartition("/")[2]]
        seen += 1
    return schema


def _without_null(schema: Schema, known: Mapping[str, Schema]) -> tuple[Schema, bool]:
    """Return a schema without None among its alternatives, and whether it was."""
    choices = [_followed(one, known) for one in schema.get("anyOf", [])]
    rest = [one for one in choices if one.get("type") != "null"]
    if not choices or len(rest) == len(choices):
        return schema, False
    return (rest[0] if len(rest) == 1 else {"anyOf": rest}), True


def _cell(schema: Schema, known: Mapping[str, Schema], *, optional: bool = False) -> Cell | None:
    """Return what one input takes that holds such a value; None if it takes more than one."""
    schema, can_be_none = _without_null(_followed(schema, known), known)
    optional = optional or can_be_none
    if "anyOf" in schema:
        return _number_or_word(schema["anyOf"], known, optional)
    choices = tuple(schema.get("enum", [schema["const"]] if "const" in schema else []))
    if choices:
        return Cell("choice", optional, choices)
    kind = _KINDS.get(str(schema.get("type")))
    if kind is None:
        return None
    bounds = {name: schema[key] for key, name in _BOUNDS.items() if key in schema}
    return Cell(kind, optional, **bounds)


def _number_or_word(
    schemas: list[Schema], known: Mapping[str, Schema], optional: bool
) -> Cell | None:
    """Return the input of a number, or one of some words that can stand for it."""
    cells = [_cell(schema, known) for schema in schemas]
    found = [cell for cell in cells if cell is not None]
    digits = [cell for cell in found if cell.is_number]
    words = [choice for cell in found if cell.kind == "choice" for choice in cell.choices]
    are_texts = all(isinstance(word, str) for word in words)
    others = any(cell.kind in ("yes/no", "text") for cell in found)
    if len(found) < len(schemas) or len(digits) != 1 or others or not are_texts:
        return None
    (one,) = digits
    return Cell(one.kind, optional, tuple(words), one.at_least, one.above, one.at_most, one.below)


def _is_list(schema: Schema) -> bool:
    return schema.get("type") == "array" and "items" in schema and _width(schema) is None


def _width(schema: Schema) -> int | None:
    """Return how many values an array has, if it is always the same number."""
    if schema.get("type") != "array" or schema.get("uniqueItems"):
        return None
    low, high = schema.get("minItems"), schema.get("maxItems")
    return low if low is not None and low == high and 0 < low <= _WIDEST else None


def _row(schema: Schema, known: Mapping[str, Schema]) -> tuple[Cell, ...]:
    """Return the cells of an array of so many values; none if it is something else."""
    schema = _followed(schema, known)
    width = _width(schema)
    if width is None:
        return ()
    described = schema.get("prefixItems") or [schema.get("items", {})] * width
    cells = tuple(_cell(one, known) for one in described)
    whole = tuple(cell for cell in cells if cell is not None)
    return whole if len(whole) == width else ()


def _table(schema: Schema, known: Mapping[str, Schema]) -> tuple[Layout | None, tuple[Cell, ...]]:
    """Return how an array or a mapping is laid out in rows; None if it cannot be."""
    single = _row(schema, known)
    if single:
        return "one row", single
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        values = schema["additionalProperties"]
        key = _cell(schema.get("propertyNames", {"type": "string"}), known)
        one = _cell(values, known)
        cells = (one,) if one is not None else _row(values, known)
        return ("keyed", (key, *cells)) if key is not None and cells else (None, ())
    if not _is_list(schema):
        return None, ()
    items = _followed(schema["items"], known)
    cells = _row(items, known)
    if cells:
        return "rows", cells
    # a group without rows could not be shown
    if _is_list(items) and items.get("minItems", 0) > 0:
        cells = _row(items["items"], known)
        return ("grouped", (Cell("integer", at_least=1), *cells)) if cells else (None, ())
    return None, ()


def _column_names(layout: Layout, count: int) -> tuple[Any, ...]:
    numbered = tuple(str(number) for number in range(1, count + 1))
    if layout == "keyed":
        rest = (lazy_gettext("Value"),) if count == 2 else numbered[:-1]
        return (lazy_gettext("Key"), *rest)
    return (lazy_gettext("Group"), *numbered[:-1]) if layout == "grouped" else numbered
