"""The process in which steps run, one after the other, so that libraries are loaded only once.

What it is told comes as JSON lines on its standard input: first its setup, then tasks. What
happens leaves as JSON lines on a pipe of its own, so that nothing a step prints is mistaken for
it. When its standard input ends, its parent is gone: it ends at once, with all it has started.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

from gondwana.messaging.messages import Data, Task
from gondwana.steps.contract import Step
from gondwana.steps.execute import execute, validated
from gondwana.steps.programs import Watch
from gondwana.storage.files import FileStore
from gondwana.storage.marks import new_id
from gondwana.worker.files import lay_inputs, store_outputs
from gondwana.worker.sessions import end_session
from gondwana.worker.setup import Setup
from gondwana.worker.telling import done, failed

_OFTEN = 0.05  # seconds between two words of progress
_FIRST_TO_GO = "500"  # when memory is short, children go before their parent


def main(channel: int) -> None:
    """Do tasks until the parent is gone.

    Parameters
    ----------
    channel : int
        Number of the open file to which is told what happens.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    setup = Setup.model_validate_json(sys.stdin.readline())
    lines: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(lines, setup.folder), daemon=True).start()
    tell = _Teller(channel)
    bench = _Bench(setup, tell)
    tell("ready")
    while True:
        task = Task.model_validate_json(lines.get())
        said = bench.do(task)
        tell(said.name, data=said.model_dump_json())


def _listen(lines: SimpleQueue[str], folder: str) -> None:
    for line in sys.stdin:
        lines.put(line)
    shutil.rmtree(folder, ignore_errors=True)
    end_session(os.getsid(0), but=os.getpid())
    os.killpg(0, signal.SIGKILL)


class _Teller:
    """Writes what happens to the parent, a line each; any thread may use it."""

    def __init__(self, channel: int) -> None:
        self._file = os.fdopen(channel, "w", encoding="utf-8")
        self._lock = Lock()

    def __call__(self, event: str, **said: Any) -> None:
        line = json.dumps({"event": event, **said})
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()


class _Bench:
    """Where tasks are done, one at a time."""

    def __init__(self, setup: Setup, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._steps = _steps(setup)
        for step in self._steps.values():
            step.load()
        self._store = FileStore(setup.store, largest=setup.largest)
        self._folder = setup.folder
        self._largest = setup.largest

    def do(self, task: Task) -> Data:
        """Do one task, whatever comes of it."""
        folder = Path(self._folder, f"job-{new_id()}")
        try:
            return self._done(task, folder)
        except Exception as error:
            return failed(task.step, error, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _done(self, task: Task, folder: Path) -> Data:
        began = time.perf_counter()
        inputs, outputs = folder / "inputs", folder / "outputs"
        for made in (folder, inputs, outputs):
            made.mkdir()
        step = replace(self._steps[task.step], timeout=task.timeout)
        record = execute(
            step,
            lay_inputs(step, task.inputs, inputs, self._store),
            validated(step, task.parameters),
            outputs,
            created=task.created,
            edits=task.edits,
            file_format=task.file_format,
            watch=Watch(_Progress(self._tell), largest=self._largest),
        )
        stored = store_outputs(record, self._store)
        return done(task.step, record, stored, time.perf_counter() - began)


class _Progress:
    """Passes on how far a step is, but not more often than makes sense."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._told = float("-inf")

    def __call__(self, fraction: float, note: str) -> None:
        now = time.monotonic()
        if now - self._told >= _OFTEN:
            self._told = now
            self._tell("progress", fraction=fraction, note=note)


def _steps(setup: Setup) -> Mapping[str, Step]:
    """Return the steps by name; one program in the place of what they declare, if so wanted."""
    module, _, name = setup.steps.partition(":")
    steps: Mapping[str, Step] = getattr(importlib.import_module(module), name)
    if setup.program is None:
        return steps
    program = Path(setup.program)
    return {name: replace(step, run=None, program=program) for name, step in steps.items()}


if __name__ == "__main__":
    main(int(sys.argv[1]))
