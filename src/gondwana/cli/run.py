"""``gondwana run``: ask for steps of a project."""

from __future__ import annotations

import click

from gondwana.cli.options import settings
from gondwana.cli.reaching import Way, on_platform


@click.command("run")
@click.argument("project")
@click.argument("names", nargs=-1, metavar="[STEP]…")
@click.option(
    "--set", "words", multiple=True, metavar="STEP.PARAMETER=VALUE", help="Set one parameter."
)
@click.option("--wait", is_flag=True, help="Show it until it is over.")
@on_platform
def command(
    project: str, names: tuple[str, ...], words: tuple[str, ...], wait: bool, way: Way
) -> int:
    """Ask for steps of PROJECT, or for all of them; what is up to date is not done again.

    Steps that a person could edit run with the edits that they have. Exit status with --wait: 0
    all is up to date, 1 something is not.
    """
    from gondwana.cli.asking import tell_asked, wait_for  # noqa: PLC0415
    from gondwana.services import steps  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        asked = steps.run(
            inside.platform, inside.actor, found.id, names, parameters=settings(words)
        )
        if wait:
            return wait_for(inside, asked, named=bool(names))
        tell_asked(inside, project, "Asked for", asked)
        return 0
