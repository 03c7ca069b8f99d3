"""``gondwana status``: how a project stands."""

from __future__ import annotations

import click

from gondwana.cli.reaching import Inside, Way, on_platform


@click.command("status")
@click.argument("project")
@click.option("--watch", is_flag=True, help="Go on showing it until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON; with --watch a line each.")
@on_platform
def command(project: str, watch: bool, as_json: bool, way: Way) -> int:
    """Show how PROJECT stands: its steps as a tree, and what could be done next.

    PROJECT is a name or an id; another's is named NAME@OWNER.
    """
    with way.open() as inside:
        project_id = inside.project(project).id
        if watch:
            return _watch(inside, project_id, as_json=as_json)
        return _print_once(inside, project_id, as_json=as_json)


def _print_once(inside: Inside, project_id: str, *, as_json: bool) -> int:
    from gondwana.cli.printing import console, print_json  # noqa: PLC0415
    from gondwana.cli.tree import tree  # noqa: PLC0415
    from gondwana.services.status import status  # noqa: PLC0415

    found = status(inside.platform, inside.actor, project_id)
    if as_json:
        print_json(found)
    else:
        target = console()
        for line in tree(found, target):
            target.print(line, highlight=False, soft_wrap=True)
    return 0


def _watch(inside: Inside, project_id: str, *, as_json: bool) -> int:
    from gondwana.cli.watching import follow, print_json_lines  # noqa: PLC0415

    try:
        if as_json:
            print_json_lines(inside, project_id)
        else:
            follow(inside, project_id, lambda _: False)
    except KeyboardInterrupt:  # the one way to end it
        pass
    return 0
