"""A distributed installation of real processes, with small steps whose every run leaves a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.services import example
from gondwana.steps.contract import Step
from gondwana.steps.declaration import read_declaration
from gondwana.steps.registry import STEPS
from gondwana.storage import projects, revisions, runs, users
from gondwana.storage.database import Database
from gondwana.storage.errors import DatabaseUnavailableError, NotFoundError
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Project, Revision, Run
from gondwana.storage.words import RunStatus
from gondwana.workflow.events import InputChanged
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph
from gondwana.workflow.invariants import broken_by_state
from gondwana.workflow.model import ProjectState, current_fingerprint, shown

TAG = "trace"
READY = "Ctrl-C"
"""What every command says last when it is ready."""
GIVEN = "biome_map"
DIAMOND = {
    "trace_a": ((GIVEN,), "kind_a"),
    "trace_b": (("kind_a",), "kind_b"),
    "trace_c": (("kind_a",), "kind_c"),
    "trace_d": (("kind_b", "kind_c"), "kind_d"),
}
PROGRAM = """#!/bin/sh
# copies its inputs, says that it ran, and takes as long as the file `pace` says
set -eu
here=$(dirname "$0")
echo "$$ begins" >> "$here/trace"
sleep "$(cat "$here/../pace")"
cat "$1"/* > "$3/{output}.txt"
echo "$$ ends" >> "$here/trace"
"""


def write_steps(folder: Path, pace: float = 0.02) -> Path:
    """Declare a diamond of steps in a folder, each a shell script that takes so many seconds."""
    (folder / "pace").parent.mkdir(parents=True, exist_ok=True)
    (folder / "pace").write_text(str(pace))
    for name, (inputs, output) in DIAMOND.items():
        place = folder / name
        place.mkdir()
        declared = {
            "name": name,
            "version": 1,
            "title": name,
            "about": "Leaves a trace.",
            "worker": TAG,
            "inputs": list(inputs),
            "outputs": [output],
            "kinds": [{"name": output, "filename": f"{output}.txt", "title": output}],
            "timeout": 30,
            "retries": 5,
        }
        (place / "step.json").write_text(json.dumps(declared))
        (place / "run").write_text(PROGRAM.format(output=output))
        (place / "run").chmod(0o755)
    return folder


def read_steps(folder: Path) -> list[Step]:
    """Return all steps there are, and those of a folder, as a process with it would have them."""
    return [*STEPS.values(), *(read_declaration(folder / name).step for name in DIAMOND)]


class Installation:
    """Processes of one installation, and the way to its database for the test."""

    def __init__(
        self, folder: Path, *, database_url: str, broker_url: str = "", lease: float = 3.0
    ) -> None:
        self.folder = folder
        self.steps = folder / "steps"
        write_steps(self.steps)
        self.settings: Mapping[str, str] = {
            "GONDWANA_MODE": "distributed" if broker_url else "embedded",
            "GONDWANA_DATA_FOLDER": str(folder),
            "GONDWANA_DATABASE_URL": database_url,
            "GONDWANA_FILE_STORE_URL": str(folder / "files"),
            "GONDWANA_BROKER_URL": broker_url,
            "GONDWANA_LEASE": str(lease),
            "GONDWANA_STEPS": str(self.steps),
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.database = Database(database_url)
        self.store = FileStore(str(folder / "files"))
        self.platform = Platform(self.database, self.store, Graph.of(read_steps(self.steps)))

    def run(self, *words: str, ready: str = READY) -> subprocess.Popen[bytes]:
        """Start a command that goes on, and wait until it says that it is ready."""
        log = (self.folder / f"{words[0]}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "gondwana", *words],
            env={**os.environ, **self.settings},
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        if process.stdout is not None and ready:
            for line in process.stdout:
                if ready in line.decode():
                    return process
            raise RuntimeError(f"{words} did not start: {self.last_lines()}")
        return process

    def dispatcher(self, *, ready: str = READY) -> subprocess.Popen[bytes]:
        return self.run("dispatcher", ready=ready)

    def worker(
        self, jobs: int = 1, tag: str = TAG, *, ready: str = READY
    ) -> subprocess.Popen[bytes]:
        return self.run("worker", "--tag", tag, "--jobs", str(jobs), ready=ready)

    def serve(self, *, ready: str = READY) -> subprocess.Popen[bytes]:
        return self.run("serve", "--jobs", "1", "--port", "0", ready=ready)

    def close(self) -> None:
        for process in self.processes:
            kill(process)
        self.database.close()

    def last_lines(self) -> str:
        logs = sorted(self.folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
        return "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in logs[-4:])

    def project(self, name: str, owner: str = "ada") -> str:
        with self.database.transaction() as session:
            try:
                owner_id = users.named(session, owner).id
            except NotFoundError:
                owner_id = users.create(session, owner).id
            state = transitions.new_state(self.platform.graph)
            return projects.create(session, owner_id, name, state=state).id

    def give(self, project: str, content: bytes) -> None:
        """Give a project a new file, as a person would."""
        sha256 = self.store.put(BytesIO(content)).sha256
        with self.database.transaction() as session:
            owner = projects.get(session, project).owner_id
            revisions.add(session, self.store, project, GIVEN, sha256, author_id=owner)
            event = InputChanged(at=utc_now(), kind=GIVEN, file=File(sha256))
            transitions.tell(self.platform, session, project, event, owner)

    def state(self, project: str) -> ProjectState:
        with self.database.reading() as session:
            return transitions.state_of(self.platform, projects.get(session, project))

    def is_done(self, project: str) -> bool:
        """Whether the whole diamond is fresh."""
        told = shown(self.platform.graph, self.state(project))
        return all(told[name] == "fresh" for name in DIAMOND)

    def wait_done(self, project_ids: list[str], limit: float = 60.0) -> None:
        """Wait until the diamonds of projects are fresh."""
        deadline = time.monotonic() + limit
        waiting = set(project_ids)
        while waiting:
            with suppress(DatabaseUnavailableError):
                waiting = {project for project in waiting if not self.is_done(project)}
            if waiting and time.monotonic() > deadline:
                raise TimeoutError(f"{len(waiting)} are not done:\n{self.explained(waiting.pop())}")
            time.sleep(0.05)

    def explained(self, project: str) -> str:
        """Tell all about a project, for a test that failed."""
        state = self.state(project)
        lines = [f"{name}: {state.steps[name]}" for name in DIAMOND]
        with self.database.reading() as session:
            lines += [
                f"{run.step} {run.attempt} {run.status} {run.owner} {run.reason} {run.log[-500:]}"
                for run in runs.history(session, project)
            ]
        return "\n".join([*lines, self.last_lines()])

    def traces(self) -> Counter[str]:
        """Count how often each step began and ended, whatever was recorded."""
        counted: Counter[str] = Counter()
        for name in DIAMOND:
            trace = self.steps / name / "trace"
            lines = trace.read_text().splitlines() if trace.exists() else []
            for word in ("begins", "ends"):
                counted[f"{name} {word}"] = sum(line.endswith(word) for line in lines)
        return counted

    def check(self) -> None:
        """Make sure that nothing was lost, doubled or mixed up in any project."""
        with self.database.reading() as session:
            # the example of a served platform has other steps, which may be at work
            everything = list(session.query(Project).where(Project.name != example.NAME))
            all_runs = list(session.query(Run))
            found = list(session.query(Revision))
        graph = self.platform.graph
        for project in everything:
            state = transitions.state_of(self.platform, project)
            assert broken_by_state(graph, state) == []
            mine = [run for run in all_runs if run.project_id == project.id]
            assert all(run.finished is not None for run in mine), "a run is open for ever"
            for name in DIAMOND:
                attempts = sorted(run.attempt for run in mine if run.step == name)
                assert attempts == list(range(1, len(attempts) + 1)), "a run was lost"
                known = state.steps[name]
                assert known.succeeded == current_fingerprint(graph, state, name)
            for kind, file in state.files.items():
                last = max(
                    (one for one in found if (one.project_id, one.kind) == (project.id, kind)),
                    key=lambda one: one.number,
                )
                assert last.sha256 == file.sha256, "the state names another file than the rows"
                self.store.verify(file.sha256)
            self._check_content(state)
        by_run = Counter((one.run_id, one.kind) for one in found if one.run_id)
        assert not by_run or max(by_run.values()) == 1, "a result was recorded twice"
        done = {run.id for run in all_runs if run.status is RunStatus.DONE}
        assert {one.run_id for one in found if one.run_id} <= done

    def _check_content(self, state: ProjectState) -> None:
        """Make sure that each file is what its step makes of its inputs as they are now."""
        content = {kind: self._read(file.sha256) for kind, file in state.files.items()}
        for inputs, output in DIAMOND.values():
            assert content[output] == b"".join(content[kind] for kind in inputs)

    def _read(self, sha256: str) -> bytes:
        with self.store.open(sha256) as file:
            return file.read()


def kill(process: subprocess.Popen[bytes]) -> None:
    """Take a process away as the kernel would that has no memory left."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
