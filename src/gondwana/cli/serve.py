"""``gondwana serve``: everything on one machine, in one process tree."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gondwana.cli.reaching import user_of_this_machine
from gondwana.cli.running import tell_log, until_stopped
from gondwana.config import load_settings
from gondwana.installation import embedded
from gondwana.services import users
from gondwana.web.app import make_app
from gondwana.web.server import serving


@click.command("serve")
@click.option("--data-folder", type=click.Path(path_type=Path), help="Where everything is kept.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the REST API.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: max(1, min(4, (os.cpu_count() or 2) - 1)),
    show_default="one less than processors, at most 4",
    help="How many steps run at a time.",
)
def command(data_folder: Path | None, host: str, port: int, jobs: int) -> None:
    """Run everything on this machine: dispatcher, workers and REST API, and no other service.

    Stop it with Ctrl-C. What was unfinished is taken up again at the next start.
    """
    tell_log()
    settings = load_settings(mode="embedded", data_folder=data_folder)
    with until_stopped() as stopped, embedded(settings, jobs=jobs) as running:
        users.local_user(running.platform, user_of_this_machine())
        app = make_app(running.platform, largest=settings.largest_file)
        with serving(app, host, port, largest=settings.largest_file) as taken:
            if running.taken_up:
                click.echo(f"{running.taken_up} unfinished runs are taken up again.")
            click.echo(f"Serving the projects in {settings.data_folder}.")
            click.echo(f"The REST API is at http://{host}:{taken}/api/v1. Ctrl-C stops.")
            stopped.wait()
            click.echo("Stopping …")
