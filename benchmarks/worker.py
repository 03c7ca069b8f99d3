"""What a worker adds to a step: time to the first line of its code, and jobs a second.

Run ``python -m benchmarks.worker``. Broker in memory, store in a folder, steps that do nothing but
write a file of three numbers; the children are warm and nothing else goes on. Processor time is
told beside, since it does not depend on what else the machine does.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from worker_world import Desk, Done

EARTH = Path(__file__).resolve().parents[1] / "src" / "gondwana" / "data" / "earth_1deg.nc"

REQUESTS = 200
JOBS = 1000
ROUNDS = 5


def main() -> None:
    """Print latency and throughput."""
    with serving(1) as desk:
        for inputs, name in (({}, "no input"), ({"source": EARTH.read_bytes()}, "a map at 1°")):
            taken = sorted(1000.0 * seconds for seconds in latencies(desk, inputs))
            print(
                f"to the first line, {name:20} p50 {median(taken):5.1f} ms   "
                f"p95 {taken[int(0.95 * len(taken))]:5.1f} ms   ({len(taken)} requests)"
            )
    for slots in (1, 2):
        with serving(slots) as desk:
            found = [throughput(desk) for _ in range(ROUNDS)]
            rate, busy = (median(column) for column in zip(*found, strict=True))
            print(
                f"jobs that do nothing, {slots} slot{'s' * (slots > 1)}: {rate:5.0f} /s   "
                f"{busy:4.1f} ms of processor each   (median of {ROUNDS} x {JOBS})"
            )


@contextmanager
def serving(slots: int) -> Iterator[Desk]:
    """Run a worker."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desk = stack.enter_context(Desk(folder))
        worker = stack.enter_context(desk.worker(jobs=slots))
        if not worker.wait_ready():
            sys.exit("the worker did not become ready")
        yield desk


def latencies(desk: Desk, inputs: Mapping[str, bytes]) -> Iterator[float]:
    """Yield the seconds from a task's publication to the first line of the step."""
    for _ in range(REQUESTS):
        task = desk.task("nothing", inputs=inputs)
        sent = time.monotonic()
        desk.send(task)
        done: Done = desk.ending(task)
        yield float(done.notes[0]) - sent
        desk.heard.clear()
        time.sleep(0.005)


def throughput(desk: Desk) -> tuple[float, float]:
    """Return jobs a second, and the milliseconds of processor that each took."""
    tasks = [desk.task("nothing") for _ in range(JOBS)]
    busy, began = processor_time(), time.perf_counter()
    desk.send(*tasks)
    done = 0
    while done < JOBS:
        if desk.hear(60.0):
            done += isinstance(desk.heard[-1].data, Done)
    took = time.perf_counter() - began
    desk.heard.clear()
    return JOBS / took, 1000.0 * (processor_time() - busy) / JOBS


def processor_time() -> float:
    """Return the seconds of processor of this process and its children, living ones included."""
    here = os.getpid()
    spent = time.process_time()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                told = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(told[1]) == here:
                spent += (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    return spent


if __name__ == "__main__":
    main()
