"""Run every benchmark: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import command_line, flow, terrain

for module in (command_line, terrain, flow):
    print(f"\n== {module.__name__.removeprefix('benchmarks.')}")
    module.main()
