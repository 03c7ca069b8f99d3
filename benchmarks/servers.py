"""A RabbitMQ and a PostgreSQL of a benchmark's own, gone at its end."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from private_postgres import PrivatePostgres
from private_rabbitmq import PrivateRabbitMQ, server_script


@contextmanager
def servers() -> Iterator[tuple[PrivateRabbitMQ, PrivatePostgres, Path]]:
    """Start both, and give a folder for all else; ends the program where one is not installed."""
    script = server_script()
    if script is None:
        sys.exit("RabbitMQ is not installed (Debian: rabbitmq-server)")
    with tempfile.TemporaryDirectory(prefix="gondwana-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user
        (folder / "pg").mkdir()
        broker, postgres = PrivateRabbitMQ(script, folder / "mq"), PrivatePostgres(folder / "pg")
        try:
            broker.start()
            postgres.make()
            postgres.start()
            postgres.new_template()
            yield broker, postgres, folder
        finally:
            broker.kill()
            postgres.stop(signal.SIGQUIT)
