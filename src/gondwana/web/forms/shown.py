"""A form as it is shown: what stands in its fields, what is wrong, and what differs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gondwana.steps.contract import Step
from gondwana.web.forms.cells import write
from gondwana.web.forms.derived import fields_of
from gondwana.web.forms.fields import MISSING, Field, Missing
from gondwana.web.forms.numbers import number, written
from gondwana.web.forms.saying import _

WIDE = 6
"""Columns beyond which a table needs the whole width of a page."""

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong in a field.

    Attributes
    ----------
    field : Field or None
        None if it concerns the whole form.
    message : str
        A sentence for a person.
    row, column : int or None
        Which row and cell of a table, from 0.
    """

    field: Field | None
    message: str
    row: int | None = None
    column: int | None = None

    @property
    def place(self) -> tuple[str, int | None, int | None]:
        """Name of the field, row and column."""
        return (self.field.name if self.field is not None else "", self.row, self.column)

    @property
    def sentence(self) -> str:
        """What is wrong, told without the form beside it."""
        if self.field is None:
            return self.message
        if self.row is None:
            return _("%(field)s: %(problem)s", field=self.field.title, problem=self.message)
        return _(
            "%(field)s, row %(row)s: %(problem)s",
            field=self.field.title,
            row=self.row + 1,
            problem=self.message,
        )

    @property
    def target(self) -> str:
        """Id of what is to be mended."""
        if self.field is None:
            return "form"
        if self.row is None:
            return self.field.input_name
        return cell_id(self.field, self.row, self.column or 0)


@dataclass(frozen=True)
class Typed:
    """What stands in the inputs of a field: a text, or rows of texts."""

    text: str = ""
    rows: Rows = ()


@dataclass(frozen=True)
class Entry:
    """A field of a form as it is shown.

    Attributes
    ----------
    field : Field
    typed, default : Typed
        What stands in its inputs, and what would by default.
    problems : tuple of Problem
    is_default : bool
        The value is that of the default.
    last : str or None
        What it was in the last run, if it is something else now.
    """

    field: Field
    typed: Typed
    default: Typed
    problems: tuple[Problem, ...] = ()
    is_default: bool = True
    last: str | None = None

    @property
    def default_json(self) -> str:
        """What the page needs to go back to the default by itself."""
        return json.dumps({"text": self.default.text, "rows": self.default.rows})

    @property
    def errors(self) -> tuple[str, ...]:
        """What is wrong with the field as a whole."""
        return tuple(problem.message for problem in self.problems if problem.row is None)

    @property
    def row_errors(self) -> tuple[tuple[int, str, str], ...]:
        """What is wrong in the rows: number of the row from 1, the id to go to, and the words."""
        return tuple(
            (problem.row + 1, problem.target, problem.message)
            for problem in self.problems
            if problem.row is not None
        )

    @property
    def totals(self) -> tuple[str, ...]:
        """What each row of a table sums to, as far as its cells are numbers."""
        return tuple(_total(row[1:]) for row in self.typed.rows)

    @property
    def wrong_cells(self) -> frozenset[tuple[int, int]]:
        """Cells to mark."""
        found: set[tuple[int, int]] = set()
        for problem in self.problems:
            if problem.row is not None and problem.column is not None:
                found.add((problem.row, problem.column))
            elif problem.row is not None:
                found |= {(problem.row, column) for column in range(len(self.field.columns))}
        return frozenset(found)


@dataclass(frozen=True)
class Form:
    """A form as it is shown."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def has_changes(self) -> bool:
        """Whether anything differs from its default."""
        return not all(entry.is_default for entry in self.entries)

    @property
    def is_wide(self) -> bool:
        """Whether it needs the whole width of a page."""
        return any(len(entry.field.columns) > WIDE for entry in self.entries)


def cell_id(field: Field, row: int, column: int) -> str:
    """Return the id of a cell of a table."""
    return f"{field.input_name}-{row}-{column}"


def filled(step: Step, values: Mapping[str, Any], *, last: Mapping[str, Any] | None = None) -> Form:
    """Return the form of a step that holds values.

    Parameters
    ----------
    step : Step
    values : mapping
        JSON values by name; what is absent takes its default.
    last : mapping, optional
        Those of the last run.
    """
    fields = fields_of(step)
    found = {field.name: values.get(field.name, field.default) for field in fields}
    typed = {field.name: typed_of(field, found[field.name]) for field in fields}
    return shown(fields, typed, found, last=last)


def shown(
    fields: Sequence[Field],
    typed: Mapping[str, Typed],
    values: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    last: Mapping[str, Any] | None = None,
) -> Form:
    """Return a form that holds what was typed.

    Parameters
    ----------
    fields : sequence of Field
    typed : mapping of str to Typed
    values : mapping
        What was understood of it, by name; absent where nothing was.
    problems : sequence of Problem
    last : mapping, optional
        Values of the last run.
    """
    entries = []
    for field in fields:
        value = values.get(field.name, MISSING)
        before = last.get(field.name, MISSING) if last is not None else MISSING
        differs = not isinstance(before, Missing) and before != value
        entries.append(
            Entry(
                field,
                typed[field.name],
                typed_of(field, field.default),
                tuple(problem for problem in problems if problem.field == field),
                is_default=field.is_required or value == field.default,
                last=_told(field, before) if differs else None,
            )
        )
    return Form(tuple(entries), tuple(problems))


def _told(field: Field, value: Any) -> str:
    """Tell a value that is not the one in the form."""
    told = field.told(value)
    if field.kind == "table" and value and field.layout != "one row":
        return _("%(rows)s, with other values", rows=told)
    return told


def typed_of(field: Field, value: Any) -> Typed:
    """Return what stands in the inputs of a field that has a value."""
    if value is None or isinstance(value, Missing):
        return Typed()
    if field.kind == "json":
        return Typed(json.dumps(value, ensure_ascii=False, indent=1))
    if field.kind == "list" and field.cell is not None:
        return Typed("\n".join(write(field.cell, one) for one in value))
    if field.kind == "table":
        return Typed(rows=tuple(_row(field, row) for row in _rows(field, value)))
    return Typed(write(field.cell, value) if field.cell is not None else "")


def _total(texts: Sequence[str]) -> str:
    total = 0.0
    for text in texts:
        with suppress(ValueError):
            total += number(text)
    return written(float(f"{total:.9g}"))


def _rows(field: Field, value: Any) -> list[Sequence[Any]]:
    """Return the rows of a table as they are laid out."""
    if field.layout == "one row":
        return [value]
    if field.layout == "grouped":
        return [(number, *row) for number, group in enumerate(value, start=1) for row in group]
    if field.layout == "keyed":
        return [
            (key, *(one if isinstance(one, list | tuple) else (one,))) for key, one in value.items()
        ]
    return list(value)


def _row(field: Field, row: Sequence[Any]) -> tuple[str, ...]:
    return tuple(
        write(column.cell, value) for column, value in zip(field.columns, row, strict=True)
    )
