"""What is said after something was asked for: whether anything takes it up, and how it went."""

from __future__ import annotations

import shlex
import time

import click

from gondwana.cli.printing import say
from gondwana.cli.reaching import Inside
from gondwana.cli.watching import follow
from gondwana.services import steps
from gondwana.services.status import UNDER_WAY, ProjectStatus
from gondwana.services.steps import Asked

_PATIENCE = 1.5
_LOOK = 0.05


def tell_asked(inside: Inside, name: str, what: str, asked: Asked) -> bool:
    """Say what was asked for, and whether something takes it up."""
    heard = _is_heard(inside, asked)
    listed = ", ".join(asked.steps)
    if heard:
        say(f"{what} {listed}. Watch it with: gondwana status {shlex.quote(name)} --watch")
    else:
        say(f"{what} {listed}.")
        say("It waits, since nothing takes it up now: start `gondwana serve` (or a dispatcher).")
    return heard


def wait_for(inside: Inside, asked: Asked, *, named: bool) -> int:
    """Show a project until what was asked for is over; return the exit status.

    Parameters
    ----------
    inside : Inside
    asked : Asked
    named : bool
        The steps were named one by one; otherwise those without a worker do not count.
    """
    if not _is_heard(inside, asked):
        click.echo("Nothing takes it up now: start `gondwana serve` (or a dispatcher).", err=True)
    try:
        found = follow(inside, asked.project_id, lambda now: _is_over(inside, asked, now))
    except KeyboardInterrupt:
        click.echo("No longer waiting; what was asked for goes on.", err=True)
        return 130
    words = ("fresh",) if named else ("fresh", "no worker")
    wanted = [step for step in found.steps if step.name in asked.steps]
    return 0 if all(step.shown in words for step in wanted) else 1


def _is_over(inside: Inside, asked: Asked, now: ProjectStatus) -> bool:
    """Tell whether neither what was asked for nor anything before it is under way."""
    if steps.unheard(inside.platform, asked):
        return False
    upstream = inside.platform.graph.upstream
    relevant = {*asked.steps, *(before for name in asked.steps for before in upstream(name))}
    return not any(step.shown in UNDER_WAY for step in now.steps if step.name in relevant)


def _is_heard(inside: Inside, asked: Asked) -> bool:
    """Wait a moment for the dispatcher to deal with what was asked for."""
    deadline = time.monotonic() + _PATIENCE
    while steps.unheard(inside.platform, asked):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
    return True
