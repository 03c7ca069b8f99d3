"""``gondwana cancel``: stop steps of a project."""

from __future__ import annotations

import click

from gondwana.cli.reaching import Way, on_platform


@click.command("cancel")
@click.argument("project")
@click.argument("names", nargs=-1, metavar="[STEP]…")
@on_platform
def command(project: str, names: tuple[str, ...], way: Way) -> int:
    """Stop steps of PROJECT, or keep them from starting; all that are under way if none is named.

    A step that was cancelled stays so until it is asked for again.
    """
    from gondwana.cli.asking import tell_asked  # noqa: PLC0415
    from gondwana.services import steps  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        asked = steps.cancel(inside.platform, inside.actor, found.id, names)
        tell_asked(inside, project, "Asked to stop", asked)
        return 0
