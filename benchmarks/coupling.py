"""Coupling weights against their targets, against CDO and YAC in one run, and as a whole step.

Run ``python -m benchmarks.coupling``. It needs the shared data beside the project, ``cdo`` and
``yac`` (see ``benchmarks/coupling_peers.py``).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import xarray as xr

from benchmarks.coupling_peers import Cells, closures, differences, speeds
from benchmarks.figures import told
from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.science.coupling import (
    Exchange,
    exchange,
    lmdz_points,
    ocean_points,
    regular_points,
    to_atmosphere,
    to_ocean,
)
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.tripolar import TripolarParameters, tripolar_grid

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
ROUNDS = 9
OLD_SECONDS, OLD_MEGABYTES = 310.0, 3400.0
"""What the old programs take for the same job, by the field's own account."""


def seconds(task: Callable[[], object], rounds: int = ROUNDS) -> float:
    task()
    times = []
    for _ in range(rounds):
        began = perf_counter()
        task()
        times.append(perf_counter() - began)
    return median(times)


def both_ways(grid: OceanGrid, regular: tuple[int, int] | None = None) -> Exchange:
    """From two grids, all cells being ocean, to the weights both ways."""
    ocean = ocean_points(grid, np.ones(grid.shape, dtype=np.bool_))
    if regular is None:
        atmosphere = lmdz_points()
    else:
        nx, ny = regular
        lon = -180.0 + (np.arange(nx) + 0.5) * 360.0 / nx
        atmosphere = regular_points(lon, 90.0 - (np.arange(ny) + 0.5) * 180.0 / ny)
    shared = exchange(ocean, atmosphere)
    to_atmosphere(shared)
    to_ocean(shared)
    return shared


def peers(grid: OceanGrid, sea: np.ndarray, folder: Path) -> None:
    """Speed, closure, agreement."""
    cells, mesh = Cells.of(grid), lmdz_points().mesh
    assert mesh is not None  # noqa: S101
    ours = seconds(lambda: both_ways(grid))
    told("weights both ways", 1e3 * ours, "ms", "<= 100", ours <= 0.1)
    speeds(cells, mesh, lambda: both_ways(grid), folder)
    closures(cells, mesh)
    differences(cells, mesh, sea, folder)


def fine_grids() -> None:
    """1° both ways, and 0.25° as a target."""
    grid = tripolar_grid(TripolarParameters(resolution=1.0))
    took = seconds(lambda: both_ways(grid, (360, 180)), 5)
    told("1° ocean, 1° atmosphere, both ways", took, "s", "<= 0.3", took <= 0.3)
    shared = both_ways(grid, (1440, 720))
    took = seconds(lambda: both_ways(grid, (1440, 720)), 3)
    told(f"1° ocean, 0.25° atmosphere, {shared.share.size} links, both ways", took, "s",
         "<= 1.5", took <= 1.5)  # fmt: skip


def build(grid: Path, out: Path) -> None:
    """Everything that the 60 Ma case needs."""
    command = [sys.executable, "-m", "gondwana", "build", str(SHARED / "topography_60Ma_1deg.nc")]
    subprocess.run(
        [*command, "--ocean-grid", str(grid), "--out", str(out)],
        check=False, capture_output=True,
    )  # fmt: skip


def whole_step(out: Path, folder: Path) -> None:
    """All files of the 60 Ma case: the warm step, and a process of its own."""
    words = [sys.executable, "-m", "benchmarks.coupling", str(out), str(folder / "step")]
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT)
    warm, conserved, status, peak = done.stdout.split()
    megabytes = float(peak)
    faster, smaller = OLD_SECONDS / float(warm), OLD_MEGABYTES / megabytes
    told("all files of the step, read, computed and written, warm", 1e3 * float(warm), "ms")
    told("times faster than the old programs", faster, "", ">= 1000", faster >= 1000.0)
    told("peak memory of the whole process", megabytes, "MB")
    told("times less memory than the old programs", smaller, "", ">= 10", smaller >= 10.0)
    error = float(conserved)
    told("largest conservation error of all mappings", error, "", "<= 1e-12", error <= 1e-12)
    print(f"  certificate: {status}")


def child(files: Path, folder: Path) -> None:
    """Do the step a few times; print its median and its certificate."""
    import json  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from gondwana.steps.execute import StoredFile, execute, validated  # noqa: PLC0415
    from gondwana.steps.registry import STEPS  # noqa: PLC0415

    step = STEPS["calculate_weights"]
    given = {kind: StoredFile.of(kind, files / f"{kind}.nc") for kind in step.inputs}
    folder.mkdir(exist_ok=True)
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    took = seconds(lambda: execute(step, given, validated(step, {}), folder, created=noon), ROUNDS)
    told_all = json.loads((folder / "weights_certificate.json").read_text())
    worst = max(
        told_all[part]["largest_relative_conservation_error"]
        for part in ("to_atmosphere", "to_ocean", "runoff", "calving")
    )
    print(took, worst, told_all["status"], peak_megabytes())


def peak_megabytes() -> float:
    """Peak memory of this process; ``ru_maxrss`` would include that of its parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024.0
    raise RuntimeError("no VmHWM in /proc/self/status")


def main() -> None:
    """Print every figure beside its target."""
    path = SHARED / "grids" / "paleorca2_40Ma_grid.nc"
    if not path.exists():
        print("  the shared data is not beside the project")
        return
    grid = read_ocean_grid(path)
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "build"
        build(path, out)
        with xr.open_dataset(out / "bathy.nc") as made:
            sea = made["Bathymetry"].values.squeeze() > 0
        print("PALEORCA2 and LMDZ 96x95")
        peers(grid, sea, Path(name))
        print("finer grids")
        fine_grids()
        print("the 60 Ma case")
        whole_step(out, Path(name))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
