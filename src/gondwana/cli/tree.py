"""A project on the terminal: its steps as a tree, each below the last that it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from gondwana.cli.printing import lasting
from gondwana.services.status import ProjectStatus, StepStatus

_STYLES = {
    "fresh": "green",
    "stale": "yellow",
    "never run": "dim",
    "queued": "cyan",
    "running": "bold cyan",
    "awaiting you": "bold magenta",
    "failed": "bold red",
    "cancelled": "yellow",
    "no worker": "yellow",
}
_WORD = max(map(len, _STYLES))
_GUIDES = ("├ ", "└ ", "│ ", "  ")
_PLAIN_GUIDES = ("|-", "`-", "| ", "  ")
_BAR = 12
_LEAST = 28
"""Columns that a remark needs beside its step; with fewer it goes below."""


def tree(found: ProjectStatus, console: Console) -> list[Text]:
    """Return the lines that show how a project stands.

    Parameters
    ----------
    found : ProjectStatus
    console : Console
        Lines are broken for its width; where no person reads them, they are not.
    """
    named = list(_named(found.steps, _guides(console)))
    widest = max((len(name) for name, _ in named), default=0)
    if console.width < widest + 2 + _WORD:
        named, widest = [(step.name, step) for _, step in named], 0
    lines = [_title(found, console)]
    fresh = {step.name for step in found.steps if step.shown == "fresh"}
    for name, step in named:
        waits = step.shown in ("stale", "never run") and not fresh.issuperset(step.before)
        # whom it waits for stands above it
        told = "" if waits else remark(step)
        lines += _step_lines(name.ljust(widest), step, told, console)
    next_line = Text("next: ", style="bold")
    next_line.append(found.next.sentence, style="not bold")
    return [*lines, *_wrapped(next_line, console, indent=6)]


def remark(step: StepStatus) -> str:
    """Return what is to be said of a step beside its state."""
    told = step.waits_for
    match step.shown:
        case "fresh":
            told = lasting(step.seconds)
        case "running":
            told = f"{_bar(step.progress)}{lasting(step.seconds)}"
        case "queued":
            told = _tried_again(step)
        case "awaiting you":
            told = "save edits, or run it as it is"
        case "failed":
            told = f"{step.reason}; {step.hint}" if step.hint else step.reason
        case "cancelled":
            told = "until it is tried again"
    return told


def _tried_again(step: StepStatus) -> str:
    if step.retry_at is None:
        return ""
    return f"again at {step.retry_at.astimezone():%H:%M:%S}: {step.reason}"


def _title(found: ProjectStatus, console: Console) -> Text:
    title = Text(found.project.name, style="bold")
    more = f"  {found.project.file_name} · of {found.project.owner}"
    title.append(more, style="not bold dim")
    if console.is_terminal:
        title.truncate(console.width, overflow="ellipsis")
    return title


def _step_lines(name: str, step: StepStatus, remark: str, console: Console) -> list[Text]:
    line = Text(f"{name}  ")
    line.append(step.shown.ljust(_WORD), style=_STYLES[step.shown])
    style = "red" if step.shown == "failed" else "dim"
    told = Text(remark, style=style)
    if not told.plain:
        line.rstrip()
        return [line]
    left = console.width - len(line) - 2
    if not console.is_terminal or left >= min(_LEAST, len(told)):
        first, *others = _broken(told, console, left) if console.is_terminal else [told]
        indent = " " * (len(line) + 2)
        return [line.append("  ").append_text(first), *(Text(indent) + one for one in others)]
    line.rstrip()
    return [line, *(Text("    ") + one for one in _broken(told, console, console.width - 4))]


def _wrapped(text: Text, console: Console, indent: int) -> list[Text]:
    if not console.is_terminal:
        return [text]
    first, *others = _broken(text, console, console.width - indent)
    return [first, *(Text(" " * indent) + one for one in others)]


def _broken(text: Text, console: Console, width: int) -> list[Text]:
    lines = list(text.wrap(console, max(width, 10)))
    for line in lines:
        line.rstrip()
    return lines


def _named(
    steps: Sequence[StepStatus], guides: tuple[str, ...]
) -> Iterator[tuple[str, StepStatus]]:
    """Yield the steps in the order of the tree, each with its name behind the guides."""
    place = {step.name: number for number, step in enumerate(steps)}
    below: dict[str, list[StepStatus]] = {}
    for step in steps:
        last = max(step.before, key=place.__getitem__, default="")
        below.setdefault(last, []).append(step)
    tee, corner, line, space = guides

    def walk(parent: str, before: str) -> Iterator[tuple[str, StepStatus]]:
        children = below.get(parent, [])
        for child in children:
            is_last = child is children[-1]
            yield f"{before}{corner if is_last else tee}{child.name}", child
            yield from walk(child.name, before + (space if is_last else line))

    for root in below.get("", []):
        yield root.name, root
        yield from walk(root.name, "")


def _bar(progress: float) -> str:
    if not progress:
        return ""
    done = round(progress * _BAR)
    return f"{'#' * done}{'.' * (_BAR - done)} {progress:4.0%}  "


def _guides(console: Console) -> tuple[str, ...]:
    return _GUIDES if console.encoding.lower().startswith("utf") else _PLAIN_GUIDES
