"""Coupling weights against their targets, against CDO and YAC in one run, and as a whole step.

Run ``python -m benchmarks.coupling``. It needs the shared data beside the project, ``cdo`` and
``yac``. YAC works in this process, CDO is a process of its own, as people use them; each makes
the weights both ways between PALEORCA2 and LMDZ 96x95. A peer differs from the exact weight where
edges nearly coincide or cells are a few metres wide: those weights are counted here, and decided
with forty digits in ``tests/contract/test_coupling_oracles.py``.
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
import scipy.sparse as sp

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
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.polygons import mesh_overlaps
from gondwana.science.tripolar import TripolarParameters, tripolar_grid

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
ROUNDS = 9
OLD_SECONDS, OLD_MEGABYTES = 310.0, 3400.0
"""What the old programs take for the same job, by the field's own account."""


def told(what: str, value: float, unit: str, target: str = "", met: bool = True) -> None:
    goal = f"  target {target}: {'met' if met else 'MISSED'}" if target else ""
    print(f"  {what:<62}{value:10.4g} {unit:<4}{goal}")


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


def against_peers(grid: OceanGrid, ours: float, folder: Path) -> None:
    """Alternate all three, so that a busy machine slows all of them."""
    sys.path.insert(0, str(ROOT / "tests"))
    from coupling_oracles import (  # noqa: PLC0415
        YacGrid,
        by_cdo,
        by_yac,
        curvilinear,
        links,
        regular,
    )

    mesh = lmdz_points().mesh
    assert mesh is not None  # noqa: S101
    exact = polygon_areas(grid.corner_lon, grid.corner_lat, 1.0)
    cells = np.flatnonzero(grid.owned & (exact > 1e-10))
    corners = (grid.corner_lon.reshape(-1, 4)[cells], grid.corner_lat.reshape(-1, 4)[cells])
    found = mesh_overlaps(mesh, *corners)
    areas = exact.ravel()[cells]
    sums = np.bincount(found.one, found.area) / areas
    told("closure of the ocean's cells", np.abs(sums - 1).max(), "", "<= 1e-11",
         bool(np.abs(sums - 1).max() <= 1e-11))  # fmt: skip
    covered = np.bincount(found.other, found.area, minlength=mesh.areas.size) / mesh.areas.ravel()
    inside = np.repeat(mesh.south_to_north[:-1] > -70.0, mesh.shape[1])
    off = np.abs(covered[inside] - 1).max()
    told("closure of the atmosphere's cells north of 70°S", off, "", "<= 1e-11", bool(off <= 1e-11))

    shared = sp.coo_array((found.area, (found.other, found.one)), (mesh.areas.size, cells.size))
    up = (sp.diags_array(1 / mesh.areas.ravel()) @ shared).tocsr()
    down = (sp.diags_array(1 / areas) @ shared.T).tocsr()
    west, south = np.meshgrid(mesh.west_to_east[:-1], mesh.south_to_north[:-1])
    east, north = np.meshgrid(mesh.west_to_east[1:], mesh.south_to_north[1:])
    wedges = [np.stack(side, axis=-1).reshape(-1, 4)
              for side in ((west, east, east, west), (south, south, north, north))]  # fmt: skip
    yac = YacGrid(*corners, False), YacGrid(*wedges, True)
    lon, lat = -180.0 + 3.75 * np.arange(96), np.linspace(-90.0, 90.0, 96)
    ocean = curvilinear(grid.lon, grid.lat, grid.corner_lon, grid.corner_lat)
    atmosphere = regular(lon, lat, mesh.west_to_east, mesh.south_to_north)
    sizes = (grid.lon.size, mesh.areas.size)
    for path, file in (("ocean.nc", ocean), ("atmosphere.nc", atmosphere)):
        file.to_netcdf(folder / path)

    def cdo(source: str, target: str) -> None:
        """Only the process is timed: the files are there."""
        made = folder / "weights.nc"
        made.unlink(missing_ok=True)
        command = ["cdo", "-s", "-b", "F64", f"gencon,{folder / target}", folder / source, made]
        subprocess.run(command, check=True)

    def by_both() -> None:
        cdo("ocean.nc", "atmosphere.nc")
        cdo("atmosphere.nc", "ocean.nc")

    def yac_both() -> None:
        by_yac(yac[0], yac[1], folder)
        by_yac(yac[1], yac[0], folder)

    for name, peer in (("CDO, whole processes", by_both), ("YAC in process", yac_both)):
        theirs, again = [], []
        peer()
        for _ in range(5):
            theirs.append(seconds_once(peer))
            again.append(seconds_once(lambda: both_ways(grid)))
        ratio = median(theirs) / median(again)
        told(f"{name}, both ways", 1e3 * median(theirs), "ms")
        told(f"times faster than {name}", ratio, "", ">= 5", ratio >= 5.0)
    told("weights both ways", 1e3 * ours, "ms", "<= 100", ours <= 0.1)

    differences(
        {
            "YAC, to the atmosphere": (by_yac(yac[0], yac[1], folder), up),
            "YAC, to the ocean": (by_yac(yac[1], yac[0], folder), down),
            "CDO, to the atmosphere": (
                links(by_cdo(ocean, atmosphere, folder), sizes)[:, cells],
                up,
            ),
            "CDO, to the ocean": (
                links(by_cdo(atmosphere, ocean, folder), sizes[::-1])[cells],
                down,
            ),
        }
    )


def differences(results: dict[str, tuple[sp.csr_array, sp.csr_array]]) -> None:
    """Compare weights of peers with ours."""
    for name, (theirs, ours) in results.items():
        off = abs(theirs - ours).tocoo().data
        most = float(off.max(initial=0.0))
        told(f"{name}: largest difference", most, "", "<= 1e-11", most <= 1e-11)
        told(f"{name}: weights beyond 1e-11, of {ours.nnz}", float((off > 1e-11).sum()), "")
        told(f"{name}: largest of all others", off[off <= 1e-11].max(initial=0.0), "")


def seconds_once(task: Callable[[], object]) -> float:
    began = perf_counter()
    task()
    return perf_counter() - began


def fine_grids() -> None:
    """1° both ways, and 0.25° as a target."""
    grid = tripolar_grid(TripolarParameters(resolution=1.0))
    took = seconds(lambda: both_ways(grid, (360, 180)), 5)
    told("1° ocean, 1° atmosphere, both ways", took, "s", "<= 0.3", took <= 0.3)
    shared = both_ways(grid, (1440, 720))
    took = seconds(lambda: both_ways(grid, (1440, 720)), 3)
    told(f"1° ocean, 0.25° atmosphere, {shared.share.size} links, both ways", took, "s",
         "<= 1.5", took <= 1.5)  # fmt: skip


def whole_step(folder: Path) -> None:
    """All files of the 60 Ma case: the warm step, and a process of its own."""
    grid = SHARED / "grids" / "paleorca2_40Ma_grid.nc"
    command = [sys.executable, "-m", "gondwana", "build", str(SHARED / "topography_60Ma_1deg.nc")]
    out = folder / "build"
    subprocess.run(
        [*command, "--ocean-grid", str(grid), "--out", str(out)],
        check=False, capture_output=True,
    )  # fmt: skip
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
        print("PALEORCA2 and LMDZ 96x95")
        against_peers(grid, seconds(lambda: both_ways(grid)), Path(name))
        print("finer grids")
        fine_grids()
        print("the 60 Ma case")
        whole_step(Path(name))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
