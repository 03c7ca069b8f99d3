"""What somebody posted, read field by field: values, or what is wrong and where.

All that is wrong is found at once. What was typed stays in the form as it was typed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from gondwana.steps.contract import Step
from gondwana.web.forms import tables
from gondwana.web.forms.cells import NO, read
from gondwana.web.forms.derived import fields_of
from gondwana.web.forms.fields import Field
from gondwana.web.forms.saying import _
from gondwana.web.forms.shown import Form, Problem, Typed, shown
from gondwana.web.forms.tables import Found, Place
from gondwana.web.forms.words import told

Posted = MultiDict[str, str]

_WHOLE: Place = (None, None)


@dataclass(frozen=True)
class Reading:
    """What was read from a form.

    Attributes
    ----------
    form : Form
        To be shown again, with what was typed and what is wrong.
    values : mapping or None
        JSON values of all parameters; None if anything is wrong.
    """

    form: Form
    values: Mapping[str, Any] | None


@dataclass
class _Understood:
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Found] = field(default_factory=dict)


def read_form(step: Step, posted: Posted, *, last: Mapping[str, Any] | None = None) -> Reading:
    """Read the form of a step.

    Parameters
    ----------
    step : Step
    posted : MultiDict
        What the browser sent; anything may stand in it.
    last : mapping, optional
        Values of the last run, to be shown beside those that differ.
    """
    typed = {field.name: typed_in(field, posted) for field in fields_of(step)}
    return read_typed(step, typed, last=last)


def read_typed(
    step: Step, typed: Mapping[str, Typed], *, last: Mapping[str, Any] | None = None
) -> Reading:
    """Read what stands in the inputs of the form of a step, by the name of the field."""
    fields = fields_of(step)
    understood = _understood(fields, typed)
    values = _validated(step, fields, understood)
    known = {name: (values or {name: one})[name] for name, one in understood.values.items()}
    problems = tuple(understood.problems)
    return Reading(shown(fields, typed, known, problems, last), None if problems else values)


def typed_in(field: Field, posted: Posted) -> Typed:
    """Return what stands in the inputs of a field."""
    if field.kind == "table":
        return Typed(rows=tables.typed_rows(field, posted))
    text = posted.get(field.input_name, "").replace("\r\n", "\n")
    if field.kind == "input" and field.cell is not None and field.cell.kind == "yes/no":
        # an unticked box is not sent at all
        return Typed(text or ("" if field.optional else NO))
    return Typed(text)


def _understood(fields: tuple[Field, ...], typed: Mapping[str, Typed]) -> _Understood:
    found = _Understood()
    for one in fields:
        what = _read(one, typed[one.name])
        found.places[one.name] = what
        if what.is_given:
            found.values[one.name] = what.value
        for (row, column), message in what.problems:
            found.problems.append(Problem(one, message, row, column))
    return found


def _read(field: Field, typed: Typed) -> Found:
    """Read one field."""
    if field.kind == "table":
        return tables.read_table(field, typed.rows)
    if not typed.text.strip() and field.optional:
        return Found(None)
    try:
        if not typed.text.strip() and field.is_required and field.kind != "list":
            raise ValueError(_("has to be given"))
        return _READERS[field.kind](field, typed.text)
    except ValueError as error:
        return Found(None, problems=[(_WHOLE, _named(field, typed.text, error))], is_given=False)


def _read_input(field: Field, text: str) -> Found:
    return Found(read(field.cell, text) if field.cell is not None else None)


def _read_list(field: Field, text: str) -> Found:
    """Read a list with a value on each line; empty lines are left out."""
    values: list[Any] = []
    problems: list[tuple[Place, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or field.cell is None:
            continue
        try:
            values.append(read(field.cell, line))
        except ValueError as error:
            told_ = _("line %(number)s: %(problem)s", number=number, problem=_quoted(line, error))
            problems.append((_WHOLE, told_))
    return Found(values, problems=problems, is_given=not problems)


def _read_json(_field: Field, text: str) -> Found:
    try:
        return Found(json.loads(text, parse_constant=_refuse))
    except RecursionError:
        raise ValueError(_("has too many brackets in brackets")) from None
    except ValueError as error:
        raise ValueError(_("is not JSON: %(why)s", why=error)) from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


_READERS: Mapping[str, Callable[[Field, str], Found]] = {
    "input": _read_input,
    "list": _read_list,
    "json": _read_json,
}


def _validated(
    step: Step, fields: tuple[Field, ...], found: _Understood
) -> Mapping[str, Any] | None:
    """Let the model look at the values; what it does not accept joins the problems."""
    by_name = {field.name: field for field in fields}
    seen = {problem.place for problem in found.problems}
    bad = {name for name, _row, _column in seen}
    try:
        model = step.parameters.model_validate(found.values)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            problem = _placed(detail, by_name, found)
            name, row, _column = problem.place
            # of the alternatives of a union one is enough; what could not be read is not counted
            is_told = problem.place in seen or (name in bad and row is None)
            if not is_told and not (detail["type"] == "too_short" and name in bad):
                seen.add(problem.place)
                bad.add(name)
                found.problems.append(problem)
        order = [field.name for field in fields]
        found.problems.sort(
            key=lambda one: (order.index(one.field.name) if one.field else -1, one.row or 0)
        )
        return None
    return model.model_dump(mode="json")


def _placed(detail: Mapping[str, Any], by_name: Mapping[str, Field], found: _Understood) -> Problem:
    """Find the input that a problem of the model is about."""
    place = tuple(detail["loc"])
    one = by_name.get(str(place[0])) if place else None
    if one is None:
        return Problem(None, told(detail, None, ""))
    if one.kind != "table":
        line = _line(one, place)
        return Problem(one, line + told(detail, one.cell, one.unit))
    row, column = tables.place_of(one, found.places[one.name], place[1:])
    if column is None:
        return Problem(one, told(detail, None, ""), row)
    message = told(detail, one.columns[column].cell, "")
    return Problem(one, f"{one.columns[column].name}: {message}", row, column)


def _line(field: Field, place: tuple[Any, ...]) -> str:
    if field.kind == "list" and len(place) > 1 and isinstance(place[1], int):
        return _("value %(number)s", number=place[1] + 1) + " "
    return ""


def _named(field: Field, text: str, error: ValueError) -> str:
    """Tell what is wrong with a text, beginning with the text if there is any."""
    if not text.strip() and field.is_required:
        return str(error)
    if not text.strip():
        return _(
            "%(problem)s; the default is %(default)s", problem=error, default=field.default_text
        )
    return str(error) if field.kind == "json" else _quoted(text, error)


def _quoted(text: str, error: ValueError) -> str:
    text = text.strip()
    short = text if len(text) <= 40 else f"{text[:39]}…"
    return f"“{short}” {error}"
