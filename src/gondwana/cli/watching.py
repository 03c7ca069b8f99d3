"""Following a project on the terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping

import click
from rich.console import Console, Group
from rich.live import Live

from gondwana.cli.printing import as_json
from gondwana.cli.reaching import Inside
from gondwana.cli.tree import remark, tree
from gondwana.services.status import ProjectStatus, StepStatus, status
from gondwana.storage.errors import DatabaseUnavailableError

_PAUSE = 0.1
"""Seconds between two looks at least."""
_LOOK = 1.0
"""Seconds after which to look again though nothing was heard: clocks run, progress is silent."""


def states(inside: Inside, project_id: str) -> Iterator[ProjectStatus]:
    """Yield how a project stands, again and again: at once when something changes."""
    with inside.platform.bell.listen() as listener:
        while True:
            try:
                yield status(inside.platform, inside.actor, project_id)
                time.sleep(_PAUSE)
                listener.wait(_LOOK)
            except DatabaseUnavailableError as error:
                click.echo(f"{error.problem}; trying again", err=True)
                time.sleep(_LOOK)


def follow(
    inside: Inside, project_id: str, is_over: Callable[[ProjectStatus], bool]
) -> ProjectStatus:
    """Show a project until it is over: a live tree, or where no person looks a line a change.

    Returns
    -------
    ProjectStatus
        As it was at the end.
    """
    console = Console()
    found = states(inside, project_id)
    if not console.is_terminal:
        return _print_changes(found, is_over)
    with Live(console=console, auto_refresh=False) as live:
        for now in found:
            live.update(Group(*tree(now, console)), refresh=True)
            if is_over(now):
                return now
    raise AssertionError  # never reached: there is always another state


def print_json_lines(inside: Inside, project_id: str) -> None:
    """Print how a project stands as a line of JSON at each change, without an end."""
    before: list[object] | None = None
    for now in states(inside, project_id):
        told: list[object] = [(one.name, one.shown, one.progress, one.reason) for one in now.steps]
        if [*told, now.unheard] != before:
            click.echo(json.dumps(as_json(now), ensure_ascii=False))
            before = [*told, now.unheard]


def _print_changes(
    found: Iterator[ProjectStatus], is_over: Callable[[ProjectStatus], bool]
) -> ProjectStatus:
    before: Mapping[str, str] | None = None
    for now in found:
        after = {step.name: step.shown for step in now.steps}
        if before is None:
            for line in tree(now, Console(width=1000)):
                click.echo(line.plain)
        else:
            changed = (step for step in now.steps if before.get(step.name) != step.shown)
            for step in changed:
                click.echo(_change(now, step))
        before = after
        if is_over(now):
            return now
    raise AssertionError  # never reached: there is always another state


def _change(now: ProjectStatus, step: StepStatus) -> str:
    more = "" if step.shown == "running" else remark(step)
    return f"{now.at.astimezone():%H:%M:%S}  {step.name}  {step.shown}  {more}".rstrip()
