"""``gondwana web``: pages and REST API of a distributed installation."""

from __future__ import annotations

import click

from gondwana.cli.running import tell_log, until_stopped
from gondwana.config import load_settings
from gondwana.dispatcher.platform import open_platform
from gondwana.server.serving import serving
from gondwana.services import asking, example
from gondwana.web.app import make_app


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
def command(host: str, port: int) -> None:
    """Serve pages and REST API; put it behind a reverse proxy that speaks HTTPS.

    Any number of them may run, with the same GONDWANA_SECRET. It needs GONDWANA_DATABASE_URL and
    GONDWANA_FILE_STORE_URL as well, and GONDWANA_PROXIES=1 behind one proxy.
    """
    tell_log()
    settings = load_settings(mode="distributed", needs=("database_url", "file_store_url", "secret"))
    with until_stopped() as stopped, open_platform(settings) as platform:
        app = make_app(platform, settings)
        with asking.Pool(), serving(app, host, port, largest=settings.largest_file) as taken:
            click.echo(f"Serving at http://{host}:{taken}. Ctrl-C stops.")
            with example.prepared(platform):
                stopped.wait()
