"""The whole command as a process: ``gondwana build`` of the 60 Ma file, and ``gondwana --help``.

Run ``python -m benchmarks.command_line``. Wall time and peak memory are those of whole processes,
after one run that warms the caches. Without the shared data the bundled Earth is built instead,
and the line says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS = 7
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def measure(words: list[str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak megabytes of one run."""
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "gondwana", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"gondwana {' '.join(words)} ended with {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024.0


def report(what: str, words: list[str], seconds: float, megabytes: float) -> None:
    measure(words)
    wall, cpu, peak = zip(*(measure(words) for _ in range(ROUNDS)), strict=True)
    met = median(wall) <= seconds and max(peak) <= megabytes
    print(
        f"{what}: {median(wall):.2f} s wall (from {min(wall):.2f} to {max(wall):.2f}), "
        f"{median(cpu):.2f} s processor, {max(peak):.0f} MB; "
        f"target {seconds:g} s, {megabytes:g} MB: {'met' if met else 'MISSED'}"
    )


def main() -> None:
    """Print medians against the targets."""
    topography = SHARED / "topography_60Ma_1deg.nc"
    grid = SHARED / "grids" / "paleorca2_40Ma_grid.nc"
    with tempfile.TemporaryDirectory() as folder:
        out = ["--out", f"{folder}/out"]
        if topography.exists():
            words = ["build", str(topography), "--ocean-grid", str(grid), *out]
            report("gondwana build, 60 Ma on PALEORCA2", words, 6.0, 600.0)
            report("gondwana build, 60 Ma, own grid", ["build", str(topography), *out], 6.0, 600.0)
        report("gondwana build, bundled Earth", ["build", "--example", *out], 6.0, 600.0)
    report("gondwana --help", ["--help"], 0.3, 600.0)


if __name__ == "__main__":
    main()
