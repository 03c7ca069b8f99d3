"""Steps that behave well or badly, for tests and benchmarks of workers; children import them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from gondwana.errors import InputError
from gondwana.science.checks import Change, Check
from gondwana.steps.contract import Outcome, Step, StepParameters, Task, parameter


class Acts(StepParameters):
    act: str = parameter("work", title="Act", about="What it does.")
    seconds: float = parameter(0.0, title="Seconds", about="How long.", unit="s", ge=0.0)
    size: int = parameter(3, title="Size", about="Numbers in its output.", ge=0)
    note: str = parameter("", title="Note", about="A file into which it writes its process.")


def nothing(_: Task) -> Outcome:
    """Do nothing, and tell when this began."""
    return made("routing", 3, f"{time.monotonic():.9f}")


def act(task: Task) -> Outcome:
    """Do what the parameters say."""
    chosen: Acts = task.parameters
    if chosen.note:
        with Path(chosen.note).open("a") as file:
            file.write(f"{os.getpid()}\n")
    ACTS[chosen.act](task, chosen.seconds)
    return made("soils", chosen.size, "done")


def hang(_task: Task, _seconds: float) -> None:
    while True:
        pass


def segfault(_task: Task, _seconds: float) -> None:
    sys.stderr.write("about to fall\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGSEGV)


def bad_input(task: Task, _seconds: float) -> None:
    raise InputError("is upside down", remedy="turn it", where=str(task.inputs["source"]))


def bug(_task: Task, _seconds: float) -> None:
    raise ZeroDivisionError("nobody thought of this")


def memory(_task: Task, _seconds: float) -> None:
    raise MemoryError


def shout(_task: Task, _seconds: float) -> None:
    sys.stdout.write('{"event": "done", "data": "{}"}\n' * 10_000)
    sys.stdout.flush()


def tell(task: Task, seconds: float) -> None:
    for part in range(100):
        task.progress(part / 100, f"part {part}")
        time.sleep(seconds / 100)


def spawn(task: Task, seconds: float) -> None:
    """Leave a process behind in a process group of its own."""
    started = subprocess.Popen(["sleep", "1000"], process_group=0)
    with Path(task.parameters.note).open("a") as file:
        file.write(f"{started.pid}\n")
    time.sleep(seconds)


ACTS: dict[str, Callable[[Task, float], None]] = {
    "work": lambda _task, _seconds: None,
    "sleep": lambda _task, seconds: time.sleep(seconds),
    "exit": lambda _task, _seconds: os._exit(3),
    "hang": hang,
    "segfault": segfault,
    "bad input": bad_input,
    "bug": bug,
    "memory": memory,
    "shout": shout,
    "tell": tell,
    "spawn": spawn,
}


def made(kind: str, size: int, note: str) -> Outcome:
    """Return numbers, and a check and a change of numpy's types."""
    dataset = xr.Dataset({"numbers": (("x",), np.arange(size, dtype=np.float32))})
    check = Check(
        "sizes", "pass", "as wanted", [{"n": np.int64(size), "share": np.nan, "good": True}]
    )
    change = Change("raised", "for the test", np.int64(1), np.float64(1.5), 2.5)
    return Outcome({kind: dataset}, (check,), (change,), (note,))


NOTHING = Step(
    name="nothing",
    version=1,
    title="Nothing",
    about="Does nothing.",
    inputs=(),
    optional_inputs=("source",),
    outputs=("routing",),
    parameters=StepParameters,
    run=nothing,
)
ACT = Step(
    name="act",
    version=2,
    title="Act",
    about="Does what it is told.",
    inputs=(),
    optional_inputs=("source",),
    outputs=("soils",),
    parameters=Acts,
    run=act,
)
STEPS = {step.name: step for step in (NOTHING, ACT)}
SOURCE = "worker_steps:STEPS"
