"""``gondwana dispatcher``: one dispatcher of a distributed installation."""

from __future__ import annotations

from datetime import timedelta

import click

from gondwana.cli.running import tell_log, until_stopped
from gondwana.config import load_settings
from gondwana.dispatcher.dispatcher import Dispatcher
from gondwana.dispatcher.platform import open_platform
from gondwana.messaging.rabbitmq import RabbitMQTransport


@click.command("dispatcher")
def command() -> None:
    """Run a dispatcher: it hears requests and workers, and sends what is to run next.

    Any number of them may run. It needs GONDWANA_DATABASE_URL, GONDWANA_FILE_STORE_URL and
    GONDWANA_BROKER_URL.
    """
    tell_log()
    settings = load_settings(
        mode="distributed", needs=("database_url", "file_store_url", "broker_url")
    )
    lease = timedelta(seconds=settings.lease)
    with until_stopped() as stopped, open_platform(settings) as platform:
        transport = RabbitMQTransport(settings.broker_url, name="gondwana dispatcher")
        with transport, Dispatcher(platform, transport, lease=lease):
            click.echo("The dispatcher runs. Ctrl-C stops.")
            stopped.wait()
