"""Run every benchmark: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import command_line, flow, messaging, terrain

for module in (command_line, terrain, flow, messaging):
    print(f"\n== {module.__name__.removeprefix('benchmarks.')}")
    module.main()
