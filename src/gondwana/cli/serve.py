"""``gondwana serve``: everything on one machine, in one process tree."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gondwana.cli.running import tell_log, until_stopped
from gondwana.config import load_settings
from gondwana.installation import embedded


@click.command("serve")
@click.option("--data-folder", type=click.Path(path_type=Path), help="Where everything is kept.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: max(1, min(4, (os.cpu_count() or 2) - 1)),
    show_default="one less than processors, at most 4",
    help="How many steps run at a time.",
)
def command(data_folder: Path | None, jobs: int) -> None:
    """Run everything on this machine: dispatcher and workers, with SQLite and no other service.

    Stop it with Ctrl-C. What was unfinished is taken up again at the next start.
    """
    tell_log()
    settings = load_settings(mode="embedded", data_folder=data_folder)
    with until_stopped() as stopped, embedded(settings, jobs=jobs) as running:
        if running.taken_up:
            click.echo(f"{running.taken_up} unfinished runs are taken up again.")
        click.echo(f"Serving the projects in {settings.data_folder}. Ctrl-C stops.")
        stopped.wait()
        click.echo("Stopping …")
