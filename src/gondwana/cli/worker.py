"""``gondwana worker``: runs steps for a distributed installation."""

from __future__ import annotations

from pathlib import Path

import click

from gondwana.cli.running import tell_log, until_stopped
from gondwana.config import load_settings
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.steps.registry import STEPS
from gondwana.storage.files import FileStore
from gondwana.worker.worker import HEARTBEAT, Worker

_BEATS_IN_LEASE = 3
_LOOK = 0.5


@click.command("worker")
@click.option("--tag", default="python", show_default=True, help="Which steps it runs.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="How many run at a time.",
)
@click.option(
    "--exec",
    "program",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, executable=True),
    help="An executable file that does the steps of this tag; see docs/workers.md.",
)
def command(tag: str, jobs: int, program: Path | None) -> None:
    """Run a worker: it takes the tasks of one tag and runs each in a child process.

    Any number of them may run, on any machines. It needs GONDWANA_BROKER_URL and
    GONDWANA_FILE_STORE_URL. Ctrl-C stops it after its jobs, or after 5 s; a second one at once.
    """
    tell_log()
    settings = load_settings(mode="distributed", needs=("broker_url", "file_store_url"))
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
            heartbeat=min(HEARTBEAT, settings.lease / _BEATS_IN_LEASE),
        ) as worker,
    ):
        while not (worker.wait_ready(_LOOK) or stopped.is_set()):
            pass
        if not stopped.is_set():
            click.echo(f"The worker for '{tag}' is ready, {jobs} at a time. Ctrl-C stops.")
        stopped.wait()
