"""``gondwana worker``: runs steps for a distributed installation."""

from __future__ import annotations

from pathlib import Path

import click

from gondwana.cli.running import tell_log, until_stopped
from gondwana.config import load_settings
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.steps.registry import STEPS
from gondwana.storage.files import FileStore
from gondwana.worker.worker import Worker

_BEATS_IN_LEASE = 6


@click.command("worker")
@click.option("--tag", default="python", show_default=True, help="Which steps it runs.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "--exec",
    "program",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A program that runs the steps (see docs/workers.md).",
)
def command(tag: str, jobs: int, program: Path | None) -> None:
    """Run a worker: it takes the tasks of one tag and runs them, each in a process of its own.

    Any number of them may run, on any machine. It needs GONDWANA_FILE_STORE_URL and
    GONDWANA_BROKER_URL.
    """
    tell_log()
    settings = load_settings(mode="distributed", needs=("file_store_url", "broker_url"))
    store = FileStore(settings.file_store_url, largest=settings.largest_file)
    with (
        until_stopped() as stopped,
        RabbitMQTransport(settings.broker_url, name=f"gondwana worker {tag}") as transport,
        Worker(
            transport,
            store,
            STEPS.values(),
            tag,
            jobs=jobs,
            program=program,
            beat=settings.lease / _BEATS_IN_LEASE,
        ) as worker,
    ):
        worker.wait_ready()
        click.echo(f"The worker for '{tag}' is ready. Ctrl-C stops.")
        stopped.wait()
