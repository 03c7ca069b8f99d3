"""Tables on the terminal: files, checks and steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gondwana.science.checks import Check, worst
from gondwana.steps.execute import Record

_WORDS = {"pass": "[green]good[/]", "warn": "[yellow]warning[/]", "fail": "[red]failed[/]"}
_MOST_ROWS = 12


def print_build(out: Path, records: Sequence[Record], console: Console | None = None) -> None:
    """Print what was written: file, size, what it is, and how its checks turned out."""
    console = console or Console()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    status = {record.step.name: worst(record.checks) for record in records}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("file", "size", "what it is", "checks"):
        table.add_column(title, justify="right" if title == "size" else "left")
    for file in manifest["files"]:
        checks = _WORDS.get(status.get(file.get("step")) or "", "")
        table.add_row(file["file"], size(file["bytes"]), file["title"], checks)
    console.print(table)
    console.print()
    for record in records:
        if record.checks:
            console.print(f"[bold]{escape(record.step.title)}[/]")
            print_checks(record.checks, console, rows=False)
    changed = [change for record in records for change in record.changes]
    if changed:
        console.print(f"[bold]Changed[/] ({len(changed)})")
        for change in changed[:_MOST_ROWS]:
            told = f"  {escape(change.what)}: {escape(change.why)}"
            console.print(told, highlight=False, soft_wrap=True)
        if len(changed) > _MOST_ROWS:
            console.print(f"  … and {len(changed) - _MOST_ROWS} more", highlight=False)
    console.print(f"\nResults in [bold]{escape(str(out))}[/]: open report.html", highlight=False)


def print_checks(checks: Sequence[Check], console: Console, *, rows: bool) -> None:
    """Print checks: what asks for attention in full, what is good by its sentence."""
    for check in sorted(checks, key=lambda check: ("fail", "warn", "pass").index(check.status)):
        console.print(
            f"  {_WORDS[check.status]}: {escape(check.summary)}", highlight=False, soft_wrap=True
        )
        if check.status != "pass" and check.fix:
            console.print(f"    → {escape(check.fix)}", highlight=False, soft_wrap=True)
        if rows and check.table:
            _print_rows(check, console)


def _print_rows(check: Check, console: Console) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in check.table[0]:
        table.add_column(name, justify="right", overflow="fold")
    for row in check.table[:_MOST_ROWS]:
        table.add_row(*(escape(_shown(value)) for value in row.values()))
    console.print(table)
    if len(check.table) > _MOST_ROWS:
        console.print(f"  … and {len(check.table) - _MOST_ROWS} more (--json shows all)")


def size(count: int) -> str:
    """Write a number of bytes for a person."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000.0:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000.0
    return f"{value:.1f} GB"


def _shown(value: float | int | str) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.5g}"
    return str(value)
