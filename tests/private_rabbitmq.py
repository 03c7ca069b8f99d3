"""A RabbitMQ of our own: free ports, a folder for its data, stopped by its process id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import amqp
import pytest

START_LIMIT = 120.0
STOP_LIMIT = 60.0
_SERVERS = Path("/usr/lib/rabbitmq/lib")


def server_script() -> Path | None:
    """RabbitMQ's own script; the one on the path would change to another user."""
    if shutil.which("epmd") is None:
        return None
    return next(iter(sorted(_SERVERS.glob("rabbitmq_server-*/sbin/rabbitmq-server"))), None)


class PrivateRabbitMQ:
    """One broker that belongs to the tests, or to a benchmark, alone."""

    def __init__(self, script: Path, folder: Path) -> None:
        self._script = script
        self._folder = folder
        self._port, self._dist_port, self._epmd_port = free_ports(3)
        self._epmd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def start(self) -> None:
        """Start it and wait until it shakes hands; a first start may meet a taken port."""
        for attempt in range(3):
            self._launch()
            if self._answers():
                return
            self.kill()
            if attempt < 2 and not self._mnesia.exists():
                self._port, self._dist_port, self._epmd_port = free_ports(3)
        raise RuntimeError(f"RabbitMQ did not start; its last lines:\n{self._last_lines()}")

    def stop(self) -> None:
        """Ask it to stop, and its port mapper with it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Take it away as a power cut would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it say nothing more, with its connections open; ``thaw`` ends it."""
        server = self._running()
        server.send_signal(signal.SIGSTOP)
        # a signal takes a moment to reach every thread, any of which may still answer
        if not eventually(lambda: _states(server.pid) == {"T"}):
            raise RuntimeError("RabbitMQ did not stop")

    def thaw(self) -> None:
        """Let it go on."""
        self._running().send_signal(signal.SIGCONT)

    def has_registered(self, *queues: str) -> bool:
        """Whether quorum queues are in the register on disk.

        A queue is written there about a second after its declaration. A broker that is killed
        before leaves it without a leader for ever, whatever its messages.
        """
        registers = [path.read_bytes() for path in self._mnesia.glob("*/quorum/*/names.dets")]
        return all(any(queue.encode() in one for one in registers) for queue in queues)

    def delete_queues(self, *names: str) -> None:
        """Delete queues with all that is in them."""
        with amqp.Connection(f"127.0.0.1:{self._port}", read_timeout=10) as connection:
            for name in names:
                connection.channel().queue_delete(name)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._server is None:
            raise RuntimeError("RabbitMQ is not running")
        return self._server

    @property
    def _mnesia(self) -> Path:
        return self._folder / "mnesia"

    def _launch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **self._settings()}
        (self._folder / "plugins").write_text("[].\n")
        (self._folder / "rabbitmq.conf").write_text("log.file.level = warning\n")
        mapper = ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"]
        quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "env": environment}
        with (self._folder / "output.log").open("ab") as log:
            self._epmd = subprocess.Popen(mapper, stdout=log, **quiet)
            self._server = subprocess.Popen([self._script], stdout=log, **quiet)

    def _settings(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            "HOME": folder,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"gondwana{self._port}@localhost",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": str(self._mnesia),
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            # idle schedulers sleep at once and leave the cores to the tests
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
            # the script then becomes the server, whose process id is the one we know
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self._server is None or self._server.poll() is not None:
                return False
            try:
                address = f"127.0.0.1:{self._port}"
                with amqp.Connection(address, connect_timeout=5, read_timeout=10):
                    return True
            except (OSError, amqp.AMQPError):
                time.sleep(0.1)
        return False

    def _end(self, how: signal.Signals) -> None:
        for process in (self._server, self._epmd):
            if process is None:
                continue
            if process.poll() is None:
                process.send_signal(how)
            try:
                process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_LIMIT)
        self._server = self._epmd = None

    def _last_lines(self) -> str:
        log = self._folder / "output.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else "(none)"


def _states(process: int) -> set[str]:
    """Return the states of all threads of a process, by their letters."""
    threads = Path(f"/proc/{process}/task").glob("*/stat")
    return {thread.read_text().rpartition(")")[2].split()[0] for thread in threads}


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [taken.getsockname()[1] for taken in sockets]
    finally:
        for taken in sockets:
            taken.close()


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRabbitMQ]:
    """Run a broker; tests that stop it start it again."""
    script = server_script()
    if script is None:
        reason = "RabbitMQ is not installed (Debian: rabbitmq-server)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    broker = PrivateRabbitMQ(script, tmp_path_factory.mktemp("rabbitmq"))
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


def eventually(condition: Callable[[], bool], limit: float = 30.0) -> bool:
    """Wait until something is so; False if it is not in time."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
