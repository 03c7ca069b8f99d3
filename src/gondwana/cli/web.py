"""``gondwana web``: the REST API of a distributed installation."""

from __future__ import annotations

import click

from gondwana.cli.running import tell_log, until_stopped
from gondwana.config import load_settings
from gondwana.dispatcher.platform import open_platform
from gondwana.web.app import make_app
from gondwana.web.server import serving


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
def command(host: str, port: int) -> None:
    """Serve the REST API; put it behind a reverse proxy that speaks HTTPS.

    Any number of them may run. It needs GONDWANA_DATABASE_URL and GONDWANA_FILE_STORE_URL.
    """
    tell_log()
    settings = load_settings(mode="distributed", needs=("database_url", "file_store_url"))
    with until_stopped() as stopped, open_platform(settings) as platform:
        app = make_app(platform, largest=settings.largest_file)
        with serving(app, host, port, largest=settings.largest_file) as taken:
            click.echo(f"Serving at http://{host}:{taken}. Ctrl-C stops.")
            stopped.wait()
