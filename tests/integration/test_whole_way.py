"""The whole way as a person goes it: commands in one terminal, everything else in others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import xarray as xr

from gondwana.formats.provenance import arrays_sha256
from gondwana.messaging.topology import DEAD_LETTERS, dispatcher_queue, tags, worker_queue
from gondwana.steps.kinds import KINDS
from gondwana.steps.registry import STEPS
from private_postgres import PrivatePostgres
from private_rabbitmq import PrivateRabbitMQ
from support import shared_file


class Terminals:
    """Processes and commands with the same settings."""

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        self.environment = {**os.environ, **settings}
        self.folder = folder
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> None:
        """Start something that goes on, and wait until it is ready."""
        with (self.folder / f"{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gondwana", *words],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.processes.append(process)
        for line in process.stdout or ():
            if "Ctrl-C" in line:
                return
        raise RuntimeError(f"{words} did not start: {self.logs()}")

    def run(self, *words: str, status: int = 0) -> str:
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "gondwana", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == status, f"{words}: {done.stdout}\n{done.stderr}\n{self.logs()}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def logs(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))

    def close(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGINT)
        for process in self.processes:
            assert process.wait(30) == 0, self.logs()
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Terminals]:
    terminals = Terminals({"GONDWANA_DATA_FOLDER": str(tmp_path / "data")}, tmp_path)
    yield terminals
    terminals.close()


@pytest.fixture
def distributed(
    tmp_path: Path, rabbitmq: PrivateRabbitMQ, postgres: PrivatePostgres
) -> Iterator[Terminals]:
    url = postgres.new_database()
    settings = {
        "GONDWANA_MODE": "distributed",
        "GONDWANA_SECRET": "s" * 40,
        "GONDWANA_DATABASE_URL": url,
        "GONDWANA_FILE_STORE_URL": str(tmp_path / "files"),
        "GONDWANA_BROKER_URL": rabbitmq.url,
    }
    steps = STEPS.values()
    queues = (DEAD_LETTERS, dispatcher_queue(steps), *(worker_queue(t, steps) for t in tags(steps)))
    names = [queue.name for queue in queues]
    rabbitmq.delete_queues(*names)  # other tests may have left something in them
    terminals = Terminals(settings, tmp_path)
    yield terminals
    terminals.close()
    rabbitmq.delete_queues(*names)
    postgres.drop_database(url)


def carry_through(terminals: Terminals, folder: Path) -> None:
    """Make a project of the 60 Ma file, run everything, and compare with a build."""
    source = shared_file("topography_60Ma_1deg.nc")
    terminals.run("project", "create", "60 Ma", str(source))
    terminals.run("run", "60 Ma", "--wait")
    told = json.loads(terminals.run("status", "60 Ma", "--json"))
    shown = {step["name"]: step["shown"] for step in told["steps"]}
    assert shown["calculate_weights"] == "fresh"
    in_python = {name for name, step in STEPS.items() if step.run is not None}
    assert {shown[name] for name in in_python} == {"fresh"}

    exported = folder / "exported"
    terminals.run("project", "export", "60 Ma", "--out", str(exported))
    built = folder / "built"
    terminals.run("build", "--recipe", str(exported / "recipe.yaml"), "--out", str(built))
    kinds = [kind for name in in_python for kind in STEPS[name].outputs if KINDS[kind].published]
    rows = json.loads(terminals.run("project", "files", "60 Ma", "--json"))
    current = {row["kind"]: row["arrays_sha256"] for row in rows}
    for kind in kinds:
        if not KINDS[kind].filename.endswith(".nc"):
            continue
        with xr.open_dataset(built / KINDS[kind].filename) as theirs:
            assert current[kind] == arrays_sha256(theirs.load()), kind
    certificate = folder / "certificate.json"
    words = ("project", "get", "60 Ma", "weights_certificate", "--out", str(certificate))
    terminals.run(*words)
    for path in (certificate, built / "weights_certificate.json"):
        assert json.loads(path.read_text("utf-8"))["status"] == "pass", path
    terminals.run("project", "get", "60 Ma", "routing", "--out", str(folder / "routing.nc"))
    with xr.open_dataset(folder / "routing.nc") as ours:
        assert arrays_sha256(ours.load()) == current["routing"]


def test_serve_in_one_terminal_and_commands_in_another(embedded: Terminals, tmp_path: Path) -> None:
    embedded.start("serve", "--jobs", "1", "--port", "0")
    carry_through(embedded, tmp_path)
    second = embedded.run("serve", status=2)
    assert "served already by process" in second


def test_the_same_with_rabbitmq_postgresql_one_dispatcher_and_three_workers(
    distributed: Terminals, tmp_path: Path
) -> None:
    distributed.run("db", "upgrade")
    distributed.start("web", "--port", "0")
    distributed.start("dispatcher")
    for _ in range(3):
        distributed.start("worker", "--tag", "python")
    distributed.start("worker", "--tag", "coupling")
    carry_through(distributed, tmp_path)


@pytest.mark.parametrize("words", [["dispatcher"], ["worker"]])
def test_what_is_missing_is_told_and_nothing_starts(words: list[str], tmp_path: Path) -> None:
    terminals = Terminals({"GONDWANA_MODE": "distributed"}, tmp_path)
    assert "set GONDWANA_" in terminals.run(*words, status=2)
