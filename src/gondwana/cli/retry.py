"""``gondwana retry``: try steps of a project again."""

from __future__ import annotations

import click

from gondwana.cli.reaching import Way, on_platform


@click.command("retry")
@click.argument("project")
@click.argument("names", nargs=-1, metavar="[STEP]…")
@click.option("--wait", is_flag=True, help="Show it until it is over.")
@on_platform
def command(project: str, names: tuple[str, ...], wait: bool, way: Way) -> int:
    """Try steps of PROJECT again that failed, were cancelled or found no worker; or all such."""
    from gondwana.cli.asking import tell_asked, wait_for  # noqa: PLC0415
    from gondwana.services import steps  # noqa: PLC0415

    with way.open() as inside:
        found = inside.project(project)
        asked = steps.retry(inside.platform, inside.actor, found.id, names)
        if wait:
            return wait_for(inside, asked, named=True)
        tell_asked(inside, project, "Asked again for", asked)
        return 0
