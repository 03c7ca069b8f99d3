"""Run every benchmark: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import (
    command_line,
    coupling,
    dispatching,
    flow,
    latency,
    long_queue,
    messaging,
    terrain,
    web,
    worker,
)

for module in (
    command_line,
    terrain,
    flow,
    coupling,
    messaging,
    worker,
    latency,
    dispatching,
    long_queue,
    web,
):
    print(f"\n== {module.__name__.removeprefix('benchmarks.')}")
    module.main()
