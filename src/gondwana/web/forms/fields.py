"""What a form has for each parameter: one input, a list, a table, or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from gondwana.web.forms.cells import Cell, write
from gondwana.web.forms.saying import _

FieldKind = Literal["input", "list", "table", "json"]
Layout = Literal["rows", "one row", "keyed", "grouped"]


class Missing:
    """What stands for no value at all, where None is one."""


MISSING = Missing()


@dataclass(frozen=True)
class Column:
    """A column of a table: its name, and what its inputs take."""

    name: Any
    cell: Cell


@dataclass(frozen=True)
class Field:
    """What a parameter looks like in a form.

    Attributes
    ----------
    name : str
        Of the parameter.
    title, about, unit : str
        For a person.
    kind : str
        One input, a list with a value on each line, a table, or JSON.
    optional : bool
        It may be left empty, which means "not set".
    default : object
        As a JSON value, `MISSING` if it has to be given.
    cell : Cell or None
        Of an input, or of each line of a list.
    columns : tuple of Column
        Of a table.
    layout : str
        What the rows of a table are: rows, a single row, rows by a key in the first column, or
        rows that belong together if the first column holds the same number.
    total, rises_to : float or None
        What has to hold in the rows (see `steps.contract.Table`).
    """

    name: str
    title: str
    about: str
    unit: str
    kind: FieldKind
    optional: bool
    default: Any
    cell: Cell | None = None
    columns: tuple[Column, ...] = ()
    layout: Layout = "rows"
    total: float | None = None
    rises_to: float | None = None

    @property
    def input_name(self) -> str:
        """Name and id of its input; apart from those that pages need themselves."""
        return f"p-{self.name}"

    @property
    def is_required(self) -> bool:
        """Whether it has to be given."""
        return isinstance(self.default, Missing)

    @property
    def default_text(self) -> str:
        """The default in a few words."""
        return self.told(self.default)

    @property
    def range(self) -> str:
        """The bounds in words, with the unit; empty where there are none."""
        bounds = self.cell.range if self.cell is not None else ""
        return f"{bounds} {self.unit}".strip() if bounds else ""

    def told(self, value: Any) -> str:
        """Tell a value of it in a few words."""
        if isinstance(value, Missing):
            return _("has to be given")
        if value is None:
            return _("not set")
        if self.kind == "table" and self.layout != "one row":
            count = sum(map(len, value)) if self.layout == "grouped" else len(value)
            return _("1 row") if count == 1 else _("%(count)s rows", count=count)
        if self.kind == "input" and self.cell is not None:
            if isinstance(value, bool):
                return _("yes") if value else _("no")
            return write(self.cell, value) or _("empty")
        return json.dumps(value, ensure_ascii=False) if value else _("empty")
