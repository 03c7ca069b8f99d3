"""Tables of a form: their rows as they are posted, read, and placed when something is wrong.

Each column is posted under a name of its own, once for every row, so that rows can come and go
without being numbered. Rows in which nothing stands are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from gondwana.web.forms.cells import Cell, read
from gondwana.web.forms.fields import Field
from gondwana.web.forms.numbers import written
from gondwana.web.forms.saying import _
from gondwana.web.forms.shown import Rows

Place = tuple[int | None, int | None]
"""Row and column, from 0; None for all of them."""

_MOST_ROWS = 5000
_TOLERANCE = 1e-6  # by which a row may miss its total, as where it is computed


@dataclass
class Found:
    """What was read of a field.

    Attributes
    ----------
    value : object
    places : dict
        Where a part of the value stands: row by the path to it.
    problems : list
        Place and message.
    is_given : bool
        There is a value, perhaps with None where something could not be read.
    """

    value: Any
    places: dict[tuple[Any, ...], int] = field(default_factory=dict)
    problems: list[tuple[Place, str]] = field(default_factory=list)
    is_given: bool = True


def column_name(table: Field, column: int) -> str:
    """Return the name under which a column is posted."""
    return f"{table.input_name}-{column}"


def typed_rows(table: Field, posted: MultiDict[str, str]) -> Rows:
    """Return what stands in the cells, empty rows included."""
    columns = [
        posted.getlist(column_name(table, number))[:_MOST_ROWS]
        for number in range(len(table.columns))
    ]
    count = max(map(len, columns), default=0)
    full = [[*column, *[""] * (count - len(column))] for column in columns]
    return tuple(zip(*full, strict=True))


def read_table(table: Field, rows: Rows) -> Found:
    """Read the rows of a table.

    Parameters
    ----------
    table : Field
    rows : tuple of tuple of str
        What stands in its cells.
    """
    found = Found([])
    read_rows: list[tuple[int, list[Any]]] = []
    for number, row in enumerate(rows):
        if any(text.strip() for text in row):
            read_rows.append((number, _read_row(table, number, row, found)))
    if not read_rows and (table.optional or table.layout == "one row"):
        found.value = None
        if not table.optional:
            found.problems.append(((None, None), _("has to be given")))
        found.is_given = table.optional
        return found
    _LAYOUTS[table.layout](table, read_rows, found)
    _check_rows(table, read_rows, found)
    return found


def place_of(table: Field, found: Found, path: Sequence[Any]) -> Place:
    """Return where a part of the value of a table stands.

    Parameters
    ----------
    table : Field
    found : Found
        What was read.
    path : sequence
        To the part, from the value of the table on.
    """
    for length in range(len(path), -1, -1):
        row = found.places.get(tuple(path[:length]))
        if row is not None:
            rest = path[length:]
            if "[key]" in rest:
                return row, 0
            return row, _column(table, [part for part in rest if isinstance(part, int)])
    return None, None


def _column(table: Field, rest: Sequence[int]) -> int | None:
    """Return the column of a value in a row, of which the first may be a key or a group."""
    offset = 1 if table.layout in ("keyed", "grouped") else 0
    if not rest:
        return 1 if table.layout == "keyed" and len(table.columns) == 2 else None
    return rest[0] + offset if rest[0] + offset < len(table.columns) else None


def _read_row(table: Field, number: int, row: Sequence[str], found: Found) -> list[Any]:
    values: list[Any] = []
    for place, (column, text) in enumerate(zip(table.columns, row, strict=True)):
        try:
            values.append(_read_cell(column.cell, text))
        except ValueError as error:
            values.append(None)
            told = f"“{text.strip()[:40]}” {error}" if text.strip() else str(error)
            found.problems.append(((number, place), f"{column.name}: {told}"))
    return values


def _read_cell(cell: Cell, text: str) -> Any:
    if not text.strip() and cell.kind == "text" and not cell.optional:
        return ""
    return read(cell, text)


def _as_rows(_table: Field, rows: Sequence[tuple[int, list[Any]]], found: Found) -> None:
    for index, (number, row) in enumerate(rows):
        found.places[index,] = number
        found.value.append(row)


def _as_one_row(_table: Field, rows: Sequence[tuple[int, list[Any]]], found: Found) -> None:
    number, found.value = rows[0]
    found.places[()] = number
    for extra, _row in rows[1:]:
        found.problems.append(((extra, None), _("there can be only one row")))


def _as_mapping(table: Field, rows: Sequence[tuple[int, list[Any]]], found: Found) -> None:
    found.value = {}
    first: dict[Any, int] = {}
    for number, (key, *values) in rows:
        if key is None:
            continue  # told already
        if key in first:
            told = _(
                "%(column)s: “%(key)s” stands in row %(row)s already",
                column=table.columns[0].name,
                key=key,
                row=first[key] + 1,
            )
            found.problems.append(((number, 0), told))
            continue
        first[key] = number
        found.places[key,] = found.places[str(key),] = number
        found.value[key] = values[0] if len(table.columns) == 2 else values


def _as_groups(table: Field, rows: Sequence[tuple[int, list[Any]]], found: Found) -> None:
    groups: dict[int, list[tuple[int, list[Any]]]] = {}
    for number, (group, *values) in rows:
        if group is not None and group < 1:
            told = _("%(column)s: has to be at least 1", column=table.columns[0].name)
            found.problems.append(((number, 0), told))
        elif group is not None:
            groups.setdefault(group, []).append((number, values))
    for index, group in enumerate(sorted(groups)):
        found.places[index,] = groups[group][0][0]
        for inner, (number, _values) in enumerate(groups[group]):
            found.places[index, inner] = number
        found.value.append([values for _number, values in groups[group]])


_LAYOUTS = {
    "rows": _as_rows,
    "one row": _as_one_row,
    "keyed": _as_mapping,
    "grouped": _as_groups,
}


def _check_rows(table: Field, rows: Sequence[tuple[int, list[Any]]], found: Found) -> None:
    """Look at what has to hold in the rows, where all of a row could be read."""
    wrong = {place[0] for place, _message in found.problems}
    whole = [(number, row) for number, row in rows if number not in wrong]
    for number, row in whole:
        if table.total is not None:
            total = sum(row[1:])
            if abs(total - table.total) > _TOLERANCE:
                told = _(
                    "sums to %(sum)s, not %(total)s", sum=_short(total), total=_short(table.total)
                )
                found.problems.append(((number, None), told))
    if table.rises_to is not None and len(whole) == len(rows):
        _check_rising(table, whole, found, table.rises_to)


def _check_rising(
    table: Field, rows: Sequence[tuple[int, list[Any]]], found: Found, end: float
) -> None:
    below = 0.0
    name = table.columns[0].name
    for number, row in rows:
        if row[0] <= below:
            told = _("%(column)s: has to be above %(below)s", column=name, below=_short(below))
            found.problems.append(((number, 0), told))
            return
        below = row[0]
    if rows and below != end:
        told = _("%(column)s: the last row has to end at %(end)s", column=name, end=_short(end))
        found.problems.append(((rows[-1][0], 0), told))


def _short(value: float) -> str:
    return written(float(f"{value:.9g}"))
