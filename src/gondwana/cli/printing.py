"""What commands about projects print: plain sentences, tables, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_LEAST_OF_LONG = 20


def console() -> Console:
    """Return where to print; lines are not broken where no person reads them."""
    found = Console()
    return found if found.is_terminal else Console(width=1000)


def say(sentence: str) -> None:
    """Print a sentence as it is."""
    click.echo(sentence)


def print_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: str = "",
    spare: Sequence[str] = (),
) -> None:
    """Print rows below their titles.

    Parameters
    ----------
    titles : sequence of str
    rows : iterable of sequence of str
        The last cell of a row may be long, and is broken where the terminal is narrow.
    right : str
        Title of a column of numbers.
    spare : sequence of str
        Titles of columns that are left out on a narrow terminal, the first one first.
    """
    target = console()
    cells = list(rows)
    kept = _fitting(titles, cells, spare, target.width)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for place in kept:
        is_last = place == len(titles) - 1
        table.add_column(
            titles[place],
            justify="right" if titles[place] == right else "left",
            no_wrap=not is_last,
            overflow="fold",
        )
    for row in cells:
        table.add_row(*(escape(row[place]) for place in kept))
    with target.capture() as captured:
        target.print(table, highlight=False)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _fitting(
    titles: Sequence[str], rows: Sequence[Sequence[str]], spare: Sequence[str], width: int
) -> list[int]:
    """Return the places of the columns that fit beside each other."""
    widths = [
        max([len(title), *(len(row[place]) for row in rows)]) for place, title in enumerate(titles)
    ]
    widths[-1] = min(widths[-1], _LEAST_OF_LONG)
    kept = list(range(len(titles)))
    for title in spare:
        if sum(widths[place] + 2 for place in kept) - 2 <= width:
            break
        kept.remove(titles.index(title))
    return kept


def print_json(value: Any) -> None:
    """Print a value of the services as JSON."""
    click.echo(json.dumps(as_json(value), indent=1, ensure_ascii=False))


def as_json(value: Any) -> Any:
    """Return a value of the services as JSON values."""
    plain: Any = value
    if is_dataclass(value) and not isinstance(value, type):
        plain = {one.name: as_json(getattr(value, one.name)) for one in fields(value)}
    elif isinstance(value, Enum):
        plain = value.name.lower() if isinstance(value, IntEnum) else value.value
    elif isinstance(value, datetime):
        plain = value.isoformat()
    elif isinstance(value, Mapping):
        plain = {str(key): as_json(item) for key, item in value.items()}
    elif isinstance(value, list | tuple | frozenset):
        plain = [as_json(item) for item in value]
    return plain


def when(time: datetime | None) -> str:
    """Write a time as a person on this machine reads it."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M}"


def lasting(seconds: float | None) -> str:
    """Write how long something took."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number with what it counts."""
    return f"{number} {one if number == 1 else many or one + 's'}"
