"""``gondwana serve``: everything on one machine, in one process tree."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gondwana.cli.reaching import user_of_this_machine
from gondwana.cli.running import tell_log, until_stopped
from gondwana.config import load_settings
from gondwana.installation import embedded
from gondwana.server.serving import serving
from gondwana.services import asking, example, sessions, users
from gondwana.web.app import make_app


@click.command("serve")
@click.option("--data-folder", type=click.Path(path_type=Path), help="Where everything is kept.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: max(1, min(4, (os.cpu_count() or 2) - 1)),
    show_default="one less than processors, at most 4",
    help="How many steps run at a time.",
)
def command(data_folder: Path | None, host: str, port: int, jobs: int) -> None:
    """Run everything on this machine: pages, API, dispatcher and workers, and no other service.

    Stop it with Ctrl-C. What was unfinished is taken up again at the next start.
    """
    tell_log()
    os.umask(0o077)  # nobody else of this machine reads what people keep here
    settings = load_settings(mode="embedded", data_folder=data_folder)
    with until_stopped() as stopped, embedded(settings, jobs=jobs) as running:
        name = user_of_this_machine()
        users.local_user(running.platform, name)
        app = make_app(running.platform, settings)
        with asking.Pool(), serving(app, host, port, largest=settings.largest_file) as taken:
            if running.taken_up:
                click.echo(f"{running.taken_up} unfinished runs are taken up again.")
            address = f"http://{host}:{taken}"
            key = sessions.local_key(running.platform, name)
            click.echo(f"Serving the projects in {settings.data_folder} at {address}/")
            click.echo(f"As {name}, whose machine this is, come in by {address}/enter?key={key}")
            click.echo("Ctrl-C stops.")
            with example.prepared(running.platform):
                stopped.wait()
            click.echo("Stopping …")
